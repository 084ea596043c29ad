"""The past of Enphase v4 systems: exact, shared, and never before the present."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Flow

from ..conftest import FakeClock
from .world import METERED, PV, STORING, World, make_world

SUMMER = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
DAY = timedelta(days=1)
REPORTED = {
    PV: {Flow.PRODUCTION},
    METERED: {Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT},
    STORING: set(Flow) - {Flow.CONSUMPTION},
}
REQUESTS = {PV: 1, METERED: 3, STORING: 4}


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = SUMMER
    async with make_world(clock) as opened:
        yield opened


async def settled(world: World, system_id: str) -> tuple[EnphaseV4, SystemData]:
    """Return a system that has been there for some hours."""
    client = await world.client()
    data = await world.run(client, await world.system(client, system_id), "summary", "devices")
    world.later(hours=1)
    data = await world.round(client, data)
    world.later(hours=1, minutes=1)
    world.simulator.clear_requests()
    return client, data


async def test_the_past_of_a_new_system_waits_without_a_request(world: World) -> None:
    client = await world.client()
    fresh = await world.system(client, STORING)
    data = await world.run(client, fresh, "summary", "devices")
    world.simulator.clear_requests()
    for one, minutes, until in ((fresh, 0, 120), (data, 0, 120), (data, 90, 120), (data, 125, 125 + 60)):
        now = SUMMER + timedelta(minutes=minutes)
        assert client.archive.waits_until(one, now, 1.0) == SUMMER + timedelta(minutes=until)
    # With more of the plan left it waits for a part of that, and where there is plenty only for what it reports.
    assert client.archive.waits_until(data, SUMMER, 0.5) == SUMMER + timedelta(minutes=60)
    assert client.archive.waits_until(data, SUMMER, 0.0) == SUMMER + timedelta(minutes=60)
    assert world.paths == []
    # A system that never reports what it has is not waited for for ever.
    assert client.archive.waits_until(data, SUMMER + timedelta(days=2), 1.0) is None
    # Who asks for it gets it.
    assert await client.archive.totals(data, date(2026, 7, 1), date(2026, 7, 7), SUMMER)


@pytest.mark.parametrize("system_id", [PV, METERED, STORING])
async def test_every_day_of_a_life_costs_one_request_for_each_measure(world: World, system_id: str) -> None:
    client, data = await settled(world, system_id)
    plant = world.plant(system_id)
    first = data.system.installed_at.astimezone(plant.zone).date() if data.system.installed_at else date.min
    last = world.clock.now.astimezone(plant.zone).date() - DAY
    assert client.archive.flows(data) == REPORTED[system_id]
    assert client.archive.chunks(data, first, last) == ((first, last),)
    assert client.archive.price(data, first, last) == REQUESTS[system_id]
    totals = await client.archive.totals(data, first, last, world.clock.now)
    assert len(world.paths) == REQUESTS[system_id]
    for flow in REPORTED[system_id]:
        assert min(totals[flow]) == first
        assert max(totals[flow]) == last
        for day in (first, first + 20 * DAY, last - DAY, last):
            start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
            assert totals[flow][day] == world.truth(system_id, start, end)[flow]
    world.later(minutes=10)
    again = await client.archive.totals(data, last - DAY, last + DAY, world.clock.now)
    assert {flow: set(days) for flow, days in again.items()} == {
        flow: {last - DAY, last} for flow in REPORTED[system_id]
    }
    assert world.paths == []


async def test_an_answer_of_yesterday_does_not_stand_in_for_today(world: World) -> None:
    client, data = await settled(world, METERED)
    zone = world.plant(METERED).zone
    tomorrow = world.clock.now.astimezone(zone).date() + DAY
    world.clock.now = midnight(tomorrow, zone) - timedelta(minutes=5)
    await client.archive.totals(data, tomorrow - 5 * DAY, tomorrow, world.clock.now)
    world.later(minutes=10)
    world.simulator.clear_requests()
    await client.archive.totals(data, tomorrow - 5 * DAY, tomorrow, world.clock.now)
    assert len(world.paths) == 3


@pytest.mark.parametrize(
    ("first", "later", "requests"),
    [
        ((1, 0), (1, 10), 0),  # at once
        ((1, 0), (2, 0), 3),  # a gateway may still report the evening before
        ((4, 0), (11, 30), 0),
        ((11, 30), (12, 30), 3),  # the day before counts as settled from now on
        ((12, 30), (15, 0), 0),
        ((13, 0), (23, 50), 0),
    ],
)
async def test_the_past_and_the_lifetimes_read_the_same_days_once(
    world: World, first: tuple[int, int], later: tuple[int, int], requests: int
) -> None:
    client, data = await settled(world, METERED)
    zone = world.plant(METERED).zone
    day = world.clock.now.astimezone(zone).date() + DAY
    for (hour, minute), most in ((first, 3), (later, requests)):
        world.clock.now = midnight(day, zone) + timedelta(hours=hour, minutes=minute)
        world.simulator.clear_requests()
        totals = await client.archive.totals(data, day - 5 * DAY, day, world.clock.now)
        assert set(totals) == REPORTED[METERED]
        data = await world.run(client, data, "totals")
        assert len(world.paths) == most


@pytest.mark.parametrize("system_id", [PV, METERED, STORING])
async def test_the_rows_of_a_week_come_in_one_request_for_each_measure(world: World, system_id: str) -> None:
    client, data = await settled(world, system_id)
    zone = world.plant(system_id).zone
    today = world.clock.now.astimezone(zone).date()
    assert client.archive.detail_price(data) == REQUESTS[system_id]
    for number in range(7, 0, -1):
        day = today - number * DAY
        detail = await client.archive.detail(data, day, world.clock.now)
        truth = world.truth(system_id, midnight(day, zone), midnight(day + DAY, zone))
        for flow in REPORTED[system_id]:
            assert sum(row.energy_wh for row in detail[flow]) == truth[flow]
            assert all(row.end - row.start <= timedelta(hours=1) for row in detail[flow])
    assert len(world.paths) == REQUESTS[system_id]
    world.later(hours=2)
    await client.archive.detail(data, today - DAY, world.clock.now)
    assert len(world.paths) == REQUESTS[system_id]


async def test_a_cloud_that_gives_a_day_where_a_week_is_asked_for_is_asked_by_the_day(world: World) -> None:
    client, data = await settled(world, PV)

    def first_day(body: dict[str, Any]) -> dict[str, Any]:
        end = body["start_at"] + 86_400
        body["intervals"] = [row for row in body["intervals"] if row["end_at"] <= end]
        return body

    world.simulator.mutate("*production_micro", first_day)
    zone = world.plant(PV).zone
    today = world.clock.now.astimezone(zone).date()
    for number in (3, 2):
        day = today - number * DAY
        detail = await client.archive.detail(data, day, world.clock.now)
        truth = world.truth(PV, midnight(day, zone), midnight(day + DAY, zone))
        assert sum(row.energy_wh for row in detail[Flow.PRODUCTION]) == truth[Flow.PRODUCTION]
    assert world.paths == ["production_micro"] * 2


async def test_today_ends_with_the_last_quarter_hour_and_a_day_to_come_has_nothing(world: World) -> None:
    client, data = await settled(world, METERED)
    zone = world.plant(METERED).zone
    today = world.clock.now.astimezone(zone).date()
    detail = await client.archive.detail(data, today, world.clock.now)
    assert max(row.end for row in detail[Flow.GRID_IMPORT]) <= world.clock.now
    world.simulator.clear_requests()
    assert await client.archive.detail(data, today + DAY, world.clock.now) == {}
    assert await client.archive.totals(data, today, today, world.clock.now) == {}
    assert world.paths == []


async def test_what_is_not_offered_any_more_is_left_out_and_an_outage_is_none(world: World) -> None:
    client, data = await settled(world, METERED)
    today = world.clock.now.astimezone(world.plant(METERED).zone).date()
    world.simulator.fail("*energy_import_lifetime", status=404, times=1)
    world.simulator.fail("*energy_import_telemetry", status=401, times=2)
    totals = await client.archive.totals(data, today - 3 * DAY, today - DAY, world.clock.now)
    assert totals.keys() == {Flow.PRODUCTION, Flow.GRID_EXPORT}
    detail = await client.archive.detail(data, today - DAY, world.clock.now)
    assert Flow.GRID_IMPORT not in detail
    world.simulator.fail("*energy_export_lifetime", status=503)
    world.later(hours=1)
    with pytest.raises(TemporarilyUnavailable):
        await client.archive.totals(data, today - 3 * DAY, today - DAY, world.clock.now)


async def test_a_life_without_production_is_no_failure(world: World) -> None:
    client, data = await settled(world, PV)
    world.simulator.fail("*energy_lifetime", status=422, times=1)
    today = world.clock.now.astimezone(world.plant(PV).zone).date()
    assert await client.archive.totals(data, today - DAY, today - DAY, world.clock.now) == {}
