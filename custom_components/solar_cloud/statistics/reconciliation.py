"""Makes the booked hours of a finished day add up to the total that the cloud reports for it."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..history.hours import adds_up, day_hours, reconciled, series_of_hours, shape_of
from ..model.elements import Flow, Interval
from ..model.series import EMPTY, Series
from .recent_hours import makes_total, reaches_back_to

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

HOUR = timedelta(hours=1)


async def async_reconcile_day(
    statistics: SystemStatistics, flow: Flow, day: date, total: float, detail: tuple[Interval, ...] | None = None
) -> None:
    """Make the hours of a finished day add up to its total in Wh.

    A day that does already is left alone, unless its intervals (`detail`) have just been read.
    """
    coordinator, book = statistics.coordinator, statistics.book
    zone, place = coordinator.zone, coordinator.place
    hours = day_hours(day, zone)
    around = await book.async_rows(flow, hours[0] - HOUR, hours[-1] + HOUR)
    booked = {hour: around[hour] for hour in hours if hour in around}
    if booked and detail is None and adds_up(around, day, zone, total):
        return
    is_recent = reaches_back_to(coordinator, day) or makes_total(coordinator, flow, day, total)
    known: Series = coordinator.data.recent().get(flow, EMPTY) if is_recent else EMPTY
    if detail:
        known = {one.start: one for one in detail}
    elif not known and booked:
        known = series_of_hours(booked)
    new = await statistics.hass.async_add_executor_job(reconciled, day, zone, total, known, place, shape_of(flow))
    await book.async_put(flow, new)
