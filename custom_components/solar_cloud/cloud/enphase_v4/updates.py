"""What Enphase v4's answers mean for a system: pure functions from parsed answers to updates."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zlib import crc32
from zoneinfo import ZoneInfo

from ...model.data import SystemData, midnight
from ...model.elements import Alert, Device, DeviceKind, DeviceReading, Flow, LifetimeBase, Momentary, Update
from ..enphase.model import METER_SOURCE
from ..enphase.updates import summary_update
from .capabilities import KNOWN_SINCE, METERS, PRODUCTION, is_metered, meter_configs, meters_note, retried, tells_latest
from .model import Alarm, BatteryTelemetry, Devices, EventType, SystemSummary
from .rows import LATE

EVENT_TYPE = "v4_event_type_"
"""The notes about what event types are called, without the number."""
_LEAST_SEVERE = 6


def system_update(found: SystemSummary, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
    """Return what a summary says of a system.

    Where more than production is measured, all energies are those of the quarter hours, so that they agree: then the
    summary tells the state and what the whole life was before today, and power only where nothing else does.
    """
    update = summary_update(found.summary, data.system)
    notes = {} if KNOWN_SINCE in data.notes else {KNOWN_SINCE: now.isoformat()}
    update = replace(update, notes=MappingProxyType(notes), devices=_battery_capacity(found, data))
    if not is_metered(data):
        return update
    momentary = None
    if update.power is not None and not tells_latest(data):
        powers = MappingProxyType({Flow.PRODUCTION: update.power.power_w})
        momentary = Momentary(measured_at=update.power.measured_at, powers=powers)
    lifetime = update.lifetime if _is_final(update.lifetime, found, zone) else None
    return replace(update, power=None, today=None, momentary=momentary, lifetime=lifetime)


def devices_update(found: Devices, data: SystemData) -> Update:
    """Return the devices, and what the meters are for; what was missing is worth another try."""
    notes = {METERS: meters_note(found.meters), **retried(data)}
    return Update(
        devices=found.devices, complete=found.complete, readings=found.readings, notes=MappingProxyType(notes)
    )


def battery_readings(found: BatteryTelemetry, data: SystemData) -> Mapping[str, DeviceReading]:
    """Return how full the batteries are: the cloud tells it of all together, so each has the level of all."""
    if found.level_percent is None:
        return MappingProxyType({})
    reading = DeviceReading(level_percent=found.level_percent, measured_at=found.level_at)
    return MappingProxyType(dict.fromkeys(data.serials(DeviceKind.BATTERY), reading))


def measures_production(data: SystemData) -> bool:
    """Tell whether meters measure production, by what the summary says of it, else by what is listed."""
    source = data.system.source
    return source == METER_SOURCE if source else PRODUCTION in meter_configs(data)


def alerts_update(alarms: Iterable[Alarm], names: Mapping[str, str], data: SystemData) -> Update:
    """Return the open alarms under the names of their event types; one without an id is known by what it says."""
    found = (_alert(alarm, names, data) for alarm in alarms if alarm.cleared is not True)
    fresh = {note: name for note, name in names.items() if data.notes.get(note) != name}
    return Update(alerts=MappingProxyType({alert.id: alert for alert in found}), notes=MappingProxyType(fresh))


def type_note(type_id: int) -> str:
    """Return the name of the note about an event type."""
    return f"{EVENT_TYPE}{type_id}"


def type_name(types: Iterable[EventType], type_id: int) -> str:
    """Return what an event type is called; empty where nobody says."""
    return next((kind.name or kind.key or "" for kind in types if kind.id == type_id), "")


def _alert(alarm: Alarm, names: Mapping[str, str], data: SystemData) -> Alert:
    said = f"{alarm.type_id} {alarm.since} {alarm.serials}"
    serial = alarm.serials[0] if alarm.serials else None
    device = data.devices.get(serial) if serial else None
    name = names.get(type_note(alarm.type_id)) if alarm.type_id is not None else None
    return Alert(
        id=alarm.id or f"{crc32(said.encode()):08x}",
        type=name or (str(alarm.type_id) if alarm.type_id is not None else None),
        # The cloud's severity goes from 1, fatal, to 6, none.
        impact=max(0, _LEAST_SEVERE - alarm.severity) if alarm.severity is not None else None,
        since=alarm.since,
        component=device.name if device else None,
        serial=serial,
    )


def _is_final(lifetime: LifetimeBase | None, found: SystemSummary, zone: ZoneInfo) -> bool:
    """Tell whether the days before a day can be believed: the system has reported for hours since."""
    report = found.summary.last_report
    return lifetime is not None and report is not None and report >= midnight(lifetime.day, zone) + LATE


def _battery_capacity(found: SystemSummary, data: SystemData) -> tuple[Device, ...]:
    """Return the only battery with its capacity; of several the cloud tells only the sum."""
    batteries = data.serials(DeviceKind.BATTERY)
    if len(batteries) != 1 or found.battery_capacity_wh is None:
        return ()
    return (replace(data.devices[batteries[0]], capacity_wh=found.battery_capacity_wh),)
