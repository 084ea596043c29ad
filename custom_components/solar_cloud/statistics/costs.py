"""What a system's grid import has cost hour by hour, and what was paid for its export.

External statistics cannot have a price in the Energy dashboard, only a statistic of costs: this is it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from homeassistant.util import dt as dt_util

from ..const import CONF_TARIFFS
from ..history.tariff import Side, Tariff, costs_of, read_tariff
from ..model.elements import Flow
from .prices import async_hourly_prices

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

FLOWS: Final[Mapping[Side, Flow]] = MappingProxyType({Side.IMPORT: Flow.GRID_IMPORT, Side.EXPORT: Flow.GRID_EXPORT})
RECENT = timedelta(days=3)
"""After a start the costs of the last days are worked out once more: a stop may have come between energy and cost."""
HOUR = timedelta(hours=1)
_NOTHING: Final[Mapping[Flow, datetime]] = MappingProxyType({})


def tariffs_of(data: Mapping[str, Any]) -> Mapping[Side, Tariff]:
    """Return the prices that the owner has set for a system; a side without any is missing."""
    stored = data.get(CONF_TARIFFS)
    found = {side: read_tariff(stored.get(side)) for side in Side} if isinstance(stored, Mapping) else {}
    return MappingProxyType({side: tariff for side, tariff in found.items() if tariff.terms})


class Costs:
    """Keeps the two statistics of money in line with those of energy."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics that are paid for."""
        self._statistics = statistics
        self._tariffs = tariffs_of(statistics.coordinator.subentry_data)
        self._digest = _digest(self._tariffs)
        self._open: dict[Side, datetime] = {}
        """From when on hours are still to be paid for the first time, or again."""
        self._is_new = True
        statistics.book.before_change = self._async_note

    def forget(self) -> None:
        """Work everything out anew: somebody has changed the database."""
        self._is_new = True

    async def async_book(self) -> None:
        """Book what the hours have cost whose energy was written since the last time, with the prices of their time.

        With other prices than before everything is worked out anew: what has its price already stays as it is.
        """
        statistics, unpaid = self._statistics, dict(self._statistics.state.unpaid)
        is_other = bool(self._tariffs or statistics.state.priced) and statistics.state.priced != self._digest
        for side, tariff in self._tariffs.items():
            begins = [statistics.book.take_change(FLOWS[side]), self._open.pop(side, None), unpaid.get(FLOWS[side])]
            if self._is_new or is_other:
                begins.append(await self._async_since(side, whole=is_other))
            found = [at for at in begins if at is not None]
            if found and not await self._async_book_side(side, tariff, min(found)):
                self._open[side] = min(found)
        self._is_new = False
        if not self._open and (is_other or unpaid):
            await statistics.async_update_state(replace(statistics.state, priced=self._digest, unpaid=_NOTHING))

    async def _async_note(self, flow: Flow, first: datetime) -> None:
        """Remember, over a stop too, that hours are about to change which a start would not look at by itself."""
        state = self._statistics.state
        is_priced = any(FLOWS[side] is flow for side in self._tariffs)
        if not is_priced or first >= min(dt_util.utcnow() - RECENT, state.unpaid.get(flow, first + HOUR)):
            return
        unpaid = MappingProxyType({**state.unpaid, flow: first})
        await self._statistics.async_update_state(replace(state, unpaid=unpaid))

    async def _async_since(self, side: Side, *, whole: bool) -> datetime | None:
        """Return from when on costs are to be looked at after a start; `None` where there is no energy."""
        book = self._statistics.book
        if (energy := await book.async_span(FLOWS[side])) is None:
            return None
        paid = None if whole else await book.async_cost_span(side)
        return energy[0] if paid is None else max(energy[0], paid[1] - RECENT)

    async def _async_book_side(self, side: Side, tariff: Tariff, start: datetime) -> bool:
        """Book one side from an hour on; returns whether there was a recorder for it."""
        book, now = self._statistics.book, dt_util.utcnow()
        energies = await book.async_rows(FLOWS[side], start, now)
        if not energies:
            return True
        prices = await self._async_prices(tariff, energies, now)
        costs = await self._statistics.hass.async_add_executor_job(costs_of, energies, prices)
        return not costs or await book.async_put_costs(side, costs) is not None

    async def _async_prices(
        self, tariff: Tariff, energies: Mapping[datetime, float], now: datetime
    ) -> dict[datetime, float]:
        """Return the price of each hour that has one, in the currency per kWh."""
        hours = list(energies)
        found: dict[datetime, float] = {}
        for term, first, last in tariff.spans(hours[0], hours[-1] + HOUR):
            inside = [hour for hour in hours if first <= hour < last]
            if term.price is not None:
                found |= dict.fromkeys(inside, term.price)
            elif term.entity_id is not None and inside:
                until = min(inside[-1] + HOUR, now)
                prices = await async_hourly_prices(self._statistics.hass, term.entity_id, inside[0], until)
                found |= {hour: prices[hour.astimezone(UTC)] for hour in inside if hour.astimezone(UTC) in prices}
        return found


def _digest(tariffs: Mapping[Side, Tariff]) -> str | None:
    if not tariffs:
        return None
    return sha256(json.dumps({side: tariff.as_list() for side, tariff in tariffs.items()}).encode()).hexdigest()[:16]
