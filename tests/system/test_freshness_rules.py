"""The rule by which a value stands or has stopped being reported, without a system around it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from custom_components.solar_cloud.model.sources import Source
from custom_components.solar_cloud.system.freshness import Freshness, freshness_of
from custom_components.solar_cloud.system.schedule import JobState, Schedule

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def job(ago: timedelta | None, *gaps: timedelta, failures: int = 0, resting: bool = False) -> JobState:
    """Return a job that answered so long before now, with so much between its answers before."""
    return JobState(
        done_at=None if ago is None else NOW - ago,
        gaps=tuple(gap.total_seconds() for gap in gaps),
        failures=failures,
        resting=resting,
    )


def fresh(
    source: Source | None,
    *,
    answered: timedelta | None = timedelta(0),
    settling: timedelta = timedelta(0),
    **jobs: JobState,
) -> Freshness:
    """Return the rule for a flow, with another job that answered so long before now."""
    return Freshness(
        answered_at=None if answered is None else NOW - answered,
        schedule=Schedule(jobs=MappingProxyType(jobs)),
        sources=MappingProxyType({} if source is None else {"flow": source}),
        settling=settling,
    )


METERS = Source(job="meters")


@pytest.mark.parametrize(
    ("state", "bound"),
    [
        # An hour at least, else three of its own gaps.
        (job(5 * MINUTE, 15 * MINUTE), HOUR),
        (job(5 * MINUTE, 30 * MINUTE), 90 * MINUTE),
        (job(5 * MINUTE, 20 * MINUTE, 20 * MINUTE, 5 * HOUR), HOUR),
        # The present gap counts where it is longer, up to what a plan lets pass.
        (job(2 * HOUR, 15 * MINUTE), 6 * HOUR),
        (job(4 * HOUR, 15 * MINUTE), 12 * HOUR),
        (job(9 * HOUR, 15 * MINUTE), 12 * HOUR),
        (job(9 * HOUR, 5 * HOUR), 15 * HOUR),
        (job(2 * HOUR), 6 * HOUR),
        # What fails was asked for, and what rests has nothing to say.
        (job(2 * HOUR, 15 * MINUTE, failures=1), HOUR),
        (job(2 * HOUR, 30 * MINUTE, failures=2), 90 * MINUTE),
        (job(2 * HOUR, 30 * MINUTE, resting=True), 90 * MINUTE),
        (job(None), HOUR),
        (job(None, 2 * HOUR), 6 * HOUR),
    ],
)
def test_a_value_stands_for_three_gaps_of_its_job(state: JobState, bound: timedelta) -> None:
    assert fresh(METERS, meters=state).bound("flow") == bound


def test_a_flow_whose_job_is_not_known_stands_for_an_hour() -> None:
    assert fresh(METERS).bound("flow") == HOUR


def test_a_flow_of_which_nobody_knows_the_job_stands_for_the_longest_time() -> None:
    assert fresh(None).bound("flow") == 12 * HOUR


def test_the_last_answer_of_any_job_that_brings_a_flow_ends_the_present_gap() -> None:
    source = Source(job="meters", others=("latest", "rows", "gone"))
    states = {"meters": job(3 * HOUR, 15 * MINUTE), "rows": job(None)}
    assert fresh(source, **states).bound("flow") == 9 * HOUR
    assert fresh(source, latest=job(30 * MINUTE), **states).bound("flow") == 90 * MINUTE
    assert fresh(source, alerts=job(MINUTE), **states).bound("flow") == 9 * HOUR


def test_the_present_gap_ends_with_the_newest_answer_of_all() -> None:
    assert fresh(METERS, answered=HOUR, meters=job(3 * HOUR, 15 * MINUTE)).bound("flow") == 6 * HOUR
    assert fresh(METERS, answered=None, meters=job(3 * HOUR, 15 * MINUTE)).bound("flow") == HOUR


def test_a_cloud_with_long_steps_has_one_and_a_half_of_them() -> None:
    source = Source(job="meters", step=(6 * HOUR).total_seconds())
    assert fresh(source, meters=job(MINUTE, 15 * MINUTE)).bound("flow") == 9 * HOUR


@pytest.mark.parametrize(("age", "stands"), [(HOUR, True), (HOUR + MINUTE, False)])
def test_a_value_of_the_bounds_age_stands_and_an_older_one_does_not(age: timedelta, stands: bool) -> None:
    rule = fresh(METERS, meters=job(timedelta(0), MINUTE))
    assert rule.holds(NOW - age, "flow") is stands
    assert rule.job_holds("meters") is True


def test_what_still_fills_may_be_older_by_so_much_and_a_lifetime_for_longer() -> None:
    rule = fresh(METERS, settling=20 * MINUTE, meters=job(timedelta(0), MINUTE))
    assert rule.holds(NOW - HOUR - 20 * MINUTE, "flow")
    assert not rule.holds(NOW - HOUR - 21 * MINUTE, "flow")
    assert rule.holds(NOW - 24 * HOUR, "flow", timedelta(days=1))
    assert not rule.holds(NOW - 24 * HOUR - MINUTE, "flow", timedelta(days=1))


def test_what_has_no_time_stands() -> None:
    assert fresh(METERS, meters=job(HOUR)).holds(None, "flow")
    assert fresh(METERS, answered=None, meters=job(HOUR)).holds(NOW - 30 * HOUR, "flow")
    assert fresh(METERS).job_holds("meters")
    assert fresh(METERS, answered=None, meters=job(30 * HOUR)).job_holds("meters")
    assert fresh(METERS, meters=job(None)).job_holds("meters")


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (job(HOUR, MINUTE), True),
        (job(61 * MINUTE, MINUTE), False),
        (job(3 * HOUR, HOUR), True),
        (job(3 * HOUR + MINUTE, HOUR), False),
        # One that has answered once is believed to be asked for as seldom as a plan has it.
        (job(12 * HOUR), True),
        (job(12 * HOUR + MINUTE), False),
        (job(61 * MINUTE, failures=1), False),
    ],
)
def test_what_a_job_brought_stands_for_three_of_its_usual_gaps(state: JobState, stands: bool) -> None:
    assert fresh(METERS, meters=state).job_holds("meters") is stands


def test_the_newest_answer_of_any_job_counts_but_none_of_the_future() -> None:
    jobs = {"a": job(2 * HOUR), "b": job(HOUR), "c": job(-HOUR), "d": job(None)}
    sources = {"flow": METERS}
    rule = freshness_of(Schedule(jobs=MappingProxyType(jobs)), sources, NOW, 5 * MINUTE)
    assert (rule.answered_at, rule.sources, rule.settling) == (NOW - HOUR, sources, 5 * MINUTE)
    assert freshness_of(Schedule(), sources, NOW).answered_at is None
    now = freshness_of(Schedule(jobs=MappingProxyType({"a": job(timedelta(0))})), sources, NOW)
    assert (now.answered_at, now.settling, now.schedule.jobs["a"]) == (NOW, timedelta(0), job(timedelta(0)))


@pytest.mark.parametrize(("name", "bound"), [("grid_import", 15 * HOUR), ("grid_import_energy", 24 * HOUR)])
def test_seldom_rows_let_an_energy_last_for_a_day_and_a_power_for_no_longer_than_before(
    name: str, bound: timedelta
) -> None:
    jobs = {"import": job(2 * HOUR, 8 * HOUR, 8 * HOUR)}
    rule = replace(fresh(None, **jobs), sources=MappingProxyType({name: Source(job="import")}))
    assert rule.bound(name) == bound
