"""Imports a system's past: the totals of its days, newest first, before everything that is booked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..cloud.archive import Archive, Totals
from ..history.hours import combined, reconciled, series_of_hours, shape_of, total_of_hours, touching
from ..history.state import HistoryState
from ..model.elements import Flow
from ..model.series import EMPTY, Series, midnight
from .allowance import spare_requests
from .import_terms import detailed_days
from .reading import async_read_detail, async_read_totals
from .recent_hours import is_covered
from .reconciliation import is_final

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class _Rows:
    """What intervals say of the newest of the days."""

    days: frozenset[date]
    """The days of which they were read."""
    series: dict[Flow, Series] = field(default_factory=dict)


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
        if missing := statistics.missing_flows(begin):
            limited = archive.limited_to(missing)
            totals = await async_read_totals(statistics, limited, begin, last, now)
            await self._async_prepend(limited, totals, begin, last, now)
            statistics.state = self._with_totals(statistics.state, totals, last, now)
        state = statistics.state
        # What was taken over meanwhile may begin earlier.
        first = min(begin, state.first or begin)
        kept = {flow: day for flow, day in state.kept.items() if day < first}
        await statistics.async_update_state(replace(state, first=first, kept=kept, failures=0))
        statistics.coordinator.async_update_listeners()
        return True

    def _with_totals(self, state: HistoryState, totals: Totals, last: date, now: datetime) -> HistoryState:
        """Return the state with the totals of the last days: no others need to be compared for a week."""
        today = self._statistics.today()
        if last < today - DAY:
            return state
        return replace(state.with_totals(totals, now, today), compared_at=now)

    async def _async_prepend(self, archive: Archive, totals: Totals, first: date, last: date, now: datetime) -> None:
        """Book days before everything that is booked."""
        statistics, zone = self._statistics, self._statistics.zone
        rows = await self._async_rows(archive, detailed_days(statistics, first, last), now)
        for flow, days in totals.items():
            # Hours that were taken over from another integration keep their place in the day.
            booked = await statistics.book.async_rows(flow, midnight(first, zone), midnight(last + DAY, zone))
            hours = await statistics.hass.async_add_executor_job(
                self._hours, flow, days, rows, series_of_hours(booked), now
            )
            if hours:
                statistics.touch_finished_days()
                await statistics.book.async_put(flow, hours)
                # The recorder counts what lies before the first hour as this hour's energy: nothing may.
                await statistics.book.async_ground(flow)
                self._watch(flow, days, rows, now)

    async def _async_rows(self, archive: Archive, days: list[date], now: datetime) -> _Rows:
        """Return the intervals of days, and the recent ones, which know the rest of the last hour."""
        statistics = self._statistics
        rows = _Rows(days=frozenset(days))
        for day in days:
            for flow, read in (await async_read_detail(statistics, archive, day, now)).items():
                rows.series[flow] = {**rows.series.get(flow, {}), **{one.start: one for one in read}}
        if days:
            for flow, recent in statistics.data.recent().items():
                rows.series[flow] = combined(rows.series.get(flow, EMPTY), recent)
        return rows

    def _hours(
        self, flow: Flow, totals: Mapping[date, float], rows: _Rows, booked: Series, now: datetime
    ) -> dict[datetime, float]:
        """Return the hours of days that add up to their totals in Wh; takes its time."""
        zone, place = self._statistics.zone, self._statistics.coordinator.place
        hours: dict[datetime, float] = {}
        for day, total in totals.items():
            known = combined(touching(rows.series.get(flow, EMPTY), day, zone), touching(booked, day, zone))
            target = total_of_hours(day, zone, total, known)
            final = is_final(self._statistics, day, now)
            hours |= reconciled(day, zone, target, known, place, shape_of(flow), is_final=final)
        return hours

    def _watch(self, flow: Flow, totals: Mapping[date, float], rows: _Rows, now: datetime) -> None:
        """Remember the days of which rows may still come."""
        statistics = self._statistics
        for day in totals.keys() & rows.days:
            if is_final(statistics, day, now):
                continue
            since = midnight(day, statistics.zone) - DAY
            whole = is_covered(statistics.coordinator, flow, rows.series.get(flow, EMPTY), day, since=since)
            statistics.state = statistics.state.with_gaps(day, (flow,), () if whole else (flow,))
