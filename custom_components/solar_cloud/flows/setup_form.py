"""What the form of a system's first steps asks, and what its answers mean for what is stored of the system."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homeassistant.core import HomeAssistant
import voluptuous as vol

from ..cloud.vendor_text import in_markdown
from ..const import CONF_ADD_TO_DASHBOARD, CONF_FORECASTS, CONF_IMPORT_HISTORY, CONF_SINCE, DOMAIN, SUBENTRY_TYPE_SYSTEM
from ..model.balance import GRID
from ..runtime import SystemRuntime
from ..statistics.dashboard_sources import ENERGY, async_forecasts
from ..statistics.import_terms import (
    chosen_day,
    has_past_to_import,
    highest_price,
    import_price,
    placeholders,
    proposed_day,
)
from ..statistics.setup import Setup, with_setup
from .forms import setup_schema
from .prices import PRICES, price_errors, with_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupForm:
    """The form of one system, as it is at the moment."""

    system: SystemRuntime
    since: date | None
    """The day that the past is offered from, at the price of the form; `None` where there is none to be asked for."""
    has_grid: bool
    """Whether there may be a meter at the grid, so that energy has a price."""
    has_dashboard: bool
    forecasts: Mapping[str, str]
    """The config entries that forecast production, with their titles."""
    is_only_system: bool

    @property
    def schema(self) -> vol.Schema:
        """The fields."""
        archive = self.system.bookkeeper.statistics.archive
        return setup_schema(
            since=self.since,
            is_free=archive is not None and archive.is_free,
            has_grid=self.has_grid,
            has_dashboard=self.has_dashboard,
            forecasts=self.forecasts,
            forecast=list(self.forecasts) if self.is_only_system and len(self.forecasts) == 1 else [],
        )

    def words(self, since: date | None) -> dict[str, str]:
        """Return what the form says; the price is that of an import from a day on."""
        statistics = self.system.bookkeeper.statistics
        money = {"currency": statistics.hass.config.currency}
        if self.since is None or since is None:
            return {"name": in_markdown(statistics.name), **money}
        return {**placeholders(statistics, since, is_known=self.system.bookkeeper.is_every_job_tried), **money}

    def chosen(self, user_input: Mapping[str, Any]) -> date | None:
        """Return the day to import from; `None` where nothing is to be, or everything is there already."""
        if self.since is None or not user_input.get(CONF_IMPORT_HISTORY):
            return None
        return chosen_day(self.system.bookkeeper.statistics, user_input[CONF_SINCE])

    def errors(self, user_input: Mapping[str, Any], stated: date | None) -> dict[str, str]:
        """Return the form's errors; `stated` is the day whose price the owner has seen."""
        errors = price_errors(user_input)
        if self.since is not None and user_input.get(CONF_IMPORT_HISTORY):
            if (since := self.chosen(user_input)) is None:
                errors[CONF_SINCE] = "is_there_already"
            elif stated is None or since < stated:
                errors[CONF_SINCE] = "costs_more"
        return errors

    def answer(self, user_input: Mapping[str, Any]) -> Setup:
        """Return what is to be done, at the price that was stated."""
        since, price = self.chosen(user_input), 0
        if since is not None:
            bookkeeper = self.system.bookkeeper
            price = import_price(bookkeeper.statistics, since)
            if not bookkeeper.is_every_job_tried:
                price = highest_price(bookkeeper.statistics, price)
        return Setup(
            is_answered=True,
            since=since,
            price=price,
            declines_past=self.since is not None and since is None,
            dashboard=user_input.get(CONF_ADD_TO_DASHBOARD, False),
            forecasts=tuple(user_input.get(CONF_FORECASTS, ())),
        )

    def prices(self, data: Mapping[str, Any], user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Return the prices that hold then: what was entered, and what is stored where the form does not ask."""
        asked = set(self.schema.schema)
        return {
            name: stored[name]
            for name in PRICES
            for stored in (user_input if name in asked else data,)
            if name in stored
        }


def answered(data: Mapping[str, Any], setup: Setup, prices: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the data of a system with what its owner has answered at a moment (aware UTC)."""
    if any(data.get(name) != prices.get(name) for name in PRICES):
        data = with_prices(data, prices, now)
    return with_setup(data, setup)


def _may_have_grid(system: SystemRuntime) -> bool:
    """Return whether grid import or export is reported, or may be: a system is not known at once."""
    statistics, bookkeeper = system.bookkeeper.statistics, system.bookkeeper
    is_known = system.coordinator.has_data and bookkeeper.is_every_job_tried
    archive = statistics.archive
    # Without an archive it is not known what is reported.
    flows = GRID if archive is None else archive.flows(statistics.data) if is_known else archive.possible_flows
    return not GRID.isdisjoint(flows)


async def async_setup_form(hass: HomeAssistant, system: SystemRuntime) -> SetupForm | None:
    """Return the form of a system; `None` without a recorder, as there is nothing then that it could ask for."""
    statistics = system.bookkeeper.statistics
    if not statistics.book.available:
        return None
    has_dashboard = ENERGY in hass.config.components
    entries = hass.config_entries
    forecasts = [entries.async_get_known_entry(one) for one in await async_forecasts(hass)] if has_dashboard else []
    systems = [
        one for entry in entries.async_entries(DOMAIN) for one in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)
    ]
    return SetupForm(
        system=system,
        since=proposed_day(statistics) if system.coordinator.has_data and has_past_to_import(statistics) else None,
        has_grid=_may_have_grid(system),
        has_dashboard=has_dashboard,
        forecasts={one.entry_id: one.title for one in forecasts},
        is_only_system=len(systems) == 1,
    )
