"""Enphase v4's EV charger monitoring (Enphase v4 specification, "EV Charger Monitoring").

Errors have a form of their own, and everything is called a stream of bytes.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from ..plant.devices import EvCharger
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_QUARTER, local_date, midnight_slot, slot_of, slot_time
from ..web import Answer, Refusal
from .v4_ask import Endpoint, SystemAsk, of_system
from .v4_devices import charger_of

OCTETS = "application/octet-stream"
_MOST = 100
_DEFAULT = 20
_LONGEST = {"day": 1, "week": 7}
_MILES_PER_KWH = 3.4
_PRICE = 0.28


def devices(ask: SystemAsk) -> dict[str, Any]:
    """Return the chargers."""
    plant = ask.plant
    listed = [charger_of(plant, plant.ev_charger, ask.now)] if plant.ev_charger else []
    return {
        "system_id": plant.id,
        "total_devices": len(listed),
        "items": "devices",
        "devices": {"ev_chargers": listed},
    }


def events(ask: SystemAsk) -> dict[str, Any]:
    """Return what happened, the newest first: here that charging began and ended."""
    wanted = ask.call.query.get("serial_num")
    if wanted is not None:
        _demand(ask, wanted)
    rows = [
        {"status": "Info", "triggered_date": moment, "cleared_date": moment, "details": details}
        for start, end in _sessions(ask)
        for moment, details in ((end, "Charging ended"), (start, "Charging started"))
    ]
    page = _page(ask, rows)
    return {"system_id": ask.plant.id, "count": len(page), "events": page}


def sessions(ask: SystemAsk) -> dict[str, Any]:
    """Return the times of charging that are over, the newest first."""
    _demand(ask, ask.serial)
    page = []
    for start, end in _page(ask, _sessions(ask)):
        seconds = int((end - start).total_seconds())
        kwh = round(ask.plant.series.charged(slot_of(start), slot_of(end)) / 1000, 3)
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
    return {"system_id": ask.plant.id, "count": len(page), "sessions": page}


def schedules(ask: SystemAsk) -> dict[str, Any]:
    """Return when the charger is allowed to charge."""
    charger = _demand(ask, ask.serial)
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
    return {"system_id": ask.plant.id, "charger_schedules": listed}


def lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what was charged on each day up to yesterday. Raise Refusal (400)."""
    _demand(ask, ask.serial)
    start = _day(ask, "start_date")
    if start is None:
        raise _bad("start_date is required")
    end = _day(ask, "end_date") or ask.plant.local_day(ask.now) - timedelta(days=1)
    first = max(start, local_date(ask.plant.operational_at, ask.plant.zone))
    return {"system_id": ask.plant.id, "start_date": first, "consumption": daily(ask, first, end)}


def telemetry(ask: SystemAsk) -> dict[str, Any]:
    """Return what was charged in each quarter of an hour of a day or a week. Raise Refusal (400)."""
    _demand(ask, ask.serial)
    granularity = ask.call.query.get("granularity", "day")
    if granularity not in _LONGEST:
        raise _bad(f"granularity {granularity} is not supported")
    zone, today = ask.plant.zone, ask.plant.local_day(ask.now)
    body: dict[str, Any] = {"system_id": ask.plant.id, "granularity": granularity}
    day = _day(ask, "start_date")
    if day is not None or "start_at" not in ask.call.query:
        day = day or today
        after = day + timedelta(days=_LONGEST[granularity])
        start, end = midnight_slot(day, zone), midnight_slot(after, zone)
        body |= {"start_date": day, "end_date": min(after - timedelta(days=1), today)}
    else:
        start = (ask.number("start_at") or 0) // SLOT_SECONDS
        end = min(start + _LONGEST[granularity] * SLOTS_PER_DAY, slot_of(ask.now))
        body |= {"start_at": slot_time(start), "end_at": slot_time(end)}
    if slot_time(start) > ask.now:
        raise _bad("Requested date is in the future")
    return body | {"consumption": quarters(ask, start, end, "consumption")}


def device_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return the same as a Kilowatt plan has it."""
    _demand(ask, ask.serial)
    yesterday = ask.plant.local_day(ask.now) - timedelta(days=1)
    start = max(ask.day("start_date") or date.min, local_date(ask.plant.operational_at, ask.plant.zone))
    end = min(ask.day("end_date") or yesterday, yesterday)
    return {
        "system_id": ask.plant.id,
        "start_date": start,
        "end_date": end,
        "consumption": daily(ask, start, end),
    }


def _listed(name: str, answer: Callable[[SystemAsk], Any]) -> Endpoint:
    return of_system(
        f"ev_charger/{name}",
        "ev",
        answer,
        long=False,
        no_system=lambda _: _refusal(403, "Forbidden"),
        content_type=OCTETS,
        lists_devices=name == "devices",
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _listed("devices", devices),
    _listed("events", events),
    _listed("{sn}/sessions", sessions),
    _listed("{sn}/schedules", schedules),
    _listed("{sn}/lifetime", lifetime),
    _listed("{sn}/telemetry", telemetry),
)


def daily(ask: SystemAsk, start: date, end: date) -> list[int]:
    """Return what was charged on each day, as far as it is known, in Wh."""
    known, zone = ask.plant.newest_slot(ask.now), ask.plant.zone
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    bounds = [(midnight_slot(day, zone), midnight_slot(day + timedelta(days=1), zone)) for day in days]
    return [ask.plant.series.charged(begin, max(begin, min(stop, known))) for begin, stop in bounds]


def quarters(ask: SystemAsk, start: int, end: int, name: str) -> list[dict[str, Any]]:
    """Return what was charged in each quarter of an hour, as far as it is known, in Wh."""
    start = max(start, slot_of(ask.plant.operational_at)) // SLOTS_PER_QUARTER * SLOTS_PER_QUARTER
    end = min(end, ask.plant.newest_slot(ask.now))
    charged, step = ask.plant.series.charged, SLOTS_PER_QUARTER
    return [
        {"end_at": slot_time(slot + step), name: charged(slot, slot + step)}
        for slot in range(start, end - step + 1, step)
    ]


def _sessions(ask: SystemAsk) -> list[tuple[datetime, datetime]]:
    """Return begin and end of the sessions of the last year that are over, the newest first."""
    plant, known = ask.plant, ask.plant.newest_slot(ask.now)
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


def _page[T](ask: SystemAsk, rows: list[T]) -> list[T]:
    """Return the rows that are asked for. Raise Refusal (400)."""
    try:
        offset = int(ask.call.query.get("offset", 0))
        limit = int(ask.call.query.get("limit", _DEFAULT))
    except ValueError:
        raise _bad("offset and limit are numbers") from None
    if offset < 0 or not 0 < limit <= _MOST:
        raise _bad(f"limit must be 1 to {_MOST}")
    return rows[offset : offset + limit]


def _day(ask: SystemAsk, name: str) -> date | None:
    """Return a date, which has no hyphens here. Raise Refusal (400)."""
    text = ask.call.query.get(name)
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - dates have no zone
    except ValueError:
        raise _bad(f"Failed to parse date {text}") from None
    if day > ask.plant.local_day(ask.now):
        raise _bad("Requested date is in the future")
    return day


def _demand(ask: SystemAsk, serial: str) -> EvCharger:
    """Return the system's charger that has a serial number. Raise Refusal (400)."""
    charger = ask.plant.ev_charger
    if charger is None or charger.serial != serial:
        raise _bad("Invalid serial number")
    return charger


def _bad(details: str) -> Refusal:
    return _refusal(400, "Bad request", details)


def _refusal(status: int, message: str, details: str = "Not authorized to access this resource") -> Refusal:
    body = {"message": message, "code": str(status), "details": [details]}
    return Refusal(Answer(status=status, body=body, content_type=OCTETS))
