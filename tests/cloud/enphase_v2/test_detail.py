"""The intervals that statistics are made of: nothing of yesterday is missing after a long silence."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.elements import Flow

from ..conftest import FakeClock
from .world import SAMPLE, make_world

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 6, 10, 11, 2, 30, tzinfo=UTC)
GATEWAY = "121703014455"


@pytest.mark.parametrize("silent", [20 * HOUR, 30 * HOUR, 44 * HOUR, 60 * HOUR])
async def test_after_a_silence_yesterday_is_known_from_its_first_light_on(
    socket_enabled: None, clock: FakeClock, silent: timedelta
) -> None:
    clock.now = NOON
    async with make_world(clock) as world:
        client = world.client()
        data = await world.run(client, await world.system(client, SAMPLE), "summary", "detail")
        world.simulator.silence(GATEWAY)
        clock.now = NOON + silent
        assert world.paths
        data = await world.run(client, data, "detail")
        assert world.paths == ["stats"]
        world.simulator.unsilence(GATEWAY)
        clock.now += HOUR
        data = await world.run(client, data, "detail")
        assert world.paths == (["stats"] if silent < 23 * HOUR else ["stats", "stats"])
        plant = world.simulator.plants["enphase_72"]
        yesterday = plant.local_day(clock.now) - DAY
        rows = data.detail[Flow.PRODUCTION].values()
        total = sum(row.energy_wh for row in rows if plant.local_day(row.start) == yesterday)
        assert total == plant.day_wh(yesterday)
        clock.now += HOUR
        await world.run(client, data, "detail")
        assert world.paths == ["stats"]
