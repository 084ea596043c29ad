"""The endpoints of Enphase API v4, one method each: typed answers, one request, and what a refusal means.

The API key travels in the header ``key``, which servers do not log, beside the owner's access token. Facts are from the
Enphase v4 documentation. Instants are aware UTC, days are the system's own, energies are Wh.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp

from ...model.elements import Flow, System
from ..account import Account
from ..auth import Auth
from ..enphase import query as query_of
from ..enphase.model import EnergyLifetime, Register, Stats
from ..enphase.parse_energy import (
    METER_LENGTH,
    MICRO_LENGTH,
    parse_energy_lifetime,
    parse_production_meter_readings,
    parse_rgm_stats,
)
from ..errors import NotAllowed, TokenRefused
from ..transport import Transport
from . import parse, parse_energy as energy, parse_events as events
from .addresses import DEFAULT_BASE_URL
from .errors import V4ErrorReader
from .lifetimes import Lifetimes
from .model import (
    Alarm,
    BatteryTelemetry,
    DailySeries,
    Devices,
    Event,
    EventType,
    Granularity,
    InvertersPage,
    Latest,
    StorageRegister,
    SystemsPage,
    SystemSummary,
    Telemetry,
)
from .rows import floor_quarter
from .system_refusals import SystemRefusals, system_of

PAGE_SIZE = 100
"""Systems, or inverters, in one request: the most that is allowed, where the cloud gives ten by itself."""
MOST_PAGES = 100
PROOF_LASTS = timedelta(hours=1)
"""How long an answer proves that key and consent are alive."""
LONGEST_EVENTS = timedelta(days=7)

type Query = Sequence[tuple[str, str]]


class EnphaseV4Api:
    """The endpoints, for one consent of an owner to one application.

    Every method sends one request and raises `CloudError`. A token that is refused is replaced by the transport, once.
    What is refused even so is checked here: another path that must work shows whether the plan lacks the one, or the
    credential is dead.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account: Account,
        *,
        api_key: str,
        auth: Auth,
        base_url: str = DEFAULT_BASE_URL,
        zone: ZoneInfo,
    ) -> None:
        """Prepare; nothing is sent. `zone` stands in for a system whose own is unknown."""
        self._account = account
        self._zone = zone
        self._transport = Transport(
            session,
            base_url,
            account,
            headers={"key": api_key},
            secrets=(api_key,),
            translate=V4ErrorReader(account),
            auth=auth,
        )
        self.lifetimes = Lifetimes()
        """The newest answers of the ``*_lifetime`` endpoints, shared by all who need them."""
        self.refusals = SystemRefusals(lambda system_id: self._transport.get(_system(system_id), renews=False))
        """What is refused of each system."""
        self._checking = asyncio.Lock()
        self._refused: str | None = None
        """The path that was refused since the last answer."""
        self._gated: set[str] = set()
        """Paths that were refused while key and consent were alive: no new token is spent on them the next time."""

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave what was asked for (aware UTC)."""
        return self._transport.last_success

    async def systems(self, page: int = 1, *, size: int = PAGE_SIZE, owner: bool = False) -> SystemsPage:
        """Return one page of the systems that the owner has granted; `owner`: somebody waits for it.

        Raises `CredentialRefused` where every other method would first ask for this list.
        """
        query = [("page", str(page)), ("size", str(size))]
        answer = await self._transport.get("/systems", query, owner=owner)
        self._refused = None
        return parse.parse_systems(answer)

    async def system(self, system_id: str) -> System | None:
        """Return one system: name, time zone, status, when it was installed and last heard of."""
        return parse.parse_system(await self._get(_system(system_id)), system_id)

    async def system_id_of(self, serial: str) -> str | None:
        """Return the system that a gateway belongs to; `NotFound` for one that is unknown or retired."""
        return parse.parse_system_id(await self._get("/systems/retrieve_system_id", [("serial_num", serial)]))

    async def summary(self, system_id: str, day: date | None = None, *, zone: ZoneInfo | None = None) -> SystemSummary:
        """Return how a system is, its power (W) and its energy (Wh) today, or its energy on another day."""
        query = [("summary_date", day.isoformat())] if day else []
        answer = await self._get(_system(system_id, "summary"), query)
        return parse.parse_system_summary(answer, system_id, zone or self._zone, past=day is not None)

    async def devices(self, system_id: str) -> Devices:
        """Return the active devices of a system with status and last report."""
        return parse.parse_devices(await self._get(_system(system_id, "devices")), system_id)

    async def inverters_summary(self, system_id: str, page: int = 1) -> InvertersPage:
        """Return up to 100 microinverters with power (W) and lifetime energy (Wh)."""
        query = [("site_id", system_id), ("page", str(page)), ("size", str(PAGE_SIZE))]
        return parse.parse_inverters(await self._get("/systems/inverters_summary_by_envoy_or_site", query))

    async def latest_telemetry(self, system_id: str) -> Latest:
        """Return the newest powers (W) of meters, batteries, heat pumps and EV chargers."""
        return parse.parse_latest(await self._get(_system(system_id, "latest_telemetry")), system_id)

    async def production_micro(self, system_id: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what the microinverters produced in rows of 5 minutes; how much a week holds is not documented."""
        answer = await self._telemetry(system_id, "telemetry/production_micro", start, granularity)
        return energy.parse_telemetry(answer, system_id, "telemetry/production_micro", MICRO_LENGTH, ("enwh",), "powr")

    async def production_meter(self, system_id: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what the production meters measured in rows of 15 minutes."""
        answer = await self._telemetry(system_id, "telemetry/production_meter", start, granularity)
        return energy.parse_telemetry(answer, system_id, "telemetry/production_meter", METER_LENGTH, ("wh_del", "enwh"))

    async def consumption_meter(self, system_id: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what was used in rows of 15 minutes."""
        answer = await self._telemetry(system_id, "telemetry/consumption_meter", start, granularity)
        return energy.parse_telemetry(answer, system_id, "telemetry/consumption_meter", METER_LENGTH, ("enwh",))

    async def battery(self, system_id: str, start: datetime, granularity: Granularity) -> BatteryTelemetry:
        """Return what the batteries took and gave in rows of 15 minutes, and how full they are (per cent)."""
        answer = await self._telemetry(system_id, "telemetry/battery", start, granularity)
        return energy.parse_battery(answer, system_id)

    async def energy_import(self, system_id: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what came from the grid in rows of 15 minutes; sites without a meter are seen to answer 500."""
        answer = await self._telemetry(system_id, "energy_import_telemetry", start, granularity)
        return energy.parse_telemetry(answer, system_id, "energy_import_telemetry", METER_LENGTH, energy.IMPORT_FIELDS)

    async def energy_export(self, system_id: str, start: datetime, granularity: Granularity) -> Telemetry:
        """Return what went to the grid in rows of 15 minutes; sites without a meter are seen to answer 500."""
        answer = await self._telemetry(system_id, "energy_export_telemetry", start, granularity)
        return energy.parse_telemetry(answer, system_id, "energy_export_telemetry", METER_LENGTH, energy.EXPORT_FIELDS)

    async def rgm_stats(self, system_id: str, start: datetime, end: datetime) -> Stats:
        """Return the revenue-grade meters' production in rows of 15 minutes, also of each meter; a week at most."""
        query = [("start_at", query_of.epoch(start)), ("end_at", query_of.epoch(min(end, self._now())))]
        return parse_rgm_stats(await self._get(_system(system_id, "rgm_stats"), query), system_id)

    async def energy_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None, *, all_series: bool = False
    ) -> EnergyLifetime:
        """Return the production of each day, by default of the whole life up to yesterday.

        `all_series` gives the microinverters' and the meter's own series beside the merged one.
        """
        query = [*query_of.days(start, end), *([("production", "all")] if all_series else [])]
        answer = await self._get(_system(system_id, "energy_lifetime"), query)
        return parse_energy_lifetime(answer, system_id, self._zone)

    async def consumption_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None
    ) -> DailySeries:
        """Return what was used on each day, by default of the whole life up to yesterday."""
        return await self._lifetime(system_id, "consumption_lifetime", {"consumption": Flow.CONSUMPTION}, start, end)

    async def battery_lifetime(self, system_id: str, start: date | None = None, end: date | None = None) -> DailySeries:
        """Return what the batteries took and gave on each day."""
        flows = {"charge": Flow.BATTERY_CHARGE, "discharge": Flow.BATTERY_DISCHARGE}
        return await self._lifetime(system_id, "battery_lifetime", flows, start, end)

    async def import_lifetime(self, system_id: str, start: date | None = None, end: date | None = None) -> DailySeries:
        """Return what came from the grid on each day."""
        return await self._lifetime(system_id, "energy_import_lifetime", {"import": Flow.GRID_IMPORT}, start, end)

    async def export_lifetime(self, system_id: str, start: date | None = None, end: date | None = None) -> DailySeries:
        """Return what went to the grid on each day."""
        return await self._lifetime(system_id, "energy_export_lifetime", {"export": Flow.GRID_EXPORT}, start, end)

    async def production_meter_readings(self, system_id: str, end: datetime | None = None) -> tuple[Register, ...]:
        """Return what each production meter had counted (Wh) by an instant; retired ones stay listed."""
        answer = await self._get(_system(system_id, "production_meter_readings"), query_of.span(None, end))
        return parse_production_meter_readings(answer, system_id)

    async def consumption_meter_readings(self, system_id: str, end: datetime | None = None) -> tuple[Register, ...]:
        """Return what each consumption meter had counted (Wh): of the grid or the house, as it is wired."""
        answer = await self._get(_system(system_id, "consumption_meter_readings"), query_of.span(None, end))
        return energy.parse_consumption_registers(answer, system_id)

    async def storage_meter_readings(self, system_id: str, end: datetime | None = None) -> tuple[StorageRegister, ...]:
        """Return what each battery meter had counted (Wh) in either direction."""
        answer = await self._get(_system(system_id, "storage_meter_readings"), query_of.span(None, end))
        return energy.parse_storage_registers(answer, system_id)

    async def events(self, system_id: str, start: datetime, end: datetime | None = None) -> tuple[Event, ...]:
        """Return what happened within a week at most, by default within a day; nothing is older than some months."""
        query = [("start_time", query_of.epoch(start))]
        if end is not None:
            query.append(("end_time", query_of.epoch(min(end, start + LONGEST_EVENTS))))
        return events.parse_events(await self._get(_system(system_id, "events"), query), system_id)

    async def open_events(self, system_id: str) -> tuple[Event, ...]:
        """Return what has not ended yet."""
        return events.parse_events(await self._get(_system(system_id, "open_events")), system_id)

    async def alarms(
        self, system_id: str, start: datetime, end: datetime | None = None, *, cleared: bool = False
    ) -> tuple[Alarm, ...]:
        """Return the alarms of a week at most, `cleared` those that are over."""
        query = [("start_time", query_of.epoch(start)), ("cleared", str(cleared).lower())]
        if end is not None:
            query.append(("end_time", query_of.epoch(min(end, start + LONGEST_EVENTS))))
        return events.parse_alarms(await self._get(_system(system_id, "alarms"), query), system_id)

    async def open_alarms(self, system_id: str) -> tuple[Alarm, ...]:
        """Return the alarms that stand."""
        return events.parse_alarms(await self._get(_system(system_id, "open_alarms")), system_id)

    async def event_types(self, type_id: int | None = None) -> tuple[EventType, ...]:
        """Return what event types stand for, of all or of one; `NotFound` for one that there is not."""
        query = [] if type_id is None else [("event_type_id", str(type_id))]
        return events.parse_event_types(await self._get("/systems/event_types", query))

    async def get(self, path: str, query: Query = ()) -> Any:
        """Return the JSON of a path, for endpoints that stand elsewhere; a refusal is checked as for all."""
        return await self._get(path, query)

    async def _lifetime(
        self, system_id: str, what: str, fields: dict[str, Flow], start: date | None, end: date | None
    ) -> DailySeries:
        answer = await self._get(_system(system_id, what), query_of.days(start, end))
        return energy.parse_lifetime(answer, system_id, what, fields, self._zone)

    async def _telemetry(self, system_id: str, what: str, start: datetime, granularity: Granularity) -> Any:
        """Ask for rows. Without a start the granularity is ignored; an end in the future may be refused."""
        end = min(start + granularity.length, floor_quarter(self._now()))
        query = [
            ("start_at", query_of.epoch(start)),
            ("end_at", query_of.epoch(end)),
            ("granularity", str(granularity)),
        ]
        return await self._get(_system(system_id, what), query)

    def _now(self) -> datetime:
        return self._account.clock()

    async def _get(self, path: str, query: Query = ()) -> Any:
        """Send a request for anything but the list of systems, of which alone a refusal is final."""
        system_id = system_of(path, query)
        try:
            answer = await self._transport.get(path, query, renews=path not in self._gated)
        except TokenRefused as err:
            refusal, is_token = str(err), True
        except NotAllowed as err:
            refusal, is_token = str(err), False
        else:
            self._refused = None
            self._gated.discard(path)
            if system_id is not None:
                self.refusals.answered(system_id)
            return answer
        if is_token:
            await self._require_alive(path)
            self._gated.add(path)
        if system_id is None:
            raise NotAllowed(refusal)
        async with self._checking:
            raise await self.refusals.meaning(system_id, path, refusal, self._now(), proven=is_token)

    async def _require_alive(self, path: str) -> None:
        """Return if key and consent are known to be alive or prove to be; raise `CredentialRefused` if they are dead.

        An answer within the hour is proof for one path: when a second one is refused before another answer came, the
        list of systems is asked for, which every plan has. Another `CloudError` means that it could not be found out.
        """
        async with self._checking:
            last = self.last_success
            fresh = last is not None and timedelta(0) <= self._now() - last < PROOF_LASTS
            if not fresh or self._refused not in {None, path}:
                await self.systems(size=1)
            self._refused = path


def _system(system_id: str, what: str = "") -> str:
    path = f"/systems/{quote(system_id, safe='')}"
    return f"{path}/{what}" if what else path
