"""Hourly statistics of single inverters, where the cloud reports their production in intervals at no further price.

They begin when an inverter first reports and end with it; one that takes its place begins its own. Nothing is read to
fill a gap in them: the system's own statistics are what adds up to the cloud's totals.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ..history.complete_hours import HourSums, complete_production_hours, sum_hours
from ..history.hours import hour_of
from ..model.data import KEEP_DEVICE_INTERVALS
from ..model.elements import Flow
from ..model.series import Series

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .book import Book


class InverterStatistics:
    """The statistics of a system's inverters."""

    def __init__(self, coordinator: SystemCoordinator, book: Book) -> None:
        """Take the system, and what its statistics are written with."""
        self._coordinator = coordinator
        self._book = book
        self._known: dict[str, dict[datetime, float]] = {}
        """The hours of each inverter as they were last booked in this run."""
        self._booked: datetime | None = None
        """The hour in which they were last booked."""

    def forget(self) -> None:
        """Book everything that is known again: somebody has changed the database."""
        self._known.clear()
        self._booked = None

    async def async_book(self, now: datetime) -> None:
        """Book the complete hours that are new or have changed; once an hour, as no hour is complete more often."""
        one = self._coordinator
        hour = hour_of(now)
        if self._booked == hour:
            return
        self._booked = hour
        # Thirty inverters have thousands of intervals.
        sums = await one.hass.async_add_executor_job(_sum_all, one.data.device_intervals)
        for serial, of_inverter in sums.items():
            hours = complete_production_hours(of_inverter, now, KEEP_DEVICE_INTERVALS, one.sunlight.is_dark)
            known = self._known.get(serial, {})
            changed = {start: energy for start, energy in hours.items() if known.get(start) != energy}
            device = one.data.devices.get(serial)
            label = (device and device.name) or serial
            if changed and await self._book.async_put(Flow.PRODUCTION, changed, serial=serial, label=label) is None:
                self._booked = None
                return
            self._known[serial] = hours
        self._known = {serial: hours for serial, hours in self._known.items() if serial in sums}


def _sum_all(series: Mapping[str, Series]) -> dict[str, HourSums]:
    return {serial: sum_hours(of_inverter) for serial, of_inverter in series.items()}
