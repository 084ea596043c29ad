"""What all entities share: their device, attribution and availability, and how they are added."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, async_get_current_platform
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import ATTRIBUTION, DOMAIN
from .coordinator import SystemCoordinator
from .model.elements import NO_READING, Device, DeviceReading, Vendor
from .runtime import SolarCloudConfigEntry, SystemRuntime
from .upkeep.devices import device_identifier

type Candidate = tuple[str, Callable[[], Entity]]
"""A unique id, and a function that makes its entity."""
DEVICES = 256
"""As many as one system seldom has more of: entities of each are made in a few turns."""

_VALUES = attrgetter(*(item.name for item in fields(DeviceReading)))


@dataclass(frozen=True, kw_only=True)
class SourcedDescription(EntityDescription):
    """A description that names the jobs its value comes from."""

    jobs: frozenset[str]
    """Names of client jobs; the entity is available while one of those that the client has can be read."""
    vendors: frozenset[Vendor] = frozenset(Vendor)
    """The vendors whose clouds report the value; others have no such entity."""


@lru_cache(maxsize=DEVICES)
def _device_info(identifier: str) -> DeviceInfo:
    """Return what links entities to the device with this identifier: one object for all of them, which none changes."""
    return DeviceInfo(identifiers={(DOMAIN, identifier)})


@lru_cache(maxsize=DEVICES)
def _jobs_of(jobs: frozenset[str], of_client: frozenset[str]) -> tuple[str, ...]:
    """Return those of a description's jobs that a client has, in order: few combinations, thousands of entities."""
    return tuple(sorted(jobs & of_client))


class SolarCloudEntity(CoordinatorEntity[SystemCoordinator]):
    """An entity of a system or of a device under it."""

    _attr_has_entity_name = True
    entity_description: SourcedDescription
    _written: tuple[object, ...] | None = None

    def __init__(self, coordinator: SystemCoordinator, description: SourcedDescription, identifier: str) -> None:
        """Link the entity to the device that is registered under this identifier."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_attribution = ATTRIBUTION[coordinator.system.vendor]
        self._attr_unique_id = unique_id(identifier, description)
        self._attr_device_info = _device_info(identifier)
        self._jobs = _jobs_of(description.jobs, frozenset(job.name for job in coordinator.client.jobs))

    @property
    def has_source(self) -> bool:
        """Return whether the account's cloud has a job that the value can come from.

        It has none where the account has moved to another generation of the cloud, which does not report the value. A
        description without jobs needs none.
        """
        return bool(self._jobs) or not self.entity_description.jobs

    @property
    @override
    def available(self) -> bool:
        """Return whether one of the entity's jobs can be read, or could until a moment ago."""
        return self.coordinator.is_one_available(self._jobs)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state where there is something to say: another one, or a newer measurement of the same.

        Most have neither: a status is what it was.
        """
        shown = self._shown()
        if shown is None or shown != self._written:
            self._written = shown
            super()._handle_coordinator_update()

    def _shown(self) -> tuple[object, ...] | None:
        """Return what the state and its attributes follow from; `None` where they are written each time."""
        return None


class DeviceEntity(SolarCloudEntity):
    """An entity of a gateway, an inverter or other hardware."""

    def __init__(self, coordinator: SystemCoordinator, description: SourcedDescription, serial: str) -> None:
        """Link the entity to the device with this serial number."""
        super().__init__(coordinator, description, device_identifier(coordinator.system.vendor, serial))
        self._serial = serial

    @property
    def reading(self) -> DeviceReading:
        """Return the newest values of the device."""
        return self.coordinator.data.readings.get(self._serial, NO_READING)

    @property
    @override
    def available(self) -> bool:
        """Return whether the device is still listed and its values can be read."""
        return super().available and self._serial in self.coordinator.data.devices

    @override
    def _shown(self) -> tuple[object, ...]:
        return (self._figure(), self.extra_state_attributes) if self.available else (False,)

    @abstractmethod
    def _figure(self) -> object:
        """Return what the state is made of, and when it was measured."""


def unique_id(identifier: str, description: EntityDescription) -> str:
    """Return the unique id of an entity on a device."""
    return f"{identifier}_{description.key}"


async def async_follow_systems(
    entry: SolarCloudConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    candidates: Callable[[SystemRuntime], Iterable[Candidate]],
) -> None:
    """Add the entities of all systems of an account; the event loop runs after each, as a hundred take seconds."""
    for system in entry.runtime_data.systems.values():
        async_follow(system, async_add_entities, candidates)
        await asyncio.sleep(0)


@callback
def async_follow(
    system: SystemRuntime,
    async_add_entities: AddConfigEntryEntitiesCallback,
    candidates: Callable[[SystemRuntime], Iterable[Candidate]],
) -> None:
    """Add a system's entities now, and later those of new hardware and values, without a reload."""
    coordinator = system.coordinator
    added: set[str] = set()
    domain = async_get_current_platform().domain
    registry = er.async_get(coordinator.hass)

    def is_registered(key: str) -> bool:
        entity_id = registry.async_get_entity_id(domain, DOMAIN, key)
        entry = registry.async_get(entity_id) if entity_id is not None else None
        return entry is not None and entry.config_subentry_id == coordinator.subentry_id

    @callback
    def async_add() -> None:
        if not coordinator.has_data:
            return
        current = dict(candidates(system))
        # An entity that was removed may come back: a device that was retired by mistake gets its entities again.
        # A value that is missing only once keeps its entity.
        added.difference_update([key for key in added - current.keys() if not is_registered(key)])
        made = [make() for key, make in current.items() if key not in added]
        # Entities whose values the account's new cloud does not report stay in the registry for the owner to delete.
        new = [entity for entity in made if not isinstance(entity, SolarCloudEntity) or entity.has_source]
        added.update(current)
        if new:
            async_add_entities(new, config_subentry_id=coordinator.subentry_id)

    async_add()
    coordinator.config_entry.async_on_unload(coordinator.async_add_listener(async_add))


class DeviceCandidates:
    """The candidates of each device: worked out anew only where a device, or what is known of it, has another shape."""

    def __init__(self, find: Callable[[SystemRuntime, Device, DeviceReading], Iterable[Candidate]]) -> None:
        """Take what finds them: from the device, the flows that are reported of it, and which values it has."""
        self._find = find

    def of(self, system: SystemRuntime) -> Iterable[Candidate]:
        """Yield the candidates of every device that belongs to the system."""
        known = system.candidates
        reported = system.coordinator.data.reported
        for device, reading in devices_with_readings(system):
            has = tuple([value is not None for value in _VALUES(reading)])
            shape = device, reported.get(device.serial), has
            if (found := known.get(device.serial)) is None or found[0] != shape:
                found = known[device.serial] = shape, list(self._find(system, device, reading))
            yield from found[1]


def devices_with_readings(system: SystemRuntime) -> Iterable[tuple[Device, DeviceReading]]:
    """Yield every device that belongs to the system, with its newest values."""
    data = system.coordinator.data
    for serial, device in data.devices.items():
        if system.devices.owns(serial):
            yield device, data.readings.get(serial, NO_READING)
