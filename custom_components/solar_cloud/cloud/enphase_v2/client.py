"""Enphase Enlighten Systems API v2: key and user ID in the query, intervals stamped by their end, days at the system.

Facts are from the Enphase v2 documentation; the endpoint for single inverters is from its late release notes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, override
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp

from ...model.data import SystemData, local_day, midnight
from ...model.elements import DeviceKind, Flow, System, Update, Vendor
from ...model.series import EMPTY, newest_end
from ..account import Account
from ..base import Cloud, Job
from ..enphase import query as query_of
from ..enphase.errors import ErrorReader
from ..enphase.model import (
    METER_SOURCE,
    ConsumptionLifetime,
    DeviceState,
    EnergyLifetime,
    Envoys,
    Inventory,
    MonthlyProduction,
    Register,
    Stats,
    Summary,
)
from ..enphase.parse import parse_inverters_summary, parse_summary
from ..enphase.parse_energy import parse_energy_lifetime, parse_production_meter_readings, parse_rgm_stats
from ..enphase.updates import states_update, summary_update
from ..errors import CloudError, CredentialRefused, NotAllowed, NotFound
from ..transport import Transport
from . import parse, parse_energy as energy
from .archive import EnphaseV2Archive, rows
from .envoys import known_before, wants_envoys
from .meters import listed_meters, metered, meters_update, rows_from
from .registers import Registers

DEFAULT_BASE_URL = "https://api.enphaseenergy.com/api/v2"
PAGE_SIZE = 1000
"""Systems in one request: the most that the documentation allows."""
MOST_PAGES = 100
LATE = timedelta(hours=6)
"""How far back rows are read once more: that costs nothing within the one request."""
PROOF_LASTS = timedelta(hours=1)
"""How long a list of systems that was read proves that the credential is alive."""

SUMMARY = Job(name="summary", cadence=timedelta(minutes=5), delay=timedelta(minutes=2), weight=3, first=True)
ENVOYS = Job(name="envoys", cadence=timedelta(hours=6), night=True, optional=True)
INVENTORY = Job(name="inventory", cadence=timedelta(hours=24), night=True)
INVERTERS = Job(name="inverters", cadence=timedelta(minutes=15), weight=1, optional=True)
METERS = Job(name="meters", cadence=timedelta(minutes=15), delay=timedelta(minutes=2), weight=0.5, optional=True)
# What statistics are made of where the microinverters measure; the meters' rows are read anyway.
DETAIL = Job(name="detail", cadence=timedelta(hours=1), delay=timedelta(minutes=5), weight=0.5, optional=True)
# Sends nothing on most days. After the meters, whose quarter hours carry a register on.
REGISTERS = Job(name="registers", cadence=timedelta(hours=24), night=True, optional=True)


class EnphaseV2(Cloud):
    """The client for one user of one Enphase v2 application.

    Every method sends one request (`systems` one for each 1,000 systems) and raises `CloudError`. A refused credential
    is told apart from what the account may not read by asking for the list of systems, at most once an hour.
    """

    vendor = Vendor.ENPHASE
    jobs = (SUMMARY, ENVOYS, INVENTORY, INVERTERS, METERS, DETAIL, REGISTERS)

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account: Account,
        *,
        api_key: str,
        user_id: str,
        base_url: str = DEFAULT_BASE_URL,
        zone: ZoneInfo,
    ) -> None:
        """Prepare; nothing is sent. `zone` stands in for a system whose own is unknown."""
        self._zone = zone
        self._account = account
        self._transport = Transport(
            session,
            base_url,
            account,
            query={"key": api_key, "user_id": user_id},
            secrets=(api_key, user_id),
            translate=ErrorReader(account),
        )
        self.archive = EnphaseV2Archive(self, zone)
        self._registers = Registers(self.monthly_production, self.production_meter_readings)
        self._alive_at: datetime | None = None
        self._telling_apart = asyncio.Lock()
        self._runs: dict[str, Callable[[SystemData, datetime], Awaitable[Update]]] = {
            SUMMARY.name: self._run_summary,
            ENVOYS.name: self._run_envoys,
            INVENTORY.name: self._run_inventory,
            INVERTERS.name: self._run_inverters,
            METERS.name: self._run_meters,
            DETAIL.name: self._run_detail,
            REGISTERS.name: self._run_registers,
        }

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return all systems of the user, in the cloud's order; one request for each 1,000 of them.

        The owner waits for this list, so it may use the last 5 % of the month. Raises `CredentialRefused` where every
        other method would first ask for this list.
        """
        systems: dict[str, System] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            query = [("limit", str(PAGE_SIZE)), *([("next", cursor)] if cursor else [])]
            page, cursor = await self._systems_page(query, owner=True)
            fresh = [system for system in page if system.id not in systems]
            systems |= {system.id: system for system in fresh}
            if cursor is None or not fresh:  # a cursor that leads back would never end
                break
        return tuple(systems.values())

    async def summary(self, system_id: str, day: date | None = None, *, zone: ZoneInfo | None = None) -> Summary:
        """Return how a system is and what it has produced today, or on another day, which tells energies only.

        Raises `NoDataYet` for a day in the future. `zone` is the system's, for a server that writes dates as times.
        """
        query = [("summary_date", day.isoformat())] if day else []
        answer = await self._get(f"{_system_path(system_id)}/summary", query)
        return parse_summary(answer, system_id, zone or self._zone, past=day is not None)

    async def stats(self, system_id: str, start: datetime | None = None, end: datetime | None = None) -> Stats:
        """Return the microinverters' production in 5-minute intervals, one day at most; by default today so far.

        Instants are aware; the cloud rounds them down to 5 minutes. Raises `NoDataYet` for a start after the last
        interval, such as today before sunrise.
        """
        answer = await self._get(f"{_system_path(system_id)}/stats", query_of.span(start, end))
        return energy.parse_stats(answer, system_id)

    async def rgm_stats(self, system_id: str, start: datetime | None = None, end: datetime | None = None) -> Stats:
        """Return the revenue-grade meters' production in 15-minute intervals; without a meter there are none.

        A month at most, a week by the late v2 documentation; by default today so far. Instants are aware.
        """
        answer = await self._get(f"{_system_path(system_id)}/rgm_stats", query_of.span(start, end))
        return parse_rgm_stats(answer, system_id)

    async def consumption_stats(
        self, system_id: str, start: datetime | None = None, end: datetime | None = None
    ) -> Stats:
        """Return what was used in 15-minute intervals, a month at most; late v2 only; by default today so far.

        Without a consumption meter there are none; who may not see them gets `NotAllowed`. Instants are aware.
        """
        answer = await self._get(f"{_system_path(system_id)}/consumption_stats", query_of.span(start, end))
        return energy.parse_consumption_stats(answer, system_id)

    async def consumption_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None
    ) -> ConsumptionLifetime:
        """Return what was used on each day, by default from the first day to yesterday; late v2 only.

        Without a consumption meter there is no day; who may not see them gets `NotAllowed`.
        """
        answer = await self._get(f"{_system_path(system_id)}/consumption_lifetime", query_of.days(start, end))
        return energy.parse_consumption_lifetime(answer, system_id, self._zone)

    async def energy_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None, *, all_series: bool = False
    ) -> EnergyLifetime:
        """Return the production of each day, by default from the first day to yesterday or the last one reported.

        `all_series` gives the microinverters' and the meter's own series beside the merged one.
        """
        query = [*query_of.days(start, end), *([("production", "all")] if all_series else [])]
        answer = await self._get(f"{_system_path(system_id)}/energy_lifetime", query)
        return parse_energy_lifetime(answer, system_id, self._zone)

    async def monthly_production(self, system_id: str, start: date) -> MonthlyProduction:
        """Return the production of the month that begins on a day at least one month ago."""
        query = [("start_date", start.isoformat())]
        answer = await self._get(f"{_system_path(system_id)}/monthly_production", query)
        return energy.parse_monthly_production(answer, system_id, self._zone)

    async def production_meter_readings(self, system_id: str, end: datetime | None = None) -> tuple[Register, ...]:
        """Return what each revenue-grade meter had counted by an instant, by default now; late v2 only.

        Each says when it was read. Retired meters stay listed.
        """
        answer = await self._get(f"{_system_path(system_id)}/production_meter_readings", query_of.span(None, end))
        return parse_production_meter_readings(answer, system_id)

    async def envoys(self, system_id: str) -> Envoys:
        """Return the active Envoys of a system and when each last reported."""
        return parse.parse_envoys(await self._get(f"{_system_path(system_id)}/envoys"), system_id)

    async def inventory(self, system_id: str) -> Inventory:
        """Return the devices of a system that are not retired."""
        return parse.parse_inventory(await self._get(f"{_system_path(system_id)}/inventory"), system_id)

    async def inverters_summary(self, system_id: str) -> tuple[DeviceState, ...]:
        """Return the microinverters of a system with power and lifetime energy; not every v2 account has this."""
        answer = await self._get("/systems/inverters_summary_by_envoy_or_site", [("site_id", system_id)])
        return parse_inverters_summary(answer)

    @override
    async def run(self, job: Job, data: SystemData, now: datetime) -> Update:
        """Fetch one of `jobs` for a system; `now` is aware UTC. Raises `CloudError`.

        Each sends one request, `registers` none on most days and two when it finds an endpoint missing, `inverters` a
        second one in the evening and the morning where there are several Envoys. Raises `KeyError` for another
        client's job.
        """
        return await self._runs[job.name](data, now)

    @override
    def wants(self, job: Job, data: SystemData) -> bool:
        """Tell whether a system has what a job asks for: no meter in its inventory, no request for meters."""
        match job.name:
            case METERS.name:
                return bool(listed_meters(data))
            case DETAIL.name:
                return data.system.source != METER_SOURCE
            case REGISTERS.name:
                return bool(metered(data))
            case _:
                return True

    async def _run_summary(self, data: SystemData, _now: datetime) -> Update:
        system = data.system
        # Without summary_date: with it the cloud leaves out power, size and modules.
        summary = await self.summary(system.id, zone=system.zone(self._zone))
        return summary_update(summary, system)

    async def _run_envoys(self, data: SystemData, _now: datetime) -> Update:
        envoys = await self.envoys(data.system.id)
        complete = frozenset({DeviceKind.GATEWAY}) if envoys.complete else frozenset()
        return replace(states_update(envoys.states), complete=complete)

    async def _run_inventory(self, data: SystemData, _now: datetime) -> Update:
        inventory = await self.inventory(data.system.id)
        return Update(devices=inventory.devices, complete=inventory.complete, readings=inventory.readings)

    async def _run_inverters(self, data: SystemData, now: datetime) -> Update:
        states = await self.inverters_summary(data.system.id)
        if wants_envoys(data, states, now):
            with suppress(CloudError):  # what is paid for is kept
                envoys = await self.envoys(data.system.id)
                states = (*states, *known_before(envoys.states, now))
        return states_update(states)

    async def _run_meters(self, data: SystemData, now: datetime) -> Update:
        stats = await self.rgm_stats(data.system.id, rows_from(data, now, data.system.zone(self._zone)))
        if not stats.total_devices and not stats.intervals:
            # Those of the inventory measure consumption; there is no point in asking again soon.
            raise NotFound("no revenue-grade meter")
        return meters_update(stats, data, now)

    async def _run_registers(self, data: SystemData, now: datetime) -> Update:
        return await self._registers.update(data, now, data.system.zone(self._zone))

    async def _run_detail(self, data: SystemData, now: datetime) -> Update:
        """Read the rows since the newest known ones, and again those of the hours before: Envoys tell some late."""
        zone = data.system.zone(self._zone)
        known = newest_end(data.detail.get(Flow.PRODUCTION, EMPTY))
        start = midnight(local_day(now, zone), zone) if known is None else known - LATE
        return Update(detail=await rows(self, data, max(start, now - timedelta(days=1)), now))

    async def _get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """Send a request for anything but the list of systems, of which alone a refusal is final."""
        try:
            return await self._transport.get(path, query)
        except CredentialRefused as err:
            refusal = str(err)
        await self._require_alive()
        raise NotAllowed(refusal)

    async def _require_alive(self) -> None:
        """Return if the credential is known to be alive or proves to be; raise `CredentialRefused` if it is dead.

        Another `CloudError` means that it could not be found out.
        """
        async with self._telling_apart:
            if self._alive_at is None or not timedelta(0) <= self._account.clock() - self._alive_at < PROOF_LASTS:
                await self._systems_page([("limit", "1")])

    async def _systems_page(
        self, query: Sequence[tuple[str, str]], *, owner: bool = False
    ) -> tuple[tuple[System, ...], str | None]:
        page = parse.parse_systems(await self._transport.get("/systems", query, owner=owner))
        self._alive_at = self._account.clock()
        return page


def _system_path(system_id: str) -> str:
    return f"/systems/{quote(system_id, safe='')}"
