"""Reads what a cloud keeps of the past: checked, and for finished days at a price that is bounded day by day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..budget.rates import budget_of
from ..cloud.archive import Archive, Detail, Totals
from ..model.elements import Flow, Interval
from ..model.series import midnight
from .plausible import possible_rows, possible_total

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

_LOGGER = logging.getLogger(__name__)

DAY = timedelta(days=1)
PART_A_DAY = 0.02
"""The part of the plan that finished days may take in a day, all systems of the plan together."""


async def async_read_totals(
    statistics: SystemStatistics, archive: Archive, first: date, last: date, now: datetime
) -> Totals:
    """Return the energy of days as far as it is possible and the days are over. Raises `CloudError`."""
    totals = await archive.totals(statistics.data, first, last, now)
    return MappingProxyType(
        {
            flow: MappingProxyType({day: wh for day, wh in days.items() if _is_possible_day(statistics, flow, day, wh)})
            for flow, days in totals.items()
        }
    )


async def async_read_detail(statistics: SystemStatistics, archive: Archive, day: date, now: datetime) -> Detail:
    """Return the intervals of a day that are possible. Raises `CloudError`."""
    detail = await archive.detail(statistics.data, day, now)
    return MappingProxyType({flow: _possible(statistics, flow, rows) for flow, rows in detail.items()})


def _is_possible_day(statistics: SystemStatistics, flow: Flow, day: date, wh: float) -> bool:
    if day >= statistics.today():
        return False
    length = midnight(day + DAY, statistics.zone) - midnight(day, statistics.zone)
    is_possible = possible_total(flow, wh, length, statistics.data)
    if not is_possible:
        statistics.log_impossible(flow, wh)
    return is_possible


def _possible(statistics: SystemStatistics, flow: Flow, rows: Iterable[Interval]) -> tuple[Interval, ...]:
    rows = tuple(rows)
    found = possible_rows(flow, rows, statistics.data)
    if len(found) < len(rows):
        left = {row.start for row in found}
        statistics.log_impossible(flow, max(row.energy_wh for row in rows if row.start not in left))
    return found


class FinishedDaysReader:
    """Reads for a system's finished days what one of its days may take of the plan.

    The count is stored, so that no restart and no clock gives it anew. What it does not allow waits for the next day.
    """

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics whose state keeps the count."""
        self._statistics = statistics

    async def async_totals(self, archive: Archive, first: date, last: date, now: datetime) -> Totals | None:
        """Return the energy of days, `None` where that has to wait. Raises `CloudError`."""
        if not await self._async_may_spend(archive.price(self._statistics.data, first, last), now):
            return None
        return await async_read_totals(self._statistics, archive, first, last, now)

    async def async_detail(self, archive: Archive, day: date, now: datetime) -> Detail | None:
        """Return the intervals of a day, `None` where that has to wait. Raises `CloudError`."""
        if not await self._async_may_spend(archive.detail_price(self._statistics.data, day, now), now):
            return None
        return await async_read_detail(self._statistics, archive, day, now)

    async def _async_may_spend(self, price: int, now: datetime) -> bool:
        """Count requests, unless they are too many for this day."""
        statistics, today = self._statistics, self._statistics.today()
        spent = statistics.state.spent if statistics.state.spent_on == today else 0
        if price > 0 and spent + price > self._most(now):
            return False
        if price > 0:
            await statistics.async_update_state(replace(statistics.state, spent_on=today, spent=spent + price))
        return True

    def _most(self, now: datetime) -> int:
        """Return a part of the plan, and no less than what one day costs with its total and its rows."""
        statistics = self._statistics
        metered, archive, yesterday = statistics.metered, statistics.archive, statistics.today() - DAY
        part = int(budget_of(metered.ledger, now).share * PART_A_DAY / max(1, metered.pacing.systems))
        if archive is None:
            return part
        least = archive.price(statistics.data, yesterday, yesterday) + archive.detail_price(statistics.data, yesterday)
        return max(part, least)
