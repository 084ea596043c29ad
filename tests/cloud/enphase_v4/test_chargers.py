"""What an EV charger has charged, against a plant whose truth is known, and what a refusal of it costs."""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import logging
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.errors import InvalidRequest, TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import DeviceKind, Flow
from custom_components.solar_cloud.model.hardware import (
    charged_until,
    device_lifetime_wh,
    device_power_w,
    device_today_wh,
)
from simulator.plant.slots import slot_of
from simulator.ready import ENPHASE_V4_CLIENT_ID

from ..conftest import FakeClock
from .world import METERED, STORING, UTC_ZONE, World, make_world

SERIAL, SECOND = "202400000001", "202400000002"
CHARGING = datetime(2026, 7, 8, 17, 7, tzinfo=UTC)
"""Evening in Utrecht, where the car charges on some days."""
JOBS = ("ev_chargers", "ev_lifetimes")


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = CHARGING
    async with make_world(clock) as opened:
        yield opened


async def begun(world: World, system_id: str = STORING) -> tuple[EnphaseV4, SystemData]:
    client = await world.client()
    data = await world.run(client, await world.system(client, system_id), "summary", "devices")
    world.simulator.clear_requests()
    return client, data


def charged(world: World, start: datetime, end: datetime) -> int:
    return world.plant(STORING).series.charged(slot_of(start), slot_of(end))


def midnight_of(data: SystemData, now: datetime) -> datetime:
    return now.astimezone(data.system.zone(UTC_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)


def with_second(data: SystemData) -> SystemData:
    """Return a system that lists one more charger, which its cloud does not know."""
    devices = {**data.devices, SECOND: replace(data.devices[SERIAL], serial=SECOND)}
    return replace(data, devices=MappingProxyType(devices))


def is_true(world: World, data: SystemData) -> None:
    """Check power, day and lifetime against the plant, up to the newest quarter hour that is known."""
    end, zone = charged_until(data, SERIAL), data.system.zone(UTC_ZONE)
    assert end is not None
    assert device_power_w(data, SERIAL, Flow.CONSUMPTION) == (charged(world, end - timedelta(minutes=15), end) * 4, end)
    today = device_today_wh(data, SERIAL, Flow.CONSUMPTION, end.astimezone(zone).date(), zone)
    assert (today or 0) == charged(world, midnight_of(data, end), end)
    assert device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) == charged(
        world, world.plant(STORING).operational_at, end
    )


async def test_power_day_and_lifetime_are_those_of_the_plant_for_two_requests(world: World) -> None:
    client, data = await begun(world)
    assert data.serials(DeviceKind.EV_CHARGER) == [SERIAL]
    data = await world.run(client, data, *JOBS)
    assert world.paths == ["telemetry", "lifetime"]
    is_true(world, data)


async def test_two_readings_a_day_lose_nothing_and_the_lifetime_is_carried_on_without_a_request(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    world.simulator.clear_requests()
    shown = []
    for _ in range(20):
        world.later(hours=12)
        data = await world.run(client, data, *JOBS)
        is_true(world, data)
        shown.append(device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION))
    assert Counter(world.paths) == {"telemetry": 20, "token": 10}
    assert len(set(shown)) > 2
    assert shown == sorted(shown, key=lambda wh: wh or 0)


@pytest.mark.parametrize("day", ["2026-10-25", "2026-03-29"])
async def test_the_day_on_which_the_clock_changes_is_whole(world: World, clock: FakeClock, day: str) -> None:
    clock.now = datetime.fromisoformat(f"{day}T09:07:00+00:00")
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    clock.now = datetime.fromisoformat(f"{day}T21:52:00+00:00")
    is_true(world, await world.run(client, data, *JOBS))


async def test_an_outage_of_two_days_is_made_good_with_one_request(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    world.later(days=2)
    world.simulator.clear_requests()
    data = await world.run(client, data, *JOBS)
    assert world.paths == ["token", "telemetry"]
    is_true(world, data)


async def test_after_a_longer_outage_the_lifetime_is_asked_for_again_and_does_not_fall(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    world.later(days=9)
    world.simulator.clear_requests()
    before = device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) or 0
    data = await world.run(client, data, *JOBS)
    assert world.paths == ["token", "telemetry", "lifetime"]
    assert (device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) or 0) >= before
    is_true(world, data)


async def test_a_system_without_a_charger_sends_no_request(world: World) -> None:
    client, data = await begun(world, METERED)
    assert [client.job(name).applies_to(data) for name in JOBS] == [False, False]


async def test_the_lifetime_waits_for_quarter_hours_that_carry_it_on(world: World) -> None:
    client, data = await begun(world)
    assert [client.job(name).applies_to(data) for name in JOBS] == [True, False]


async def test_each_charger_costs_a_request_and_has_its_own_part_of_the_plan(world: World) -> None:
    client, data = await begun(world)
    one, two = client.job("ev_chargers").terms_for(data), client.job("ev_chargers").terms_for(with_second(data))
    assert (one.cost, two.cost) == (1, 2)
    assert two.weight == 2 * one.weight


async def test_one_charger_that_is_refused_does_not_cost_the_other(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, with_second(data), *JOBS)
    is_true(world, data)
    assert device_power_w(data, SECOND, Flow.CONSUMPTION) == (None, None)


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
async def test_a_charger_that_is_refused_rests_until_the_weekly_list_of_devices(
    world: World, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client, data = await begun(world)
    world.simulator.fail("*/ev_charger/*", status=status, body={"message": "no", "code": str(status)}, times=None)
    for _ in range(3):
        data = await world.run(client, data, *JOBS)
    assert world.paths.count("telemetry") <= 2
    assert not client.job("ev_chargers").applies_to(data)
    assert caplog.text.count("it is asked for weekly") == 1
    world.simulator.clear_faults()
    is_true(world, await world.run(client, data, "devices", *JOBS))


async def test_a_single_refusal_of_what_was_reported_is_no_reason_to_rest(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    world.simulator.fail("*/ev_charger/*/telemetry", status=404)
    world.later(hours=12)
    data = await world.run(client, data, *JOBS)
    world.later(hours=1)
    is_true(world, await world.run(client, data, *JOBS))


async def test_a_plan_without_chargers_is_asked_once(world: World) -> None:
    controls = frozenset({"system", "production", "consumption"})
    world.simulator.accounts.enphase_applications[ENPHASE_V4_CLIENT_ID].access_controls = controls  # type: ignore[assignment]
    client, data = await begun(world)
    for _ in range(3):
        data = await world.run(client, data, *JOBS)
    assert world.paths.count("telemetry") == 1


async def test_an_outage_ends_the_round_with_what_has_come(world: World) -> None:
    client, data = await begun(world)
    world.simulator.fail(f"*/{SECOND}/telemetry", status=503, times=None)
    update = await client.job("ev_chargers").run(with_second(data), world.clock.now)
    assert set(update.device_flows) == {SERIAL}
    data = await world.run(client, data, "ev_chargers")
    world.simulator.fail("*/ev_charger/*", status=503, times=None)
    with pytest.raises(TemporarilyUnavailable):
        await client.job("ev_chargers").run(data, world.clock.now)


async def test_a_lifetime_that_is_refused_is_one_of_its_own_job(world: World) -> None:
    client, data = await begun(world)
    world.simulator.fail("*/ev_charger/*/lifetime", status=400, body={"message": "no", "code": "400"}, times=None)
    data = await world.run(client, data, "ev_chargers")
    with pytest.raises(InvalidRequest):
        await client.job("ev_lifetimes").run(data, world.clock.now)
    assert device_power_w(data, SERIAL, Flow.CONSUMPTION)[0] is not None


@pytest.mark.parametrize("wh", [-1, "?", None, 10**9, True])
async def test_a_quarter_hour_that_cannot_be_counts_as_missing(world: World, wh: Any) -> None:
    client, data = await begun(world)
    world.simulator.mutate(
        "*/ev_charger/*/telemetry",
        lambda body: body | {"consumption": [*body["consumption"][:-1], body["consumption"][-1] | {"consumption": wh}]},
    )
    data = await world.run(client, data, *JOBS)
    end = charged_until(data, SERIAL)
    assert end is not None
    is_true(world, data)
    world.simulator.clear_faults()
    data = await world.run(client, data, *JOBS)
    assert charged_until(data, SERIAL) == end + timedelta(minutes=15)
    is_true(world, data)


async def test_a_lifetime_that_begins_again_in_the_cloud_never_falls(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    before = device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) or 0
    world.simulator.mutate(
        "*/ev_charger/*/lifetime", lambda body: body | {"consumption": [0] * len(body["consumption"])}
    )
    for _ in range(80):
        world.later(hours=12)
        data = await world.run(client, data, *JOBS)
        after = device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) or 0
        assert after >= before
        before = after
    assert "lifetime" in world.paths


@pytest.mark.parametrize("body", [{"consumption": None}, {"consumption": "x"}, {"start_date": None}])
async def test_an_odd_lifetime_is_none(world: World, body: dict[str, Any]) -> None:
    client, data = await begun(world)
    world.simulator.mutate("*/ev_charger/*/lifetime", lambda answer: answer | body)
    data = await world.run(client, data, *JOBS)
    assert device_lifetime_wh(data, SERIAL, Flow.CONSUMPTION) is None
    world.simulator.clear_faults()
    world.later(days=1)
    is_true(world, await world.run(client, data, *JOBS))


async def test_a_cloud_that_gives_no_week_at_once_is_read_by_days(world: World) -> None:
    client, data = await begun(world)
    data = await world.run(client, data, *JOBS)
    world.later(days=2)

    world.simulator.fail("*/ev_charger/*/telemetry", status=422, body={"message": "no", "code": "422"}, times=1)
    world.simulator.clear_requests()
    data = await world.run(client, data, *JOBS)
    assert world.paths.count("telemetry") > 2
    is_true(world, data)
