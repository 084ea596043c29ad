"""Binary sensors: a system's problem, a gateway's connection to its cloud."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model import DeviceKind, Vendor
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

PARALLEL_UPDATES = 0

FINE = frozenset({"normal", "active"})
SILENT = "comm"


@dataclass(frozen=True, kw_only=True)
class SolarCloudBinarySensorDescription(BinarySensorEntityDescription, SourcedDescription):
    """A binary sensor that knows its jobs."""


PROBLEM = SolarCloudBinarySensorDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    jobs=frozenset({"summary", "details"}),
)
CONNECTIVITY = SolarCloudBinarySensorDescription(
    key="connectivity",
    translation_key="connectivity",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
    jobs=frozenset({"envoys"}),
    vendors=frozenset({Vendor.ENPHASE}),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the binary sensors of an account's systems."""
    for coordinator in entry.runtime_data.coordinators.values():
        async_follow(coordinator, async_add_entities, _candidates)


def _candidates(coordinator: SystemCoordinator) -> Iterable[Candidate]:
    key = coordinator.system.key
    yield unique_id(key, PROBLEM), partial(ProblemBinarySensor, coordinator, PROBLEM, key)
    if coordinator.system.vendor not in CONNECTIVITY.vendors:
        return
    for device, reading in devices_with_readings(coordinator):
        if device.kind is DeviceKind.GATEWAY and reading.status is not None:
            identifier = device_identifier(coordinator.system.vendor, device.serial)
            yield (
                unique_id(identifier, CONNECTIVITY),
                partial(ConnectivityBinarySensor, coordinator, CONNECTIVITY, device.serial),
            )


class ProblemBinarySensor(SolarCloudEntity, BinarySensorEntity):
    """On while the vendor's status of the system is anything but fine."""

    entity_description: SolarCloudBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether there is a problem; `None` while the status is not known."""
        status = self.coordinator.data.system.status
        return None if status is None else status not in FINE


class ConnectivityBinarySensor(DeviceEntity, BinarySensorEntity):
    """On while a gateway talks to its cloud."""

    entity_description: SolarCloudBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Tell whether the gateway is connected; `None` while its status is not known."""
        status = self.reading.status
        return None if status is None else status != SILENT
