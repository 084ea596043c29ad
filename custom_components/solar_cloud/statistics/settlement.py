"""Settles finished days with the totals that the cloud reports for them: those that are open, and those that changed.

A day whose total has grown or shrunk has got other rows: they are read again where the cloud still has them. Only what
has no rows is laid along the sun.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..cloud.archive import Archive, Detail, Totals
from ..history.hours import HOUR, SAME_WH, adds_up, day_hours, day_total, days_between
from ..history.state import KEEP_TOTALS
from ..model.elements import Flow
from ..model.series import Series, day_energy_wh, midnight
from .reading import FinishedDaysReader
from .recent_hours import incomplete_flows, is_covered, is_flow_complete, makes_total
from .reconciliation import async_reconcile_day, is_final, known_rows

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
GIVEN_UP = timedelta(days=4)
"""A day whose total the cloud does not report for so long is left as it is known."""
AT_ONCE = 366
"""Days whose hours are held in memory together."""
ROUNDED_WH = 48.0
"""By how much a total may differ from its rows: each of the 96 of a day is rounded to whole watt-hours."""

type Hours = Mapping[Flow, Mapping[datetime, float]]


class Settlement:
    """Books what totals of finished days say."""

    def __init__(self, statistics: SystemStatistics, reader: FinishedDaysReader) -> None:
        """Take the statistics to keep, and what reads the rows of single days."""
        self._statistics = statistics
        self._reader = reader

    async def async_settle(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Settle the days from one to another, both included, oldest first. Raises `CloudError`.

        The totals are remembered only afterwards: by those of before is seen which days have changed.
        """
        while first <= last:
            until = min(last, first + (AT_ONCE - 1) * DAY)
            await self._async_settle_part(archive, totals, first, until, now)
            first = until + DAY

    async def async_read_again(self, archive: Archive, now: datetime) -> None:
        """Read the rows that could not be paid for before, newest day first. Raises `CloudError`."""
        statistics = self._statistics
        for day in sorted({day for days in statistics.state.unread.values() for day in days}, reverse=True):
            totals = {flow: days[day] for flow, days in statistics.state.unread.items() if day in days}
            if (detail := await self._reader.async_detail(archive.limited_to(totals), day, now)) is None:
                return
            for flow, total in totals.items():
                if rows := detail.get(flow):
                    known = known_rows(statistics, flow, day, total, rows)
                    await async_reconcile_day(statistics, flow, day, total, now, known, is_new=True)
            await statistics.async_update_state(statistics.state.without_unread(day))

    async def _async_settle_part(
        self, archive: Archive, totals: Totals, first: date, last: date, now: datetime
    ) -> None:
        statistics, zone = self._statistics, self._statistics.zone
        start, end = midnight(first, zone), midnight(last + DAY, zone)
        within = {flow: {day: wh for day, wh in days.items() if first <= day <= last} for flow, days in totals.items()}
        hours = {
            flow: await statistics.book.async_rows(flow, start - HOUR, end + HOUR)
            for flow, days in within.items()
            if days
        }
        wrong = await statistics.hass.async_add_executor_job(_wrong_days, hours, within, zone)
        for day in days_between(first, last):
            of_day = {flow: days[day] for flow, days in within.items() if day in days}
            if self._is_open(day):
                await self._async_settle_open(archive, day, of_day, hours, now)
            elif day in wrong:
                await self._async_settle_closed(archive, day, {flow: of_day[flow] for flow in wrong[day]}, hours, now)
            elif any(day in days for days in statistics.state.gaps.values()) and is_final(statistics, day, now):
                statistics.state = statistics.state.with_gaps(day, of_day, ())

    async def _async_settle_open(
        self, archive: Archive, day: date, totals: Mapping[Flow, float], hours: Hours, now: datetime
    ) -> None:
        """Finish a day, unless the cloud does not report all of its totals yet."""
        statistics = self._statistics
        lacking = (
            [flow for flow, total in totals.items() if self._lacks_hours(flow, day, total, hours)]
            if day >= statistics.first_detailed_day
            else []
        )
        booked = {flow for flow, total in totals.items() if self._is_booked(flow, day, total, hours)}
        await self._async_book(archive, day, totals, lacking, now, booked)
        coordinator = statistics.coordinator
        needed = archive.flows(statistics.data) if archive.late else incomplete_flows(coordinator, day)
        missing = needed - totals.keys()
        if day == statistics.open_day and (not missing or statistics.today() - day >= GIVEN_UP):
            statistics.state = replace(statistics.state, closed=day)

    async def _async_settle_closed(
        self, archive: Archive, day: date, totals: Mapping[Flow, float], hours: Hours, now: datetime
    ) -> None:
        """Book a finished day anew that does not add up to its totals any more."""
        if self._statistics.state.first is None or day < self._statistics.state.first:
            return
        changed = [flow for flow, total in totals.items() if self._has_changed(flow, day, total, hours)]
        await self._async_book(archive, day, totals, changed, now)

    async def _async_book(
        self,
        archive: Archive,
        day: date,
        totals: Mapping[Flow, float],
        to_read: list[Flow],
        now: datetime,
        booked: Collection[Flow] = (),
    ) -> None:
        """Book a day with its totals, after a look at the rows of some flows; no row of those `booked` is missing."""
        statistics = self._statistics
        detail: Detail | None = {}
        if to_read and (archive.keeps_rows is None or now - midnight(day, statistics.zone) < archive.keeps_rows):
            detail = await self._reader.async_detail(archive.limited_to(to_read), day, now)
            if detail is None:
                for flow in to_read:
                    statistics.state = statistics.state.with_unread(flow, day, totals[flow])
        gaps: set[Flow] = set()
        for flow, total in totals.items():
            rows = (detail or {}).get(flow, ())
            known = known_rows(statistics, flow, day, total, rows)
            await async_reconcile_day(statistics, flow, day, total, now, known, is_new=bool(rows))
            if flow in booked or is_final(statistics, day, now):
                continue
            if not self._is_whole(flow, day, total, known, is_new=bool(rows)):
                gaps.add(flow)
        statistics.state = statistics.state.with_gaps(day, totals, gaps)

    def _is_open(self, day: date) -> bool:
        open_day = self._statistics.open_day
        return open_day is None or day >= open_day

    def _is_booked(self, flow: Flow, day: date, total: float, hours: Hours) -> bool:
        """Return whether the database has every hour of a day that is not finished, and they make its total in Wh.

        So it is where the state is older than the database. What lacks rows lacks hours before it is finished.
        """
        statistics, found = self._statistics, hours.get(flow, {})
        is_dark = statistics.coordinator.sunlight.is_dark
        return adds_up(found, day, statistics.zone, total) and all(
            hour in found or (flow is Flow.PRODUCTION and is_dark(hour, hour + HOUR))
            for hour in day_hours(day, statistics.zone)
        )

    def _lacks_hours(self, flow: Flow, day: date, total: float, hours: Hours) -> bool:
        """Return whether hours of a day are missing that have energy, compared with its total in Wh."""
        coordinator, zone = self._statistics.coordinator, self._statistics.zone
        if is_flow_complete(coordinator, flow, day) or makes_total(coordinator, flow, day, total):
            return False
        return not adds_up(hours.get(flow, {}), day, zone, total)

    def _has_changed(self, flow: Flow, day: date, total: float, hours: Hours) -> bool:
        """Return whether a finished day's total says that it has got other rows than those that are booked."""
        statistics = self._statistics
        if makes_total(statistics.coordinator, flow, day, total):
            return False
        before = statistics.state.totals.get(flow, {}).get(day)
        if before is not None:
            return abs(total - before) >= SAME_WH
        if statistics.today() - day > KEEP_TOTALS:
            return True
        return abs(total - day_total(hours.get(flow, {}), day, statistics.zone)) > ROUNDED_WH

    def _is_whole(self, flow: Flow, day: date, total: float, known: Series, *, is_new: bool) -> bool:
        """Return whether intervals know all hours of a day, and make its total in Wh."""
        coordinator, zone = self._statistics.coordinator, self._statistics.zone
        since = midnight(day, zone) - DAY if is_new else None
        if not is_covered(coordinator, flow, known, day, since=since):
            return False
        measured = day_energy_wh(known.values(), day, zone)
        return measured is not None and abs(measured - total) <= ROUNDED_WH


def _wrong_days(hours: Hours, totals: Totals, zone: ZoneInfo) -> dict[date, list[Flow]]:
    """Return the flows of each day whose hours do not add up to its total."""
    found: dict[date, list[Flow]] = {}
    for flow, days in totals.items():
        for day, total in days.items():
            if not adds_up(hours.get(flow, {}), day, zone, total):
                found.setdefault(day, []).append(flow)
    return found
