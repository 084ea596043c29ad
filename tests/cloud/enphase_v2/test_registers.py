"""Registers of Enphase v2's revenue-grade meters: exact or not reported, and hardly ever asked for."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase.model import Register
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.enphase_v2.jobs.registers import READ, base_of, month_before
from custom_components.solar_cloud.cloud.errors import NotFound, TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData, local_day, midnight
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow, Interval, LifetimeBase
from custom_components.solar_cloud.system.restore import dump, load
from simulator.plant.plant import Plant
from simulator.ready import ENPHASE_USER_ID
from simulator.systems.special import metered_residence

from ..conftest import FakeClock, FakeCloud
from .helpers import ZONE, known, make_client
from .world import EICH, World, make_world

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
METER = "123123123123"
FIRST, SECOND, RETIRED = "122300000001EIM1", "122300000001EIM3", "122300000001EIM0"
MONTHLY, READINGS = "monthly_production", "production_meter_readings"


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    async with make_world(clock) as made:
        yield made


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


async def eich(world: World, now: datetime) -> tuple[EnphaseV2, SystemData, Plant]:
    """Return a system whose meter has been read since the day before."""
    world.clock.now = now
    client = world.client()
    data = await world.run(client, await world.system(client, EICH), "inventory", "meters")
    world.simulator.clear_requests()
    return client, data, world.simulator.plants["enphase_67"]


def base(data: SystemData, serial: str = METER) -> LifetimeBase | None:
    return data.device_bases.get(serial, {}).get(Flow.PRODUCTION)


def counted(plant: Plant, serial: str, moment: datetime) -> int:
    return plant.meter_until(serial, int(moment.timestamp()) // 300)


def lifetime(data: SystemData, plant: Plant, serial: str) -> tuple[datetime, float] | None:
    """Return what a register and the quarter hours after it say together, and of when."""
    found, series = base(data, serial), data.device_flows.get(serial, {}).get(Flow.PRODUCTION, {})
    if found is None:
        return None
    since = [interval for start, interval in series.items() if start >= midnight(found.day, plant.zone)]
    if not since:
        return None
    return since[-1].end, found.before_wh + sum(interval.energy_wh for interval in since)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 6, 21, 20, 7, tzinfo=UTC),
        # The clocks have gone forth and back.
        datetime(2026, 3, 8, 20, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 20, 7, tzinfo=UTC),
        # The first of March.
        datetime(2026, 3, 1, 20, 7, tzinfo=UTC),
    ],
    ids=str,
)
async def test_one_request_brings_the_register_of_the_last_midnight(world: World, now: datetime) -> None:
    client, data, plant = await eich(world, now)
    data = await world.run(client, data, "registers")
    assert world.paths == [MONTHLY]
    day = local_day(now, plant.zone)
    start = midnight(day, plant.zone)
    assert base(data) == LifetimeBase(day=day, before_wh=counted(plant, METER, start))
    found = lifetime(data, plant, METER)
    assert found is not None
    assert found[1] == counted(plant, METER, found[0])
    assert found[1] > counted(plant, METER, start)


async def test_whole_days_carry_the_register_on_and_it_is_compared_once_a_week(world: World) -> None:
    client, data, plant = await eich(world, datetime(2026, 10, 28, 15, 7, tzinfo=UTC))
    for _ in range(15):
        for _ in range(4):
            data = await world.run(client, data, "meters")
            world.clock.advance(hours=3)
        data = await world.run(client, data, "registers")
        found = lifetime(data, plant, METER)
        assert found is not None
        assert found[1] == counted(plant, METER, found[0])
        assert world.clock.now - found[0] < timedelta(hours=4)
        world.clock.advance(hours=12)
    asked = world.paths
    assert asked.count("rgm_stats") == 60
    assert [path for path in asked if path != "rgm_stats"] == [MONTHLY] * 3


async def test_in_the_night_it_is_the_register_of_the_midnight_before(world: World) -> None:
    client, data, plant = await eich(world, datetime(2026, 6, 22, 4, 30, tzinfo=UTC))
    assert world.clock.now.astimezone(plant.zone).hour == 21
    world.clock.advance(hours=4)
    data = await world.run(client, data, "registers")
    day = date(2026, 6, 21)
    assert base(data) == LifetimeBase(day=day, before_wh=counted(plant, METER, midnight(day, plant.zone)))
    assert world.paths == [MONTHLY]


async def test_what_the_meter_has_not_reported_is_no_register_and_costs_nothing(world: World) -> None:
    client, data, plant = await eich(world, datetime(2026, 6, 19, 20, 7, tzinfo=UTC))
    # Silent over two midnights: what the cloud would call the register of the second is older.
    world.simulator.silence(METER)
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    data = await world.run(client, data, "meters", "registers")
    assert world.paths == ["rgm_stats"]
    assert base(data) is None
    world.simulator.unsilence(METER)
    world.clock.advance(minutes=10)
    data = await world.run(client, data, "meters", "registers")
    start = midnight(date(2026, 6, 21), plant.zone)
    assert base(data) == LifetimeBase(day=date(2026, 6, 21), before_wh=counted(plant, METER, start))


@pytest.mark.parametrize("missing", [False, True])
async def test_several_meters_and_none_that_is_retired(world: World, missing: bool) -> None:
    world.simulator.switches.enphase_meter_intervals = True
    plant = world.simulator.add_plant(metered_residence(), ENPHASE_USER_ID)
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    if missing:
        world.simulator.fail(f"*{MONTHLY}", status=404, times=None)
    client = world.client()
    data = await world.run(client, await world.system(client, "2300"), "inventory", "meters", "registers")
    start = midnight(date(2026, 6, 21), plant.zone)
    assert {serial: bases[Flow.PRODUCTION].before_wh for serial, bases in data.device_bases.items()} == {
        serial: counted(plant, serial, start) for serial in (FIRST, SECOND)
    }
    listed = await client.api.production_meter_readings("2300", start)
    assert {(one.serial, one.value_wh, one.read_at) for one in listed if one.serial != RETIRED} == {
        (serial, counted(plant, serial, start), start) for serial in (FIRST, SECOND)
    }
    assert RETIRED in {one.serial for one in listed}


async def test_what_is_missing_is_found_out_once_and_asked_again_after_a_week(world: World) -> None:
    client, data, plant = await eich(world, datetime(2026, 6, 5, 20, 7, tzinfo=UTC))
    world.simulator.fail(f"*{MONTHLY}", status=404, times=None)
    asked: list[list[str]] = []
    for _ in range(16):
        data = await world.run(client, data, "meters")
        assert world.paths == ["rgm_stats"]
        data = await world.run(client, data, "registers")
        asked.append(world.paths)
        data = load(SystemData, dump(data))
        found = lifetime(data, plant, METER)
        assert found is not None
        assert found[1] == counted(plant, METER, found[0])
        # As if it could not be carried on.
        data = replace(data, notes={**data.notes, READ: ""})
        world.clock.advance(days=1)
    assert asked[0] == asked[7] == asked[14] == [MONTHLY, READINGS]
    assert [paths for paths in asked if paths != [MONTHLY, READINGS]] == [[READINGS]] * 13
    world.simulator.clear_faults()
    world.clock.advance(days=6)
    for expected in ([MONTHLY], [MONTHLY]):
        data = await world.run(client, data, "meters")
        world.simulator.clear_requests()
        data = replace(data, notes={**data.notes, READ: ""})
        data = await world.run(client, data, "registers")
        assert world.paths == expected
        world.clock.advance(days=1)


async def test_an_account_without_either_is_not_found(world: World) -> None:
    client, data, _ = await eich(world, datetime(2026, 6, 5, 20, 7, tzinfo=UTC))
    world.simulator.fail(f"*{MONTHLY}", status=404, times=None)
    world.simulator.switches.enphase_late = False
    with pytest.raises(NotFound):
        await world.run(client, data, "registers")


async def test_an_outage_is_no_reason_to_ask_elsewhere(world: World) -> None:
    client, data, _ = await eich(world, datetime(2026, 6, 5, 20, 7, tzinfo=UTC))
    world.simulator.fail(f"*{MONTHLY}", status=500, times=None)
    with pytest.raises(TemporarilyUnavailable):
        await world.run(client, data, "registers")
    assert world.paths == [MONTHLY]


async def test_a_system_that_is_younger_than_a_month_is_asked_for_its_readings(world: World) -> None:
    client, data, plant = await eich(world, datetime(2026, 6, 5, 20, 7, tzinfo=UTC))
    young = replace(data, system=replace(data.system, installed_at=datetime(2026, 5, 20, 20, 0, tzinfo=UTC)))
    after = await world.run(client, young, "registers")
    assert world.paths == [READINGS]
    assert base(after) == LifetimeBase(
        day=date(2026, 6, 5), before_wh=counted(plant, METER, midnight(date(2026, 6, 5), plant.zone))
    )
    # Without them it waits for its first month.
    world.simulator.switches.enphase_late = False
    for expected in ([READINGS], []):
        young = await world.run(client, young, "registers")
        assert world.paths == expected
        assert base(young) is None
    old = replace(young, system=data.system)
    assert base(await world.run(client, old, "registers")) == base(after)


async def test_on_a_day_that_no_month_ends_before_nothing_is_sent(world: World) -> None:
    client, data, _ = await eich(world, datetime(2026, 3, 31, 20, 7, tzinfo=UTC))
    after = await world.run(client, data, "registers")
    assert (world.paths, base(after), after.notes) == ([], None, data.notes)
    world.clock.advance(days=1)
    after = await world.run(client, data, "meters", "registers")
    assert base(after) is not None
    assert world.paths == ["rgm_stats", MONTHLY]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 21), date(2026, 10, 21)),
        (date(2026, 1, 31), date(2025, 12, 31)),
        (date(2026, 3, 28), date(2026, 2, 28)),
        (date(2026, 3, 29), None),
        (date(2028, 3, 29), date(2028, 2, 29)),
        (date(2026, 5, 31), None),
        (date(2026, 12, 1), date(2026, 11, 1)),
    ],
)
def test_the_month_before_a_day(day: date, expected: date | None) -> None:
    assert month_before(day) == expected


def quarters(start: datetime, *energies: float) -> Mapping[datetime, Interval]:
    return {
        start + number * QUARTER: Interval(
            start=start + number * QUARTER, end=start + (number + 1) * QUARTER, energy_wh=energy
        )
        for number, energy in enumerate(energies)
    }


TODAY = date(2026, 11, 21)
MIDNIGHT = midnight(TODAY, ZONE)


@pytest.mark.parametrize(
    ("read_at", "expected"),
    [
        (MIDNIGHT, 1000),
        (MIDNIGHT + QUARTER, 1000 - 3),
        (MIDNIGHT + 2 * QUARTER, 1000 - 3 - 4),
        (MIDNIGHT - QUARTER, 1000 + 2),
        # A gap, the middle of an interval, nothing known.
        (MIDNIGHT + 3 * QUARTER, None),
        (MIDNIGHT + QUARTER / 2, None),
        (MIDNIGHT - 3 * QUARTER, None),
    ],
)
def test_a_register_is_taken_to_midnight_by_unbroken_intervals_only(read_at: datetime, expected: float | None) -> None:
    series = {**quarters(MIDNIGHT - 2 * QUARTER, 1, 2, 3, 4), **quarters(MIDNIGHT + 3 * QUARTER, 5)}
    found = base_of(Register(serial="1", value_wh=1000, read_at=read_at), series, TODAY, ZONE)
    assert found == (None if expected is None else LifetimeBase(day=TODAY, before_wh=expected))


def test_a_register_below_what_the_day_has_brought_belongs_to_another_meter() -> None:
    series = quarters(MIDNIGHT, 30)
    assert base_of(Register(serial="1", value_wh=29, read_at=MIDNIGHT + QUARTER), series, TODAY, ZONE) is None


def test_registers_are_read_of_meters_that_have_reported_something(client: EnphaseV2) -> None:
    data = known("67")
    meter = Device(kind=DeviceKind.METER, serial="1")
    listed = replace(data, devices={"1": meter})
    reported = replace(listed, device_flows={"1": {Flow.PRODUCTION: quarters(MIDNIGHT, 1)}})
    assert [client.job("registers").applies_to(one) for one in (data, listed, reported)] == [False, False, True]


async def test_a_cloud_that_reads_at_its_own_time_is_understood(client: EnphaseV2, cloud: FakeCloud) -> None:
    now = MIDNIGHT + timedelta(hours=1)
    data = replace(
        known("67", timezone="America/Los_Angeles"),
        devices={"1": Device(kind=DeviceKind.METER, serial="1")},
        device_flows={"1": {Flow.PRODUCTION: quarters(MIDNIGHT - QUARTER, 0, 7, 8)}},
        notes={"registers_monthly": now.isoformat()},
    )
    rows = [
        {"serial_number": "1", "value": 5015, "read_at": int((MIDNIGHT + 2 * QUARTER).timestamp())},
        {"serial_number": "gone", "value": 12, "read_at": int(MIDNIGHT.timestamp())},
        {"serial_number": "odd", "value": None, "read_at": 0},
    ]
    cloud.answer(f"/api/v2/systems/67/{READINGS}", {"system_id": 67, "meter_readings": rows})
    update = await client.job("registers").run(data, now)
    assert update.device_bases == {"1": {Flow.PRODUCTION: LifetimeBase(day=TODAY, before_wh=5000)}}
    assert cloud.requests[0].asked("end_at") == str(int(MIDNIGHT.timestamp()))
