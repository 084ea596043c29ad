"""SolarEdge's Monitoring API V2, read with an API key or signed in to."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from ...model.data import SystemData
from ...model.elements import System, Vendor
from ..account import Account
from ..auth import Auth
from ..base import Cloud
from .addresses import DEFAULT_BASE_URL
from .api import SolarEdgeApi
from .archive import SolarEdgeArchive
from .jobs.alerts import AlertsJob
from .jobs.details import DetailsJob
from .jobs.energy import EnergyJob
from .jobs.inventory import InventoryJob
from .jobs.inverters import InvertersJob
from .jobs.lifetime import LifetimeJob
from .jobs.meters import MetersJob
from .jobs.overview import OverviewJob
from .jobs.storage import StorageJob
from .jobs.totals import TotalsJob
from .settling import SETTLES, settling_delay
from .site_zone import zone_of_details


class SolarEdge(Cloud):
    """SolarEdge sites as systems.

    With an API key all sites that it opens, with a grant (`auth`) the one that the grant is for. `account` is what the
    vendor meters, the key or the application; `zone` stands in for a site whose own time zone is not known (yet).
    """

    vendor = Vendor.SOLAREDGE
    # The details come first: they have the time zone that every other job counts days in.
    job_types = (
        DetailsJob,
        EnergyJob,
        LifetimeJob,
        InventoryJob,
        MetersJob,
        StorageJob,
        TotalsJob,
        InvertersJob,
        OverviewJob,
        AlertsJob,
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
        super().__init__(self.api, zone)
        self.archive = SolarEdgeArchive(self.api, zone)
        self._granted = site_id if auth is not None else None
        """The only site, where a grant is read with."""

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave what was asked for (aware UTC)."""
        return self.api.last_success

    @override
    def settling(self, data: SystemData, now: datetime) -> timedelta:
        """Return how long after its end a bucket may still fill, as the newest ones have taught."""
        return settling_delay(data.notes.get(SETTLES), now)

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return every site that a key may read, without a time zone: only the details have it; or a grant's, with it.

        Raises `CredentialRefused` when the credential is dead, `NotAllowed` when it lives but may not do this.
        """
        if self._granted is not None:
            site = await self.api.site(self._granted)
            return (replace(site.system(), timezone=zone_of_details(site, None)),)
        return tuple(site.system() for site in await self.api.sites())
