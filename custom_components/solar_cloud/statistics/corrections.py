"""What the cloud corrects after weeks and years: finished days of the whole life are compared with its totals.

Where a whole life is one request, all of it is read once in a month instead of the last days. Where each month costs
requests, one older month a week has its turn, as long as that stays a small part of the plan.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..budget.rates import budget_of
from ..cloud.archive import Archive, Totals
from ..history.hours import HOUR, adds_up
from ..model.data import midnight

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .bookkeeper import Bookkeeper

DAY = timedelta(days=1)
LIFE = timedelta(days=30)
"""How often all days of the life are compared, where that costs nothing."""
PART = 0.02
"""The part of the plan that comparing older months may take, all systems of the plan together."""
WEEKS = 5
"""In a month at most."""
AT_ONCE = 366
"""Days whose hours are held in memory together."""


class OldDays:
    """The finished days of a system that are older than those which are compared all the time."""

    def __init__(self, coordinator: SystemCoordinator, bookkeeper: Bookkeeper) -> None:
        """Take the system, and what its days are booked with."""
        self._coordinator = coordinator
        self._bookkeeper = bookkeeper

    def is_life_due(self, archive: Archive, now: datetime) -> bool:
        """Tell whether all days are to be read instead of the last ones, for the same one request."""
        compared_at = self._bookkeeper.state.compared_at
        return archive.is_free and (compared_at is None or now - compared_at >= LIFE)

    async def async_correct(self, totals: Totals, first: date, last: date) -> None:
        """Book those of the days, both included, anew that do not add up to their totals (Wh)."""
        while first <= last:
            until = min(last, first + (AT_ONCE - 1) * DAY)
            await self._async_correct_part(totals, first, until)
            first = until + DAY

    async def _async_correct_part(self, totals: Totals, first: date, last: date) -> None:
        one, books = self._coordinator, self._bookkeeper
        start, end = midnight(first, one.zone), midnight(last + DAY, one.zone)
        for flow, days in totals.items():
            asked = {day: total for day, total in days.items() if first <= day <= last}
            rows = await books.book.async_rows(flow, start - HOUR, end) if asked else {}
            for day in await one.hass.async_add_executor_job(_wrong, rows, asked, one.zone):
                await books.async_settle_day(flow, day, asked[day])

    async def async_compare_month(self, archive: Archive, newest: date, now: datetime) -> None:
        """Compare the month before the one whose turn it was last; `newest` is the first day that needs none.

        Raises `CloudError`.
        """
        books = self._bookkeeper
        if (begin := books.state.first) is None or begin >= newest:
            return
        last = (books.state.compared_month or newest) - DAY
        if not begin <= last < newest:
            last = newest - DAY
        first, last = archive.chunks(books.data, begin, last)[0]
        price = archive.price(books.data, first, last)
        if not self._may_spend(price, now):
            return
        totals = await archive.totals(books.data, first, last, now)
        await self.async_correct(totals, first, last)
        await books.async_note(replace(books.state, compared_month=first))

    def _may_spend(self, price: int, now: datetime) -> bool:
        """Tell whether the plan has room for so many requests a week."""
        one = self._coordinator
        systems = max(1, one.metered.pacing.systems)
        share = budget_of(one.ledger, now).share
        return price <= self._bookkeeper.spare() and price * WEEKS * systems <= share * PART


def _wrong(rows: Mapping[datetime, float], totals: Mapping[date, float], zone: ZoneInfo) -> list[date]:
    """Return the days whose hours do not add up to their totals, in order."""
    return [day for day, total in sorted(totals.items()) if not adds_up(rows, day, zone, total)]
