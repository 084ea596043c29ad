"""How long after its end a bucket may still fill: learned from the newest ones, which grow when they are read again.

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
STEPS = tuple(timedelta(minutes=minutes) for minutes in (0, 5, 15, 30, 60, 120))
REVIEW = timedelta(days=7)
GROWTH = 0.01
"""A bucket that grows by this share of itself was not full; less is a correction."""
LEAST_GROWTH_WH = 0.5

type Values = Mapping[Hashable, Mapping[datetime, float]]
"""The energies in Wh of each series of an answer, by the start of the bucket."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A bucket as it was when it was read."""

    age: timedelta
    """How long it had been over."""
    value: float


type Recent = Mapping[tuple[Hashable, datetime], Seen]
"""The buckets of the last two hours before an answer, by series and start."""


def settling_delay(note: str | None, now: datetime | None = None) -> timedelta:
    """Return how old a bucket has to be to count as full; a note from the future counts for nothing."""
    step, _, learned = (note or "").partition(" ")
    learned_at = as_time(learned)
    if learned_at is None or not step.isdecimal() or int(step) >= len(STEPS):
        return STEPS[0]
    weeks = 0 if now is None else (now - learned_at) // REVIEW
    return STEPS[max(0, int(step) - weeks)] if weeks >= 0 else STEPS[0]


def relearned(note: str | None, now: datetime, still_open: timedelta | None) -> str:
    """Return the note as of now: `still_open` is the age at which a bucket has proved not to be full."""
    delay = settling_delay(note, now)
    if still_open is not None and still_open >= delay:
        longer = next((step for step in STEPS if step > still_open), STEPS[-1])
        return f"{STEPS.index(longer)} {now.isoformat()}"
    if delay == settling_delay(note):
        return note if note and delay else ""
    return f"{STEPS.index(delay)} {now.isoformat()}" if delay else ""


def recent_of(values: Values, length: timedelta, now: datetime) -> Recent:
    """Return the buckets of an answer, each of one length, that may still have been filling when it came."""
    oldest = now - length - STEPS[-1]
    return {
        (name, start): Seen(now - start - length, value)
        for name, series in values.items()
        for start, value in series.items()
        if start >= oldest
    }


def open_at(before: Recent, values: Values) -> timedelta | None:
    """Return the age up to which buckets have been seen to fill: they hold more now than when they were read."""
    return max(
        (
            seen.age
            for (name, start), seen in before.items()
            if (new := values.get(name, {}).get(start)) is not None
            and new - seen.value > max(LEAST_GROWTH_WH, GROWTH * abs(seen.value))
        ),
        default=None,
    )
