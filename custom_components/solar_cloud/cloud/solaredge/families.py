"""Meters and batteries: the kinds of devices whose flows SolarEdge's cloud has a telemetry of.

A meter's production is the device's own figure: the site's is what its `energy` reports (SolarEdge migration notes).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, override
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.elements import DeviceKind, Flow
from ...model.series import Series, newest_end
from .api import SolarEdgeApi
from .listing import is_listed, is_unlistable
from .model import Telemetry
from .scale import Scale
from .windows import Resolution, Window

SCALE_NOTE = "state_of_energy"
"""The note about what the numbers of the batteries' state of energy mean."""
SILENT = timedelta(hours=24)
"""Who is so far behind the site's production has nothing new to report for the time being."""
SILENT_AGAIN = timedelta(hours=6)
"""How often devices are asked that have nothing new to report."""


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

    @property
    def counted_note(self) -> str:
        """The name of the note about what the devices had counted then."""
        return f"counted_{self.name}"

    @property
    def flows_note(self) -> str:
        """The name of the note about the flows that devices of the kind have ever reported; empty: none when asked."""
        return f"{self.name}_flows"

    def is_installed(self, data: SystemData) -> bool:
        """Return whether the inventory has a device of this kind, be it one without a serial number."""
        return is_listed(data, self.kind)

    def may_be_installed(self, data: SystemData) -> bool:
        """Return whether the site has such a device as far as is known: the inventory may not be readable at all."""
        return self.is_installed(data) or bool(self.reported(data)) or is_unlistable(data, self.kind)

    def reported(self, data: SystemData) -> frozenset[Flow]:
        """Return the flows that devices of the kind have ever reported, whether they are still listed or not."""
        noted = data.notes.get(self.flows_note, "").split()
        of_devices = {
            flow for serial in data.devices if self.includes(data, serial) for flow in data.reported.get(serial, ())
        }
        of_system = {flow for flow in self.system_flows if data.flows.get(flow)}
        return frozenset({flow for flow in self.metrics.values() if flow in noted} | of_devices | of_system)

    def is_silent(self, data: SystemData) -> bool:
        """Return whether the devices have been asked, and have reported nothing new for long although the site has."""
        reported, site = self.reported(data), newest_end(data.intervals)
        if not reported:
            return data.notes.get(self.flows_note) is not None
        series = (*self.system_series(data), *self.device_series(data))
        newest = max((end for one in series if (end := newest_end(one)) is not None), default=None)
        return site is not None and (newest is None or site - newest >= SILENT)

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
