"""A simulated SolarEdge house that is lived through, and what must hold of it at any time."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.daylight import Daylight
from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.cloud.solaredge.api import SolarEdgeApi
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.cloud.solaredge.model import Series, Telemetry
from custom_components.solar_cloud.cloud.solaredge.windows import Resolution
from custom_components.solar_cloud.model.balance import Balance, Energies
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import SOURCES, Flow
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.sky.sun import Place
from simulator import SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.plant.energy import Flow as PlantFlow
from simulator.plant.plant import Plant
from simulator.ready import SOLAREDGE_API_KEY, ready_simulator

from .helpers import StillClock

UTC_ZONE = ZoneInfo("UTC")
QUARTER = timedelta(minutes=15)
LAG = timedelta(seconds=95)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
BATTERY_SITE = "1148616"
FLOWS: dict[Flow, PlantFlow] = {
    Flow.CONSUMPTION: "load",
    Flow.GRID_IMPORT: "import",
    Flow.GRID_EXPORT: "export",
    Flow.BATTERY_CHARGE: "charge",
    Flow.BATTERY_DISCHARGE: "discharge",
}


@dataclass
class House:
    """One site and what a coordinator knows of it."""

    simulator: Simulator
    client: SolarEdge
    clock: StillClock
    plant: Plant
    data: SystemData
    published: Energies = field(default_factory=dict)
    """The newest lifetimes that were published."""

    def __post_init__(self) -> None:
        self._light = Daylight(Place(self.plant.sky.latitude, self.plant.sky.longitude))

    def dark(self, start: datetime, end: datetime) -> bool:
        return self._light.seconds(start.timestamp(), end.timestamp()) == 0

    async def run(self, *names: str) -> None:
        """Run jobs in the client's order; one that fails costs its own values only."""
        for job in self.client.jobs:
            if job.name in names and job.applies_to(self.data):
                try:
                    update = await job.run(self.data, self.clock.now)
                except CloudError:
                    continue
                self.data = merge(self.data, update, self.clock.now, UTC_ZONE, self.dark)

    async def live(self, end: datetime, *names: str, step: timedelta = QUARTER, check: Callable[[], Any]) -> None:
        """Let time go by up to an instant, running jobs after every step."""
        while self.clock.now < end:
            self.clock.now += step
            await self.run(*names)
            check()

    def truth(self, start: datetime, end: datetime) -> dict[Flow, int]:
        return {
            Flow.PRODUCTION: self.plant.energy_wh(start, end),
            **{flow: self.plant.flow_wh(name, start, end) for flow, name in FLOWS.items()},
        }

    @property
    def balance(self) -> Balance:
        assert self.data.balance is not None
        return self.data.balance

    def has_truth(self, *, lifetime: bool = True, today: bool = True) -> None:
        """Check every set that is published, and that nothing is missing."""
        self.nothing_false()
        assert self.data.balance
        assert self.data.balance.today or not today
        assert self.data.balance.lifetime or not lifetime
        if lifetime:
            truth = self.truth(self.plant.operational_at, self.data.balance.measured_at)
            self._is(self.data.balance.lifetime, truth)

    def nothing_false(self) -> None:
        """Check every set that is published: it balances and is what the plant did up to its instant."""
        balance = self.data.balance
        if balance is None:
            return
        until = balance.measured_at
        self._is(balance.power, {flow: wh * 4 for flow, wh in self.truth(until - QUARTER, until).items()})
        if balance.today:
            self._is(balance.today, self.truth(midnight(balance.day, self.plant.zone), until))
            if self.data.today and self.data.today.day == balance.day:
                assert self.data.today.energy_wh == balance.today[Flow.PRODUCTION]
        if balance.lifetime:
            assert balance.lifetime[Flow.PRODUCTION] == self.data.lifetime.published_wh
            # While production stands, an older set may stay: it is the truth of some instant before.
            ago = (until - QUARTER * back for back in range(64))
            assert any(self._same(balance.lifetime, self.truth(self.plant.operational_at, at)) for at in ago)
        before, self.published = self.published, balance.lifetime or self.published
        assert all(self.published[flow] >= value for flow, value in before.items() if flow in self.published)

    def _is(self, values: Energies, truth: dict[Flow, int]) -> None:
        assert self._same(values, truth), (self.clock.now, dict(values), truth)

    def _same(self, values: Energies, truth: dict[Flow, int]) -> bool:
        sources = sum(value for flow, value in values.items() if flow in SOURCES)
        sinks = sum(value for flow, value in values.items() if flow not in SOURCES)
        balances = not values.keys() >= {Flow.CONSUMPTION, Flow.GRID_IMPORT} or sources == pytest.approx(sinks)
        return balances and dict(values) == pytest.approx({flow: truth[flow] for flow in values}, abs=1e-3)


@asynccontextmanager
async def house(make: Callable[[], Plant] | None = None, *, at: datetime) -> AsyncGenerator[House]:
    """Open a house just after an instant; the devices and the details are known."""
    clock = StillClock()
    clock.now = at + LAG
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.set_limits("solaredge", per_minute=100_000, per_month=100_000)
    plant = make() if make else simulator.plants[f"solaredge_{BATTERY_SITE}"]
    if make:
        simulator.add_plant(plant, SOLAREDGE_API_KEY)

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(Limits(per_minute=100_000, per_month=100_000)), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        url = str(server.make_url(SOLAREDGE_PATH))
        client = SolarEdge(session, account, api_key=SOLAREDGE_API_KEY, base_url=url, zone=UTC_ZONE)
        system = next(system for system in await client.systems() if system.id == str(plant.id))
        it = House(simulator, client, clock, plant, SystemData(system=system))
        await it.run("details", "inventory")
        yield it


FLOW_JOBS = ("energy", "meters", "storage")
ALL_JOBS = ("energy", "lifetime", "meters", "storage", "totals")


def paths(it: House) -> list[str]:
    return [request.path.rpartition(f"/sites/{it.plant.id}/")[2] for request in it.simulator.requests]


def hide(it: House, family: str, span: Callable[[House], tuple[datetime, datetime]]) -> None:
    """Let the cloud answer null for what begins between two instants."""
    name = "energy" if family == "energy" else f"{family}_telemetry"
    kind = SolarEdgeApi
    real = getattr(kind, name)

    def without(series: Series) -> Series:
        begin, end = span(it)
        buckets = (bucket for bucket in series.buckets if series.resolution is Resolution.QUARTER_HOUR)
        kept = [replace(one, value=None) if begin <= one.start < end else one for one in buckets]
        return replace(series, buckets=tuple(kept)) if kept else series

    def of_all(telemetry: Telemetry) -> Telemetry:
        return Telemetry(
            devices={
                serial: {metric: without(series) for metric, series in metrics.items()}
                for serial, metrics in telemetry.devices.items()
            }
        )

    async def asked(*args: Any, **kwargs: Any) -> Any:
        answer = await real(it.client.api, *args, **kwargs)
        match answer:
            case Series():
                return without(answer)
            case Telemetry():
                return of_all(answer)
            case telemetry, scale:
                return of_all(telemetry), scale

    setattr(it.client.api, name, asked)
