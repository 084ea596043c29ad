"""Envoys that fall silent, late data, and inverters that come and go."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ..conftest import NOON_IN_CALIFORNIA, Driver

START = datetime(2026, 6, 21, 18, 0, tzinfo=UTC)


async def test_a_silent_envoy_stops_reporting_and_the_system_is_in_comm(drive: Driver):
    drive.at(START)
    drive.simulator.silence("121703014455")
    before = (await drive.enphase("systems/72/summary")).body
    drive.at(START + timedelta(hours=1))
    after = (await drive.enphase("systems/72/summary")).body
    assert after == before
    assert after["status"] == "comm"
    envoy = (await drive.enphase("systems/72/envoys")).body["envoys"][0]
    assert (envoy["status"], envoy["last_report_at"]) == ("comm", before["last_report_at"])


async def test_what_a_silent_envoy_kept_is_filled_in_when_it_reports_again(drive: Driver):
    plant = drive.simulator.plants["enphase_72"]
    drive.at(START)
    drive.simulator.silence("121703014455")
    drive.at(START + timedelta(hours=2))
    drive.simulator.unsilence("121703014455")
    still = (await drive.enphase("systems/72/summary")).body
    assert still["status"] == "normal"
    assert still["last_report_at"] < START.timestamp()
    drive.at(START + timedelta(hours=2, minutes=4))
    body = (await drive.enphase("systems/72/summary")).body
    midnight = datetime(2026, 6, 21, tzinfo=plant.zone)
    assert body["energy_today"] == plant.energy_wh(midnight, START + timedelta(hours=2)) > still["energy_today"]


async def test_rows_lack_the_inverters_of_a_silent_envoy_until_it_is_back(drive: Driver):
    drive.at(START)
    drive.simulator.silence("010814000001")
    drive.at(START + timedelta(hours=1))
    span = {"start_at": int(START.timestamp()), "end_at": int(START.timestamp()) + 1800}
    rows = (await drive.enphase("systems/67/stats", **span)).body["intervals"]
    assert [row["devices_reporting"] for row in rows] == [19] * 6
    groups = (await drive.enphase("systems/inverters_summary_by_envoy_or_site", site_id=67)).body
    assert [group["signal_strength"] for group in groups] == [5, 0]
    reported = [{micro["last_report_date"] for micro in group["micro_inverters"]} for group in groups]
    assert reported[1] == {int(START.timestamp()) - 300}
    assert reported[0] == {int(START.timestamp()) + 3300}
    drive.simulator.unsilence("010814000001")
    drive.at(START + timedelta(hours=1, minutes=5))
    full = (await drive.enphase("systems/67/stats", **span)).body["intervals"]
    assert [row["devices_reporting"] for row in full] == [31] * 6
    assert all(late["enwh"] > early["enwh"] for early, late in zip(rows, full, strict=True))
    plant = drive.simulator.plants["enphase_67"]
    assert sum(row["enwh"] for row in full) == plant.energy_wh(START, START + timedelta(minutes=30))


async def test_a_metered_system_counts_on_while_the_other_envoy_is_silent(drive: Driver):
    drive.at(START)
    drive.simulator.silence("010814000001")
    drive.at(START + timedelta(hours=1, minutes=2))
    plant = drive.simulator.plants["enphase_67"]
    body = (await drive.enphase("systems/67/summary")).body
    midnight = datetime(2026, 6, 21, tzinfo=plant.zone)
    assert body["energy_today"] == plant.energy_wh(midnight, START + timedelta(hours=1))
    assert (body["status"], body["current_power"] > 0) == ("comm", True)
    today = (
        await drive.enphase(
            "systems/67/energy_lifetime", start_date="2026-06-21", end_date="2026-06-21", production="all"
        )
    ).body
    assert today["micro_production"][0] < today["meter_production"][0] == body["energy_today"]


async def test_a_silence_over_midnight_leaves_the_day_short_until_it_ends(drive: Driver):
    plant = drive.simulator.plants["enphase_72"]
    drive.at(START - timedelta(hours=4))
    drive.simulator.silence("121703014455")
    drive.at(START + timedelta(hours=20))
    body = (await drive.enphase("systems/72/energy_lifetime")).body
    # The last day that it reported is the 21st, of which a part is missing.
    assert 0 < body["production"][-1] < plant.day_wh(date(2026, 6, 21))
    drive.simulator.unsilence("121703014455")
    drive.at(START + timedelta(hours=20, minutes=10))
    body = (await drive.enphase("systems/72/energy_lifetime")).body
    assert body["production"][-1] == plant.day_wh(date(2026, 6, 21))


async def test_a_long_silence_ends_the_default_series_at_the_last_day_reported(drive: Driver):
    drive.at(START)
    drive.simulator.silence("121703014455")
    days = len((await drive.enphase("systems/72/energy_lifetime")).body["production"])
    drive.at(START + timedelta(days=5))
    body = (await drive.enphase("systems/72/energy_lifetime")).body
    assert len(body["production"]) == days + 1
    asked = (await drive.enphase("systems/72/energy_lifetime", start_date="2026-06-21", end_date="2026-06-24")).body
    assert asked["production"][1:] == [0, 0, 0]


async def test_delayed_data_become_readable_later(drive: Driver):
    drive.simulator.delay_data("enphase_67", timedelta(minutes=30))
    body = (await drive.enphase("systems/67/summary")).body
    assert body["last_interval_end_at"] == int(NOON_IN_CALIFORNIA.timestamp()) - 33 * 60
    assert body["last_report_at"] == int(NOON_IN_CALIFORNIA.timestamp()) - 60
    drive.simulator.delay_data("enphase_67", timedelta(0))
    assert (await drive.enphase("systems/67/summary")).body["energy_today"] > body["energy_today"]


async def test_a_silent_solaredge_site_has_nulls_and_an_open_alert(drive: Driver):
    drive.at(START)
    drive.simulator.silence("7E0A4C21-B8")
    drive.at(START + timedelta(hours=2))
    window = {"start": "2026-06-21T10:00:00-07:00", "end": "2026-06-21T13:00:00-07:00"}
    values = [row["value"] for row in (await drive.solaredge("sites/222881711/energy", **window)).body["values"]]
    assert values[3:] == [None] * 9
    assert None not in values[:3]
    (alert,) = (await drive.solaredge("sites/222881711/alerts", ("only-open", "true"))).body
    assert (alert["type"], alert["status"]) == ("SITE_COMMUNICATION_FAULT", "OPEN")
    drive.simulator.unsilence("7E0A4C21-B8")
    drive.at(START + timedelta(hours=2, minutes=16))
    values = [row["value"] for row in (await drive.solaredge("sites/222881711/energy", **window)).body["values"]]
    assert None not in values
    assert (await drive.solaredge("sites/222881711/alerts", ("only-open", "true"))).body == []


async def test_modules_and_size_follow_the_inverters_in_use(drive: Driver):
    drive.simulator.retire_inverter("enphase_72", "121703000004")
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=10))
    body = (await drive.enphase("systems/72/summary")).body
    assert (body["modules"], body["size_w"]) == (11, 11 * 295)
    new = drive.simulator.add_inverter("enphase_72", "X1", model="IQ8", size_w=400)
    assert (new.model, new.gateway) == ("IQ8", "121703014455")
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=20))
    (group,) = (await drive.enphase("systems/inverters_summary_by_envoy_or_site", site_id=72)).body
    (micro,) = [one for one in group["micro_inverters"] if one["serial_number"] == "X1"]
    assert micro["energy"]["value"] == 0
    assert micro["last_report_date"] is None
    assert micro["power_produced"]["value"] is None


def test_unknown_names_are_refused(simulator):
    for act in (
        lambda: simulator.silence("nobody"),
        lambda: simulator.unsilence("nobody"),
        lambda: simulator.retire_inverter("enphase_67", "nobody"),
        lambda: simulator.add_inverter("enphase_99"),
        lambda: simulator.remove_system("enphase_99"),
        lambda: simulator.delay_data("enphase_99", timedelta(1)),
        lambda: simulator.revoke("nobody"),
        lambda: simulator.set_status("enphase_99", "x"),
    ):
        with pytest.raises(KeyError):
            act()
