"""What a plan's gate costs: a 401 that no new token can help against is not answered with a new token each time."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from custom_components.solar_cloud.cloud.errors import NotAllowed

from .conftest import FakeClock
from .enphase_v4.world import PV, World, make_world

GATED = {"message": "Not Authorized", "code": 401}


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
    async with make_world(clock) as opened:
        yield opened


async def test_a_gate_that_is_known_costs_no_new_token_and_is_seen_when_it_opens(world: World) -> None:
    client = await world.client()
    world.simulator.fail("*/open_alarms", status=401, body=GATED, times=None)
    costs = []
    for _ in range(3):
        world.later(hours=2)
        world.simulator.clear_requests()
        with pytest.raises(NotAllowed):
            await client.api.open_alarms(PV)
        costs.append(world.paths)
    assert costs[0] == ["open_alarms", "token", "open_alarms", "systems"]
    assert costs[1:] == [["open_alarms", "systems"]] * 2
    world.simulator.clear_faults()
    world.later(hours=2)
    assert await client.api.open_alarms(PV) == ()


async def test_a_token_that_has_died_behind_a_known_gate_is_replaced_all_the_same(world: World) -> None:
    client = await world.client()
    world.simulator.fail("*/open_alarms", status=401, body=GATED, times=2)
    world.later(hours=2)
    with pytest.raises(NotAllowed):
        await client.api.open_alarms(PV)
    # Somebody else has used the refresh of another sign-in: this access token is worth nothing any more.
    world.simulator.fail("*", status=401, body=GATED, times=2)
    world.later(hours=2)
    with pytest.raises(NotAllowed):
        await client.api.open_alarms(PV)
    assert world.paths[-4:] == ["open_alarms", "systems", "token", "systems"]
    world.later(hours=2)
    assert await client.api.open_alarms(PV) == ()
