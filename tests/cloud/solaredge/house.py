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
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.value import Value
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
    lost: tuple[datetime, datetime] | None = None
    """The quarter hours that the cloud does not report of the flows in `lossy`."""
    lossy: frozenset[Flow] = frozenset()
    published: dict[Flow, float] = field(default_factory=dict)
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

    def ends(self) -> dict[Flow, datetime | None]:
        """Return the time of the newest power of each flow that is known."""
        known = {flow: value.end for flow, value in self.data.published.power.items() if value.amount is not None}
        return known | ({Flow.PRODUCTION: self.data.power.measured_at} if self.data.power else {})

    def has_truth(self, *, until: datetime | None = None, flows: frozenset[Flow] = frozenset(Flow)) -> None:
        """Check that power, day and lifetime of these flows are known up to an instant, and that nothing is false."""
        self.nothing_false()
        until = until or self.clock.now - LAG
        assert self.ends() == dict.fromkeys(flows, until)
        others = flows - {Flow.PRODUCTION}
        for values in (self.data.published.today, self.data.published.lifetime):
            assert {flow: value.end for flow, value in values.items() if value.amount is not None} == dict.fromkeys(
                others, until
            )
        assert (self.data.today, self.data.lifetime.published_wh).count(None) == 0

    def nothing_false(self, *, settling: timedelta = timedelta(0)) -> None:
        """Check every value that is published: it is what the plant did up to the value's own time.

        `settling`: so long the computed consumption may lack what nobody knows yet, late or dark.
        """
        published, life = self.data.published, self.plant.operational_at
        for flow, value in published.power.items():
            if value.amount is not None:
                assert value.start
                assert value.end
                self._is(flow, value.amount / 4, self.truth(value.start, value.end)[flow])
        for flow, value in published.today.items():
            if value.amount is not None:
                assert published.day_start
                self._is_sum(flow, value, published.day_start, settling)
        lifetimes = {flow: value for flow, value in published.lifetime.items() if value.amount is not None}
        for flow, value in lifetimes.items():
            self._is_sum(flow, value, life, settling)
        self._production_is_true(life)
        before, self.published = self.published, {flow: value.amount or 0.0 for flow, value in lifetimes.items()}
        assert all(self.published[flow] >= value for flow, value in before.items() if flow in self.published)

    def _production_is_true(self, life: datetime) -> None:
        power, today, lifetime = self.data.power, self.data.today, self.data.lifetime
        if power is not None:
            self._is(
                Flow.PRODUCTION, power.power_w / 4, self.plant.energy_wh(power.measured_at - QUARTER, power.measured_at)
            )
        if power is not None and today is not None:
            start = midnight(today.day, self.plant.zone)
            end = min(power.measured_at, start + timedelta(hours=25))
            self._is(Flow.PRODUCTION, today.energy_wh, self._known(Flow.PRODUCTION, start, end))
        if lifetime.as_of is not None:
            self._is(Flow.PRODUCTION, lifetime.published_wh, self._known(Flow.PRODUCTION, life, lifetime.as_of))

    def _is_sum(self, flow: Flow, value: Value, start: datetime, settling: timedelta) -> None:
        assert value.end
        truth = self._known(flow, start, value.end)
        if not value.is_computed or not settling:
            self._is(flow, value.amount, truth)
            return
        assert value.amount is not None
        least = self._known(flow, start, value.end - settling)
        assert least <= value.amount <= truth, (self.clock.now, least, value.amount, truth)

    def _known(self, flow: Flow, start: datetime, end: datetime) -> float:
        """Return what a flow was between two instants, without what the cloud does not report of it."""
        if end <= start:
            return 0.0
        energy = self.truth(start, end)[flow]
        if self.lost is None or flow not in self.lossy:
            return energy
        begin, until = max(start, self.lost[0]), min(end, self.lost[1])
        return energy - (self.truth(begin, until)[flow] if begin < until else 0.0)

    def _is(self, flow: Flow, value: float | None, truth: float) -> None:
        assert value == pytest.approx(truth, abs=1e-3), (self.clock.now, flow, value, truth)


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
        kept = [one._replace(value=None) if begin <= one.start < end else one for one in buckets]
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
