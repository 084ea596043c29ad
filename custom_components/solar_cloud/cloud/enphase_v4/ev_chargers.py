"""The endpoints about EV chargers of Enphase API v4; reads only.

They differ from the rest: dates are written without hyphens, and the answers are JSON that calls itself a stream of
bytes (Enphase v4 documentation, EV charger monitoring). Energies are Wh, instants aware UTC, days the system's own.
"""

from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ...model.elements import Device, Flow
from . import parse_events as events
from .api import EnphaseV4Api
from .ev_model import ChargerEvent, ChargerSchedule, ChargingSession
from .model import DailySeries, Granularity, Telemetry
from .parse import parse_ev_chargers
from .parse_energy import parse_lifetime

MOST_ROWS = 100


class EvChargerApi:
    """The chargers' endpoints; every method sends one request and raises `CloudError`."""

    def __init__(self, api: EnphaseV4Api, zone: ZoneInfo) -> None:
        """Ask through the client of all other endpoints; `zone` is for dates that come as instants."""
        self._api = api
        self._zone = zone

    async def devices(self, system_id: str) -> tuple[Device, ...]:
        """Return the chargers of a system."""
        return parse_ev_chargers(await self._api.get(_path(system_id, "devices")), system_id)

    async def events(self, system_id: str, serial: str | None = None, *, offset: int = 0) -> tuple[ChargerEvent, ...]:
        """Return what happened at all chargers or at one, a hundred at a time, the newest first."""
        query = [("offset", str(offset)), ("limit", str(MOST_ROWS))]
        query += [("serial_num", serial)] if serial else []
        return events.parse_charger_events(await self._api.get(_path(system_id, "events"), query), system_id)

    async def sessions(self, system_id: str, serial: str, *, offset: int = 0) -> tuple[ChargingSession, ...]:
        """Return the charging sessions of a charger, a hundred at a time."""
        query = [("offset", str(offset)), ("limit", str(MOST_ROWS))]
        return events.parse_sessions(await self._api.get(_path(system_id, "sessions", serial), query), system_id)

    async def schedules(self, system_id: str, serial: str) -> tuple[ChargerSchedule, ...]:
        """Return when a charger may charge."""
        return events.parse_schedules(await self._api.get(_path(system_id, "schedules", serial)), system_id)

    async def lifetime(self, system_id: str, serial: str, start: date, end: date | None = None) -> DailySeries:
        """Return what a charger used (Wh) on each day since `start`, which the cloud demands."""
        query = [("start_date", _day(start)), *([("end_date", _day(end))] if end else [])]
        answer = await self._api.get(_path(system_id, "lifetime", serial), query)
        return parse_lifetime(answer, system_id, "ev_charger/lifetime", {"consumption": Flow.CONSUMPTION}, self._zone)

    async def telemetry(self, system_id: str, serial: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what a charger used (Wh) in rows of 15 minutes, a day or a week from an instant on."""
        query = [("granularity", str(granularity)), ("start_at", str(int(start.timestamp())))]
        answer = await self._api.get(_path(system_id, "telemetry", serial), query)
        return events.parse_charger_telemetry(answer, system_id)


def _path(system_id: str, what: str, serial: str | None = None) -> str:
    part = f"{quote(serial, safe='')}/" if serial else ""
    return f"/systems/{quote(system_id, safe='')}/ev_charger/{part}{what}"


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
