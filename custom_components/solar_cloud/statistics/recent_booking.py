"""Books the hours that the newest intervals complete."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..history.hours import HOUR, first_whole_day
from ..model.elements import Flow
from .recent_hours import complete_hours

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
BOOKED_WH = 0.01
"""What is booked is rounded to less than that."""


class RecentBooking:
    """Books a system's newest hours, and opens a finished day again when one of its hours changes."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Start with no hour known in this run."""
        self._statistics = statistics
        self._known: dict[Flow, Mapping[datetime, float]] = {}
        """The hours as the intervals of this run gave them: a change of what is booked shows here."""

    async def async_book(self) -> None:
        """Book the complete hours that are new or have changed."""
        statistics = self._statistics
        reopened: date | None = None
        for flow, series in statistics.data.recent().items():
            hours = complete_hours(statistics.coordinator, flow, series)
            known = self._known.setdefault(flow, {})
            changed = {hour: energy for hour, energy in hours.items() if known.get(hour) != energy}
            fresh = {hour: energy for hour, energy in changed.items() if not statistics.is_closed(hour)}
            # In the first pass of a run, what is in finished days is what they were finished with.
            late = {hour: energy for hour, energy in changed.items() if known and statistics.is_late(hour)}
            if late and (late := await self._async_other_than_booked(flow, late)):
                statistics.touch_finished_days()
                day = statistics.day_of(min(late))
                reopened = day if reopened is None else min(day, reopened)
            is_first = bool(fresh) and statistics.state.first is None
            before = await statistics.book.async_span(Flow.PRODUCTION) if is_first else None
            if (fresh or late) and await statistics.book.async_put(flow, fresh | late) is None:
                return
            self._known[flow] = hours
            if is_first:
                await self._async_begin(statistics.day_of(min(fresh)), before)
        if reopened is not None:
            await statistics.async_update_state(replace(statistics.state, closed=reopened - DAY))

    async def async_begin(self) -> None:
        """Let the statistics begin today although no hour has come, where the past is free: it need not wait for one.

        Whoever adds a system at night has none before the morning.
        """
        statistics = self._statistics
        archive = statistics.archive
        if statistics.state.first is None and archive is not None and archive.is_free and statistics.book.available:
            await self._async_begin(statistics.today(), await statistics.book.async_span(Flow.PRODUCTION))

    def forget(self) -> None:
        """Take up what is booked as if this were the first pass: somebody has changed the database."""
        self._known.clear()

    async def _async_other_than_booked(self, flow: Flow, hours: Mapping[datetime, float]) -> dict[datetime, float]:
        """Return the hours of finished days that say something else than what is booked: only that opens a day again.

        Rows of days that Home Assistant was off for may come after these days were finished with the same rows.
        """
        booked = await self._statistics.book.async_rows(flow, min(hours), max(hours) + HOUR)
        return {hour: wh for hour, wh in hours.items() if hour not in booked or abs(booked[hour] - wh) >= BOOKED_WH}

    async def _async_begin(self, today: date, before: tuple[datetime, datetime] | None) -> None:
        """Record where the statistics begin: on this day, or where older ones of a removed system begin.

        What lies between the two is a gap like any other.
        """
        statistics = self._statistics
        first, closed = today, today - DAY
        if before is not None:
            first = min(first, first_whole_day(before[0], statistics.zone))
            closed = min(closed, statistics.day_of(before[1]) - DAY)
        await statistics.async_update_state(replace(statistics.state, first=first, closed=max(closed, first - DAY)))
