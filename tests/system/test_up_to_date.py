"""Whether the newest power is as new as the pace of the readings lets it be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, System, Vendor
from custom_components.solar_cloud.model.sources import Source
from custom_components.solar_cloud.model.value import Published, Value
from custom_components.solar_cloud.system.schedule import JobState, Schedule
from custom_components.solar_cloud.system.up_to_date import is_up_to_date, newest_source

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SYSTEM = System(vendor=Vendor.ENPHASE, id="72", name="Roof", timezone="Europe/Amsterdam")
DATA = SystemData(
    system=SYSTEM,
    sources=MappingProxyType({Flow.PRODUCTION: Source(job="summary", end=NOW - 20 * MINUTE, step=300)}),
)


def is_new(
    *,
    age: timedelta = 20 * MINUTE,
    read: timedelta = 10 * MINUTE,
    due_in: timedelta = 5 * MINUTE,
    gap: timedelta = 15 * MINUTE,
    failures: int = 0,
    settling: timedelta = timedelta(0),
    step: timedelta = 5 * MINUTE,
) -> bool | None:
    """Ask of a system whose newest power is so old, and whose job was read so long ago."""
    source = Source(job="summary", end=NOW - age, step=step.total_seconds())
    state = JobState(done_at=NOW - read, failures=failures, gaps=(gap.total_seconds(),) * 3)
    data = replace(DATA, sources=MappingProxyType({Flow.PRODUCTION: source}))
    schedule = Schedule(jobs=MappingProxyType({"summary": state}))
    return is_up_to_date(data, schedule, NOW - age, lambda: NOW + due_in, NOW, settling)


def test_a_power_that_was_new_when_it_was_read_is_up_to_date() -> None:
    assert is_new()


def test_a_pause_that_the_plan_makes_is_no_reason() -> None:
    assert is_new(age=5 * HOUR, read=4.8 * HOUR, due_in=HOUR)


def test_a_cloud_that_reports_nothing_newer_is_not_up_to_date() -> None:
    assert not is_new(age=3 * HOUR)


def test_a_gateway_that_sends_every_few_hours_is_allowed_to() -> None:
    assert is_new(age=3 * HOUR, step=3 * HOUR)


def test_intervals_that_fill_for_long_are_allowed_to() -> None:
    assert is_new(age=2.5 * HOUR, settling=2 * HOUR)


def test_a_reading_that_fails_is_not_up_to_date() -> None:
    assert not is_new(failures=1)


@pytest.mark.parametrize(("runs_with", "expected"), [({"meters": "energy"}, False), ({}, True)])
def test_a_reading_that_runs_with_one_that_fails_is_not_up_to_date(runs_with: dict[str, str], expected: bool) -> None:
    source = Source(job="meters", end=NOW - 20 * MINUTE)
    data = replace(DATA, sources=MappingProxyType({Flow.PRODUCTION: source}))
    jobs = {"meters": JobState(done_at=NOW - 10 * MINUTE), "energy": JobState(done_at=NOW - 10 * MINUTE, failures=1)}
    schedule = Schedule(jobs=MappingProxyType(jobs))
    due = NOW + 5 * MINUTE
    assert is_up_to_date(data, schedule, source.end, lambda: due, NOW, timedelta(0), runs_with) is expected


@pytest.mark.parametrize(("read", "expected"), [(40 * MINUTE, True), (90 * MINUTE, False)])
def test_a_reading_that_is_due_may_be_missing_for_an_hour(read: timedelta, expected: bool) -> None:
    assert is_new(age=read + MINUTE, read=read, due_in=-MINUTE) is expected


def test_where_readings_are_rare_one_that_is_due_may_be_missing_for_longer() -> None:
    assert is_new(age=3.2 * HOUR, read=3 * HOUR, due_in=-MINUTE, gap=2 * HOUR)
    assert not is_new(age=5.2 * HOUR, read=5 * HOUR, due_in=-MINUTE, gap=2 * HOUR)


def test_what_was_not_read_for_half_a_day_is_old_whatever_the_plan_allows() -> None:
    assert not is_new(age=13 * HOUR, read=13 * HOUR, due_in=9 * HOUR)


def test_in_the_dark_a_production_of_nothing_is_of_now() -> None:
    state = Schedule(jobs=MappingProxyType({"summary": JobState(done_at=NOW - 6 * HOUR)}))
    assert is_up_to_date(DATA, state, NOW, lambda: NOW + 3 * HOUR, NOW, timedelta(0))


def test_before_the_first_power_nothing_is_known() -> None:
    nothing = SystemData(system=SYSTEM)
    assert is_up_to_date(nothing, Schedule(), None, lambda: NOW, NOW, timedelta(0)) is None
    assert is_up_to_date(DATA, Schedule(), None, lambda: NOW, NOW, timedelta(0)) is None
    assert is_up_to_date(nothing, Schedule(), NOW, lambda: NOW, NOW, timedelta(0)) is None


def test_without_an_answer_of_its_job_a_power_is_old() -> None:
    assert is_up_to_date(DATA, Schedule(), NOW, lambda: NOW, NOW, timedelta(0)) is False


def test_the_newest_power_of_any_flow_counts() -> None:
    meters = Source(job="meters", end=NOW)
    published = Published(power=MappingProxyType({Flow.GRID_IMPORT: Value(amount=1.0, end=NOW)}))
    sources = MappingProxyType({**DATA.sources, Flow.GRID_IMPORT: meters, Flow.CONSUMPTION: Source(job="never")})
    assert newest_source(replace(DATA, sources=sources, published=published)) == meters
    assert newest_source(replace(DATA, sources=sources)) == DATA.sources[Flow.PRODUCTION]
