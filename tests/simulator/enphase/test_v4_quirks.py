"""Enphase v4's events, and everything about its answers that may be other than documented."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.plant.slots import epoch

from ..conftest import NOON_IN_CALIFORNIA, Driver

PV, METERED, BATTERY = 4200001, 4200002, 4200003
GATEWAY = "122400000003"
NOON_IN_UTRECHT = datetime(2026, 6, 1, 10, 8, tzinfo=UTC)


async def ask(drive: Driver, path: str, system: int = BATTERY, **query: object):
    return (await drive.v4(f"systems/{system}/{path}", **query)).body


# Events.


async def test_a_silent_gateway_is_an_open_event_and_alarm_until_it_is_back(drive: Driver):
    begin = {"start_time": epoch(NOON_IN_CALIFORNIA) - 3600}
    assert await ask(drive, "events", **begin) == {"system_id": BATTERY, "events": []}
    drive.simulator.silence(GATEWAY)
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=1))
    (event,) = (await ask(drive, "open_events"))["events"]
    start = epoch(NOON_IN_CALIFORNIA)
    assert (event["status"], event["event_start_time"], event["event_end_time"]) == ("open", start, None)
    assert event["serial_number"] == GATEWAY
    (alarm,) = (await ask(drive, "alarms", **begin))["alarms"]
    (same,) = (await ask(drive, "open_alarms"))["alarms"]
    assert (alarm["severity"], alarm["cleared"], same["event_type_id"]) == (2, False, event["event_type_id"])
    (kind,) = (await drive.v4("systems/event_types", event_type_id=event["event_type_id"])).body["event_types"]
    assert (kind["event_name"], kind["stateful"]) == ("Gateway not reporting", True)
    drive.simulator.unsilence(GATEWAY)
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=2))
    assert (await ask(drive, "open_events"))["events"] == (await ask(drive, "open_alarms"))["alarms"] == []
    assert (await ask(drive, "alarms", **begin))["alarms"] == []
    (cleared,) = (await ask(drive, "alarms", **begin, cleared="true"))["alarms"]
    assert (cleared["id"], cleared["cleared"], cleared["alarm_end_time"]) == (alarm["id"], True, start + 3600)
    (event,) = (await ask(drive, "events", **begin))["events"]
    assert (event["status"], event["event_end_time"]) == ("Closed", start + 3600)


async def test_mute_and_dead_micros_and_silent_meters_are_events(drive: Driver):
    simulator = drive.simulator
    simulator.set_health("482400002001", 0, mute=True)
    simulator.set_health("482400002002", 0)
    simulator.set_health("482400002003", 60)
    simulator.silence(f"{GATEWAY}EIM1")
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=1))
    open_events = (await ask(drive, "open_events"))["events"]
    types = {
        one["event_type_id"]: one["event_type_key"]
        for one in (await drive.v4("systems/event_types")).body["event_types"]
    }
    assert {one["serial_number"]: types[one["event_type_id"]] for one in open_events} == {
        "482400002001": "pcu_no_report",
        "482400002002": "pcu_no_production",
        f"{GATEWAY}EIM1": "meter_no_report",
    }
    simulator.set_health("482400002001", 100)
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=2))
    assert len((await ask(drive, "open_events"))["events"]) == 2


async def test_events_are_opened_and_closed_by_hand_and_over_the_control_api(drive: Driver):
    key = f"enphase_{BATTERY}"
    outage = {"key": key, "type_id": 52, "alarm": True, "severity": 1}
    number = (await drive.post("/control/events/open", outage)).body["id"]
    drive.simulator.open_event(key, 63, "482400002001")
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=5))
    (alarm,) = (await ask(drive, "open_alarms"))["alarms"]
    assert (alarm["severity"], alarm["event_type_id"]) == (1, 52)
    found = (await ask(drive, "events", start_time=epoch(NOON_IN_CALIFORNIA)))["events"]
    assert [(one["event_type_id"], one["status"]) for one in found] == [(52, "Open"), (63, "Info")]
    await drive.post("/control/events/close", {"key": key, "id": number})
    assert (await ask(drive, "open_events"))["events"] == []
    for path, data in (
        ("close", {"key": key, "id": number}),
        ("open", {"key": key, "type_id": 52, "serial": "nobody"}),
        ("open", {"key": key, "type_id": "52"}),
        ("open", {"key": "enphase_1", "type_id": 52}),
    ):
        assert (await drive.post(f"/control/events/{path}", data)).status == 400


async def test_periods_of_events_are_at_most_seven_days_in_the_last_nine_months(drive: Driver):
    now = epoch(NOON_IN_CALIFORNIA)
    week = 7 * 86_400
    for path in ("events", "alarms"):
        for query, status in (
            ({}, 422),
            ({"start_time": now + 1}, 422),
            ({"start_time": now - week - 1, "end_time": now}, 422),
            ({"start_time": now - week, "end_time": now}, 200),
            ({"start_time": now - 100, "end_time": now - 200}, 422),
            ({"start_time": now - 300 * 86_400}, 422),
        ):
            assert (await drive.v4(f"systems/{PV}/{path}", **query)).status == status, query
    assert (await drive.v4(f"systems/{PV}/events")).body["details"] == "start_time is required"
    assert (await drive.v4("systems/event_types", event_type_id=9999)).status == 404


# Power now.


async def test_power_of_last_week_is_null(drive: Driver):
    drive.simulator.silence(GATEWAY)
    drive.at(NOON_IN_CALIFORNIA + timedelta(days=6, hours=23))
    await drive.sign_in()
    rows = (await ask(drive, "latest_telemetry"))["devices"]
    assert rows["meters"][0]["power"] is not None
    drive.at(NOON_IN_CALIFORNIA + timedelta(days=7, hours=1))
    await drive.sign_in()
    rows = (await ask(drive, "latest_telemetry"))["devices"]
    assert {row["power"] for kind in ("meters", "encharges") for row in rows[kind]} == {None}
    assert {row["operational_mode"] for kind in ("encharges", "evse") for row in rows[kind]} == {None}
    assert rows["meters"][0]["last_report_at"] == epoch(NOON_IN_CALIFORNIA) // 300 * 300


async def test_three_phases_share_the_power(drive: Driver):
    drive.at(datetime(2026, 6, 1, 2, 8, tzinfo=UTC))
    await drive.sign_in()
    rows = (await ask(drive, "latest_telemetry", METERED))["devices"]["meters"]
    production = [row["power"] for row in rows if row["name"] == "production"]
    assert len(production) == 3
    assert max(production) - min(production) <= 1
    assert sum(production) == (await ask(drive, "summary", METERED))["current_power"]


async def test_signs_of_power_may_be_the_other_way_round(drive: Driver):
    drive.at(NOON_IN_UTRECHT)
    await drive.sign_in()
    plant = drive.simulator.plants[f"enphase_{BATTERY}"]

    async def powers() -> tuple[int, int]:
        rows = (await ask(drive, "latest_telemetry"))["devices"]
        return sum(row["power"] for row in rows["encharges"]), rows["meters"][3]["power"]

    stored, consumed = await powers()
    assert stored < 0
    drive.simulator.switches.enphase_charging_positive = True
    assert (await powers())[0] == -stored
    modes = {row["operational_mode"] for row in (await ask(drive, "latest_telemetry"))["devices"]["encharges"]}
    assert modes == {"Charging", "Idle"}
    drive.at(datetime(2026, 6, 1, 14, 8, tzinfo=UTC))
    _, consumed = await powers()
    end = datetime(2026, 6, 1, 14, 5, tzinfo=UTC)
    exported = plant.flow_wh("export", end - timedelta(minutes=5), end) * 12
    assert exported > 0
    drive.simulator.switches.enphase_direction_lost = True
    assert (await powers())[1] == consumed + 2 * exported


# Forms.


async def test_intervals_are_flat_or_nested_everywhere(drive: Driver):
    paths = ("telemetry/consumption_meter", "energy_import_telemetry", "telemetry/battery")

    async def kinds() -> list[type]:
        return [type((await ask(drive, path))["intervals"][0]) for path in paths]

    assert await kinds() == [dict, list, dict]
    drive.simulator.switches.enphase_intervals = "flat"
    assert await kinds() == [dict, dict, dict]
    drive.simulator.switches.enphase_intervals = "nested"
    assert await kinds() == [list, list, list]


async def test_imported_rows_may_say_exported(drive: Driver):
    drive.simulator.switches.enphase_import_as_export = True
    (rows,) = (await ask(drive, "energy_import_telemetry", METERED))["intervals"]
    assert set(rows[0]) == {"end_at", "wh_exported"}


async def test_devices_may_tell_less_or_otherwise(drive: Driver):
    switches = drive.simulator.switches
    switches.enphase_kinds_capital = switches.enphase_active_as_text = switches.enphase_empty_ids = True
    devices = (await ask(drive, "devices"))["devices"]
    assert "Encharges" in devices
    assert "encharges" not in devices
    assert {one["active"] for listed in devices.values() for one in listed} == {"true"}
    assert (devices["ev_chargers"][0]["id"], devices["micros"][0]["model"]) == ("", "")
    assert (await ask(drive, "ev_charger/devices"))["devices"]["ev_chargers"][0]["id"] == ""
    switches.enphase_device_details = False
    devices = (await ask(drive, "devices"))["devices"]
    assert {frozenset(one) for one in devices["gateways"] + devices["micros"]} == {
        frozenset({"id", "serial_number", "name"})
    }


async def test_values_may_be_null_and_fields_unknown(drive: Driver):
    drive.simulator.switches.enphase_nulls = True
    body = (await drive.v4("systems")).body
    assert {body["systems"][0][name] for name in ("timezone", "address", "last_report_at")} == {None}
    assert (await ask(drive, "telemetry/consumption_meter"))["meta"]["last_energy_at"] is None
    (group,) = (await drive.v4("systems/inverters_summary_by_envoy_or_site", site_id=PV)).body
    assert {micro["power_produced"] for micro in group["micro_inverters"]} == {None}
    drive.simulator.switches.enphase_extra_fields = True
    (group,) = (await drive.v4("systems/inverters_summary_by_envoy_or_site", site_id=PV)).body
    assert "nobody_knows" in group
    assert "nobody_knows" in group["micro_inverters"][0]


async def test_every_answer_may_call_itself_a_stream_of_bytes(drive: Driver):
    drive.simulator.switches.enphase_octet_stream = True
    result = await drive.v4("systems")
    assert (result.headers["Content-Type"], result.body["total"]) == ("application/octet-stream", 3)


async def test_a_status_may_be_unknown(drive: Driver):
    drive.simulator.set_status(f"enphase_{PV}", "hibernating")
    assert (await ask(drive, "summary", PV))["status"] == "hibernating"


@pytest.mark.parametrize(
    ("switch", "value"), [("enphase_429", "medium"), ("enphase_not_installed", "501"), ("enphase_nights", True)]
)
async def test_switches_take_only_what_they_know(drive: Driver, switch, value):
    assert (await drive.post("/control/switches", {switch: value})).status == 400
    assert (await drive.post("/control/switches", {"enphase_not_installed": "empty"})).status == 200
    assert drive.simulator.switches.enphase_not_installed == "empty"


async def test_faults_and_changed_bodies_reach_v4_too(drive: Driver):
    await drive.sign_in()
    drive.simulator.fail("/enphase/api/v4/*/summary", status=503, body="<html>later</html>")
    refused = await drive.v4(f"systems/{PV}/summary")
    assert (refused.status, refused.headers["Content-Type"]) == (503, "text/html")
    drive.simulator.fail("/enphase/api/v4/*", truncate=True)
    assert (await drive.v4(f"systems/{PV}/summary")).body is None
    drive.simulator.mutate("*/ev_charger/devices", lambda body: body | {"total_devices": None})
    assert (await ask(drive, "ev_charger/devices"))["total_devices"] is None
