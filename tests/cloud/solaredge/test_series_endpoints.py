"""The endpoints of series over real HTTP: what is asked, and what is read from the documents' own samples."""

from datetime import UTC, datetime, timedelta
import json
import logging
from zoneinfo import ZoneInfo

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer
from custom_components.solar_cloud.cloud.solaredge.model import Bucket, Quantity
from custom_components.solar_cloud.cloud.solaredge.windows import Resolution, Window

from .helpers import BERLIN, LOS_ANGELES, bench, fixture, system_data, text, utc

pytestmark = pytest.mark.usefixtures("socket_enabled")

NINE, TEN = datetime(2026, 11, 21, 8, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


async def test_the_sample_without_its_ellipsis_is_the_document_s():
    assert text("seed_inverter_voltage.txt").replace(",\n        ...\n", "\n") == text("seed_inverter_voltage.json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text("seed_inverter_voltage.txt"))


async def test_voltage_of_the_2022_document_begins_with_its_period_so_labels_are_starts():
    async with bench() as it:
        it.cloud.answer("/sites/1148616/inverters/7F16E777-F1/voltage", text("seed_inverter_voltage.json"))
        series = await it.client.api.inverter_series(
            "1148616",
            "7F16E777-F1",
            Quantity.VOLTAGE,
            utc(2022, 1, 1, 8),
            utc(2022, 1, 2, 8),
            Resolution.HOUR,
            zone=LOS_ANGELES,
        )
        assert series.buckets == (
            Bucket(utc(2022, 1, 1, 8), utc(2022, 1, 1, 9), 246.3737),
            Bucket(utc(2022, 1, 1, 9), utc(2022, 1, 1, 10), 246.52864),
        )
        assert (series.period_start, series.period_end) == (utc(2022, 1, 1, 8), utc(2022, 1, 2, 8))
        assert it.cloud.asked[0].query == [
            ("from", "2022-01-01T00:00:00-08:00"),
            ("to", "2022-01-02T00:00:00-08:00"),
            ("resolution", "HOUR"),
            ("unit", "VOLT"),
        ]


async def test_voltage_is_labelled_with_the_end_of_its_bucket():
    async with bench() as it:
        answer = fixture("seed_inverter_voltage.json")
        answer["values"] = [
            {"timestamp": "2022-01-01T01:00:00-08:00", "value": 246.0},
            {"timestamp": "2022-01-02T00:00:00-08:00", "value": 247.0},
        ]
        it.cloud.answer("/sites/1/inverters/A/voltage", answer)
        series = await it.client.api.inverter_series(
            "1", "A", Quantity.VOLTAGE, utc(2022, 1, 1, 8), utc(2022, 1, 2, 8), Resolution.HOUR, zone=LOS_ANGELES
        )
        assert series.buckets == (
            Bucket(utc(2022, 1, 1, 8), utc(2022, 1, 1, 9), 246.0),
            Bucket(utc(2022, 1, 2, 7), utc(2022, 1, 2, 8), 247.0),
        )


async def test_a_serial_number_cannot_leave_its_place_in_the_path():
    async with bench() as it:
        it.cloud.answer("/sites/1/inverters/a/b?c/power", fixture("power.json"))
        await it.client.api.inverter_series("1", "a/b?c", Quantity.POWER, NINE, TEN, zone=BERLIN)
        assert it.cloud.asked[0].raw.startswith("/v2/sites/1/inverters/a%2Fb%3Fc/power?")


@pytest.mark.parametrize(("method", "unit"), [("power", "W"), ("energy", "WH")])
async def test_a_series_is_asked_for_with_window_offset_resolution_and_unit(method, unit):
    async with bench() as it:
        it.cloud.answer(f"/sites/1234567/{method}", text(f"{method}.json"))
        series = await getattr(it.client.api, method)("1234567", NINE, TEN, zone=BERLIN)
        assert it.cloud.asked[0].raw == (
            f"/v2/sites/1234567/{method}?from=2026-11-21T09:00:00%2B01:00&to=2026-11-21T10:00:00%2B01:00"
            f"&resolution=QUARTER_HOUR&unit={unit}"
        )
        expected = {"power": [812.5, 934.0, 1011.25, None], "energy": [203.125, 233.5, 252.8125, None]}[method]
        assert series.buckets == tuple(
            Bucket(NINE + index * QUARTER, NINE + (index + 1) * QUARTER, value) for index, value in enumerate(expected)
        )


async def test_summer_time_moves_the_offset_inside_one_window():
    async with bench() as it:
        it.cloud.answer("/sites/1/energy", {"unit": "WH", "values": []})
        await it.client.api.energy("1", utc(2026, 3, 28, 23), utc(2026, 3, 29, 4), zone=BERLIN)
        assert it.cloud.asked[0].one("from") == "2026-03-29T00:00:00+01:00"
        assert it.cloud.asked[0].one("to") == "2026-03-29T06:00:00+02:00"


async def test_a_longer_time_is_read_in_several_windows_and_joined():
    async with bench() as it:

        def hour(request):
            values = [{"timestamp": request.query[name], "value": 1} for name in ("from", "to")]
            return web.json_response({"unit": "KWH", "resolution": "HOUR", "values": values})

        it.cloud.handlers["/sites/1/energy"] = hour
        series = await it.client.api.energy("1", utc(2026, 6, 1), utc(2026, 6, 3), Resolution.HOUR, zone=BERLIN)
        assert len(it.cloud.asked) == 2
        assert [bucket.start for bucket in series.buckets] == [utc(2026, 6, 1), utc(2026, 6, 2), utc(2026, 6, 3)]
        assert {bucket.value for bucket in series.buckets} == {1000.0}


async def test_an_empty_time_costs_nothing():
    async with bench() as it:
        series = await it.client.api.energy("1", TEN, TEN, zone=BERLIN)
        assert series.buckets == ()
        assert it.cloud.asked == []


@pytest.mark.parametrize(
    ("method", "unit", "factor"),
    [
        ("power", "W", 1),
        ("power", "KW", 1e3),
        ("power", "MW", 1e6),
        ("energy", "WH", 1),
        ("energy", "KWH", 1e3),
        ("energy", "MWH", 1e6),
        ("energy", "GWH", 1e9),
    ],
)
async def test_whatever_unit_the_cloud_picks_becomes_watts_and_watt_hours(method, unit, factor):
    async with bench() as it:
        it.cloud.answer("/sites/1/" + method, {**fixture(f"{method}.json"), "unit": unit})
        series = await getattr(it.client.api, method)("1", NINE, TEN, zone=BERLIN)
        assert series.buckets[1].value == fixture(f"{method}.json")["values"][1]["value"] * factor


@pytest.mark.parametrize("unit", ["BTU", "W", "", None, 3, ["WH"]])
async def test_values_in_an_unknown_unit_are_dropped_and_logged_once(unit, caplog):
    async with bench() as it:
        it.cloud.answer("/sites/1/energy", {**fixture("energy.json"), "unit": unit})
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                assert (await it.client.api.energy("1", NINE, TEN, zone=BERLIN)).buckets == ()
        assert len([record for record in caplog.records if "unknown unit" in record.message]) == 1


async def test_another_resolution_than_asked_is_malformed_because_it_would_be_booked_twice():
    async with bench() as it:
        it.cloud.answer("/sites/1/energy", {**fixture("energy.json"), "resolution": "HOUR"})
        with pytest.raises(MalformedAnswer):
            await it.client.api.energy("1", NINE, TEN, zone=BERLIN)


async def test_labels_without_an_offset_are_site_time_in_both_passes_of_a_doubled_hour():
    async with bench() as it:
        labels = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
        values = [{"timestamp": f"2026-10-25T{label}:00", "value": index} for index, label in enumerate(labels)]
        it.cloud.answer("/sites/1/energy", {"unit": "WH", "values": values})
        start = utc(2026, 10, 24, 23, 45)
        series = await it.client.api.energy("1", start, utc(2026, 10, 25, 2, 15), zone=BERLIN)
        assert [bucket.start for bucket in series.buckets] == [start + index * QUARTER for index in range(10)]
        assert [bucket.value for bucket in series.buckets] == list(range(10))


async def test_odd_doubled_and_unsorted_labels_give_one_value_for_each_bucket():
    async with bench() as it:
        rows = [("09:15", 2), ("09:00", 1), ("09:07", 99), ("09:15", 3), ("09:15", None), ("junk", 4), ("09:30", "5.5")]
        values = [{"timestamp": f"2026-11-21T{label}:00+01:00", "value": value} for label, value in rows]
        it.cloud.answer("/sites/1/energy", {"unit": "WH", "values": values})
        series = await it.client.api.energy("1", NINE, TEN, zone=BERLIN)
        assert [(bucket.start, bucket.value) for bucket in series.buckets] == [
            (NINE, 1.0),
            (NINE + QUARTER, 3.0),
            (NINE + 2 * QUARTER, 5.5),
        ]


async def test_inverter_telemetry_is_read_with_its_units_and_labels():
    async with bench() as it:
        it.cloud.answer("/sites/1/inverters/telemetry", text("inverters_telemetry.json"))
        telemetry = await it.client.api.inverters_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        assert it.cloud.asked[0].query == [
            ("from", "2026-11-21T09:00:00+01:00"),
            ("to", "2026-11-21T10:00:00+01:00"),
            ("resolution", "QUARTER_HOUR"),
        ]
        first, second = telemetry.devices["7A000001-10"], telemetry.devices["7A000002-11"]
        assert set(first) == {"power", "energy", "voltage", "current", "frequency"}
        assert first["voltage"].buckets[0] == Bucket(NINE, NINE + QUARTER, 236.1)
        assert first["frequency"].buckets[0] == Bucket(NINE, NINE + QUARTER, 50.0)
        assert first["current"].buckets[0] == Bucket(NINE, NINE + QUARTER, 2.12)
        assert [bucket.value for bucket in second["energy"].buckets] == [75.0, 77.5, 90.0, 100.0]
        assert [bucket.value for bucket in second["power"].buckets] == [300.0, 310.0, 360.0, 400.0]


async def test_meter_telemetry_is_read():
    async with bench() as it:
        it.cloud.answer("/sites/1/meters/telemetry", text("meters_telemetry.json"))
        telemetry = await it.client.api.meters_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        read = {name: series.buckets[0].value for name, series in telemetry.devices["5000001"].items()}
        assert read == {"importPower": 120.0, "importEnergy": 30.0, "exportPower": 0.0, "exportEnergy": 0.0}


async def test_storage_telemetry_is_read_and_a_fraction_becomes_per_cent():
    async with bench() as it:
        it.cloud.answer("/sites/1/storage/telemetry", text("storage_telemetry.json"))
        telemetry, _ = await it.client.api.storage_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        read = {name: series.buckets[0].value for name, series in telemetry.devices["BAT-0001"].items()}
        assert read == {
            "chargePower": 1400.0,
            "dischargePower": 0.0,
            "chargeEnergy": 350.0,
            "remainingEnergy": 6500.0,
            "stateOfEnergy": 67.8,
        }


async def test_a_site_of_per_cent_stays_one_when_the_battery_is_nearly_empty():
    async with bench() as it:
        answer = fixture("storage_telemetry.json")
        [value] = answer["storage"]["BAT-0001"]["stateOfEnergy"]["values"]
        read = []
        scale = None
        for level in (65.2, 0.8, 0):
            value["value"] = level
            it.cloud.answer("/sites/1/storage/telemetry", answer)
            telemetry, scale = await it.client.api.storage_telemetry("1", Window(NINE, TEN), zone=BERLIN, scale=scale)
            read.append(telemetry.devices["BAT-0001"]["stateOfEnergy"].buckets[0].value)
        assert read == [65.2, 0.8, 0.0]


async def test_the_unit_that_names_its_scale_is_taken_at_its_word():
    async with bench() as it:
        answer = fixture("storage_telemetry.json")
        answer["storage"]["BAT-0001"]["stateOfEnergy"] |= {"unit": "PERCENTAGE_100"}
        it.cloud.answer("/sites/1/storage/telemetry", answer)
        telemetry, _ = await it.client.api.storage_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        assert telemetry.devices["BAT-0001"]["stateOfEnergy"].buckets[0].value == 0.678


@pytest.mark.parametrize("family", ["meters", "storage", "inverters"])
async def test_a_site_without_such_devices_answers_with_none(family):
    async with bench() as it:
        it.cloud.answer(f"/sites/1/{family}/telemetry", {"resolution": "QUARTER_HOUR", family: {}})
        method = getattr(it.client.api, f"{family}_telemetry")
        answer = await method("1", Window(NINE, TEN), zone=ZoneInfo("UTC"))
        telemetry = answer[0] if family == "storage" else answer
        assert telemetry.devices == {}


def series(unit: str | None, value: float | None = 0.03, **more: object) -> dict[str, object]:
    row = {"timestamp": "2026-11-21T09:45:00+01:00", "value": value}
    return {"values": [row], **({"unit": unit} if unit is not None else {}), **more}


@pytest.mark.parametrize(
    ("unit", "value"), [("WH", 0.03), ("Wh", 0.03), ("kWh", 30.0), ("KWH", 30.0), (" kwh ", 30.0), ("MWh", 30_000.0)]
)
async def test_a_unit_counts_in_any_case(unit, value):
    async with bench() as it:
        it.cloud.answer("/sites/1/meters/telemetry", {"meters": {"M": {"importEnergy": series(unit)}}})
        telemetry = await it.client.api.meters_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        assert [bucket.value for bucket in telemetry.devices["M"]["importEnergy"].buckets] == [value]


@pytest.mark.parametrize(
    ("unit", "name"), [("V", "voltage"), ("Volt", "voltage"), ("A", "current"), ("Hz", "frequency")]
)
async def test_the_units_of_version_1_are_known(unit, name):
    async with bench() as it:
        it.cloud.answer("/sites/1/inverters/telemetry", {"inverters": {"I": {name: series(unit, 230.0)}}})
        telemetry = await it.client.api.inverters_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        assert [bucket.value for bucket in telemetry.devices["I"][name].buckets] == [230.0]


async def test_a_unit_at_the_top_stands_in_for_one_that_a_series_lacks_and_for_no_other(caplog):
    async with bench() as it:
        metrics = {
            "importEnergy": series(None),
            "exportEnergy": series("WH"),
            "importPower": series("W", 120.0),
            "exportPower": series("WH", None),
        }
        it.cloud.answer("/sites/1/meters/telemetry", {"unit": "KWH", "meters": {"M": metrics}})
        with caplog.at_level(logging.WARNING):
            telemetry = await it.client.api.meters_telemetry("1", Window(NINE, TEN), zone=BERLIN)
        found = {name: [bucket.value for bucket in one.buckets] for name, one in telemetry.devices["M"].items()}
        assert found == {"importEnergy": [30.0], "exportEnergy": [0.03], "importPower": [120.0], "exportPower": []}
        # A series without a value may call it anything.
        assert not [record for record in caplog.records if record.name.startswith("custom_components")]


async def test_the_bucket_that_begins_where_a_window_ends_is_not_counted_twice():
    async with bench() as it:
        rows = [{"timestamp": f"2026-11-21T{label}:00+01:00", "value": 1000.0} for label in ("09:45", "10:00")]
        it.cloud.answer("/sites/1234567/energy", {"unit": "WH", "values": rows})
        update = await it.run("energy", system_data())
        assert [interval.end for interval in update.intervals] == [TEN]
