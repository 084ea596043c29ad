"""Revenue-grade meters of Enphase v2: their quarter hours are the plant's truth, and nobody else's energy is theirs."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.errors import NoDataYet, NotFound
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Flow, Interval
from custom_components.solar_cloud.model.merging import merge
from simulator.plant.devices import RevenueMeter
from simulator.plant.plant import Plant
from simulator.ready import ENPHASE_USER_ID
from simulator.systems.special import metered_residence

from ..conftest import NOW, FakeClock, FakeCloud
from .helpers import ZONE, known, make_client
from .world import EICH, World, make_world

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
METER = "123123123123"
FIRST, SECOND, CONSUMPTION = "122300000001EIM1", "122300000001EIM3", "122300000001EIM2"


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    async with make_world(clock) as made:
        yield made


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


def plant_of(world: World, key: str = "enphase_67") -> Plant:
    return world.simulator.plants[key]


async def two_meters(world: World) -> tuple[EnphaseV2, SystemData, Plant]:
    plant = world.simulator.add_plant(metered_residence(), ENPHASE_USER_ID)
    client = world.client()
    data = await world.run(client, await world.system(client, "2300"), "inventory")
    world.simulator.clear_requests()
    return client, data, plant


def production(data: SystemData, serial: str) -> Mapping[datetime, Interval]:
    return data.device_flows.get(serial, {}).get(Flow.PRODUCTION, {})


def truth(plant: Plant, serial: str, start: datetime, end: datetime) -> int:
    slots = [int(moment.timestamp()) // 300 for moment in (start, end)]
    return plant.meter_until(serial, slots[1]) - plant.meter_until(serial, slots[0])


def assert_true(plant: Plant, serial: str, series: Mapping[datetime, Interval]) -> None:
    for start, interval in series.items():
        assert interval.end - start == QUARTER
        assert interval.energy_wh == truth(plant, serial, start, interval.end)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 21)], ids=str)
async def test_a_meters_day_is_known_whole_the_next_morning_from_one_request_each(world: World, day: date) -> None:
    plant, client = plant_of(world), world.client()
    start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
    world.clock.now = start + timedelta(hours=6)
    data = await world.run(client, await world.system(client, EICH), "inventory")
    world.simulator.clear_requests()
    # As pacing does it: by day, and once more after sunset.
    while world.clock.now < start + timedelta(hours=21):
        data = await world.run(client, data, "meters")
        reading = data.readings[METER]
        assert reading.last_report == reading.measured_at
        assert reading.measured_at is not None
        assert timedelta(0) <= world.clock.now - reading.measured_at < timedelta(minutes=30)
        assert reading.power_w == truth(plant, METER, reading.measured_at - QUARTER, reading.measured_at) * 4
        world.clock.advance(minutes=45)
    assert world.paths == ["rgm_stats"] * 20
    world.clock.now = end + timedelta(hours=6)
    data = await world.run(client, data, "meters")
    series = production(data, METER)
    assert_true(plant, METER, series)
    parts = [interval for begin, interval in series.items() if start <= begin < end]
    assert len(parts) == (end - start) // QUARTER
    assert sum(interval.energy_wh for interval in parts) == plant.day_wh(day) > 0


async def test_meters_leave_the_systems_own_figures_to_the_summary(world: World) -> None:
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    client = world.client()
    data = await world.run(client, await world.system(client, EICH), "summary", "inventory")
    after = await world.run(client, data, "meters")
    assert production(after, METER)
    for name in ("power", "today", "lifetime", "lifetime_base", "intervals", "flows", "bases", "published", "counters"):
        assert getattr(after, name) == getattr(data, name), name
    assert (after.system.meters, after.system.meters_reporting) == (1, 1)
    assert after.system.timezone == data.system.timezone


async def test_each_of_several_meters_where_late_v2_reports_each(world: World) -> None:
    world.simulator.switches.enphase_meter_intervals = True
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    client, data, plant = await two_meters(world)
    data = await world.run(client, data, "meters")
    assert world.paths == ["rgm_stats"]
    assert set(data.device_flows) == {FIRST, SECOND}
    for serial in (FIRST, SECOND):
        series = production(data, serial)
        assert_true(plant, serial, series)
        assert sum(interval.energy_wh for interval in series.values()) > 10_000
    assert (data.system.meters, data.system.meters_reporting) == (2, 2)


async def test_a_sum_of_several_meters_is_nobodys(world: World) -> None:
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    client, data, _ = await two_meters(world)
    data = await world.run(client, data, "meters")
    assert (data.device_flows, data.readings) == ({}, {})
    assert (data.system.meters, data.system.meters_reporting) == (2, 2)


async def test_a_silent_meter_beside_another_one_keeps_its_last_values(world: World) -> None:
    world.simulator.switches.enphase_meter_intervals = True
    world.clock.now = silent_at = datetime(2026, 6, 21, 18, 0, tzinfo=UTC)
    client, data, plant = await two_meters(world)
    world.simulator.silence(SECOND)
    world.clock.advance(hours=2, minutes=7)
    data = await world.run(client, data, "meters")
    assert (data.system.meters, data.system.meters_reporting) == (2, 1)
    assert data.readings[SECOND].measured_at == silent_at
    assert data.readings[FIRST].measured_at == silent_at + timedelta(hours=2)
    assert_true(plant, SECOND, production(data, SECOND))
    assert max(production(data, SECOND)) == silent_at - QUARTER
    # It reports later what it kept.
    world.clock.now = datetime(2026, 6, 22, 18, 0, tzinfo=UTC)
    world.simulator.unsilence(SECOND)
    world.clock.advance(minutes=7)
    data = await world.run(client, data, "meters")
    assert_true(plant, SECOND, production(data, SECOND))
    start = midnight(date(2026, 6, 21), plant.zone)
    reported = [
        interval.energy_wh for begin, interval in production(data, SECOND).items() if start <= begin < start + DAY
    ]
    assert len(reported) == 96
    assert sum(reported) == truth(plant, SECOND, start, start + DAY)


async def test_the_rows_of_a_replaced_meter_are_not_the_new_ones(world: World) -> None:
    plant, client = plant_of(world), world.client()
    world.clock.now = datetime(2026, 6, 21, 17, 10, tzinfo=UTC)
    data = await world.run(client, await world.system(client, EICH), "inventory", "meters")
    world.clock.now = replaced = datetime(2026, 6, 21, 18, 25, tzinfo=UTC)
    plant.revenue_meters[0].retired = replaced
    plant.revenue_meters.append(RevenueMeter(serial="777", gateway="010731000003", installed=replaced))
    plant._meter_division = None
    world.clock.advance(hours=2)
    data = await world.run(client, data, "inventory", "meters")
    assert METER not in data.device_flows
    assert production(data, "777") == {}
    seen = world.clock.now
    world.clock.advance(days=1)
    data = await world.run(client, data, "meters")
    assert min(production(data, "777")) >= seen
    assert_true(plant, "777", production(data, "777"))


async def test_a_row_of_two_meters_is_not_taken_for_the_only_ones(client: EnphaseV2, cloud: FakeCloud) -> None:
    end = int(NOW.timestamp())
    rows = [{"end_at": end - 900, "wh_del": 500, "devices_reporting": 2}, {"end_at": end, "wh_del": 7}]
    cloud.answer("/api/v2/systems/67/rgm_stats", {"total_devices": 1, "intervals": rows})
    data = merge(_with_meters("1"), await client.job("meters").run(_with_meters("1"), NOW), NOW, ZONE)
    assert [interval.energy_wh for interval in production(data, "1").values()] == [7]


def _with_meters(*serials: str) -> SystemData:
    data = known("67", timezone="America/Los_Angeles")
    devices = {serial: Device(kind=DeviceKind.METER, serial=serial) for serial in serials}
    return SystemData(system=data.system, devices=devices)


async def test_without_a_meter_in_the_inventory_nothing_is_asked(client: EnphaseV2) -> None:
    assert not client.job("meters").applies_to(known("67"))
    assert client.job("meters").applies_to(_with_meters("1"))
    assert client.job("summary").applies_to(known("67"))


async def test_meters_of_consumption_alone_are_found_out_with_one_request(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/67/rgm_stats", {"system_id": 67, "total_devices": 0, "intervals": []})
    with pytest.raises(NotFound):
        await client.job("meters").run(_with_meters("1"), NOW)


async def test_a_meter_that_says_nothing_for_days_is_still_one(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("/api/v2/systems/67/rgm_stats", {"system_id": 67, "total_devices": 1, "intervals": []})
    update = await client.job("meters").run(_with_meters("1"), NOW)
    assert (update.device_flows, update.readings) == ({}, {})
    assert update.system
    assert (update.system.meters, update.system.meters_reporting) == (1, None)


async def test_an_older_answer_takes_no_reading_back(client: EnphaseV2, cloud: FakeCloud) -> None:
    end = int(NOW.timestamp())
    rows = [{"end_at": end - 900, "wh_del": 5, "devices_reporting": 1}, {"end_at": end, "wh_del": 7}]
    cloud.answer("/api/v2/systems/67/rgm_stats", {"total_devices": 1, "intervals": rows})
    cloud.answer("/api/v2/systems/67/rgm_stats", {"total_devices": 1, "intervals": rows[:1]})
    data = _with_meters("1")
    for _ in range(2):
        data = merge(data, await client.job("meters").run(data, NOW), NOW, ZONE)
    assert data.readings["1"] == DeviceReading(last_report=NOW, power_w=28, measured_at=NOW)
    assert len(production(data, "1")) == 2


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ([[(900, 5), (1800, 6)]], {900: 5, 1800: 6}),
        ([[(900, 5), (1800, None)]], {900: 5}),
        ([[(900, 5), (1800, 6)], [(900, 1), (1800, 2)]], {900: 6, 1800: 8}),
        ([[(900, 5), (1800, 6)], [(900, None), (1800, 2)]], {1800: 8}),
        ([[(900, 5)], [(1800, 2)]], {}),
        # Two phases: the third channel is not connected, and is reported as null, at times as 0.
        ([[(900, 5), (1800, 6)], [(900, 1), (1800, 2)], [(900, None), (1800, None)]], {900: 6, 1800: 8}),
        ([[(900, 5), (1800, 6)], [(900, 1), (1800, 2)], [(900, None), (1800, 0)]], {900: 6, 1800: 8}),
        ([[(900, None), (1800, None)], [(900, 5), (1800, 6)]], {900: 5, 1800: 6}),
        # A night: nothing is above 0.
        ([[(900, 0), (1800, 0)], [(900, 0), (1800, 0)], [(900, None), (1800, 0)]], {900: 0, 1800: 0}),
        ([[(900, None)], [(900, None)]], {}),
        ([[(900, -1), ("x", 3)]], {}),
        ([[]], {}),
    ],
)
async def test_what_one_channel_of_a_meter_lacks_is_not_known_of_the_meter(
    client: EnphaseV2, cloud: FakeCloud, channels: list[list[tuple[Any, Any]]], expected: dict[int, int]
) -> None:
    base = 1_384_121_700
    rows = [
        {"channel": number, "end_at": base + end if isinstance(end, int) else end, "wh_del": wh, "curr_w": 9}
        for number, channel in enumerate(channels, 1)
        for end, wh in channel
    ]
    body = {"total_devices": 1, "meter_intervals": [{"meter_serial_number": "1EIM1", "intervals": rows}, 7, {}]}
    cloud.answer("/api/v2/systems/67/rgm_stats", body)
    found = (await client.api.rgm_stats("67")).by_meter
    reported = {
        int(interval.end.timestamp()) - base: interval.energy_wh for rows in found.values() for interval in rows
    }
    assert reported == expected
    assert set(found) == ({"1EIM1"} if expected else set())


async def test_the_status_of_a_meter_is_the_inventorys_and_its_values_are_its_own(world: World) -> None:
    world.simulator.switches.enphase_meter_intervals = world.simulator.switches.enphase_inventory_details = True
    world.clock.now = datetime(2026, 6, 21, 20, 7, tzinfo=UTC)
    client, data, _ = await two_meters(world)
    assert {serial: reading.status for serial, reading in data.readings.items()} == {
        FIRST: "normal",
        SECOND: "normal",
        CONSUMPTION: "normal",
    }
    world.simulator.silence(SECOND)
    data = await world.run(client, data, "meters", "inventory")
    assert (data.readings[FIRST].status, data.readings[SECOND].status) == ("normal", "comm")
    assert data.readings[SECOND].power_w is not None
    assert data.readings[CONSUMPTION] == DeviceReading(status="normal")


def metered(**notes: str) -> SystemData:
    meter = Device(kind=DeviceKind.METER, serial=METER)
    data = known("67", timezone="America/Los_Angeles")
    return SystemData(system=data.system, devices={METER: meter}, notes=notes)


@pytest.mark.parametrize("day_too", [False, True])
async def test_a_span_that_is_refused_is_not_asked_for_again(
    client: EnphaseV2, cloud: FakeCloud, clock: FakeClock, day_too: bool
) -> None:
    rows = [{"end_at": int(NOW.timestamp()) - 900 * number, "wh_del": 5} for number in range(9)]
    whole = {"total_devices": 1, "intervals": rows}
    refused = {"reason": "422", "message": "Requested date range is invalid for this system"}
    cloud.answer("/api/v2/systems/67/rgm_stats", refused, status=422)
    cloud.answer("/api/v2/systems/67/rgm_stats", refused if day_too else whole, status=422 if day_too else 200)
    data = metered()
    data = merge(data, await client.job("meters").run(data, NOW), NOW, ZONE)
    day = str(int((NOW - DAY).timestamp()))
    assert [request.asked("start_at") for request in cloud.requests][1:] == [day]
    assert bool(production(data, METER)) != day_too
    later = NOW + timedelta(hours=3)
    cloud.requests.clear()
    if day_too:
        with pytest.raises(NoDataYet):
            await client.job("meters").run(data, later)
    else:
        await client.job("meters").run(data, later)
    assert [request.asked("start_at") for request in cloud.requests] == [str(int((later - DAY).timestamp()))]
    # A limit is not for ever.
    later = NOW + timedelta(days=29)
    clock.now = later
    cloud.forget()
    cloud.answer("*", whole)
    await client.job("meters").run(data, later)
    assert int(cloud.requests[0].asked("start_at") or 0) < (later - DAY).timestamp()
    assert len(cloud.requests) == 1
