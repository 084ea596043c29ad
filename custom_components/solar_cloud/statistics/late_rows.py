"""Looks for the rows that come late: those of a finished day, for up to three days after its end.

A cloud gets them when a gateway is back. They show in no total that is read anyway: what was missing may have been in
the total before. So in the evening the rows of such days are read again; where they never come, only once.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..cloud.archive import Archive, Detail
from ..history.complete_hours import sum_hours
from ..history.hours import HOUR, SAME_WH, combined, day_hours
from ..model.elements import Flow, Interval
from ..model.series import EMPTY, midnight
from .reading import FinishedDaysReader
from .recent_hours import is_covered, is_flow_complete
from .reconciliation import async_reconcile_day, is_final

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
EVENING = timedelta(hours=18)
"""When it is looked for what came late: so long after midnight."""
IN_VAIN = 3
"""After so many days that never got their rows it is looked only once, when they are final."""


class LateRows:
    """The last finished days of a system that lack rows."""

    def __init__(self, statistics: SystemStatistics, reader: FinishedDaysReader) -> None:
        """Take the statistics to keep, and what reads rows and totals."""
        self._statistics = statistics
        self._reader = reader

    async def async_look(self, archive: Archive, now: datetime) -> None:
        """Read the rows of the days that lack some, and book what has come; once an evening. Raises `CloudError`."""
        statistics = self._statistics
        evening = midnight(statistics.today(), statistics.zone) + EVENING
        looked_at = statistics.state.looked_at
        if not statistics.state.gaps or now < evening or (looked_at is not None and looked_at >= evening):
            return
        for day in sorted({day for days in statistics.state.gaps.values() for day in days}):
            flows = [flow for flow, days in statistics.state.gaps.items() if day in days]
            # What the readings of today have brought is booked already.
            if whole := {flow for flow in flows if is_flow_complete(statistics.coordinator, flow, day)}:
                statistics.state = replace(statistics.state.with_gaps(day, whole, ()), vain=0)
            lacking = [flow for flow in flows if flow not in whole]
            if not lacking or (statistics.state.vain >= IN_VAIN and not is_final(statistics, day, now)):
                continue
            detail = await self._reader.async_detail(archive.limited_to(lacking), day, now)
            if detail is None:
                # The others wait for the next evening.
                break
            await self._async_book(archive, day, lacking, detail, now)
        await statistics.async_update_state(replace(statistics.state, looked_at=now))

    async def _async_book(
        self, archive: Archive, day: date, flows: Collection[Flow], detail: Detail, now: datetime
    ) -> None:
        """Book the rows of a day that are new."""
        statistics = self._statistics
        new = {flow: rows for flow in flows if (rows := detail.get(flow)) and await self._async_is_new(flow, day, rows)}
        if new:
            totals = await self._reader.async_totals(archive.limited_to(new), day, day, now)
            statistics.state = statistics.state.with_known_totals(totals or {}, statistics.today())
        lacking: set[Flow] = set()
        for flow in flows:
            rows = detail.get(flow, ())
            known = combined({row.start: row for row in rows}, statistics.data.recent().get(flow, EMPTY))
            if flow in new:
                total = statistics.state.totals.get(flow, {}).get(day)
                await async_reconcile_day(statistics, flow, day, total, now, known, is_new=True)
            since = midnight(day, statistics.zone) - DAY if rows else None
            if not is_covered(statistics.coordinator, flow, known, day, since=since):
                lacking.add(flow)
        final = is_final(statistics, day, now)
        state = statistics.state.with_gaps(day, flows, () if final else lacking)
        if new or final:
            state = replace(state, vain=0 if new else state.vain + 1)
        await statistics.async_update_state(state)

    async def _async_is_new(self, flow: Flow, day: date, rows: Iterable[Interval]) -> bool:
        """Return whether rows know hours that are booked differently."""
        statistics = self._statistics
        sums, hours = sum_hours({one.start: one for one in rows}), day_hours(day, statistics.zone)
        booked = await statistics.book.async_rows(flow, hours[0], hours[-1] + HOUR)
        return any(abs(booked.get(hour, 0.0) - sums.energy[hour]) >= SAME_WH for hour in hours if hour in sums.complete)
