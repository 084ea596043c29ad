"""The jobs of a SolarEdge site: what each asks for, how often, and what it makes of the answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer, NoDataYet, NotAllowed, TemporarilyUnavailable
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import (
    Device,
    DeviceKind,
    DeviceReading,
    Interval,
    LifetimeBase,
    Power,
    Update,
)

from .helpers import BERLIN, Bench, bench, fixture, quarters, system_data, text

pytestmark = pytest.mark.usefixtures("socket_enabled")

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ENERGY = "/sites/1234567/energy"
TELEMETRY = "/sites/1234567/inverters/telemetry"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def truth(start: datetime) -> float:
    """A different energy for every quarter hour, so that none can be taken for another."""
    return float(int(start.timestamp()) // 900 % 997)


def total(start: datetime, end: datetime, energy: Callable[[datetime], float] = truth) -> float:
    result = 0.0
    while start < end:
        result += energy(start)
        start += QUARTER
    return result


def spans(it: Bench, path: str = ENERGY) -> list[tuple[str | None, str | None]]:
    return [(asked.one("from"), asked.one("to")) for asked in it.cloud.asked if asked.path == path]


async def test_the_details_give_zone_size_status_and_the_last_report():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", text("site.json"))
        update = await it.run("details", system_data(timezone="UTC"))
        assert update.system == (await it.client.api.site("1234567")).system()
        assert update.system.timezone == "Europe/Berlin"
        assert update.system.last_report == utc(2026, 11, 21, 9, 14, 12)
        assert it.cloud.paths() == ["/sites/1234567"] * 2


async def test_details_do_not_set_the_last_report_back_nor_rename_a_site_to_its_number():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", {"siteId": 1234567, "lastUpdateTime": "2026-11-20T00:00:00Z"})
        data = await it.run_and_merge("details", system_data())
        assert data.system.name == "Example House"
        reported = utc(2026, 11, 21, 9)
        assert (await it.run("details", _with(last_report=reported))).system.last_report == reported


def _with(**changes: Any) -> SystemData:
    data = system_data()
    return replace(data, system=replace(data.system, **changes))


async def test_energy_before_noon_takes_one_request_from_the_site_s_midnight():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await it.run_and_merge("energy", system_data())
        assert spans(it) == [("2026-11-21T00:00:00+01:00", "2026-11-21T10:00:00+01:00")]
        assert data.energy_today_wh(it.clock.now, BERLIN) == total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 9))
        newest = utc(2026, 11, 21, 8, 45)
        assert data.power == Power(power_w=truth(newest) * 4, measured_at=newest + QUARTER)
        assert data.system.last_report == newest + QUARTER


async def test_energy_of_a_whole_day_every_quarter_hour_takes_one_request_each_and_one_more_after_a_late_start():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 14, 1, 30)
        data = await it.run_and_merge("energy", system_data())
        assert spans(it) == [
            ("2026-11-21T03:30:00+01:00", "2026-11-21T15:00:00+01:00"),
            ("2026-11-21T00:00:00+01:00", "2026-11-21T03:30:00+01:00"),
        ]
        it.cloud.asked.clear()
        for _ in range(40):
            it.clock.now += QUARTER
            data = await it.run_and_merge("energy", data)
        assert len(it.cloud.asked) == 40
        start = midnight(date(2026, 11, 21), BERLIN)
        kept = [interval.energy_wh for interval in data.intervals.values() if interval.start >= start]
        assert sum(kept) == total(start, utc(2026, 11, 22, 0))


async def test_a_site_that_is_silent_at_night_pays_for_the_night_once():
    def silent(start: datetime) -> float | None:
        return truth(start) if 7 <= start.hour < 15 else None

    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(silent, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 12, 1, 30)
        data = system_data()
        counts = []
        for _ in range(20):
            before = len(it.cloud.asked)
            data = await it.run_and_merge("energy", data)
            counts.append(len(it.cloud.asked) - before)
            it.clock.now += QUARTER
        assert counts == [2, *[1] * 19]
        assert data.power is not None
        assert data.power.measured_at == utc(2026, 11, 21, 15)


async def test_a_restart_with_known_data_reads_nothing_twice():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 17, 1, 30)
        data = await it.run_and_merge("energy", system_data())
        it.job("energy")._windows._asked.clear()
        it.cloud.asked.clear()
        await it.run("energy", data)
        assert len(it.cloud.asked) == 1


async def test_after_a_pause_the_gap_is_read_to_the_watt_hour():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await it.run_and_merge("energy", system_data())
        it.clock.now += timedelta(hours=30)
        it.cloud.asked.clear()
        data = await it.run_and_merge("energy", data)
        start = utc(2026, 11, 20, 23)
        kept = sum(interval.energy_wh for interval in data.intervals.values() if interval.start >= start)
        assert kept == total(start, utc(2026, 11, 22, 15))
        assert len(it.cloud.asked) == 3


async def test_values_that_come_many_hours_late_are_still_taken_in():
    held_back = {"until": True}

    def late(start: datetime) -> float | None:
        hidden = utc(2026, 11, 21, 2) <= start < utc(2026, 11, 21, 18)
        return None if hidden and held_back["until"] else truth(start)

    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(late, clock=it.clock)
        data = system_data()
        while it.clock.now < utc(2026, 11, 21, 18):
            data = await it.run_and_merge("energy", data)
            it.clock.now += QUARTER
        held_back["until"] = False
        it.cloud.asked.clear()
        data = await it.run_and_merge("energy", data)
        assert len(it.cloud.asked) == 2
        assert data.energy_today_wh(it.clock.now, BERLIN) == total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 18))


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (date(2026, 6, 1), 96)])
async def test_a_day_of_any_length_is_complete(day, count):
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        start, end = midnight(day, BERLIN), midnight(day + timedelta(days=1), BERLIN)
        it.clock.now = end + timedelta(seconds=90)
        data = system_data(lifetime_base=LifetimeBase(day=day, before_wh=0.0))
        update = await it.run("energy", data)
        found = [interval for interval in update.intervals if start <= interval.start and interval.end <= end]
        assert len(found) == count
        assert sum(interval.energy_wh for interval in found) == total(start, end)
        assert all(asked.query for asked in it.cloud.asked)


async def test_yesterday_is_read_while_the_lifetime_is_only_known_up_to_it():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = system_data(lifetime_base=LifetimeBase(day=date(2026, 11, 20), before_wh=1000.0))
        update = await it.run("energy", data)
        assert update.intervals[0].start == utc(2026, 11, 19, 23)


async def test_a_lifetime_of_long_ago_does_not_make_days_of_requests():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = system_data(lifetime_base=LifetimeBase(day=date(2026, 11, 10), before_wh=1000.0))
        await it.run("energy", data)
        assert len(it.cloud.asked) == 1


async def test_the_open_quarter_and_the_cut_one_are_no_intervals():
    async with bench() as it:
        it.cloud.answer(
            ENERGY,
            {
                "unit": "WH",
                "values": [
                    {"timestamp": f"2026-11-21T{label}:00+01:00", "value": value}
                    for label, value in (("09:30", 100), ("09:45", 110), ("10:00", 7), ("10:15", 0))
                ],
            },
        )
        update = await it.run("energy", system_data())
        assert [interval.energy_wh for interval in update.intervals] == [100.0, 110.0]
        assert update.power == Power(power_w=440.0, measured_at=utc(2026, 11, 21, 9))


async def test_a_quarter_that_an_older_window_cuts_does_not_replace_the_whole_one():
    async with bench() as it:
        serve = quarters(truth, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 14, 1, 30)

        def inclusive(request: web.Request) -> web.StreamResponse:
            answer = json.loads(serve(request).text)
            answer["values"].append({"timestamp": request.query["to"], "value": 0})
            return web.json_response(answer)

        it.cloud.handlers[ENERGY] = inclusive
        data = await it.run_and_merge("energy", system_data())
        assert len(it.cloud.asked) == 2
        assert data.energy_today_wh(it.clock.now, BERLIN) == total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 14))


async def test_an_empty_quarter_is_no_interval_and_no_power():
    async with bench() as it:
        it.cloud.answer(ENERGY, text("energy.json"))
        update = await it.run("energy", system_data())
        assert [interval.energy_wh for interval in update.intervals] == [203.125, 233.5, 252.8125]
        assert update.power == Power(power_w=252.8125 * 4, measured_at=utc(2026, 11, 21, 8, 45))


async def test_nothing_but_empty_quarters_says_nothing():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(lambda _: None)
        assert await it.run("energy", system_data()) == Update()


async def test_a_negative_net_production_is_kept_so_that_the_sum_stays_the_vendor_s():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(lambda start: -1.5 if start.hour == 3 else 10.0)
        update = await it.run("energy", system_data())
        assert sum(interval.energy_wh for interval in update.intervals) == 36 * 10.0 - 4 * 1.5


async def test_a_failure_of_the_newest_window_is_raised_and_nothing_older_is_asked_for():
    async with bench() as it:
        it.cloud.answer(ENERGY, {}, status=503)
        it.clock.now = utc(2026, 11, 21, 17)
        with pytest.raises(TemporarilyUnavailable):
            await it.run("energy", system_data())
        assert len(it.cloud.asked) == 1


async def test_a_failure_of_an_older_window_keeps_the_newest_and_is_made_up_for_later():
    async with bench() as it:
        serve = quarters(truth, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 17)

        def failing(request: web.Request) -> web.StreamResponse:
            return serve(request) if len(it.cloud.asked) != 2 else web.Response(status=503)

        it.cloud.handlers[ENERGY] = failing
        data = await it.run_and_merge("energy", system_data())
        assert data.power is not None
        assert utc(2026, 11, 21, 0) not in data.intervals
        it.clock.now += QUARTER
        data = await it.run_and_merge("energy", data)
        assert len(it.cloud.asked) == 4
        assert data.energy_today_wh(it.clock.now, BERLIN) == total(utc(2026, 11, 20, 23), it.clock.now)


async def test_an_older_window_that_the_cloud_never_answers_is_asked_for_once():
    async with bench() as it:
        serve = quarters(truth, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 17)
        it.cloud.handlers[ENERGY] = lambda request: (
            web.Response(status=400) if "T00:00" in request.query["from"] else serve(request)
        )
        data = await it.run_and_merge("energy", system_data())
        assert len(it.cloud.asked) == 2
        it.clock.now += QUARTER
        await it.run("energy", data)
        assert len(it.cloud.asked) == 3


YEARS_WH = 1500000.5 + 5100000 + 5250000.25 + 4900000


def lifetime_answers(it, years, today, served=None) -> None:
    """Answer years and today's day; the day is null for `None`."""

    def answer(request: web.Request) -> web.StreamResponse:
        match request.query["resolution"]:
            case "YEAR":
                return web.json_response(years)
            case "DAY":
                values = [{"timestamp": request.query["from"], "value": today}]
                return web.json_response({"unit": "KWH", "resolution": "DAY", "values": values})
            case _:
                return served(request)

    it.cloud.handlers[ENERGY] = answer


async def test_the_lifetime_is_all_years_up_to_now_without_today():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        update = await it.run("lifetime", _with(installed_at=utc(2022, 8, 14, 22)))
        assert update == Update(lifetime=LifetimeBase(day=date(2026, 11, 21), before_wh=YEARS_WH - 3500))
        years, day = it.cloud.asked
        assert years.query == [
            ("from", "2022-01-01T00:00:00+01:00"),
            ("to", "2026-11-21T10:01:30+01:00"),
            ("resolution", "YEAR"),
            ("unit", "WH"),
        ]
        assert day.query == [
            ("from", "2026-11-21T00:00:00+01:00"),
            ("to", "2026-11-21T10:01:30+01:00"),
            ("resolution", "DAY"),
            ("unit", "WH"),
        ]


async def test_the_lifetime_of_a_site_without_an_installation_date_begins_in_2000():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        await it.run("lifetime", _with(installed_at=None))
        assert it.cloud.asked[0].one("from") == "2000-01-01T00:00:00+01:00"


async def test_in_the_first_minute_of_a_day_there_is_nothing_of_today_to_ask_for():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 20, 23, 0)
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        update = await it.run("lifetime", _with(installed_at=utc(2022, 8, 14, 22)))
        assert update.lifetime == LifetimeBase(day=date(2026, 11, 21), before_wh=YEARS_WH)
        assert len(it.cloud.asked) == 1


async def test_a_dark_morning_without_a_value_takes_nothing_off_the_years():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), None)
        update = await it.run("lifetime", _with(installed_at=utc(2022, 8, 14, 22)))
        assert update.lifetime.before_wh == YEARS_WH


async def test_a_day_that_the_cloud_does_not_tell_although_it_told_its_quarters_is_waited_for():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), None, quarters(truth, clock=it.clock))
        data = await it.run_and_merge("energy", _with(installed_at=utc(2022, 8, 14, 22)))
        with pytest.raises(NoDataYet):
            await it.run("lifetime", data)


@pytest.mark.parametrize("values", [[], [{"timestamp": "2026-01-01T00:00:00+01:00", "value": None}]])
async def test_a_lifetime_without_any_value_is_unknown_not_zero(values):
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": values}, None)
        with pytest.raises(NoDataYet):
            await it.run("lifetime", _with(installed_at=utc(2022, 8, 14, 22)))


async def test_a_site_that_was_installed_today_begins_with_a_lifetime_of_zero():
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, None)
        update = await it.run("lifetime", _with(installed_at=utc(2026, 11, 21, 8)))
        assert update.lifetime == LifetimeBase(day=date(2026, 11, 21), before_wh=0.0)


async def test_the_lifetime_on_new_year_s_day_asks_for_a_time_that_is_not_empty():
    async with bench() as it:
        it.clock.now = utc(2026, 12, 31, 23)
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, None)
        await it.run("lifetime", _with(installed_at=utc(2026, 12, 31, 23)))
        assert spans(it) == [("2027-01-01T00:00:00+01:00", "2027-01-01T00:01:00+01:00")]


async def test_a_lifetime_below_zero_is_malformed():
    async with bench() as it:
        years = fixture("lifetime.json")
        years["values"] = [{"timestamp": "2026-01-01T00:00:00+01:00", "value": -5}]
        lifetime_answers(it, years, 0)
        with pytest.raises(MalformedAnswer):
            await it.run("lifetime", _with(installed_at=utc(2022, 8, 14, 22)))


async def test_lifetime_and_the_day_s_intervals_make_the_published_lifetime():
    async with bench() as it:
        today = total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 9))
        lifetime_answers(it, fixture("lifetime.json"), today / 1000, quarters(truth, clock=it.clock))
        data = await it.run_and_merge("energy", _with(installed_at=utc(2022, 8, 14, 22)))
        data = await it.run_and_merge("lifetime", data)
        assert data.lifetime.published_wh == pytest.approx(YEARS_WH, abs=0.001)


async def test_the_inventory_gives_devices_without_virtual_meters_and_doubles():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", text("devices.json"))
        update = await it.run("inventory", system_data())
        assert update.devices == (
            Device(
                kind=DeviceKind.INVERTER,
                serial="7A000001-10",
                name="Inverter 1",
                manufacturer="SolarEdge",
                model="SE5000H-EXAMPLE",
                part_number="SE5000H-EXAMPLE",
                firmware="4.25.13",
                communication="ETHERNET",
                optimizers=14,
            ),
            Device(
                kind=DeviceKind.METER,
                serial="5000001",
                manufacturer="SolarEdge",
                parent="7A000001-10",
            ),
            Device(
                kind=DeviceKind.BATTERY,
                serial="BAT-0001",
                name="Battery 1",
                manufacturer="SolarEdge",
                model="Home Battery",
                parent="7A000001-10",
            ),
        )
        assert update.complete == {DeviceKind.INVERTER, DeviceKind.METER, DeviceKind.BATTERY, DeviceKind.GATEWAY}
        assert [value for _, value in it.cloud.asked[0].query] == ["INVERTER", "METER", "BATTERY", "GATEWAY"]


@pytest.mark.parametrize(
    ("row", "complete"),
    [
        ({"type": "INVERTER", "serialNumber": "B", "active": False}, "inverter meter battery gateway"),
        ({"type": "OPTIMIZER", "serialNumber": "B"}, "inverter meter battery gateway"),
        ({"type": "BATTERY_MODULE", "serialNumber": None}, "inverter meter battery gateway"),
        ({"type": "INVERTER", "serialNumber": None}, "meter battery gateway"),
        ({"type": None, "serialNumber": "B"}, ""),
        ("junk", ""),
    ],
)
async def test_a_row_that_is_no_device_is_left_out_and_an_unreadable_one_retires_nothing(row, complete):
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", [{"type": "inverter", "serialNumber": "A"}, row])
        update = await it.run("inventory", system_data())
        assert [device.serial for device in update.devices] == ["A"]
        assert update.complete == {DeviceKind(kind) for kind in complete.split()}


async def test_a_meter_inside_an_inverter_does_not_take_the_inverter_s_place():
    async with bench() as it:
        rows = [
            {"type": "METER", "serialNumber": "A", "connectedTo": "A"},
            {"type": "INVERTER", "serialNumber": "A", "active": True},
        ]
        it.cloud.answer("/sites/1234567/devices", rows)
        [device] = (await it.run("inventory", system_data())).devices
        assert (device.kind, device.parent) == (DeviceKind.INVERTER, None)


async def test_a_device_is_not_its_own_parent():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", [{"type": "METER", "serialNumber": "A", "connectedTo": "A"}])
        assert (await it.run("inventory", system_data())).devices[0].parent is None


async def test_inverters_give_intervals_and_their_newest_values():
    async with bench() as it:
        it.cloud.answer(TELEMETRY, text("inverters_telemetry.json"))
        update = await it.run("inverters", _with_inverters())
        start = utc(2026, 11, 21, 8)
        assert update.device_intervals["7A000001-10"] == tuple(
            Interval(start=start + index * QUARTER, end=start + (index + 1) * QUARTER, energy_wh=energy)
            for index, energy in enumerate((125.0, 135.0, 140.0))
        )
        assert [interval.energy_wh for interval in update.device_intervals["7A000002-11"]] == [75.0, 77.5, 90.0, 100.0]
        assert update.readings == {
            "7A000001-10": DeviceReading(
                last_report=start + 3 * QUARTER,
                power_w=560.0,
                measured_at=start + 3 * QUARTER,
                voltage_v=236.2,
                current_a=2.37,
                frequency_hz=50.01,
            ),
            "7A000002-11": DeviceReading(
                last_report=start + 4 * QUARTER, power_w=400.0, measured_at=start + 4 * QUARTER
            ),
        }
        assert update.intervals == ()
        assert spans(it, TELEMETRY) == [("2026-11-21T00:00:00+01:00", "2026-11-21T10:00:00+01:00")]


def _with_inverters() -> SystemData:
    devices = {
        serial: Device(kind=DeviceKind.INVERTER, serial=serial) for serial in ("7A000001-10", "7A000002-11", "DEAD-00")
    }
    return system_data(devices=devices)


async def test_an_inverter_without_power_takes_it_from_its_energy():
    async with bench() as it:
        answer = fixture("inverters_telemetry.json")
        del answer["inverters"]["7A000001-10"]["power"]
        it.cloud.answer(TELEMETRY, answer)
        reading = (await it.run("inverters", _with_inverters())).readings["7A000001-10"]
        assert (reading.power_w, reading.measured_at) == (560.0, utc(2026, 11, 21, 8, 45))


async def test_the_voltage_of_an_earlier_quarter_is_not_told_with_a_newer_power():
    async with bench() as it:
        answer = fixture("inverters_telemetry.json")
        answer["inverters"]["7A000001-10"]["voltage"]["values"][2]["value"] = None
        it.cloud.answer(TELEMETRY, answer)
        reading = (await it.run("inverters", _with_inverters())).readings["7A000001-10"]
        assert (reading.voltage_v, reading.frequency_hz) == (None, 50.01)


def _telemetry(it: Bench, serials: tuple[str, ...]) -> Callable[[web.Request], web.StreamResponse]:
    def handle(request: web.Request) -> web.StreamResponse:
        start, end = (datetime.fromisoformat(request.query[name]).astimezone(UTC) for name in ("from", "to"))
        if end - start > 12 * HOUR:
            return web.Response(status=400)
        values = []
        while start < end:
            known = start + QUARTER <= it.clock.now
            values.append({"timestamp": start.isoformat(), "value": truth(start) if known else None})
            start += QUARTER
        return web.json_response(
            {"inverters": {serial: {"energy": {"unit": "WH", "values": values}} for serial in serials}}
        )

    return handle


async def test_a_dead_inverter_among_living_ones_costs_no_more_than_one_request_a_run():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 21, 15, 1, 30)
        it.cloud.handlers[TELEMETRY] = _telemetry(it, ("7A000001-10", "7A000002-11", "DEAD-00"))
        data = await it.run_and_merge("inverters", _with_inverters())
        assert len(it.cloud.asked) == 2
        it.cloud.handlers[TELEMETRY] = _telemetry(it, ("7A000001-10", "7A000002-11"))
        it.cloud.asked.clear()
        for _ in range(60):
            it.clock.now += QUARTER
            data = await it.run_and_merge("inverters", data)
        assert len(it.cloud.asked) == 60
        today = data.readings["7A000001-10"].energy_today
        assert today.day == date(2026, 11, 22)
        assert today.energy_wh == total(utc(2026, 11, 21, 23), utc(2026, 11, 22, 6))


async def test_inverters_without_the_scope_are_not_allowed_and_harm_nothing_else():
    async with bench() as it:
        it.cloud.answer(TELEMETRY, {}, status=403)
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        with pytest.raises(NotAllowed):
            await it.run("inverters", _with_inverters())
        assert (await it.run("energy", _with_inverters())).power is not None


async def test_two_systems_of_one_key_keep_their_own_windows():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 21, 17, 1, 30)
        for site in ("1", "2"):
            it.cloud.handlers[f"/sites/{site}/energy"] = quarters(truth, clock=it.clock)
            await it.run("energy", system_data(site))
        assert len(it.cloud.asked) == 4


def test_the_jobs_say_what_they_cost_and_which_may_be_missing():
    table = {
        job.name: (job.cost, job.cadence, job.delay, job.weight, job.optional, job.first)
        for job in SolarEdge.job_terms()
    }
    day, delay = timedelta(hours=24), timedelta(seconds=90)
    assert table == {
        "details": (1, day, timedelta(0), 0, False, True),
        "energy": (1, QUARTER, delay, 2, False, True),
        "lifetime": (2, day, timedelta(0), 0, False, False),
        "inventory": (1, day, timedelta(0), 0, True, False),
        "meters": (1, QUARTER, delay, 0, True, False),
        "storage": (1, QUARTER, delay, 0, True, False),
        "totals": (1, day, timedelta(0), 0, True, False),
        "inverters": (1, QUARTER, delay, 1, True, False),
        "overview": (1, timedelta(hours=1), delay, 0.5, True, False),
        "alerts": (1, day / 2, timedelta(0), 0, True, False),
    }
    assert {job.name: job.runs_with for job in SolarEdge.job_terms() if job.runs_with} == {
        "meters": "energy",
        "storage": "energy",
    }
