"""Sensors of systems, gateways and inverters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import logging
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account_coordinator import AccountCoordinator, Requests
from .accounts import CLOUD_VENDOR
from .cloud.model import DeviceKind, DeviceReading, Vendor
from .const import ATTRIBUTION, CONF_CLOUD, DOMAIN
from .coordinator import SolarCloudConfigEntry, SystemCoordinator
from .devices import device_identifier
from .entity import (
    Candidate,
    DeviceEntity,
    SolarCloudEntity,
    SourcedDescription,
    async_follow,
    devices_with_readings,
    unique_id,
)

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 0

UNKNOWN_STATUS = "unknown_status"
ENPHASE_STATUSES = [
    "normal",
    "comm",
    "power",
    "meter",
    "meter_issue",
    "micro",
    "battery",
    "storage_idle",
    "enpower",
    "enpower_issue",
    "encharge",
    "encharge_issue",
    "retired",
    UNKNOWN_STATUS,
]
SOLAREDGE_STATUSES = ["active", "pending", "disabled", UNKNOWN_STATUS]
STATUSES = {Vendor.ENPHASE: ENPHASE_STATUSES, Vendor.SOLAREDGE: SOLAREDGE_STATUSES}

type Value = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class SystemSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a system."""

    value_fn: Callable[[SystemCoordinator], Value]


@dataclass(frozen=True, kw_only=True)
class DeviceSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a device under a system."""

    kinds: frozenset[DeviceKind]
    value_fn: Callable[[SystemCoordinator, DeviceReading], Value]
    has_fn: Callable[[DeviceReading], object]
    """Whether the device's cloud has ever told this value: without that there is no entity."""


SUMMARY_OR_ENERGY = frozenset({"summary", "energy"})
SUMMARY_OR_DETAILS = frozenset({"summary", "details"})

SYSTEM_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        jobs=SUMMARY_OR_ENERGY,
        value_fn=lambda coordinator: coordinator.power_w(),
    ),
    SystemSensorDescription(
        key="energy_today",
        translation_key="energy_today",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=SUMMARY_OR_ENERGY,
        value_fn=lambda coordinator: coordinator.day_energy_wh(coordinator.data.today),
    ),
    SystemSensorDescription(
        key="energy_lifetime",
        translation_key="energy_lifetime",
        device_class=SensorDeviceClass.ENERGY,
        # Not total_increasing: Home Assistant would take any glitch downwards for a new meter.
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        jobs=SUMMARY_OR_ENERGY,
        value_fn=lambda coordinator: coordinator.data.lifetime.published_wh,
    ),
    SystemSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        jobs=SUMMARY_OR_DETAILS,
        value_fn=lambda coordinator: coordinator.data.system.status,
    ),
    SystemSensorDescription(
        key="last_report",
        translation_key="last_report",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY_OR_DETAILS,
        value_fn=lambda coordinator: coordinator.data.system.last_report,
    ),
    SystemSensorDescription(
        key="measured_at",
        translation_key="measured_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY_OR_ENERGY,
        value_fn=lambda coordinator: coordinator.data.power.measured_at if coordinator.data.power else None,
    ),
    SystemSensorDescription(
        key="size",
        translation_key="size",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY_OR_DETAILS,
        value_fn=lambda coordinator: coordinator.data.system.size_w,
    ),
)

GATEWAY = frozenset({DeviceKind.GATEWAY})
INVERTER = frozenset({DeviceKind.INVERTER})
GATEWAY_AND_INVERTER = GATEWAY | INVERTER


DEVICE_SENSORS: tuple[DeviceSensorDescription, ...] = (
    DeviceSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=frozenset({"envoys", "inverters"}),
        kinds=GATEWAY_AND_INVERTER,
        value_fn=lambda _, reading: reading.status,
        has_fn=lambda reading: reading.status,
    ),
    DeviceSensorDescription(
        key="last_report",
        translation_key="last_report",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=frozenset({"envoys", "inverters"}),
        kinds=GATEWAY_AND_INVERTER,
        value_fn=lambda _, reading: reading.last_report,
        has_fn=lambda reading: reading.last_report,
    ),
    DeviceSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda _, reading: reading.power_w,
        has_fn=lambda reading: reading.power_w is not None,
    ),
    DeviceSensorDescription(
        key="energy_today",
        translation_key="energy_today",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda coordinator, reading: coordinator.day_energy_wh(reading.energy_today),
        has_fn=lambda reading: reading.energy_today is not None,
    ),
    DeviceSensorDescription(
        key="energy_lifetime",
        translation_key="energy_lifetime",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda _, reading: reading.energy_lifetime_wh,
        has_fn=lambda reading: reading.energy_lifetime_wh is not None,
    ),
    DeviceSensorDescription(
        key="voltage",
        translation_key="voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=1,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda _, reading: reading.voltage_v,
        has_fn=lambda reading: reading.voltage_v is not None,
    ),
    DeviceSensorDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=2,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda _, reading: reading.current_a,
        has_fn=lambda reading: reading.current_a is not None,
    ),
    DeviceSensorDescription(
        key="frequency",
        translation_key="frequency",
        device_class=SensorDeviceClass.FREQUENCY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfFrequency.HERTZ,
        suggested_display_precision=2,
        jobs=frozenset({"inverters"}),
        kinds=INVERTER,
        value_fn=lambda _, reading: reading.frequency_hz,
        has_fn=lambda reading: reading.frequency_hz is not None,
    ),
)


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """A sensor of an account, read from its ledger."""

    value_fn: Callable[[Requests], Value]


ACCOUNT_SENSORS: tuple[AccountSensorDescription, ...] = (
    AccountSensorDescription(
        key="requests_used",
        translation_key="requests_used",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda requests: requests.used,
    ),
    AccountSensorDescription(
        key="requests_left",
        translation_key="requests_left",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda requests: requests.left,
    ),
    AccountSensorDescription(
        key="resets_at",
        translation_key="resets_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda requests: requests.resets_at,
    ),
)


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
