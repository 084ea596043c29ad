"""How long after its end a row of Enphase v4 may still fill: learned from rows that grow when they are read again.

Rows that have not come are missing at most systems, and 0 at some. The delay is one of a few steps, kept in a note with
the time of the lesson, and goes down a step a week unless it is learned again: a single late upload must not cost
freshness for ever. Pure functions; instants are aware UTC, energies Wh.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ...model.data import SystemData
from ...model.elements import Interval
from ...model.series import Series, newest_end
from ..parse import as_time

SETTLES_NOTE = "v4_settles"
"""The note about the delay: its step, and when it was learned or last lowered."""
STEPS = tuple(timedelta(minutes=minutes) for minutes in (0, 30, 60, 90, 120, 180))
REVIEW = timedelta(days=7)
READ_AFTER = timedelta(minutes=30)
"""So much later than the end of its newest row an answer was read at most."""
GROWTH = 0.1
"""A row that grows by this share of itself was not full; less is a correction."""
LEAST_GROWTH_WH = 2.0


def settling_delay(data: SystemData, now: datetime | None = None) -> timedelta:
    """Return how old a row has to be to count as full; a note from the future counts for nothing."""
    step, _, learned = data.notes.get(SETTLES_NOTE, "").partition(" ")
    learned_at = as_time(learned)
    if learned_at is None or not step.isdecimal() or int(step) >= len(STEPS):
        return STEPS[0]
    weeks = 0 if now is None else (now - learned_at) // REVIEW
    return STEPS[max(0, int(step) - weeks)] if weeks >= 0 else STEPS[0]


def settled(rows: Iterable[Interval], data: SystemData, now: datetime) -> tuple[Interval, ...]:
    """Return the rows that do not fill any more."""
    return tuple(row for row in rows if row.end <= now - settling_delay(data, now))


def learned(data: SystemData, before: Series, rows: Iterable[Interval], now: datetime) -> Mapping[str, str]:
    """Return the note that changes when rows have more energy than they had before, or have not for a week."""
    delay, note = settling_delay(data, now), data.notes.get(SETTLES_NOTE, "")
    age = _still_filling(before, rows)
    if age is not None and age > delay:
        longer = next((step for step in STEPS if step >= age), STEPS[-1])
        return {SETTLES_NOTE: f"{STEPS.index(longer)} {now.isoformat()}"}
    step = note.partition(" ")[0]
    if step and step != str(STEPS.index(delay)):
        return {SETTLES_NOTE: f"{STEPS.index(delay)} {now.isoformat()}" if delay else ""}
    return {}


def _still_filling(before: Series, rows: Iterable[Interval]) -> timedelta | None:
    """Return how old rows may have been that have grown since they were read; what is old is a correction."""
    newest = newest_end(before)
    if newest is None:
        return None
    ages = [
        newest + READ_AFTER - row.end
        for row in rows
        if (old := before.get(row.start)) is not None
        and old.end == row.end
        and row.energy_wh - old.energy_wh > max(LEAST_GROWTH_WH, GROWTH * old.energy_wh)
    ]
    return max((age for age in ages if age <= STEPS[-1]), default=None)
