"""The endpoints of SolarEdge's Monitoring API V2, one method each; all but the list of sites for Site Access too.

Facts are from the SolarEdge Monitoring API V2 documentation: getting started (2022) and its successors of 2026.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp

from ..account import Account
from ..auth import Auth
from ..errors import CloudError, CredentialRefused, MalformedAnswer, NotAllowed, TemporarilyUnavailable, TokenRefused
from ..parse import require_list
from ..transport import Transport
from .addresses import DEFAULT_BASE_URL
from .errors import Translator, is_inconclusive
from .model import Alert, Bucket, DeviceType, Overview, Quantity, Series, Site, SiteDevice, Telemetry
from .parse import parse_alerts, parse_devices, parse_overview, parse_site, parse_sites
from .parse_series import SeriesReader
from .scale import Scale, scale_of
from .windows import Resolution, Window, windows

SITES_IN_PAGE = 1000
ALERTS_IN_PAGE = 100
MOST_PAGES = 50
PROOF_LASTS = timedelta(hours=1)

type _Query = list[tuple[str, str]]
_UNIT = {Quantity.POWER: "W", Quantity.ENERGY: "WH", Quantity.VOLTAGE: "VOLT"}
_INVERTER_PATH = {Quantity.POWER: "power", Quantity.ENERGY: "energy", Quantity.VOLTAGE: "voltage"}


class SolarEdgeApi:
    """Typed access to the endpoints. Every method raises `CloudError` only; every request passes the account's ledger.

    Times are aware UTC datetimes; the zone of a site, where a method takes one, decides how days are cut and how a time
    without an offset is read.
    """

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
    ) -> None:
        """Take the credential: a key, and the account key that keys of 2022 came with, or a grant for one site.

        Raises `ValueError` where neither is whole.
        """
        if (api_key is None) if auth is None else (site_id is None):
            raise ValueError("a key, or a grant with its site, is needed")
        keys = {"X-API-Key": api_key, "X-Account-Key": account_key} if auth is None else {}
        headers = {name: value for name, value in keys.items() if value}
        self._account = account
        self._auth = auth
        self._own = f"/sites/{_segment(site_id)}" if auth is not None and site_id is not None else None
        """The details of the site that a grant is for: a grant that lives opens them."""
        self._transport = Transport(
            session,
            base_url,
            account,
            headers=headers,
            secrets=tuple(headers.values()),
            auth=auth,
            translate=Translator(account.ledger, account.clock),
        )
        self._reader = SeriesReader()
        self._proved_at: datetime | None = None
        self._worked_at: dict[str, datetime] = {}

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave a good answer (aware UTC)."""
        return self._transport.last_success

    async def sites(self) -> tuple[Site, ...]:
        """Return every site that the key may read: one request for each thousand.

        Raises `CredentialRefused` when the key is dead, `NotAllowed` when it lives but may not list sites.
        """
        found: dict[str, Site] = {}
        for page in range(1, MOST_PAGES + 1):
            answer, rows = await self._sites_page(page, SITES_IN_PAGE)
            new = {site.id: site for site in answer if site.id not in found}
            found.update(new)
            if rows < SITES_IN_PAGE or not new:
                break
        return tuple(found.values())

    async def site(self, site_id: str) -> Site:
        """Return a site's details, with its time zone and the time of its last report."""
        answer = await self._get(f"/sites/{_segment(site_id)}")
        site = parse_site(answer)
        if site is None or site.id != site_id:
            raise MalformedAnswer("site details: not of the site that was asked for")
        return site

    async def overview(
        self, site_id: str, start: datetime | None = None, end: datetime | None = None, *, zone: ZoneInfo
    ) -> Overview:
        """Return what a site produced and used between two instants, by default since its midnight."""
        query = [(name, _iso(moment, zone)) for name, moment in (("from", start), ("to", end)) if moment is not None]
        return parse_overview(await self._get(f"/sites/{_segment(site_id)}/overview", query), site_id)

    async def power(
        self,
        site_id: str,
        start: datetime,
        end: datetime,
        resolution: Resolution = Resolution.QUARTER_HOUR,
        *,
        zone: ZoneInfo,
    ) -> Series:
        """Return a site's mean production power in W; one request for each window that the resolution allows."""
        return await self._series(f"/sites/{_segment(site_id)}/power", Quantity.POWER, start, end, resolution, zone)

    async def energy(
        self,
        site_id: str,
        start: datetime,
        end: datetime,
        resolution: Resolution = Resolution.QUARTER_HOUR,
        *,
        zone: ZoneInfo,
    ) -> Series:
        """Return a site's production in Wh, net of what a battery took; one request for each window, as `power`."""
        return await self._series(f"/sites/{_segment(site_id)}/energy", Quantity.ENERGY, start, end, resolution, zone)

    async def inverter_series(
        self,
        site_id: str,
        serial: str,
        quantity: Literal[Quantity.POWER, Quantity.ENERGY, Quantity.VOLTAGE],
        start: datetime,
        end: datetime,
        resolution: Resolution = Resolution.QUARTER_HOUR,
        *,
        zone: ZoneInfo,
    ) -> Series:
        """Return power (W), energy (Wh) or voltage (V) of one inverter.

        The cloud labels voltage with the end of its bucket, everything else with the start; the buckets have both.
        """
        path = f"/sites/{_segment(site_id)}/inverters/{_segment(serial)}/{_INVERTER_PATH[quantity]}"
        return await self._series(path, quantity, start, end, resolution, zone)

    async def devices(self, site_id: str, types: Iterable[DeviceType] = ()) -> tuple[SiteDevice, ...]:
        """Return the inventory rows of the given types; without any the cloud lists inverters only."""
        query = [("types", str(kind)) for kind in types]
        return parse_devices(await self._get(f"/sites/{_segment(site_id)}/devices", query))

    async def alerts(self, site_id: str, *, only_open: bool = True) -> tuple[Alert, ...]:
        """Return a site's alerts: one request for each hundred."""
        found: list[Alert] = []
        for page in range(1, MOST_PAGES + 1):
            query = [("only-open", "true" if only_open else "false"), ("page", str(page))]
            query.append(("alerts-in-page", str(ALERTS_IN_PAGE)))
            answer = require_list(await self._get(f"/sites/{_segment(site_id)}/alerts", query), "alerts")
            new = [alert for alert in parse_alerts(answer) if alert not in found]
            found.extend(new)
            if len(answer) < ALERTS_IN_PAGE or not new:
                break
        return tuple(found)

    async def inverters_telemetry(
        self, site_id: str, window: Window, resolution: Resolution = Resolution.QUARTER_HOUR, *, zone: ZoneInfo
    ) -> Telemetry:
        """Return power, energy, voltage, current and frequency of every inverter in one window.

        An inverter's energy is its output, a battery's discharge behind it included: it is not the site's production.
        """
        answer = await self._telemetry(site_id, "inverters", window, resolution, zone)
        return self._reader.telemetry(answer, "inverters", resolution, zone)

    async def meters_telemetry(
        self, site_id: str, window: Window, resolution: Resolution = Resolution.QUARTER_HOUR, *, zone: ZoneInfo
    ) -> Telemetry:
        """Return power and energy by direction of every meter in one window."""
        answer = await self._telemetry(site_id, "meters", window, resolution, zone)
        return self._reader.telemetry(answer, "meters", resolution, zone)

    async def storage_telemetry(
        self,
        site_id: str,
        window: Window,
        resolution: Resolution = Resolution.QUARTER_HOUR,
        *,
        zone: ZoneInfo,
        scale: Scale | None = None,
        capacities: Mapping[str, float] | None = None,
    ) -> tuple[Telemetry, Scale | None]:
        """Return charge, discharge and state of energy (in per cent) of every battery in one window, and its scale.

        `scale` is what follows from the site's earlier answers; `capacities` are in Wh, by serial number.
        """
        answer = await self._telemetry(site_id, "storage", window, resolution, zone)
        scale = scale_of(answer, scale, capacities or {})
        factor = scale.factor if scale else 1.0
        return self._reader.telemetry(answer, "storage", resolution, zone, factor), scale

    async def _sites_page(self, page: int, size: int) -> tuple[tuple[Site, ...], int]:
        """Return a page of the list, and how many rows it had."""
        try:
            answer = await self._transport.get("/sites", [("page", str(page)), ("sites-in-page", str(size))])
        except NotAllowed:
            self._proved_at = self._account.clock()
            raise
        self._proved_at = self._account.clock()
        return parse_sites(answer)

    async def _series(
        self, path: str, quantity: Quantity, start: datetime, end: datetime, resolution: Resolution, zone: ZoneInfo
    ) -> Series:
        """Return one series, joined from as many windows as it takes; nothing is asked for an empty time."""
        parts = []
        for window in windows(start, end, resolution, zone):
            query = [*_window_query(window, resolution, zone), ("unit", _UNIT[quantity])]
            parts.append(self._reader.series(await self._get(path, query), quantity, resolution, zone))
        buckets: dict[datetime, Bucket] = {bucket.start: bucket for part in parts for bucket in part.buckets}
        return Series(
            quantity=quantity,
            resolution=resolution,
            buckets=tuple(buckets[begin] for begin in sorted(buckets)),
            period_start=parts[0].period_start if parts else None,
            period_end=parts[-1].period_end if parts else None,
            utc_offset=parts[-1].utc_offset if parts else None,
        )

    async def _telemetry(
        self, site_id: str, family: str, window: Window, resolution: Resolution, zone: ZoneInfo
    ) -> Any:
        """Return the raw telemetry of a family; the endpoint takes no unit."""
        query = _window_query(window, resolution, zone)
        return await self._get(f"/sites/{_segment(site_id)}/{family}/telemetry", query)

    async def _get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """Return one answer; a 401 is looked into, because it does not always mean that the credential is dead."""
        token = await self._auth.token() if self._auth is not None else None
        try:
            answer = await self._transport.get(path, query)
        except TokenRefused:
            await self._doubt(path, token)
        except CredentialRefused:
            if self._auth is not None:
                # The server that gives out tokens says so: nobody knows better.
                raise
            await self._prove_alive(path)
        else:
            self._worked_at[path] = self._account.clock()
            if path == self._own:
                self._proved_at = self._worked_at[path]
            return answer
        raise NotAllowed("refused here, although the credential is accepted elsewhere")

    async def _doubt(self, path: str, token: str | None) -> None:
        """Return when the grant is alive although its token was refused, raise `CredentialRefused` when it is dead.

        Only a token that was given out since then, and is refused as well, shows that. One that worked a moment ago is
        not replaced, so it shows nothing yet: it is next time.
        """
        try:
            if path == self._own:
                raise TokenRefused("the token is refused for the grant's own site")  # noqa: TRY301
            await self._prove_alive(path)
        except TokenRefused as err:
            if self._auth is not None and await self._auth.token() == token:
                raise TemporarilyUnavailable("a token is refused that worked a moment ago") from None
            raise CredentialRefused(*err.args) from None

    async def _prove_alive(self, path: str) -> None:
        """Return when the credential is alive, raise `CredentialRefused` when it is not.

        The list of sites knows it of a key, the details of its site of a grant. A proof of the last hour counts, unless
        this path has worked since: then something has just changed.
        """
        now, proved, worked = self._account.clock(), self._proved_at, self._worked_at.get(path)
        if proved is not None and now - PROOF_LASTS < proved <= now and (worked is None or worked < proved):
            return
        try:
            if self._own is None:
                await self._sites_page(1, 1)
            else:
                await self._transport.get(self._own)
                self._proved_at = self._account.clock()
        except NotAllowed:
            self._proved_at = self._account.clock()
        except CloudError as err:
            if is_inconclusive(err):
                raise TemporarilyUnavailable("refused, and what must be accepted does not show why") from None
            raise


def _window_query(window: Window, resolution: Resolution, zone: ZoneInfo) -> _Query:
    return [("from", _iso(window.start, zone)), ("to", _iso(window.end, zone)), ("resolution", str(resolution))]


def _iso(moment: datetime, zone: ZoneInfo) -> str:
    """Write an instant in site time with the offset of that instant: the one form that leaves nothing to guess."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _segment(text: str) -> str:
    """Write an id or a serial number as one segment of a path."""
    return quote(text, safe="")
