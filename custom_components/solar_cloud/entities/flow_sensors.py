"""The sensors of grid and battery flows: of a system, of its meters and of its batteries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfEnergy, UnitOfPower

from ..coordinator import SystemCoordinator
from ..entity import SourcedDescription
from ..model.elements import Device, DeviceKind, Flow
from ..model.hardware import battery_level, device_lifetime_wh, device_power_w, device_today_wh
from .sensors import METERS, SOLAREDGE, DeviceSensorDescription

FLOWS = frozenset({"meters", "storage", "telemetry", "import", "export", "consumption"})
FLOW_POWERS = FLOWS | {"latest"}
STORAGE = frozenset({"storage", "battery"})
BATTERY_POWER = STORAGE | {"latest"}
METER_REPORTS = METERS | {"devices"}
BATTERY_REPORTS = frozenset({"storage", "devices", "latest"})
INVENTORY = frozenset({"inventory"})
CAPACITY = INVENTORY | {"summary"}
METER = frozenset({DeviceKind.METER})
BATTERY = frozenset({DeviceKind.BATTERY})


@dataclass(frozen=True, kw_only=True)
class FlowSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a system's flows; it is there once the cloud has told them."""

    flows: frozenset[Flow]
    """What the value is made of."""
    value_fn: Callable[[SystemCoordinator], float | None]
    daily: bool = False
    """Whether the value begins again at the system's midnight."""


@dataclass(frozen=True, kw_only=True)
class DeviceFlowSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of one flow of a meter or battery; it is there once the cloud has told it."""

    kinds: frozenset[DeviceKind]
    flow: Flow
    value_fn: Callable[[SystemCoordinator, str], float | None]
    daily: bool = False


@dataclass(frozen=True, kw_only=True)
class DeviceFactDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of what an inventory says of a device."""

    kinds: frozenset[DeviceKind]
    fact_fn: Callable[[Device], float | str | None]


def _power(
    key: str, flows: Iterable[Flow], value_fn: Callable[[SystemCoordinator], float | None], jobs: frozenset[str]
) -> FlowSensorDescription:
    return FlowSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        jobs=jobs,
        flows=frozenset(flows),
        value_fn=value_fn,
    )


def _energies(flow: Flow, jobs: frozenset[str]) -> Iterable[FlowSensorDescription]:
    # Not total_increasing: late values may take a little of a day back, and that is no new meter.
    yield FlowSensorDescription(
        key=f"{flow}_today",
        translation_key=f"{flow}_today",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=jobs,
        flows=frozenset({flow}),
        value_fn=lambda coordinator: coordinator.flow_today_wh(flow),
        daily=True,
    )
    yield FlowSensorDescription(
        key=f"{flow}_lifetime",
        translation_key=f"{flow}_lifetime",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        jobs=jobs,
        flows=frozenset({flow}),
        value_fn=lambda coordinator: coordinator.flow_lifetime_wh(flow),
    )


def _net(plus: Flow, minus: Flow, coordinator: SystemCoordinator) -> float | None:
    given, taken = coordinator.flow_w(plus), coordinator.flow_w(minus)
    return None if given is None or taken is None else given - taken


FLOW_SENSORS: tuple[FlowSensorDescription, ...] = (
    _power("consumption_power", (Flow.CONSUMPTION,), lambda one: one.flow_w(Flow.CONSUMPTION), FLOW_POWERS),
    *_energies(Flow.CONSUMPTION, FLOWS),
    _power(
        "grid_power",
        (Flow.GRID_IMPORT, Flow.GRID_EXPORT),
        partial(_net, Flow.GRID_IMPORT, Flow.GRID_EXPORT),
        FLOW_POWERS,
    ),
    *_energies(Flow.GRID_IMPORT, FLOWS),
    *_energies(Flow.GRID_EXPORT, FLOWS),
    _power(
        "battery_power",
        (Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE),
        partial(_net, Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE),
        BATTERY_POWER,
    ),
    *_energies(Flow.BATTERY_CHARGE, STORAGE),
    *_energies(Flow.BATTERY_DISCHARGE, STORAGE),
    FlowSensorDescription(
        key="battery_level",
        translation_key="battery_level",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        jobs=STORAGE,
        flows=frozenset({Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}),
        value_fn=lambda coordinator: battery_level(coordinator.data),
    ),
)
"""Signs as Home Assistant's Energy dashboard wants them: grid + is import, battery + is discharge."""


def _of_device(
    name: str, flow: Flow, kinds: frozenset[DeviceKind], jobs: frozenset[str]
) -> Iterable[DeviceFlowSensorDescription]:
    yield DeviceFlowSensorDescription(
        key=f"{name}_power",
        translation_key=f"{name}_power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: device_power_w(coordinator.data, serial, flow),
    )
    yield DeviceFlowSensorDescription(
        key=f"{name}_today",
        translation_key=f"{name}_today",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: device_today_wh(
            coordinator.data, serial, flow, coordinator.today(), coordinator.zone
        ),
        daily=True,
    )
    yield DeviceFlowSensorDescription(
        key=f"{name}_lifetime",
        translation_key=f"{name}_lifetime",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: device_lifetime_wh(coordinator.data, serial, flow, coordinator.zone),
    )


DEVICE_FLOW_SENSORS: tuple[DeviceFlowSensorDescription, ...] = (
    *_of_device("import", Flow.GRID_IMPORT, METER, METERS),
    *_of_device("export", Flow.GRID_EXPORT, METER, METERS),
    *_of_device("production", Flow.PRODUCTION, METER, METERS),
    *_of_device("consumption", Flow.CONSUMPTION, METER, METERS),
    *_of_device("charge", Flow.BATTERY_CHARGE, BATTERY, STORAGE),
    *_of_device("discharge", Flow.BATTERY_DISCHARGE, BATTERY, STORAGE),
)

HARDWARE_SENSORS: tuple[DeviceSensorDescription, ...] = (
    DeviceSensorDescription(
        key="level",
        translation_key="level",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        jobs=STORAGE,
        kinds=BATTERY,
        vendors=SOLAREDGE,
        value_fn=lambda _, reading: reading.level_percent,
        has_fn=lambda reading: reading.level_percent is not None,
    ),
    DeviceSensorDescription(
        key="stored_energy",
        translation_key="stored_energy",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=STORAGE,
        kinds=BATTERY,
        vendors=SOLAREDGE,
        value_fn=lambda _, reading: reading.stored_wh,
        has_fn=lambda reading: reading.stored_wh is not None,
    ),
    *(
        DeviceSensorDescription(
            key="last_report",
            translation_key="last_report",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            jobs=jobs,
            kinds=kinds,
            value_fn=lambda _, reading: reading.last_report,
            has_fn=lambda reading: reading.last_report is not None,
        )
        for kinds, jobs in ((METER, METER_REPORTS), (BATTERY, BATTERY_REPORTS))
    ),
)

FACT_SENSORS: tuple[DeviceFactDescription, ...] = (
    DeviceFactDescription(
        key="capacity",
        translation_key="capacity",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=CAPACITY,
        kinds=BATTERY,
        fact_fn=lambda device: device.capacity_wh,
    ),
    DeviceFactDescription(
        key="optimizers",
        translation_key="optimizers",
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        jobs=INVENTORY,
        vendors=SOLAREDGE,
        kinds=frozenset({DeviceKind.INVERTER}),
        fact_fn=lambda device: device.optimizers,
    ),
    DeviceFactDescription(
        key="communication",
        translation_key="communication",
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=INVENTORY,
        vendors=SOLAREDGE,
        kinds=METER | BATTERY | frozenset({DeviceKind.INVERTER}),
        fact_fn=lambda device: device.communication,
    ),
)
