"""What a copy knows of the statistic that it writes to: pure figures, no database.

Times are seconds since 1970, energies Wh. States and sums are in the statistic's own unit, as the database has them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import remainder
from typing import NamedTuple

HOUR = 3600
SAME_WH = 0.001
"""Energies that differ by less are the same: sums are floating-point numbers."""
RESOLUTIONS = (1000.0, 100.0, 10.0, 1.0, 0.1, 0.01)


class TargetRow(NamedTuple):
    """One hour of the target as the database has it."""

    start: int
    state: float | None
    sum: float
    last_reset: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The statistic that is written to."""

    statistic_id: str
    metadata_id: int
    """Its number in the database."""
    unit: str
    """The unit of its sums."""
    unit_wh: float
    """How many Wh one of this unit is."""


@dataclass(frozen=True, slots=True)
class Step:
    """From an hour on, every row that was there gets so much more, up to the next step; in the target's unit."""

    start: int
    shift: float


@dataclass(frozen=True, slots=True)
class Run:
    """Hours without a break between them."""

    first: int
    last: int


def changes_of(rows: Sequence[TargetRow], unit_wh: float) -> dict[int, float]:
    """Return by how many Wh each row's sum has grown; as the recorder does, the first one counts from 0."""
    changes: dict[int, float] = {}
    before = 0.0
    for row in rows:
        changes[row.start] = (row.sum - before) * unit_wh
        before = row.sum
    return changes


def resolution_of(changes: Iterable[float]) -> float:
    """Return the smallest energy in Wh that a counter can tell: a power of ten that all its changes are multiples of.

    A counter of whole kWh has hours of 0, 1 and 2 kWh. 0 for a finer one than `SAME_WH`.
    """
    known = list(changes)
    return next((step for step in RESOLUTIONS if all(abs(remainder(one, step)) < SAME_WH for one in known)), 0.0)


def runs_of(starts: Iterable[int]) -> tuple[Run, ...]:
    """Return ascending hours as runs without a break."""
    runs: list[Run] = []
    for start in starts:
        if runs and runs[-1].last == start - HOUR:
            runs[-1] = Run(runs[-1].first, start)
        else:
            runs.append(Run(start, start))
    return tuple(runs)


def touched_hours(runs: Iterable[Run], steps: Iterable[Step]) -> Iterator[int]:
    """Yield the hours whose energy is not, or not only, what the target itself had booked."""
    for run in runs:
        yield from range(run.first, run.last + HOUR + 1, HOUR)
    for step in steps:
        yield step.start
