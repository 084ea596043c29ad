"""SolarEdge's Monitoring API V2, read with an API key: the jobs, and what each asks for."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from .base import Cloud, Job
from .data import SystemData, local_day, midnight
from .errors import CloudError, CredentialRefused, MalformedAnswer, TemporarilyUnavailable, Throttled
from .model import Interval, System, Update, Vendor
from .solaredge_api import DEFAULT_BASE_URL, SolarEdgeApi
from .solaredge_jobs import (
    INVENTORY_TYPES,
    complete_buckets,
    details_update,
    energy_update,
    inventory_update,
    inverters_update,
    known_of_all,
    known_of_any,
    lifetime_base,
    lifetime_window,
    today_window,
    wanted_from,
)
from .solaredge_model import Bucket, Telemetry
from .solaredge_windows import REACH, Asked, Resolution, Window, late_windows, newest_window, older_windows
from .transport import Account

__all__ = ["DEFAULT_BASE_URL", "SolarEdge"]

_DAY = timedelta(hours=24)
_QUARTER = timedelta(minutes=15)
_DELAY = timedelta(seconds=90)
_MAY_PASS = (Throttled, TemporarilyUnavailable, CredentialRefused, MalformedAnswer)
"""What another try at an older window may mend; any other refusal of it is final."""


class SolarEdge(Cloud):
    """SolarEdge sites as systems.

    `account` is the metered key's; `zone` stands in for a site whose own time zone is not known (yet).
    """

    vendor = Vendor.SOLAREDGE
    # In the order in which a new system needs them: the details have the time zone that every other job counts days in.
    jobs = (
        Job(name="details", cadence=_DAY, first=True),
        Job(name="energy", cadence=_QUARTER, delay=_DELAY, weight=2, first=True),
        Job(name="lifetime", cost=2, cadence=_DAY),
        Job(name="inventory", cadence=_DAY, optional=True),
        Job(name="inverters", cadence=_QUARTER, delay=_DELAY, weight=1, optional=True),
    )

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account: Account,
        *,
        api_key: str,
        account_key: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        zone: ZoneInfo,
    ) -> None:
        """Take the session, the metered account, the credential, and the zone of last resort."""
        self.account = account
        self.api = SolarEdgeApi(session, account, api_key=api_key, account_key=account_key, base_url=base_url)
        self._zone = zone
        self._asked: dict[tuple[str, str], Asked] = {}
        """By job and system."""
        self._runs: dict[str, Callable[[SystemData, datetime, ZoneInfo], Awaitable[Update]]] = {
            "details": self._details,
            "energy": self._energy,
            "lifetime": self._lifetime,
            "inventory": self._inventory,
            "inverters": self._inverters,
        }

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave what was asked for (aware UTC)."""
        return self.api.last_success

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return every site that the key may read, without a time zone: only the details have it.

        Raises `CredentialRefused` when the key is dead, `NotAllowed` when it lives but may not list sites.
        """
        return tuple(site.system() for site in await self.api.sites())

    @override
    async def run(self, job: Job, data: SystemData, now: datetime) -> Update:
        """Fetch one job for a system; `now` is aware UTC. Raises `CloudError`.

        `energy` and `inverters` send one request, and more only for a time before it that was never read: after a
        pause, or where values arrive that were late by more than the one request covers.
        """
        return await self._runs[job.name](data, now, data.system.zone(self._zone))

    async def _details(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        return details_update(await self.api.site(data.system.id), data)

    async def _inventory(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        return inventory_update(await self.api.devices(data.system.id, INVENTORY_TYPES))

    async def _lifetime(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Ask for everything up to now, then for today, and take the one from the other.

        Nobody says whether a year is cut where the request ends; up to now there is nothing that could be cut.
        The years are asked first: should a report come in between, the base is a quarter hour short until tomorrow
        instead of too large for ever.
        """
        whole, today = lifetime_window(data.system, now, zone), today_window(now, zone)
        years = await self.api.energy(data.system.id, whole.start, whole.end, Resolution.YEAR, zone=zone)
        day = None
        if today is not None:
            day = await self.api.energy(data.system.id, today.start, today.end, Resolution.DAY, zone=zone)
        return Update(lifetime=lifetime_base(years, day, data, now, zone))

    async def _energy(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        found: list[Bucket] = []

        async def fetch(window: Window) -> Iterable[datetime]:
            series = await self.api.energy(data.system.id, window.start, window.end, zone=zone)
            buckets = complete_buckets(series, window)
            found.extend(buckets)
            return [bucket.start for bucket in buckets]

        wanted = wanted_from(data, now, zone)
        oldest = min(wanted, now - REACH)
        await self._read(("energy", data.system.key), fetch, wanted, oldest, data.intervals, data.intervals, now, zone)
        return energy_update(found, data)

    async def _inverters(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        found: list[tuple[Window, Telemetry]] = []

        async def fetch(window: Window) -> Iterable[datetime]:
            telemetry = await self.api.inverters_telemetry(data.system.id, window, zone=zone)
            found.append((window, telemetry))
            return [
                bucket.start
                for metrics in telemetry.devices.values()
                if "energy" in metrics
                for bucket in complete_buckets(metrics["energy"], window)
            ]

        wanted = midnight(local_day(now, zone), zone)
        known_all, known_any = known_of_all(data), known_of_any(data)
        await self._read(("inverters", data.system.key), fetch, wanted, wanted, known_all, known_any, now, zone)
        return inverters_update(found)

    async def _read(
        self,
        key: tuple[str, str],
        fetch: Callable[[Window], Awaitable[Iterable[datetime]]],
        wanted: datetime,
        oldest: datetime,
        known_all: Mapping[datetime, Interval],
        known_any: Mapping[datetime, Interval],
        now: datetime,
        zone: ZoneInfo,
    ) -> None:
        """Read the newest window, then what was never read before it, newest first.

        `fetch` returns the starts of the buckets it brought. A failure of an older window does not cost what is newer:
        what was paid for is kept, the rest is read next time.
        """
        newest = newest_window(wanted, known_any, now, zone)
        brought = await fetch(newest)
        before = self._asked.get(key)
        older = older_windows(newest, wanted, oldest, known_all, before, zone)
        older = older or late_windows(newest, oldest, known_any, brought, zone)
        read = Asked(newest.start, newest.end)
        for window in older:
            try:
                await fetch(window)
            except _MAY_PASS:
                break
            except CloudError:
                pass
            read = Asked(window.start, read.end)
        self._asked[key] = before.joined(read) if before else read
