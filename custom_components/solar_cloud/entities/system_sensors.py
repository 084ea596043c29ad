"""The sensor entities of systems and their hardware; `sensor.py` loads them with the first system of an account."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity

from ..coordinator import SystemCoordinator
from ..entity import Candidate, DeviceCandidates, DeviceEntity, SolarCloudEntity, unique_id
from ..model.data import SYSTEM
from ..model.elements import Device, DeviceKind, DeviceReading
from ..model.value import State as Waiting, Value
from ..runtime import SystemRuntime
from ..upkeep.devices import device_identifier
from .cloud_sensors import CLOUD_SENSORS
from .flow_sensors import (
    DEVICE_FLOW_SENSORS,
    FACT_SENSORS,
    FLOW_SENSORS,
    HARDWARE_SENSORS,
    DeviceFactDescription,
    DeviceFlowSensorDescription,
    FlowSensorDescription,
)
from .history_sensors import history_candidates
from .performance_sensors import performance_candidates
from .sensors import (
    DEVICE_SENSORS,
    MANY_INVERTERS,
    SYSTEM_SENSORS,
    DeviceSensorDescription,
    State,
    SystemSensorDescription,
)
from .sources import LIFETIME_JOBS
from .vocabulary import Subject, Vocabulary

_LOGGER = logging.getLogger(__name__)

ATTR_ADVICE: Final = "advice"
ATTR_COMPUTED: Final = "computed"
ATTR_EXPECTED_AT: Final = "expected_at"
ATTR_REASON: Final = "reason"
ALL_DEVICE_SENSORS: Final = (*DEVICE_SENSORS, *HARDWARE_SENSORS)


def sensor_candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield every sensor that the system and its devices have by now."""
    coordinator = system.coordinator
    key, vendor = coordinator.system.key, coordinator.system.vendor
    for description in (*SYSTEM_SENSORS, *CLOUD_SENSORS):
        if vendor in description.vendors and description.exists_fn(coordinator.data):
            yield unique_id(key, description), partial(SystemSensor, coordinator, description, key)
    yield from _flow_candidates(system)
    yield from _OF_DEVICES.of(system)
    yield from performance_candidates(system)
    yield from history_candidates(system)


def _flow_candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield the sensors of the system's grid, consumption and battery."""
    coordinator = system.coordinator
    reported = coordinator.data.reported.get(SYSTEM, frozenset())
    for description in FLOW_SENSORS:
        if description.flows <= reported:
            key = coordinator.system.key
            yield unique_id(key, description), partial(FlowSensor, coordinator, description, key)


def _of_device(system: SystemRuntime, device: Device, reading: DeviceReading) -> Iterable[Candidate]:
    """Yield the sensors of a device: of its values, of its flows, and of what the inventory reports of it."""
    coordinator = system.coordinator
    vendor = coordinator.system.vendor
    identifier = device_identifier(vendor, device.serial)
    for description in ALL_DEVICE_SENSORS:
        if (
            vendor in description.vendors
            and device.kind in description.kinds
            and description.exists(coordinator, reading)
        ):
            yield (
                unique_id(identifier, description),
                partial(DeviceSensor, coordinator, description, device, reading),
            )
    reported = coordinator.data.reported.get(device.serial, frozenset())
    for flow_description in DEVICE_FLOW_SENSORS:
        if device.kind in flow_description.kinds and flow_description.flow in reported:
            yield (
                unique_id(identifier, flow_description),
                partial(DeviceFlowSensor, coordinator, flow_description, device.serial),
            )
    for fact in FACT_SENSORS:
        if device.kind in fact.kinds and vendor in fact.vendors and fact.fact_fn(device) is not None:
            yield unique_id(identifier, fact), partial(FactSensor, coordinator, fact, device)


_OF_DEVICES: Final = DeviceCandidates(_of_device)


class CodedSensor(SensorEntity):
    """A sensor that may have a vendor's code as its state; an undocumented code has a state of its own."""

    _unrecorded_attributes = frozenset({ATTR_ADVICE, ATTR_EXPECTED_AT})
    coordinator: SystemCoordinator
    _vocabulary: Vocabulary | None = None
    _unknown_seen: str | None = None

    def _set_vocabulary(self, vocabulary: Vocabulary | None, subject: Subject) -> None:
        self._vocabulary = vocabulary
        if vocabulary is not None:
            self._attr_options = vocabulary.options(subject)

    def _as_state(self, value: State) -> State:
        """Return a value as it is, but an undocumented code as the vocabulary's `other`, and log that code once."""
        if self._vocabulary is None or value is None or value in (self.options or ()):
            return value
        if self._unknown_seen != value:
            self._unknown_seen = str(value)
            key = self.entity_description.key
            log = self.coordinator.metered.vendor_log
            text = "%s reports a %s that is not known here: %s"
            log.say(_LOGGER, logging.INFO, text, self.coordinator.name, key, value)
        return self._vocabulary.other

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the key of the advice on the code; its text is in the translations."""
        if self._vocabulary is None or not self._vocabulary.advice or (value := self.native_value) is None:
            return None
        return {ATTR_ADVICE: value}


class DailySensor(SensorEntity):
    """A sensor that may count from the system's midnight."""

    coordinator: SystemCoordinator
    entity_description: SystemSensorDescription | FlowSensorDescription | DeviceFlowSensorDescription

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return the system's midnight if the value counts from there."""
        return self.coordinator.midnight() if self.entity_description.daily else None


class SystemSensor(SolarCloudEntity, DailySensor, CodedSensor):
    """A sensor of a system."""

    entity_description: SystemSensorDescription

    def __init__(self, coordinator: SystemCoordinator, description: SystemSensorDescription, identifier: str) -> None:
        """Set the codes of the vendor's systems as options."""
        super().__init__(coordinator, description, identifier)
        self._set_vocabulary(description.vocabulary, (coordinator.system.vendor, None))

    @property
    @override
    def native_value(self) -> State:
        """Return the newest known value."""
        return self._as_state(self.entity_description.value_fn(self.coordinator))

    @override
    def _shown(self) -> tuple[object, ...] | None:
        description = self.entity_description
        if description.published_fn is None and description.state_class is not None:
            return None
        if not self.available:
            return (False,)
        # With the time that it was measured at.
        found = self.native_value if description.published_fn is None else description.published_fn(self.coordinator)
        return found, self.last_reset, self.extra_state_attributes

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the advice on a code, or why a figure is not there; with the status, until when values are awaited."""
        if self.entity_description.published_fn is not None:
            return _reason(self, self.entity_description.published_fn(self.coordinator))
        attributes = super().extra_state_attributes
        if not self.entity_description.awaits or (expected_at := self.coordinator.expected_at()) is None:
            return attributes
        return {**(attributes or {}), ATTR_EXPECTED_AT: expected_at}


class DeviceSensor(DeviceEntity, CodedSensor):
    """A sensor of a device."""

    entity_description: DeviceSensorDescription

    def __init__(
        self,
        coordinator: SystemCoordinator,
        description: DeviceSensorDescription,
        device: Device,
        reading: DeviceReading,
    ) -> None:
        """Set the codes of the vendor's devices of this kind as options, and disable what is noisy by default."""
        super().__init__(coordinator, description, device.serial)
        self._set_vocabulary(description.vocabulary, (coordinator.system.vendor, device.kind))
        if device.kind is DeviceKind.INVERTER and description.is_noisy(reading):
            self._attr_entity_registry_enabled_default = not _has_many_inverters(coordinator)

    @property
    @override
    def native_value(self) -> State:
        """Return the newest known value."""
        return self._as_state(self.entity_description.value_fn(self.coordinator, self.reading))

    @override
    def _figure(self) -> object:
        # Home Assistant sums up what is measured: it has to hear of each measurement, also of the same figure.
        return self.native_value, None if self.entity_description.state_class is None else self.reading


class FlowSensor(SolarCloudEntity, DailySensor):
    """A sensor of a system's flows."""

    entity_description: FlowSensorDescription
    _unrecorded_attributes = frozenset({ATTR_COMPUTED, ATTR_EXPECTED_AT, ATTR_REASON})

    @property
    @override
    def native_value(self) -> float | None:
        """Return the newest value."""
        return self.entity_description.published_fn(self.coordinator).amount

    @override
    def _shown(self) -> tuple[object, ...]:
        if not self.available:
            return (False,)
        # With the time that it was measured at.
        return self.entity_description.published_fn(self.coordinator), self.last_reset, self.extra_state_attributes

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return whether the value is computed because nothing measures it, and why it is not there if so."""
        value = self.entity_description.published_fn(self.coordinator)
        return {ATTR_COMPUTED: value.is_computed, **(_reason(self, value) or {})}


class DeviceFlowSensor(DeviceEntity, DailySensor):
    """A sensor of one flow of a meter, battery or EV charger."""

    entity_description: DeviceFlowSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """Return the newest value that the device has reported."""
        return self.entity_description.value_fn(self.coordinator, self._serial)

    @override
    def _figure(self) -> object:
        return self.native_value, self.last_reset, self.coordinator.data.device_flows.get(self._serial)


class FactSensor(DeviceEntity, CodedSensor):
    """A sensor of what the inventory reports of a device."""

    entity_description: DeviceFactDescription

    def __init__(self, coordinator: SystemCoordinator, description: DeviceFactDescription, device: Device) -> None:
        """Set the codes of the vendor's devices of this kind as options."""
        super().__init__(coordinator, description, device.serial)
        self._set_vocabulary(description.vocabulary, (coordinator.system.vendor, device.kind))

    @property
    @override
    def native_value(self) -> State:
        """Return what the newest inventory reports."""
        device = self.coordinator.data.devices.get(self._serial)
        return None if device is None else self._as_state(self.entity_description.fact_fn(device))

    @override
    def _figure(self) -> object:
        return self.native_value


def _has_many_inverters(coordinator: SystemCoordinator) -> bool:
    inverters = [device for device in coordinator.data.devices.values() if device.kind is DeviceKind.INVERTER]
    return len(inverters) > MANY_INVERTERS


def _reason(entity: SystemSensor | FlowSensor, value: Value) -> dict[str, Any] | None:
    """Return why a value is withheld or waits, and until when a new system waits for what it comes from."""
    if value.reason is None:
        return None
    description = entity.entity_description
    jobs = description.jobs | (LIFETIME_JOBS if description.is_lifetime else frozenset())
    expected_at = entity.coordinator.expected_at(jobs) if value.state is Waiting.WAITING else None
    return {ATTR_REASON: value.reason} | ({} if expected_at is None else {ATTR_EXPECTED_AT: expected_at})
