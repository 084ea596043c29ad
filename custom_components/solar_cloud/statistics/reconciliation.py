"""Makes the booked hours of a finished day add up to the total that the cloud reports for it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..history.hours import (
    HOUR,
    adds_up,
    combined,
    day_hours,
    reconciled,
    series_of_hours,
    shape_of,
    total_of_hours,
    touching,
)
from ..model.elements import Flow, Interval
from ..model.series import EMPTY, Series, midnight
from .plausible import possible_rows
from .recent_hours import makes_total, reaches_back_to

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
FINAL_AFTER = timedelta(days=3)
"""For so long after its end a day may still get rows, and its total may still change."""


def is_final(statistics: SystemStatistics, day: date, now: datetime) -> bool:
    """Return whether what a cloud reports of a day will hardly change any more."""
    return now >= midnight(day + DAY, statistics.zone) + FINAL_AFTER


async def async_reconcile_day(
    statistics: SystemStatistics,
    flow: Flow,
    day: date,
    total: float | None,
    now: datetime,
    known: Series,
    *,
    is_new: bool,
) -> None:
    """Make the hours of a finished day add up to its total in Wh; `known` is what intervals say of it.

    A day that does already is left alone, unless its intervals are new. Hours that the intervals know keep what they
    say while the total may still change, and whatever days the total is divided into. Without a total, the hours in
    which intervals lie are booked.
    """
    book, zone, place = statistics.book, statistics.zone, statistics.coordinator.place
    if not (hours := day_hours(day, zone)):
        return
    around = await book.async_rows(flow, hours[0] - HOUR, hours[-1] + HOUR)
    booked = {hour: around[hour] for hour in hours if hour in around}
    if booked and not is_new and (total is None or adds_up(around, day, zone, total)):
        return
    rows = touching(known, day, zone) or series_of_hours(booked)

    def work_out() -> dict[datetime, float]:
        target = None if total is None else total_of_hours(day, zone, total, rows)
        final = is_final(statistics, day, now)
        return reconciled(day, zone, target, rows, place, shape_of(flow), is_final=final)

    new = await statistics.hass.async_add_executor_job(work_out)
    if len(possible_rows(flow, series_of_hours(new).values(), statistics.data)) < len(new):
        # What the total has beyond the intervals cannot have flown in the time that they leave.
        statistics.log_impossible(flow, max(new.values()))
        new = reconciled(day, zone, None, rows, place, shape_of(flow))
    statistics.touch_finished_days()
    await book.async_put(flow, new)


def known_rows(statistics: SystemStatistics, flow: Flow, day: date, total: float, detail: Iterable[Interval]) -> Series:
    """Return what intervals say of a day: those that were just read (`detail`), and the recent ones beside them."""
    coordinator = statistics.coordinator
    recent: Series = coordinator.data.recent().get(flow, EMPTY)
    read: Series = {one.start: one for one in detail}
    if read or reaches_back_to(coordinator, day) or makes_total(coordinator, flow, day, total):
        return combined(read, recent)
    return EMPTY
