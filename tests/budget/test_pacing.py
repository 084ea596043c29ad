"""A month of pacing: what it spends, where, and what it does when something changes."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from random import Random
import sys

import pytest

from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.plan import ALL_PLANS, Limits
from custom_components.solar_cloud.budget.rates import Budget, budget_of
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.sky.sun import Place

from .pacing_world import (
    BERLIN,
    FIVE,
    LARGE,
    QUARTER,
    SAN_JOSE,
    SYDNEY,
    TROMSO,
    V2,
    V4,
    World,
    is_light,
    light_hours,
    most_in_a_minute,
    utc,
)

JOBS = {"one": (QUARTER,), "enphase": EnphaseV2.job_terms(), "solaredge": SolarEdge.job_terms()}
SLACK = timedelta(minutes=5)
MONTH = (utc(2026, 6, 1), utc(2026, 7, 1))


def several(number: int, place: Place = BERLIN) -> dict[str, Place]:
    return {f"system {index}": place for index in range(number)}


@pytest.mark.parametrize("seed", range(16))
def test_no_plan_is_ever_exceeded(seed: int) -> None:
    chance = Random(seed)
    limits = chance.choice([*(plan.limits for plan in ALL_PLANS[::4]), V4, V4, Limits(per_minute=2, per_month=90)])
    count = chance.choice([1, 2, 5, 10]) if limits.per_month <= 2000 else chance.choice([1, 2])
    places = {
        f"system {number}": Place(chance.uniform(-70, 70), chance.uniform(-180, 180), timedelta(minutes=5))
        for number in range(count)
    }
    start = utc(2026, chance.randint(1, 11), chance.randint(1, 28), chance.randint(0, 23))
    world = World(limits, start, places, JOBS[chance.choice(list(JOBS))], cycle_day=chance.choice([1, 17]))
    end = min(world.ledger.resets_at(start), start + timedelta(days=31 if limits.per_month <= 2000 else 4))
    world.run(end)
    assert 0 < len(world.sent) <= limits.month_share
    assert most_in_a_minute(world.sent) <= limits.minute_share
    first = world.ledger.resets_at(start)
    world.run(first + timedelta(days=1))
    assert sum(moment >= first for moment in world.sent) <= limits.month_share


@pytest.mark.parametrize("place", [BERLIN, SAN_JOSE, SYDNEY, TROMSO])
@pytest.mark.parametrize("systems", [1, 4])
@pytest.mark.parametrize("job", [QUARTER, FIVE], ids=["v4", "v2"])
def test_the_month_is_used_up_where_the_cadence_does_not_limit(place: Place, systems: int, job: JobTerms) -> None:
    limits = V4 if job is QUARTER else Limits(per_minute=10, per_month=systems * 1500)
    world = World(limits, utc(2026, 3, 1), several(systems, place), (job,))
    world.run(utc(2026, 4, 1))
    assert limits.month_share * 0.98 <= len(world.sent) <= limits.month_share
    half = sum(moment < utc(2026, 3, 16) for moment in world.sent) / len(world.sent)
    assert half == pytest.approx(
        light_hours(place, utc(2026, 3, 1), utc(2026, 3, 16)) / light_hours(place, utc(2026, 3, 1), utc(2026, 4, 1)),
        abs=0.02,
    )


@pytest.mark.parametrize("limits", [V4, LARGE], ids=["scarce", "plenty"])
@pytest.mark.parametrize("job", [QUARTER, FIVE], ids=["v4", "v2"])
def test_every_request_brings_a_new_report_as_soon_as_it_can_be_read(limits: Limits, job: JobTerms) -> None:
    world = World(limits, *MONTH[:1], several(3), (job,))
    reads = world.run(utc(2026, 6, 10))
    assert all(read.new for read in reads)
    late = [read.at - read.end - job.delay for read in reads[3:]]
    assert max(late) <= timedelta(seconds=3 * 60 / limits.minute_share + 1)


def test_a_large_plan_reads_every_report_of_the_daylight() -> None:
    world = World(LARGE, *MONTH[:1], several(1), (FIVE,))
    reads = world.run(utc(2026, 6, 3))
    ends = {read.end for read in reads}
    moment = utc(2026, 6, 1)
    while moment < utc(2026, 6, 2, 22):
        if light_hours(BERLIN, moment - FIVE.cadence, moment) * 60 == pytest.approx(5):
            assert moment in ends
        moment += FIVE.cadence


def test_nothing_is_sent_in_the_dark_but_one_request_that_finishes_the_day() -> None:
    world = World(V2, utc(2026, 3, 1), several(3), (FIVE,))
    world.run(utc(2026, 3, 8))
    world.reads.clear()
    reads = world.run(utc(2026, 3, 15))
    dark = [read for read in reads if not is_light(BERLIN, read.at, SLACK)]
    assert Counter((read.system, read.at.date()) for read in dark) == {
        (system, utc(2026, 3, day).date()): 1 for system in world.places for day in range(8, 15)
    }
    # After sunset, so that the day's energy is complete.
    assert all(is_light(BERLIN, read.at, timedelta(minutes=20)) and not is_light(BERLIN, read.end) for read in dark)


@pytest.mark.parametrize("away", [timedelta(hours=2), timedelta(hours=7)])
def test_a_day_is_still_finished_hours_after_sunset(away: timedelta) -> None:
    world = World(V2, utc(2026, 12, 1), several(1), (FIVE,))
    world.run(utc(2026, 12, 9, 14, 30))
    # The sun sets at five to three; until then nothing could be sent.
    world.now = utc(2026, 12, 9, 14, 55) + away
    assert world.due("system 0") <= world.now + FIVE.cadence


def test_the_last_day_of_a_month_is_finished_like_every_other() -> None:
    world = World(V2, utc(2026, 3, 28), several(2), (FIVE,))
    reads = world.run(utc(2026, 4, 1))
    finished = {(read.system, read.at.date()) for read in reads[2:] if not is_light(BERLIN, read.end)}
    assert {(system, utc(2026, 3, day).date()) for system in world.places for day in (29, 30, 31)} <= finished


def test_a_plan_of_a_few_readings_a_day_spends_none_in_the_dark() -> None:
    world = World(V4, utc(2026, 3, 1), several(10))
    reads = world.run(utc(2026, 4, 1))[10:]
    assert all(is_light(BERLIN, read.at, SLACK) for read in reads)


@pytest.mark.parametrize("limits", [V4, V2])
def test_readings_of_a_day_lie_evenly(limits: Limits) -> None:
    world = World(limits, *MONTH[:1], several(3), (QUARTER,))
    world.run(utc(2026, 6, 9))
    reads = [
        read.end for read in world.run(utc(2026, 6, 10)) if read.system == "system 1" and is_light(BERLIN, read.at)
    ]
    gaps = [(two - one) / QUARTER.cadence for one, two in pairwise(reads)]
    assert max(gaps) - min(gaps) <= 1


def test_systems_get_the_same_readings_for_each_hour_of_light_wherever_they_are() -> None:
    places = {"north": TROMSO, "middle": BERLIN, "west": SAN_JOSE, "south": SYDNEY}
    world = World(V4, utc(2026, 3, 1), places)
    reads = Counter(read.system for read in world.run(utc(2026, 4, 1)))
    rates = [reads[name] / light_hours(place, utc(2026, 3, 1), utc(2026, 4, 1)) for name, place in places.items()]
    assert min(rates) >= 0.9 * max(rates)
    counts = Counter(read.system for read in World(V4, utc(2026, 3, 1), several(10)).run(utc(2026, 4, 1)))
    assert min(counts.values()) >= 0.9 * max(counts.values())


def test_many_systems_do_not_crowd_into_one_minute() -> None:
    limits = Limits(per_minute=10, per_month=1_000_000)
    world = World(limits, *MONTH[:1], several(10), (QUARTER,))
    world.run(utc(2026, 6, 3))
    assert world.waits <= 2 * 10  # the first reading of all of them
    assert most_in_a_minute(world.sent) <= limits.minute_share


def test_more_systems_than_the_minute_allows_are_slowed_down_evenly() -> None:
    limits = Limits(per_minute=5, per_month=1_000_000)
    world = World(limits, *MONTH[:1], several(30), (FIVE,))
    reads = Counter(read.system for read in world.run(utc(2026, 6, 3)))
    assert most_in_a_minute(world.sent) <= limits.minute_share
    assert min(reads.values()) >= 0.9 * max(reads.values())


def test_an_outage_is_followed_by_a_reading_at_once_and_its_requests_are_not_lost() -> None:
    world = World(V4, utc(2026, 3, 1), several(2))
    outage = (utc(2026, 3, 10), utc(2026, 3, 12, 12))
    world.agenda = [(outage[1] if outage[0] <= moment < outage[1] else moment, *rest) for moment, *rest in world.agenda]
    before = Counter(read.system for read in world.run(outage[0]))
    world.agenda = [(max(moment, outage[1]), *rest) for moment, *rest in world.agenda]
    reads = world.run(utc(2026, 4, 1))
    assert {read.system for read in reads[:2]} == set(world.places)
    assert all(read.at - outage[1] < timedelta(minutes=1) for read in reads[:2])
    assert V4.month_share * 0.98 <= len(world.sent) <= V4.month_share
    after = light_hours(BERLIN, outage[1], utc(2026, 4, 1))
    assert len(reads) / after > sum(before.values()) / light_hours(BERLIN, utc(2026, 3, 1), outage[0])


def test_a_cloud_that_fails_costs_requests_but_never_the_rest_of_the_month() -> None:
    world = World(V4, utc(2026, 3, 1), several(2), down=lambda now: utc(2026, 3, 10) <= now < utc(2026, 3, 12, 12))
    reads = world.run(utc(2026, 4, 1))
    assert len(world.sent) <= V4.month_share
    days = Counter(read.at.date() for read in reads)
    assert all(days[utc(2026, 3, day).date()] >= 24 for day in range(13, 32))


def test_what_the_owner_asks_for_takes_nothing_from_the_rest_of_the_month() -> None:
    world = World(V4, utc(2026, 3, 1), several(1))
    world.run(utc(2026, 3, 5, 12))
    for _ in range(200):
        world.now += timedelta(minutes=1)
        world.owner_reads("system 0")
    world.run(utc(2026, 4, 1))
    # Their own 5 % pay for what was asked.
    assert V4.month_share * 0.98 <= len(world.sent) - world.asked_reads <= V4.month_share
    days = Counter(read.at.date() for read in world.reads)
    rest = [days[utc(2026, 3, day).date()] for day in range(6, 32)]
    assert min(rest) >= 18
    assert max(rest) <= 34


def test_a_single_request_of_the_owner_replaces_a_reading_and_does_not_add_one() -> None:
    def reads(asks: int) -> int:
        world = World(V4, utc(2026, 3, 1), several(1))
        world.run(utc(2026, 3, 5, 9, 3))
        for _ in range(asks):
            world.owner_reads("system 0")
            world.run(world.now + timedelta(minutes=47))
        world.run(utc(2026, 3, 6))
        return sum(read.at.date() == utc(2026, 3, 5).date() for read in world.reads)

    assert reads(1) <= reads(0) + 1


@pytest.mark.parametrize("factor", [5, 0.3])
def test_another_plan_is_followed_at_once(factor: float) -> None:
    world = World(V4, utc(2026, 3, 1), several(2))
    before = len(world.run(utc(2026, 3, 8)))
    world.ledger.set_limits(Limits(per_minute=10, per_month=int(1000 * factor)), world.now)
    after = len(world.run(utc(2026, 3, 15)))
    assert (after > 3 * before) if factor > 1 else (after < 0.5 * before)
    world.run(utc(2026, 4, 1))
    assert len(world.sent) <= max(before + 2, 950 * factor)


def test_systems_that_come_and_go_share_what_is_left() -> None:
    world = World(V4, utc(2026, 3, 1), several(2))
    alone = Counter(read.system for read in world.run(utc(2026, 3, 8)))
    for number in (2, 3):
        world.join(f"system {number}", BERLIN)
    shared = Counter(read.system for read in world.run(utc(2026, 3, 15)))
    assert min(shared.values()) >= 0.9 * max(shared.values())
    assert max(shared.values()) < 0.7 * min(alone.values())
    for number in (0, 2, 3):
        world.leave(f"system {number}")
    last = Counter(read.system for read in world.run(utc(2026, 4, 1)))
    assert set(last) == {"system 1"}
    assert V4.month_share * 0.97 <= len(world.sent) <= V4.month_share


def test_a_restart_sends_nothing_before_its_time_and_goes_on_as_before() -> None:
    world = World(V4, *MONTH[:1], several(3))
    world.run(utc(2026, 6, 4, 10, 7))
    due = {system: world.due(system) for system in world.places}
    world.restart()
    for system, before in due.items():
        assert world.due(system) == before
    for hour in range(0, 400, 7):
        world.run(utc(2026, 6, 5) + timedelta(hours=hour))
        world.restart()
    world.run(MONTH[1])
    assert V4.month_share * 0.97 <= len(world.sent) <= V4.month_share
    assert all(read.new for read in world.reads)


@pytest.mark.parametrize(
    "memory",
    [
        {"energy": None},
        {"energy": []},
        {"energy": {"ran_at": "yesterday"}},
        {"energy": {"ran_at": float("nan"), "anchor": float("inf"), "delay": -5, "whole": 0, "tune": 99}},
        {"energy": {"plan": [0.0] * 10, "shift": 1e99}},
        {"energy": {"plan": ["now", None], "shift": "no"}},
        {"energy": {"ran_at": True, "anchor": {}, "whole": "3", "missed_at": []}},
    ],
)
def test_a_damaged_memory_counts_as_a_system_that_was_never_read(memory: dict[str, object]) -> None:
    world = World(V4, utc(2026, 6, 1, 12), {})
    world.join("new", BERLIN, memory)
    assert world.due("new") == world.now
    world.run(utc(2026, 6, 2))
    assert all(read.new for read in world.reads)


def test_a_memory_with_the_last_run_only_is_enough_to_wait_for_the_next() -> None:
    world = World(V4, utc(2026, 6, 1, 12), {})
    world.join("new", BERLIN, {"energy": {"ran_at": utc(2026, 6, 1, 11, 59).timestamp()}})
    assert world.due("new") > world.now + timedelta(minutes=10)


def test_a_clock_that_was_set_back_stops_no_system() -> None:
    world = World(V4, *MONTH[:1], several(1))
    world.run(utc(2026, 6, 20, 12))
    world.now = utc(2026, 6, 18, 12)
    assert world.due("system 0") == world.now
    world.owner_reads("system 0")
    assert world.now < world.due("system 0") < world.now + timedelta(hours=2)


@pytest.mark.parametrize("place", [SAN_JOSE, SYDNEY])
def test_a_month_that_turns_in_broad_daylight_leaves_no_gap(place: Place) -> None:
    world = World(V4, utc(2026, 3, 20), several(1, place))
    world.run(utc(2026, 4, 10))
    turn = utc(2026, 4, 1)
    near = [read.at for read in world.reads if abs(read.at - turn) < timedelta(hours=5) and is_light(place, read.at)]
    assert max(two - one for one, two in pairwise(near)) <= timedelta(hours=1)
    assert sum(moment < turn for moment in world.sent) <= V4.month_share


def test_the_day_the_clocks_change_is_a_day_like_its_neighbours() -> None:
    world = World(V4, utc(2026, 3, 1), several(1))
    days = Counter(read.at.date() for read in world.run(utc(2026, 4, 1)))
    assert abs(days[utc(2026, 3, 29).date()] - days[utc(2026, 3, 28).date()]) <= 2


def test_the_midnight_sun_is_read_around_the_clock() -> None:
    world = World(V4, *MONTH[:1], several(1, TROMSO))
    reads = [read.at for read in world.run(MONTH[1])]
    assert len(reads) >= V4.month_share * 0.98
    gaps = sorted(two - one for one, two in pairwise(reads))
    assert gaps[0] >= timedelta(minutes=15)
    assert gaps[-1] <= timedelta(minutes=75)


def test_in_the_polar_night_a_system_is_asked_once_a_day_whether_it_is_well() -> None:
    world = World(V4, utc(2026, 12, 1), several(2, TROMSO))
    days = Counter((read.system, read.at.date()) for read in world.run(utc(2026, 12, 31)))
    assert len(days) == 60
    assert set(days.values()) == {1}


def test_a_polar_night_of_many_systems_is_shared_fairly() -> None:
    world = World(V4, utc(2026, 12, 1), several(60, TROMSO))
    reads = Counter(read.system for read in world.run(utc(2026, 12, 31)))
    assert sum(reads.values()) <= V4.month_share
    assert max(reads.values()) - min(reads.values()) <= 2


def test_a_spent_month_waits_for_the_next_one() -> None:
    world = World(Limits(per_minute=10, per_month=20), utc(2026, 6, 28), several(2))
    for _ in range(world.limits.month_share):
        world.ledger.spend(world.now)
    assert world.due("system 0") == world.due("system 1") == utc(2026, 7, 1)
    assert world.run(utc(2026, 7, 1)) == []
    assert world.run(utc(2026, 7, 3))


def test_a_plan_without_a_reading_for_each_system_still_reads_some() -> None:
    limits = Limits(per_minute=10, per_month=21)
    world = World(limits, *MONTH[:1], several(40))
    world.run(MONTH[1])
    assert len(world.sent) == limits.month_share


def test_a_job_that_reports_something_in_the_dark_is_read_at_night_but_seldom() -> None:
    meter = JobTerms(name="meter", cadence=timedelta(minutes=15), delay=timedelta(minutes=5), weight=1, night=True)
    world = World(Limits(per_minute=10, per_month=2000), utc(2026, 3, 1), several(2), (meter,))
    reads = world.run(utc(2026, 4, 1))
    light = light_hours(BERLIN, utc(2026, 3, 1), utc(2026, 4, 1))
    by_day = sum(is_light(BERLIN, read.at) for read in reads) / light
    by_night = sum(not is_light(BERLIN, read.at) for read in reads) / (31 * 24 - light)
    assert 1 / 8 < by_night / by_day < 1 / 4
    assert 0.97 * 1900 <= len(world.sent) <= 1900
    assert all(read.new for read in reads)


def test_a_plan_with_plenty_reads_a_meter_as_often_by_night_as_by_day() -> None:
    meter = JobTerms(name="meter", cadence=timedelta(minutes=15), delay=timedelta(minutes=5), weight=1, night=True)
    world = World(LARGE, utc(2026, 3, 1), several(1), (meter,))
    assert len(world.run(utc(2026, 3, 8))) == pytest.approx(7 * 96, abs=2)


def test_lists_run_at_their_cadence_and_energy_gets_the_rest() -> None:
    daily = JobTerms(name="inventory", cadence=timedelta(hours=24))
    world = World(V4, *MONTH[:1], several(2), (QUARTER, daily))
    reads = Counter(read.job for read in world.run(MONTH[1]))
    assert reads["inventory"] == pytest.approx(2 * 30, abs=2)
    assert 0.98 * 950 <= sum(reads.values()) <= 950


def test_lists_of_many_systems_never_take_more_than_half_from_energy() -> None:
    lists = [JobTerms(name=f"list {number}", cadence=timedelta(hours=24)) for number in range(3)]
    world = World(V4, *MONTH[:1], several(20), (QUARTER, *lists))
    reads = Counter(read.job for read in world.run(MONTH[1]))
    assert reads["energy"] >= 0.4 * 950
    assert sum(reads.values()) <= 950
    assert all(reads[job.name] >= 20 * 2 for job in lists)


def test_lists_of_systems_that_began_together_drift_apart() -> None:
    lists = [JobTerms(name=f"list {number}", cadence=timedelta(hours=6)) for number in range(2)]
    world = World(V2, *MONTH[:1], several(10), lists)
    world.run(utc(2026, 6, 3))
    assert world.waits
    world.waits = 0
    world.run(utc(2026, 6, 10))
    assert world.waits == 0


def test_jobs_get_requests_by_weight_and_what_one_cannot_use_goes_to_the_other() -> None:
    one = JobTerms(name="one", cadence=timedelta(minutes=15), weight=3)
    two = JobTerms(name="two", cadence=timedelta(minutes=15), weight=1)
    world = World(V4, *MONTH[:1], several(1), (one, two))
    reads = Counter(read.job for read in world.run(MONTH[1]))
    assert reads["one"] / reads["two"] == pytest.approx(3, rel=0.1)
    slow = JobTerms(name="slow", cadence=timedelta(hours=4), weight=3)
    world = World(V4, *MONTH[:1], several(1), (slow, two))
    reads = Counter(read.job for read in world.run(MONTH[1]))
    assert 110 <= reads["slow"] <= 160
    assert sum(reads.values()) >= 0.97 * 950


def test_the_readings_that_a_plan_promises_are_those_that_are_made() -> None:
    for systems, month in ((1, 6), (3, 3), (10, 12)):
        start, end = utc(2026, month, 1), utc(2026 + month // 12, month % 12 + 1, 1)
        world = World(V4, start, several(systems))
        promised = world.pacing.readings_per_hour("system 0", budget_of(world.ledger, start))
        made = sum(read.system == "system 0" for read in world.run(end)) / light_hours(BERLIN, start, end)
        assert promised == pytest.approx(made, rel=0.1)


def test_a_system_without_daylight_is_promised_nothing() -> None:
    world = World(V4, utc(2026, 12, 5), several(1, Place(75, 20)))
    assert world.pacing.readings_per_hour("system 0", budget_of(world.ledger, world.now)) is None


def test_a_plan_too_small_for_ten_systems_is_known_by_its_number() -> None:
    world = World(V4, utc(2026, 6, 5), several(10))
    promised = world.pacing.readings_per_hour("system 0", budget_of(world.ledger, world.now))
    assert promised is not None
    assert promised < 0.5


def test_the_answer_is_never_later_than_the_end_of_the_cycle() -> None:
    world = World(V4, utc(2026, 6, 30, 23), several(1), (QUARTER, JobTerms(name="rare", cadence=timedelta(days=40))))
    world.run(utc(2026, 6, 30, 23, 30))
    for job in world.jobs:
        assert world.due("system 0", job) <= utc(2026, 7, 1)


def test_a_decisions_price_grows_no_more_than_the_logarithm_of_the_number_of_systems() -> None:
    def calls(systems: int) -> int:
        world = World(V2, utc(2026, 6, 1, 9), several(systems))
        for system in world.places:
            world.pacing.ran(system, "energy", world.now, world.now - timedelta(minutes=6))
        world.due("system 0")
        world.now += timedelta(minutes=2)
        counted = 0

        def count(_frame: object, event: str, _arg: object) -> None:
            nonlocal counted
            counted += event in {"call", "c_call"}

        sys.setprofile(count)
        try:
            world.due(f"system {systems - 1}")
        finally:
            sys.setprofile(None)
        return counted

    calls(1)  # what is remembered of the calendar is remembered from here on
    # log 1000 / log 10; a system may have to look a day further ahead than another, however many there are.
    assert calls(1000) <= calls(10) * 3


def test_a_job_whose_answers_carry_no_time_runs_no_more_often_than_its_cadence() -> None:
    job = JobTerms(name="overview", cadence=timedelta(hours=1), delay=timedelta(minutes=2), weight=1)
    pacing, now = Pacing(), utc(2026, 6, 10)
    pacing.put("site", BERLIN, (job,))
    budget = Budget(left=9000, share=9500, per_minute=8, resets_at=utc(2026, 7, 1))
    runs = []
    while now < utc(2026, 6, 11):
        if pacing.next_at("site", job.name, now, budget) <= now:
            pacing.ran("site", job.name, now)
            runs.append(now)
        now += timedelta(minutes=1)
    assert 14 <= len(runs) <= 19
    assert min(later - earlier for earlier, later in pairwise(runs)) >= timedelta(hours=1)
