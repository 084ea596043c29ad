"""Enphase's late v2: meters, consumption, search; and larger systems."""

from datetime import UTC, date, datetime, timedelta
import time

import pytest

from simulator import Plant, Simulator
from simulator.plant.devices import ConsumptionMeter, Gateway, Inverter
from simulator.plant.sun import Sky
from simulator.ready import ENPHASE_SINGLE_USER_ID, ENPHASE_USER_ID, ready_simulator
from simulator.systems.special import FACTORIES, large_residence, metered_residence

from ..conftest import NOON_IN_CALIFORNIA, Driver

MICROS = "systems/inverters_summary_by_envoy_or_site"
OLD, FIRST, SECOND = (f"122300000001EIM{number}" for number in (0, 1, 3))
ENVOY = "122300000001"
HOUR = timedelta(hours=1)
KNOWN = datetime(2026, 6, 21, 20, 0, tzinfo=UTC)
"""Up to here the clouds know at noon in California."""


@pytest.fixture
def metered(simulator: Simulator) -> Plant:
    return simulator.add_plant(metered_residence(), ENPHASE_USER_ID)


def at(moment: datetime) -> int:
    return int(moment.timestamp())


async def test_two_meters_share_the_production_to_the_watt_hour(drive: Driver, metered: Plant):
    drive.simulator.switches.enphase_meter_intervals = True
    start = KNOWN - 6 * HOUR
    body = (await drive.enphase("systems/2300/rgm_stats", start_at=at(start), end_at=at(KNOWN))).body
    assert set(body) == {"system_id", "total_devices", "meta", "intervals", "meter_intervals"}
    assert body["total_devices"] == 2
    assert [one["meter_serial_number"] for one in body["meter_intervals"]] == [FIRST, SECOND]
    assert {one["envoy_serial_number"] for one in body["meter_intervals"]} == {ENVOY}
    first, second = (one["intervals"] for one in body["meter_intervals"])
    assert len(first) == 24
    for row, one, two in zip(body["intervals"], first, second, strict=True):
        assert row["end_at"] == one["end_at"] == two["end_at"]
        assert row["devices_reporting"] == 2
        assert row["wh_del"] == one["wh_del"] + two["wh_del"]
        assert (one["channel"], one["curr_w"]) == (1, 4 * one["wh_del"])
    total = sum(row["wh_del"] for row in body["intervals"])
    assert total == metered.energy_wh(start, KNOWN)
    assert sum(row["wh_del"] for row in first) == pytest.approx(total * 3 / 5, abs=5)


async def test_rgm_stats_are_as_ever_unless_the_switch_says_late(drive: Driver, metered: Plant):
    start = at(KNOWN - timedelta(days=20))
    plain = (await drive.enphase("systems/2300/rgm_stats", start_at=start)).body
    assert "meter_intervals" not in plain
    assert len(plain["intervals"]) == 20 * 96
    drive.simulator.switches.enphase_meter_intervals = True
    late = (await drive.enphase("systems/2300/rgm_stats", start_at=start)).body
    assert late["intervals"] == plain["intervals"][: 7 * 96]
    assert (await drive.enphase("systems/72/rgm_stats")).body["meter_intervals"] == []


async def test_a_meter_that_does_not_report_has_nulls_until_it_is_back(drive: Driver, metered: Plant):
    drive.simulator.switches.enphase_meter_intervals = True
    drive.at(KNOWN - 2 * HOUR)
    drive.simulator.silence(SECOND)
    drive.at(NOON_IN_CALIFORNIA)
    span = {"start_at": at(KNOWN - 3 * HOUR), "end_at": at(KNOWN)}
    body = (await drive.enphase("systems/2300/rgm_stats", **span)).body
    assert [row["devices_reporting"] for row in body["intervals"]] == [2] * 4 + [1] * 8
    first, second = (one["intervals"] for one in body["meter_intervals"])
    assert None not in {row["wh_del"] for row in first}
    assert [row["wh_del"] for row in second[4:]] == [row["curr_w"] for row in second[4:]] == [None] * 8
    assert [row["wh_del"] for row in body["intervals"][4:]] == [row["wh_del"] for row in first[4:]]
    summary = (await drive.enphase("systems/2300/summary")).body
    midnight = datetime(2026, 6, 21, tzinfo=metered.zone)
    assert summary["status"] == "meter"
    assert 0 < summary["energy_today"] < metered.energy_wh(midnight, KNOWN)
    assert (await drive.enphase("systems/2300/envoys")).body["envoys"][0]["status"] == "normal"
    await drive.post("/control/unsilence", {"serial": SECOND})
    body = (await drive.enphase("systems/2300/rgm_stats", **span)).body
    assert [row["devices_reporting"] for row in body["intervals"]] == [2] * 12
    summary = (await drive.enphase("systems/2300/summary")).body
    assert (summary["status"], summary["energy_today"]) == ("normal", metered.energy_wh(midnight, KNOWN))


async def test_meter_readings_are_the_meters_counters_and_replaced_meters_stay(drive: Driver, metered: Plant):
    body = (await drive.enphase("systems/2300/production_meter_readings")).body
    assert set(body) == {"system_id", "meter_readings", "meta"}
    readings = {one["serial_number"]: one for one in body["meter_readings"]}
    assert list(readings) == [OLD, FIRST, SECOND]
    assert sum(one["value"] for one in readings.values()) == metered.lifetime_wh(KNOWN)
    replaced = datetime(2025, 11, 12, 18, 20, tzinfo=UTC)
    assert readings[OLD]["read_at"] == at(replaced)
    assert readings[FIRST]["read_at"] == readings[SECOND]["read_at"] == at(KNOWN)
    early = (await drive.enphase("systems/2300/production_meter_readings", end_at=at(replaced - HOUR) + 17)).body
    assert [one["serial_number"] for one in early["meter_readings"]] == [OLD, SECOND]
    assert {one["read_at"] for one in early["meter_readings"]} == {at(replaced - HOUR)}
    assert sum(one["value"] for one in early["meter_readings"]) == metered.lifetime_wh(replaced - HOUR)
    eich = (await drive.enphase("systems/67/production_meter_readings")).body["meter_readings"]
    assert [one["serial_number"] for one in eich] == ["123123123123"]
    assert (await drive.enphase("systems/72/production_meter_readings")).body["meter_readings"] == []


async def test_the_month_of_a_replacement_adds_up_over_all_meters(drive: Driver, metered: Plant):
    body = (await drive.enphase("systems/2300/monthly_production", start_date="2025-11-01")).body
    differences = [one["end"] - one["start"] for one in body["meter_readings"]]
    assert min(differences) > 0
    assert sum(differences) == body["production_wh"] == sum(metered.day_wh(date(2025, 11, n)) for n in range(1, 31))
    lifetime = (
        await drive.enphase(
            "systems/2300/energy_lifetime", start_date="2025-11-10", end_date="2025-11-14", production="all"
        )
    ).body
    assert lifetime["meter_production"] == lifetime["micro_production"] == lifetime["production"]


async def test_consumption_is_reported_by_quarter_hours_and_days(drive: Driver, metered: Plant):
    day = date(2026, 6, 19)
    first, end = (slot * 300 for slot in metered.day_slots(day))
    body = (await drive.enphase("systems/2300/consumption_stats", start_at=first, end_at=end)).body
    assert set(body) == {"system_id", "total_devices", "meta", "intervals"}
    rows = body["intervals"]
    assert set(rows[0]) == {"end_at", "enwh", "devices_reporting"}
    assert [row["end_at"] for row in rows] == list(range(first + 900, end + 1, 900))
    text = day.isoformat()
    lifetime = (await drive.enphase("systems/2300/consumption_lifetime", start_date=text, end_date=text)).body
    assert set(lifetime) == {"system_id", "start_date", "consumption", "meta"}
    truth = metered.flow_wh("load", *(datetime.fromtimestamp(moment, UTC) for moment in (first, end)))
    assert sum(row["enwh"] for row in rows) == lifetime["consumption"][0] == truth > 5000
    today = (await drive.enphase("systems/2300/consumption_stats")).body["intervals"]
    assert today[-1]["end_at"] == at(KNOWN)
    whole = (await drive.enphase("systems/2300/consumption_lifetime")).body
    assert (whole["start_date"], len(whole["consumption"])) == (
        "2024-09-05",
        (date(2026, 6, 21) - date(2024, 9, 5)).days,
    )
    month = (await drive.enphase("systems/2300/consumption_stats", start_at=at(KNOWN - timedelta(days=60)))).body
    assert len(month["intervals"]) in {30 * 96, 31 * 96}


async def test_without_a_consumption_meter_there_is_no_content(drive: Driver):
    result = await drive.enphase("systems/67/consumption_lifetime")
    assert (result.status, result.text) == (204, "")
    body = (await drive.enphase("systems/67/consumption_stats")).body
    assert (body["total_devices"], body["intervals"]) == (0, [])


async def test_consumption_may_be_withheld_from_the_user(drive: Driver, metered: Plant):
    drive.simulator.switches.enphase_consumption = False
    for path in ("consumption_stats", "consumption_lifetime"):
        assert (await drive.enphase(f"systems/2300/{path}")).status == 401
    assert (await drive.enphase("systems/2300/production_meter_readings")).status == 200


@pytest.mark.parametrize("query", [{"start_date": "2026-06-22"}, {"start_date": "x"}, {"end_date": "2020-01-01"}])
async def test_impossible_days_of_consumption_are_422(drive: Driver, metered: Plant, query):
    assert (await drive.enphase("systems/2300/consumption_lifetime", **query)).status == 422


async def test_a_system_is_found_by_its_envoy(drive: Driver):
    path = "systems/search_system_id"
    assert (await drive.enphase(path, serial_num="010814000001")).body == {"system_id": 67}
    missing = await drive.enphase(path, serial_num="999")
    assert missing.status == 404
    assert missing.body == {"reason": "404", "errorMessages": ["Envoy not found with this serial number"]}
    assert (await drive.enphase(path, serial_num="010814000001", user=ENPHASE_SINGLE_USER_ID)).status == 401
    assert (await drive.enphase(path)).status == 422


async def test_inventory_tells_more_when_the_switch_says_so(drive: Driver, metered: Plant):
    plain = (await drive.enphase("systems/2300/inventory")).body
    assert set(plain) == {"system_id", "envoys", "inverters", "meters"}
    assert [meter["sn"] for meter in plain["meters"]] == [FIRST, SECOND, f"{ENVOY}EIM2"]
    drive.simulator.switches.enphase_inventory_details = True
    drive.simulator.silence(SECOND)
    late = (await drive.enphase("systems/2300/inventory")).body
    assert set(late) == set(plain) | {"meta"}
    assert late["envoys"] == [{"sn": ENVOY, "model": "Envoy", "sku": "ENV-S-WM-230"}]
    assert late["inverters"][0] == {"sn": "122310000001", "model": "IQ8PLUS", "sku": "IQ8PLUS-60-2LL-S22"}
    assert [(meter["status"], meter["state"]) for meter in late["meters"]] == [
        ("normal", "enabled"),
        ("comm", "enabled"),
        ("normal", "enabled"),
    ]


async def test_without_late_v2_its_paths_are_unknown(drive: Driver, metered: Plant):
    drive.simulator.switches.enphase_late = False
    for path in ("production_meter_readings", "consumption_stats", "consumption_lifetime"):
        assert (await drive.enphase(f"systems/2300/{path}")).status == 404
    assert (await drive.enphase("systems/search_system_id", serial_num=ENVOY)).status == 404
    assert (await drive.enphase(MICROS, site_id=2300)).status == 404
    for path in ("summary", "rgm_stats", "inventory"):
        assert (await drive.enphase(f"systems/2300/{path}")).status == 200


def test_a_consumption_meter_needs_a_load():
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="load"):
        Plant(
            "enphase",
            1,
            "Odd",
            timezone="UTC",
            sky=Sky(50, 10),
            operational_at=begin,
            gateways=[Gateway(serial="G")],
            inverters=[Inverter(serial="A", gateway="G", installed=begin)],
            consumption_meter=ConsumptionMeter(serial="C", gateway="G", installed=begin),
        )


async def test_two_hundred_microinverters_add_up_quickly(drive: Driver):
    plant = drive.simulator.add_plant(large_residence(), ENPHASE_USER_ID)
    drive.at(datetime(2026, 6, 22, 6, 59, tzinfo=UTC))
    started = time.process_time()
    groups = (await drive.enphase(MICROS, site_id=2200)).body
    rows = (await drive.enphase("systems/2200/stats")).body["intervals"]
    assert time.process_time() - started < 3
    assert [len(group["micro_inverters"]) for group in groups] == [50] * 4
    micros = [micro for group in groups for micro in group["micro_inverters"]]
    summary = (await drive.enphase("systems/2200/summary")).body
    assert sum(micro["energy"]["value"] for micro in micros) == summary["energy_lifetime"] + summary["energy_today"]
    assert sum(row["enwh"] for row in rows) == summary["energy_today"] == plant.day_wh(date(2026, 6, 21)) > 100_000
    assert summary["modules"] == 200
    drive.simulator.silence("122200000002")
    drive.at(datetime(2026, 6, 22, 18, 0, tzinfo=UTC))
    rows = (await drive.enphase("systems/2200/stats")).body["intervals"]
    assert rows[-1]["devices_reporting"] == 150


async def test_every_further_system_answers_and_is_none_of_the_ready_ones(drive: Driver):
    for name in FACTORIES:
        key = (await drive.post("/control/systems/add", {"name": name})).body["key"]
        cloud, _, number = key.partition("_")
        path = f"systems/{number}/summary" if cloud == "enphase" else f"sites/{number}"
        assert (await getattr(drive, cloud)(path)).status == 200
    assert len(drive.simulator.plants) == len(ready_simulator().plants) + len(FACTORIES)
