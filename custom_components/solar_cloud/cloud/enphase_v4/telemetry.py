"""Which endpoint of Enphase v4 tells the rows of which measure: for the jobs and for the past alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ...model.data import SystemData
from ...model.elements import Flow, Interval
from .api import EnphaseV4Api
from .capabilities import BATTERY, EXPORT, IMPORT, Measure
from .model import BatteryTelemetry, Granularity, Telemetry
from .updates import measures_production


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """The rows of a measure's flows, and what else came with them."""

    rows: Mapping[Flow, tuple[Interval, ...]]
    total_devices: int | None = None
    end: datetime | None = None
    """Up to when the answer speaks, as far as it says."""
    battery: BatteryTelemetry | None = None


async def production_of(api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity) -> Telemetry:
    """Return the rows of what the system's production is measured with: meters, or the microinverters themselves."""
    ask = api.production_meter if measures_production(data) else api.production_micro
    return await ask(data.system.id, start, granularity)


async def flows_of(
    api: EnphaseV4Api, measure: Measure, system_id: str, start: datetime, granularity: Granularity
) -> Flows:
    """Return the rows of one measure other than production; one request. Raises `CloudError`."""
    if measure is BATTERY:
        battery = await api.battery(system_id, start, granularity)
        rows = {Flow.BATTERY_CHARGE: battery.charge, Flow.BATTERY_DISCHARGE: battery.discharge}
        return Flows(rows=MappingProxyType(rows), total_devices=battery.total_devices, end=battery.end, battery=battery)
    ask = {IMPORT.name: api.energy_import, EXPORT.name: api.energy_export}.get(measure.name, api.consumption_meter)
    telemetry = await ask(system_id, start, granularity)
    return Flows(
        rows=MappingProxyType(dict.fromkeys(measure.flows, telemetry.intervals)),
        total_devices=telemetry.total_devices,
        end=telemetry.end,
    )
