"""The consumption that late v2 reports, and systems that have no meter for it or may not read it."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase.model import ConsumptionLifetime, Meta, Stats
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.errors import NotAllowed, NotFound
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import Interval
from simulator.ready import ENPHASE_USER_ID
from simulator.systems.special import metered_residence

from ..conftest import FakeClock, FakeCloud
from .helpers import make_client
from .world import EICH, World, make_world

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
STATS, LIFETIME = "/api/v2/systems/67/consumption_stats", "/api/v2/systems/67/consumption_lifetime"


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    async with make_world(clock) as made:
        yield made


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


async def test_consumption_in_quarter_hours(client: EnphaseV2, cloud: FakeCloud) -> None:
    rows = [
        {"end_at": 1448946900, "enwh": 14, "devices_reporting": 1},
        {"end_at": 1448947800, "enwh": None, "devices_reporting": 0},
    ]
    cloud.answer(STATS, {"system_id": 67, "total_devices": 1, "intervals": rows, "meta": {"status": "normal"}})
    end = datetime.fromtimestamp(1448946900, UTC)
    assert await client.api.consumption_stats("67", end - QUARTER, end + DAY) == Stats(
        total_devices=1,
        intervals=(Interval(start=end - QUARTER, end=end, energy_wh=14, devices_reporting=1),),
        meta=Meta(status="normal"),
    )
    (request,) = cloud.requests
    assert (request.asked("start_at"), request.asked("end_at")) == ("1448946000", "1449033300")


async def test_consumption_by_day(client: EnphaseV2, cloud: FakeCloud) -> None:
    body = {"system_id": 67, "start_date": "2016-08-01", "consumption": [15100, None, 14870], "meta": {}}
    cloud.answer(LIFETIME, body)
    found = await client.api.consumption_lifetime("67", date(2016, 8, 1), date(2016, 8, 3))
    assert found == ConsumptionLifetime(start=date(2016, 8, 1), consumption=(15100, None, 14870), meta=Meta())
    assert found.days() == {date(2016, 8, 1): 15100, date(2016, 8, 3): 14870}
    (request,) = cloud.requests
    assert (request.asked("start_date"), request.asked("end_date")) == ("2016-08-01", "2016-08-03")


async def test_no_content_is_no_consumption_meter(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer(STATS, status=204)
    cloud.answer(LIFETIME, status=204)
    assert await client.api.consumption_stats("67") == Stats(meta=Meta())
    found = await client.api.consumption_lifetime("67")
    assert found == ConsumptionLifetime(meta=Meta())
    assert found.days() == {}


async def test_a_user_who_may_not_see_it_is_not_taken_for_a_dead_credential(world: World) -> None:
    client = world.client()
    world.simulator.switches.enphase_consumption = False
    for call in (client.api.consumption_stats, client.api.consumption_lifetime):
        with pytest.raises(NotAllowed):
            await call(EICH)


async def test_early_v2_does_not_know_it(world: World) -> None:
    client = world.client()
    world.simulator.switches.enphase_late = False
    for call in (client.api.consumption_stats, client.api.consumption_lifetime):
        with pytest.raises(NotFound):
            await call(EICH)


async def test_without_a_consumption_meter_there_is_none(world: World) -> None:
    client = world.client()
    stats = await client.api.consumption_stats(EICH)
    assert (stats.total_devices, stats.intervals) == (0, ())
    assert (await client.api.consumption_lifetime(EICH)).days() == {}


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 21)], ids=str)
async def test_quarter_hours_and_days_are_what_the_house_used(world: World, day: date) -> None:
    plant = world.simulator.add_plant(metered_residence(), ENPHASE_USER_ID)
    client = world.client()
    start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
    world.clock.now = max(world.clock.now, end + DAY)
    used = plant.flow_wh("load", start, end)
    stats = await client.api.consumption_stats("2300", start, end)
    assert len(stats.intervals) == (end - start) // QUARTER
    assert sum(interval.energy_wh for interval in stats.intervals) == used > 0
    assert (await client.api.consumption_lifetime("2300", day, day)).days() == {day: used}
