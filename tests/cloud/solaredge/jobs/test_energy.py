"""The production of a SolarEdge site: which windows are asked for, and what their answers mean."""

from dataclasses import replace
from datetime import date, datetime, timedelta
import json

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.cloud.solaredge.windows import known_until
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import LifetimeBase, Power, Update

from ..helpers import BERLIN, bench, quarters, system_data, text, utc
from .helpers import ENERGY, QUARTER, spans, total, truth

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_energy_before_noon_takes_one_request_from_the_site_s_midnight():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await it.run_and_merge("energy", system_data())
        assert spans(it) == [("2026-11-21T00:00:00+01:00", "2026-11-21T10:00:00+01:00")]
        assert data.energy_today_wh(it.clock.now, BERLIN) == total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 9))
        newest = utc(2026, 11, 21, 8, 45)
        assert data.power == Power(power_w=truth(newest) * 4, measured_at=newest + QUARTER)
        assert data.system.last_report == newest + QUARTER


async def test_energy_takes_one_request_each_quarter_hour_and_one_more_after_a_late_start():
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


async def test_a_quarter_that_was_null_when_an_outage_began_is_read_after_it():
    async with bench() as it:
        late = timedelta(hours=2)

        def nulls_first(start: datetime) -> float | None:
            return None if start.minute == 15 and start > it.clock.now - late else truth(start)

        it.cloud.handlers[ENERGY] = quarters(nulls_first, clock=it.clock)
        data = system_data()
        for _ in range(8):
            data = await it.run_and_merge("energy", data)
            it.clock.now += QUARTER
        it.clock.now += timedelta(days=1)
        it.cloud.asked.clear()
        data = await it.run_and_merge("energy", data)
        assert len(it.cloud.asked) == 3
        assert known_until(data.intervals, utc(2026, 11, 20, 23)) > it.clock.now - late - timedelta(hours=1)


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
        update = await it.run("energy", system_data())
        assert replace(update, notes={}) == Update(notes={})


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


async def test_two_systems_of_one_key_keep_their_own_windows():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 21, 17, 1, 30)
        for site in ("1", "2"):
            it.cloud.handlers[f"/sites/{site}/energy"] = quarters(truth, clock=it.clock)
            await it.run("energy", system_data(site))
        assert len(it.cloud.asked) == 4
