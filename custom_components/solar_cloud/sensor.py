"""Sensors of systems, gateways and inverters."""

from collections.abc import Iterable
from functools import partial
import logging
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account_coordinator import AccountCoordinator
from .accounts import CLOUD_VENDOR
from .cloud.model import Vendor
from .const import ATTRIBUTION, CONF_CLOUD, DOMAIN
from .coordinator import SolarCloudConfigEntry, SystemCoordinator
from .devices import device_identifier
from .entity import Candidate, DeviceEntity, SolarCloudEntity, async_follow, devices_with_readings, unique_id
from .sensor_descriptions import (
    ACCOUNT_SENSORS,
    DEVICE_SENSORS,
    SYSTEM_SENSORS,
    AccountSensorDescription,
    DeviceSensorDescription,
    SystemSensorDescription,
    Value,
)
from .statuses import STATUSES, UNKNOWN_STATUS

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of an account and of its systems."""
    async_add_entities(AccountSensor(entry, description) for description in ACCOUNT_SENSORS)
    for coordinator in entry.runtime_data.coordinators.values():
        async_follow(coordinator, async_add_entities, _candidates)


def _candidates(coordinator: SystemCoordinator) -> Iterable[Candidate]:
    """Yield every sensor that the system and its devices have by now."""
    key = coordinator.system.key
    for description in SYSTEM_SENSORS:
        yield unique_id(key, description), partial(SystemSensor, coordinator, description, key)
    for device, reading in devices_with_readings(coordinator):
        identifier = device_identifier(coordinator.system.vendor, device.serial)
        for device_description in DEVICE_SENSORS:
            if device.kind in device_description.kinds and device_description.has_fn(reading):
                yield (
                    unique_id(identifier, device_description),
                    partial(DeviceSensor, coordinator, device_description, device.serial),
                )


class AccountSensor(CoordinatorEntity[AccountCoordinator], SensorEntity):
    """A figure of the account's ledger."""

    _attr_has_entity_name = True
    entity_description: AccountSensorDescription

    def __init__(self, entry: SolarCloudConfigEntry, description: AccountSensorDescription) -> None:
        """Hang the sensor on the account's device."""
        super().__init__(entry.runtime_data.account)
        self.entity_description = description
        self._attr_unique_id = unique_id(entry.entry_id, description)
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})
        self._attr_attribution = ATTRIBUTION[CLOUD_VENDOR[entry.data[CONF_CLOUD]]]

    @property
    @override
    def native_value(self) -> Value:
        """Return the figure."""
        return self.entity_description.value_fn(self.coordinator.data)


class StatusMixin(SensorEntity):
    """Shows a vendor's status code, and a code we have not heard of as such."""

    coordinator: SystemCoordinator
    _unknown_seen: str | None = None

    def _set_options(self, vendor: Vendor) -> None:
        if self.entity_description.device_class is SensorDeviceClass.ENUM:
            self._attr_options = STATUSES[vendor]

    def _as_state(self, value: Value) -> Value:
        if self.options is None or value is None or value in self.options:
            return value
        if self._unknown_seen != value:
            self._unknown_seen = str(value)
            _LOGGER.info("%s reports a status that is not known here: %s", self.coordinator.name, value)
        return UNKNOWN_STATUS


class SystemSensor(SolarCloudEntity, StatusMixin):
    """A sensor of a system."""

    entity_description: SystemSensorDescription

    def __init__(self, coordinator: SystemCoordinator, description: SystemSensorDescription, identifier: str) -> None:
        """Prepare the sensor; a status has its vendor's codes."""
        super().__init__(coordinator, description, identifier)
        self._set_options(coordinator.system.vendor)

    @property
    @override
    def native_value(self) -> Value:
        """Return the newest known value."""
        return self._as_state(self.entity_description.value_fn(self.coordinator))


class DeviceSensor(DeviceEntity, StatusMixin):
    """A sensor of a device."""

    entity_description: DeviceSensorDescription

    def __init__(self, coordinator: SystemCoordinator, description: DeviceSensorDescription, serial: str) -> None:
        """Prepare the sensor; a status has its vendor's codes."""
        super().__init__(coordinator, description, serial)
        self._set_options(coordinator.system.vendor)

    @property
    @override
    def native_value(self) -> Value:
        """Return the newest known value."""
        return self._as_state(self.entity_description.value_fn(self.coordinator, self.reading))
