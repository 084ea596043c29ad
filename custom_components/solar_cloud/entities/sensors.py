"""What the sensors of systems, their devices and accounts are, and where each gets its value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
)

from ..account.coordinator import Requests
from ..coordinator import SystemCoordinator
from ..entity import SourcedDescription
from ..model.data import SystemData
from ..model.elements import DeviceKind, DeviceReading, Vendor
from .vocabulary import SOURCE, STATUS, Vocabulary

type Value = float | str | datetime | None


MANY_INVERTERS = 20
"""With more of them in a system, what changes with each reading of an inverter is off until the owner wants it."""


class Noise(Enum):
    """How often a sensor's state changes, and so what it costs Home Assistant's database."""

    QUIET = "on"
    """Seldom, or it is what nobody does without."""
    LOUD = f"off above {MANY_INVERTERS} inverters"
    """With each reading."""
    LOUD_BESIDE_LIFETIME = f"off above {MANY_INVERTERS} inverters that tell their lifetime energy"
    """With each reading, and Home Assistant can make the same of the lifetime energy."""


@dataclass(frozen=True, kw_only=True)
class SystemSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a system."""

    value_fn: Callable[[SystemCoordinator], Value]
    has_fn: Callable[[SystemData], object] = lambda _: True
    """Whether the system's cloud has ever told this value: without that there is no entity."""
    daily: bool = False
    """Whether a total begins at zero at the system's midnight."""
    vocabulary: Vocabulary | None = None


@dataclass(frozen=True, kw_only=True)
class DeviceSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a device under a system."""

    kinds: frozenset[DeviceKind]
    value_fn: Callable[[SystemCoordinator, DeviceReading], Value]
    has_fn: Callable[[DeviceReading], object]
    """Whether the device's cloud has ever told this value: without that there is no entity."""
    noise: Noise = Noise.QUIET
    vocabulary: Vocabulary | None = None

    def is_noisy(self, reading: DeviceReading) -> bool:
        """Tell whether the sensor of a device with this reading changes with each reading."""
        beside_lifetime = self.noise is Noise.LOUD_BESIDE_LIFETIME and reading.energy_lifetime_wh is not None
        return beside_lifetime or self.noise is Noise.LOUD


@dataclass(frozen=True, kw_only=True)
class AccountSensorDescription(SensorEntityDescription):
    """A sensor of an account, read from its ledger."""

    value_fn: Callable[[Requests], Value]


SUMMARY = frozenset({"summary"})
ENERGY = frozenset({"summary", "energy", "telemetry"})
POWER = ENERGY | {"latest"}
SUMMARY_OR_DETAILS = frozenset({"summary", "details"})
ENVOYS = frozenset({"envoys", "devices"})
INVERTERS = frozenset({"inverters"})
INVERTERS_OR_DEVICES = frozenset({"inverters", "devices"})
METERS = frozenset({"meters"})

ENPHASE = frozenset({Vendor.ENPHASE})
SOLAREDGE = frozenset({Vendor.SOLAREDGE})

GATEWAY = frozenset({DeviceKind.GATEWAY})
INVERTER = frozenset({DeviceKind.INVERTER})

SYSTEM_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        jobs=POWER,
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
        jobs=ENERGY,
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
        jobs=ENERGY,
        value_fn=lambda coordinator: coordinator.data.lifetime.published_wh,
    ),
    SystemSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        jobs=SUMMARY_OR_DETAILS,
        vocabulary=STATUS,
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
        jobs=POWER,
        value_fn=lambda coordinator: coordinator.measured_at(),
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
    SystemSensorDescription(
        key="modules",
        translation_key="modules",
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.modules,
        has_fn=lambda data: data.system.modules is not None,
    ),
    SystemSensorDescription(
        key="source",
        translation_key="source",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY,
        vendors=ENPHASE,
        vocabulary=SOURCE,
        value_fn=lambda coordinator: coordinator.data.system.source,
        has_fn=lambda data: data.system.source is not None,
    ),
    SystemSensorDescription(
        key="meters",
        translation_key="meters",
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=METERS,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.meters,
        has_fn=lambda data: data.system.meters is not None,
    ),
    SystemSensorDescription(
        key="meters_reporting",
        translation_key="meters_reporting",
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=METERS,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.meters_reporting,
        has_fn=lambda data: data.system.meters_reporting is not None,
    ),
)

DEVICE_SENSORS: tuple[DeviceSensorDescription, ...] = (
    DeviceSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=ENVOYS,
        kinds=GATEWAY,
        vendors=ENPHASE,
        vocabulary=STATUS,
        value_fn=lambda _, reading: reading.status,
        has_fn=lambda reading: reading.status,
    ),
    DeviceSensorDescription(
        key="last_report",
        translation_key="last_report",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=ENVOYS,
        kinds=GATEWAY,
        vendors=ENPHASE,
        value_fn=lambda _, reading: reading.last_report,
        has_fn=lambda reading: reading.last_report,
    ),
    DeviceSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=INVERTERS_OR_DEVICES,
        kinds=INVERTER,
        vendors=ENPHASE,
        vocabulary=STATUS,
        value_fn=lambda _, reading: reading.status,
        has_fn=lambda reading: reading.status,
    ),
    DeviceSensorDescription(
        key="last_report",
        translation_key="last_report",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=INVERTERS_OR_DEVICES,
        kinds=INVERTER,
        noise=Noise.LOUD,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        noise=Noise.LOUD,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        noise=Noise.LOUD_BESIDE_LIFETIME,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        vendors=ENPHASE,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        noise=Noise.LOUD,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        noise=Noise.LOUD,
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
        jobs=INVERTERS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        noise=Noise.LOUD,
        value_fn=lambda _, reading: reading.frequency_hz,
        has_fn=lambda reading: reading.frequency_hz is not None,
    ),
)


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
