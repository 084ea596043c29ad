"""The JSON of Enphase v4 about events, alarms and EV chargers to the model. Pure functions, instants aware UTC."""

from datetime import timedelta
from typing import Any

from ..enphase.fields import about, amount_of
from ..enphase.parse_energy import METER_LENGTH
from ..parse import as_bool, as_code, as_float, as_int, as_list, as_str, as_time, maps_in, require_map
from .ev_model import ChargerEvent, ChargerSchedule, ChargingSession, ChargingTime
from .model import Alarm, Event, EventType, Telemetry
from .parse_energy import parse_telemetry

_KWH = 1000.0
_LONGEST = timedelta(days=366)


def parse_events(answer: Any, system_id: str) -> tuple[Event, ...]:
    """Read what happened at a system."""
    return tuple(
        Event(
            type_id=as_int(row.get("event_type_id")),
            status=as_code(row.get("status")),
            since=as_time(row.get("event_start_time")),
            until=as_time(row.get("event_end_time")),
            serial=as_str(row.get("serial_number")),
        )
        for row in maps_in(about(answer, system_id, "events").get("events"))
    )


def parse_alarms(answer: Any, system_id: str) -> tuple[Alarm, ...]:
    """Read what the owner should look at."""
    return tuple(
        Alarm(
            id=as_str(row.get("id")),
            type_id=as_int(row.get("event_type_id")),
            severity=as_int(row.get("severity")),
            cleared=as_bool(row.get("cleared")),
            since=as_time(row.get("alarm_start_time")),
            until=as_time(row.get("alarm_end_time")),
            serials=tuple(
                serial for event in maps_in(row.get("events")) if (serial := as_str(event.get("serial_number")))
            ),
        )
        for row in maps_in(about(answer, system_id, "alarms").get("alarms"))
    )


def parse_event_types(answer: Any) -> tuple[EventType, ...]:
    """Read what event types mean."""
    return tuple(
        EventType(
            id=number,
            key=as_str(row.get("event_type_key")),
            name=as_str(row.get("event_name")),
            description=as_str(row.get("event_description")),
            action=as_str(row.get("recommended_action")),
            stateful=as_bool(row.get("stateful")),
        )
        for row in maps_in(require_map(answer, "event_types").get("event_types"))
        if (number := as_int(row.get("event_type_id"))) is not None
    )


def parse_charger_events(answer: Any, system_id: str) -> tuple[ChargerEvent, ...]:
    """Read what happened at the chargers."""
    return tuple(
        ChargerEvent(
            status=as_code(row.get("status")),
            triggered=as_time(row.get("triggered_date")),
            cleared=as_time(row.get("cleared_date")),
            details=as_str(row.get("details")),
        )
        for row in maps_in(about(answer, system_id, "ev_charger/events").get("events"))
    )


def parse_sessions(answer: Any, system_id: str) -> tuple[ChargingSession, ...]:
    """Read charging sessions; the energy is in kWh, as the documentation's sample makes likely."""
    return tuple(
        ChargingSession(
            start=as_time(row.get("start_time")),
            end=as_time(row.get("end_time")),
            duration=_seconds(row.get("duration")),
            charging=_seconds(row.get("charge_time")),
            energy_wh=as_float(kwh * _KWH) if (kwh := amount_of(row.get("energy_added"))) is not None else None,
            miles_added=amount_of(row.get("miles_added")),
            cost=as_float(row.get("cost")),
        )
        for row in maps_in(about(answer, system_id, "ev_charger/sessions").get("sessions"))
    )


def parse_schedules(answer: Any, system_id: str) -> tuple[ChargerSchedule, ...]:
    """Read when chargers may charge."""
    return tuple(
        ChargerSchedule(
            type=as_str(row.get("type")),
            active=as_bool(row.get("is_active")),
            times=tuple(
                ChargingTime(
                    days=tuple(day for item in as_list(time.get("days")) if (day := as_int(item)) is not None),
                    start=as_str(time.get("start_time")),
                    end=as_str(time.get("end_time")),
                    level_percent=as_float(time.get("charging_level")),
                )
                for time in maps_in(row.get("schedules"))
            ),
        )
        for row in maps_in(about(answer, system_id, "ev_charger/schedules").get("charger_schedules"))
    )


def parse_charger_telemetry(answer: Any, system_id: str) -> Telemetry:
    """Read what a charger used in quarter hours; rows and their energy are both in a field ``consumption``."""
    data = about(answer, system_id, "ev_charger/telemetry")
    return parse_telemetry(
        {**data, "intervals": data.get("consumption")},
        system_id,
        "ev_charger/telemetry",
        METER_LENGTH,
        ("consumption",),
    )


def _seconds(value: Any) -> timedelta | None:
    number = amount_of(value)
    return timedelta(seconds=number) if number is not None and number <= _LONGEST.total_seconds() else None
