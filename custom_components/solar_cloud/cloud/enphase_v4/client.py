"""Enphase API v4: its jobs, the list of systems and the past.

The free plan allows a thousand requests a month for everything. So power of now comes from one cheap request, the truth
of the energy a few times a day from rows of a whole day, and what changes seldom is asked for seldom.
"""

from collections.abc import Mapping
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from ...model.data import SystemData
from ...model.elements import System, Vendor
from ..account import Account
from ..auth import Auth
from ..base import Cloud
from .addresses import DEFAULT_BASE_URL
from .api import MOST_PAGES, PAGE_SIZE, EnphaseV4Api
from .archive import EnphaseV4Archive
from .capabilities import retried
from .ev_chargers import EvChargerApi
from .jobs.alerts import AlertsJob
from .jobs.battery import BatteryJob
from .jobs.consumption import ConsumptionJob
from .jobs.devices import DevicesJob
from .jobs.ev_chargers import EvChargersJob
from .jobs.ev_lifetimes import EvLifetimesJob
from .jobs.grid_export import GridExportJob
from .jobs.grid_import import GridImportJob
from .jobs.inverters import InvertersJob
from .jobs.latest import LatestJob
from .jobs.summary import SummaryJob
from .jobs.telemetry import TelemetryJob
from .jobs.totals import TotalsJob


class EnphaseV4(Cloud):
    """The client for one owner's consent to one application."""

    vendor = Vendor.ENPHASE
    job_types = (
        SummaryJob,
        DevicesJob,
        LatestJob,
        TelemetryJob,
        BatteryJob,
        GridImportJob,
        GridExportJob,
        ConsumptionJob,
        InvertersJob,
        TotalsJob,
        EvChargersJob,
        EvLifetimesJob,
        AlertsJob,
    )

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
        """Prepare; nothing is sent. `auth` gives out access tokens, `zone` is for a system whose own is unknown."""
        self.api = EnphaseV4Api(session, account, api_key=api_key, auth=auth, base_url=base_url, zone=zone)
        super().__init__(self.api, zone)
        self.ev_chargers = EvChargerApi(self.api, zone)
        self.archive = EnphaseV4Archive(self.api, zone)

    @override
    def retried(self, data: SystemData) -> Mapping[str, str]:
        """Return the notes that have what the plan did not allow asked for again."""
        return retried(data)

    @override
    def refuses(self, system_id: str) -> bool:
        """Return whether each path that was asked about a system was refused, one that every plan has among them."""
        return self.api.refusals.is_refused(system_id)

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return all systems that the owner has granted, in the cloud's order; one request for each 100 of them.

        The owner waits for this list, so it may use the last 5 % of the month. Raises `CloudError`.
        """
        systems: dict[str, System] = {}
        seen = 0
        for number in range(1, MOST_PAGES + 1):
            page = await self.api.systems(number, owner=True)
            new = [system for system in page.systems if system.id not in systems]
            systems |= {system.id: system for system in new}
            seen += page.rows
            # There is no link to the next page. A page that brings nothing new would come again for ever.
            if not new or (seen >= page.total if page.total is not None else page.rows < (page.size or PAGE_SIZE)):
                break
        return tuple(systems.values())
