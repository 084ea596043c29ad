"""Inverters that yield less than they should, or nothing, or are not heard of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator import Simulator
from simulator.plant.energy import FLOWS
from simulator.systems.enphase_v2 import eich_residence
from simulator.systems.solaredge import battery_site

from ..conftest import NOON_IN_CALIFORNIA, Driver

MORNING = datetime(2026, 6, 21, 14, 0, tzinfo=UTC)
SHADED, DEAD = "121100000007", "121100000020"
MICROS = "systems/inverters_summary_by_envoy_or_site"
SITE = "sites/1148616"
WINDOW = {"start": "2026-06-21T10:00:00+02:00", "end": "2026-06-21T22:00:00+02:00"}


def values(series: dict) -> list:
    return [row["value"] for row in series["values"]]


async def micros_of(drive: Driver, site: int) -> dict[str, dict]:
    groups = (await drive.enphase(MICROS, site_id=site)).body
    return {micro["serial_number"]: micro for group in groups for micro in group["micro_inverters"]}


def test_the_plant_loses_what_the_inverter_loses_and_the_others_yield_as_ever(simulator: Simulator):
    plant, whole = simulator.plants["enphase_67"], eich_residence()
    simulator.clock.set(MORNING)
    simulator.set_health(SHADED, 40)
    simulator.set_health(DEAD, 0)
    end = MORNING + timedelta(days=20)
    lost = {
        serial: whole.inverter_energy_wh(serial, MORNING, end) - plant.inverter_energy_wh(serial, MORNING, end)
        for serial in plant.inverters
    }
    assert lost[DEAD] == whole.inverter_energy_wh(DEAD, MORNING, end) > 1000
    assert lost[SHADED] == whole.inverter_energy_wh(SHADED, MORNING, end) * 60 // 100
    assert {wh for serial, wh in lost.items() if serial not in {SHADED, DEAD}} == {0}
    assert whole.energy_wh(MORNING, end) - plant.energy_wh(MORNING, end) == sum(lost.values())
    assert plant.lifetime_wh(MORNING) == whole.lifetime_wh(MORNING)
    assert plant.lifetime_wh(end) == sum(plant.inverter_lifetime_wh(serial, end) for serial in plant.inverters)
    assert plant.size_w(end) == whole.size_w(end)


def test_no_slot_ever_yields_less_than_nothing_and_a_repair_ends_the_loss(simulator: Simulator):
    plant, whole = simulator.plants["enphase_67"], eich_residence()
    simulator.clock.set(MORNING)
    simulator.set_health(SHADED, 33)
    simulator.clock.advance(timedelta(days=1))
    simulator.set_health(SHADED, 66)
    simulator.clock.advance(timedelta(days=1))
    simulator.set_health(SHADED, 100)
    repaired = simulator.clock.now()
    step = timedelta(minutes=5)
    slots = [MORNING + step * n for n in range(3 * 288)]
    assert min(plant.inverter_energy_wh(SHADED, slot, slot + step) for slot in slots) == 0
    parts = [[plant.inverter_energy_wh(one, slot, slot + step) for one in plant.inverters] for slot in slots]
    assert [sum(part) for part in parts] == [plant.energy_wh(slot, slot + step) for slot in slots]
    later = repaired + timedelta(days=5)
    assert plant.energy_wh(repaired, later) == whole.energy_wh(repaired, later)


def test_the_house_balances_with_a_dead_inverter_and_its_past_is_untouched():
    plant, whole, begin = battery_site(), battery_site(), datetime(2026, 3, 10, 11, tzinfo=UTC)
    plant.set_health("7F16E777-F1", 0, begin)
    before, end = begin - timedelta(days=30), begin + timedelta(days=3)
    assert [plant.flow_wh(f, before, begin) for f in FLOWS] == [whole.flow_wh(f, before, begin) for f in FLOWS]
    assert plant.stored_wh(begin) == whole.stored_wh(begin)
    step = timedelta(minutes=5)
    for n in range(3 * 288):
        start = begin + step * n
        made, flow = plant.energy_wh(start, start + step), {f: plant.flow_wh(f, start, start + step) for f in FLOWS}
        assert made + flow["import"] + flow["discharge"] == flow["load"] + flow["export"] + flow["charge"]
    assert plant.flow_wh("load", begin, end) == whole.flow_wh("load", begin, end)
    assert plant.flow_wh("import", begin, end) > whole.flow_wh("import", begin, end)
    assert plant.flow_wh("export", begin, end) < whole.flow_wh("export", begin, end)


async def test_every_enphase_answer_agrees_about_a_system_with_bad_inverters(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    drive.at(MORNING)
    drive.simulator.set_health(SHADED, 25)
    drive.simulator.set_health(DEAD, 0)
    drive.at(datetime(2026, 6, 22, 6, 59, tzinfo=UTC))
    rows = (await drive.enphase("systems/67/stats")).body["intervals"]
    summary = (await drive.enphase("systems/67/summary")).body
    midnight = int(datetime(2026, 6, 21, tzinfo=plant.zone).timestamp())
    quarters = (await drive.enphase("systems/67/rgm_stats", start_at=midnight)).body["intervals"]
    micros = await micros_of(drive, 67)
    today = plant.day_wh(date(2026, 6, 21))
    assert (
        sum(row["enwh"] for row in rows) == sum(row["wh_del"] for row in quarters) == summary["energy_today"] == today
    )
    assert today < eich_residence().day_wh(date(2026, 6, 21))
    lifetime = summary["energy_lifetime"] + summary["energy_today"]
    assert sum(micro["energy"]["value"] for micro in micros.values()) == lifetime
    assert (summary["modules"], summary["size_w"], summary["status"]) == (31, 5250, "normal")


async def test_a_dead_microinverter_reports_0_w_and_its_counter_stands_still(drive: Driver):
    drive.at(MORNING)
    before = (await micros_of(drive, 67))[DEAD]["energy"]["value"]
    drive.simulator.set_health(DEAD, 0)
    drive.at(NOON_IN_CALIFORNIA)
    micro = (await micros_of(drive, 67))[DEAD]
    assert micro["power_produced"]["value"] == 0
    assert before <= micro["energy"]["value"] <= before + 2
    assert micro["last_report_date"] == int(NOON_IN_CALIFORNIA.timestamp()) - 180
    assert micro["status"] == "normal"


async def test_a_mute_microinverter_keeps_its_last_values_until_it_is_heard_again(drive: Driver):
    serial = "121703000005"
    plant = drive.simulator.plants["enphase_72"]
    drive.at(MORNING)
    drive.simulator.set_health(serial, 100, mute=True)
    drive.at(MORNING + timedelta(minutes=2))
    first = (await micros_of(drive, 72))[serial]
    drive.at(MORNING + timedelta(hours=2))
    micros = await micros_of(drive, 72)
    assert micros[serial] == first
    assert (first["status"], first["last_report_date"]) == ("micro", int(MORNING.timestamp()))
    assert {one["status"] for name, one in micros.items() if name != serial} == {"normal"}
    summary = (await drive.enphase("systems/72/summary")).body
    midnight = datetime(2026, 6, 21, tzinfo=plant.zone)
    until = datetime.fromtimestamp(summary["last_interval_end_at"], UTC)
    missing = plant.inverter_energy_wh(serial, MORNING, until)
    assert summary["status"] == "micro"
    assert summary["energy_today"] == plant.energy_wh(midnight, until) - missing < plant.energy_wh(midnight, until)
    span = {"start_at": int(MORNING.timestamp()) - 600, "end_at": int(MORNING.timestamp()) + 600}
    rows = (await drive.enphase("systems/72/stats", **span)).body["intervals"]
    assert [row["devices_reporting"] for row in rows] == [12, 12, 11, 11]
    drive.simulator.set_health(serial, 100)
    summary = (await drive.enphase("systems/72/summary")).body
    assert (summary["status"], summary["energy_today"]) == ("normal", plant.energy_wh(midnight, until))
    rows = (await drive.enphase("systems/72/stats", **span)).body["intervals"]
    assert [row["devices_reporting"] for row in rows] == [12] * 4


async def test_a_dead_solaredge_inverter_reports_zeros_and_a_mute_one_nothing(drive: Driver):
    plant = drive.simulator.plants["solaredge_1148616"]
    drive.at(datetime(2026, 6, 21, 10, 0, tzinfo=UTC))
    drive.simulator.set_health("731CD555-E9", 0)
    drive.at(datetime(2026, 6, 21, 14, 0, tzinfo=UTC))
    drive.simulator.set_health("731CD555-E9", 0, mute=True)
    drive.at(NOON_IN_CALIFORNIA)
    body = (await drive.solaredge(f"{SITE}/inverters/telemetry", **WINDOW)).body["inverters"]
    dead = values(body["731CD555-E9"]["energy"])
    assert min(dead[:8]) > 0
    assert dead[8:24] == [0] * 16
    assert dead[24:] == [None] * 24
    for metric in ("power", "voltage", "current", "frequency"):
        series = values(body["731CD555-E9"][metric])
        assert None not in series[:24]
        assert series[24:] == [None] * 24
    one = (await drive.solaredge(f"{SITE}/inverters/731CD555-E9/energy", **WINDOW)).body
    assert values(one) == dead
    site = values((await drive.solaredge(f"{SITE}/energy", **WINDOW)).body)
    assert site == [a + (b or 0) for a, b in zip(values(body["7F16E777-F1"]["energy"]), dead, strict=True)]
    assert sum(site) == plant.energy_wh(*(datetime.fromisoformat(WINDOW[name]) for name in ("start", "end")))
    assert sum(site) < battery_site().energy_wh(*(datetime.fromisoformat(WINDOW[name]) for name in ("start", "end")))


async def test_the_health_is_set_over_the_control_api(drive: Driver):
    drive.at(MORNING)
    await drive.post("/control/inverters/health", {"serial": DEAD, "percent": 0, "mute": True})
    drive.at(NOON_IN_CALIFORNIA)
    assert (await micros_of(drive, 67))[DEAD]["status"] == "micro"


@pytest.mark.parametrize(
    "data",
    [
        {"serial": "nobody", "percent": 10},
        {"serial": DEAD},
        {"serial": DEAD, "percent": 101},
        {"serial": DEAD, "percent": -1},
        {"serial": DEAD, "percent": 1.5},
        {"serial": DEAD, "percent": True},
        {"serial": DEAD, "percent": 10, "mute": 1},
        {"serial": "731CD0A2-41", "percent": 10},
    ],
)
async def test_a_health_that_makes_no_sense_is_refused(drive: Driver, data):
    assert (await drive.post("/control/inverters/health", data)).status == 400
    assert drive.simulator.plants["enphase_67"].inverters[DEAD].health == []
