"""Systems under one credential whose job of the same name differs, and jobs that take another form."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import JobTerms

from .pacing_world import BERLIN, World, is_light, light_hours, most_in_a_minute, utc

QUARTER = timedelta(minutes=15)
PV = JobTerms(name="energy", cadence=QUARTER, delay=timedelta(seconds=90), weight=2, first=True)
METER = replace(PV, cost=2, weight=4, night=True)
BATTERY = replace(PV, cost=3, weight=6, night=True)
INVERTERS = replace(PV, name="inverters", weight=1)
FREE = Limits(per_minute=10, per_month=2_000)
FORMS = {"pv": (PV,), "meter": (METER,), "battery": (BATTERY,)}
MARCH = (utc(2026, 3, 1), utc(2026, 4, 1))


def mixed(limits: Limits = FREE, order: tuple[str, ...] = ("pv", "meter", "battery")) -> World:
    return World(limits, MARCH[0], dict.fromkeys(order, BERLIN), own=FORMS)


@pytest.mark.parametrize("order", [("pv", "meter", "battery"), ("battery", "pv", "meter")])
def test_systems_whose_jobs_cost_differently_are_read_equally_often_by_day(order: tuple[str, ...]) -> None:
    world = mixed(order=order)
    reads = world.run(MARCH[1])
    by_day = Counter(read.system for read in reads if is_light(BERLIN, read.at))
    assert min(by_day.values()) >= 0.9 * max(by_day.values())
    assert FREE.month_share * 0.97 <= len(world.sent) <= FREE.month_share


def test_only_systems_with_a_meter_or_battery_are_read_at_night() -> None:
    reads = mixed().run(MARCH[1])[3:]
    slack = timedelta(minutes=8)
    at_night = Counter(read.system for read in reads if not is_light(BERLIN, read.at, slack))
    assert at_night["pv"] == 0
    assert at_night["meter"] == pytest.approx(at_night["battery"], rel=0.15)
    assert at_night["meter"] > 31


def test_each_system_is_promised_what_it_gets_whatever_the_others_have() -> None:
    world = mixed()
    promised = {name: world.pacing.readings_per_hour(name, budget_of(world.ledger, world.now)) for name in FORMS}
    by_day = Counter(read.system for read in world.run(MARCH[1]) if is_light(BERLIN, read.at))
    light = light_hours(BERLIN, *MARCH)
    assert promised == {name: pytest.approx(by_day[name] / light, rel=0.12) for name in FORMS}


def test_a_slower_form_leaves_its_requests_to_the_others() -> None:
    slow = replace(PV, cadence=timedelta(hours=4))
    world = World(FREE, MARCH[0], dict.fromkeys(("slow", "one", "two"), BERLIN), (PV,), own={"slow": (slow,)})
    reads = Counter(read.system for read in world.run(MARCH[1]))
    assert reads["slow"] <= 31 * 4
    assert reads["one"] == pytest.approx(reads["two"], rel=0.05)
    assert len(world.sent) >= FREE.month_share * 0.97


def test_systems_that_send_several_requests_at_once_do_not_crowd_into_one_minute() -> None:
    limits = Limits(per_minute=10, per_month=1_000_000)
    places = {f"system {number}": BERLIN for number in range(10)}
    world = World(limits, MARCH[0], places, (BATTERY,))
    world.run(utc(2026, 3, 4))
    world.waits = 0
    world.run(utc(2026, 3, 6))
    assert world.waits <= 2
    assert most_in_a_minute(world.sent) <= limits.minute_share


@pytest.mark.parametrize("hour", [2, 6, 12, 17, 18, 22])
@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.parametrize(("before", "after"), [(PV, BATTERY), (BATTERY, PV), (METER, BATTERY), (BATTERY, METER)])
def test_a_job_that_takes_another_form_is_not_due_because_of_that_nor_forgotten(
    hour: int, others: int, before: JobTerms, after: JobTerms
) -> None:
    places = dict.fromkeys(["changes", *(f"other {number}" for number in range(others))], BERLIN)
    world = World(FREE, MARCH[0], places, (PV,), own={"changes": (before,)})
    world.run(utc(2026, 3, 10, hour, 7))
    last = max(read.at for read in world.reads if read.system == "changes")
    rhythm = world.pacing.memory("changes")["energy"]
    world.change("changes", after)
    assert world.now < world.due("changes") < world.now + timedelta(hours=15)
    known = world.pacing.memory("changes")["energy"]
    assert {key: known[key] for key in ("ran_at", "anchor", "delay", "tune")} == {
        key: rhythm[key] for key in ("ran_at", "anchor", "delay", "tune")
    }
    world.run(utc(2026, 3, 12, hour))
    reads = [read for read in world.reads if read.system == "changes" and read.at >= last]
    assert all(read.new for read in reads)
    assert min(two.at - one.at for one, two in pairwise(reads)) >= QUARTER - timedelta(seconds=5)


def test_ten_systems_that_all_find_a_battery_do_not_send_a_burst() -> None:
    places = {f"system {number}": BERLIN for number in range(10)}
    world = World(FREE, MARCH[0], places, (PV, INVERTERS))
    world.run(utc(2026, 3, 10, 2, 7))
    for system in places:
        world.change(system, BATTERY, INVERTERS)
    before = len(world.sent)
    world.run(world.now + timedelta(minutes=1))
    assert len(world.sent) == before
    world.run(MARCH[1])
    assert FREE.month_share * 0.97 <= len(world.sent) <= FREE.month_share


def test_a_rhythm_that_was_learned_survives_another_form_of_the_job() -> None:
    world = World(FREE, MARCH[0], {"system": BERLIN}, (PV,))
    world.run(utc(2026, 3, 10, 12))
    anchor = world.pacing.memory("system")["energy"]["anchor"]
    world.change("system", replace(METER, cadence=timedelta(minutes=5), delay=timedelta(minutes=2)))
    known = world.pacing.memory("system")["energy"]
    assert known["anchor"] == anchor
    assert known["delay"] == 120


def test_a_system_that_leaves_takes_its_form_of_the_job_with_it() -> None:
    world = mixed()
    world.run(utc(2026, 3, 10))
    world.leave("battery")
    world.leave("meter")
    before = len(world.sent)
    reads = world.run(MARCH[1])
    assert {read.system for read in reads} == {"pv"}
    assert len(world.sent) - before > 0.97 * light_hours(BERLIN, utc(2026, 3, 10), MARCH[1]) * 4
