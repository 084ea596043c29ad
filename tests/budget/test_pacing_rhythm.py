"""Following a cloud that reports otherwise than its documents say."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import median

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.budget.rhythm import Rhythm

from .pacing_world import BERLIN, FIVE, LARGE, QUARTER, V2, V4, Read, Reports, World, is_light, utc

START, LEARNT, END = utc(2026, 6, 1), utc(2026, 6, 2), utc(2026, 6, 12)
HOUR = timedelta(hours=1)


def month(reports: Reports, job=FIVE, limits=LARGE) -> World:
    return World(limits, START, {"system": BERLIN}, (job,), {"system": reports})


def settled(world: World, end: datetime = END) -> list[Read]:
    """Return the reads of some days in the middle of the light, after a day of learning."""
    world.run(LEARNT)
    return [
        read
        for read in world.run(end)
        if is_light(BERLIN, read.at) and is_light(BERLIN, read.at - HOUR) and is_light(BERLIN, read.at + HOUR)
    ]


def wasted(reads: list[Read]) -> float:
    return sum(not read.new for read in reads) / len(reads)


def lateness(reads: list[Read], delay: timedelta) -> timedelta:
    """Return how long after it could be read a report is typically read."""
    return median(read.at - read.end - delay for read in reads if read.new)


@pytest.mark.parametrize("phase", [timedelta(seconds=197), timedelta(minutes=11, seconds=1), timedelta(seconds=-5)])
@pytest.mark.parametrize("job", [FIVE, QUARTER], ids=["v2", "v4"])
def test_the_phase_of_the_reports_is_learned_from_the_first_answer(phase: timedelta, job) -> None:
    reads = settled(month(Reports(phase=phase), job))
    assert wasted(reads) == 0
    assert lateness(reads, job.delay) < timedelta(seconds=1)


@pytest.mark.parametrize("extra", [timedelta(seconds=40), timedelta(minutes=2), timedelta(minutes=4, seconds=30)])
def test_a_cloud_slower_than_documented_is_asked_later(extra: timedelta) -> None:
    reads = settled(month(Reports(delay=FIVE.delay + extra)))
    assert wasted(reads) < 0.03
    assert lateness(reads, FIVE.delay + extra) < timedelta(seconds=60)


def test_a_cloud_that_is_fast_again_is_asked_early_again() -> None:
    reports = Reports(delay=FIVE.delay + timedelta(minutes=3))
    world = month(reports)
    world.run(utc(2026, 6, 4))
    reports.delay = FIVE.delay
    world.run(utc(2026, 6, 6))
    reads = settled(world)
    assert wasted(reads) == 0
    assert lateness(reads, FIVE.delay) < timedelta(seconds=10)


def test_a_delay_that_varies_wastes_few_requests() -> None:
    chance = Random(4)
    world = month(Reports())
    reports = world.reports["system"]
    while world.now < utc(2026, 6, 6):
        reports.delay = timedelta(minutes=chance.uniform(1, 4.5))
        world.run(world.now + timedelta(minutes=5))
    reads = [read for read in world.reads if is_light(BERLIN, read.at - HOUR) and is_light(BERLIN, read.at + HOUR)]
    assert wasted(reads) < 0.15


@pytest.mark.parametrize("steps", [2, 3, 6])
def test_a_gateway_that_uploads_in_larger_steps_is_asked_once_for_each_upload(steps: int) -> None:
    reads = settled(month(Reports(cadence=steps * FIVE.cadence)))
    assert wasted(reads) < 0.1
    assert lateness(reads, FIVE.delay) < timedelta(seconds=60)
    world = month(Reports(cadence=steps * FIVE.cadence))
    assert len(world.run(END)) < 1.2 * 11 * 20 * 12 / steps


def test_a_gateway_that_uploads_often_again_is_read_often_again() -> None:
    world = month(Reports(cadence=3 * FIVE.cadence))
    world.run(utc(2026, 6, 4, 12))
    world.reports["system"].cadence = FIVE.cadence
    world.run(utc(2026, 6, 8))
    reads = settled(world)
    days = (END - utc(2026, 6, 8)).days
    assert len(reads) > 0.95 * days * 12 * 14
    assert wasted(reads) < 0.03


@pytest.mark.parametrize("seconds", [-4, 3])
def test_a_gateway_whose_clock_runs_wrong_is_followed(seconds: int) -> None:
    reads = settled(month(Reports(cadence=FIVE.cadence + timedelta(seconds=seconds))))
    assert wasted(reads) < 0.03
    assert lateness(reads, FIVE.delay) < timedelta(seconds=20)


def test_reports_that_jitter_are_rarely_missed() -> None:
    """Ends lie up to half a minute off their time, another one each time."""

    class Jittery(Reports):
        def newest(self, job, now):
            number = int((now - job.delay).timestamp() // 300)
            for index in range(number + 1, number - 2, -1):
                end = index * 300 + Random(index).uniform(-30, 30)
                if end + job.delay.total_seconds() <= now.timestamp():
                    return datetime.fromtimestamp(end, now.tzinfo)
            raise AssertionError

    reads = settled(month(Jittery()))
    assert wasted(reads) < 0.15
    assert len({read.end for read in reads}) > 0.9 * 10 * 12 * 14


def test_a_system_cut_off_is_asked_once_an_hour_and_at_full_pace_when_it_is_back() -> None:
    cut = (utc(2026, 6, 5, 10), utc(2026, 6, 7, 10))
    world = month(Reports(silent=lambda end: cut[0] <= end < cut[1]))
    world.run(cut[0] + 2 * HOUR)
    hours = [read for read in world.run(utc(2026, 6, 5, 18)) if not read.new]
    assert 4 <= len(hours) <= 7
    world.run(cut[1])
    back = world.run(utc(2026, 6, 7, 14))
    assert next(read.at for read in back if read.new) - cut[1] <= timedelta(minutes=70)
    assert sum(read.new for read in back) >= 0.7 * 4 * 12


ROWS = replace(QUARTER, name="rows", cost=4, weight=2, night=True)


@pytest.mark.parametrize("restarts", [False, True])
def test_what_a_cut_off_system_lacks_is_read_as_soon_as_anything_shows_that_it_is_back(restarts: bool) -> None:
    cut = (utc(2026, 6, 5, 11), utc(2026, 6, 7, 9))
    world = World(
        V4,
        START,
        {"system": BERLIN},
        (QUARTER, ROWS),
        {"system": Reports(silent=lambda end: cut[0] <= end < cut[1])},
    )
    world.run(utc(2026, 6, 7, 7))
    if restarts:
        world.restart()
    world.run(cut[1])
    back = [read for read in world.run(utc(2026, 6, 7, 22)) if read.new]
    first = next(read for read in back if read.job == "energy")
    rows = next(read for read in back if read.job == "rows")
    assert timedelta(0) <= rows.at - first.at <= timedelta(minutes=1)
    assert sum(read.job == "rows" and read.at - first.at < 2 * HOUR for read in world.reads if read.at >= first.at) == 1


@pytest.mark.parametrize("limits", [V4, V2], ids=["v4", "v2"])
def test_inverters_that_slept_are_not_waited_for(limits: Limits) -> None:
    def asleep(end: datetime) -> bool:
        return not (is_light(BERLIN, end - HOUR) and is_light(BERLIN, end + HOUR))

    world = World(limits, START, {"system": BERLIN}, (QUARTER, ROWS), {"system": Reports(silent=asleep)})
    awaited = 0
    for hours in range(24 * 20):
        world.run(START + hours * HOUR)
        awaited += any(task.is_awaited for one in world.pacing._systems.values() for task in one.tasks.values())
    assert awaited == 0


def test_how_long_a_system_has_been_silent_is_known_after_a_restart() -> None:
    rhythm, again = Rhythm(300, 120), Rhythm(300, 120)
    for number in range(5):
        rhythm.learn(10_000 + number * 300, 9_600, steady=True)
    again.recall(rhythm.as_dict())
    assert again.silent == rhythm.silent == 4
    for damaged, silent in ((None, 0), ("many", 0), (-3, 0), (1e300, 100), (True, 0)):
        again.recall(rhythm.as_dict() | {"silent": damaged})
        assert again.silent == silent


def test_what_a_silent_system_does_not_use_goes_to_the_others() -> None:
    places = {"silent": BERLIN, "other": BERLIN}
    reports = {"silent": Reports(silent=lambda end: end > utc(2026, 6, 3))}
    world = World(V4, START, places, (QUARTER,), reports)
    reads = world.run(utc(2026, 7, 1))
    counts = {name: sum(read.system == name for read in reads) for name in places}
    assert sum(counts.values()) > 0.95 * V4.month_share
    assert counts["other"] > 1.7 * counts["silent"]


def test_inverters_that_sleep_late_do_not_make_the_cloud_look_slow() -> None:
    def asleep(end: datetime) -> bool:
        return not (is_light(BERLIN, end - timedelta(minutes=40)) and is_light(BERLIN, end + timedelta(minutes=40)))

    world = month(Reports(silent=asleep))
    reads = settled(world, utc(2026, 6, 8))
    middle = [read for read in reads if 6 <= read.at.hour <= 16]
    assert wasted(middle) == 0
    assert lateness(middle, FIVE.delay) < timedelta(seconds=1)
    days = 6
    mornings = [read for read in world.reads if read.at > LEARNT and not read.new]
    assert len(mornings) <= days * 18


def test_an_answer_older_than_what_is_known_changes_nothing_but_patience() -> None:
    rhythm = Rhythm(300, 120)
    rhythm.learn(10_000, 9_600, steady=True)
    rhythm.learn(10_140, 9_000, steady=True)
    assert rhythm.anchor == 9_600
    assert rhythm.silent == 1
    assert rhythm.near(9_900) == 9_900


def test_an_interval_that_ends_in_the_future_is_not_believed() -> None:
    rhythm = Rhythm(300, 120)
    rhythm.learn(10_000, 99_999, steady=True)
    assert rhythm.anchor == 10_000
