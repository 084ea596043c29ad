"""Enphase systems of the simulator, lived through: what the client reads is the plant's truth to the watt-hour."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.errors import CredentialRefused, NotAllowed, Throttled
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import DeviceKind
from simulator.ready import ENPHASE_SINGLE_USER_ID

from ..conftest import FakeClock
from .world import EICH, SAMPLE, World, make_world


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    async with make_world(clock) as made:
        yield made


@pytest.mark.parametrize(
    ("system_id", "day"),
    [(SAMPLE, date(2026, 3, 29)), (SAMPLE, date(2026, 10, 25)), (EICH, date(2026, 3, 8)), (EICH, date(2026, 6, 1))],
    ids=str,
)
async def test_a_day_lived_through_never_falls_and_ends_at_the_plants_lifetime(
    world: World, system_id: str, day: date
) -> None:
    client, plant = world.client(), world.simulator.plants[f"enphase_{system_id}"]
    start, end = midnight(day, plant.zone), midnight(day + timedelta(days=1), plant.zone)
    world.clock.now = start - timedelta(hours=1)
    data = await world.run(client, await world.system(client, system_id), "summary")
    world.simulator.clear_requests()
    runs, before, dark = 0, data.lifetime.published_wh, set()
    while world.clock.now < end + timedelta(hours=1):
        world.clock.advance(minutes=15)
        data = await world.run(client, data, "summary")
        runs += 1
        assert before is not None
        assert data.lifetime.published_wh is not None
        assert data.lifetime.published_wh >= before
        before = data.lifetime.published_wh
        assert data.power is not None
        assert data.today is not None
        dark.add(data.power.power_w == 0)
        assert data.today.energy_wh <= plant.day_wh(data.today.day)
        assert before <= plant.lifetime_wh(world.clock.now)
    assert before == plant.lifetime_wh(end)
    assert dark == {True, False}
    assert len(world.simulator.requests) == runs
    assert {request.status for request in world.simulator.requests} == {200}


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 21)], ids=str)
async def test_intervals_days_and_months_agree_with_the_plant(world: World, day: date) -> None:
    client, plant = world.client(), world.simulator.plants["enphase_72"]
    start, end = midnight(day, plant.zone), midnight(day + timedelta(days=1), plant.zone)
    # An answer holds one day of intervals at most, and the day that the clocks go back has an hour more.
    noon = start + timedelta(hours=12)
    parts = [await client.api.stats(SAMPLE, start, noon), await client.api.stats(SAMPLE, noon, end)]
    intervals = [interval for part in parts for interval in part.intervals]
    assert len({interval.start for interval in intervals}) == len(intervals) > 50
    assert all(start <= interval.start < interval.end <= end for interval in intervals)
    assert sum(interval.energy_wh for interval in intervals) == plant.day_wh(day)
    lifetime = await client.api.energy_lifetime(SAMPLE, day - timedelta(days=2), day)
    assert lifetime.days() == {day - timedelta(days=ago): plant.day_wh(day - timedelta(days=ago)) for ago in (2, 1, 0)}
    summary = await client.api.summary(SAMPLE, day)
    assert (summary.day, summary.energy_today_wh) == (day, plant.day_wh(day))
    assert summary.energy_before_wh == plant.lifetime_wh(start)
    assert (summary.power_w, summary.size_w, summary.modules) == (None, None, None)


async def test_a_month_and_a_meters_quarter_hours_agree_with_the_plant(world: World) -> None:
    client, plant = world.client(), world.simulator.plants["enphase_67"]
    month = await client.api.monthly_production(EICH, date(2026, 6, 1))
    assert (month.start, month.end) == (date(2026, 6, 1), date(2026, 6, 30))
    assert month.production_wh == sum(plant.day_wh(date(2026, 6, day)) for day in range(1, 31))
    assert [meter.serial for meter in month.meter_readings] == ["123123123123"]
    day = date(2026, 6, 21)
    start = midnight(day, plant.zone)
    stats = await client.api.rgm_stats(EICH, start, start + timedelta(days=1))
    assert sum(interval.energy_wh for interval in stats.intervals) == plant.day_wh(day)
    assert {interval.end - interval.start for interval in stats.intervals} == {timedelta(minutes=15)}


async def test_devices_hang_on_their_envoys(world: World) -> None:
    world.clock.now = datetime(2026, 6, 21, 20, tzinfo=UTC)
    client = world.client()
    data = await world.run(client, await world.system(client, EICH), "envoys", "inventory", "inverters")
    kinds = [device.kind for device in data.devices.values()]
    counts = {kind: kinds.count(kind) for kind in DeviceKind}
    assert (counts[DeviceKind.GATEWAY], counts[DeviceKind.INVERTER], counts[DeviceKind.METER]) == (2, 31, 1)
    for device in data.devices.values():
        if device.kind is DeviceKind.INVERTER:
            assert device.parent in {"010731000003", "010814000001"}
            reading = data.readings[device.serial]
            assert reading.power_w is not None
            assert reading.power_w > 0
            assert reading.energy_lifetime_wh is not None
            assert reading.energy_lifetime_wh > 0


@pytest.mark.parametrize("as_object", [False, True])
async def test_inverters_in_either_form(world: World, as_object: bool) -> None:
    world.simulator.switches.inverters_summary_as_object = as_object
    assert len(await world.client().api.inverters_summary(SAMPLE)) == 12


async def test_a_retired_inverter_goes_with_the_next_inventory(world: World) -> None:
    client = world.client()
    data = await world.run(client, await world.system(client, SAMPLE), "inventory", "inverters")
    world.simulator.retire_inverter("enphase_72", "121703000005")
    world.clock.advance(hours=24)
    data = await world.run(client, data, "inverters", "inventory")
    assert "121703000005" not in data.devices
    assert sum(device.kind is DeviceKind.INVERTER for device in data.devices.values()) == 11


async def test_what_is_not_there_is_not_allowed_and_a_revoked_user_is_refused(world: World) -> None:
    client = world.client(ENPHASE_SINGLE_USER_ID)
    assert [system.id for system in await client.systems()] == [SAMPLE]
    with pytest.raises(NotAllowed):
        await client.api.summary(EICH)
    world.simulator.revoke(ENPHASE_SINGLE_USER_ID)
    world.clock.advance(hours=2)
    with pytest.raises(CredentialRefused):
        await client.api.summary(SAMPLE)


async def test_a_hurried_client_is_never_asked_to_slow_down(world: World) -> None:
    world.simulator.set_limits("enphase", per_minute=10, per_month=40)
    client = world.client(limits=Limits(per_minute=10, per_month=40))
    for _ in range(38):
        await client.api.envoys(SAMPLE)
    with pytest.raises(Throttled) as caught:
        await client.api.envoys(SAMPLE)
    assert caught.value.sent is False
    assert [request.status for request in world.simulator.requests] == [200] * 38
    assert world.clock.slept == [60] * 4


async def test_another_program_on_the_same_key_costs_one_refused_request(world: World) -> None:
    world.simulator.set_limits("enphase", per_minute=10, per_month=10_000)
    other, client = world.client(), world.client()
    for _ in range(10):
        await other.api.envoys(SAMPLE)
    for sent in (True, False, False):
        with pytest.raises(Throttled) as caught:
            await client.api.envoys(SAMPLE)
        assert caught.value.sent is sent
    world.clock.now = caught.value.until
    await client.api.envoys(SAMPLE)
    assert [request.status for request in world.simulator.requests].count(409) == 1
