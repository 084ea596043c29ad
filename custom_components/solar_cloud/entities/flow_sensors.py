"""The sensors of grid, consumption and battery: of a system, of its meters, batteries and EV chargers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory

from ..coordinator import SystemCoordinator
from ..entity import SourcedDescription
from ..model.elements import Device, DeviceKind, Flow
from ..model.hardware import device_lifetime_wh, device_today_wh
from ..model.value import Value
from .quantities import CAPACITY, CHARGE_LEVEL, COUNT, DAY_ENERGY, LIFETIME_ENERGY, POWER, SHARE, STORED_ENERGY
from .sensors import DeviceSensorDescription, device_last_report, device_status
from .sources import (
    BATTERY,
    BATTERY_POWER_JOBS,
    BATTERY_REPORT_JOBS,
    CAPACITY_JOBS,
    CHARGER_JOBS,
    CHARGER_LIFETIME_JOBS,
    CHARGER_REPORT_JOBS,
    DEVICES_JOBS,
    ENPHASE,
    EV_CHARGER,
    FLOW_JOBS,
    FLOW_POWER_JOBS,
    GATEWAY,
    INVENTORY_JOBS,
    INVERTER,
    LISTED_JOBS,
    METER,
    METER_JOBS,
    METER_REPORT_JOBS,
    OTHER,
    SOLAREDGE,
    STORAGE_JOBS,
)
from .vocabulary import COMMUNICATION, Vocabulary


@dataclass(frozen=True, kw_only=True)
class FlowSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a system's flows; it exists once the cloud has reported all of them."""

    flows: frozenset[Flow]
    """The flows that the value is computed from."""
    published_fn: Callable[[SystemCoordinator], Value]
    daily: bool = False
    """Whether the value begins again at the system's midnight."""
    is_lifetime: bool = False
    """Whether it is a counter of the whole life."""


@dataclass(frozen=True, kw_only=True)
class DeviceFlowSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of one flow of a meter, battery or EV charger; it exists once the cloud has reported the flow."""

    kinds: frozenset[DeviceKind]
    flow: Flow
    value_fn: Callable[[SystemCoordinator, str], float | None]
    """Takes the device's serial number."""
    daily: bool = False
    """Whether the value begins again at the system's midnight."""


@dataclass(frozen=True, kw_only=True)
class DeviceFactDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of what the inventory reports of a device."""

    kinds: frozenset[DeviceKind]
    fact_fn: Callable[[Device], float | str | None]
    vocabulary: Vocabulary | None = None


def _power(
    key: str, flows: Iterable[Flow], published_fn: Callable[[SystemCoordinator], Value], jobs: frozenset[str]
) -> FlowSensorDescription:
    """Return the sensor of a power in W that is made of some flows."""
    return FlowSensorDescription(
        **POWER,
        key=key,
        translation_key=key,
        jobs=jobs,
        flows=frozenset(flows),
        published_fn=published_fn,
    )


def _energies(flow: Flow, jobs: frozenset[str]) -> Iterable[FlowSensorDescription]:
    """Yield the sensors of a flow's energy in Wh: of the system's day and of its lifetime."""
    yield FlowSensorDescription(
        **DAY_ENERGY,
        key=f"{flow}_today",
        translation_key=f"{flow}_today",
        jobs=jobs,
        flows=frozenset({flow}),
        published_fn=lambda coordinator: coordinator.flow_today(flow),
        daily=True,
    )
    yield FlowSensorDescription(
        **LIFETIME_ENERGY,
        key=f"{flow}_lifetime",
        translation_key=f"{flow}_lifetime",
        jobs=jobs,
        flows=frozenset({flow}),
        published_fn=lambda coordinator: coordinator.flow_lifetime(flow),
        is_lifetime=True,
    )


def _share(key: str, flow: Flow, published_fn: Callable[[SystemCoordinator], Value]) -> FlowSensorDescription:
    """Return the sensor of a share of the day's energy in per cent; the flow is the one that has to be known for it."""
    return FlowSensorDescription(
        **SHARE,
        key=key,
        translation_key=key,
        jobs=FLOW_JOBS,
        flows=frozenset({flow}),
        published_fn=published_fn,
    )


FLOW_SENSORS: tuple[FlowSensorDescription, ...] = (
    _power(
        "consumption_power",
        (Flow.CONSUMPTION,),
        lambda coordinator: coordinator.flow_power(Flow.CONSUMPTION),
        FLOW_POWER_JOBS,
    ),
    *_energies(Flow.CONSUMPTION, FLOW_JOBS),
    _power(
        "grid_power",
        (Flow.GRID_IMPORT, Flow.GRID_EXPORT),
        lambda coordinator: coordinator.grid_power(),
        FLOW_POWER_JOBS,
    ),
    *_energies(Flow.GRID_IMPORT, FLOW_JOBS),
    *_energies(Flow.GRID_EXPORT, FLOW_JOBS),
    _power(
        "battery_power",
        (Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE),
        lambda coordinator: coordinator.battery_power(),
        BATTERY_POWER_JOBS,
    ),
    _share("self_sufficiency_today", Flow.GRID_IMPORT, lambda coordinator: coordinator.self_sufficiency_today()),
    _share(
        "self_consumption_rate_today",
        Flow.GRID_EXPORT,
        lambda coordinator: coordinator.self_consumption_rate_today(),
    ),
    *_energies(Flow.BATTERY_CHARGE, STORAGE_JOBS),
    *_energies(Flow.BATTERY_DISCHARGE, STORAGE_JOBS),
    FlowSensorDescription(
        **CHARGE_LEVEL,
        key="battery_level",
        translation_key="battery_level",
        jobs=STORAGE_JOBS,
        flows=frozenset({Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}),
        published_fn=lambda coordinator: coordinator.battery_level(),
    ),
)
"""Signs are those of Home Assistant's Energy dashboard: grid + is import, battery + is discharge."""


def _device_flow(
    name: str, flow: Flow, kinds: frozenset[DeviceKind], jobs: frozenset[str]
) -> Iterable[DeviceFlowSensorDescription]:
    """Yield the sensors of one flow of a kind of device: power in W, energy of the day and of the lifetime in Wh."""
    yield DeviceFlowSensorDescription(
        **POWER,
        key=f"{name}_power",
        translation_key=f"{name}_power",
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: coordinator.device_flow_power_w(serial, flow),
    )
    yield DeviceFlowSensorDescription(
        **DAY_ENERGY,
        key=f"{name}_today",
        translation_key=f"{name}_today",
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: device_today_wh(
            coordinator.data, serial, flow, coordinator.today(), coordinator.zone
        ),
        daily=True,
    )
    yield DeviceFlowSensorDescription(
        **LIFETIME_ENERGY,
        key=f"{name}_lifetime",
        translation_key=f"{name}_lifetime",
        jobs=jobs,
        kinds=kinds,
        flow=flow,
        value_fn=lambda coordinator, serial: device_lifetime_wh(coordinator.data, serial, flow),
    )


def _charger() -> Iterable[DeviceFlowSensorDescription]:
    """Yield the sensors of what an EV charger charges: power in W, energy of the day and of the lifetime in Wh."""
    power, today, lifetime = _device_flow("charge", Flow.CONSUMPTION, EV_CHARGER, CHARGER_JOBS)
    yield replace(power, vendors=ENPHASE)
    yield replace(today, vendors=ENPHASE, value_fn=lambda coordinator, serial: coordinator.charger_today_wh(serial))
    yield replace(lifetime, vendors=ENPHASE, jobs=CHARGER_LIFETIME_JOBS)


DEVICE_FLOW_SENSORS: tuple[DeviceFlowSensorDescription, ...] = (
    *_device_flow("import", Flow.GRID_IMPORT, METER, METER_JOBS),
    *_device_flow("export", Flow.GRID_EXPORT, METER, METER_JOBS),
    *_device_flow("production", Flow.PRODUCTION, METER, METER_JOBS),
    *_device_flow("consumption", Flow.CONSUMPTION, METER, METER_JOBS),
    *_device_flow("charge", Flow.BATTERY_CHARGE, BATTERY, STORAGE_JOBS),
    *_device_flow("discharge", Flow.BATTERY_DISCHARGE, BATTERY, STORAGE_JOBS),
    *_charger(),
)

HARDWARE_SENSORS: tuple[DeviceSensorDescription, ...] = (
    DeviceSensorDescription(
        **CHARGE_LEVEL,
        key="level",
        translation_key="level",
        jobs=STORAGE_JOBS,
        kinds=BATTERY,
        vendors=SOLAREDGE,
        value_fn=lambda _, reading: reading.level_percent,
    ),
    DeviceSensorDescription(
        **STORED_ENERGY,
        key="stored_energy",
        translation_key="stored_energy",
        jobs=STORAGE_JOBS,
        kinds=BATTERY,
        vendors=SOLAREDGE,
        value_fn=lambda _, reading: reading.stored_wh,
    ),
    device_status(METER, LISTED_JOBS),
    device_status(BATTERY | EV_CHARGER | OTHER, DEVICES_JOBS),
    device_last_report(OTHER, DEVICES_JOBS, vendors=ENPHASE),
    device_last_report(EV_CHARGER, CHARGER_REPORT_JOBS, vendors=ENPHASE),
    device_last_report(METER, METER_REPORT_JOBS, is_noisy=True),
    device_last_report(BATTERY, BATTERY_REPORT_JOBS, is_noisy=True),
)

FACT_SENSORS: tuple[DeviceFactDescription, ...] = (
    DeviceFactDescription(
        **CAPACITY,
        key="capacity",
        translation_key="capacity",
        jobs=CAPACITY_JOBS,
        kinds=BATTERY,
        fact_fn=lambda device: device.capacity_wh,
    ),
    DeviceFactDescription(
        **COUNT,
        key="optimizers",
        translation_key="optimizers",
        jobs=INVENTORY_JOBS,
        vendors=SOLAREDGE,
        kinds=INVERTER,
        fact_fn=lambda device: device.optimizers,
    ),
    DeviceFactDescription(
        key="communication",
        translation_key="communication",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        vocabulary=COMMUNICATION,
        jobs=INVENTORY_JOBS,
        vendors=SOLAREDGE,
        kinds=METER | BATTERY | INVERTER | GATEWAY,
        fact_fn=lambda device: device.communication and device.communication.lower(),
    ),
)
