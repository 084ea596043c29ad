"""How the jobs of a system have fared: their pauses after failures, their rest when the account lacks them.

The state is stored with the system's data, so neither a restart nor Home Assistant's own retries of a failed set-up
send a request before its time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType

from ..cloud.base import JobTerms
from ..const import STALE_AFTER

BACK_OFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=60))
"""After the first, second, third … failure in a row; a failed request costs as much as a good one."""
REFUSED = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(hours=6))
"""The same where an account that is signed in to may lack what it needs: each try costs several requests there."""
UNKNOWN_SYSTEM = (*BACK_OFF, *BACK_OFF[-1:] * 6, timedelta(hours=6), timedelta(days=1), timedelta(days=7))
"""The same where the cloud does not know the system any more: its owner may have removed it there.

For half a day it may be a mistake of the cloud's.
"""
NOT_FOUND = "not_found"
NOT_ALLOWED = "not_allowed"
UNLUCKY = "temporarily_unavailable"
"""The failure that says nothing about the next try."""


GAPS = 3
"""So many gaps between answers are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How one job of one system has fared."""

    tried_at: datetime | None = None
    done_at: datetime | None = None
    first_at: datetime | None = None
    """When the job brought an answer for the first time; not known of those that did so long ago."""
    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    resting: bool = False
    """The account has not got this job: it is asked for seldom, and its values are missing, not late."""
    error: str | None = None
    """Translation key of the newest failure."""
    brought_at: datetime | None = None
    """When it last brought something of the system. That a part is not there any more is an answer, too, and may be
    because the whole system is not."""
    gaps: tuple[float, ...] = ()
    """Seconds between the last answers, the newest last."""

    @property
    def is_owed(self) -> bool:
        """Whether the job has failed and does not pause for it: what it lacks can be read at once."""
        return self.failures > 0 and self.not_before is None

    @property
    def gap(self) -> timedelta:
        """The usual time between two answers of late: one long night or one early look does not make it another."""
        return timedelta(seconds=median(self.gaps)) if self.gaps else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The states of all jobs of a system."""

    jobs: Mapping[str, JobState] = field(default_factory=lambda: MappingProxyType({}))

    def state(self, job: JobTerms) -> JobState:
        """Return how a job has fared."""
        return self.jobs.get(job.name, JobState())

    def not_before(self, job: JobTerms, now: datetime) -> datetime | None:
        """Return until when a job pauses after a failure or rests, `None` when it does neither.

        A clock that was set back must not stop a system for long: a last try in the future counts for nothing.
        """
        state = self.state(job)
        if state.tried_at is not None and state.tried_at > now + timedelta(minutes=1):
            return None
        return state.not_before

    def is_lost(self, job: JobTerms, now: datetime) -> bool:
        """Return whether a job has failed for so long that its values are not to be trusted any more.

        It counts from the first failure on: a plan that allows a reading in three hours is no outage. One that runs
        with another is not tried while that one fails.
        """
        state = self.state(job)
        if state.failures > 0 or state.resting:
            return state.done_at is None or now - (state.failing_since or state.done_at) > STALE_AFTER
        leader = self.jobs.get(job.runs_with or "", JobState())
        if state.done_at is None or leader.failing_since is None or state.done_at > leader.failing_since:
            return False
        return now - leader.failing_since > STALE_AFTER

    def done(self, job: JobTerms, now: datetime, *, brings: bool = True) -> Schedule:
        """Return the schedule after a run that was answered; `brings` is whether with something of the system."""
        state = self.state(job)
        first_at = state.first_at if state.done_at else now
        gaps = state.gaps
        if state.done_at is not None and not state.failures and now > state.done_at:
            gaps = (*gaps[1 - GAPS :], (now - state.done_at).total_seconds())
        brought_at = now if brings else state.brought_at or state.done_at
        return self._with(job, JobState(tried_at=now, done_at=now, first_at=first_at, brought_at=brought_at, gaps=gaps))

    def failed(self, job: JobTerms, now: datetime, error: str, pauses: Sequence[timedelta] = BACK_OFF) -> Schedule:
        """Return the schedule after a run that failed: each failure in a row makes the pause longer."""
        state = self.state(job)
        pause = pauses[min(state.failures, len(pauses) - 1)]
        if state.done_at is not None:
            # What changes seldom and is known already is in no hurry.
            pause = max(pause, min(job.cadence, BACK_OFF[-1]))
        return self._with(
            job,
            replace(
                state,
                tried_at=now,
                failures=state.failures + 1,
                failing_since=state.failing_since or now,
                not_before=now + pause,
                error=error,
                resting=False,
            ),
        )

    def rested(self, job: JobTerms, now: datetime, until: datetime, error: str) -> Schedule:
        """Return the schedule with a job put to rest, because account or plan lack it."""
        return self._with(job, JobState(tried_at=now, not_before=until, resting=True, error=error))

    def without_rests(self, since: datetime) -> Schedule:
        """Return the schedule without the rests that began at an instant or later: the whole system was missing."""
        found = {
            name: JobState(tried_at=one.tried_at)
            for name, one in self.jobs.items()
            if one.resting and one.tried_at is not None and one.tried_at >= since
        }
        return Schedule(jobs=MappingProxyType({**self.jobs, **found})) if found else self

    def unknown_since(self, main: Collection[str], others: Collection[str]) -> datetime | None:
        """Return since when the cloud has not known the system; `None` where it has told anything of it since.

        `main` are the jobs without which there is nothing to publish, `others` those that send a request each time.
        """
        states = [self.jobs.get(name, JobState()) for name in main]
        times = [one.failing_since for one in states if one.error == NOT_FOUND and one.failing_since is not None]
        if not times or len(times) < len(states):
            return None
        since = min(times)
        told = [one.brought_at or one.done_at for name, one in self.jobs.items() if name in others]
        return since if all(at is None or at <= since for at in told) else None

    def refused_since(self) -> datetime | None:
        """Return since when whatever was asked has been refused; `None` where something was answered or failed since.

        What has rested for long, because the plan lacks it, is not asked and shows nothing.
        """
        last = max((one.done_at for one in self.jobs.values() if one.done_at is not None), default=None)
        states = [one for one in self.jobs.values() if one.tried_at is not None and (not last or one.tried_at > last)]
        if any(one.error != NOT_ALLOWED for one in states):
            return None
        return min((one.failing_since or one.tried_at for one in states if one.tried_at is not None), default=None)

    def owing(self, names: Collection[str]) -> Schedule:
        """Return the schedule in which the failed jobs of these names are due at once."""
        found = {name: replace(one, not_before=None) for name, one in self.jobs.items() if name in names}
        return Schedule(jobs=MappingProxyType({**self.jobs, **found})) if found else self

    def without_pauses(self, names: Collection[str]) -> Schedule:
        """Return the schedule of the jobs of these names without pauses and rests: the account was changed.

        It may have what it had not, and another generation of the cloud has other jobs.
        """
        return Schedule(
            jobs=MappingProxyType(
                {
                    name: JobState(tried_at=one.tried_at, done_at=one.done_at, first_at=one.first_at, gaps=one.gaps)
                    for name, one in self.jobs.items()
                    if name in names
                }
            )
        )

    def _with(self, job: JobTerms, state: JobState) -> Schedule:
        return Schedule(jobs=MappingProxyType({**self.jobs, job.name: state}))
