"""Enphase v4's telemetry: which time is asked for, what is late, missing, or not installed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator.plant.place import CELLULAR
from simulator.plant.slots import epoch
from simulator.ready import ENPHASE_V4_CLIENT_ID

from ..conftest import Driver

PV, METERED, BATTERY = 4200001, 4200002, 4200003
MICRO = "telemetry/production_micro"
METER = "telemetry/production_meter"
GATEWAYS = {PV: "122400000001", METERED: "122400000002", BATTERY: "122400000003"}
MIDNIGHT = datetime(2026, 5, 31, 22, 0, tzinfo=UTC)
"""The first of June in Spain and the Netherlands."""
NOON = MIDNIGHT + timedelta(hours=12, minutes=8)
HOUR = 3600
QUARTER_WAYS = (METER, "telemetry/consumption_meter", "telemetry/battery", "energy_import_telemetry")


@pytest.fixture(autouse=True)
async def noon(drive: Driver) -> None:
    drive.at(NOON)
    await drive.sign_in()


async def ask(drive: Driver, path: str, system: int = PV, **query: object):
    return await drive.v4(f"systems/{system}/{path}", **query)


async def ends(drive: Driver, path: str, system: int = PV, **query: object) -> list[int]:
    intervals = (await ask(drive, path, system, **query)).body["intervals"]
    flat = [row for part in intervals for row in (part if isinstance(part, list) else [part])]
    return [row["end_at"] for row in flat]


# Which time.


async def test_the_day_since_local_midnight_is_what_nobody_asks_for(drive: Driver):
    body = (await ask(drive, METER, BATTERY)).body
    assert (body["granularity"], body["total_devices"], body["items"]) == ("day", 1, "intervals")
    assert (body["start_at"], body["end_at"]) == (epoch(MIDNIGHT), epoch(NOON) // 300 * 300)
    found = [row["end_at"] for row in body["intervals"]]
    assert found == list(range(epoch(MIDNIGHT) + 900, epoch(NOON) // 900 * 900 + 1, 900))


@pytest.mark.parametrize(
    ("granularity", "micro", "meter"), [("5mins", 1, 1), ("15mins", 3, 1), ("day", 288, 96), ("week", 2016, 672)]
)
async def test_a_granularity_is_how_long_the_answer_is(drive: Driver, granularity, micro, meter):
    drive.simulator.switches.enphase_nights = "zero"
    start = epoch(MIDNIGHT - timedelta(days=8))
    assert len(await ends(drive, MICRO, BATTERY, start_at=start, granularity=granularity)) == micro
    for path in QUARTER_WAYS:
        assert len(await ends(drive, path, BATTERY, start_at=start, granularity=granularity)) == meter


async def test_dates_are_local_days_also_when_the_clocks_change(drive: Driver):
    for day, quarters in ((date(2026, 3, 29), 92), (date(2025, 10, 26), 100), (date(2026, 5, 30), 96)):
        body = (await ask(drive, METER, BATTERY, start_date=day)).body
        assert (body["start_date"], body["end_date"]) == (day.isoformat(), day.isoformat())
        assert not {"start_at", "end_at"} & set(body)
        assert len(body["intervals"]) == quarters
    week = (await ask(drive, METER, BATTERY, start_date="2026-05-20", granularity="week")).body
    assert (week["end_date"], len(week["intervals"])) == ("2026-05-26", 672)
    two = (await ask(drive, METER, BATTERY, start_date="2026-05-20", end_date="2026-05-21")).body
    assert (two["end_date"], len(two["intervals"])) == ("2026-05-21", 192)


async def test_the_day_of_an_instant_has_24_hours_whatever_the_clocks_do(drive: Driver):
    for start in (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2025, 10, 25, 22, tzinfo=UTC)):
        assert len(await ends(drive, METER, BATTERY, start_at=epoch(start))) == 96


async def test_an_end_may_be_given_up_to_seven_days_later_and_not_in_the_future(drive: Driver):
    start = epoch(MIDNIGHT - timedelta(days=9))
    assert len(await ends(drive, METER, BATTERY, start_at=start, end_at=start + 2 * HOUR)) == 8
    assert len(await ends(drive, METER, BATTERY, start_at=start, end_at=start + 168 * HOUR)) == 672
    for end in (start + 168 * HOUR + 900, start - 900):
        refused = await ask(drive, METER, BATTERY, start_at=start, end_at=end)
        assert refused.status == 422
        assert f":start_at=>{start}, :end_at=>{end}" in refused.body["details"]
    late = {"start_at": epoch(MIDNIGHT), "end_at": epoch(NOON) + 900}
    assert (await ask(drive, METER, BATTERY, **late)).body["details"] == "Requested date is in the future"
    assert (await ask(drive, METER, BATTERY, start_date="2026-06-01", end_date="2026-06-02")).status == 422
    drive.simulator.switches.enphase_future_end_refused = False
    assert len((await ask(drive, METER, BATTERY, **late)).body["intervals"]) == 48
    today = await ask(drive, METER, BATTERY, start_at=epoch(MIDNIGHT), end_date="2026-06-01")
    assert len(today.body["intervals"]) == 48


@pytest.mark.parametrize(
    "query",
    [
        {"start_at": epoch(NOON) + 60},
        {"start_date": "2026-06-02"},
        {"start_date": "2024-05-31"},
        {"start_at": epoch(datetime(2024, 5, 1, tzinfo=UTC))},
        {"start_date": "31.5.2026"},
        {"start_at": "noon"},
        {"granularity": "hour"},
        {"start_date": "2026-05-20", "end_date": "2026-05-27"},
        {"start_date": "2026-05-20", "end_date": "2026-05-19"},
    ],
)
async def test_impossible_times_are_422(drive: Driver, query):
    for path in (MICRO, METER, "energy_export_telemetry"):
        refused = await ask(drive, path, BATTERY, **query)
        assert (refused.status, refused.body["message"]) == (422, "Unprocessable Entity")
        assert refused.body["details"]


async def test_two_years_back_is_not_too_far(drive: Driver):
    assert (await ask(drive, METER, METERED, start_date="2024-09-01")).status == 200


async def test_a_time_before_the_first_day_begins_with_that(drive: Driver):
    first = datetime(2025, 2, 5, 23, tzinfo=UTC)
    body = (await ask(drive, METER, BATTERY, start_at=epoch(first - timedelta(days=1)), granularity="week")).body
    assert body["start_at"] == epoch(first)
    assert body["intervals"][0]["end_at"] == epoch(datetime(2025, 2, 6, 11, 30, tzinfo=UTC))


async def test_a_time_after_the_last_report_is_an_empty_list(drive: Driver):
    drive.simulator.silence(GATEWAYS[BATTERY])
    drive.at(NOON + timedelta(hours=3))
    for path in (MICRO, METER, "telemetry/consumption_meter", "telemetry/battery", "energy_import_telemetry"):
        result = await ask(drive, path, BATTERY, start_at=epoch(NOON) + HOUR)
        assert (result.status, result.body["intervals"]) == (200, [])
    assert await ends(drive, METER, BATTERY)


# What is late.


async def test_rows_come_when_their_time_is_over_and_reported(drive: Driver):
    drive.at(MIDNIGHT + timedelta(hours=12, minutes=1))
    assert (await ends(drive, METER, BATTERY))[-1] == epoch(MIDNIGHT + timedelta(hours=11, minutes=45))
    drive.at(MIDNIGHT + timedelta(hours=12, minutes=3))
    assert (await ends(drive, METER, BATTERY))[-1] == epoch(MIDNIGHT + timedelta(hours=12))
    drive.simulator.delay_data(f"enphase_{BATTERY}", timedelta(minutes=30))
    assert (await ends(drive, METER, BATTERY))[-1] == epoch(MIDNIGHT + timedelta(hours=11, minutes=30))
    assert (await ends(drive, MICRO, BATTERY))[-1] == epoch(MIDNIGHT + timedelta(hours=11, minutes=30))


async def test_the_newest_rows_lack_some_micros_and_grow(drive: Driver):
    before = (await ask(drive, MICRO)).body
    assert before["total_devices"] == 14
    newest = before["intervals"][-3:]
    assert [row["devices_reporting"] for row in newest] == [14, 13, 13]
    drive.at(NOON + timedelta(minutes=10))
    after = {row["end_at"]: row for row in (await ask(drive, MICRO)).body["intervals"]}
    for row in newest[1:]:
        assert after[row["end_at"]]["devices_reporting"] == 14
        assert after[row["end_at"]]["enwh"] > row["enwh"]
    assert after[newest[0]["end_at"]] == newest[0]


async def test_a_cellular_gateway_sends_quarters_four_times_a_day(drive: Driver):
    drive.simulator.set_connection(f"enphase_{PV}", "cellular")
    system = (await drive.v4(f"systems/{PV}")).body
    sent = MIDNIGHT + timedelta(hours=8)
    assert system["connection_type"] == "cellular"
    assert system["last_report_at"] == epoch(sent) + CELLULAR.lag
    found = await ends(drive, MICRO)
    assert found[-1] <= epoch(sent)
    assert all(end % 900 == 0 for end in found)
    assert (await drive.v4(f"systems/{PV}/devices")).body["devices"]["gateways"][0]["cellular_modem"]["imei"]
    drive.at(MIDNIGHT + timedelta(hours=32, minutes=20))
    rows = (await ask(drive, MICRO, start_date="2026-06-01")).body["intervals"]
    plant = drive.simulator.plants[f"enphase_{PV}"]
    assert sum(row["enwh"] for row in rows) == plant.day_wh(date(2026, 6, 1))
    assert all(row["powr"] == row["enwh"] * 4 for row in rows)
    await drive.post("/control/connection", {"key": f"enphase_{PV}", "connection_type": "ethernet"})
    assert len(await ends(drive, MICRO, start_date="2026-06-01")) > 2 * len(rows)


async def test_a_silent_gateway_fills_the_gap_when_it_is_back(drive: Driver):
    drive.simulator.silence(GATEWAYS[METERED])
    drive.at(NOON + timedelta(hours=14))
    quiet = await ends(drive, METER, METERED, start_at=epoch(NOON))
    drive.simulator.unsilence(GATEWAYS[METERED])
    drive.at(NOON + timedelta(hours=14, minutes=10))
    assert len(await ends(drive, METER, METERED, start_at=epoch(NOON))) > len(quiet) + 50


async def test_a_silent_meter_is_one_device_less(drive: Driver):
    drive.simulator.silence(f"{GATEWAYS[BATTERY]}EIM1")
    drive.at(NOON + timedelta(hours=2))
    assert (await ends(drive, METER, BATTERY))[-1] == epoch(MIDNIGHT + timedelta(hours=12))
    assert (await ends(drive, MICRO, BATTERY))[-1] > epoch(NOON + timedelta(hours=1))
    assert (await drive.v4(f"systems/{BATTERY}")).body["status"] == "meter"
    meter = (await drive.v4(f"systems/{BATTERY}/devices")).body["devices"]["meters"][0]
    assert (meter["status"], meter["last_report_at"]) == ("meter", epoch(NOON) // 300 * 300)


# What the dark looks like.


async def test_dark_hours_are_missing_zero_or_less(drive: Driver):
    dark = {"start_at": epoch(MIDNIGHT), "end_at": epoch(MIDNIGHT) + 2 * HOUR}
    assert (await ask(drive, MICRO, **dark)).body["intervals"] == []
    for way, power in (("zero", 0), ("negative", -3)):
        drive.simulator.switches.enphase_nights = way
        rows = (await ask(drive, MICRO, **dark)).body["intervals"]
        assert len(rows) == 24
        assert {(row["powr"], row["enwh"], row["devices_reporting"]) for row in rows} == {(power, 0, 14)}
    assert sum(row["enwh"] for row in (await ask(drive, MICRO)).body["intervals"]) > 3000


# What is not installed.


@pytest.mark.parametrize(("way", "status"), [("500", 500), ("422", 422), ("404", 404), ("empty", 200), ("zeros", 200)])
async def test_what_is_not_installed_is_refused_or_empty_or_zero(drive: Driver, way, status):
    switches = drive.simulator.switches
    assert switches.enphase_not_installed == "500"
    switches.enphase_not_installed = switches.enphase_no_consumption = way
    for name, path in (("import", "energy_import"), ("export", "energy_export")):
        result = await ask(drive, f"{path}_telemetry")
        assert result.status == status
        days = await ask(drive, f"{path}_lifetime", start_date="2026-05-29")
        assert days.status == status
        if status == 200:
            rows = [row[f"wh_{path.removeprefix('energy_')}ed"] for part in result.body["intervals"] for row in part]
            assert (rows, days.body[name]) == (([0] * 48, [0] * 3) if way == "zeros" else ([], []))
    assert (await ask(drive, "telemetry/battery")).status == status
    assert (await ask(drive, "battery_lifetime", METERED)).status == status
    assert (await ask(drive, "telemetry/consumption_meter")).status == status
    assert (await ask(drive, "consumption_lifetime")).status == status
    assert (await ask(drive, "telemetry/battery", BATTERY)).status == 200


async def test_consumption_and_meters_that_are_not_installed_are_empty(drive: Driver):
    for path in ("telemetry/consumption_meter", METER):
        body = (await ask(drive, path)).body
        assert (body["intervals"], body["total_devices"]) == ([], 0)
    assert (await ask(drive, "consumption_lifetime")).body["consumption"] == []
    for path in ("production", "consumption", "storage"):
        assert (await ask(drive, f"{path}_meter_readings")).body["meter_readings"] == []
    assert (await ask(drive, "latest_telemetry")).body["devices"] == {}
    assert (await ask(drive, "rgm_stats")).body["intervals"] == []
    assert (await ask(drive, "ev_charger/devices")).body["devices"] == {"ev_chargers": []}


# Days.


async def test_days_end_yesterday_or_today_where_today_is_asked_for(drive: Driver):
    for path, name in (("energy_lifetime", "production"), ("energy_import_lifetime", "import")):
        assert len((await ask(drive, path, BATTERY, start_date="2026-05-29")).body[name]) == 3
        assert len((await ask(drive, path, BATTERY, start_date="2026-06-01")).body[name]) == 1
        assert len((await ask(drive, path, BATTERY, start_date="2026-05-29", end_date="2026-06-01")).body[name]) == 4
        early = (await ask(drive, path, BATTERY, start_date="2020-01-01", end_date="2025-02-07")).body
        assert (early["start_date"], len(early[name])) == ("2025-02-06", 2)
    summary = (await ask(drive, "summary", BATTERY)).body
    today = (await ask(drive, "energy_lifetime", BATTERY, start_date="2026-06-01")).body
    assert today["production"] == [summary["energy_today"]]
    drive.simulator.switches.enphase_lifetime_without_today = True
    today = (await ask(drive, "energy_lifetime", BATTERY, start_date="2026-06-01")).body
    assert (today["start_date"], today["production"]) == ("2026-06-01", [])


async def test_impossible_days_are_422(drive: Driver):
    for query in (
        {"start_date": "2026-06-02"},
        {"end_date": "2026-06-02"},
        {"start_date": "2026-05-29", "end_date": "2026-05-28"},
        {"start_date": "yesterday"},
    ):
        assert (await ask(drive, "energy_lifetime", **query)).status == 422


async def test_a_system_that_does_not_run_yet_has_no_first_day(drive: Driver):
    drive.at(datetime(2025, 2, 1, tzinfo=UTC))
    await drive.sign_in()
    body = (await ask(drive, "energy_lifetime", BATTERY)).body
    assert (body["start_date"], body["production"], body["meta"]["operational_at"]) == (None, [], None)
    assert await ends(drive, MICRO, BATTERY) == []


async def test_the_readings_of_an_unknown_system_say_not_authorized_with_404(drive: Driver):
    for path in ("production", "consumption", "storage"):
        result = await drive.v4(f"systems/5/{path}_meter_readings")
        assert (result.status, result.body["message"], result.body["code"]) == (404, "Not Authorized", 404)


# Plans.


GATED = ("devices/micros/telemetry", "devices/micros/482400002001/telemetry", "202400000001/evse_lifetime")


async def test_single_devices_are_not_in_the_free_plan(drive: Driver):
    for path in GATED:
        refused = await ask(drive, path, BATTERY)
        assert refused.status == 401
        assert refused.body == {"message": "Not Authorized", "details": "User is not authorized", "code": 401}
    drive.simulator.switches.enphase_gating_403 = True
    assert [(await ask(drive, path, BATTERY)).status for path in GATED] == [403, 403, 403]
    drive.simulator.set_enphase_plan(ENPHASE_V4_CLIENT_ID, "Kilowatt")
    assert [(await ask(drive, path, BATTERY)).status for path in GATED] == [200, 200, 200]
    assert (await ask(drive, "devices/micros/5/telemetry", BATTERY)).body["details"] == "Micro not found"
    assert (await ask(drive, "devices/encharges/5/telemetry", BATTERY)).status == 404
    assert (await ask(drive, "5/evse_telemetry", BATTERY)).status == 404


async def test_boxes_that_the_developer_has_not_ticked_are_401(drive: Driver):
    drive.simulator.add_enphase_application("c", "s", "k", access_controls=["system", "production"])
    await drive.sign_in(client_id="c")
    paths = ("summary", MICRO, "energy_import_telemetry", "latest_telemetry", "ev_charger/devices")
    statuses = [(await drive.v4(f"systems/{BATTERY}/{path}", key="k")).status for path in paths]
    assert statuses == [200, 200, 401, 401, 401]


# Chargers.


async def test_chargers_say_no_in_their_own_way_and_as_a_stream_of_bytes(drive: Driver):
    below = "ev_charger/202400000001"
    for path, query in (
        (f"{below}/lifetime", {}),
        (f"{below}/lifetime", {"start_date": "2026-05-01"}),
        (f"{below}/telemetry", {"start_date": "20260602"}),
        (f"{below}/telemetry", {"granularity": "month"}),
        (f"{below}/sessions", {"limit": 101}),
        (f"{below}/sessions", {"offset": "x"}),
        ("ev_charger/5/sessions", {}),
        ("ev_charger/events", {"serial_num": "5"}),
    ):
        refused = await ask(drive, path, BATTERY, **query)
        assert (refused.status, refused.body["code"]) == (400, "400")
        assert isinstance(refused.body["details"], list)
        assert refused.headers["Content-Type"] == "application/octet-stream"
    assert (await drive.v4("systems/5/ev_charger/devices")).body["code"] == "403"


async def test_sessions_come_in_pages(drive: Driver):
    path = "ev_charger/202400000001/sessions"
    first = (await ask(drive, path, BATTERY, limit=3)).body["sessions"]
    second = (await ask(drive, path, BATTERY, limit=3, offset=3)).body
    assert (second["count"], len(first)) == (3, 3)
    assert (await ask(drive, path, BATTERY, limit=6)).body["sessions"] == first + second["sessions"]
