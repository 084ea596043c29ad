"""SolarEdge sites with meters and batteries, lived through: what is published balances and is the plant's truth."""

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
from custom_components.solar_cloud.model.elements import SOURCES, DeviceKind, Flow
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.restore import dump, load
from simulator import SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.plant.energy import Flow as PlantFlow
from simulator.plant.plant import Plant
from simulator.systems.ready import SOLAREDGE_API_KEY, ready_simulator
from simulator.systems.special import battery_without_meter_site, two_battery_site

from .helpers import StillClock

pytestmark = pytest.mark.usefixtures("socket_enabled")

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
    shown: Energies = field(default_factory=dict)
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
        before, self.shown = self.shown, balance.lifetime or self.shown
        assert all(self.shown[flow] >= value for flow, value in before.items() if flow in self.shown)

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


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=str)
async def test_every_set_of_a_day_lived_through_balances_and_is_the_plant_s_truth(day):
    zone = ZoneInfo("Europe/Berlin")
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with house(at=start + QUARTER) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        await it.live(end, *FLOW_JOBS, check=it.has_truth)
        assert it.balance.day == day
        assert it.balance.computed == {Flow.CONSUMPTION}
        assert dict(it.balance.today) == it.truth(start, end)
        assert {request.status for request in it.simulator.requests} == {200}


async def test_lifetimes_are_carried_over_midnights_without_a_request_and_compared_after_a_week():
    zone = ZoneInfo("Europe/Berlin")
    start = midnight(date(2026, 6, 1), zone) + timedelta(hours=6)
    async with house(at=start) as it:
        await it.run(*FLOW_JOBS, "lifetime")
        it.simulator.clear_requests()
        await it.run("totals")
        assert paths(it) == ["meters/telemetry"] * 2 + ["storage/telemetry"] * 2
        it.has_truth()
        asked = []
        for day in range(1, 9):
            it.clock.now = start + timedelta(days=day - 1, hours=6) + LAG
            for _ in range(4):
                await it.run(*FLOW_JOBS)
                it.clock.now += timedelta(hours=6)
            it.clock.now = start + timedelta(days=day) + LAG
            await it.run(*FLOW_JOBS, "lifetime")
            it.has_truth()
            it.simulator.clear_requests()
            await it.run("totals")
            asked.append(len(it.simulator.requests))
            it.has_truth()
            assert {base.day for base in it.data.bases.values()} == {date(2026, 6, 1) + timedelta(days=day)}
        assert asked == [0, 0, 0, 0, 0, 0, 4, 0]


@pytest.mark.parametrize("family", ["meters", "storage"])
async def test_production_goes_on_alone_without_meters_or_batteries_and_all_is_true_when_they_are_back(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        it.simulator.fail(f"*/{family}/telemetry", status=503, times=None)
        alone: list[datetime] = []

        def check() -> None:
            it.nothing_false()
            power = it.data.power
            assert power
            assert power.power_w == it.plant.energy_wh(power.measured_at - QUARTER, power.measured_at) * 4
            if it.data.balance is None:
                alone.append(it.clock.now)
                assert power.measured_at == it.clock.now - LAG

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        assert min(alone) == start + timedelta(hours=1) + LAG
        assert len(alone) == 9
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3, minutes=15), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("family", ["meters", "storage"])
@pytest.mark.parametrize("step", [QUARTER, 5 * QUARTER], ids=["each_quarter", "as_a_small_plan_allows"])
async def test_values_that_come_one_quarter_later_than_production_are_told_up_to_their_own_end(family, step):
    start = datetime(2026, 6, 1, 6, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        hide(it, family, lambda it: (it.clock.now - LAG - QUARTER, it.clock.now))
        await it.run(*ALL_JOBS)
        await it.run("totals")

        def check() -> None:
            it.has_truth()
            assert it.balance.measured_at == it.clock.now - LAG - QUARTER

        it.clock.now += step
        await it.run(*FLOW_JOBS)
        await it.live(start + timedelta(hours=14), *FLOW_JOBS, step=step, check=check)


@pytest.mark.parametrize("family", ["meters", "storage", "energy"])
async def test_a_gap_holds_the_sums_back_until_it_is_filled(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        hide(it, family, lambda _: (start + 2 * QUARTER, start + 4 * QUARTER))
        balances: list[Balance | None] = []

        def check() -> None:
            it.nothing_false()
            balances.append(it.data.balance)

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        assert it.balance.power
        assert not it.balance.today
        assert not it.balance.lifetime
        hide(it, family, lambda _: (start, start))
        await it.live(start + timedelta(hours=4), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("switch", ["solaredge_meters_empty", "solaredge_storage_empty"])
async def test_an_empty_answer_of_a_family_that_has_told_something_is_waited_out(switch):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        setattr(it.simulator.switches, switch, True)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.nothing_false)
        assert it.data.balance is None
        setattr(it.simulator.switches, switch, False)
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 11, 21)], ids=str)
async def test_a_night_that_is_told_as_null_is_a_night_without_production(day):
    zone = ZoneInfo("Europe/Berlin")
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with house(at=start + QUARTER) as it:
        it.simulator.switches.solaredge_nights_null = True
        await it.run(*ALL_JOBS)
        late: list[timedelta] = []

        def check() -> None:
            it.nothing_false()
            late.append(it.clock.now - LAG - it.balance.measured_at)

        await it.live(end, *FLOW_JOBS, check=check)
        assert max(late) <= timedelta(minutes=90)
        assert sum(bool(one) for one in late) <= 16
        it.has_truth(lifetime=False)
        assert dict(it.balance.today) == it.truth(start, end)
        it.simulator.clear_requests()
        await it.run("totals")
        assert not it.simulator.requests
        await it.run("lifetime")
        await it.live(end + timedelta(hours=10), *FLOW_JOBS, check=check)
        it.has_truth()


@pytest.mark.parametrize("null", [False, True], ids=["zeros", "null"])
async def test_a_night_in_which_production_is_not_asked_for_goes_on_and_ends_true(null):
    start = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.switches.solaredge_nights_null = null
        await it.run(*ALL_JOBS)
        late: list[timedelta] = []
        while it.clock.now < start + timedelta(hours=24):
            it.clock.now += QUARTER
            asleep = it.dark(it.clock.now - 3 * QUARTER, it.clock.now)
            await it.run(*FLOW_JOBS[1 if asleep else 0 :])
            it.nothing_false()
            late.append(it.clock.now - LAG - it.balance.measured_at)
            if it.clock.now.hour == 0 and it.clock.now.minute < QUARTER.seconds // 60:
                await it.run("lifetime")
        assert max(late) <= timedelta(minutes=45)
        it.has_truth()


async def test_odd_units_negative_buckets_and_a_partial_open_one_change_nothing():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.switches.solaredge_units_scaled = True
        it.simulator.switches.solaredge_open_bucket_partial = True
        it.simulator.switches.solaredge_negative_storage = True
        it.simulator.switches.solaredge_whole_buckets = True
        await it.run(*ALL_JOBS)
        await it.live(start + timedelta(hours=14), *FLOW_JOBS, check=it.has_truth)


async def test_several_meters_and_batteries_with_replaced_ones_add_up_to_the_house():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(two_battery_site, at=start) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        assert it.balance.computed == frozenset()
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=it.has_truth)
        batteries = {serial for serial, device in it.data.devices.items() if device.kind is DeviceKind.BATTERY}
        assert batteries == {"BAT-2201", "BAT-2202"}
        for serial in batteries:
            flows = it.data.device_flows[serial]
            told = sum(interval.energy_wh for interval in flows[Flow.BATTERY_CHARGE].values())
            assert told == it.plant.battery_flow_wh(
                serial, "charge", next(iter(flows[Flow.BATTERY_CHARGE])), it.clock.now
            )


async def test_a_battery_without_a_meter_tells_its_own_flows_only():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(battery_without_meter_site, at=start) as it:
        await it.run(*ALL_JOBS)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.has_truth)
        told = {Flow.PRODUCTION, Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}
        assert it.balance.power.keys() == it.balance.today.keys() == it.balance.lifetime.keys() == told


async def test_a_battery_that_never_tells_anything_does_not_cost_what_the_grid_meter_says():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.fail("*/storage/telemetry", status=404, times=None)
        await it.run(*ALL_JOBS)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.has_truth)
        told = {Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT}
        assert it.balance.power.keys() == it.balance.today.keys() == it.balance.lifetime.keys() == told
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, "totals", check=it.nothing_false)
        it.has_truth()
        assert it.balance.lifetime.keys() == set(Flow)


async def test_a_restart_shows_what_was_shown_and_counts_on():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        before = it.data.balance
        it.data = load(SystemData, dump(it.data))
        assert it.data.balance == before
        it.simulator.clear_requests()
        await it.live(start + timedelta(hours=1), *FLOW_JOBS, "totals", check=it.has_truth)
        assert len(it.simulator.requests) == 3 * 4
