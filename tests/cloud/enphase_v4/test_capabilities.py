"""What a plan, an access control or the hardware keeps from an Enphase v4 system, and what is made of the rest."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
import logging
from typing import Literal

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.capabilities import DOUBTED, LATEST_NOTE, MISSING, READ
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.measures import (
    BATTERY,
    GRID_EXPORT,
    GRID_IMPORT,
    METERED as METERED_FLOWS,
    PRODUCTION,
)
from custom_components.solar_cloud.cloud.errors import CredentialRefused, TemporarilyUnavailable, WrongApplication
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow
from simulator.ready import ENPHASE_V4_CLIENT_ID

from ..conftest import FakeClock
from .world import METERED, PV, STORING, UTC_ZONE, World, known, make_world, terms

SUMMER = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = SUMMER
    async with make_world(clock) as opened:
        yield opened


async def begun(world: World, system_id: str) -> tuple[EnphaseV4, SystemData]:
    client = await world.client()
    data = await world.run(client, await world.system(client, system_id), "summary", "devices")
    world.simulator.clear_requests()
    return client, data


def open_only(world: World, *controls: Literal["system", "production", "consumption", "ev"]) -> None:
    world.simulator.accounts.enphase_applications[ENPHASE_V4_CLIENT_ID].access_controls = frozenset(controls)


def needed(client: EnphaseV4, data: SystemData) -> set[str]:
    names = {"latest", "import", "export", "battery", "consumption"}
    return {one.name for one in client.jobs if one.name in names and one.applies_to(data)}


@pytest.mark.parametrize("forbidden", [False, True])
async def test_an_access_control_that_is_not_ticked_takes_down_its_own_values_only(
    world: World, forbidden: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.simulator.switches.enphase_gating_403 = forbidden
    open_only(world, "system", "production")
    client, data = await begun(world, STORING)
    data = await world.run(client, data, "latest")
    assert data.notes[LATEST_NOTE] == MISSING
    assert needed(client, data) == {"import", "export", "battery"}
    data = await world.round(client, data)
    assert needed(client, data) == set()
    assert [measure.state(data) for measure in METERED_FLOWS] == [MISSING] * 4
    assert caplog.text.count("it is asked for weekly") == 5
    assert world.paths.count("energy_import_telemetry") == 1
    # It is a system of which production is known: the summary reports it all day.
    assert client.job("summary").terms_for(data) == terms("summary")
    world.later(hours=1)
    data = await world.round(await world.client(), data)
    data = await world.run(client, data, "summary")
    assert world.paths == ["token", "production_meter", "summary"]
    assert data.published.power == {}
    assert data.today is not None
    plant = world.plant(STORING)
    start = world.clock.now.astimezone(plant.zone).replace(hour=0, minute=0)
    assert data.power is not None
    assert data.today.energy_wh == plant.energy_wh(start, data.power.measured_at)


async def test_an_access_control_to_production_alone_that_is_not_ticked(world: World) -> None:
    open_only(world, "system", "consumption")
    client, data = await begun(world, STORING)
    data = await world.round(client, data)
    assert PRODUCTION.state(data) == MISSING
    assert not client.job("telemetry").applies_to(data)
    assert not client.job("latest").applies_to(data)
    assert client.job("summary").terms_for(data) == terms("summary")
    open_only(world, "system", "consumption", "production")
    data = await world.run(client, data, "devices")  # weekly
    data = await world.round(client, data)
    assert client.job("summary").terms_for(data).weight == 0
    data = await world.round(client, data)
    world.has_truth(data, lifetime=False)


async def test_a_single_refusal_of_what_was_reported_is_no_reason_to_rest(world: World) -> None:
    client, data = await begun(world, METERED)
    data = await world.run(client, await world.round(client, data), "latest")
    world.later(minutes=15)
    for path in ("energy_import_telemetry", "production_meter", "latest_telemetry"):
        world.simulator.fail(f"*{path}", status=404)
    data = await world.run(client, await world.round(client, data), "latest")
    notes = (GRID_IMPORT.note, PRODUCTION.note, LATEST_NOTE)
    assert [data.notes[note] for note in notes] == [DOUBTED] * 3
    assert client.archive.flows(data) >= {Flow.GRID_IMPORT}
    world.later(minutes=15)
    data = await world.run(client, await world.round(client, data), "latest")
    assert [data.notes[note] for note in notes] == [READ] * 3
    for path in ("energy_import_telemetry", "latest_telemetry"):
        world.simulator.fail(f"*{path}", status=404, times=None)
    for _ in range(2):
        world.later(minutes=15)
        data = await world.run(client, await world.round(client, data), "latest")
    assert [data.notes[note] for note in notes] == [MISSING, READ, MISSING]


@pytest.mark.parametrize("forbidden", [False, True])
async def test_a_consent_that_is_taken_back_is_a_refused_credential_and_no_gate(world: World, forbidden: bool) -> None:
    world.simulator.switches.enphase_gating_403 = forbidden
    client, data = await begun(world, STORING)
    world.simulator.revoke_grant()
    world.later(hours=1)
    with pytest.raises(CredentialRefused):
        await client.job("import").run(data, world.clock.now)


async def test_the_key_of_another_application_is_recognized(world: World) -> None:
    client = await world.client()
    application = world.simulator.add_enphase_application("another-client", "another-secret", "1" * 32)
    client.api._transport._headers["key"] = application.api_key
    with pytest.raises(WrongApplication):
        await client.systems()


@pytest.mark.parametrize("answer", ["500", "422", "empty"])
async def test_what_is_not_installed_is_asked_for_twice_and_then_weekly(
    world: World, answer: Literal["500", "422", "empty"]
) -> None:
    world.simulator.switches.enphase_not_installed = answer
    world.simulator.switches.enphase_no_consumption = answer
    world.plant(STORING).consumption_meter = None
    client, data = await begun(world, STORING)
    asked = []
    for _ in range(5):
        data = await world.round(client, data)
        asked.append([path for path in world.paths if path.startswith(("energy", "consumption"))])
        world.later(hours=5)
    grid = ["energy_import_telemetry", "energy_export_telemetry"]
    # Once the grid is known to be missing, consumption is what is left to ask for.
    assert asked == [grid, [*grid, "consumption_meter"], ["consumption_meter"], [], []]
    assert needed(client, data) == {"latest", "battery"}
    assert BATTERY.state(data) == READ
    assert known(data.published.power).keys() == {Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}
    data = await world.run(client, data, "devices")
    assert needed(client, data) >= {"import", "export", "consumption"}
    data = await world.round(client, data)
    assert needed(client, data) == {"latest", "battery"}


async def test_what_is_not_found_is_missing_at_once(world: World) -> None:
    world.simulator.switches.enphase_not_installed = "404"
    world.plant(STORING).consumption_meter = None
    client, data = await begun(world, STORING)
    data = await world.round(client, data)
    assert [measure.state(data) for measure in (GRID_IMPORT, GRID_EXPORT)] == [MISSING] * 2


async def test_consumption_is_read_where_the_grid_cannot_be(world: World) -> None:
    for path in ("energy_import_telemetry", "energy_export_telemetry"):
        world.simulator.fail(f"*{path}", status=404)
    client, data = await begun(world, METERED)
    data = await world.round(client, data)
    assert needed(client, data) == {"latest", "consumption"}
    grid = {Flow.GRID_IMPORT, Flow.GRID_EXPORT}
    assert {flow for flow, value in data.published.power.items() if value.is_computed} == grid
    for flow, value in data.published.power.items():
        assert value.amount is not None
        assert value.start is not None
        assert value.end is not None
        quarter = world.truth(METERED, value.start, value.end)
        assert value.amount / 4 == quarter[flow], flow
    # What goes in and out within a quarter of an hour cannot be told apart: the difference is that of the plant.
    today, start = data.published.today, data.published.day_start
    assert start is not None
    assert today[Flow.CONSUMPTION].end is not None
    truth = world.truth(METERED, start, today[Flow.CONSUMPTION].end)
    day = known(today)
    assert day[Flow.CONSUMPTION] == truth[Flow.CONSUMPTION]
    net = day[Flow.GRID_IMPORT] - day[Flow.GRID_EXPORT]
    assert net == truth[Flow.GRID_IMPORT] - truth[Flow.GRID_EXPORT]


async def test_an_outage_of_what_was_read_before_is_no_missing_hardware(world: World) -> None:
    client, data = await begun(world, METERED)
    data = await world.round(client, data)
    world.simulator.fail("*energy_import_telemetry", status=500, times=None)
    for _ in range(3):
        world.later(hours=1)
        with pytest.raises(TemporarilyUnavailable):
            await client.job("import").run(data, world.clock.now)
    assert GRID_IMPORT.state(data) == READ


async def test_a_single_failure_of_what_was_never_read_is_forgotten(world: World) -> None:
    world.simulator.fail("*energy_import_telemetry", status=500, times=1)
    client, data = await begun(world, METERED)
    data = await world.round(client, data)
    assert known(data.published.power).keys() == {Flow.GRID_EXPORT}
    world.later(hours=1)
    data = await world.round(client, data)
    assert GRID_IMPORT.state(data) == READ
    world.has_truth(data, {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.CONSUMPTION}, lifetime=False)


async def test_without_a_production_meter_the_summary_gives_power(world: World) -> None:
    plant = world.plant(METERED)
    plant.revenue_meters.clear()
    client, data = await begun(world, METERED)
    assert data.system.source == "microinverters"
    data = await world.run(client, data, "latest")
    assert not client.job("latest").applies_to(data)
    assert client.job("summary").terms_for(data) == terms("summary")
    world.later(hours=1, minutes=30)
    data = await world.round(client, data)
    world.later(minutes=40)
    data = await world.run(client, data, "summary")
    assert "production_micro" in world.paths
    # The rows of the flows have their own time; production alone is newer.
    world.has_truth(data, {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.CONSUMPTION}, lifetime=False)
    assert data.power is not None
    ends = {value.end for value in data.published.power.values() if value.end is not None}
    assert data.power.measured_at > max(ends)
    data = await world.run(client, data, "devices")  # weekly: it is tried again
    assert client.job("latest").applies_to(data)


async def test_a_microinverter_that_is_late_makes_no_low_production(world: World) -> None:
    plant = world.plant(METERED)
    plant.revenue_meters.clear()
    client, data = await begun(world, METERED)
    for minutes in (0, 5, 5, 5, 20):
        world.later(minutes=minutes)
        data = await world.round(client, data)
        for row in data.intervals.values():
            assert row.energy_wh == plant.energy_wh(row.start, row.end), row


async def test_meters_that_come_later_change_what_is_asked_for(world: World) -> None:
    plant = world.plant(METERED)
    meter, plant.consumption_meter = plant.consumption_meter, None
    client, data = await begun(world, METERED)
    assert needed(client, data) == set()
    assert client.job("telemetry").terms_for(data).weight == 0
    data = await world.round(client, data)
    assert (data.intervals, len(data.detail)) == ({}, 1)
    plant.consumption_meter = meter
    data = await world.run(client, data, "devices")
    assert needed(client, data) == {"latest", "import", "export"}
    assert client.job("telemetry").terms_for(data).weight > 0
    assert client.job("summary").terms_for(data).weight == 0
    data = await world.round(client, data)
    world.has_truth(data, {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.CONSUMPTION}, lifetime=False)


async def test_a_system_without_meters_asks_for_none(world: World) -> None:
    client, data = await begun(world, PV)
    assert needed(client, data) == set()
    assert not client.job("totals").applies_to(data)
    data = await world.round(client, data)
    assert world.paths == ["production_micro"]
    assert data.system.zone(UTC_ZONE).key == "Europe/Madrid"
