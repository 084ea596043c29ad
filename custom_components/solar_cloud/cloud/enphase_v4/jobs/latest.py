"""The job `latest`: the newest powers (W) of all flows and of each battery, brought into a set that agrees.

With a net meter the cloud computes consumption as production + grid, so a battery's part is in it. A total meter
measures what the house uses (Enphase v4 documentation, ``latest_telemetry``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, DeviceReading, Flow, Momentary, Power, Update
from ...base import Job, JobTerms
from ..api import EnphaseV4Api
from ..capabilities import LATEST_NOTE, MISSING, READ, has_battery, reports_latest
from ..meters import CONSUMPTION_METER, PRODUCTION_METER, TOTAL_CONFIG, meter_configs
from ..model import BatteryNow, Latest, MeterChannel
from .pace import DELAY, REPORTS_EVERY
from .refusals import REFUSALS, refusal_update

FRESH = timedelta(hours=1)
"""What is older than that is unknown."""
NOISE_W = 50.0
"""A house that seems to give a little is one that uses nothing: meters are read some seconds apart."""


class LatestJob(Job[EnphaseV4Api]):
    """Reads the newest powers; one request."""

    terms = JobTerms(
        name="latest", cadence=REPORTS_EVERY, delay=DELAY, weight=2, night=True, optional=True, on_request=True
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether more than production is measured, and production is among the newest powers."""
        return reports_latest(data)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the newest powers of the system and of its batteries."""
        try:
            latest = await self.api.latest_telemetry(data.system.id)
        except REFUSALS:
            # The summary has to give power then, so it is noted: only the coordinator knows that a job rests.
            return refusal_update(LATEST_NOTE, self.name, data, final=True)
        return latest_update(latest, data, now)


def latest_update(latest: Latest, data: SystemData, now: datetime) -> Update:
    """Return the newest powers of a system, and of its batteries.

    Without production among them they have nothing that a summary has not, which is noted.
    """
    production, at = _power(latest.meters, PRODUCTION_METER, now)
    consumption, consumed_at = _power(latest.meters, CONSUMPTION_METER, now)
    battery, stored_at = _battery(latest.batteries, now)
    readings = _readings(latest.batteries, data, now)
    listed = any(channel.name == PRODUCTION_METER and channel.power_w is not None for channel in latest.meters)
    notes = MappingProxyType({LATEST_NOTE: READ if listed else MISSING})
    moments = [moment for moment in (at, consumed_at, stored_at) if moment is not None]
    if production is None or at is None:
        return Update(readings=readings, notes=notes)
    if consumption is None or (has_battery(data) and battery is None):
        # The power of the house cannot be computed; production is known.
        return Update(readings=readings, notes=notes, power=Power(power_w=max(0.0, production), measured_at=at))
    return Update(
        readings=readings,
        notes=notes,
        momentary=balanced(
            production,
            consumption,
            battery,
            total=meter_configs(data).get(CONSUMPTION_METER) == TOTAL_CONFIG,
            measured_at=min(*moments, now),
        ),
    )


def balanced(
    production: float, consumption: float, battery: float | None, *, total: bool, measured_at: datetime
) -> Momentary:
    """Return powers whose sources and sinks are equal; `battery` is what batteries give, negative while they take.

    A house cannot give energy: where the reading of a net meter says so, it is that of a total one. What inverters
    draw at night is consumption.
    """
    given = battery or 0.0
    grid = consumption - production
    load = consumption + given
    if total or load < -NOISE_W:
        total, load = True, consumption
        grid = load - production - given
    if load < 0:
        load = 0.0
        grid = load - production - given
    produced = max(0.0, production)
    powers = {
        Flow.PRODUCTION: produced,
        Flow.CONSUMPTION: load + produced - production,
        Flow.GRID_IMPORT: max(0.0, grid),
        Flow.GRID_EXPORT: max(0.0, -grid),
    }
    if battery is not None:
        powers |= {Flow.BATTERY_DISCHARGE: max(0.0, given), Flow.BATTERY_CHARGE: max(0.0, -given)}
    computed = {Flow.GRID_IMPORT, Flow.GRID_EXPORT} if total else {Flow.CONSUMPTION}
    return Momentary(measured_at=measured_at, powers=MappingProxyType(powers), computed=frozenset(computed))


def _power(channels: Sequence[MeterChannel], name: str, now: datetime) -> tuple[float | None, datetime | None]:
    """Return the sum of the phases of all meters of a name, and when the oldest of them was read.

    Phases without a power are not installed; one whose power is old leaves the sum unknown.
    """
    installed = [(one.power_w, one.reported) for one in channels if one.name == name and one.power_w is not None]
    return _sum(installed, now)


def _battery(batteries: Sequence[BatteryNow], now: datetime) -> tuple[float | None, datetime | None]:
    return _sum([(one.power_w, one.reported) for one in batteries], now)


def _sum(parts: Sequence[tuple[float | None, datetime | None]], now: datetime) -> tuple[float | None, datetime | None]:
    powers = [power for power, reported in parts if power is not None and _is_fresh(reported, now)]
    moments = [reported for _, reported in parts if reported is not None]
    if not parts or len(powers) < len(parts) or len(moments) < len(parts):
        return None, None
    return sum(powers), min(moments)


def _is_fresh(reported: datetime | None, now: datetime) -> bool:
    return reported is not None and now - reported <= FRESH


def _readings(batteries: Sequence[BatteryNow], data: SystemData, now: datetime) -> Mapping[str, DeviceReading]:
    """Return the power of each battery that is listed; its name ends with its serial number."""
    listed = data.serials(DeviceKind.BATTERY)
    found: dict[str, DeviceReading] = {}
    for battery in batteries:
        own = [serial for serial in listed if battery.name is not None and serial in battery.name]
        if not own and len(listed) == len(batteries) == 1:
            own = listed
        if len(own) == 1 and battery.power_w is not None and _is_fresh(battery.reported, now):
            found[own[0]] = DeviceReading(
                power_w=battery.power_w, measured_at=battery.reported, last_report=battery.reported
            )
    return MappingProxyType(found)
