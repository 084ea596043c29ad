"""Enphase systems of the simulator and a client, which share a clock."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.series import Dark, never_dark
from simulator import ENPHASE_PATH, Simulator
from simulator.clock import Clock
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, ready_simulator

from ..conftest import PLENTY, FakeClock

UTC_ZONE = ZoneInfo("UTC")
EICH, SAMPLE = "67", "72"


@dataclass
class World:
    """A simulator and a client that share a clock."""

    simulator: Simulator
    session: aiohttp.ClientSession
    url: str
    clock: FakeClock
    saved: list[dict[str, Any]] = field(default_factory=list)

    def client(self, user_id: str = ENPHASE_USER_ID, limits: Limits = PLENTY) -> EnphaseV2:
        async def save(state: dict[str, Any]) -> None:
            self.saved.append(state)

        account = Account(Ledger(limits), save, clock=self.clock, sleep=self.clock.sleep)
        return EnphaseV2(
            self.session, account, api_key=ENPHASE_API_KEY, user_id=user_id, base_url=self.url, zone=UTC_ZONE
        )

    async def run(self, client: EnphaseV2, data: SystemData, *names: str, dark: Dark = never_dark) -> SystemData:
        """Run jobs one after another, whether the system has what they read or not."""
        for name in names:
            data = merge(data, await client.job(name).run(data, self.clock.now), self.clock.now, UTC_ZONE, dark)
        return data

    @property
    def paths(self) -> list[str]:
        """What was asked for since the last look, without the system."""
        asked = [request.path.rsplit("/", 1)[-1] for request in self.simulator.requests]
        self.simulator.clear_requests()
        return asked

    async def system(self, client: EnphaseV2, system_id: str) -> SystemData:
        return SystemData(system=next(system for system in await client.systems() if system.id == system_id))


@asynccontextmanager
async def make_world(clock: FakeClock) -> AsyncGenerator[World]:
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.set_limits("enphase", per_minute=100_000, per_month=1_000_000)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        yield World(simulator, session, str(server.make_url(ENPHASE_PATH)), clock)
