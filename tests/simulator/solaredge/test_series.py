"""SolarEdge's time series: windows, units, the overview, telemetry, and their agreement to the Wh."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from simulator import SOLAREDGE_LEGACY_PATH
from simulator.ready import SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY
from simulator.systems.solaredge import battery_site

from ..conftest import NOON_IN_CALIFORNIA, Driver

SITE = "sites/1148616"
AFTERNOON = {"start": "2026-06-21T10:00:00+02:00", "end": "2026-06-21T22:00:00+02:00"}
BOTH = {"X-API-Key": SOLAREDGE_API_KEY, "X-Account-Key": SOLAREDGE_ACCOUNT_KEY}


def values(series: dict) -> list:
    return [row["value"] for row in series["values"]]


def stamps(series: dict) -> list[str]:
    return [row["timestamp"] for row in series["values"]]


async def test_measurements_are_labelled_with_their_start_in_local_time(drive: Driver):
    body = (await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body
    assert set(body) == {"period", "unit", "resolution", "values"}
    assert body["period"] == {"from": AFTERNOON["start"], "to": AFTERNOON["end"]}
    assert (body["unit"], body["resolution"]) == ("WH", "QUARTER_HOUR")
    assert stamps(body)[:2] == ["2026-06-21T10:00:00+02:00", "2026-06-21T10:15:00+02:00"]
    assert len(body["values"]) == 48
    begin = datetime.fromisoformat(AFTERNOON["start"])
    plant = drive.simulator.plants["solaredge_1148616"]
    quarter = timedelta(minutes=15)
    assert values(body) == [plant.energy_wh(begin + quarter * n, begin + quarter * (n + 1)) for n in range(48)]


async def test_power_is_the_mean_of_the_energy(drive: Driver):
    for resolution, hours in (("QUARTER_HOUR", 0.25), ("HOUR", 1)):
        energy = (await drive.solaredge(f"{SITE}/energy", resolution=resolution, **AFTERNOON)).body
        power = (await drive.solaredge(f"{SITE}/power", resolution=resolution, **AFTERNOON)).body
        assert power["unit"] == "W"
        assert values(power) == [wh / hours for wh in values(energy)]
        assert max(values(power)) > 1000
    assert (await drive.solaredge(f"{SITE}/power", resolution="DAY", **AFTERNOON)).status == 400


async def test_a_quarter_is_null_until_ninety_seconds_after_its_end(drive: Driver):
    window = {"start": "2026-06-21T12:00:00+02:00", "end": "2026-06-21T13:00:00+02:00"}
    drive.at(datetime(2026, 6, 21, 10, 31, 29, tzinfo=UTC))
    first, second, third, fourth = values((await drive.solaredge(f"{SITE}/energy", **window)).body)
    assert first > 0
    assert (second, third, fourth) == (None, None, None)
    drive.at(datetime(2026, 6, 21, 10, 31, 30, tzinfo=UTC))
    assert values((await drive.solaredge(f"{SITE}/energy", **window)).body)[1] > 0


async def test_the_open_bucket_may_be_partial(drive: Driver):
    drive.at(datetime(2026, 6, 21, 10, 50, tzinfo=UTC))
    window = {"start": "2026-06-21T12:00:00+02:00", "end": "2026-06-21T14:00:00+02:00", "resolution": "HOUR"}
    assert values((await drive.solaredge(f"{SITE}/energy", **window)).body) == [None, None]
    drive.simulator.switches.solaredge_open_bucket_partial = True
    partial, future = values((await drive.solaredge(f"{SITE}/energy", **window)).body)
    plant = drive.simulator.plants["solaredge_1148616"]
    noon = datetime(2026, 6, 21, 10, 0, tzinfo=UTC)
    assert partial == plant.energy_wh(noon, noon + timedelta(minutes=45))
    assert future is None
    power = values((await drive.solaredge(f"{SITE}/power", **window)).body)[0]
    assert power == pytest.approx(partial / 0.75)


async def test_the_default_window_is_local_midnight_to_now(drive: Driver):
    drive.at(datetime(2026, 6, 21, 9, 10, tzinfo=UTC))
    body = (await drive.solaredge(f"{SITE}/energy")).body
    assert body["period"] == {"from": "2026-06-21T00:00:00+02:00", "to": "2026-06-21T11:10:00+02:00"}
    assert len(body["values"]) == 45
    drive.at(datetime(2026, 6, 21, 10, 10, tzinfo=UTC))
    assert (await drive.solaredge(f"{SITE}/energy")).status == 400


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-06-21T08:00:00Z", "2026-06-21T10:00:00+02:00"),
        ("2026-06-21T10:00:00+02:00", "2026-06-21T10:00:00+02:00"),
        ("2026-06-21T10:00:00", "2026-06-21T10:00:00+02:00"),
        ("2026-06-21T08:07:00.00Z", "2026-06-21T10:00:00+02:00"),
        ("2026-06-21T01:00:00-07:00", "2026-06-21T10:00:00+02:00"),
    ],
)
async def test_times_may_have_z_an_offset_or_none(drive: Driver, start, first):
    body = (await drive.solaredge(f"{SITE}/energy", start=start, end="2026-06-21T12:00:00")).body
    assert stamps(body)[0] == first


@pytest.mark.parametrize(
    ("start", "end", "resolution"),
    [
        ("2026-06-21T08:00:00", "2026-06-21T20:00:01", "QUARTER_HOUR"),
        ("2026-06-20T08:00:00", "2026-06-21T08:00:01", "HOUR"),
        ("2026-05-01T00:00:00", "2026-06-01T00:00:01", "DAY"),
        ("2026-06-21T08:00:00", "2026-06-21T07:00:00", "HOUR"),
        ("2026-06-21T08:00:00 02:00", "2026-06-21T09:00:00", "HOUR"),
        ("today", "2026-06-21T09:00:00", "HOUR"),
        ("0001-01-01T00:00:00", "2026-06-21T09:00:00", "TOTAL"),
        ("2026-06-21T08:00:00", "2026-06-21T09:00:00", "MINUTE"),
    ],
)
async def test_windows_that_are_too_long_or_make_no_sense_are_400(drive: Driver, start, end, resolution):
    result = await drive.solaredge(f"{SITE}/energy", start=start, end=end, resolution=resolution)
    assert result.status == 400
    assert result.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "traceId"} == set(result.body)


@pytest.mark.parametrize(
    ("start", "end", "resolution", "count"),
    [
        ("2026-06-21T08:00:00", "2026-06-21T20:00:00", "QUARTER_HOUR", 48),
        ("2026-06-20T08:00:00", "2026-06-21T08:00:00", "HOUR", 24),
        ("2026-03-29T00:00:00", "2026-03-30T00:00:00", "HOUR", 23),
        ("2026-05-01T00:00:00", "2026-06-01T00:00:00", "DAY", 31),
        ("2026-03-15T00:00:00", "2026-04-15T00:00:00", "DAY", 31),
        ("2026-04-29T00:00:00", "2026-06-21T00:00:00", "WEEK", 8),
        ("2025-11-15T00:00:00", "2026-06-21T00:00:00", "MONTH", 8),
        ("2024-05-05T00:00:00", "2026-06-21T00:00:00", "YEAR", 3),
        ("2000-01-01T00:00:00", "2026-06-21T00:00:00", "TOTAL", 1),
        ("2026-06-21T08:00:00", "2026-06-21T08:00:00", "HOUR", 0),
    ],
)
async def test_the_longest_windows_are_served(drive: Driver, start, end, resolution, count):
    result = await drive.solaredge(f"{SITE}/energy", start=start, end=end, resolution=resolution)
    assert result.status == 200
    assert len(result.body["values"]) == count


async def test_the_long_day_of_autumn_has_an_hour_too_many_for_one_request(drive: Driver):
    window = {"start": "2025-10-26T00:00:00", "end": "2025-10-27T00:00:00", "resolution": "HOUR"}
    assert (await drive.solaredge(f"{SITE}/energy", **window)).status == 400


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2025, 10, 26), 100), (date(2026, 6, 20), 96)]
)
async def test_every_view_of_the_energy_agrees_to_the_watt_hour(drive: Driver, day, quarters):
    plant = battery_site()
    first, end = (datetime.combine(d, datetime.min.time(), plant.zone) for d in (day, day + timedelta(days=1)))
    first, end = first.astimezone(UTC), end.astimezone(UTC)
    bounds = [first + timedelta(hours=12) * n for n in range(3) if first + timedelta(hours=12) * n < end] + [end]
    sums = {"QUARTER_HOUR": 0.0, "HOUR": 0.0}
    inverters, labels = 0.0, []
    for resolution in sums:
        for start, stop in pairwise(bounds):
            window = {"start": start.isoformat(), "end": stop.isoformat(), "resolution": resolution}
            body = (await drive.solaredge(f"{SITE}/energy", **window)).body
            sums[resolution] += sum(values(body))
            if resolution == "QUARTER_HOUR":
                labels += stamps(body)
                telemetry = (await drive.solaredge(f"{SITE}/inverters/telemetry", **window)).body["inverters"]
                inverters += sum(sum(values(series["energy"])) for series in telemetry.values())
    window = {"start": first.isoformat(), "end": end.isoformat()}
    one_day = (await drive.solaredge(f"{SITE}/energy", resolution="DAY", **window)).body
    total = (await drive.solaredge(f"{SITE}/energy", resolution="TOTAL", **window)).body
    overview = (await drive.solaredge(f"{SITE}/overview", **window)).body
    assert len(labels) == len(set(labels)) == quarters
    truth = plant.day_wh(day)
    assert [*sums.values(), inverters, *values(one_day), *values(total), overview["production"]["total"]] == [truth] * 6


async def test_days_add_up_to_months_years_and_the_lifetime(drive: Driver):
    plant = drive.simulator.plants["solaredge_1148616"]
    window = {"start": "2023-12-04T00:00:00", "end": "2026-06-21T22:03:00"}
    read = {}
    for resolution in ("MONTH", "YEAR", "TOTAL", "WEEK"):
        read[resolution] = (await drive.solaredge(f"{SITE}/energy", resolution=resolution, **window)).body
    months = dict(zip(stamps(read["MONTH"]), values(read["MONTH"]), strict=True))
    assert sum(wh for stamp, wh in months.items() if stamp.startswith("2025")) == values(read["YEAR"])[2]
    truth = plant.lifetime_wh(datetime(2026, 6, 21, 20, 0, tzinfo=UTC))
    assert [sum(values(body)) for body in read.values()] == [truth] * 4
    may = (await drive.solaredge(f"{SITE}/energy", start="2026-05-01", end="2026-06-01", resolution="DAY")).body
    assert sum(values(may)) == months["2026-05-01T00:00:00+02:00"]
    assert values(may) == [plant.day_wh(date(2026, 5, day)) for day in range(1, 32)]


@pytest.mark.parametrize("resolution", ["DAY", "WEEK", "MONTH", "YEAR", "TOTAL"])
async def test_a_bucket_of_a_day_or_more_holds_the_windows_part_unless_set_to_whole(drive: Driver, resolution):
    plant = drive.simulator.plants["solaredge_1148616"]
    start, end = datetime(2026, 6, 9, 11, 0, tzinfo=UTC), datetime(2026, 6, 20, 13, 30, tzinfo=UTC)
    window = {"start": start.isoformat(), "end": end.isoformat(), "resolution": resolution}
    part = (await drive.solaredge(f"{SITE}/energy", **window)).body
    assert sum(values(part)) == plant.energy_wh(start, end)
    drive.simulator.switches.solaredge_whole_buckets = True
    whole = (await drive.solaredge(f"{SITE}/energy", **window)).body
    assert stamps(whole) == stamps(part)
    if resolution == "TOTAL":
        assert values(whole) == values(part)
    else:
        assert values(whole)[0] > values(part)[0]
        assert values(whole)[-1] > values(part)[-1]


async def test_the_lifetime_before_today_is_the_years_up_to_midnight(drive: Driver):
    plant = drive.simulator.plants["solaredge_1148616"]
    window = {"start": "2023-12-04T10:00:00Z", "end": "2026-06-21T00:00:00+02:00", "resolution": "YEAR"}
    body = (await drive.solaredge(f"{SITE}/energy", **window)).body
    assert sum(values(body)) == plant.lifetime_wh(datetime(2026, 6, 20, 22, 0, tzinfo=UTC))


async def test_before_the_installation_there_are_nulls(drive: Driver):
    window = {"start": "2022-01-01T00:00:00", "end": "2024-06-01T00:00:00", "resolution": "YEAR"}
    first, second, third = values((await drive.solaredge(f"{SITE}/energy", **window)).body)[:3]
    assert (first, second > 0, third > second) == (None, True, True)


async def test_nights_are_zero_not_null(drive: Driver):
    window = {"start": "2026-06-21T00:00:00", "end": "2026-06-21T03:00:00"}
    assert values((await drive.solaredge(f"{SITE}/energy", **window)).body) == [0] * 12
    assert values((await drive.solaredge(f"{SITE}/power", **window)).body) == [0] * 12


@pytest.mark.parametrize(
    ("metric", "unit", "scale"),
    [
        ("energy", "KWH", 1e3),
        ("energy", "MWH", 1e6),
        ("energy", "GWH", 1e9),
        ("power", "KW", 1e3),
        ("power", "MW", 1e6),
    ],
)
async def test_units_are_as_asked(drive: Driver, metric, unit, scale):
    plain = (await drive.solaredge(f"{SITE}/{metric}", **AFTERNOON)).body
    body = (await drive.solaredge(f"{SITE}/{metric}", unit=unit, **AFTERNOON)).body
    assert body["unit"] == unit
    assert [value * scale for value in values(body)] == pytest.approx(values(plain))


@pytest.mark.parametrize(("metric", "unit"), [("energy", "W"), ("power", "WH"), ("energy", "kWh")])
async def test_units_of_something_else_are_400(drive: Driver, metric, unit):
    assert (await drive.solaredge(f"{SITE}/{metric}", unit=unit, **AFTERNOON)).status == 400


async def test_the_server_may_pick_kilowatts_where_no_unit_is_asked_for(drive: Driver):
    drive.simulator.switches.solaredge_units_scaled = True
    assert (await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body["unit"] == "KWH"
    assert (await drive.solaredge(f"{SITE}/energy", unit="WH", **AFTERNOON)).body["unit"] == "WH"
    telemetry = (await drive.solaredge(f"{SITE}/inverters/telemetry", **AFTERNOON)).body["inverters"]["7F16E777-F1"]
    assert (telemetry["power"]["unit"], telemetry["energy"]["unit"]) == ("KW", "KWH")
    overview = (await drive.solaredge(f"{SITE}/overview", **AFTERNOON)).body
    assert overview["production"]["unit"] == "KWH"
    assert 10 < overview["production"]["total"] < 120


async def test_the_overview_balances(drive: Driver):
    for window in ({}, {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}):
        body = (await drive.solaredge(f"{SITE}/overview", **window)).body
        assert set(body) == {"siteId", "production", "consumption"}
        made, used = body["production"], body["consumption"]
        assert set(made) == {"total", "unit", "toSelfConsumption", "toStorage", "toGrid"}
        assert set(used) == {"total", "unit", "fromPv", "fromStorage", "fromGrid"}
        assert made["total"] == made["toSelfConsumption"] + made["toStorage"] + made["toGrid"] > 0
        assert used["total"] == used["fromPv"] + used["fromStorage"] + used["fromGrid"] > 0
        assert made["toSelfConsumption"] == used["fromPv"]


async def test_the_overview_of_a_site_without_meter_has_nulls(drive: Driver):
    body = (await drive.solaredge("sites/222881711/overview")).body
    assert body["production"]["total"] > 0
    assert {body["production"][name] for name in ("toSelfConsumption", "toStorage", "toGrid")} == {None}
    assert {value for name, value in body["consumption"].items() if name != "unit"} == {None}


async def test_the_older_base_has_performance_in_the_overview(drive: Driver):
    path = f"{SOLAREDGE_LEGACY_PATH}/{SITE}/overview"
    query = {"from": "2025-01-01T00:00:00.00Z", "to": "2026-01-01T00:00:00.00Z"}
    body = (await drive.get(path, query, BOTH)).body
    assert set(body["performance"]) == {"specificYield", "performanceRatio"}
    assert body["performance"]["specificYield"] == pytest.approx(body["production"]["total"] / 12800)


async def test_inverters_telemetry_has_five_series_in_fine_resolutions(drive: Driver):
    body = (await drive.solaredge(f"{SITE}/inverters/telemetry", **AFTERNOON)).body
    assert set(body) == {"inverters"}
    assert set(body["inverters"]) == {"7F16E777-F1", "731CD555-E9"}
    series = body["inverters"]["7F16E777-F1"]
    units = {name: one["unit"] for name, one in series.items()}
    assert units == {"power": "W", "energy": "WH", "voltage": "VOLT", "current": "AMPERE", "frequency": "HERTZ"}
    assert all(set(one) == {"unit", "resolution", "values"} for one in series.values())
    for power, voltage, current in zip(*(values(series[n]) for n in ("power", "voltage", "current")), strict=True):
        assert current == pytest.approx(power / voltage, abs=0.001)
    days = {"start": "2026-06-01T00:00:00", "end": "2026-06-04T00:00:00", "resolution": "DAY"}
    coarse = (await drive.solaredge(f"{SITE}/inverters/telemetry", **days)).body["inverters"]["7F16E777-F1"]
    assert set(coarse) == {"energy"}


async def test_voltage_and_frequency_are_labelled_with_the_end(drive: Driver):
    series = (await drive.solaredge(f"{SITE}/inverters/telemetry", **AFTERNOON)).body["inverters"]["7F16E777-F1"]
    for name in ("power", "energy", "current"):
        assert stamps(series[name])[0] == "2026-06-21T10:00:00+02:00"
    for name in ("voltage", "frequency"):
        assert stamps(series[name])[0] == "2026-06-21T10:15:00+02:00"
        assert stamps(series[name])[-1] == "2026-06-21T22:00:00+02:00"


@pytest.mark.parametrize("metric", ["voltage", "power", "energy", "current", "frequency"])
async def test_one_metric_of_one_inverter_equals_the_telemetry(drive: Driver, metric):
    telemetry = (await drive.solaredge(f"{SITE}/inverters/telemetry", **AFTERNOON)).body["inverters"]["7F16E777-F1"]
    body = (await drive.solaredge(f"{SITE}/inverters/7F16E777-F1/{metric}", **AFTERNOON)).body
    assert set(body) == {"period", "unit", "resolution", "values"}
    assert (body["unit"], body["values"]) == (telemetry[metric]["unit"], telemetry[metric]["values"])
    assert (await drive.solaredge(f"{SITE}/inverters/NOBODY/{metric}", **AFTERNOON)).status == 404
    if metric != "energy":
        day = {"start": "2026-06-01", "end": "2026-06-04", "resolution": "DAY"}
        assert (await drive.solaredge(f"{SITE}/inverters/7F16E777-F1/{metric}", **day)).status == 400


async def test_meter_and_battery_telemetry_balance_in_every_quarter(drive: Driver):
    meters = (await drive.solaredge(f"{SITE}/meters/telemetry", **AFTERNOON)).body
    storage = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body
    energy = values((await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body)
    assert set(meters) == {"period", "resolution", "meters"}
    assert set(storage) == {"period", "resolution", "storage"}
    meter, battery = meters["meters"]["606052971"], storage["storage"]["BAT-0001"]
    assert set(meter) == {"importPower", "importEnergy", "exportPower", "exportEnergy"}
    assert set(battery) == {
        "chargePower",
        "chargeEnergy",
        "dischargePower",
        "dischargeEnergy",
        "remainingEnergy",
        "stateOfEnergy",
    }
    plant = drive.simulator.plants["solaredge_1148616"]
    begin = datetime.fromisoformat(AFTERNOON["start"])
    for number, made in enumerate(energy):
        row = {name: values(series)[number] for name, series in (meter | battery).items()}
        start, end = begin + timedelta(minutes=15 * number), begin + timedelta(minutes=15 * number + 15)
        used = plant.flow_wh("load", start, end)
        assert made + row["importEnergy"] + row["dischargeEnergy"] == used + row["exportEnergy"] + row["chargeEnergy"]
        assert row["chargePower"] == 4 * row["chargeEnergy"]
        assert row["remainingEnergy"] == plant.stored_wh(end)


async def test_the_state_of_energy_is_a_fraction_or_a_percentage(drive: Driver):
    async def state() -> list[float]:
        body = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body
        series = body["storage"]["BAT-0001"]["stateOfEnergy"]
        assert series["unit"] == "PERCENTAGE"
        return values(series)

    fraction = await state()
    drive.simulator.switches.state_of_energy_fraction = False
    percent = await state()
    assert 0 < max(fraction) <= 1 < max(percent) <= 100
    assert percent == pytest.approx([100 * one for one in fraction], abs=0.01)


async def test_a_site_without_meter_and_battery_has_empty_telemetry(drive: Driver):
    window = {"start": "2026-06-21T10:00:00", "end": "2026-06-21T12:00:00"}
    assert (await drive.solaredge("sites/222881711/meters/telemetry", **window)).body["meters"] == {}
    assert (await drive.solaredge("sites/222881711/storage/telemetry", **window)).body["storage"] == {}


async def test_telemetry_of_named_devices(drive: Driver):
    path = f"{SITE}/inverters/731CD555-E9/telemetry"
    assert set((await drive.solaredge(path, **AFTERNOON)).body["inverters"]) == {"731CD555-E9"}
    assert (await drive.solaredge(f"{SITE}/meters/731CD555-E9/telemetry", **AFTERNOON)).status == 404


async def test_delayed_data_leave_nulls_at_the_end(drive: Driver):
    drive.simulator.delay_data("solaredge_1148616", timedelta(hours=2))
    body = (await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body
    assert values(body)[-8:] == [None] * 8
    assert None not in values(body)[:-8]
    assert drive.simulator.clock.now() == NOON_IN_CALIFORNIA
