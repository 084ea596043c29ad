"""What Enphase v4 measures at a system, and the endpoints that report each measure: in rows, and by whole days.

Energies are Wh, instants aware UTC, days the system's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ...model.data import SystemData
from ...model.elements import Flow, Interval
from .api import EnphaseV4Api
from .lifetimes import Days
from .meters import is_production_metered
from .model import DailySeries, Granularity, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRows:
    """The rows of a measure's flows, and what else came with them."""

    rows: Mapping[Flow, tuple[Interval, ...]]
    total_devices: int | None = None
    end: datetime | None = None
    """Up to when the answer reaches, as far as it says."""
    level_percent: float | None = None
    """State of charge of all batteries together, 0 to 100."""
    level_at: datetime | None = None


class Measure(ABC):
    """The flows that come from the same endpoints."""

    name: str
    flows: tuple[Flow, ...]

    @property
    def note(self) -> str:
        """The name of the note about whether the cloud reports it."""
        return f"v4_{self.name}"

    def state(self, data: SystemData) -> str:
        """Return what is known about whether the cloud reports it."""
        return data.notes.get(self.note, "")

    @abstractmethod
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return the rows from an instant on; one request. Raises `CloudError`."""

    async def days(self, api: EnphaseV4Api, system_id: str, now: datetime, zone: ZoneInfo) -> Days:
        """Return the days of the whole life; one request, none if they were just read. Raises `CloudError`."""
        known = api.lifetimes.current(system_id, self.name, now, zone)
        if known is not None:
            return known
        days = Days(series=await self._read_days(api, system_id), read_at=now)
        api.lifetimes.keep(system_id, self.name, days)
        return days

    @abstractmethod
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        """Return the days of the whole life; one request."""

    def _measured(self, telemetry: Telemetry) -> MeasuredRows:
        """Return the rows of an answer about the only flow of the measure."""
        return MeasuredRows(
            rows=MappingProxyType(dict.fromkeys(self.flows, telemetry.intervals)),
            total_devices=telemetry.total_devices,
            end=telemetry.end,
        )


class ProductionMeasure(Measure):
    """Production: measured by meters, or by the microinverters themselves."""

    name = "production"
    flows = (Flow.PRODUCTION,)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes from meters, or of 5 minutes from microinverters."""
        read = api.production_meter if is_production_metered(data) else api.production_micro
        return self._measured(await read(data.system.id, start, granularity))

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        life = await api.energy_lifetime(system_id)
        flows = MappingProxyType({Flow.PRODUCTION: life.production})
        return DailySeries(start=life.start, flows=flows, meta=life.meta)


class GridImportMeasure(Measure):
    """What came from the grid."""

    name = "import"
    flows = (Flow.GRID_IMPORT,)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes."""
        return self._measured(await api.energy_import(data.system.id, start, granularity))

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        return await api.import_lifetime(system_id)


class GridExportMeasure(Measure):
    """What went to the grid."""

    name = "export"
    flows = (Flow.GRID_EXPORT,)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes."""
        return self._measured(await api.energy_export(data.system.id, start, granularity))

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        return await api.export_lifetime(system_id)


class BatteryMeasure(Measure):
    """What all batteries together took and gave."""

    name = "battery"
    flows = (Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes, and how full the batteries are."""
        found = await api.battery(data.system.id, start, granularity)
        return MeasuredRows(
            rows=MappingProxyType({Flow.BATTERY_CHARGE: found.charge, Flow.BATTERY_DISCHARGE: found.discharge}),
            total_devices=found.total_devices,
            end=found.end,
            level_percent=found.level_percent,
            level_at=found.level_at,
        )

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        return await api.battery_lifetime(system_id)


class ConsumptionMeasure(Measure):
    """What the house used."""

    name = "consumption"
    flows = (Flow.CONSUMPTION,)

    @override
    async def rows(
        self, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity
    ) -> MeasuredRows:
        """Return rows of 15 minutes."""
        return self._measured(await api.consumption_meter(data.system.id, start, granularity))

    @override
    async def _read_days(self, api: EnphaseV4Api, system_id: str) -> DailySeries:
        return await api.consumption_lifetime(system_id)


PRODUCTION = ProductionMeasure()
GRID_IMPORT = GridImportMeasure()
GRID_EXPORT = GridExportMeasure()
BATTERY = BatteryMeasure()
CONSUMPTION = ConsumptionMeasure()
METERED = (GRID_IMPORT, GRID_EXPORT, BATTERY, CONSUMPTION)
"""What is measured beside production."""
