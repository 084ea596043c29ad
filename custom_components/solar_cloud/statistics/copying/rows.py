"""What a copy knows of the statistic that it writes to: pure figures, no database.

Times are seconds since 1970, energies Wh. States and sums are in the statistic's own unit, as the database has them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HOUR = 3600
SAME_WH = 0.001
"""Energies that differ by less are the same: sums are floating-point numbers."""


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


def smallest_step(changes: Mapping[int, float]) -> float:
    """Return the smallest energy in Wh by which a counter has grown: it cannot tell less; 0 when it never has."""
    return min((change for change in changes.values() if change > SAME_WH), default=0.0)


def runs_of(starts: Iterable[int]) -> tuple[Run, ...]:
    """Return ascending hours as runs without a break."""
    runs: list[Run] = []
    for start in starts:
        if runs and runs[-1].last == start - HOUR:
            runs[-1] = Run(runs[-1].first, start)
        else:
            runs.append(Run(start, start))
    return tuple(runs)
