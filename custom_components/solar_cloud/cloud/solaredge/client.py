"""SolarEdge's Monitoring API V2, read with an API key or signed in to: the jobs, and what each asks for."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Interval, System, Update, Vendor
from ...model.series import EMPTY
from ..account import Account
from ..auth import Auth
from ..base import Cloud, Job
from ..errors import CloudError, CredentialRefused, MalformedAnswer, NotFound, TemporarilyUnavailable, Throttled
from .api import DEFAULT_BASE_URL, SolarEdgeApi
from .archive import SolarEdgeArchive
from .flows import (
    FAMILIES,
    METERS,
    STORAGE,
    Family,
    device_flows,
    flows_update,
    has_family,
    needs_totals,
    system_flows,
    totals_update,
    wanted_flows_from,
)
from .inverters import Inverters
from .model import Bucket, Telemetry
from .rest import PERFORMANCE, alerts_update, overview_update
from .scale import Scale
from .updates import (
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
from .windows import REACH, Asked, Resolution, Window, late_windows, newest_window, older_windows

__all__ = ["DEFAULT_BASE_URL", "SolarEdge"]

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)
_QUARTER = timedelta(minutes=15)
_SCALE = "state_of_energy"
"""The note about what the numbers of the batteries' state of energy mean."""
_DELAY = timedelta(seconds=90)
_MAY_PASS = (Throttled, TemporarilyUnavailable, CredentialRefused, MalformedAnswer)
"""What another try at an older window may mend; any other refusal of it is final."""


class SolarEdge(Cloud):
    """SolarEdge sites as systems.

    With an API key all sites that it opens, with a grant (`auth`) the one that the grant is for. `account` is what the
    vendor meters, the key or the application; `zone` stands in for a site whose own time zone is not known (yet).
    """

    vendor = Vendor.SOLAREDGE
    # In the order in which a new system needs them: the details have the time zone that every other job counts days in.
    jobs = (
        Job(name="details", cadence=_DAY, first=True),
        Job(name="energy", cadence=_QUARTER, delay=_DELAY, weight=2, first=True, sunlit=True),
        Job(name="lifetime", cost=2, cadence=_DAY),
        Job(name="inventory", cadence=_DAY, optional=True),
        # What meters and batteries say belongs to what the site says of the same quarter hours.
        Job(name="meters", cadence=_QUARTER, delay=_DELAY, night=True, rides="energy", optional=True),
        Job(name="storage", cadence=_QUARTER, delay=_DELAY, night=True, rides="energy", optional=True),
        # Sends nothing on most days: four requests a week at most.
        Job(name="totals", cadence=_DAY, night=True, optional=True),
        Job(name="inverters", cadence=_QUARTER, delay=_DELAY, weight=1, optional=True),
        Job(name="overview", cadence=_HOUR, delay=_DELAY, weight=0.5, optional=True),
        Job(name="alerts", cadence=_DAY / 2, night=True, optional=True),
    )

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account: Account,
        *,
        api_key: str | None = None,
        account_key: str | None = None,
        auth: Auth | None = None,
        site_id: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        zone: ZoneInfo,
    ) -> None:
        """Take the session, the metered account, the credential, and the zone of last resort.

        The credential is a key, or a grant and the site that it is for; with a grant no key is sent.
        """
        self.account = account
        self.api = SolarEdgeApi(
            session, account, api_key=api_key, account_key=account_key, auth=auth, site_id=site_id, base_url=base_url
        )
        self._granted = site_id if auth is not None else None
        """The only site, where a grant is read with."""
        self.archive = SolarEdgeArchive(self.api, zone)
        self._each = Inverters(self.api)
        self._zone = zone
        self._asked: dict[tuple[str, str], Asked] = {}
        """By job and system."""
        self._runs: dict[str, Callable[[SystemData, datetime, ZoneInfo], Awaitable[Update]]] = {
            "details": self._details,
            "energy": self._energy,
            "lifetime": self._lifetime,
            "inventory": self._inventory,
            "inverters": self._inverters,
            "meters": partial(self._flows, METERS),
            "storage": partial(self._flows, STORAGE),
            "totals": self._totals,
            "overview": self._overview,
            "alerts": self._alerts,
        }

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave what was asked for (aware UTC)."""
        return self.api.last_success

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return every site that a key may read, without a time zone: only the details have it; or a grant's, with it.

        Raises `CredentialRefused` when the credential is dead, `NotAllowed` when it lives but may not do this.
        """
        if self._granted is not None:
            return ((await self.api.site(self._granted)).system(),)
        return tuple(site.system() for site in await self.api.sites())

    @override
    async def run(self, job: Job, data: SystemData, now: datetime) -> Update:
        """Fetch one job for a system; `now` is aware UTC. Raises `CloudError`.

        `energy` and `inverters` send one request, and more only for a time before it that was never read: after a
        pause, or where values arrive that were late by more than the one request covers.
        """
        return await self._runs[job.name](data, now, data.system.zone(self._zone))

    @override
    def wants(self, job: Job, data: SystemData) -> bool:
        """Tell whether the site has what a job asks for, as far as its inventory says."""
        meters, batteries = has_family(data, METERS), has_family(data, STORAGE)
        match job.name:
            case "meters":
                return meters
            case "storage":
                return batteries
            case "totals":
                return meters or batteries
            case "overview":
                return meters or batteries or data.notes.get(PERFORMANCE) != "missing"
            case _:
                return True

    @override
    def cost(self, job: Job, data: SystemData) -> int:
        """Return the requests of a run: many where inverters can be asked for one at a time only."""
        return self._each.cost(data) if job.name == "inverters" else job.cost

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
        notes: dict[str, str] = {}

        async def fetch(window: Window) -> Iterable[datetime]:
            telemetry = await self._each.telemetry(data, window, now, zone, notes)
            found.append((window, telemetry))
            return _starts(telemetry, ("energy",), window)

        wanted = midnight(local_day(now, zone), zone)
        known_all, known_any = known_of_all(data), known_of_any(data)
        await self._read(("inverters", data.system.key), fetch, wanted, wanted, known_all, known_any, now, zone)
        return replace(inverters_update(found), notes=MappingProxyType(notes))

    async def _flows(self, family: Family, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Read what meters or batteries tell, as `energy` is read.

        Raises `NotFound` where none of them has ever told anything: it makes no sense to ask again soon.
        """
        found: list[tuple[Window, Telemetry]] = []
        notes: dict[str, str] = {}

        async def fetch(window: Window) -> Iterable[datetime]:
            telemetry = await self._family(family, data, window, Resolution.QUARTER_HOUR, zone, notes)
            if not telemetry.devices and not system_flows(data, family):
                raise NotFound(f"no device of {family.name} tells anything")
            found.append((window, telemetry))
            return _starts(telemetry, tuple(f"{name}Energy" for name in family.metrics), window)

        known = [*system_flows(data, family), *device_flows(data, family)]
        shortest = min(known, key=len, default=EMPTY)
        known_all = {start: one for start, one in shortest.items() if all(start in other for other in known)}
        known_any = {start: one for series in known for start, one in series.items()}
        wanted = wanted_flows_from(data, family, now, zone)
        oldest = min(wanted, now - REACH)
        await self._read((family.name, data.system.key), fetch, wanted, oldest, known_all, known_any, now, zone)
        return replace(flows_update(found, family, data.devices), notes=MappingProxyType(notes))

    async def _family(
        self,
        family: Family,
        data: SystemData,
        window: Window,
        resolution: Resolution,
        zone: ZoneInfo,
        notes: dict[str, str],
    ) -> Telemetry:
        """Return the telemetry of a family; what the batteries' state of energy means is noted for the next time."""
        if family is METERS:
            return await self.api.meters_telemetry(data.system.id, window, resolution, zone=zone)
        known = notes.get(_SCALE) or data.notes.get(_SCALE)
        capacities = {device.serial: device.capacity_wh for device in data.devices.values() if device.capacity_wh}
        telemetry, scale = await self.api.storage_telemetry(
            data.system.id,
            window,
            resolution,
            zone=zone,
            scale=Scale(known) if known is not None and known in Scale else None,
            capacities=capacities,
        )
        if scale is not None:
            notes[_SCALE] = str(scale)
        return telemetry

    async def _totals(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Read the lifetimes of meters and batteries, where they are not known: as `_lifetime` reads the site's."""
        whole, today = lifetime_window(data.system, now, zone), today_window(now, zone)
        updates: list[Update] = []
        notes: dict[str, str] = {}
        failure: CloudError | None = None
        for family in FAMILIES:
            if not needs_totals(data, family, now, zone):
                continue
            try:
                years = await self._family(family, data, whole, Resolution.YEAR, zone, notes)
                day = await self._family(family, data, today, Resolution.DAY, zone, notes) if today else None
            except CloudError as err:
                failure = err
                if isinstance(err, _MAY_PASS):
                    break
            else:
                updates.append(totals_update(years, day, data, family, now, zone))
        if failure is not None and not updates:
            # What was paid for is kept; what failed is asked for the next time.
            raise failure
        return Update(
            bases=MappingProxyType({flow: base for update in updates for flow, base in update.bases.items()}),
            device_bases=MappingProxyType(
                {serial: bases for update in updates for serial, bases in update.device_bases.items()}
            ),
            notes=MappingProxyType({name: note for update in updates for name, note in update.notes.items()}),
        )

    async def _overview(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        return overview_update(await self.api.overview(data.system.id, zone=zone), local_day(now, zone))

    async def _alerts(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        return alerts_update(await self.api.alerts(data.system.id))

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


def _starts(telemetry: Telemetry, names: tuple[str, ...], window: Window) -> list[datetime]:
    """Return the starts of the buckets that some device has told of."""
    return [
        bucket.start
        for metrics in telemetry.devices.values()
        for name in names
        if name in metrics
        for bucket in complete_buckets(metrics[name], window)
    ]
