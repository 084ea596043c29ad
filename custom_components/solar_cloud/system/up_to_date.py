"""Whether a system's power is as new as the pace of its readings lets it be."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from ..model.data import SystemData
from ..model.elements import Flow
from ..model.sources import Source
from .schedule import JobState, Schedule

REPORTED = timedelta(hours=1)
"""So old may the newest interval be when it is read: clouds publish late, gateways send every quarter of an hour."""
STEPS = 1.5
"""The same in steps of what this cloud has something new in."""
OVERDUE = timedelta(hours=1)
"""So long after the last one may a reading that is due be missing; or two of the usual times between them."""
LONGEST_PAUSE = timedelta(hours=12)
"""What has not been read for so long is old, whatever the plan allows."""
NOTHING: Mapping[str, str] = MappingProxyType({})


def is_up_to_date(
    data: SystemData,
    schedule: Schedule,
    end: datetime | None,
    due: Callable[[], datetime],
    now: datetime,
    settling: timedelta,
    runs_with: Mapping[str, str] = NOTHING,
) -> bool | None:
    """Return whether the newest power is as new as it should be; `None` before there is one.

    It is of the time up to `end`: in the dark nothing newer is produced, so that may be the present. Something is next
    read when `due` says; one that is due waits for its reading. All instants are aware UTC. `runs_with` names the job
    that a job runs with: while that one fails, the other has no turn, so its own failures do not say it.
    """
    source = newest_source(data)
    if end is None or source is None:
        return None
    state = schedule.jobs.get(source.job, JobState())
    lead = schedule.jobs.get(runs_with.get(source.job, source.job), JobState())
    if state.done_at is None or state.failures or lead.failures or now - state.done_at > LONGEST_PAUSE:
        return False
    if now - state.done_at > max(OVERDUE, 2 * state.gap) and due() <= now:
        return False
    return min(state.done_at, now) - end <= max(REPORTED, timedelta(seconds=source.step * STEPS)) + settling


def newest_source(data: SystemData) -> Source | None:
    """Return where the newest power of any flow comes from."""
    powers = [flow for flow, value in data.published.power.items() if value.amount is not None]
    found = [(source.end, source) for name in (*powers, Flow.PRODUCTION) if (source := data.sources.get(name))]
    ended = [(end, source) for end, source in found if end is not None]
    return max(ended, key=lambda one: one[0])[1] if ended else None
