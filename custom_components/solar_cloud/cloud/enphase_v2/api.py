"""The endpoints of Enphase's Enlighten Systems API v2, one method each: typed answers, and what a refusal means.

API key and user ID travel in the query, because the API takes them nowhere else. Instants are aware UTC, days are the
system's own, energies are Wh. Facts are from the Enphase v2 documentation and its late release notes.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp

from ...model.elements import System
from ..account import Account
from ..enphase import query as query_of
from ..enphase.errors import ErrorReader
from ..enphase.model import (
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
from ..errors import CredentialRefused, NotAllowed
from ..transport import Transport
from .addresses import DEFAULT_BASE_URL
from .parse import parse_envoys, parse_inventory, parse_systems
from .parse_energy import parse_consumption_lifetime, parse_consumption_stats, parse_monthly_production, parse_stats

PAGE_SIZE = 1000
"""Systems in one request: the most that the documentation allows."""
PROOF_LASTS = timedelta(hours=1)
"""How long a list of systems that was read proves that the credential is alive."""

type Query = Sequence[tuple[str, str]]


class EnphaseV2Api:
    """The endpoints, for one user of one Enphase application.

    Every method sends one request and raises `CloudError`. A refused path can mean a dead credential, or data that the
    account may not read: the list of systems, requested at most once an hour, shows which.
    """

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
        self._alive_at: datetime | None = None
        self._proof_lock = asyncio.Lock()

    async def systems(
        self, cursor: str | None = None, *, size: int = PAGE_SIZE, owner: bool = False
    ) -> tuple[tuple[System, ...], str | None]:
        """Return one page of the user's systems, and the cursor of the next page, if any.

        `owner`: somebody waits for it, so it may use the last 5 % of the month. Raises `CredentialRefused` where every
        other method would first request this list.
        """
        query = [("limit", str(size)), *([("next", cursor)] if cursor else [])]
        page = parse_systems(await self._transport.get("/systems", query, owner=owner))
        self._alive_at = self._account.clock()
        return page

    async def summary(self, system_id: str, day: date | None = None, *, zone: ZoneInfo | None = None) -> Summary:
        """Return the state of a system and its energy today; for another day its energies only.

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
        return parse_stats(answer, system_id)

    async def rgm_stats(self, system_id: str, start: datetime | None = None, end: datetime | None = None) -> Stats:
        """Return the revenue-grade meters' production in 15-minute intervals; without a meter there are none.

        A month at most, a week by the late v2 documentation; by default today so far. Instants are aware.
        """
        answer = await self._get(f"{_system_path(system_id)}/rgm_stats", query_of.span(start, end))
        return parse_rgm_stats(answer, system_id)

    async def consumption_stats(
        self, system_id: str, start: datetime | None = None, end: datetime | None = None
    ) -> Stats:
        """Return the consumption in 15-minute intervals, a month at most; late v2 only; by default today so far.

        Without a consumption meter there are none; an account that may not read them gets `NotAllowed`. Instants are
        aware.
        """
        answer = await self._get(f"{_system_path(system_id)}/consumption_stats", query_of.span(start, end))
        return parse_consumption_stats(answer, system_id)

    async def consumption_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None
    ) -> ConsumptionLifetime:
        """Return the consumption of each day, by default from the first day to yesterday; late v2 only.

        Without a consumption meter there is no day; an account that may not read them gets `NotAllowed`.
        """
        answer = await self._get(f"{_system_path(system_id)}/consumption_lifetime", query_of.days(start, end))
        return parse_consumption_lifetime(answer, system_id, self._zone)

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
        return parse_monthly_production(answer, system_id, self._zone)

    async def production_meter_readings(self, system_id: str, end: datetime | None = None) -> tuple[Register, ...]:
        """Return what each revenue-grade meter had counted by an instant, by default now; late v2 only.

        Each says when it was read. Retired meters stay listed.
        """
        answer = await self._get(f"{_system_path(system_id)}/production_meter_readings", query_of.span(None, end))
        return parse_production_meter_readings(answer, system_id)

    async def envoys(self, system_id: str) -> Envoys:
        """Return the active Envoys of a system and when each last reported."""
        return parse_envoys(await self._get(f"{_system_path(system_id)}/envoys"), system_id)

    async def inventory(self, system_id: str) -> Inventory:
        """Return the devices of a system that are not retired."""
        return parse_inventory(await self._get(f"{_system_path(system_id)}/inventory"), system_id)

    async def inverters_summary(self, system_id: str) -> tuple[DeviceState, ...]:
        """Return the microinverters of a system with power and lifetime energy; not every v2 account has this."""
        answer = await self._get("/systems/inverters_summary_by_envoy_or_site", [("site_id", system_id)])
        return parse_inverters_summary(answer)

    async def _get(self, path: str, query: Query = ()) -> Any:
        """Send a request for anything but the list of systems, the only path whose refusal is final."""
        try:
            return await self._transport.get(path, query)
        except CredentialRefused as err:
            refusal = str(err)
        await self._require_alive()
        raise NotAllowed(refusal)

    async def _require_alive(self) -> None:
        """Return if the credential is known or proves to be alive; raise `CredentialRefused` if it is dead.

        Another `CloudError` means that it could not be checked.
        """
        async with self._proof_lock:
            if self._alive_at is None or not timedelta(0) <= self._account.clock() - self._alive_at < PROOF_LASTS:
                await self.systems(size=1)


def _system_path(system_id: str) -> str:
    return f"/systems/{quote(system_id, safe='')}"
