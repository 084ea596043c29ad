"""Does what the owner wants of a new system as soon as it has statistics: its past, and its place in the dashboard."""

from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import HomeAssistantError

from ..history.tariff import Side
from ..model.elements import Flow
from .costs import FLOWS, tariffs_of
from .dashboard_devices import charger_names, chargers_of
from .dashboard_sources import ENERGY, SLOTS
from .energy_dashboard import async_add_sources
from .import_terms import import_price
from .setup import Setup, async_keep_setup, setup_of

if TYPE_CHECKING:
    from .history_import import HistoryImport
    from .system_statistics import SystemStatistics

_LOGGER = logging.getLogger(__name__)

AFTERWARDS: Final = timedelta(days=2)
"""For how long meters and costs that come after the first statistics are still put into the dashboard."""
MORE: Final = 1.1
"""By how much an import may be dearer than what was stated before everything of the system was known."""


class SystemSetup:
    """The first steps of one system; what is left of them is in its subentry, so that a restart goes on from there."""

    def __init__(self, statistics: SystemStatistics, history_import: HistoryImport) -> None:
        """Take the statistics, and who imports their past."""
        self._statistics = statistics
        self._import = history_import

    async def async_request_import(self, *, is_known: bool) -> None:
        """Have the past imported that the owner has agreed to, once everything of the system is known.

        Where it is dearer than what was agreed to, it is left to the offer under Repairs, which states the price.
        """
        statistics, setup = self._statistics, setup_of(self._statistics.coordinator)
        if setup is None or setup.since is None or statistics.state.first is None or not is_known:
            return
        since = max(setup.since, statistics.begin() or date.min)
        if (price := import_price(statistics, since)) <= setup.price * MORE:
            await self._import.async_request(since)
        else:
            _LOGGER.info("%s: the past takes %s requests, more than the %s stated", statistics.name, price, setup.price)
        async_keep_setup(statistics.coordinator, setup, replace(setup, since=None))

    async def async_fill_dashboard(self, now: datetime, *, is_known: bool) -> None:
        """Put what has statistics into the Energy dashboard, until everything that is expected is there.

        What the owner has taken out of it meanwhile stays out.
        """
        statistics, before = self._statistics, setup_of(self._statistics.coordinator)
        if before is None or not before.dashboard or ENERGY not in statistics.hass.config.components:
            return
        flows = [flow for flow in SLOTS.values() if await statistics.book.async_span(flow) is not None]
        sides = [side for side in Side if await statistics.book.async_cost_span(side) is not None]
        chargers = [charger.name for charger in chargers_of(statistics.coordinator)]
        booked = tuple(sorted([*(one.value for one in (*flows, *sides)), *chargers]))
        is_new = bool(flows) and booked != before.booked
        setup = await self._async_add(before, booked, now) if is_new else before
        if setup.dashboard and setup.added_at is not None:
            is_late = now - setup.added_at >= AFTERWARDS
            setup = replace(setup, dashboard=not (is_late or (is_known and self._expected() <= set(booked))))
        async_keep_setup(statistics.coordinator, before, setup)

    async def _async_add(self, setup: Setup, booked: tuple[str, ...], now: datetime) -> Setup:
        """Add what is booked; returns what is left to do."""
        statistics = self._statistics
        try:
            answer = await async_add_sources(statistics, setup.forecasts, setup.added)
        except HomeAssistantError as err:
            _LOGGER.warning("%s could not be added to the Energy dashboard: %s", statistics.name, err)
            return replace(setup, dashboard=False)
        if not set(setup.added) <= set(answer["already_there"]):
            return replace(setup, dashboard=False)
        return replace(
            setup,
            added=(*setup.added, *answer["added"]),
            booked=booked,
            added_at=setup.added_at or now,
            forecasts=() if Flow.PRODUCTION in booked else setup.forecasts,
        )

    def _expected(self) -> set[str]:
        """Return what the dashboard is to have in the end: the flows of the system, the priced sides, the chargers."""
        statistics = self._statistics
        archive = statistics.archive
        flows = set() if archive is None else {*archive.flows(statistics.data)} & {*SLOTS.values()}
        priced = tariffs_of(statistics.coordinator.subentry_data)
        sides = [side for side in priced if FLOWS[side] in flows]
        return {*flows, *sides, *charger_names(statistics.coordinator)}
