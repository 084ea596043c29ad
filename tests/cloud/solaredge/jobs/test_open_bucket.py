"""SolarEdge's newest bucket may hold what has come so far: it teaches the delay, and is no power until it is full."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.solaredge.settling import SETTLES
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.system.restore import dump, load

from ..helpers import Bench, bench, quarters, system_data, utc
from .helpers import ENERGY, METERS, QUARTER, site, total

pytestmark = pytest.mark.usefixtures("socket_enabled")

POLL = timedelta(seconds=90)


def even(_start: datetime) -> float:
    return 496.0


def upload(it: Bench, lag: timedelta, energy: Callable[[datetime], float] = even) -> Callable[[datetime], float]:
    """Fill each bucket step by step: what a logger has sent is `lag` old, in steps of five minutes."""

    def so_far(start: datetime) -> float:
        sent = (it.clock.now - lag - start) // timedelta(minutes=5) * timedelta(minutes=5)
        return energy(start) * min(1.0, max(0.0, sent / QUARTER))

    return so_far


async def live(it: Bench, data: SystemData, runs: int, gap: timedelta = QUARTER) -> tuple[SystemData, list[float]]:
    """Read the energy again and again, and return the powers that were published."""
    powers = []
    for _ in range(runs):
        data = await it.run_and_merge("energy", data)
        assert data.power is not None
        powers.append(round(data.power.power_w))
        it.clock.now += gap
    return data, powers


async def test_a_newest_bucket_that_grows_teaches_the_delay_and_no_power_is_of_an_open_one():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(upload(it, timedelta(minutes=2)))
        data, powers = await live(it, system_data(), 12)
        # The first one cannot be told from a full one; from the second on the power is older, and true.
        assert powers[0] < 1984
        assert powers[1:] == [1984] * 11
        assert it.job("energy").terms_for(data).delay == timedelta(minutes=5)
        assert it.job("inverters").terms_for(data).delay == timedelta(minutes=5)
        day = total(utc(2026, 11, 20, 23), data.power.measured_at, even)
        assert data.today.energy_wh == pytest.approx(day)


async def test_at_the_time_that_was_learned_nothing_is_older_than_it_has_to_be():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(upload(it, timedelta(minutes=2)))
        data, _ = await live(it, system_data(), 3)
        it.clock.now += timedelta(minutes=5) - POLL
        data, powers = await live(it, data, 4)
        assert powers == [1984] * 4
        assert data.power.measured_at == it.clock.now - QUARTER - timedelta(minutes=5)


@pytest.mark.parametrize(("minutes", "learned"), [(2, 5), (9, 15), (25, 30), (55, 60)])
async def test_a_longer_lag_is_learned_in_a_few_readings(minutes, learned):
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(upload(it, timedelta(minutes=minutes)))
        data, powers, due = system_data(), [], it.clock.now - POLL
        for _ in range(16):
            # As pacing does it: at the delay that is known by now.
            due += QUARTER
            it.clock.now = max(it.clock.now, due) + it.job("energy").terms_for(data).delay
            data, found = await live(it, data, 1, timedelta(0))
            powers += found
        assert powers[6:] == [1984] * 10
        assert it.job("energy").terms_for(data).delay == timedelta(minutes=learned)


async def test_what_was_learned_outlives_a_restart_and_is_forgotten_step_by_step():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(upload(it, timedelta(minutes=25)))
        data, _ = await live(it, system_data(), 8)
        data = load(SystemData, dump(data))
        it.job("energy")._windows._recent.clear()
        it.cloud.handlers[ENERGY] = quarters(even, clock=it.clock)
        data, powers = await live(it, data, 1)
        assert powers == [1984]
        delays = []
        for _ in range(4):
            it.clock.now += timedelta(days=7, minutes=15)
            data = await it.run_and_merge("energy", data)
            delays.append(it.job("energy").terms_for(data).delay)
        assert delays == [timedelta(minutes=15), timedelta(minutes=5), POLL, POLL]
        assert data.notes[SETTLES] == ""


@pytest.mark.parametrize("change", [0.4, -3.0, -300.0, 4.0])
async def test_a_correction_is_no_lesson(change):
    corrected = {"by": 0.0}

    def energy(start: datetime) -> float:
        return 496.0 + (corrected["by"] if start == utc(2026, 11, 21, 8, 45) else 0.0)

    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(energy, clock=it.clock)
        data = await it.run_and_merge("energy", system_data())
        it.clock.now += QUARTER
        corrected["by"] = change
        data = await it.run_and_merge("energy", data)
        assert SETTLES not in data.notes
        assert data.power.measured_at == utc(2026, 11, 21, 9, 15)


@pytest.mark.parametrize("note", ["x", "9 2026-11-21T00:00:00+00:00", "2", "2 never", "2 2027-11-21T00:00:00+00:00"])
async def test_a_damaged_lesson_or_one_from_the_future_is_none(note):
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(even, clock=it.clock)
        data = await it.run_and_merge("energy", replace(system_data(), notes={SETTLES: note}))
        assert data.power.measured_at == utc(2026, 11, 21, 9)
        assert data.notes[SETTLES] == ""


async def test_the_last_bucket_before_a_pause_is_read_again():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(upload(it, timedelta(minutes=2)))
        data = await it.run_and_merge("energy", system_data())
        # A pause that one request does not reach over: the bucket before it was not full yet.
        it.clock.now += timedelta(hours=13)
        data = await it.run_and_merge("energy", data)
        assert data.intervals[utc(2026, 11, 21, 8, 45)].energy_wh == 496.0
        assert all(interval.energy_wh == 496.0 for interval in data.intervals.values())


async def test_meters_and_batteries_are_read_by_the_same_lesson():
    async with bench() as it:
        serve = quarters(upload(it, timedelta(minutes=2)))

        def meters(request: Any) -> Any:
            answer = json.loads(serve(request).text)
            return web.json_response({"meters": {"M": {"importEnergy": {"unit": "WH", "values": answer["values"]}}}})

        it.cloud.handlers[METERS] = meters
        data = await it.run_and_merge("meters", site("M"))
        assert data.flows[Flow.GRID_IMPORT][utc(2026, 11, 21, 8, 45)].energy_wh < 496
        it.clock.now += QUARTER
        data = await it.run_and_merge("meters", data)
        imported = data.flows[Flow.GRID_IMPORT]
        assert {interval.energy_wh for interval in imported.values()} == {496.0}
        assert max(imported) == utc(2026, 11, 21, 8, 45)
        assert data.notes[SETTLES].startswith("1 ")
