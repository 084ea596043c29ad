"""Finishes the days that are over: their hours are complete, or made to add up to the cloud's totals."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..cloud.archive import Archive, Totals
from ..history.hours import adds_up, day_hours, days_between
from ..model.elements import Flow, Interval
from ..model.series import midnight
from .corrections import Corrections
from .recent_hours import is_day_complete, makes_total
from .reconciliation import async_reconcile_day

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATEST_READING = timedelta(hours=12)
"""So long after its end a day is finished although nothing has been read meanwhile."""
GIVEN_UP = timedelta(days=4)
"""A day whose total the cloud does not report for so long is left as it is known."""
COMPARE = timedelta(days=7)
"""Where finished days need no total, they are still compared with the cloud's this often."""
COMPARED_DAYS = 31


class FinishedDays:
    """The days of a system that are over. Those that the recent intervals know completely cost no request."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to keep."""
        self._statistics = statistics
        self._corrections = Corrections(statistics)

    async def async_close(self, archive: Archive, now: datetime) -> None:
        """Finish the days that are over, with the cloud's totals where hours are missing. Raises `CloudError`."""
        statistics, corrections = self._statistics, self._corrections
        last, over_at = self._last_day(archive, now)
        await self._async_close_complete(archive, last)
        before = statistics.state.totals_at
        compare = before is None or now - before >= COMPARE
        if not self._needs_totals(last, compare=compare) or not self._is_read_since(over_at, now):
            return
        oldest = self._oldest_day(archive, last, compare=compare)
        whole_life = corrections.is_life_due(archive, now)
        since = min(oldest, statistics.state.first or oldest) if whole_life else oldest
        for first, until in reversed(archive.chunks(statistics.data, since, last)):
            totals = await archive.totals(statistics.data, first, until, now)
            await corrections.async_correct(totals, first, oldest - DAY)
            await self._async_apply(archive, totals, max(first, oldest), until, now)
            await statistics.async_update_state(statistics.state.with_totals(totals, now, statistics.today()))
        if whole_life:
            await statistics.async_update_state(replace(statistics.state, compared_at=now))
        elif compare and before is not None and not archive.is_free:
            await corrections.async_compare_month(archive, oldest, now)

    def _last_day(self, archive: Archive, now: datetime) -> tuple[date, datetime]:
        """Return the last day whose readings can be there, and since when they can."""
        statistics = self._statistics
        today = statistics.today()
        last, over_at = today - DAY, midnight(today, statistics.zone) + archive.settled
        return (last - DAY, over_at - DAY) if now < over_at else (last, over_at)

    async def _async_close_complete(self, archive: Archive, last: date) -> None:
        """Finish the days up to this one that the recent intervals know completely, oldest first."""
        statistics = self._statistics
        while self._is_open(last) and not archive.late:
            if (day := statistics.open_day) is None or not is_day_complete(statistics.coordinator, day):
                break
            await statistics.async_update_state(replace(statistics.state, closed=day))

    def _is_open(self, last: date) -> bool:
        """Return whether a day up to this one is not finished."""
        open_day = self._statistics.open_day
        return open_day is not None and open_day <= last

    def _needs_totals(self, last: date, *, compare: bool) -> bool:
        """Return whether totals are to be read: once a day at most, for an open day or to compare the others."""
        statistics, state = self._statistics, self._statistics.state
        if state.totals_at is not None and statistics.day_of(state.totals_at) == statistics.today():
            return False
        return self._is_open(last) or (compare and state.first is not None and state.first < statistics.today())

    def _is_read_since(self, since: datetime, now: datetime) -> bool:
        """Return whether the intervals were read since an instant: what they may bring needs no total.

        A reading that does not come is not waited for all day.
        """
        one = self._statistics.coordinator
        main = [job for job in one.client.job_terms() if job.weight > 0 and not job.optional]
        reads = [one.schedule.state(job).done_at for job in main]
        return now >= since + LATEST_READING or all(read_at is not None and read_at >= since for read_at in reads)

    def _oldest_day(self, archive: Archive, last: date, *, compare: bool) -> date:
        """Return the oldest day whose total is to be read."""
        statistics = self._statistics
        oldest = max(statistics.state.first or last, last - (COMPARED_DAYS - 1) * DAY)
        if (open_day := statistics.open_day) is None or open_day > last:
            return oldest
        return min(oldest, open_day) if compare or archive.late else open_day

    async def _async_apply(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Make the hours of each day add up to its total, oldest day first."""
        statistics = self._statistics
        for day in days_between(first, last):
            of_day = {flow: days[day] for flow, days in totals.items() if day in days}
            is_open = statistics.state.closed is None or day > statistics.state.closed
            detail: Mapping[Flow, tuple[Interval, ...]] = {}
            if is_open and day >= statistics.first_detailed_day and await self._async_lacks_hours(day, of_day):
                detail = await archive.detail(statistics.data, day, now)
            for flow, total in of_day.items():
                await async_reconcile_day(statistics, flow, day, total, detail.get(flow))
            missing = archive.flows(statistics.data) - of_day.keys()
            if is_open and day == statistics.open_day and (not missing or statistics.today() - day >= GIVEN_UP):
                statistics.state = replace(statistics.state, closed=day)

    async def _async_lacks_hours(self, day: date, totals: Mapping[Flow, float]) -> bool:
        """Return whether hours of a day are missing that have energy, compared with its totals in Wh."""
        statistics, coordinator = self._statistics, self._statistics.coordinator
        if is_day_complete(coordinator, day):
            return False
        hours = day_hours(day, statistics.zone)
        for flow, total in totals.items():
            if makes_total(coordinator, flow, day, total):
                continue
            booked = await statistics.book.async_rows(flow, hours[0] - HOUR, hours[-1] + HOUR)
            if not adds_up(booked, day, statistics.zone, total):
                return True
        return False
