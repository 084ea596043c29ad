"""The binary sensors of systems and gateways, which follow from the status that the cloud reports."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory

from ..coordinator import SystemCoordinator
from ..entity import SourcedDescription
from ..model.elements import DeviceKind, DeviceReading
from .sources import ENPHASE, FLOW_POWER_JOBS, GATEWAY, GATEWAY_JOBS, POWER_JOBS, SUMMARY_OR_DETAILS_JOBS

NORMAL_STATUSES: Final = frozenset({"normal", "active"})
"""What Enphase and SolarEdge report of a system without a problem."""
NOT_COMMUNICATING: Final = "comm"
"""What Enphase reports of a gateway that has lost the connection to its cloud."""


@dataclass(frozen=True, kw_only=True)
class SystemBinarySensorDescription(BinarySensorEntityDescription, SourcedDescription):
    """A binary sensor of a system."""

    is_on_fn: Callable[[SystemCoordinator], bool | None]
    """Returns `None` while it is unknown."""
    always: bool = False
    """Whether it says something while nothing can be read, too."""
    ages: bool = False
    """Whether the time alone changes it: readings that fail or do not come bring nothing that would be written."""


@dataclass(frozen=True, kw_only=True)
class DeviceBinarySensorDescription(BinarySensorEntityDescription, SourcedDescription):
    """A binary sensor of a device under a system."""

    kinds: frozenset[DeviceKind]
    is_on_fn: Callable[[DeviceReading], bool | None]
    """Returns `None` while it is unknown; a device of which it never was known has no entity."""


def _has_problem(coordinator: SystemCoordinator) -> bool | None:
    status = coordinator.data.system.status
    return None if status is None else status not in NORMAL_STATUSES


def _is_connected(reading: DeviceReading) -> bool | None:
    return None if reading.status is None else reading.status != NOT_COMMUNICATING


SYSTEM_BINARY_SENSORS: tuple[SystemBinarySensorDescription, ...] = (
    SystemBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        jobs=SUMMARY_OR_DETAILS_JOBS,
        is_on_fn=_has_problem,
    ),
    SystemBinarySensorDescription(
        key="up_to_date",
        translation_key="up_to_date",
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=POWER_JOBS | FLOW_POWER_JOBS,
        is_on_fn=lambda coordinator: coordinator.is_up_to_date(),
        always=True,
        ages=True,
    ),
)

DEVICE_BINARY_SENSORS: tuple[DeviceBinarySensorDescription, ...] = (
    DeviceBinarySensorDescription(
        key="connectivity",
        translation_key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=GATEWAY_JOBS,
        vendors=ENPHASE,
        kinds=GATEWAY,
        is_on_fn=_is_connected,
    ),
)
