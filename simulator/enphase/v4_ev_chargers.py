"""Enphase v4's EV charger monitoring (Enphase v4 specification, "EV Charger Monitoring").

Errors have a form of their own, and everything is called a stream of bytes.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from ..plant.devices import EvCharger
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_QUARTER, local_date, midnight_slot, slot_of, slot_time
from ..web import Answer, Refusal
from .v4_devices import charger_of
from .v4_request import SystemRequest, V4Endpoint, of_system

OCTETS = "application/octet-stream"
_MOST = 100
_DEFAULT = 20
_LONGEST = {"day": 1, "week": 7}
_MILES_PER_KWH = 3.4
_PRICE = 0.28


def devices(request: SystemRequest) -> dict[str, Any]:
    """Return the chargers."""
    plant = request.plant
    listed = [charger_of(plant, plant.ev_charger, request.now)] if plant.ev_charger else []
    return {
        "system_id": plant.id,
        "total_devices": len(listed),
        "items": "devices",
        "devices": {"ev_chargers": listed},
    }


def events(request: SystemRequest) -> dict[str, Any]:
    """Return what happened, the newest first: here that charging began and ended."""
    serial = request.call.query.get("serial_num")
    if serial is not None:
        _charger(request, serial)
    rows = [
        {"status": "Info", "triggered_date": moment, "cleared_date": moment, "details": details}
        for start, end in _sessions(request)
        for moment, details in ((end, "Charging ended"), (start, "Charging started"))
    ]
    page = _page(request, rows)
    return {"system_id": request.plant.id, "count": len(page), "events": page}


def sessions(request: SystemRequest) -> dict[str, Any]:
    """Return the times of charging that are over, the newest first."""
    _charger(request, request.serial)
    page = []
    for start, end in _page(request, _sessions(request)):
        seconds = int((end - start).total_seconds())
        kwh = round(request.plant.series.charged(slot_of(start), slot_of(end)) / 1000, 3)
        page.append(
            {
                "start_time": start,
                "end_time": end,
                "duration": seconds,
                "energy_added": kwh,
                "charge_time": seconds,
                "miles_added": round(kwh * _MILES_PER_KWH, 1),
                "cost": round(kwh * _PRICE, 2),
            }
        )
    return {"system_id": request.plant.id, "count": len(page), "sessions": page}


def schedules(request: SystemRequest) -> dict[str, Any]:
    """Return when the charger is allowed to charge."""
    charger = _charger(request, request.serial)
    listed = [
        {
            "type": "Custom",
            "is_active": schedule.active,
            "reminder_flag": False,
            "reminder_timer": 0,
            "schedules": [
                {
                    "days": list(schedule.days),
                    "start_time": schedule.start,
                    "end_time": schedule.end,
                    "charging_level": schedule.level,
                }
            ],
        }
        for schedule in charger.schedules
    ]
    return {"system_id": request.plant.id, "charger_schedules": listed}


def lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what was charged on each day up to yesterday. Raise Refusal (400)."""
    _charger(request, request.serial)
    start = _day(request, "start_date")
    if start is None:
        raise _bad("start_date is required")
    end = _day(request, "end_date") or request.plant.local_day(request.now) - timedelta(days=1)
    first = max(start, local_date(request.plant.operational_at, request.plant.zone))
    return {"system_id": request.plant.id, "start_date": first, "consumption": daily(request, first, end)}


def telemetry(request: SystemRequest) -> dict[str, Any]:
    """Return what was charged in each quarter of an hour of a day or a week. Raise Refusal (400)."""
    _charger(request, request.serial)
    granularity = request.call.query.get("granularity", "day")
    if granularity not in _LONGEST:
        raise _bad(f"granularity {granularity} is not supported")
    zone, today = request.plant.zone, request.plant.local_day(request.now)
    body: dict[str, Any] = {"system_id": request.plant.id, "granularity": granularity}
    day = _day(request, "start_date")
    if day is not None or "start_at" not in request.call.query:
        day = day or today
        after = day + timedelta(days=_LONGEST[granularity])
        start, end = midnight_slot(day, zone), midnight_slot(after, zone)
        body |= {"start_date": day, "end_date": min(after - timedelta(days=1), today)}
    else:
        start = (request.number("start_at") or 0) // SLOT_SECONDS
        end = min(start + _LONGEST[granularity] * SLOTS_PER_DAY, slot_of(request.now))
        body |= {"start_at": slot_time(start), "end_at": slot_time(end)}
    if slot_time(start) > request.now:
        raise _bad("Requested date is in the future")
    return body | {"consumption": quarters(request, start, end, "consumption")}


def device_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what was charged on each day up to yesterday, as a Kilowatt plan has it. Raise Refusal (400, 422)."""
    _charger(request, request.serial)
    yesterday = request.plant.local_day(request.now) - timedelta(days=1)
    start = max(request.day("start_date") or date.min, local_date(request.plant.operational_at, request.plant.zone))
    end = min(request.day("end_date") or yesterday, yesterday)
    return {
        "system_id": request.plant.id,
        "start_date": start,
        "end_date": end,
        "consumption": daily(request, start, end),
    }


def _of_charger(name: str, answer: Callable[[SystemRequest], Any]) -> V4Endpoint:
    return of_system(
        f"ev_charger/{name}",
        "ev",
        answer,
        long=False,
        no_system=lambda _: _refusal(403, "Forbidden"),
        content_type=OCTETS,
        lists_devices=name == "devices",
    )


ENDPOINTS: tuple[V4Endpoint, ...] = (
    _of_charger("devices", devices),
    _of_charger("events", events),
    _of_charger("{sn}/sessions", sessions),
    _of_charger("{sn}/schedules", schedules),
    _of_charger("{sn}/lifetime", lifetime),
    _of_charger("{sn}/telemetry", telemetry),
)


def daily(request: SystemRequest, start: date, end: date) -> list[int]:
    """Return what was charged on each day, as far as it is known, in Wh."""
    known, zone = request.plant.newest_slot(request.now), request.plant.zone
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    bounds = [(midnight_slot(day, zone), midnight_slot(day + timedelta(days=1), zone)) for day in days]
    return [request.plant.series.charged(begin, max(begin, min(stop, known))) for begin, stop in bounds]


def quarters(request: SystemRequest, start: int, end: int, name: str) -> list[dict[str, Any]]:
    """Return what was charged in each quarter of an hour, as far as it is known, in Wh."""
    start = max(start, slot_of(request.plant.operational_at)) // SLOTS_PER_QUARTER * SLOTS_PER_QUARTER
    end = min(end, request.plant.newest_slot(request.now))
    charged, step = request.plant.series.charged, SLOTS_PER_QUARTER
    return [
        {"end_at": slot_time(slot + step), name: charged(slot, slot + step)}
        for slot in range(start, end - step + 1, step)
    ]


def _sessions(request: SystemRequest) -> list[tuple[datetime, datetime]]:
    """Return begin and end of the sessions of the last year that are over, the newest first."""
    plant, known = request.plant, request.plant.newest_slot(request.now)
    if plant.ev_charger is None or plant.load is None or plant.load.ev is None:
        return []
    sky, found = plant.sky, []
    newest, oldest = sky.solar_day(known), sky.solar_day(slot_of(plant.operational_at)) + 1
    for solar_day in range(newest, max(oldest, newest - 365) - 1, -1):
        if session := plant.load.ev.session(solar_day):
            begin = sky.first_slot(solar_day)
            if begin + session[1] <= known:
                found.append((slot_time(begin + session[0]), slot_time(begin + session[1])))
    return found


def _page[T](request: SystemRequest, rows: list[T]) -> list[T]:
    """Return the rows that are asked for. Raise Refusal (400)."""
    try:
        offset = int(request.call.query.get("offset", 0))
        limit = int(request.call.query.get("limit", _DEFAULT))
    except ValueError:
        raise _bad("offset and limit are numbers") from None
    if offset < 0 or not 0 < limit <= _MOST:
        raise _bad(f"limit must be 1 to {_MOST}")
    return rows[offset : offset + limit]


def _day(request: SystemRequest, name: str) -> date | None:
    """Return a date, which has no hyphens here. Raise Refusal (400)."""
    text = request.call.query.get(name)
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - dates have no zone
    except ValueError:
        raise _bad(f"Failed to parse date {text}") from None
    if day > request.plant.local_day(request.now):
        raise _bad("Requested date is in the future")
    return day


def _charger(request: SystemRequest, serial: str) -> EvCharger:
    """Return the system's charger that has a serial number. Raise Refusal (400)."""
    charger = request.plant.ev_charger
    if charger is None or charger.serial != serial:
        raise _bad("Invalid serial number")
    return charger


def _bad(details: str) -> Refusal:
    return _refusal(400, "Bad request", details)


def _refusal(status: int, message: str, details: str = "Not authorized to access this resource") -> Refusal:
    body = {"message": message, "code": str(status), "details": [details]}
    return Refusal(Answer(status=status, body=body, content_type=OCTETS))
