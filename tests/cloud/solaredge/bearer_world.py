"""A simulated SolarEdge cloud, and a homeowner who has signed in to it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer
from yarl import URL

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.grant import Grant, Tokens
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.cloud.solaredge.tokens import SolarEdgeTokens
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.merging import merge
from simulator import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.ready import (
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    ready_simulator,
)

from .helpers import NOW, StillClock

UTC_ZONE = ZoneInfo("UTC")
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
BATTERY_SITE, PV_SITE = "1148616", "222881711"
OWNERS = {BATTERY_SITE: SOLAREDGE_BATTERY_OWNER, PV_SITE: SOLAREDGE_OWNER}
TOKEN = f"{SOLAREDGE_OAUTH_PATH}/token"


@dataclass
class World:
    """The simulated cloud, and a homeowner's account with it."""

    simulator: Simulator
    clock: StillClock
    account: Account
    endpoint: SolarEdgeTokens
    grant: Grant
    client: SolarEdge
    site: str
    saved: list[Tokens]

    async def run(self, data: SystemData, *names: str) -> SystemData:
        for job in self.client.jobs:
            if job.name in names and job.applies_to(data):
                data = merge(data, await job.run(data, self.clock.now), self.clock.now, UTC_ZONE)
        return data

    async def system(self) -> SystemData:
        (system,) = await self.client.systems()
        return SystemData(system=system)

    def later(self, **by: float) -> None:
        self.clock.now += timedelta(**by)

    def asked(self) -> list[tuple[str, int]]:
        """Return what was asked since the last time: the end of the path, and the status."""
        found = [(request.path.rsplit("/", 1)[-1], request.status) for request in self.simulator.requests]
        self.simulator.clear_requests()
        return found


@asynccontextmanager
async def world(
    site: str = PV_SITE,
    *,
    scope: str = "SITE_DATA DEVICE_DATA",
    limits: Limits | None = None,
    start: datetime = NOW,
) -> AsyncGenerator[World]:
    """Sign in as the owner of a site; nothing of that is left in the log, an hour has passed since."""
    clock = StillClock(start)
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.set_limits("solaredge", per_minute=100_000, per_month=100_000)
    simulator.solaredge_owner = OWNERS[site]
    saved: list[Tokens] = []

    async def save(_: dict[str, Any]) -> None:
        return None

    async def save_tokens(tokens: Tokens) -> None:
        saved.append(tokens)

    limits = limits or Limits(per_minute=100_000, per_month=1_000_000)
    account = Account(Ledger(limits), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        base = str(server.make_url(SOLAREDGE_PATH))
        endpoint = SolarEdgeTokens(
            session, account, base, client_id=SOLAREDGE_CLIENT_ID, client_secret=SOLAREDGE_CLIENT_SECRET
        )
        asked = {"client_id": SOLAREDGE_CLIENT_ID, "external_id": "n", "scope": scope, "access_duration": "24"}
        target = URL(simulator.authorize(str(server.make_url(SOLAREDGE_AUTHORIZE_PATH).with_query(asked))))
        assert target.query["site_id"] == site
        issued = await endpoint.exchange(target.query["code"], None)
        grant = Grant(endpoint, issued.tokens, save_tokens, clock=clock)
        client = SolarEdge(session, account, auth=grant, site_id=site, base_url=base, zone=UTC_ZONE)
        clock.now += HOUR
        simulator.clear_requests()
        yield World(simulator, clock, account, endpoint, grant, client, site, saved)
