"""Binary sensors: a system's problem, a gateway's connection to its cloud."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import (
    Candidate,
    DeviceEntity,
    SolarCloudEntity,
    SourcedDescription,
    async_follow_systems,
    devices_with_readings,
    unique_id,
)
from .model.data import SystemData
from .model.elements import DeviceKind, DeviceReading, Vendor
from .runtime import SolarCloudConfigEntry, SystemRuntime
from .system.devices import device_identifier

PARALLEL_UPDATES = 0

FINE = frozenset({"normal", "active"})
SILENT = "comm"


@dataclass(frozen=True, kw_only=True)
class SystemBinarySensorDescription(BinarySensorEntityDescription, SourcedDescription):
    """A binary sensor of a system."""

    is_on_fn: Callable[[SystemData], bool | None]
    """`None` while it is not known."""


@dataclass(frozen=True, kw_only=True)
class DeviceBinarySensorDescription(BinarySensorEntityDescription, SourcedDescription):
    """A binary sensor of a device under a system."""

    kinds: frozenset[DeviceKind]
    is_on_fn: Callable[[DeviceReading], bool | None]
    """`None` while it is not known; a device of which it never was has no entity."""


def _has_problem(data: SystemData) -> bool | None:
    return None if data.system.status is None else data.system.status not in FINE


def _is_connected(reading: DeviceReading) -> bool | None:
    return None if reading.status is None else reading.status != SILENT


SYSTEM_BINARY_SENSORS: tuple[SystemBinarySensorDescription, ...] = (
    SystemBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        jobs=frozenset({"summary", "details"}),
        is_on_fn=_has_problem,
    ),
)

DEVICE_BINARY_SENSORS: tuple[DeviceBinarySensorDescription, ...] = (
    DeviceBinarySensorDescription(
        key="connectivity",
        translation_key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=frozenset({"envoys", "devices"}),
        vendors=frozenset({Vendor.ENPHASE}),
        kinds=frozenset({DeviceKind.GATEWAY}),
        is_on_fn=_is_connected,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of an account's systems."""
    await async_follow_systems(entry, async_add_entities, _candidates)


def _candidates(system: SystemRuntime) -> Iterable[Candidate]:
    coordinator = system.coordinator
    key, vendor = coordinator.system.key, coordinator.system.vendor
    for description in SYSTEM_BINARY_SENSORS:
        if vendor in description.vendors:
            yield unique_id(key, description), partial(SystemBinarySensor, coordinator, description, key)
    of_vendor = [description for description in DEVICE_BINARY_SENSORS if vendor in description.vendors]
    for device, reading in devices_with_readings(system):
        identifier = device_identifier(vendor, device.serial)
        for device_description in of_vendor:
            if device.kind in device_description.kinds and device_description.is_on_fn(reading) is not None:
                yield (
                    unique_id(identifier, device_description),
                    partial(DeviceBinarySensor, coordinator, device_description, device.serial),
                )


class SystemBinarySensor(SolarCloudEntity, BinarySensorEntity):
    """A binary sensor of a system."""

    entity_description: SystemBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the newest known state."""
        return self.entity_description.is_on_fn(self.coordinator.data)


class DeviceBinarySensor(DeviceEntity, BinarySensorEntity):
    """A binary sensor of a device."""

    entity_description: DeviceBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the newest known state."""
        return self.entity_description.is_on_fn(self.reading)
