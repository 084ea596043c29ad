"""What real clouds have reported of real roofs, and what is made of it: hardware, sources of production, counts."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.capabilities import LATEST_NOTE, MISSING, READ
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.facts import REVIEW_EVERY
from custom_components.solar_cloud.cloud.enphase_v4.meters import METERS_NOTE
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import DeviceKind, Flow

from ..conftest import FakeClock
from .world import METERED, PV, STORING, World, make_world, terms

SUMMER = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
GAPS = [timedelta(minutes=minutes) for minutes in range(-240, 241, 20)]
"""Nobody sleeps in the light while it is not dark within these."""
BATTERY = {Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}


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


def cadence(client: EnphaseV4, data: SystemData) -> timedelta:
    return client.job("devices").terms_for(data).cadence


def taken_out(world: World, *, stale: bool = False) -> None:
    """Have the meters disabled: their rows end, and their powers are null, or for a week the last ones."""
    out = world.clock.now

    def devices(body: Any) -> Any:
        for meter in body["devices"].get("meters", ()):
            meter["state"] = "disabled"
        return body

    def latest(body: Any) -> Any:
        last = {"power": 906, "last_report_at": int(out.timestamp())} if stale else {"power": None}
        for meter in body["devices"].get("meters", ()):
            meter.update(last)
        return body

    def rows(body: Any) -> Any:
        found = body["intervals"]
        flat = found[0] if found and isinstance(found[0], list) else found
        return body | {"intervals": [row for row in flat if row["end_at"] <= out.timestamp()]}

    world.simulator.mutate("*/devices", devices)
    world.simulator.mutate("*/latest_telemetry", latest)
    world.simulator.mutate("*/energy_*_telemetry", rows)
    world.simulator.mutate("*/telemetry/production_meter", rows)
    world.simulator.mutate("*/summary", lambda body: body | {"source": "microinverters"})


@pytest.mark.parametrize("stale", [False, True], ids=["null", "stale"])
async def test_power_comes_from_the_summary_once_the_meters_are_taken_out(world: World, stale: bool) -> None:
    client, data = await begun(world, METERED)
    data = await world.run(client, await world.round(client, data), "latest", "totals")
    assert cadence(client, data) == timedelta(days=7)
    taken_out(world, stale=stale)
    world.later(hours=1, minutes=15)
    data = await world.run(client, data, "latest")
    # From now on it is the summary that is read all day.
    assert not client.job("latest").applies_to(data)
    assert client.job("summary").terms_for(data) == terms("summary")
    data = await world.run(client, data, "summary")
    power = data.power
    assert power is not None
    assert world.clock.now - power.measured_at < timedelta(minutes=20)
    plant = world.plant(METERED)
    assert power.power_w == plant.energy_wh(power.measured_at - timedelta(minutes=5), power.measured_at) * 12
    # The list of devices is read again soon, once, and then the system is one without meters.
    assert cadence(client, data) == REVIEW_EVERY
    data = await world.run(client, data, "devices")
    assert cadence(client, data) == timedelta(days=7)
    assert data.notes[METERS_NOTE] == ""
    # What the meters have measured up to then is read once more.
    world.simulator.clear_requests()
    data = await world.round(client, data)
    assert {"energy_import_telemetry", "energy_export_telemetry"} <= set(world.paths)
    names = {one.name for one in client.jobs if one.applies_to(data)}
    assert names == {"summary", "devices", "telemetry", "inverters", "alerts"}
    world.simulator.clear_requests()
    for _ in range(20):
        world.later(hours=3)
        data = await world.run(client, await world.round(client, data), "summary")
    assert set(world.paths) == {"summary", "production_micro", "token"}
    assert data.today is not None
    assert data.today.day == world.clock.now.astimezone(plant.zone).date()


async def test_meters_that_come_back_are_read_again(world: World) -> None:
    client, data = await begun(world, METERED)
    data = await world.run(client, await world.round(client, data), "latest")
    taken_out(world)
    world.later(hours=2)
    data = await world.run(client, data, "latest", "summary", "devices")
    world.simulator.clear_faults()
    world.later(days=1)
    data = await world.run(client, data, "summary")
    assert cadence(client, data) == REVIEW_EVERY
    data = await world.run(client, data, "devices")
    assert client.job("latest").applies_to(data)
    data = await world.run(client, await world.round(client, data), "latest")
    assert data.notes[LATEST_NOTE] == READ
    world.has_truth(data, {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.CONSUMPTION}, lifetime=False)


async def test_meters_whose_rows_end_have_the_list_of_devices_read_once(world: World) -> None:
    client, data = await begun(world, METERED)
    data = await world.round(client, data)
    world.simulator.mutate("*/energy_*_telemetry", lambda body: body | {"intervals": []})
    asked = 0
    for _ in range(24):
        world.later(hours=3)
        data = await world.round(client, data)
        if cadence(client, data) == REVIEW_EVERY:
            data, asked = await world.run(client, data, "devices"), asked + 1
    assert asked == 1
    world.simulator.clear_faults()
    world.later(hours=3)
    data = await world.round(client, data)
    # Another time is another doubt.
    world.simulator.mutate("*/energy_*_telemetry", lambda body: body | {"intervals": []})
    world.later(days=1)
    assert cadence(client, await world.round(client, data)) == REVIEW_EVERY


@pytest.mark.parametrize("silent", [False, True], ids=["right", "gateway silent"])
async def test_what_nothing_contradicts_is_read_weekly(world: World, silent: bool) -> None:
    for system_id in (PV, METERED, STORING):
        client, data = await begun(world, system_id)
        if silent:
            for serial in world.plant(system_id).gateways:
                world.plant(system_id).silence(serial, world.clock.now)
        for _ in range(6):
            world.later(hours=3)
            data = await world.run(client, await world.round(client, data), "summary", "latest", "totals")
            assert cadence(client, data) == timedelta(days=7)


def as_acbs(body: Any) -> Any:
    kinds = body["devices"]
    kinds["acbs"] = kinds.pop("encharges", []) + kinds.get("acbs", [])
    return body


async def test_ac_batteries_are_batteries(world: World) -> None:
    world.simulator.mutate("*/devices", as_acbs)
    world.simulator.mutate("*/latest_telemetry", as_acbs)
    client, data = await begun(world, STORING)
    batteries = data.serials(DeviceKind.BATTERY)
    assert len(batteries) == 2
    assert data.system.unknown_storage is False
    data = await world.run(client, await world.round(client, data), "latest")
    assert data.flows.keys() >= BATTERY
    world.has_truth(data, lifetime=False)
    assert all(data.readings[serial].power_w is not None for serial in batteries)
    assert all(data.readings[serial].level_percent is not None for serial in batteries)


async def test_both_kinds_of_batteries_can_be_there(world: World) -> None:
    def one_of_each(body: Any) -> Any:
        first, *others = body["devices"]["encharges"]
        body["devices"] |= {"encharges": others, "acbs": [first]}
        return body

    world.simulator.mutate("*/devices", one_of_each)
    world.simulator.mutate("*/latest_telemetry", one_of_each)
    client, data = await begun(world, STORING)
    data = await world.run(client, data, "latest")
    assert len(data.serials(DeviceKind.BATTERY)) == 2
    assert data.momentary is not None
    at = data.momentary.measured_at
    truth = world.truth(STORING, at - timedelta(minutes=5), at)
    assert {flow: wh * 12 for flow, wh in truth.items()} == dict(data.momentary.powers)


def renamed(name: str) -> Any:
    def rename(body: Any) -> Any:
        body["devices"][name] = body["devices"].pop("encharges")
        return body

    return rename


@pytest.mark.parametrize(
    "name", ["iq_batteries", "Battery-Packs", "powerwall", "thermal_storage", "encharges_v2", "ess"]
)
async def test_storage_of_an_unknown_kind_is_made_known(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.simulator.mutate("*/devices", renamed(name))
    world.simulator.mutate("*/latest_telemetry", lambda body: body | {"devices": {"meters": body["devices"]["meters"]}})
    client, data = await begun(world, STORING)
    assert not data.serials(DeviceKind.BATTERY)
    for _ in range(4):
        world.later(hours=6)
        data = await world.run(client, await world.round(client, data), "latest", "summary", "devices")
        assert data.system.unknown_storage is True
    assert caplog.text.count("does not report what a battery takes and gives") == 1
    world.simulator.clear_faults()
    data = await world.run(client, data, "devices")
    assert data.system.unknown_storage is False


@pytest.mark.parametrize("name", ["q_relays", "enpowers", "iq_collars", "generators", "access_points", "something_new"])
async def test_other_hardware_is_no_storage(world: World, name: str) -> None:
    world.simulator.mutate("*/devices", lambda body: renamed(name)(body) if "encharges" in body["devices"] else body)
    world.simulator.mutate("*/summary", without_capacity)
    _, data = await begun(world, STORING)
    assert data.system.unknown_storage is False


def without_capacity(body: Any) -> Any:
    return body | {name: None for name in body if name.startswith("battery_")}


@pytest.mark.parametrize("field", ["battery_capacity_wh", "battery_charge_w", "battery_discharge_w"])
async def test_storage_that_only_the_summary_knows_is_made_known(world: World, field: str) -> None:
    client, data = await begun(world, METERED)
    assert data.system.unknown_storage is False
    assert (await begun(world, PV))[1].system.unknown_storage is False
    world.simulator.mutate("*/summary", lambda body: body | {field: 3360})
    world.later(hours=20)
    data = await world.run(client, data, "summary")
    assert data.system.unknown_storage is True
    # Perhaps the list of devices knows it meanwhile.
    assert cadence(client, data) == REVIEW_EVERY
    data = await world.run(client, data, "devices")
    assert cadence(client, data) == timedelta(days=7)
    assert data.system.unknown_storage is True
    world.simulator.clear_faults()
    data = await world.run(client, data, "summary")
    assert data.system.unknown_storage is False


async def test_a_battery_that_is_taken_out_has_the_list_of_devices_read_again(world: World) -> None:
    client, data = await begun(world, STORING)
    world.simulator.mutate("*/summary", without_capacity)
    world.later(hours=20)
    data = await world.run(client, data, "summary")
    assert cadence(client, data) == REVIEW_EVERY


async def test_a_storage_meter_without_a_battery_is_storage_too(world: World) -> None:
    def with_meter(body: Any) -> Any:
        meters = body["devices"]["meters"]
        meters.append({**meters[0], "id": 77, "serial_number": "1EIM4", "name": "storage", "config_type": "Storage"})
        return body

    world.simulator.mutate("*/devices", with_meter)
    _, data = await begun(world, METERED)
    assert data.system.unknown_storage is True
    _, data = await begun(world, STORING)
    assert data.system.unknown_storage is False


@pytest.mark.parametrize("counts", [(1, 4, 4), (4,), (1,), (0,)])
async def test_battery_rows_that_are_always_partial_are_used(world: World, counts: tuple[int, ...]) -> None:
    def partial(body: Any) -> Any:
        for number, row in enumerate(body["intervals"]):
            for part in (row["charge"], row["discharge"], row["soc"]):
                part["devices_reporting"] = counts[number % len(counts)]
        return body | {"total_devices": 9}

    world.simulator.mutate("*/telemetry/battery", partial)
    client, data = await begun(world, STORING)
    for _ in range(3):
        data = await world.round(client, data)
        ends = {flow: max(row.end for row in data.flows[flow].values()) for flow in (*BATTERY, Flow.GRID_IMPORT)}
        assert len(set(ends.values())) == 1, ends
        world.has_truth(data, lifetime=False)
        world.later(hours=3, minutes=10)


@pytest.mark.parametrize("hour", [4, 11, 20])
async def test_half_metered_production_comes_from_the_microinverters_alone(world: World, hour: int) -> None:
    world.clock.now = SUMMER.replace(hour=hour)

    def half(body: Any) -> Any:
        for row in body.get("intervals", ()):
            row["wh_del"] //= 2
        for meter in body.get("devices", {}).get("meters", ()):
            if meter["name"] == "production" and meter["power"] is not None:
                meter["power"] //= 2
        return body

    world.simulator.mutate("*/telemetry/production_meter", half)
    world.simulator.mutate("*/latest_telemetry", half)
    world.simulator.mutate("*/summary", lambda body: body | {"source": "microinverters"})
    client, data = await begun(world, METERED)
    plant = world.plant(METERED)
    for inverter in plant.inverters.values():
        inverter.late = 0
    seen = []
    for _ in range(6):
        for name in ("latest", "telemetry", "summary"):
            data = await world.run(client, data, name)
            assert data.power is not None
            seen.append((data.power.power_w, data.power.measured_at))
        world.later(minutes=30)
    for power, at in seen:
        five, quarter = (plant.energy_wh(at - timedelta(minutes=m), at) * 60 / m for m in (5, 15))
        assert power == pytest.approx(five, abs=1) or power == pytest.approx(quarter, abs=4), at
    assert data.notes[LATEST_NOTE] == MISSING
    assert world.paths.count("latest_telemetry") == 1
    assert not {"production_meter"} & set(world.paths)


async def test_a_source_that_changes_changes_all_of_the_rows_that_are_kept(world: World) -> None:
    client, data = await begun(world, METERED)
    data = await world.round(client, data)
    data = replace(data, system=replace(data.system, source="microinverters"))
    for inverter in world.plant(METERED).inverters.values():
        inverter.late = 0
    world.later(hours=1)
    data = await world.round(client, data)
    starts = sorted(data.intervals)
    assert all(data.intervals[one].end <= two for one, two in pairwise(starts))


@pytest.mark.parametrize("system_id", [PV, METERED])
async def test_a_power_that_stays_is_nothing_at_night_and_late_rows_are_nothing_at_noon(
    world: World, system_id: str
) -> None:
    world.simulator.switches.enphase_power_stays = True
    world.simulator.switches.enphase_nights = "zero"
    world.simulator.mutate("*/latest_telemetry", lambda body: body | {"devices": {}})
    plant = world.plant(system_id)
    for inverter in plant.inverters.values():
        inverter.late = 0
    client, data = await begun(world, system_id)
    data = await world.run(client, await world.round(client, data), "latest")
    seen = set()
    for hour in range(26):
        late = hour % 2 == 0
        if late:
            behind = int((world.clock.now - timedelta(minutes=55)).timestamp())
            world.simulator.mutate(
                "*/summary", lambda body, end=behind: body | {"last_interval_end_at": end, "current_power": 777}, 1
            )
        data = await world.run(client, data, "summary")
        power, now = data.power, world.clock.now
        assert power is not None
        is_night = world.is_dark(system_id, now - timedelta(hours=2), now)
        is_day = not any(world.is_dark(system_id, now + gap, now + gap + timedelta(minutes=1)) for gap in GAPS)
        if is_night:
            assert power.power_w == 0, now
        elif is_day:
            assert power.power_w > 0, now
        seen.add((is_night, is_day, late))
        world.later(hours=1)
    assert {(True, False, True), (True, False, False), (False, True, True), (False, True, False)} <= seen


async def test_rows_of_nothing_in_the_dark_end_the_evening_and_late_rows_do_not_at_noon(world: World) -> None:
    world.simulator.switches.enphase_nights = "zero"
    world.simulator.mutate("*/summary", lambda body: body | {"current_power": 36})
    client, data = await begun(world, PV)
    seen = set()
    for _ in range(24):
        world.later(hours=1)
        is_night = world.is_dark(PV, world.clock.now - timedelta(hours=2), world.clock.now)
        if not is_night:
            world.simulator.mutate("*/production_micro", lambda body: body | {"intervals": zeros(body["intervals"])})
        before = data.power
        data = await world.run(client, data, "telemetry")
        assert data.power is not None
        if is_night:
            assert data.power.power_w == 0
        elif not any(world.is_dark(PV, world.clock.now + gap, world.clock.now + gap) for gap in GAPS):
            assert data.power == before
        seen.add(is_night)
        data = await world.run(client, data, "summary")
    assert seen == {True, False}


def zeros(intervals: list[dict[str, int]]) -> list[dict[str, int]]:
    """Return rows of which the newest have not come yet."""
    return [*intervals[:-18], *(row | {"powr": 0, "enwh": 0} for row in intervals[-18:])]
