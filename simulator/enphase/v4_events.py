"""Enphase v4's events and alarms (Enphase v4 release notes of June and October 2025)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from ..dates import add_months
from ..plant.devices import Event, Inverter
from ..plant.plant import Plant
from ..plant.slots import epoch, slot_time
from .v4_errors import not_found, unprocessable
from .v4_request import SystemRequest, V4Endpoint, V4Request, general, of_system

GATEWAY_SILENT, METER_SILENT, MICRO_SILENT, MICRO_DEAD = 28, 41, 12, 15
EVENT_TYPES: dict[int, tuple[str, bool, str, str, str]] = {
    MICRO_SILENT: (
        "pcu_no_report",
        True,
        "Microinverter not reporting",
        "The gateway does not hear this microinverter.",
        "Wait for daylight, then check the wiring of the branch.",
    ),
    MICRO_DEAD: (
        "pcu_no_production",
        True,
        "Microinverter not producing",
        "The microinverter reports, but yields nothing in daylight.",
        "Ask your installer to check the module and the connectors.",
    ),
    GATEWAY_SILENT: (
        "envoy_no_report",
        True,
        "Gateway not reporting",
        "The gateway has sent nothing for a while.",
        "Check its power and its connection to the internet.",
    ),
    METER_SILENT: (
        "meter_no_report",
        True,
        "Meter not reporting",
        "The gateway does not hear the meter.",
        "Ask your installer to check the current transformers.",
    ),
    52: ("grid_outage", True, "Grid outage", "The grid was lost.", "None: the system comes back with the grid."),
    63: ("firmware_updated", False, "Firmware updated", "New firmware was installed.", "None."),
}
"""Key, whether it lasts, name, description and what to do, by number."""
_LONGEST = timedelta(days=7)
_OLDEST_MONTHS = 9
_STATEFUL = {number for number, kind in EVENT_TYPES.items() if kind[1]}


def event_types(request: V4Request) -> dict[str, Any]:
    """Return what each type of event means, or one of them. Raise Refusal (404)."""
    chosen = request.number("event_type_id")
    if chosen is not None and chosen not in EVENT_TYPES:
        raise not_found("Event type not found")
    names = ("event_type_key", "stateful", "event_name", "event_description", "recommended_action")
    return {
        "event_types": [
            {"event_type_id": number, **dict(zip(names, kind, strict=True))}
            for number, kind in EVENT_TYPES.items()
            if chosen in {None, number}
        ]
    }


def events(request: SystemRequest) -> dict[str, Any]:
    """Return the events that began in a period. Raise Refusal (422)."""
    start, end = _period(request)
    rows = [
        {
            "status": "Info" if event.type_id not in _STATEFUL else "Closed" if _ended(event, request.now) else "Open",
            "event_type_id": event.type_id,
            "event_start_time": event.start,
            "event_end_time": _ended(event, request.now),
            "serial_number": event.serial,
        }
        for event in _events(request.plant, request.now)
        if start <= event.start < end
    ]
    return {"system_id": request.plant.id, "events": rows}


def open_events(request: SystemRequest) -> dict[str, Any]:
    """Return the events that last."""
    rows = [
        {
            "status": "open",
            "event_type_id": event.type_id,
            "event_start_time": event.start,
            "event_end_time": None,
            "serial_number": event.serial,
        }
        for event in _events(request.plant, request.now)
        if event.type_id in _STATEFUL and not _ended(event, request.now)
    ]
    return {"system_id": request.plant.id, "events": rows}


def alarms(request: SystemRequest) -> dict[str, Any]:
    """Return the alarms that began in a period and are not cleared, or on request those that are. Raise Refusal."""
    start, end = _period(request)
    cleared = request.call.query.get("cleared", "false") == "true"
    rows = [
        {"id": str(event.id), "cleared": cleared}
        | _alarm(event, _ended(event, request.now))
        | {"alarm_end_time": _ended(event, request.now)}
        for event in _events(request.plant, request.now)
        if event.alarm and start <= event.start < end and bool(_ended(event, request.now)) is cleared
    ]
    return {"system_id": request.plant.id, "alarms": rows}


def open_alarms(request: SystemRequest) -> dict[str, Any]:
    """Return the alarms that last."""
    plant = request.plant
    rows = [
        {"id": f"{plant.id}.{event.type_id}.{epoch(event.start)}000"} | _alarm(event, None)
        for event in _events(plant, request.now)
        if event.alarm and not _ended(event, request.now)
    ]
    return {"system_id": plant.id, "alarms": rows}


ENDPOINTS: tuple[V4Endpoint, ...] = (
    general("systems/event_types", "system", event_types, long=False),
    of_system("events", "system", events, long=False),
    of_system("open_events", "system", open_events, long=False),
    of_system("alarms", "system", alarms, long=False),
    of_system("open_alarms", "system", open_alarms, long=False),
)


def _alarm(event: Event, end: datetime | None) -> dict[str, Any]:
    return {
        "severity": event.severity,
        "event_type_id": event.type_id,
        "alarm_start_time": event.start,
        "events": [{"serial_number": event.serial, "start_date": event.start, "end_date": end}],
    }


def _period(request: V4Request) -> tuple[datetime, datetime]:
    """Return the period that is asked for. Raise Refusal (422)."""
    begin, finish = request.number("start_time"), request.number("end_time")
    if begin is None:
        raise unprocessable("start_time is required")
    start = slot_time(0) + timedelta(seconds=begin)
    end = min(start + timedelta(days=1), request.now) if finish is None else slot_time(0) + timedelta(seconds=finish)
    if start > request.now:
        raise unprocessable("Requested date is in the future")
    oldest = add_months(request.now.date(), -_OLDEST_MONTHS)
    if end < start or end - start > _LONGEST or start.date() < oldest:
        raise unprocessable("Requested date range is invalid for this system")
    return start, end


def _events(plant: Plant, now: datetime) -> list[Event]:
    """Return all events until now in their order: what the hardware does, and what a test has opened."""
    found = [*plant.events, *_silences(plant)]
    for inverter in plant.inverters.values():
        found += _healths(inverter)
    return sorted((event for event in found if event.start <= now), key=lambda event: (event.start, event.id))


def _ended(event: Event, now: datetime) -> datetime | None:
    """Return when an event ended, as far as is known now."""
    if event.type_id not in _STATEFUL:
        return event.start
    return event.end if event.end is not None and event.end <= now else None


def _silences(plant: Plant) -> Iterator[Event]:
    for serial, reporter in plant.reporters.items():
        gateway = serial in plant.gateways
        kind, severity = (GATEWAY_SILENT, 2) if gateway else (METER_SILENT, 3)
        for silence in reporter.silences:
            yield _event(kind, serial, silence.start, silence.end, severity)


def _healths(inverter: Inverter) -> Iterator[Event]:
    """Give the times in which a microinverter was mute or dead."""
    since: tuple[int, datetime] | None = None
    for health in inverter.health:
        kind = MICRO_SILENT if health.mute else MICRO_DEAD if health.percent == 0 else None
        if since and since[0] != kind:
            yield _event(since[0], inverter.serial, since[1], health.since, 4)
            since = None
        if kind is not None and since is None:
            since = (kind, health.since)
    if since:
        yield _event(since[0], inverter.serial, since[1], None, 4)


def _event(kind: int, serial: str, start: datetime, end: datetime | None, severity: int) -> Event:
    number = crc32(f"{kind} {serial} {epoch(start)}".encode())
    return Event(id=number, type_id=kind, serial=serial, start=start, end=end, alarm=True, severity=severity)
