"""Enphase v4 systems of the simulator and a client that has signed in, which share a clock."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer
from yarl import URL

from custom_components.solar_cloud.budget.daylight import Daylight
from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.tokens import EnphaseTokens
from custom_components.solar_cloud.cloud.errors import NoDataYet
from custom_components.solar_cloud.cloud.grant import Grant, Tokens
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, Power
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.value import Value
from custom_components.solar_cloud.sky.sun import Place
from simulator import ENPHASE_OAUTH_PATH, ENPHASE_V4_PATH, Simulator
from simulator.clock import Clock
from simulator.plant.energy import Flow as TrueFlow
from simulator.plant.plant import Plant
from simulator.ready import (
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    ready_simulator,
)

from ..conftest import PLENTY, FakeClock

UTC_ZONE = ZoneInfo("UTC")
PV, METERED, STORING = "4200001", "4200002", "4200003"
REDIRECT = "https://my.home-assistant.io/redirect/oauth"
TRUE_FLOWS: dict[Flow, TrueFlow] = {
    Flow.CONSUMPTION: "load",
    Flow.GRID_IMPORT: "import",
    Flow.GRID_EXPORT: "export",
    Flow.BATTERY_CHARGE: "charge",
    Flow.BATTERY_DISCHARGE: "discharge",
}


def terms(name: str) -> JobTerms:
    """Return the terms of a job, as most systems have them."""
    return next(one for one in EnphaseV4.job_terms() if one.name == name)


def known(values: Mapping[Flow, Value]) -> dict[Flow, float]:
    """Return the figures of the values that there are."""
    return {flow: value.amount for flow, value in values.items() if value.amount is not None}


@dataclass
class World:
    """A simulator and what signs in to it."""

    simulator: Simulator
    session: aiohttp.ClientSession
    base: str
    clock: FakeClock
    account: Account
    saved: list[Tokens] = field(default_factory=list)
    dark: dict[str, Daylight] = field(default_factory=dict)

    async def client(self, owner: str = ENPHASE_V4_OWNER) -> EnphaseV4:
        """Sign in as an owner, as the sign-in does: one request."""
        self.simulator.enphase_owner = owner
        url = URL(f"{self.base}{ENPHASE_OAUTH_PATH}/authorize").with_query(
            {"response_type": "code", "client_id": ENPHASE_V4_CLIENT_ID, "redirect_uri": REDIRECT}
        )
        code = URL(self.simulator.authorize(str(url))).query["code"]
        endpoint = EnphaseTokens(
            self.session,
            self.account,
            self.base + ENPHASE_OAUTH_PATH,
            client_id=ENPHASE_V4_CLIENT_ID,
            client_secret=ENPHASE_V4_CLIENT_SECRET,
        )
        issued = await endpoint.exchange(code, REDIRECT)

        async def save(tokens: Tokens) -> None:
            self.saved.append(tokens)

        grant = Grant(endpoint, issued.tokens, save, clock=self.clock)
        return EnphaseV4(
            self.session,
            self.account,
            api_key=ENPHASE_V4_API_KEY,
            auth=grant,
            base_url=self.base + ENPHASE_V4_PATH,
            zone=UTC_ZONE,
        )

    def plant(self, system_id: str) -> Plant:
        return self.simulator.plants[f"enphase_{system_id}"]

    def is_dark(self, system_id: str, start: datetime, end: datetime) -> bool:
        sky = self.plant(system_id).sky
        daylight = self.dark.setdefault(system_id, Daylight(Place(latitude=sky.latitude, longitude=sky.longitude)))
        return daylight.seconds(start.timestamp(), end.timestamp()) == 0

    async def system(self, client: EnphaseV4, system_id: str) -> SystemData:
        return SystemData(system=next(system for system in await client.systems() if system.id == system_id))

    async def run(self, client: EnphaseV4, data: SystemData, *names: str) -> SystemData:
        """Run jobs one after another; what the system has not got is left out."""
        system_id = data.system.id

        def dark(start: datetime, end: datetime) -> bool:
            return self.is_dark(system_id, start, end)

        for name in names:
            if not client.job(name).applies_to(data):
                continue
            try:
                update = await client.job(name).run(data, self.clock.now)
            except NoDataYet:
                continue
            data = merge(data, update, self.clock.now, UTC_ZONE, dark)
        return data

    async def round(self, client: EnphaseV4, data: SystemData) -> SystemData:
        """Read all rows."""
        return await self.run(client, data, "telemetry", "import", "export", "battery", "consumption")

    def truth(self, system_id: str, start: datetime, end: datetime) -> dict[Flow, int]:
        """Return what has flowed between two instants, in Wh."""
        plant = self.plant(system_id)
        found = {flow: plant.flow_wh(name, start, end) for flow, name in TRUE_FLOWS.items()}
        return found | {Flow.PRODUCTION: plant.energy_wh(start, end)}

    def has_truth(self, data: SystemData, flows: Collection[Flow] = TRUE_FLOWS, *, lifetime: bool = True) -> None:
        """Check that power, day and lifetime of these flows are known, and that nothing which is published is false."""
        self.nothing_false(data)
        published = data.published
        for values in (published.power, published.today, *((published.lifetime,) if lifetime else ())):
            assert known(values).keys() == set(flows) - {Flow.PRODUCTION}
        assert (data.power, data.today).count(None) == 0

    def nothing_false(self, data: SystemData) -> None:
        """Check every value that is published: it is what the plant did up to the value's own time."""
        system_id, published = data.system.id, data.published
        life = self.plant(system_id).operational_at
        for flow, value in published.power.items():
            if value.amount is not None:
                assert value.end is not None
                self._is_power(system_id, flow, Power(power_w=value.amount, measured_at=value.end))
        for values, start in ((published.today, published.day_start), (published.lifetime, life)):
            for flow, value in values.items():
                if value.amount is not None:
                    assert value.end is not None
                    assert start is not None
                    assert value.amount == self.truth(system_id, start, max(start, value.end))[flow], (flow, value)
        if data.power is not None:
            self._is_power(system_id, Flow.PRODUCTION, data.power)
        if data.lifetime.as_of is not None:
            assert data.lifetime.published_wh == self.truth(system_id, life, data.lifetime.as_of)[Flow.PRODUCTION]

    def _is_power(self, system_id: str, flow: Flow, power: Power) -> None:
        """Check that a power is the mean of the five or fifteen minutes before its time."""
        at = power.measured_at
        means = [self.truth(system_id, at - timedelta(minutes=long), at)[flow] * 60 / long for long in (5, 15)]
        assert power.power_w in means, (flow, power, means)

    @property
    def paths(self) -> list[str]:
        """What was asked for since the last look, without the system."""
        asked = [request.path.rsplit("/", 1)[-1] for request in self.simulator.requests]
        self.simulator.clear_requests()
        return asked

    def later(self, **by: float) -> None:
        self.clock.now += timedelta(**by)


@asynccontextmanager
async def make_world(clock: FakeClock, limits: Limits = PLENTY) -> AsyncGenerator[World]:
    simulator = ready_simulator(Clock(lambda: clock.now))
    if limits is PLENTY:
        simulator.set_limits("enphase_v4", per_minute=100_000, per_month=1_000_000)

    async def save(_state: dict[str, Any]) -> None:
        return

    account = Account(Ledger(limits), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        yield World(simulator, session, str(server.make_url("")).rstrip("/"), clock, account)
