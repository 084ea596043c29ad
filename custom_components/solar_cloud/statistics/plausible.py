"""What of a cloud's past cannot have been: such rows and totals count as missing."""

from collections.abc import Iterable
from datetime import timedelta

from ..model.data import SystemData
from ..model.elements import Flow, Interval
from ..model.limits import limits_of, possible


def possible_rows(flow: Flow, rows: Iterable[Interval], data: SystemData) -> tuple[Interval, ...]:
    """Return the rows of a flow that a system can have measured; a little below zero is zero."""
    return possible(flow, rows, limits_of(data.system, data.peak))


def possible_total(flow: Flow, wh: float, day_length: timedelta, data: SystemData) -> bool:
    """Return whether a system can have measured so much of a flow, in Wh, in a day."""
    return 0 <= wh <= limits_of(data.system, data.peak).energy_wh(flow, day_length)
