"""The job `latest`: the newest powers (W) of all flows and of each battery."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, DeviceReading, Power, Update
from ...base import Job, JobTerms
from ...enphase.model import METER_SOURCE
from ..api import EnphaseV4Api
from ..capabilities import LATEST_NOTE, MISSING, READ, latest_notes, reports_latest
from ..facts import LATEST, doubts, has_battery, is_listed
from ..meters import (
    CONSUMPTION_METER,
    DISABLED,
    PRODUCTION_METER,
    TOTAL_CONFIG,
    battery_serials,
    known_meters,
    meter_configs,
)
from ..model import BatteryNow, Latest, MeterChannel
from ..powers import Reading, momentary_of
from .pace import REPORTS_EVERY
from .refusals import REFUSALS, missing, refusal_update
from .storage import noted_storage

FRESH = timedelta(hours=1)
"""What is older than that is unknown."""
DELAY = timedelta(minutes=5)
"""Powers have no rows that fill in; pacing learns how old they are here."""
WEIGHT = 2
"""Of the metered jobs the newest powers bring most for a request: all flows at once."""


class LatestJob(Job[EnphaseV4Api]):
    """Reads the newest powers; one request."""

    terms = JobTerms(
        name="latest", cadence=REPORTS_EVERY, delay=DELAY, weight=WEIGHT, night=True, optional=True, on_request=True
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
            return refusal_update(LATEST_NOTE, self.name, data, now, final=True)
        return latest_update(latest, data, now)


def latest_update(latest: Latest, data: SystemData, now: datetime) -> Update:
    """Return the newest powers of a system, and of its batteries.

    Without production among them they have nothing that a summary has not, which is noted. Production counts only where
    the summary names meters as its source: a meter that sees a part of the inverters would be mixed with all of them.
    """
    channels = _in_use(latest.meters, data)
    named = data.system.source in {None, METER_SOURCE}
    produced = [one for one in channels.get(PRODUCTION_METER, ()) if named and one.power_w is not None]
    reading = Reading(
        production=_sum([(one.power_w, one.reported) for one in produced], now),
        net=_measured(channels.get(CONSUMPTION_METER, ()), now),
        total=_measured(channels.get(TOTAL_CONFIG, ()), now),
        battery=_sum([(one.power_w, one.reported) for one in latest.batteries], now),
    )
    knows_storage = any(battery.power_w is not None for battery in latest.batteries)
    system, storage_notes = noted_storage(data, LATEST, seen=knows_storage)
    notes = {**storage_notes, **_doubts(latest, data, now)}
    if reading.production is not None:
        notes[LATEST_NOTE] = READ
    elif produced:
        newest = max((one.reported for one in produced if one.reported is not None), default=None)
        notes |= latest_notes(data, newest)
    else:
        notes[LATEST_NOTE] = MISSING
    momentary = momentary_of(reading, now, storing=has_battery(data) or knows_storage)
    power = None
    if momentary is None and reading.production is not None:
        power = Power(
            power_w=max(0.0, reading.production.power_w), measured_at=min(reading.production.measured_at, now)
        )
    return Update(
        system=None if system.unknown_storage in {None, data.system.unknown_storage} else system,
        power=power,
        momentary=momentary,
        readings=_readings(latest.batteries, data, now),
        notes=MappingProxyType(notes),
    )


def _in_use(channels: Sequence[MeterChannel], data: SystemData) -> Mapping[str, Sequence[MeterChannel]]:
    """Return the channels by what they measure: production, what goes through the grid's connection, or the house.

    The last is `TOTAL_CONFIG`. The list of devices says what a meter is for; one that it does not know is taken at its
    name.
    """
    known, wiring = known_meters(data), meter_configs(data).get(CONSUMPTION_METER)
    found: dict[str, list[MeterChannel]] = {}
    for channel in channels:
        meter = known.get(channel.id or "")
        if meter is not None and meter.role == DISABLED:
            continue
        role = meter.role if meter is not None and meter.role else channel.name
        config = meter.config if meter is not None else wiring
        if role == CONSUMPTION_METER and config == TOTAL_CONFIG:
            role = TOTAL_CONFIG
        found.setdefault(role or "", []).append(channel)
    return found


def _measured(channels: Sequence[MeterChannel], now: datetime) -> Power | None:
    """Return the sum of the phases of meters; those without a power are not installed."""
    return _sum([(one.power_w, one.reported) for one in channels if one.power_w is not None], now)


def _sum(parts: Sequence[tuple[float | None, datetime | None]], now: datetime) -> Power | None:
    """Return the sum of all parts and when the oldest of them was read; one that is old leaves it unknown."""
    powers = [power for power, reported in parts if power is not None and _is_fresh(reported, now)]
    moments = [reported for _, reported in parts if reported is not None]
    if not parts or len(powers) < len(parts) or len(moments) < len(parts):
        return None
    return Power(power_w=sum(powers), measured_at=min(moments))


def _is_fresh(reported: datetime | None, now: datetime) -> bool:
    return reported is not None and now - reported <= FRESH


def _doubts(latest: Latest, data: SystemData, now: datetime) -> Mapping[str, str]:
    """Return the note that there are meters or batteries which the list of devices does not know."""
    if not is_listed(data):
        return {}
    known, batteries = known_meters(data), battery_serials(data)
    strange = [one for one in latest.meters if known and one.power_w is not None and one.id and one.id not in known]
    unlisted = [one for one in latest.batteries if one.power_w is not None and one.id and one.id not in batteries]
    is_strange = bool(strange) or bool(unlisted and (batteries or not has_battery(data)))
    gone = {missing(LATEST): False}
    return doubts(data, now, {LATEST: is_strange, **gone})


def _readings(batteries: Sequence[BatteryNow], data: SystemData, now: datetime) -> Mapping[str, DeviceReading]:
    """Return the power of each battery that is listed; its id or its name, which ends with its serial, says which."""
    serials, listed = battery_serials(data), data.serials(DeviceKind.BATTERY)
    found: dict[str, DeviceReading] = {}
    for battery in batteries:
        named = [serial for serial in listed if battery.name is not None and serial in battery.name]
        own = [serial for serial in listed if serial == serials.get(battery.id or "")] or named
        if not own and len(listed) == len(batteries) == 1:
            own = listed
        if len(own) == 1 and battery.power_w is not None and _is_fresh(battery.reported, now):
            found[own[0]] = DeviceReading(
                power_w=battery.power_w, measured_at=battery.reported, last_report=battery.reported
            )
    return MappingProxyType(found)
