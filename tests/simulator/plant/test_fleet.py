"""Inverters that are replaced and move, devices that a list forgets, alerts."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator import Simulator
from simulator.systems.enphase_v2 import eich_residence

from ..conftest import NOON_IN_CALIFORNIA, Driver

MORNING = datetime(2026, 6, 21, 14, 0, tzinfo=UTC)
MICROS = "systems/inverters_summary_by_envoy_or_site"
MICRO = "121100000005"
FIRST_ENVOY, SECOND_ENVOY = "010731000003", "010814000001"
OTHER_ENVOY = "121703014455"
SITE = "sites/1148616"


async def listed(drive: Driver, site: int = 67, kind: str = "inverters") -> set[str]:
    return {one["sn"] for one in (await drive.enphase(f"systems/{site}/inventory")).body.get(kind, [])}


async def by_envoy(drive: Driver, site: int) -> dict[str, str]:
    groups = (await drive.enphase(MICROS, site_id=site)).body
    return {one["serial_number"]: one["envoy_serial_number"] for group in groups for one in group["micro_inverters"]}


async def test_a_replaced_inverter_stops_and_its_successor_starts_at_the_same_time(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    drive.at(MORNING)
    drive.simulator.set_health(MICRO, 10)
    new = drive.simulator.replace_inverter("enphase_67", MICRO, "NEW1", model="IQ8")
    assert (new.serial, new.model, new.size_w, new.gateway) == ("NEW1", "IQ8", 170, FIRST_ENVOY)
    drive.at(NOON_IN_CALIFORNIA)
    end = drive.simulator.clock.now()
    assert plant.inverter_energy_wh(MICRO, MORNING, end) == 0
    assert plant.inverter_lifetime_wh(MICRO, end) == eich_residence().inverter_lifetime_wh(MICRO, MORNING)
    assert plant.inverter_lifetime_wh("NEW1", end) == plant.inverter_energy_wh("NEW1", MORNING, end) > 100
    assert plant.size_w(end) == 5250
    assert sum(plant.inverter_lifetime_wh(serial, end) for serial in plant.inverters) == plant.lifetime_wh(end)
    serials = await listed(drive)
    assert (MICRO in serials, "NEW1" in serials, len(serials)) == (False, True, 31)
    assert drive.simulator.replace_inverter("enphase_67", "NEW1").serial == "NEW2"


async def test_a_replaced_solaredge_inverter_stays_listed_as_inactive(drive: Driver):
    result = await drive.post("/control/inverters/replace", {"key": "solaredge_1148616", "serial": "731CD555-E9"})
    serial = result.body["serial"]
    rows = (await drive.solaredge(f"{SITE}/devices")).body
    assert [(row["serialNumber"], row["active"]) for row in rows[-2:]] == [("731CD555-E9", False), (serial, True)]


async def test_an_inverter_moves_from_one_envoy_to_the_other(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    before = plant.inverter_lifetime_wh(MICRO, NOON_IN_CALIFORNIA)
    assert (await by_envoy(drive, 67))[MICRO] == FIRST_ENVOY
    drive.simulator.move_inverter(MICRO, SECOND_ENVOY)
    assert (await by_envoy(drive, 67))[MICRO] == SECOND_ENVOY
    assert plant.inverter_lifetime_wh(MICRO, NOON_IN_CALIFORNIA) == before
    drive.simulator.silence(FIRST_ENVOY)
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=1))
    groups = (await drive.enphase(MICROS, site_id=67)).body
    heard = {one["serial_number"] for group in groups for one in group["micro_inverters"] if one["status"] == "normal"}
    assert (MICRO in heard, len(heard)) == (True, 13)
    await drive.post("/control/inverters/move", {"serial": MICRO, "gateway": FIRST_ENVOY})
    assert (await by_envoy(drive, 67))[MICRO] == FIRST_ENVOY


async def test_an_inverter_moves_to_another_system_and_leaves_its_history_behind(drive: Driver):
    old, new = drive.simulator.plants["enphase_67"], drive.simulator.plants["enphase_72"]
    drive.at(MORNING)
    there = new.lifetime_wh(MORNING)
    kept = old.inverter_lifetime_wh(MICRO, MORNING)
    drive.simulator.move_device(MICRO, "enphase_72")
    drive.at(datetime(2026, 6, 22, 14, 0, tzinfo=UTC))
    now = drive.simulator.clock.now()
    assert old.inverter_lifetime_wh(MICRO, now) == kept
    assert new.inverter_lifetime_wh(MICRO, now) == new.inverter_energy_wh(MICRO, MORNING, now) > 100
    assert new.lifetime_wh(MORNING) == there
    for plant in (old, new):
        assert sum(plant.inverter_lifetime_wh(serial, now) for serial in plant.inverters) == plant.lifetime_wh(now)
    assert MICRO not in await listed(drive, 67)
    assert (await by_envoy(drive, 72))[MICRO] == OTHER_ENVOY
    assert (await drive.enphase("systems/72/summary")).body["size_w"] == 12 * 295 + 170


async def test_an_inverter_that_comes_back_counts_on_where_it_stopped(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    drive.at(MORNING)
    kept = plant.inverter_lifetime_wh(MICRO, MORNING)
    await drive.post("/control/devices/move", {"serial": MICRO, "key": "enphase_72"})
    drive.at(MORNING + timedelta(days=2))
    await drive.post("/control/devices/move", {"serial": MICRO, "key": "enphase_67"})
    back = drive.simulator.clock.now()
    drive.at(back + timedelta(days=1))
    now = drive.simulator.clock.now()
    assert plant.inverter_lifetime_wh(MICRO, back) == kept
    assert plant.inverter_lifetime_wh(MICRO, now) == kept + plant.inverter_energy_wh(MICRO, back, now) > kept
    assert plant.size_w(back - timedelta(days=1)) == 5250 - 170
    assert plant.size_w(now) == 5250
    assert sum(plant.inverter_lifetime_wh(serial, now) for serial in plant.inverters) == plant.lifetime_wh(now)
    assert MICRO in await listed(drive, 67)
    assert MICRO not in await listed(drive, 72)


async def test_a_solaredge_inverter_hangs_on_the_other_sites_gateway(drive: Driver):
    drive.simulator.move_device("731CD555-E9", "solaredge_222881711")
    rows = (await drive.solaredge("sites/222881711/devices")).body
    assert (rows[-1]["serialNumber"], rows[-1]["connectedTo"], rows[-1]["active"]) == (
        "731CD555-E9",
        "7E0A4C21-B8",
        True,
    )
    old = {row["serialNumber"]: row["active"] for row in (await drive.solaredge(f"{SITE}/devices")).body}
    assert old["731CD555-E9"] is False


async def test_a_device_is_left_out_of_the_next_inventories_only(drive: Driver):
    drive.simulator.hide_device(MICRO, times=2)
    assert [MICRO in await listed(drive) for _ in range(4)] == [False, False, True, True]
    drive.simulator.hide_device(FIRST_ENVOY)
    assert await listed(drive, kind="envoys") == {SECOND_ENVOY}
    assert await listed(drive, kind="envoys") == {FIRST_ENVOY, SECOND_ENVOY}
    found = [(await drive.enphase("systems/67/envoys")).body["envoys"] for _ in range(2)]
    assert [len(envoys) for envoys in found] == [1, 2]
    drive.simulator.hide_device(OTHER_ENVOY)
    assert "envoys" not in (await drive.enphase("systems/72/inventory")).body


async def test_a_hidden_solaredge_device_still_measures_and_only_lists_of_its_type_count(drive: Driver):
    await drive.post("/control/devices/hide", {"serial": "606052971", "times": 1})
    assert len((await drive.solaredge(f"{SITE}/devices")).body) == 3
    window = {"start": "2026-06-21T10:00:00", "end": "2026-06-21T12:00:00"}
    assert set((await drive.solaredge(f"{SITE}/meters/telemetry", **window)).body["meters"]) == {"606052971"}
    rows = [(await drive.solaredge(f"{SITE}/devices", types="METER")).body for _ in range(2)]
    assert [[row["serialNumber"] for row in each] for each in rows] == [[None], ["606052971", "606052971", None]]


async def test_alerts_open_and_close(drive: Driver):
    key = "solaredge_1148616"
    number = drive.simulator.open_alert(
        key, type="SNOW_ON_SITE", category="ENVIRONMENT", impact=3, component_serial="731CD555-E9"
    )
    drive.simulator.clock.advance(timedelta(hours=1))
    other = (await drive.post("/control/alerts/open", {"key": key, "impact": 9, "error_codes": ["18x2"]})).body["id"]
    assert number != other
    first, second = (await drive.solaredge(f"{SITE}/alerts", ("only-open", "true"))).body
    assert (first["alertId"], first["type"], first["category"], first["impact"]) == (
        number,
        "SNOW_ON_SITE",
        "ENVIRONMENT",
        3,
    )
    assert first["component"]["serialNumber"] == "731CD555-E9"
    assert first["firstTrigger"] == "2026-06-21T20:03:00Z"
    assert (second["impact"], second["errorCodes"], second["component"]["serialNumber"]) == (9, ["18x2"], None)
    drive.simulator.close_alert(key, number)
    await drive.post("/control/alerts/close", {"key": key, "id": other})
    assert (await drive.solaredge(f"{SITE}/alerts", ("only-open", "true"))).body == []
    closed = (await drive.solaredge(f"{SITE}/alerts")).body
    assert [(alert["alertId"], alert["status"]) for alert in closed[1:]] == [(number, "CLOSED"), (other, "CLOSED")]
    assert closed[1]["lastTrigger"] == "2026-06-21T21:03:00Z"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("inverters/replace", {"key": "enphase_67", "serial": "nobody"}),
        ("inverters/replace", {"key": "enphase_67", "serial": MICRO, "new_serial": "121100000006"}),
        ("inverters/replace", {"key": "enphase_67", "serial": MICRO, "size_w": 0}),
        ("inverters/move", {"serial": MICRO, "gateway": OTHER_ENVOY}),
        ("inverters/move", {"serial": "nobody", "gateway": SECOND_ENVOY}),
        ("devices/move", {"serial": MICRO, "key": "enphase_67"}),
        ("devices/move", {"serial": MICRO, "key": "solaredge_1148616"}),
        ("devices/move", {"serial": "nobody", "key": "enphase_72"}),
        ("devices/hide", {"serial": "nobody"}),
        ("devices/hide", {"serial": MICRO, "times": -1}),
        ("devices/hide", {"serial": MICRO, "times": None}),
        ("alerts/open", {"key": "enphase_67"}),
        ("alerts/open", {"key": "solaredge_1148616", "impact": "high"}),
        ("alerts/open", {"key": "solaredge_1148616", "type": None}),
        ("alerts/close", {"key": "solaredge_1148616", "id": 771230}),
        ("alerts/close", {"key": "solaredge_1148616"}),
    ],
)
async def test_orders_that_make_no_sense_are_refused_and_change_nothing(drive: Driver, path, data):
    assert (await drive.post(f"/control/{path}", data)).status == 400
    assert (await by_envoy(drive, 67))[MICRO] == FIRST_ENVOY
    assert len(await listed(drive)) == 31
    assert len((await drive.solaredge(f"{SITE}/alerts")).body) == 1


def test_a_retired_inverter_neither_moves_nor_is_replaced(simulator: Simulator):
    simulator.retire_inverter("enphase_67", MICRO)
    for act in (
        lambda: simulator.move_inverter(MICRO, SECOND_ENVOY),
        lambda: simulator.move_device(MICRO, "enphase_72"),
        lambda: simulator.replace_inverter("enphase_67", MICRO),
        lambda: simulator.set_health(MICRO, 50),
    ):
        with pytest.raises(KeyError):
            act()
