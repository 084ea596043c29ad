"""What of a cloud's past cannot have been: such rows and totals count as missing. Energies are Wh."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from math import isfinite

from ..model.data import SystemData
from ..model.elements import Flow, Interval

MOST_W = 100e6
"""More than any plant that these clouds know."""
DRAWN_W = 100.0
"""What electronics draw themselves: what is not further below zero counts as zero."""
_HOUR = timedelta(hours=1)


def possible_rows(flow: Flow, rows: Iterable[Interval], data: SystemData) -> tuple[Interval, ...]:
    """Return the rows of a flow that a system can have measured; a little below zero is zero."""
    return tuple(
        row if row.energy_wh >= 0 else replace(row, energy_wh=0.0, power_w=None)
        for row in rows
        if _is_possible(row.energy_wh, row.end - row.start)
    )


def possible_total(flow: Flow, wh: float, day_length: timedelta, data: SystemData) -> bool:
    """Return whether a system can have measured so much of a flow in a day."""
    return wh >= 0 and _is_possible(wh, day_length)


def _is_possible(wh: float, length: timedelta) -> bool:
    return isfinite(wh) and length > timedelta(0) and -DRAWN_W <= wh / (length / _HOUR) <= MOST_W
