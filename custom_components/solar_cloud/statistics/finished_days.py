"""Finishes the days that are over: their hours are complete, or made to add up to the cloud's totals."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..cloud.archive import Archive
from ..history.hours import days_between
from ..history.state import COMPARED_DAYS
from ..model.elements import Flow
from ..model.series import midnight
from ..system.jobs import offered
from .corrections import Corrections
from .late_rows import LateRows
from .reading import FinishedDaysReader
from .recent_hours import incomplete_flows
from .settlement import Settlement

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
LATEST_READING = timedelta(hours=12)
"""So long after its end a day is finished although nothing has been read meanwhile."""
COMPARE = timedelta(days=7)
"""Where finished days need no total, they are still compared with the cloud's this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The days whose totals are to be read, both included, and why."""

    first: date
    last: date
    flows: frozenset[Flow] | None
    """`None` stands for all."""
    compares: bool
    compares_life: bool


class FinishedDays:
    """The days of a system that are over. Those that the recent intervals know completely cost no request."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to keep."""
        self._statistics = statistics
        self._reader = FinishedDaysReader(statistics)
        self._settlement = Settlement(statistics, self._reader)
        self._corrections = Corrections(statistics, self._settlement, self._reader)
        self._late_rows = LateRows(statistics, self._reader)

    async def async_close(self, archive: Archive, now: datetime) -> None:
        """Finish the days that are over, with the cloud's totals where hours are missing. Raises `CloudError`."""
        if self._statistics.metered.clock_apart is not None:
            # Which days are over is not known.
            return
        last, over_at = self._last_day(archive, now)
        is_read = self._is_read_since(over_at, now)
        await self._async_close_complete(archive, last, with_nights=is_read)
        await self._async_settle_answers(archive, now)
        if is_read and (question := self._question(archive, last, now)) is not None:
            await self._async_ask(archive, question, now)
        await self._late_rows.async_look(archive, now)
        await self._settlement.async_read_again(archive, now)

    async def _async_ask(self, archive: Archive, question: Question, now: datetime) -> None:
        """Read totals, and settle every day that they are of; what the day's allowance leaves out waits."""
        statistics = self._statistics
        limited = archive if question.flows is None else archive.limited_to(question.flows)
        for first, until in reversed(archive.chunks(statistics.data, question.first, question.last)):
            if (totals := await self._reader.async_totals(limited, first, until, now)) is None:
                return
            await self._settlement.async_settle(archive, totals, first, until, now)
            await statistics.async_update_state(statistics.state.with_totals(totals, now, statistics.today()))
        if question.flows is not None or not question.compares:
            return
        before = statistics.state.compared_at
        life_at = now if question.compares_life else statistics.state.life_at
        await statistics.async_update_state(replace(statistics.state, compared_at=now, life_at=life_at))
        if before is not None and not archive.is_free:
            await self._corrections.async_compare_month(archive, self._oldest_compared(question.last), now)

    async def _async_settle_answers(self, archive: Archive, now: datetime) -> None:
        """Settle the days of totals that somebody else has paid for."""
        statistics = self._statistics
        for totals in statistics.take_answers():
            days = {day for of_flow in totals.values() for day in of_flow}
            if statistics.state.closed is not None:
                # Open days are settled by what is asked for on their account.
                days = {day for day in days if day <= statistics.state.closed}
            if days:
                await self._settlement.async_settle(archive, totals, min(days), max(days), now)
                state = statistics.state.with_known_totals(totals, statistics.today())
                await statistics.async_update_state(state)

    def _last_day(self, archive: Archive, now: datetime) -> tuple[date, datetime]:
        """Return the last day whose readings can be there, and since when they can."""
        statistics = self._statistics
        today = statistics.today()
        last, over_at = today - DAY, midnight(today, statistics.zone) + archive.settled
        return (last - DAY, over_at - DAY) if now < over_at else (last, over_at)

    async def _async_close_complete(self, archive: Archive, last: date, *, with_nights: bool) -> None:
        """Finish the days up to this one that the recent intervals know completely, oldest first."""
        statistics = self._statistics
        while self._is_open(last) and not archive.late:
            day = statistics.open_day
            if day is None or incomplete_flows(statistics.coordinator, day, with_nights=with_nights):
                break
            await statistics.async_update_state(replace(statistics.state, closed=day))

    def _is_open(self, last: date) -> bool:
        """Return whether a day up to this one is not finished."""
        open_day = self._statistics.open_day
        return open_day is not None and open_day <= last

    def _is_read_since(self, since: datetime, now: datetime) -> bool:
        """Return whether the intervals were read since an instant: what they may bring needs no total.

        A reading that does not come is not waited for all day, one that fails or is not had not at all.
        """
        one = self._statistics.coordinator
        schedule = one.schedule
        jobs = [job for job in offered(one.client, schedule, one.data) if job.weight > 0]
        states = [(job, schedule.state(job)) for job in jobs if not job.optional or job.rows]
        reads = [state.done_at for job, state in states if not job.optional or (state.done_at and not state.failures)]
        return now >= since + LATEST_READING or all(read_at is not None and read_at >= since for read_at in reads)

    def _question(self, archive: Archive, last: date, now: datetime) -> Question | None:
        """Return the totals to read: once a day at most, for open days or to compare the others."""
        statistics, state = self._statistics, self._statistics.state
        begin, today = state.first, statistics.today()
        if begin is None or (state.totals_at is not None and statistics.day_of(state.totals_at) == today):
            return None
        compares = begin < today and (state.compared_at is None or now - state.compared_at >= COMPARE)
        is_open = self._is_open(last)
        if not is_open and not compares:
            return None
        compared = self._oldest_compared(last)
        # Where one request has the days of a whole life, the others cost nothing.
        first = compared if compares or archive.is_free else last
        if is_open and statistics.open_day is not None:
            first = min(first, statistics.open_day)
        flows = None
        if not compares and not archive.is_free:
            flows = self._lacking(days_between(statistics.open_day or last, last))
        is_whole = compares or (flows is None and first <= compared)
        compares_life = is_whole and self._corrections.is_life_due(archive, now)
        if compares_life:
            first = min(first, begin)
        return Question(first=first, last=last, flows=flows, compares=is_whole, compares_life=compares_life)

    def _oldest_compared(self, last: date) -> date:
        """Return the oldest of the days that are compared every week."""
        return max(self._statistics.state.first or last, last - (COMPARED_DAYS - 1) * DAY)

    def _lacking(self, days: Iterable[date]) -> frozenset[Flow]:
        """Return the flows of which the recent intervals do not know all of these days."""
        coordinator = self._statistics.coordinator
        return frozenset(flow for day in days for flow in incomplete_flows(coordinator, day))
