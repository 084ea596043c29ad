"""Imports a system's past: the totals of its days, newest first, before everything that is booked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..cloud.archive import Archive, Detail, Totals
from ..history.hours import days_between, reconciled, series_of_hours, shape_of
from ..model.elements import Flow
from ..model.series import Series, midnight
from .allowance import spare_requests

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)


class HistoryImport:
    """The import of one system's past; a restart goes on after the part that was booked last."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to import into."""
        self._statistics = statistics

    async def async_request(self, since: date) -> None:
        """Record that the past is to be imported from a day on."""
        statistics = self._statistics
        await statistics.async_update_state(replace(statistics.state, wanted=since, not_before=None, failures=0))

    async def async_import_part(self, archive: Archive, now: datetime) -> bool:
        """Read and book the newest part that is missing. Returns whether there was one. Raises `CloudError`."""
        statistics = self._statistics
        if archive.is_free and statistics.state.wanted is None and (begin := statistics.begin()) is not None:
            statistics.state = replace(statistics.state, wanted=begin)
        first, wanted = statistics.state.first, statistics.state.wanted
        if first is None or wanted is None or wanted >= first:
            return False
        if not archive.is_free and spare_requests(statistics.metered) <= 0:
            # The readings of today come first.
            return False
        begin, last = archive.chunks(statistics.data, wanted, first - DAY)[0]
        totals = await archive.totals(statistics.data, begin, last, now)
        await self._async_prepend(archive, totals, begin, last, now)
        state, today = statistics.state, statistics.today()
        if last >= today - DAY:
            state = state.with_totals(totals, now, today)
        # What was taken over meanwhile may begin earlier.
        await statistics.async_update_state(replace(state, first=min(begin, state.first or begin), failures=0))
        statistics.coordinator.async_update_listeners()
        return True

    async def _async_prepend(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Book days before everything that is booked."""
        statistics, zone = self._statistics, self._statistics.zone
        details: dict[date, Detail] = {}
        for day in days_between(max(first, statistics.first_detailed_day), last):
            details[day] = await archive.detail(statistics.data, day, now)
        for flow, days in totals.items():
            # Hours that were taken over from another integration keep their place in the day.
            booked = await statistics.book.async_rows(flow, midnight(first, zone), midnight(last + DAY, zone))
            hours = await statistics.hass.async_add_executor_job(
                self._hours, flow, days, details, series_of_hours(booked)
            )
            if hours:
                await statistics.book.async_put(flow, hours)
                # The recorder counts what lies before the first hour as this hour's energy: nothing may.
                await statistics.book.async_ground(flow)

    def _hours(
        self, flow: Flow, totals: Mapping[date, float], details: Mapping[date, Detail], booked: Series
    ) -> dict[datetime, float]:
        """Return the hours of days that add up to their totals in Wh; takes its time."""
        zone, place = self._statistics.zone, self._statistics.coordinator.place
        hours: dict[datetime, float] = {}
        for day, total in totals.items():
            known = {one.start: one for one in details.get(day, {}).get(flow, ())} or booked
            hours |= reconciled(day, zone, total, known, place, shape_of(flow))
        return hours
