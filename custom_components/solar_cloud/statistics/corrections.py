"""What the clouds correct after weeks and years: finished days of the whole life are compared with their totals.

Where a whole life is one request, all of it is read once in a month instead of the last days. Where each month costs
requests, one older month is compared each week, as long as that stays a small part of the plan.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..budget.rates import budget_of
from ..cloud.archive import Archive
from .allowance import spare_requests
from .reading import FinishedDaysReader
from .settlement import Settlement

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
LIFE = timedelta(days=30)
"""How often all days of the life are compared, where that costs nothing."""
PART = 0.02
"""The part of the plan that comparing older months may take, all systems of the plan together."""
WEEKS = 5
"""In a month at most."""


class Corrections:
    """The finished days of a system that are older than those which are compared every week."""

    def __init__(self, statistics: SystemStatistics, settlement: Settlement, reader: FinishedDaysReader) -> None:
        """Take the statistics to correct, and what reads and books totals."""
        self._statistics = statistics
        self._settlement = settlement
        self._reader = reader

    def is_life_due(self, archive: Archive, now: datetime) -> bool:
        """Return whether all days are to be read instead of the last ones, for the same one request."""
        life_at = self._statistics.state.life_at
        return archive.is_free and (life_at is None or now - life_at >= LIFE)

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
        if (totals := await self._reader.async_totals(archive, first, last, now)) is None:
            return
        await self._settlement.async_settle(archive, totals, first, last, now)
        await statistics.async_update_state(replace(statistics.state, compared_month=first))

    def _may_spend(self, price: int, now: datetime) -> bool:
        """Return whether the plan has room for so many requests a week."""
        metered = self._statistics.metered
        systems = max(1, metered.pacing.systems)
        share = budget_of(metered.ledger, now).share
        return price <= spare_requests(metered) and price * WEEKS * systems <= share * PART
