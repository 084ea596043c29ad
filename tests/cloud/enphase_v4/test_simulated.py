"""Enphase v4's jobs against a plant whose truth is known: every value is exact, and costs what it may."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.model.data import SystemData, local_day, midnight
from custom_components.solar_cloud.model.elements import DeviceKind, Flow, Momentary, Power
from custom_components.solar_cloud.model.merging import recalled
from custom_components.solar_cloud.system.restore import dump, load

from ..conftest import FakeClock
from .world import METERED, PV, STORING, TRUE_FLOWS, UTC_ZONE, World, known, make_world, terms

SUMMER = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
FIRST = ("summary", "devices", "latest")
BATTERY = {Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}
FLOWS = {METERED: TRUE_FLOWS.keys() - BATTERY, STORING: TRUE_FLOWS.keys()}


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = SUMMER
    async with make_world(clock) as opened:
        yield opened


async def begun(world: World, system_id: str) -> tuple[EnphaseV4, SystemData]:
    """Return a client and a system after the first jobs."""
    client = await world.client()
    data = await world.run(client, await world.system(client, system_id), *FIRST)
    return client, data


def zone_midnight(data: SystemData, now: datetime) -> datetime:
    zone = data.system.zone(UTC_ZONE)
    return midnight(local_day(now, zone), zone)


async def test_the_owners_systems_are_listed_for_one_request(world: World) -> None:
    client = await world.client()
    assert [system.id for system in await client.systems()] == [PV, METERED, STORING]
    assert world.paths == ["token", "systems"]


@pytest.mark.parametrize(
    ("system_id", "paths"),
    [
        (PV, ["token", "systems", "summary", "devices"]),
        (METERED, ["token", "systems", "summary", "devices", "latest_telemetry"]),
        (STORING, ["token", "systems", "summary", "devices", "latest_telemetry"]),
    ],
)
async def test_setting_up_takes_five_requests_at_most_and_gives_power(
    world: World, system_id: str, paths: list[str]
) -> None:
    _, data = await begun(world, system_id)
    assert world.paths == paths
    assert data.power is not None
    assert data.today is not None
    assert data.lifetime.published_wh is not None
    at_once = {one.name for one in EnphaseV4.job_terms() if not one.settle}
    # With a battery its level comes at once, too: six requests, and seven with the list of systems.
    assert at_once == {*FIRST, "battery"}


async def test_a_system_without_meters_is_reported_by_its_summary(world: World) -> None:
    for inverter in world.plant(PV).inverters.values():
        inverter.late = 0
    client, data = await begun(world, PV)
    start = zone_midnight(data, world.clock.now)
    assert data.power is not None
    assert data.today is not None
    at = data.power.measured_at
    plant = world.plant(PV)
    assert data.power.power_w == plant.energy_wh(at - timedelta(minutes=5), at) * 12
    assert data.today.energy_wh == plant.energy_wh(start, at)
    assert data.lifetime.published_wh == plant.lifetime_wh(at)
    assert {one.name for one in client.jobs if one.applies_to(data)} == {
        "summary",
        "devices",
        "telemetry",
        "inverters",
        "alerts",
    }
    assert client.job("summary").terms_for(data) == terms("summary")
    assert client.job("telemetry").terms_for(data).weight == 0


async def test_rows_of_a_system_without_meters_are_for_statistics_only(world: World) -> None:
    client, data = await begun(world, PV)
    today = data.today
    data = await world.run(client, data, "telemetry")
    assert (data.intervals, data.today, data.published.power) == ({}, today, {})
    rows = data.detail[Flow.PRODUCTION]
    newest = max(row.end for row in rows.values())
    assert sum(row.energy_wh for row in rows.values()) == world.plant(PV).energy_wh(min(rows), newest)
    assert world.clock.now - min(rows) > timedelta(hours=23)
    assert world.paths[-1] == "production_micro"


@pytest.mark.parametrize("system_id", [METERED, STORING])
async def test_power_of_now_is_that_of_the_plant(world: World, system_id: str) -> None:
    client, data = await begun(world, system_id)
    for _ in range(5):
        world.later(hours=5, minutes=5)
        data = await world.run(client, data, "latest")
        assert data.momentary is not None
        at = data.momentary.measured_at
        truth = world.truth(system_id, at - timedelta(minutes=5), at)
        assert known(data.published.power) == {flow: truth[flow] * 12 for flow in FLOWS[system_id]}
        assert {value.end for value in data.published.power.values()} == {at}
        assert data.power == Power(power_w=truth[Flow.PRODUCTION] * 12, measured_at=at)


@pytest.mark.parametrize("system_id", [METERED, STORING])
async def test_days_and_lifetimes_of_all_flows_are_those_of_the_plant(world: World, system_id: str) -> None:
    client, data = await begun(world, system_id)
    world.later(hours=2)
    data = await world.run(client, await world.round(client, data), "totals")
    for number in range(14):  # four rounds a day, at all hours
        world.has_truth(data, FLOWS[system_id])
        world.later(hours=6, minutes=10)
        if number % 3 == 0:
            data = await world.run(client, data, "summary")
        data = await world.run(client, await world.round(client, data), "totals")
    assert world.paths.count("energy_import_lifetime") == 1  # whole days carry it on


async def test_the_summary_of_a_metered_system_has_its_state_and_nothing_that_moves(world: World) -> None:
    client, data = await begun(world, STORING)
    assert client.job("summary").terms_for(data).weight == 0
    world.later(hours=3)
    update = await client.job("summary").run(data, world.clock.now)
    assert (update.power, update.today, update.momentary) == (None, None, None)
    assert update.system is not None
    assert update.system.status == "normal"
    assert update.lifetime is not None
    assert update.lifetime.before_wh == world.plant(STORING).lifetime_wh(zone_midnight(data, world.clock.now))
    # In the first hours of a day the one before may still grow.
    world.clock.now = zone_midnight(data, world.clock.now) + timedelta(days=1, hours=2)
    assert (await client.job("summary").run(data, world.clock.now)).lifetime is None


async def test_consumption_is_computed_and_costs_nothing(world: World) -> None:
    client = await world.client()
    data = await world.run(client, await world.system(client, METERED), "summary", "devices")
    world.simulator.clear_requests()
    data = await world.round(client, data)
    assert world.paths == ["production_meter", "energy_import_telemetry", "energy_export_telemetry"]
    computed = {flow for flow, value in data.published.power.items() if value.is_computed}
    assert computed == {Flow.CONSUMPTION}
    client, data = await begun(world, STORING)
    world.simulator.clear_requests()
    await world.round(client, data)
    assert world.paths == ["production_meter", "energy_import_telemetry", "energy_export_telemetry", "battery"]


async def test_the_level_of_the_batteries_is_that_of_all_of_them(world: World) -> None:
    client, data = await begun(world, STORING)
    data = await world.round(client, data)
    batteries = [serial for serial, one in data.devices.items() if one.kind is DeviceKind.BATTERY]
    assert len(batteries) == 2
    at = data.readings[batteries[0]].measured_at
    assert at is not None
    plant = world.plant(STORING)
    level = round(plant.stored_wh(plant_now(world)) / 9920 * 100)
    assert {data.readings[serial].level_percent for serial in batteries} == {level}


def plant_now(world: World) -> datetime:
    """Return up to when the cloud knows the batteries."""
    plant = world.plant(STORING)
    until = min(plant.readable_until(gateway, world.clock.now) for gateway in plant.gateways.values())
    return datetime.fromtimestamp(until * 300, UTC)


@pytest.mark.parametrize("direction", ["gateway silent", "cellular"])
async def test_what_comes_late_is_made_good(world: World, direction: str) -> None:
    client, data = await begun(world, STORING)
    plant, start = world.plant(STORING), zone_midnight(data, world.clock.now)
    serial = next(iter(plant.gateways))
    data = await world.run(client, await world.round(client, data), "totals")
    if direction == "cellular":
        plant.extra_delay = timedelta(hours=6)
    else:
        plant.silence(serial, world.clock.now)
    for _ in range(8):
        world.later(hours=5)
        data = await world.round(client, data)
    if direction == "gateway silent":
        plant.unsilence(serial, world.clock.now)
    plant.extra_delay = timedelta(0)
    world.later(hours=1)
    data = await world.run(client, await world.round(client, data), "summary", "totals")
    world.has_truth(data, lifetime=False)
    ends = {value.end for value in data.published.today.values()}
    assert max(world.clock.now - end for end in ends if end is not None) < timedelta(minutes=30)
    truth = world.truth(STORING, start, max(end for end in ends if end is not None))
    for flow, rows in {**data.flows, Flow.PRODUCTION: data.intervals}.items():
        assert sum(row.energy_wh for row in rows.values() if row.start >= start) == truth[flow]


async def test_a_restart_knows_everything_and_asks_for_nothing(world: World) -> None:
    client, data = await begun(world, STORING)
    data = await world.run(client, await world.round(client, data), "totals", "latest")
    world.simulator.clear_requests()
    restored = recalled(load(SystemData, dump(data)), world.clock.now, UTC_ZONE, partial(world.is_dark, STORING))
    assert restored.published == data.published
    assert restored.momentary == data.momentary
    assert [one.terms_for(restored) for one in client.jobs] == [one.terms_for(data) for one in client.jobs]
    assert [one.applies_to(restored) for one in client.jobs] == [one.applies_to(data) for one in client.jobs]
    assert world.paths == []


@pytest.mark.parametrize(
    "switches",
    [
        {"enphase_intervals": "nested"},
        {"enphase_intervals": "flat", "enphase_import_as_export": True},
        {"enphase_octet_stream": True, "enphase_extra_fields": True, "enphase_kinds_capital": True},
        {"enphase_active_as_text": True, "enphase_empty_ids": True, "enphase_charging_positive": True},
        {"enphase_lifetime_without_today": True, "enphase_nights": "negative", "inverters_power_as_int": True},
    ],
)
async def test_however_the_cloud_writes_it_the_values_are_the_same(world: World, switches: dict[str, object]) -> None:
    for name, value in switches.items():
        setattr(world.simulator.switches, name, value)
    client, data = await begun(world, STORING)
    assert isinstance(data.momentary, Momentary)
    truth = world.truth(STORING, data.momentary.measured_at - timedelta(minutes=5), data.momentary.measured_at)
    assert dict(data.momentary.powers) == {flow: wh * 12 for flow, wh in truth.items()}
    world.later(hours=2)
    data = await world.run(client, await world.round(client, data), "totals", "inverters")
    world.has_truth(data)
    inverters = [serial for serial, one in data.devices.items() if one.kind is DeviceKind.INVERTER]
    assert len(inverters) == 16
    assert all(data.readings[serial].power_w is not None for serial in inverters)


@pytest.mark.parametrize("day", ["2026-10-25", "2026-03-29"])
async def test_a_day_on_which_the_clock_changes_is_whole(world: World, clock: FakeClock, day: str) -> None:
    clock.now = datetime.fromisoformat(f"{day}T12:07:00+00:00")
    client, data = await begun(world, STORING)
    data = await world.run(client, await world.round(client, data), "totals")
    clock.now = datetime.fromisoformat(f"{day}T21:52:00+00:00")
    data = await world.round(client, data)
    world.has_truth(data)
    assert data.today is not None
    until = data.published.today[Flow.GRID_IMPORT].end
    assert until is not None
    assert data.today.energy_wh == world.truth(STORING, zone_midnight(data, clock.now), until)[Flow.PRODUCTION]
