"""Meters and batteries: the kinds of devices whose flows SolarEdge's cloud has a telemetry of.

A meter's production is the device's own figure: the site's is what its `energy` reports (SolarEdge migration notes).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, override
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.elements import DeviceKind, Flow
from ...model.series import Series
from .api import SolarEdgeApi
from .model import Telemetry
from .scale import Scale
from .windows import Resolution, Window

SCALE_NOTE = "state_of_energy"
"""The note about what the numbers of the batteries' state of energy mean."""


class Family(ABC):
    """A kind of device that has a telemetry of its own."""

    name: ClassVar[str]
    """As in the path."""
    kind: ClassVar[DeviceKind]
    metrics: ClassVar[Mapping[str, Flow]]
    """The vendor's name of a metric, without ``Power`` or ``Energy``, to what it is."""

    @property
    def totals_note(self) -> str:
        """The name of the note about when the totals were last read."""
        return f"totals_{self.name}"

    @property
    def system_flows(self) -> tuple[Flow, ...]:
        """The flows of the system that the devices measure together."""
        return tuple(flow for flow in self.metrics.values() if flow is not Flow.PRODUCTION)

    def is_installed(self, data: SystemData) -> bool:
        """Return whether the site has a device of this kind."""
        return any(device.kind is self.kind for device in data.devices.values())

    def includes(self, data: SystemData, serial: str) -> bool:
        """Return whether a serial number is one of this kind's devices."""
        device = data.devices.get(serial)
        return device is not None and device.kind is self.kind

    def system_series(self, data: SystemData) -> list[Series]:
        """Return what is known of the system from these devices."""
        return [data.flows[flow] for flow in self.system_flows if data.flows.get(flow)]

    def device_series(self, data: SystemData) -> list[Series]:
        """Return what is known of each single device: what has to be read to be complete."""
        return [
            series
            for serial, flows in data.device_flows.items()
            if self.includes(data, serial)
            for series in flows.values()
        ]

    @abstractmethod
    async def telemetry(
        self,
        api: SolarEdgeApi,
        data: SystemData,
        window: Window,
        resolution: Resolution,
        zone: ZoneInfo,
        notes: dict[str, str],
    ) -> Telemetry:
        """Return what the devices report of a window; `notes` takes what is worth knowing next time.

        Raises `CloudError`.
        """


class MeterFamily(Family):
    """Meters of grid, production and consumption."""

    name = "meters"
    kind = DeviceKind.METER
    metrics = MappingProxyType(
        {
            "import": Flow.GRID_IMPORT,
            "export": Flow.GRID_EXPORT,
            "production": Flow.PRODUCTION,
            "consumption": Flow.CONSUMPTION,
        }
    )

    @override
    async def telemetry(
        self,
        api: SolarEdgeApi,
        data: SystemData,
        window: Window,
        resolution: Resolution,
        zone: ZoneInfo,
        notes: dict[str, str],
    ) -> Telemetry:
        return await api.meters_telemetry(data.system.id, window, resolution, zone=zone)


class StorageFamily(Family):
    """Batteries."""

    name = "storage"
    kind = DeviceKind.BATTERY
    metrics = MappingProxyType({"charge": Flow.BATTERY_CHARGE, "discharge": Flow.BATTERY_DISCHARGE})

    @override
    async def telemetry(
        self,
        api: SolarEdgeApi,
        data: SystemData,
        window: Window,
        resolution: Resolution,
        zone: ZoneInfo,
        notes: dict[str, str],
    ) -> Telemetry:
        known = notes.get(SCALE_NOTE) or data.notes.get(SCALE_NOTE)
        capacities = {device.serial: device.capacity_wh for device in data.devices.values() if device.capacity_wh}
        telemetry, scale = await api.storage_telemetry(
            data.system.id,
            window,
            resolution,
            zone=zone,
            scale=Scale(known) if known is not None and known in Scale else None,
            capacities=capacities,
        )
        if scale is not None:
            notes[SCALE_NOTE] = str(scale)
        return telemetry


METERS = MeterFamily()
STORAGE = StorageFamily()
FAMILIES: tuple[Family, ...] = (METERS, STORAGE)
