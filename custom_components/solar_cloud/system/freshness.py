"""How long a value stands that its cloud has stopped reporting while it reports others.

A pause of the whole account is not that: values stay then, and their age shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model.elements import Flow
from ..model.sources import Source
from .schedule import JobState, Schedule

LEAST = timedelta(hours=1)
GAPS = 3
"""A value that so many readings in a row have not renewed is not reported any more."""
STEPS = 1.5
"""The same in steps of what the cloud itself has something new in."""
POWERS = frozenset(Flow)
"""The names of the sources of powers: those of energies and of kinds of devices are others."""
FIRST_GAP = timedelta(hours=4)
"""The longest time that a plan lets pass between two readings."""
LONGEST_POWER_GAP = timedelta(hours=5)
"""However seldom a plan has the rows of a flow read, a power of more than three of these ago says nothing of now."""
LEAST_LIFETIME = timedelta(days=1)
"""A lifetime is a counter: it says for longer what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What the answers of a system say about the age that its values may have."""

    answered_at: datetime | None
    """When any job of the system last brought an answer (aware UTC)."""
    schedule: Schedule
    sources: Mapping[str, Source]
    settling: timedelta = timedelta(0)
    """How long after its end an interval may still fill: values are older by so much."""

    def holds(self, end: datetime | None, name: str, least: timedelta = LEAST) -> bool:
        """Return whether a value of a flow or kind of device still stands, whose newest interval ends then."""
        if end is None or self.answered_at is None:
            return True
        return self.answered_at - end <= max(least, self.limit(name))

    def limit(self, name: str) -> timedelta:
        """Return how long before the newest answer an interval of a flow or kind of device may have ended."""
        return max(LEAST, self.bound(name) + self.settling)

    def bound(self, name: str) -> timedelta:
        """Return how old a value of a flow or kind of device may become while other values are read."""
        source = self.sources.get(name)
        if source is None:
            # What was stored before there were sources is not checked before it is read again.
            return FIRST_GAP * GAPS
        gap = self.gap(source)
        if name in POWERS:
            gap = min(gap, LONGEST_POWER_GAP)
        return max(LEAST, gap * GAPS, timedelta(seconds=source.step * STEPS))

    def job_holds(self, job: str) -> bool:
        """Return whether what a job brought last still stands, though it has no time of its own."""
        state = self.schedule.jobs.get(job, JobState())
        if state.done_at is None or self.answered_at is None:
            return True
        return self.answered_at - state.done_at <= max(LEAST, self._usual(state) * GAPS)

    def gap(self, source: Source) -> timedelta:
        """Return the usual time between two answers that have a value, or the present one where that is longer.

        The plan decides when a job has its turn: what nobody has asked for has not stopped being reported. That counts
        from the last answer of any job that could have brought it. One that fails was asked for, and one that rests
        has nothing to say.
        """
        states = self.schedule.jobs
        own = states.get(source.job, JobState())
        if own.failures or own.resting:
            return own.gap
        answers = [states[job].done_at for job in (source.job, *source.others) if job in states]
        return max(own.gap, self._since(max((at for at in answers if at is not None), default=None)))

    def _usual(self, state: JobState) -> timedelta:
        """Return the usual time between two answers of a job; of one that has answered once the time since."""
        return state.gap if state.gaps or state.failures else self._since(state.done_at)

    def _since(self, done_at: datetime | None) -> timedelta:
        """Return how long before the newest answer of all this one came; no longer than a plan makes it wait."""
        if done_at is None or self.answered_at is None:
            return timedelta(0)
        return min(self.answered_at - done_at, FIRST_GAP)


def freshness_of(
    schedule: Schedule, sources: Mapping[str, Source], now: datetime, settling: timedelta = timedelta(0)
) -> Freshness:
    """Return what the answers of a system say, as of an instant (aware UTC); an answer from the future says nothing."""
    answers = [state.done_at for state in schedule.jobs.values() if state.done_at is not None and state.done_at <= now]
    return Freshness(answered_at=max(answers, default=None), schedule=schedule, sources=sources, settling=settling)
