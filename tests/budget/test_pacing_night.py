"""Jobs that report something in the dark too, as grid and battery flows do: by day, at night, and at the seams."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.sky.sun import Place

from .pacing_world import BERLIN, LARGE, SAN_JOSE, SYDNEY, TROMSO, Read, Reports, World, is_light, light_spans, utc

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
BATTERY = JobTerms(
    name="energy", cost=3, cadence=QUARTER, delay=timedelta(seconds=90), weight=6, night=True, first=True
)
FREE = Limits(per_minute=10, per_month=2_000)
MARGIN = timedelta(minutes=5)


def month(number: int) -> tuple[datetime, datetime]:
    return utc(2026, number, 1), utc(2026 + number // 12, number % 12 + 1, 1)


def played(place: Place, number: int, systems: int = 1, limits: Limits = FREE, job: JobTerms = BATTERY) -> World:
    start, end = month(number)
    world = World(limits, start, {f"system {index}": place for index in range(systems)}, (job,))
    world.run(end)
    return world


def of_days(world: World, place: Place, number: int) -> list[tuple[datetime, datetime, list[Read]]]:
    """Return the daylight of each whole day of a month but the first, and what one system read in it and just after."""
    start, end = month(number)
    reads = [read for read in world.reads if read.system == "system 0"]
    spans = [span for span in light_spans(place, start + timedelta(days=1), end) if span[1] + HOUR < end]
    return [(rise, fall, [read for read in reads if rise < read.end <= fall + 2 * QUARTER]) for rise, fall in spans]


def mean_age(world: World, days: list[tuple[datetime, datetime]]) -> float:
    """Return the mean age over the daylight in seconds; it counts from sunrise at the earliest."""
    area = total = 0.0
    for rise, fall in days:
        inside = [read for read in world.reads if read.system == "system 0" and rise < read.at < fall]
        newest, at = rise, rise
        for read in inside:
            area += ((read.at - newest).total_seconds() ** 2 - (at - newest).total_seconds() ** 2) / 2
            newest, at = max(read.end, rise), read.at
        area += ((fall - newest).total_seconds() ** 2 - (at - newest).total_seconds() ** 2) / 2
        total += (fall - rise).total_seconds()
    return area / total


@pytest.mark.parametrize("place", [BERLIN, SYDNEY])
@pytest.mark.parametrize(("number", "systems"), [(3, 1), (6, 1), (12, 1), (3, 3), (6, 3)])
def test_by_day_it_is_as_fresh_as_a_job_that_sleeps_at_night_with_as_many_readings(
    place: Place, number: int, systems: int
) -> None:
    around = played(place, number, systems)
    by_day = sum(is_light(place, read.at) for read in around.reads)
    sleeping = replace(BATTERY, cost=1, night=False)
    peer = played(place, number, systems, Limits(per_minute=10, per_month=round(by_day / 0.95) + 1), sleeping)
    days = light_spans(place, *month(number))[1:-1]
    # Of a few readings the one at sunrise reports the grid, and nothing of production.
    assert mean_age(around, days) <= mean_age(peer, days) * (1.06 if systems == 1 else 1.2)


@pytest.mark.parametrize(("number", "systems"), [(3, 1), (6, 1), (12, 1), (3, 3), (6, 3)])
def test_readings_of_a_day_lie_evenly_although_the_night_has_readings_too(number: int, systems: int) -> None:
    spread = []
    for _, _, reads in of_days(played(BERLIN, number, systems), BERLIN, number)[:-1]:
        gaps = [(two.end - one.end) / QUARTER for one, two in pairwise(reads)]
        spread.append(max(gaps) - min(gaps))
    assert mean(spread) <= 1.1
    assert max(spread) <= 2


@pytest.mark.parametrize("place", [BERLIN, SYDNEY])
@pytest.mark.parametrize(("number", "systems"), [(3, 1), (6, 1), (12, 1), (3, 3), (6, 3)])
def test_one_reading_takes_the_first_report_after_sunset_and_finishes_the_day(
    place: Place, number: int, systems: int
) -> None:
    days = of_days(played(place, number, systems), place, number)
    # Of several systems the last to finish the month may find a request less than a run costs.
    for _, fall, reads in days if systems == 1 else days[:-1]:
        after = [read for read in reads if read.end >= fall + MARGIN]
        assert len(after) == 1
        assert after[0].at - fall <= MARGIN + QUARTER + BATTERY.delay + HOUR / 60 * systems


@pytest.mark.parametrize("place", [BERLIN, SYDNEY])
@pytest.mark.parametrize("number", [3, 6, 12])
def test_neither_sunset_nor_sunrise_brings_a_burst_or_a_hole(place: Place, number: int) -> None:
    world = played(place, number)
    days = of_days(world, place, number)
    by_day = mean((two.end - one.end) / QUARTER for _, _, reads in days for one, two in pairwise(reads))
    settled = [read for read in world.reads[20:] if read.at < days[-1][0]]
    gaps = [(two.end - one.end) / QUARTER for one, two in pairwise(settled)]
    assert min(gaps) >= by_day - 1.5
    # Between sunset and sunrise a night has a whole number of gaps.
    assert max(gaps) <= by_day * 6 * 1.5 + 1


@pytest.mark.parametrize(("number", "systems"), [(3, 1), (6, 1), (12, 1), (3, 3), (6, 3)])
def test_a_reading_at_sunrise_keeps_yesterdays_grid_out_of_the_morning(number: int, systems: int) -> None:
    world = played(BERLIN, number, systems)
    for rise, _, _ in of_days(world, BERLIN, number)[1:-1]:
        near = [
            read for read in world.reads if read.system == "system 0" and abs(read.end - rise) <= timedelta(minutes=13)
        ]
        assert len(near) == 1


def test_the_night_has_a_sixth_of_the_days_readings_an_hour() -> None:
    world = played(BERLIN, 12)
    days = light_spans(BERLIN, *month(12))
    nights = [(one[1] + MARGIN + QUARTER, two[0] + QUARTER) for one, two in pairwise(days)]
    dark = sum((end - start) / HOUR for start, end in nights)
    at_night = sum(start < read.end <= end for read in world.reads for start, end in nights)
    by_day = (len(world.reads) - at_night) / (31 * 24 - dark)
    assert 0.75 / 6 < at_night / dark / by_day < 1.25 / 6


def test_few_readings_are_laid_over_day_and_night_and_none_is_forced_after_sunset() -> None:
    world = played(BERLIN, 3, 10)
    counts = Counter(read.system for read in world.reads)
    assert max(counts.values()) - min(counts.values()) <= 2
    assert FREE.month_share * 0.97 <= len(world.sent) <= FREE.month_share


@pytest.mark.parametrize("number", [6, 12])
def test_what_a_run_in_the_dark_costs_less_than_declared_is_used_by_day(number: int) -> None:
    def cheaper(job: JobTerms, now: datetime) -> int:
        return job.cost - (not is_light(BERLIN, now))

    start, end = month(number)
    world = World(FREE, start, {"system 0": BERLIN}, (BATTERY,), sends=cheaper)
    world.run(end)
    full = played(BERLIN, number)
    saved = sum(not is_light(BERLIN, read.at) for read in world.reads)
    more = sum(is_light(BERLIN, read.at) for read in world.reads) - sum(
        is_light(BERLIN, read.at) for read in full.reads
    )
    assert saved > 30
    assert more >= saved / 3 * 0.6
    assert FREE.month_share * 0.98 <= len(world.sent) <= FREE.month_share
    last_days = [sum(sent.date() == utc(2026, number, day).date() for sent in world.sent) for day in range(20, 30)]
    assert max(last_days) - min(last_days) <= 12


def test_a_system_that_sleeps_at_night_after_all_is_not_asked_more_often_for_that() -> None:
    start, end = month(12)
    asleep = Reports(silent=lambda end: not is_light(BERLIN, end))
    world = World(FREE, start, {"system 0": BERLIN}, (BATTERY,), {"system 0": asleep})
    world.run(end)
    dark = sum(not is_light(BERLIN, read.at, HOUR) for read in world.reads) / 31
    usual = sum(not is_light(BERLIN, read.at, HOUR) for read in played(BERLIN, 12).reads) / 31
    assert dark <= usual + 1.5
    days = Counter(read.at.date() for read in world.reads if read.new)
    assert min(days[utc(2026, 12, day).date()] for day in range(2, 31)) >= 8


def test_a_system_cut_off_in_the_polar_night_is_asked_at_the_pace_of_the_night() -> None:
    start, end = month(12)
    world = World(FREE, start, {"system 0": TROMSO}, (BATTERY,), {"system 0": Reports(silent=lambda end: end > start)})
    world.run(end)
    usual = len(played(TROMSO, 12).sent)
    assert usual >= FREE.month_share * 0.97
    assert len(world.sent) <= usual


@pytest.mark.parametrize("place", [SAN_JOSE, SYDNEY])
def test_a_month_that_turns_in_broad_daylight_leaves_no_gap_in_a_meters_day(place: Place) -> None:
    world = World(FREE, utc(2026, 3, 20), {"system 0": place}, (BATTERY,))
    world.run(utc(2026, 4, 10))
    turn = utc(2026, 4, 1)
    near = [read.at for read in world.reads if abs(read.at - turn) < timedelta(hours=5) and is_light(place, read.at)]
    assert max(two - one for one, two in pairwise(near)) <= timedelta(minutes=90)
    assert sum(moment < turn for moment in world.sent) <= FREE.month_share


def test_a_restart_does_not_move_the_next_reading_of_a_meter() -> None:
    world = World(FREE, utc(2026, 3, 1), {"system 0": BERLIN}, (BATTERY,))
    for hour in range(100):
        world.run(utc(2026, 3, 2) + timedelta(hours=7 * hour, minutes=11))
        due = world.due("system 0")
        world.restart()
        assert world.due("system 0") == due
    assert all(read.new for read in world.reads)


def test_a_plan_with_plenty_reads_every_report_of_the_day_at_once() -> None:
    world = World(LARGE, utc(2026, 3, 1), {"system 0": BERLIN}, (BATTERY,))
    reads = world.run(utc(2026, 3, 8))[2:]
    assert all(two.end - one.end == QUARTER for one, two in pairwise(reads))
    assert all(read.at - read.end - BATTERY.delay < timedelta(seconds=2) for read in reads)
