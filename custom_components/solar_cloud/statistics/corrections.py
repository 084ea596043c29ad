"""What the clouds correct after weeks and years: finished days of the whole life are compared with their totals.

Where a whole life is one request, all of it is read once in a month instead of the last days. Where each month costs
requests, one older month is compared each week, as long as that stays a small part of the plan.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..budget.rates import budget_of
from ..cloud.archive import Archive, Totals
from ..history.hours import HOUR, adds_up
from ..model.series import midnight
from .allowance import spare_requests
from .reconciliation import async_reconcile_day

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
LIFE = timedelta(days=30)
"""How often all days of the life are compared, where that costs nothing."""
PART = 0.02
"""The part of the plan that comparing older months may take, all systems of the plan together."""
WEEKS = 5
"""In a month at most."""
AT_ONCE = 366
"""Days whose hours are held in memory together."""


class Corrections:
    """The finished days of a system that are older than those which are compared every week."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to correct."""
        self._statistics = statistics

    def is_life_due(self, archive: Archive, now: datetime) -> bool:
        """Return whether all days are to be read instead of the last ones, for the same one request."""
        compared_at = self._statistics.state.compared_at
        return archive.is_free and (compared_at is None or now - compared_at >= LIFE)

    async def async_correct(self, totals: Totals, first: date, last: date) -> None:
        """Book those of the days, both included, again that do not add up to their totals (Wh)."""
        while first <= last:
            until = min(last, first + (AT_ONCE - 1) * DAY)
            await self._async_correct_part(totals, first, until)
            first = until + DAY

    async def _async_correct_part(self, totals: Totals, first: date, last: date) -> None:
        statistics, zone = self._statistics, self._statistics.zone
        start, end = midnight(first, zone), midnight(last + DAY, zone)
        for flow, days in totals.items():
            within = {day: total for day, total in days.items() if first <= day <= last}
            rows = await statistics.book.async_rows(flow, start - HOUR, end) if within else {}
            for day in await statistics.hass.async_add_executor_job(_wrong_days, rows, within, zone):
                await async_reconcile_day(statistics, flow, day, within[day])

    async def async_compare_month(self, archive: Archive, newest: date, now: datetime) -> None:
        """Compare the month before the one that was compared last; `newest` is the first day that needs none.

        Raises `CloudError`.
        """
        statistics = self._statistics
        if (begin := statistics.state.first) is None or begin >= newest:
            return
        last = (statistics.state.compared_month or newest) - DAY
        if not begin <= last < newest:
            last = newest - DAY
        first, last = archive.chunks(statistics.data, begin, last)[0]
        if not self._may_spend(archive.price(statistics.data, first, last), now):
            return
        totals = await archive.totals(statistics.data, first, last, now)
        await self.async_correct(totals, first, last)
        await statistics.async_update_state(replace(statistics.state, compared_month=first))

    def _may_spend(self, price: int, now: datetime) -> bool:
        """Return whether the plan has room for so many requests a week."""
        metered = self._statistics.metered
        systems = max(1, metered.pacing.systems)
        share = budget_of(metered.ledger, now).share
        return price <= spare_requests(metered) and price * WEEKS * systems <= share * PART


def _wrong_days(rows: Mapping[datetime, float], totals: Mapping[date, float], zone: ZoneInfo) -> list[date]:
    """Return the days whose hours do not add up to their totals, in order."""
    return [day for day, total in sorted(totals.items()) if not adds_up(rows, day, zone, total)]
