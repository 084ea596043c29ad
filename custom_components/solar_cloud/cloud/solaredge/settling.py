"""How long after its end a bucket may still fill: learned from the newest one, which changes when it is read again.

The documentation promises nothing; the newest bucket may hold what has come so far (SolarEdge migration notes: null or
partial). The delay is one of a few steps, kept in a note with the time of the lesson, and goes down a step a week
unless it is learned again: a single late upload must not cost freshness for ever.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..parse import as_time

SETTLES = "settles"
"""The note about the delay: its step, and when it was learned or last lowered."""
STEPS = tuple(timedelta(minutes=minutes) for minutes in (0, 5, 15, 30, 60))
REVIEW = timedelta(days=7)
GROWTH = 0.01
"""A bucket that grows by this share of itself was not full; less is a correction."""
LEAST_GROWTH_WH = 0.5

type Values = Mapping[Hashable, Mapping[datetime, float]]
"""The energies in Wh of each series of an answer, by the start of the bucket."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest buckets of an answer, as they were when they were read."""

    start: datetime
    age: timedelta
    """How long they had been over."""
    values: Mapping[Hashable, float]


def settling_delay(note: str | None, now: datetime | None = None) -> timedelta:
    """Return how old a bucket has to be to count as full; a note from the future counts for nothing."""
    step, _, learned = (note or "").partition(" ")
    learned_at = as_time(learned)
    if learned_at is None or not step.isdecimal() or int(step) >= len(STEPS):
        return STEPS[0]
    weeks = 0 if now is None else (now - learned_at) // REVIEW
    return STEPS[max(0, int(step) - weeks)] if weeks >= 0 else STEPS[0]


def relearned(note: str | None, now: datetime, open_at: timedelta | None) -> str:
    """Return the note as of now: `open_at` is the age at which a bucket has just proved not to be full."""
    delay = settling_delay(note, now)
    if open_at is not None and open_at >= delay:
        longer = next((step for step in STEPS if step > open_at), STEPS[-1])
        return f"{STEPS.index(longer)} {now.isoformat()}"
    if delay == settling_delay(note):
        return note if note and delay else ""
    return f"{STEPS.index(delay)} {now.isoformat()}" if delay else ""


def newest_of(values: Values, length: timedelta, now: datetime) -> Newest | None:
    """Return the newest buckets of an answer; `None` where it has none."""
    start = max((start for series in values.values() for start in series), default=None)
    if start is None:
        return None
    found = {name: series[start] for name, series in values.items() if start in series}
    return Newest(start, now - start - length, found)


def has_grown(before: Newest, values: Values) -> bool:
    """Return whether one of the buckets that were the newest holds more now than it did."""
    for name, old in before.values.items():
        new = values.get(name, {}).get(before.start)
        if new is not None and new - old > max(LEAST_GROWTH_WH, GROWTH * abs(old)):
            return True
    return False
