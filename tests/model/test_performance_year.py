"""A simulated year without faults, read by the real clients over HTTP: no inverter is ever said to fall behind.

Twelve microinverters are read through the whole year. A day of thirty SolarEdge inverters is thousands of values, so
they are read in a week of each season, begun with nothing known but what the details tell.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.base import Cloud
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.merging import merge
from simulator import ENPHASE_PATH, SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.plant.plant import Plant
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_API_KEY, ready_simulator
from simulator.systems.special import thirty_inverter_site

from ..cloud.conftest import FakeClock

pytestmark = pytest.mark.usefixtures("socket_enabled")

UTC_ZONE = ZoneInfo("UTC")
BOUNDLESS = Limits(per_minute=1_000_000, per_month=100_000_000)
CLOCKS = (time(9), time(14), time(22, 30))
"""A few readings a day, the last after sunset in all seasons."""


@dataclass
class House:
    """A plant, the client that reads it, and what has been found out about its inverters."""

    simulator: Simulator
    plant: Plant
    client: Cloud
    clock: FakeClock
    data: SystemData
    alarms: dict[str, date] = field(default_factory=dict)
    judged: set[date] = field(default_factory=set)
    ratios: list[float] = field(default_factory=list)

    async def live(self, first: date, days: int, *names: str) -> None:
        """Read the plant at the same local times on some days; its inventory at the first time of each."""
        for day in (first + timedelta(days=number) for number in range(days)):
            for clock in CLOCKS:
                self.clock.now = datetime.combine(day, clock, self.plant.zone).astimezone(UTC)
                await self.read({*names, "inventory"} if clock == CLOCKS[0] else {*names})

    async def read(self, names: set[str]) -> None:
        """Run some jobs, and note what they have made known."""
        for job in self.client.jobs:
            if job.name in names:
                update = await job.run(self.data, self.clock.now)
                self.data = merge(self.data, update, self.clock.now, UTC_ZONE)
        performance = self.data.performance
        for serial in performance.underperforming:
            self.alarms.setdefault(serial, performance.by_inverter[serial].day)
        self.judged.update(found.day for found in performance.by_inverter.values())
        self.ratios += [found.ratio for found in performance.by_inverter.values()]


@asynccontextmanager
async def house(key: str) -> AsyncGenerator[House]:
    """Serve a plant, and let its vendor's client begin with what the list of systems says."""
    clock = FakeClock()
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.add_plant(thirty_inverter_site(), SOLAREDGE_API_KEY)
    plant = simulator.plants[key]
    simulator.set_limits(plant.cloud, per_minute=1_000_000, per_month=100_000_000)

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(BOUNDLESS), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        client: Cloud
        if plant.cloud == "enphase":
            url = str(server.make_url(ENPHASE_PATH))
            client = EnphaseV2(
                session, account, api_key=ENPHASE_API_KEY, user_id=ENPHASE_USER_ID, base_url=url, zone=UTC_ZONE
            )
        else:
            url = str(server.make_url(SOLAREDGE_PATH))
            client = SolarEdge(session, account, api_key=SOLAREDGE_API_KEY, base_url=url, zone=UTC_ZONE)
        system = next(system for system in await client.systems() if system.key == key)
        yield House(simulator, plant, client, clock, SystemData(system=system))


async def test_a_year_of_twelve_microinverters_raises_no_alarm() -> None:
    async with house("enphase_72") as it:
        await it.live(date(2025, 3, 1), 365, "summary", "inverters")
        assert it.alarms == {}
        assert len(it.judged) > 100
        assert {day.month for day in it.judged} >= set(range(3, 11))
        assert len(it.data.performance.by_inverter) == 12
        assert min(it.ratios) > 0.9
        assert max(it.ratios) < 1.1


@pytest.mark.parametrize(
    "first", [date(2025, 9, 10), date(2026, 1, 7), date(2026, 4, 8), date(2026, 7, 8)], ids=lambda day: f"{day:%B}"
)
async def test_a_week_of_each_season_of_two_models_of_solaredge_inverters_raises_no_alarm(first: date) -> None:
    async with house("solaredge_1300002") as it:
        it.clock.now = datetime.combine(first, time(8), it.plant.zone).astimezone(UTC)
        await it.read({"details"})
        await it.live(first, 7, "energy", "inverters")
        assert it.alarms == {}
        assert len(it.data.device_intervals) == 30
        if first.month != 1:
            assert it.judged
            assert len(it.data.performance.by_inverter) == 30
            assert min(it.ratios) > 0.9
            assert max(it.ratios) < 1.1


async def test_a_summers_month_names_an_inverter_that_does_fall_behind() -> None:
    async with house("enphase_72") as it:
        begin = date(2025, 6, 1)
        it.clock.now = datetime.combine(begin, time(0), it.plant.zone).astimezone(UTC)
        it.simulator.set_health("121703000004", 55)
        await it.live(begin, 28, "summary", "inverters")
        assert set(it.alarms) == {"121703000004"}
