"""What the Energy dashboard can show of a system: each source with all its fields that something is known for."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_loaded_integration

from ..const import DOMAIN
from ..history.tariff import Side
from ..model.elements import DeviceKind, Flow
from .names import COSTS, statistic_id

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

type Source = dict[str, Any]
"""A source as the Energy dashboard keeps it."""

ENERGY: Final = "energy"
"""The Energy dashboard, and the platform of an integration that gives it a forecast."""
SLOTS: Final = {
    ("solar", "stat_energy_from"): Flow.PRODUCTION,
    ("grid", "stat_energy_from"): Flow.GRID_IMPORT,
    ("grid", "stat_energy_to"): Flow.GRID_EXPORT,
    ("battery", "stat_energy_from"): Flow.BATTERY_DISCHARGE,
    ("battery", "stat_energy_to"): Flow.BATTERY_CHARGE,
    ("home", "stat_energy_to"): Flow.CONSUMPTION,
}
"""Which flow each energy of a source stands for."""
POWERS: Final = {
    "solar": "power",
    "grid": "grid_power",
    "battery": "battery_power",
    "home": "consumption_power",
}
"""The sensor with the power of each source; its sign is the Energy dashboard's."""
COST_FIELDS: Final = {Side.IMPORT: "stat_cost", Side.EXPORT: "stat_compensation"}
"""The field of a grid connection for the statistic of each side's money."""
WITH_CONFIG: Final = frozenset({"grid", "battery"})
"""The sources whose power may flow both ways: how it is measured stands beside it."""


def sources_of(
    coordinator: SystemCoordinator,
    booked: Collection[Flow],
    known: Mapping[str, Collection[str]],
    priced: Collection[Side] = (),
) -> Iterator[Source]:
    """Yield the sources of a system whose energies have rows, with the fields that the dashboard knows.

    A battery needs both directions, a grid connection has one or both. `priced` are the sides that have a statistic of
    costs.
    """
    for kind, fields in known.items():
        energies = {
            field: statistic_id(coordinator.system.key, flow)
            for (of_kind, field), flow in SLOTS.items()
            if of_kind == kind and flow in booked
        }
        if not energies or (kind == "battery" and len(energies) < 2):
            continue
        found = {"type": kind, **energies, **_power(coordinator, kind), **_storage(coordinator, kind)}
        if kind == "grid":
            found |= {COST_FIELDS[side]: statistic_id(coordinator.system.key, COSTS[side]) for side in priced}
        yield {field: value for field, value in found.items() if field in fields}


def _power(coordinator: SystemCoordinator, kind: str) -> Source:
    """Return the fields of a source that say where its power is measured."""
    if (sensor := _sensor(coordinator, POWERS[kind])) is None:
        return {}
    return {"stat_rate": sensor, **({"power_config": {"stat_rate": sensor}} if kind in WITH_CONFIG else {})}


def _storage(coordinator: SystemCoordinator, kind: str) -> Source:
    """Return the fields of a battery: its state of charge, and the capacity in kWh where it is known of each."""
    if kind != "battery":
        return {}
    data = coordinator.data
    found: Source = {}
    if (sensor := _sensor(coordinator, "battery_level")) is not None:
        found["stat_soc"] = sensor
    capacities = [data.devices[serial].capacity_wh for serial in data.serials(DeviceKind.BATTERY)]
    if capacities and all(capacities):
        found["capacity"] = round(sum(capacity or 0.0 for capacity in capacities) / 1000, 3)
    return found


def _sensor(coordinator: SystemCoordinator, key: str) -> str | None:
    """Return the entity of one of the system's sensors; `None` where there is none, or the owner has disabled it."""
    return sensor_of(coordinator.hass, f"{coordinator.system.key}_{key}")


def sensor_of(hass: HomeAssistant, unique_id: str) -> str | None:
    """Return the entity of a sensor; `None` where there is none, or the owner has disabled it."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id)
    entity = None if entity_id is None else registry.async_get(entity_id)
    return None if entity is None or entity.disabled_by is not None else entity.entity_id


async def async_forecasts(hass: HomeAssistant) -> list[str]:
    """Return the config entries that forecast the production of a roof, whatever integration they are of."""
    entries = hass.config_entries.async_entries(include_ignore=False, include_disabled=False)
    domains = {entry.domain for entry in entries} & hass.config.components
    forecasting = {domain for domain in domains if await _is_forecasting(hass, domain)}
    return [entry.entry_id for entry in entries if entry.domain in forecasting]


async def _is_forecasting(hass: HomeAssistant, domain: str) -> bool:
    """Return whether an integration that is set up has the platform with which it gives the dashboard a forecast."""
    integration = async_get_loaded_integration(hass, domain)
    if not integration.platforms_exists((ENERGY,)):
        return False
    try:
        platform = await integration.async_get_platform(ENERGY)
    except ImportError:
        return False
    return hasattr(platform, "async_get_solar_forecast")
