"""The gaps of a statistic: hours in which its sum did not change while the system had energy.

Either the energy of a gap is lost, or the sensor booked it in one lump in the hour in which it came back. A counter
that began again in between has lost the first part, and books the second in a lump. Times are seconds, energies Wh.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import fsum

from .rows import HOUR, SAME_WH

SHARE = 0.1
"""Hours that have rows are a gap only with at least this part of their days' energy: a dim morning is none."""
STEPS = 2.0
"""How many of a counter's smallest steps a gap has at least: a coarse counter often stands for an hour."""

type DayOf = Callable[[int], date]
"""Returns the system's day in which an hour begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One gap: hours in order, and what has become of their energy."""

    lost: tuple[int, ...]
    """The hours whose energy the target lacks."""
    lumped: tuple[int, ...]
    """The hours after them, whose energy it booked in the hour `back`."""
    back: int
    """The hour in which its sum changed again."""
    lost_wh: float
    lumped_wh: float
    is_known: bool
    """Whether the system's energy of every hour is known; if not, nothing can be written."""

    @property
    def hours(self) -> tuple[int, ...]:
        """All hours of the gap."""
        return (*self.lost, *self.lumped)


def find_gaps(
    changes: Mapping[int, float], ours: Mapping[int, float], resolution: float, day_of: DayOf
) -> Iterator[Gap]:
    """Yield the gaps between a target's first and last row, in order; one that has not ended is none yet.

    The changes are those of the target's rows in order, and `ours` what the system had in each hour. The resolution
    is the smallest energy in Wh that the target's counter can tell.
    """
    least = max(STEPS * resolution, SAME_WH)
    days: dict[date, float] = {}
    for hour, energy in ours.items():
        day = day_of(hour)
        days[day] = days.get(day, 0.0) + energy
    for hours, back in _unchanged(changes):
        held = hours if _stands_out(hours, ours, days, day_of) else [hour for hour in hours if hour not in changes]
        gap = _gap(held, back, changes[back], ours, least)
        if gap is not None:
            yield gap


def _unchanged(changes: Mapping[int, float]) -> Iterator[tuple[list[int], int]]:
    """Yield each run of hours after which the sum had not changed, and the hour in which it did again."""
    hours: list[int] = []
    before: int | None = None
    for start, change in changes.items():
        if before is not None:
            hours += range(before + HOUR, start, HOUR)
        if before is not None and abs(change) < SAME_WH:
            hours.append(start)
        elif hours:
            yield hours, start
            hours = []
        before = start


def _stands_out(hours: list[int], ours: Mapping[int, float], days: Mapping[date, float], day_of: DayOf) -> bool:
    """Return whether hours have a part of their days' energy that no counter oversees."""
    energy = fsum(ours.get(hour, 0.0) for hour in hours)
    return energy >= SHARE * fsum(days.get(day, 0.0) for day in {day_of(hour) for hour in hours})


def _gap(hours: list[int], back: int, change: float, ours: Mapping[int, float], least: float) -> Gap | None:
    """Return what has become of the energy of hours; `None` when they had too little of it.

    What the target booked beyond the system's energy of the hour in which it came back is of the last hours before.
    """
    if not hours:
        return None
    is_known = back in ours and all(hour in ours for hour in hours)
    energies = [ours.get(hour, 0.0) for hour in hours]
    total = fsum(energies)
    if total < least:
        return None
    excess = min(max(change - ours.get(back, 0.0), 0.0), total)
    # The energy of the last hours, from none of them to all: which is next to what came in the lump?
    lumps = [0.0, *accumulate(reversed(energies))]
    count = min(range(len(lumps)), key=lambda number: abs(lumps[number] - excess))
    split = len(hours) - count
    lost, lumped = fsum(energies[:split]), fsum(energies[split:])
    if lost < least:
        split, lost, lumped = 0, 0.0, total
    elif lumped < least:
        split, lost, lumped = len(hours), total, 0.0
    return Gap(
        lost=tuple(hours[:split]),
        lumped=tuple(hours[split:]),
        back=back,
        lost_wh=lost,
        lumped_wh=lumped,
        is_known=is_known,
    )
