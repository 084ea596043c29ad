"""Compares what the state says of the database with the database itself, for each flow.

A statistic may have been deleted, a database restored that is older or newer, or replaced while Home Assistant runs.
What is known is booked again then, and the rest is completed or offered as if it had never been there.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from typing import TYPE_CHECKING

from ..history.hours import SAME_WH, days_between, first_whole_day
from ..history.state import COMPARED_DAYS, BookedRows, HistoryState
from ..model.elements import Flow
from ..model.series import local_day, midnight
from .recent_hours import complete_hours

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

_LOGGER = logging.getLogger(__name__)

DAY = timedelta(days=1)


class DatabaseCheck:
    """What the database had of a system's finished days, and what it has."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to check."""
        self._statistics = statistics
        self._counted: tuple[date | None, date | None] | None = None

    async def async_check(self) -> bool:
        """Put the state right where the database has less, more or something else; returns whether it could be read."""
        statistics = self._statistics
        if (first := statistics.state.first) is None:
            return True
        lost: dict[Flow, BookedRows] = {}
        differs = False
        for flow, booked in statistics.state.rows.items():
            if (found := await statistics.book.async_count(flow, booked.start, booked.end)) is None:
                return False
            if found[0] < booked.count:
                lost[flow] = booked
            differs = differs or abs(found[1] - booked.energy_wh) >= SAME_WH
        state = before = statistics.state
        if lost:
            state = await self._async_without_lost(lost)
        elif await statistics.book.async_span(Flow.PRODUCTION) is None:
            if not statistics.book.available:
                return False
            state = HistoryState(spent_on=state.spent_on, spent=state.spent)
        elif not state.is_importing:
            state = replace(state, first=await self._async_first(first))
        if differs or lost:
            state = replace(state, compared_at=None, life_at=None, compared_month=None, rows={})
        if statistics.state is not before:
            # The owner has asked for something meanwhile: that must not be lost, so it is looked at once more.
            return False
        if state != before:
            await statistics.async_update_state(state)
        return True

    async def async_count(self) -> None:
        """Remember what the database has of the finished days, where that may have changed."""
        statistics, state = self._statistics, self._statistics.state
        if state.first is None or state.closed is None or state.closed < state.first or statistics.archive is None:
            return
        is_touched = statistics.take_touched()
        if self._counted == (state.first, state.closed) and state.rows and not is_touched:
            return
        end = midnight(state.closed + DAY, statistics.zone)
        rows: dict[Flow, BookedRows] = {}
        for flow in statistics.archive.flows(statistics.data) | state.rows.keys():
            start = midnight(min(state.first, state.kept.get(flow, state.first)), statistics.zone)
            if (found := await statistics.book.async_count(flow, start, end)) is None:
                return
            if found[0]:
                rows[flow] = BookedRows(start=start, end=end, count=found[0], energy_wh=found[1])
        self._counted = (state.first, state.closed)
        if rows != statistics.state.rows:
            await statistics.async_update_state(replace(statistics.state, rows=rows))

    async def _async_without_lost(self, lost: dict[Flow, BookedRows]) -> HistoryState:
        """Return the state without the days of which a flow has lost its hours."""
        statistics, state = self._statistics, self._statistics.state
        first, closed = state.first or statistics.today(), state.closed or statistics.today() - DAY
        for flow, booked in lost.items():
            begin = local_day(booked.start, statistics.zone)
            days = await self._async_days(flow, booked.start, booked.end)
            complete_since, open_since = self._left(flow, days, begin, local_day(booked.end, statistics.zone) - DAY)
            if complete_since > begin:
                first = max(first, complete_since)
            closed = min(closed, open_since - DAY)
        _LOGGER.warning(
            "%s: the database has lost hours of %s. Solar Cloud records them again as far as it knows them",
            statistics.name,
            ", ".join(sorted(lost)),
        )
        if first == state.first:
            return replace(state, closed=max(closed, first - DAY))
        # What is there of the other flows is not paid for once more.
        kept = {flow: state.kept.get(flow, state.first or first) for flow in state.rows if flow not in lost}
        return replace(state, first=first, closed=max(closed, first - DAY), wanted=None, kept=kept)

    def _left(self, flow: Flow, days: set[date], first: date, last: date) -> tuple[date, date]:
        """Return the day since which everything is there, and the day from which on days are to be finished again."""
        statistics = self._statistics
        if not days:
            series = statistics.data.recent().get(flow, {})
            hours = complete_hours(statistics.coordinator, flow, series)
            begin = statistics.day_of(min(hours)) if hours else statistics.today()
            return begin, begin
        newest = max(days)
        since, open_since = newest, last + DAY if newest >= last else newest
        while since - DAY in days:
            since -= DAY
        if since <= first:
            return first, open_since
        older = max((day for day in days if day < since), default=None)
        if older is not None and older >= statistics.today() - COMPARED_DAYS * DAY:
            return first, min(open_since, older)
        # Half of that day may be lost too.
        return since + DAY, open_since

    async def _async_first(self, first: date) -> date:
        """Return the oldest day that is booked in all flows, where the database has more than the state says."""
        statistics = self._statistics
        flows = frozenset[Flow]() if statistics.archive is None else statistics.archive.flows(statistics.data)
        begins = []
        for flow in flows:
            if (span := await statistics.book.async_span(flow)) is None:
                return first
            begins.append(first_whole_day(span[0], statistics.zone))
        begin = max(begins, default=first)
        if begin >= first:
            return first
        start, end = midnight(begin, statistics.zone), midnight(first, statistics.zone)
        for flow in flows:
            if await self._async_days(flow, start, end) < set(days_between(begin, first - DAY)):
                return first
        return begin

    async def _async_days(self, flow: Flow, start: datetime, end: datetime) -> set[date]:
        """Return the days between two instants of which something is booked."""
        hours: Iterable[datetime] = await self._statistics.book.async_rows(flow, start, end)
        return {local_day(hour, self._statistics.zone) for hour in hours}
