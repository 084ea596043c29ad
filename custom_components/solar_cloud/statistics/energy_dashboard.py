"""Brings a system into the Energy dashboard: what it lacks of the system is added, what is there is left alone."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import probatio

from ..const import DOMAIN
from ..model.elements import Flow
from .book import device_key, statistic_id

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .system_statistics import SystemStatistics

COMPONENT = "energy"
SLOTS = {
    ("solar", "stat_energy_from"): Flow.PRODUCTION,
    ("grid", "stat_energy_from"): Flow.GRID_IMPORT,
    ("grid", "stat_energy_to"): Flow.GRID_EXPORT,
    ("battery", "stat_energy_from"): Flow.BATTERY_DISCHARGE,
    ("battery", "stat_energy_to"): Flow.BATTERY_CHARGE,
}
"""Which flow each field of a source stands for."""
_NO_PRICES = {
    "stat_cost": None,
    "entity_energy_price": None,
    "number_energy_price": None,
    "stat_compensation": None,
    "entity_energy_price_export": None,
    "number_energy_price_export": None,
    "cost_adjustment_day": 0.0,
}


async def async_add_sources(statistics: SystemStatistics) -> dict[str, Any]:
    """Add the system's statistics that have rows to the Energy dashboard; returns which, and what was there before.

    A flow that is there with an entity of the system, or of its hardware, counts as there: its energy must not appear
    twice. Raises `ServiceValidationError` without an Energy dashboard or without any statistics, `HomeAssistantError`
    when the dashboard refuses the sources.
    """
    hass, coordinator = statistics.hass, statistics.coordinator
    if COMPONENT not in hass.config.components:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_energy_dashboard")
    # Loaded by now; before, this would be a blocking import.
    from homeassistant.components.energy.data import ENERGY_SOURCE_SCHEMA, EnergyPreferencesUpdate, async_get_manager

    booked = [flow for flow in SLOTS.values() if await statistics.book.async_span(flow) is not None]
    if not booked:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_statistics_yet",
            translation_placeholders={"name": coordinator.name},
        )
    manager = await async_get_manager(hass)
    # From here to the update nothing may wait, or two calls at once would both add.
    sources = cast("list[Mapping[str, Any]]", list(manager.data["energy_sources"]) if manager.data else [])
    there = dict(_there(sources, _own(coordinator)))
    new = list(_new_sources(coordinator.system.key, booked, there))
    if new:
        try:
            checked = ENERGY_SOURCE_SCHEMA(new)
            ENERGY_SOURCE_SCHEMA([*sources, *checked])
        except probatio.Invalid as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="energy_dashboard_refused",
                translation_placeholders={"reason": str(err)},
            ) from err
        # What the owner set up goes back as it was, without what checking adds to it.
        await manager.async_update(cast("EnergyPreferencesUpdate", {"energy_sources": [*sources, *checked]}))
    return {
        "system": coordinator.name,
        "added": [value for source in new for _, value in _fields(source)],
        "already_there": list(there.values()),
    }


def _own(coordinator: SystemCoordinator) -> set[str]:
    """Return all statistics of a system: its own, those of its hardware, and those of their entities."""
    system = coordinator.data.system
    keys = [system.key, *(device_key(system, serial) for serial in coordinator.data.devices)]
    entities = er.async_entries_for_config_entry(er.async_get(coordinator.hass), coordinator.config_entry.entry_id)
    return {statistic_id(key, flow) for key in keys for flow in Flow} | {
        entity.entity_id for entity in entities if entity.config_subentry_id == coordinator.subentry_id
    }


def _there(sources: Collection[Mapping[str, Any]], own: Collection[str]) -> Iterator[tuple[Flow, str]]:
    """Give the flows of a system that the dashboard has, each with the statistic that it is there with."""
    for source in sources:
        yield from ((flow, value) for flow, value in _fields(source) if value in own)


def _fields(source: Mapping[str, Any]) -> Iterator[tuple[Flow, str]]:
    """Give the flows and statistics of one source."""
    for (kind, field), flow in SLOTS.items():
        if source.get("type") == kind and source.get(field) is not None:
            yield flow, source[field]


def _new_sources(key: str, booked: Collection[Flow], there: Collection[Flow]) -> Iterator[dict[str, Any]]:
    """Give the sources to add; a battery needs both directions, a grid connection has one or both."""
    ids = {flow: statistic_id(key, flow) for flow in booked if flow not in there}
    if (production := ids.get(Flow.PRODUCTION)) is not None:
        yield {"type": "solar", "stat_energy_from": production, "config_entry_solar_forecast": None}
    taken, given = ids.get(Flow.GRID_IMPORT), ids.get(Flow.GRID_EXPORT)
    if taken or given:
        yield {"type": "grid", "stat_energy_from": taken, "stat_energy_to": given, **_NO_PRICES}
    discharge, charge = ids.get(Flow.BATTERY_DISCHARGE), ids.get(Flow.BATTERY_CHARGE)
    if discharge and charge:
        yield {"type": "battery", "stat_energy_from": discharge, "stat_energy_to": charge}
