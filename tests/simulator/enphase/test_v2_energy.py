"""Enphase v2's energy: summary, rows, days, months, and their agreement to the Wh."""

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator.systems.enphase_v2 import eich_residence

from ..conftest import NOON_IN_CALIFORNIA, Driver

META = {"status", "last_report_at", "last_energy_at", "operational_at"}


async def test_summary_has_the_documented_keys_and_true_values(drive: Driver):
    body = (await drive.enphase("systems/67/summary")).body
    plant = drive.simulator.plants["enphase_67"]
    midnight = datetime(2026, 6, 21, tzinfo=plant.zone)
    end = datetime(2026, 6, 21, 20, 0, tzinfo=UTC)
    assert body == {
        "current_power": 12 * plant.energy_wh(end - timedelta(minutes=5), end),
        "energy_lifetime": plant.lifetime_wh(midnight),
        "energy_today": plant.energy_wh(midnight, end),
        "last_interval_end_at": int(end.timestamp()),
        "last_report_at": int(end.timestamp()) + 120,
        "modules": 31,
        "operational_at": int(plant.operational_at.timestamp()),
        "size_w": 5250,
        "source": "meter",
        "status": "normal",
        "summary_date": "2026-06-21",
        "system_id": 67,
    }
    assert body["current_power"] > 0
    assert (await drive.enphase("systems/72/summary")).body["source"] == "microinverters"


async def test_a_row_becomes_readable_two_minutes_after_its_end(drive: Driver):
    drive.at(NOON_IN_CALIFORNIA.replace(minute=6, second=59))
    early = (await drive.enphase("systems/67/summary")).body
    drive.at(NOON_IN_CALIFORNIA.replace(minute=7, second=0))
    late = (await drive.enphase("systems/67/summary")).body
    assert late["last_interval_end_at"] - early["last_interval_end_at"] == 300
    assert late["last_report_at"] == int(drive.simulator.clock.now().timestamp())
    assert late["energy_today"] - early["energy_today"] == late["current_power"] / 12


async def test_summary_of_a_day_past_has_its_energy_and_no_present_values(drive: Driver):
    body = (await drive.enphase("systems/67/summary", summary_date="2026-03-08")).body
    plant = drive.simulator.plants["enphase_67"]
    assert (body["current_power"], body["modules"], body["size_w"]) == (0, 0, 0)
    assert body["energy_today"] == plant.day_wh(date(2026, 3, 8)) > 0
    assert body["energy_lifetime"] == plant.lifetime_wh(datetime(2026, 3, 8, tzinfo=plant.zone))
    assert body["summary_date"] == "2026-03-08"


@pytest.mark.parametrize("text", ["2026-06-22", "yesterday", "2026-02-30", "20260101", "2026-06-21T00:00:00Z", ""])
async def test_summary_of_a_date_in_the_future_or_of_none_is_422(drive: Driver, text):
    result = await drive.enphase("systems/67/summary", summary_date=text)
    assert result.status == 422
    assert result.body["summary_date"] == text
    assert result.body["reason"]


async def test_midnight_turns_the_day_over_without_losing_energy(drive: Driver):
    sums = []
    for minute in range(-10, 20):
        drive.at(datetime(2026, 6, 22, 7, 0, tzinfo=UTC) + timedelta(minutes=minute))
        body = (await drive.enphase("systems/67/summary")).body
        sums.append(body["energy_lifetime"] + body["energy_today"])
        assert body["summary_date"] == ("2026-06-21" if minute < 0 else "2026-06-22")
    assert sums == sorted(sums)
    assert len(set(sums)) == 1


async def test_power_falls_to_zero_in_the_evening_unless_the_switch_says_that_it_stays(drive: Driver):
    drive.at(datetime(2026, 6, 22, 6, 0, tzinfo=UTC))
    body = (await drive.enphase("systems/67/summary")).body
    assert body["current_power"] == 0
    assert body["last_report_at"] - body["last_interval_end_at"] > 3600
    drive.simulator.switches.enphase_power_stays = True
    assert (await drive.enphase("systems/67/summary")).body["current_power"] > 0


async def test_stats_have_rows_by_day_and_a_gap_at_night(drive: Driver):
    drive.at(datetime(2026, 6, 22, 6, 59, tzinfo=UTC))
    body = (await drive.enphase("systems/67/stats")).body
    plant = drive.simulator.plants["enphase_67"]
    assert set(body) == {"system_id", "total_devices", "meta", "intervals"}
    assert (body["total_devices"], set(body["meta"])) == (31, META)
    rows = body["intervals"]
    assert set(rows[0]) == {"end_at", "powr", "enwh", "devices_reporting"}
    ends = [row["end_at"] for row in rows]
    assert ends == list(range(ends[0], ends[-1] + 1, 300))
    assert timedelta(hours=12) < timedelta(seconds=ends[-1] - ends[0]) < timedelta(hours=16)
    assert sum(row["enwh"] for row in rows) == plant.day_wh(date(2026, 6, 21))
    assert all(row["powr"] == 12 * row["enwh"] for row in rows)
    assert rows[0]["devices_reporting"] < 31
    assert rows[40]["devices_reporting"] == 31


async def test_stats_round_down_to_five_minutes_and_label_the_end(drive: Driver):
    for minute in (1, 2, 3, 4):
        start = int(datetime(2026, 6, 21, 18, minute, tzinfo=UTC).timestamp())
        rows = (await drive.enphase("systems/67/stats", start_at=start, end_at=start + 1200)).body["intervals"]
        assert [row["end_at"] for row in rows] == [start // 300 * 300 + 300 * n for n in range(1, 5)]


async def test_stats_give_one_day_at_most(drive: Driver):
    start = int(datetime(2026, 6, 1, 19, tzinfo=UTC).timestamp())
    rows = (await drive.enphase("systems/67/stats", start_at=start, end_at=start + 5 * 86400)).body["intervals"]
    assert rows[0]["end_at"] == start + 300
    assert rows[-1]["end_at"] == start + 86400


async def test_stats_of_more_than_a_year_ago_are_empty(drive: Driver):
    start = int(datetime(2025, 6, 20, 19, tzinfo=UTC).timestamp())
    result = await drive.enphase("systems/67/stats", start_at=start, end_at=start + 3600)
    assert (result.status, result.body["intervals"]) == (200, [])


async def test_stats_begin_with_the_operational_date(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    drive.at(plant.operational_at + timedelta(hours=3))
    start = int(plant.operational_at.timestamp())
    rows = (await drive.enphase("systems/67/stats", start_at=start - 7200)).body["intervals"]
    assert rows[0]["end_at"] == start + 300


@pytest.mark.parametrize("case", ["before sunrise", "future", "before the start", "ends first", "no number"])
async def test_stats_that_make_no_sense_are_422_with_the_parameters(drive: Driver, case):
    plant = drive.simulator.plants["enphase_67"]
    operational = int(plant.operational_at.timestamp())
    now = int(NOON_IN_CALIFORNIA.timestamp())
    query = {
        "before sunrise": {},
        "future": {"start_at": now + 3600},
        "before the start": {"start_at": operational - 7200, "end_at": operational - 3600},
        "ends first": {"start_at": now - 600, "end_at": now - 1200},
        "no number": {"start_at": "noon"},
    }[case]
    if case == "before sunrise":
        drive.at(datetime(2026, 6, 21, 9, 0, tzinfo=UTC))
    if case == "before the start":
        drive.at(plant.operational_at + timedelta(days=1))
    result = await drive.enphase("systems/67/stats", **query)
    assert result.status == 422
    expected = {"start_at"} if case == "no number" else {"start_at", "end_at", "first_interval", "last_interval"}
    assert {"reason", "message"} | expected <= set(result.body)


async def test_rgm_stats_are_quarter_hours_at_night_too(drive: Driver):
    body = (await drive.enphase("systems/67/rgm_stats", start_at=int(NOON_IN_CALIFORNIA.timestamp()) - 86400)).body
    rows = body["intervals"]
    assert set(body) == {"system_id", "total_devices", "meta", "intervals"}
    assert set(rows[0]) == {"end_at", "wh_del", "devices_reporting"}
    ends = [row["end_at"] for row in rows]
    assert ends == list(range(ends[0], ends[-1] + 1, 900))
    assert len(rows) == 96
    assert 0 in {row["wh_del"] for row in rows}
    assert max(row["wh_del"] for row in rows) > 500


async def test_rgm_stats_give_one_month_at_most_and_nothing_without_a_meter(drive: Driver):
    start = int(datetime(2026, 2, 10, 8, tzinfo=UTC).timestamp())
    rows = (await drive.enphase("systems/67/rgm_stats", start_at=start)).body["intervals"]
    # From 10 February to 10 March, 0:00, over the beginning of daylight-saving time.
    assert (len(rows), rows[-1]["end_at"]) == (28 * 96 - 4, int(datetime(2026, 3, 10, 7, tzinfo=UTC).timestamp()))
    body = (await drive.enphase("systems/72/rgm_stats", start_at=start)).body
    assert (body["total_devices"], body["intervals"]) == (0, [])
    old = int(datetime(2025, 2, 10, 8, tzinfo=UTC).timestamp())
    assert (await drive.enphase("systems/67/rgm_stats", start_at=old)).body["intervals"] == []


async def test_energy_lifetime_has_an_entry_for_each_day_up_to_yesterday(drive: Driver):
    body = (await drive.enphase("systems/67/energy_lifetime")).body
    plant = drive.simulator.plants["enphase_67"]
    assert set(body) == {"system_id", "start_date", "meter_start_date", "production", "meta"}
    assert (body["start_date"], body["meter_start_date"]) == ("2024-02-08", "2024-03-04")
    days = [date(2024, 2, 8) + timedelta(days=n) for n in range((date(2026, 6, 20) - date(2024, 2, 8)).days + 1)]
    assert body["production"] == [plant.day_wh(day) for day in days]
    assert "meter_start_date" not in (await drive.enphase("systems/72/energy_lifetime")).body


async def test_energy_lifetime_in_the_first_days_of_a_system(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    drive.at(plant.operational_at - timedelta(days=3))
    body = (await drive.enphase("systems/67/energy_lifetime")).body
    assert (body["start_date"], body["production"]) == (None, [])
    assert body["meta"]["last_report_at"] is None
    drive.at(plant.operational_at + timedelta(hours=2))
    body = (await drive.enphase("systems/67/energy_lifetime")).body
    assert (body["start_date"], body["production"]) == ("2024-02-08", [])
    assert "meter_start_date" not in body


async def test_energy_lifetime_of_asked_days_starts_and_ends_there(drive: Driver):
    body = (await drive.enphase("systems/67/energy_lifetime", start_date="2024-02-06", end_date="2024-02-09")).body
    plant = drive.simulator.plants["enphase_67"]
    assert body["start_date"] == "2024-02-06"
    assert body["production"] == [0, 0, plant.day_wh(date(2024, 2, 8)), plant.day_wh(date(2024, 2, 9))]


async def test_production_all_shows_micro_meter_and_their_merging(drive: Driver):
    query = {"start_date": "2024-03-01", "end_date": "2024-03-08"}
    body = (await drive.enphase("systems/67/energy_lifetime", production="all", **query)).body
    assert set(body) >= {"micro_production", "meter_production"}
    # The meter came on 3 March in the early afternoon; its first full day is the 4th.
    assert body["meter_production"][:2] == [0, 0]
    assert 0 < body["meter_production"][2] < body["micro_production"][2]
    assert body["meter_production"][3:] == body["production"][3:]
    assert body["production"] == body["micro_production"]
    other = (await drive.enphase("systems/67/energy_lifetime", production="some", **query)).body
    assert "micro_production" not in other


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-06-22"},
        {"end_date": "2026-06-22"},
        {"start_date": "2026-05-02", "end_date": "2026-05-01"},
        {"start_date": "May"},
        {"start_date": "0001-01-01"},
    ],
)
async def test_energy_lifetime_of_impossible_days_is_422(drive: Driver, query):
    result = await drive.enphase("systems/67/energy_lifetime", **query)
    assert result.status == 422
    assert {"reason", "message"} < set(result.body)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-01", "2026-02-28"),
        ("2026-04-20", "2026-05-19"),
        ("2026-05-21", "2026-06-20"),
        ("2025-12-15", "2026-01-14"),
    ],
)
async def test_monthly_production_ends_the_day_before_the_same_day_of_the_next_month(drive: Driver, start, end):
    body = (await drive.enphase("systems/67/monthly_production", start_date=start)).body
    plant = drive.simulator.plants["enphase_67"]
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    assert set(body) == {"system_id", "start_date", "end_date", "production_wh", "meter_readings", "meta"}
    assert (body["start_date"], body["end_date"]) == (start, end)
    assert body["production_wh"] == sum(plant.day_wh(first + timedelta(days=n)) for n in range((last - first).days + 1))
    (reading,) = body["meter_readings"]
    assert set(reading) == {"serial_number", "start", "end"}
    assert reading["end"] - reading["start"] == body["production_wh"]
    assert (await drive.enphase("systems/72/monthly_production", start_date=start)).body["meter_readings"] == []


@pytest.mark.parametrize("query", [{}, {"start_date": "2026-05-22"}, {"start_date": "2026-13-01"}])
async def test_monthly_production_of_less_than_a_month_ago_is_422(drive: Driver, query):
    assert (await drive.enphase("systems/67/monthly_production", **query)).status == 422


async def test_every_view_of_the_energy_agrees_to_the_watt_hour(drive: Driver):
    plant = eich_residence()
    for day in (date(2026, 3, 8), date(2025, 11, 2), date(2026, 4, 10)):
        first, end = (slot * 300 for slot in plant.day_slots(day))
        rows: list[dict[str, int]] = []
        for start in range(first, end, 43200):
            stop = min(start + 43200, end)
            result = await drive.enphase("systems/67/stats", start_at=start, end_at=stop)
            rows += result.body["intervals"]
        quarters = (await drive.enphase("systems/67/rgm_stats", start_at=first, end_at=end)).body["intervals"]
        summary = (await drive.enphase("systems/67/summary", summary_date=day.isoformat())).body
        text = day.isoformat()
        lifetime = (await drive.enphase("systems/67/energy_lifetime", start_date=text, end_date=text)).body
        until = (await drive.enphase("systems/67/energy_lifetime", end_date=text)).body["production"]
        assert len(quarters) == (end - first) / 900
        assert (
            sum(row["enwh"] for row in rows)
            == sum(row["wh_del"] for row in quarters)
            == summary["energy_today"]
            == lifetime["production"][0]
            == plant.day_wh(day)
        )
        assert sum(until) == summary["energy_lifetime"] + summary["energy_today"]
        for quarter in quarters:
            inside = [row["enwh"] for row in rows if quarter["end_at"] - 900 < row["end_at"] <= quarter["end_at"]]
            assert sum(inside) == quarter["wh_del"]
