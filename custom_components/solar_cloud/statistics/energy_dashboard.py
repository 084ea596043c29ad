"""Brings a system into the Energy dashboard: what it lacks of the system is added, what the owner set is left alone."""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import probatio

from ..const import DOMAIN
from ..history.tariff import Side
from ..home_assistant_internals import EnergySources, energy_device_fields, energy_source_fields
from ..model.elements import Flow
from .dashboard_devices import CONSUMPTION, chargers_of, devices_there, with_devices
from .dashboard_merge import add_forecast, completed, energies_of, set_forecasts
from .dashboard_sources import ENERGY, SLOTS, Source, async_forecasts, sources_of
from .names import device_key, statistic_id

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .system_statistics import SystemStatistics


async def async_add_sources(
    statistics: SystemStatistics, chosen: Collection[str] | None = None, earlier: Collection[str] = ()
) -> dict[str, Any]:
    """Add the system's statistics that have rows to the Energy dashboard; returns which, and what was there before.

    The lifetimes of its EV chargers come as devices.

    A flow that is there with an entity of the system, or of its hardware, counts as there: its energy must not appear
    twice. A source with statistics of the system gets the fields that it lacks: power, state of charge, capacity, and
    the forecasts that the owner has `chosen`, or the only one that is installed. Where a statistic that was added
    `earlier` is gone, the owner has taken it out, and nothing is added. Raises `ServiceValidationError` without an
    Energy dashboard or without any statistics, `HomeAssistantError` when the dashboard refuses the sources.
    """
    hass, coordinator = statistics.hass, statistics.coordinator
    if ENERGY not in hass.config.components:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_energy_dashboard")
    booked = [flow for flow in SLOTS.values() if await statistics.book.async_span(flow) is not None]
    if not booked:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_statistics_yet",
            translation_placeholders={"name": coordinator.name},
        )
    priced = [side for side in Side if await statistics.book.async_cost_span(side) is not None]
    dashboard = await EnergySources.async_load(hass)
    forecasts = await async_forecasts(hass)
    # From here to the update nothing may wait, or two calls at once would both add.
    before, devices_before = dashboard.current, dashboard.devices
    there = dict(_there(before, _own(coordinator)))
    chargers = tuple(chargers_of(coordinator))
    already_there = [*there.values(), *devices_there(devices_before, chargers)]
    after, devices = list(before), list(devices_before)
    if set(earlier) <= set(already_there):
        devices = with_devices(devices_before, chargers, energy_device_fields())
        after = completed(before, sources_of(coordinator, booked, energy_source_fields(), priced), there)
        production = statistic_id(coordinator.system.key, Flow.PRODUCTION)
        if chosen is None:
            add_forecast(after, production, forecasts)
        else:
            set_forecasts(after, production, [one for one in forecasts if one in chosen])
    if after != before or devices != devices_before:
        try:
            await dashboard.async_replace(after, devices)
        except probatio.Invalid as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="energy_dashboard_refused",
                translation_placeholders={"reason": str(err)},
            ) from err
    ours = {statistic_id(coordinator.system.key, flow) for flow in booked} - set(there.values())
    return {
        "system": coordinator.name,
        "added": [
            *(value for source in after for _, value in energies_of(source) if value in ours),
            *(device[CONSUMPTION] for device in devices[len(devices_before) :]),
        ],
        "completed": [
            *(
                f"{new['type']}.{field}"
                for old, new in zip(before, after, strict=False)
                for field in new
                if new[field] != old.get(field) and (new["type"], field) not in SLOTS
            ),
            *(
                f"device.{field}"
                for old, new in zip(devices_before, devices, strict=False)
                for field in new
                if new[field] != old.get(field)
            ),
        ],
        "already_there": already_there,
    }


def _own(coordinator: SystemCoordinator) -> set[str]:
    """Return all statistics of a system: its own, those of its hardware, and those of their entities."""
    system = coordinator.data.system
    keys = [system.key, *(device_key(system, serial) for serial in coordinator.data.devices)]
    entities = er.async_entries_for_config_entry(er.async_get(coordinator.hass), coordinator.config_entry.entry_id)
    return {statistic_id(key, flow) for key in keys for flow in Flow} | {
        entity.entity_id for entity in entities if entity.config_subentry_id == coordinator.subentry_id
    }


def _there(sources: Iterable[Source], own: Collection[str]) -> Iterator[tuple[Flow, str]]:
    """Give the flows of a system that the dashboard has, each with the statistic that it is there with."""
    for source in sources:
        yield from ((flow, value) for flow, value in energies_of(source) if value in own)
