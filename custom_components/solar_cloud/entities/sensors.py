"""The sensors of systems, and of their gateways and inverters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricCurrent, UnitOfElectricPotential, UnitOfFrequency

from ..coordinator import SystemCoordinator
from ..entity import SourcedDescription
from ..model.data import SystemData
from ..model.elements import DeviceKind, DeviceReading, Vendor
from ..model.value import Value
from .quantities import COUNT, DAY_PRODUCTION, LIFETIME_ENERGY, POWER, RATED_POWER, TIMESTAMP
from .sources import (
    ENERGY_JOBS,
    ENPHASE,
    GATEWAY,
    GATEWAY_JOBS,
    INVERTER,
    INVERTER_JOBS,
    INVERTER_STATUS_JOBS,
    METER_JOBS,
    POWER_JOBS,
    SOLAREDGE,
    SUMMARY_JOBS,
    SUMMARY_OR_DETAILS_JOBS,
)
from .vocabulary import SOURCE, STATUS, Vocabulary

type State = float | str | datetime | None


MANY_INVERTERS = 20
"""A system with more inverters than this has their noisy sensors disabled by default."""


class Noise(Enum):
    """How often a sensor's state changes, which decides whether it is enabled by default."""

    QUIET = "on"
    """It changes seldom, or everybody needs it."""
    LOUD = f"off above {MANY_INVERTERS} inverters"
    """It changes with each reading."""
    LOUD_BESIDE_LIFETIME = f"off above {MANY_INVERTERS} inverters that report their lifetime energy"
    """It changes with each reading, and Home Assistant can derive the same from the lifetime energy."""


@dataclass(frozen=True, kw_only=True)
class SystemSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a system."""

    value_fn: Callable[[SystemCoordinator], State]
    exists_fn: Callable[[SystemData], bool] = lambda _: True
    """Whether the system's cloud has ever reported the value: without it there is no entity."""
    daily: bool = False
    """Whether a total begins at zero at the system's midnight."""
    vocabulary: Vocabulary | None = None
    is_lifetime: bool = False
    """Whether it is a counter of the whole life."""
    awaits: bool = False
    """Whether it says until when values of a new system are awaited."""
    published_fn: Callable[[SystemCoordinator], Value] | None = None
    """Of a figure that may be withheld for a reason, the value with that reason."""


@dataclass(frozen=True, kw_only=True)
class DeviceSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a device under a system."""

    kinds: frozenset[DeviceKind]
    value_fn: Callable[[SystemCoordinator, DeviceReading], State]
    exists_fn: Callable[[DeviceReading], bool] | None = None
    """Whether the device's cloud has ever reported the value; by default, whether there is one now."""
    noise: Noise = Noise.QUIET
    vocabulary: Vocabulary | None = None

    def exists(self, coordinator: SystemCoordinator, reading: DeviceReading) -> bool:
        """Return whether a device with this reading has the sensor."""
        if self.exists_fn is not None:
            return self.exists_fn(reading)
        return self.value_fn(coordinator, reading) is not None

    def is_noisy(self, reading: DeviceReading) -> bool:
        """Return whether the sensor changes with each reading and can be done without."""
        beside_lifetime = self.noise is Noise.LOUD_BESIDE_LIFETIME and reading.energy_lifetime_wh is not None
        return beside_lifetime or self.noise is Noise.LOUD


SYSTEM_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        **POWER,
        key="power",
        translation_key="power",
        jobs=POWER_JOBS,
        value_fn=lambda coordinator: coordinator.production_power().amount,
        published_fn=lambda coordinator: coordinator.production_power(),
    ),
    SystemSensorDescription(
        **DAY_PRODUCTION,
        key="energy_today",
        translation_key="energy_today",
        jobs=ENERGY_JOBS,
        value_fn=lambda coordinator: coordinator.production_today().amount,
        published_fn=lambda coordinator: coordinator.production_today(),
    ),
    SystemSensorDescription(
        **LIFETIME_ENERGY,
        is_lifetime=True,
        key="energy_lifetime",
        translation_key="energy_lifetime",
        jobs=ENERGY_JOBS,
        value_fn=lambda coordinator: coordinator.production_lifetime().amount,
        published_fn=lambda coordinator: coordinator.production_lifetime(),
    ),
    SystemSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        jobs=SUMMARY_OR_DETAILS_JOBS,
        awaits=True,
        vocabulary=STATUS,
        value_fn=lambda coordinator: coordinator.data.system.status,
    ),
    SystemSensorDescription(
        **TIMESTAMP,
        key="last_report",
        translation_key="last_report",
        jobs=SUMMARY_OR_DETAILS_JOBS,
        value_fn=lambda coordinator: coordinator.data.system.last_report,
    ),
    SystemSensorDescription(
        **TIMESTAMP,
        key="measured_at",
        translation_key="measured_at",
        jobs=POWER_JOBS,
        value_fn=lambda coordinator: coordinator.measured_at(),
    ),
    SystemSensorDescription(
        **RATED_POWER,
        key="size",
        translation_key="size",
        jobs=SUMMARY_OR_DETAILS_JOBS,
        value_fn=lambda coordinator: coordinator.data.system.size_w,
    ),
    SystemSensorDescription(
        **COUNT,
        key="modules",
        translation_key="modules",
        jobs=SUMMARY_JOBS,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.modules,
        exists_fn=lambda data: data.system.modules is not None,
    ),
    SystemSensorDescription(
        key="source",
        translation_key="source",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=SUMMARY_JOBS,
        vendors=ENPHASE,
        vocabulary=SOURCE,
        value_fn=lambda coordinator: coordinator.data.system.source,
        exists_fn=lambda data: data.system.source is not None,
    ),
    SystemSensorDescription(
        **COUNT,
        key="meters",
        translation_key="meters",
        jobs=METER_JOBS,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.meters,
        exists_fn=lambda data: data.system.meters is not None,
    ),
    SystemSensorDescription(
        **COUNT,
        key="meters_reporting",
        translation_key="meters_reporting",
        jobs=METER_JOBS,
        vendors=ENPHASE,
        value_fn=lambda coordinator: coordinator.data.system.meters_reporting,
        exists_fn=lambda data: data.system.meters_reporting is not None,
    ),
)


def _is_live(coordinator: SystemCoordinator, reading: DeviceReading) -> bool:
    """Return whether what an inverter measured last still stands."""
    return coordinator.device_holds(reading.last_report, DeviceKind.INVERTER)


def device_status(kinds: frozenset[DeviceKind], jobs: frozenset[str]) -> DeviceSensorDescription:
    """Return the sensor of the status that Enphase reports of its hardware."""
    return DeviceSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=jobs,
        kinds=kinds,
        vendors=ENPHASE,
        vocabulary=STATUS,
        value_fn=lambda _, reading: reading.status,
    )


def device_last_report(
    kinds: frozenset[DeviceKind],
    jobs: frozenset[str],
    *,
    vendors: frozenset[Vendor] = frozenset(Vendor),
    is_noisy: bool = False,
) -> DeviceSensorDescription:
    """Return the sensor of when a kind of device last reported to its cloud.

    Where it changes with each reading it is off by default: few owners look at it for each inverter, meter or battery.
    """
    return DeviceSensorDescription(
        **TIMESTAMP,
        key="last_report",
        translation_key="last_report",
        entity_registry_enabled_default=not is_noisy,
        jobs=jobs,
        kinds=kinds,
        vendors=vendors,
        value_fn=lambda _, reading: reading.last_report,
    )


DEVICE_SENSORS: tuple[DeviceSensorDescription, ...] = (
    device_status(GATEWAY, GATEWAY_JOBS),
    device_last_report(GATEWAY, GATEWAY_JOBS, vendors=ENPHASE),
    device_status(INVERTER, INVERTER_STATUS_JOBS),
    device_last_report(INVERTER, INVERTER_STATUS_JOBS, is_noisy=True),
    DeviceSensorDescription(
        **POWER,
        key="power",
        translation_key="power",
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        noise=Noise.LOUD,
        value_fn=lambda coordinator, reading: coordinator.device_power_w(reading, DeviceKind.INVERTER),
        exists_fn=lambda reading: reading.power_w is not None,
    ),
    DeviceSensorDescription(
        **DAY_PRODUCTION,
        key="energy_today",
        translation_key="energy_today",
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        noise=Noise.LOUD_BESIDE_LIFETIME,
        value_fn=lambda coordinator, reading: coordinator.day_energy_wh(reading.energy_today),
        exists_fn=lambda reading: reading.energy_today is not None,
    ),
    DeviceSensorDescription(
        **LIFETIME_ENERGY,
        key="energy_lifetime",
        translation_key="energy_lifetime",
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        vendors=ENPHASE,
        value_fn=lambda _, reading: reading.energy_lifetime_wh,
    ),
    DeviceSensorDescription(
        key="voltage",
        translation_key="voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=1,
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        value_fn=lambda coordinator, reading: reading.voltage_v if _is_live(coordinator, reading) else None,
        exists_fn=lambda reading: reading.voltage_v is not None,
    ),
    DeviceSensorDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=2,
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        value_fn=lambda coordinator, reading: reading.current_a if _is_live(coordinator, reading) else None,
        exists_fn=lambda reading: reading.current_a is not None,
    ),
    DeviceSensorDescription(
        key="frequency",
        translation_key="frequency",
        device_class=SensorDeviceClass.FREQUENCY,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfFrequency.HERTZ,
        suggested_display_precision=2,
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        vendors=SOLAREDGE,
        value_fn=lambda coordinator, reading: reading.frequency_hz if _is_live(coordinator, reading) else None,
        exists_fn=lambda reading: reading.frequency_hz is not None,
    ),
)
