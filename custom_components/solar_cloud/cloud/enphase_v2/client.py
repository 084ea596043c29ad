"""Enphase's Enlighten Systems API v2 as a cloud: its jobs, its past, and the list of systems."""

from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from ...model.elements import System, Vendor
from ..account import Account
from ..base import Cloud
from .addresses import DEFAULT_BASE_URL
from .api import EnphaseV2Api
from .archive import EnphaseV2Archive
from .jobs.detail import DetailJob
from .jobs.envoys import EnvoysJob
from .jobs.inventory import InventoryJob
from .jobs.inverters import InvertersJob
from .jobs.meters import MetersJob
from .jobs.registers import RegistersJob
from .jobs.summary import SummaryJob

MOST_PAGES = 100


class EnphaseV2(Cloud):
    """The client for one user of one Enphase application."""

    vendor = Vendor.ENPHASE
    # Registers come after the meters, whose quarter hours carry a register forward.
    job_types = (SummaryJob, EnvoysJob, InventoryJob, InvertersJob, MetersJob, DetailJob, RegistersJob)

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
        self.api = EnphaseV2Api(session, account, api_key=api_key, user_id=user_id, base_url=base_url, zone=zone)
        super().__init__(self.api, zone)
        self.archive = EnphaseV2Archive(self.api, zone)

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return all systems of the user, in the cloud's order; one request for each 1,000 of them.

        The owner waits for this list, so it may use the last 5 % of the month. Raises `CloudError`.
        """
        systems: dict[str, System] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page, cursor = await self.api.systems(cursor, owner=True)
            fresh = [system for system in page if system.id not in systems]
            systems |= {system.id: system for system in fresh}
            if cursor is None or not fresh:  # a cursor that leads back would never end
                break
        return tuple(systems.values())
