"""Binary sensors of systems and their gateways."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval

from .entities.binary_sensors import (
    DEVICE_BINARY_SENSORS,
    SYSTEM_BINARY_SENSORS,
    DeviceBinarySensorDescription,
    SystemBinarySensorDescription,
)
from .entity import Candidate, DeviceEntity, SolarCloudEntity, async_follow_systems, devices_with_readings, unique_id
from .runtime import SolarCloudConfigEntry, SystemRuntime
from .upkeep.devices import device_identifier

PARALLEL_UPDATES = 0
AGE_EVERY = timedelta(minutes=5)
"""How often it is looked at whether something has become too old."""


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of an account's systems."""
    await async_follow_systems(entry, async_add_entities, _candidates)


def _candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield every binary sensor that the system and its devices have by now."""
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

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the time, too, where it changes the state by itself."""
        await super().async_added_to_hass()
        if self.entity_description.ages:
            self.async_on_remove(async_track_time_interval(self.hass, self._time_passed, AGE_EVERY))

    @callback
    def _time_passed(self, _now: datetime) -> None:
        self.async_write_ha_state()

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the newest known state."""
        return self.entity_description.is_on_fn(self.coordinator)

    @property
    @override
    def available(self) -> bool:
        """Return whether one of its jobs can be read; what says that none can is always there."""
        return self.coordinator.has_data if self.entity_description.always else super().available


class DeviceBinarySensor(DeviceEntity, BinarySensorEntity):
    """A binary sensor of a device."""

    entity_description: DeviceBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the newest known state."""
        return self.entity_description.is_on_fn(self.reading)

    @override
    def _figure(self) -> object:
        return self.is_on
