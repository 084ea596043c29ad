"""What an outage has cost is moved forward when the cloud is back, and only that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import System, Vendor
from custom_components.solar_cloud.system.schedule import NOT_FOUND, UNLUCKY
from custom_components.solar_cloud.system.state import SystemState
from custom_components.solar_cloud.system.timetable import Timetable

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ENERGY = JobTerms(name="energy", cadence=timedelta(minutes=15), weight=1)
ALERTS = JobTerms(name="alerts", cadence=6 * HOUR)


class World:
    """A system whose jobs fail and are answered as a test says."""

    def __init__(self) -> None:
        self.state = SystemState(data=SystemData(system=System(vendor=Vendor.SOLAREDGE, id="1", name="House")))
        self.pace = Mock()
        self.timetable = Timetable(Mock(), self.state, self.pace)
        self.now = NOW

    def fail(self, job: JobTerms, error: str = UNLUCKY) -> None:
        self.now += HOUR
        self.state.schedule = self.state.schedule.failed(job, self.now, error)

    def answer(self, job: JobTerms) -> None:
        self.now += HOUR
        self.state.schedule = self.state.schedule.done(job, self.now)

    def moved(self) -> set[str]:
        """Let the cloud be back, and return the jobs that are due at once."""
        self.timetable.cloud_is_back()
        return {name for name, one in self.state.schedule.jobs.items() if one.is_owed}


def test_what_was_not_answered_is_due_when_the_cloud_is_back():
    world = World()
    world.answer(ALERTS)
    for _ in range(3):
        world.fail(ENERGY)
    assert world.moved() == {"energy"}
    assert world.timetable.is_due(ENERGY, {}, world.now)


def test_what_the_cloud_does_not_know_or_offer_is_not_moved():
    world = World()
    world.fail(ENERGY, NOT_FOUND)
    world.state.schedule = world.state.schedule.rested(ALERTS, NOW, NOW + HOUR, "not_allowed")
    assert world.moved() == set()


def test_a_job_that_was_moved_and_failed_is_tried_at_its_own_time_first():
    world = World()
    world.fail(ENERGY)
    assert world.moved() == {"energy"}
    world.fail(ENERGY)
    assert world.moved() == set()
    world.fail(ENERGY)
    assert world.moved() == {"energy"}


def test_another_outage_moves_what_was_moved_after_the_last_one():
    world = World()
    world.fail(ENERGY)
    assert world.moved() == {"energy"}
    world.answer(ENERGY)
    assert world.moved() == set()
    world.fail(ENERGY)
    assert world.moved() == {"energy"}


@pytest.mark.parametrize(
    ("done", "rests"),
    [
        (-2 * HOUR, False),  # before dusk
        (10 * MINUTE, False),  # the last row was not there yet
        (20 * MINUTE, False),
        (30 * MINUTE, True),
        (4 * HOUR, True),
    ],
)
def test_rows_that_serve_statistics_alone_rest_in_the_dark_once_the_day_was_read_to_its_end(
    done: timedelta, rests: bool
) -> None:
    dusk = datetime(2026, 12, 10, 16, tzinfo=UTC)
    world = World()
    rows = JobTerms(name="rows", cadence=8 * HOUR, delay=10 * MINUTE, night=True, sunlit=True)
    world.state.schedule = world.state.schedule.done(rows, dusk + done)
    world.pace.sunlight.dark_since.return_value = dusk
    assert world.timetable.may_sleep(rows, dusk + 9 * HOUR) is rests
    assert not world.timetable.may_sleep(replace(rows, sunlit=False), dusk + 9 * HOUR)
    world.pace.sunlight.dark_since.return_value = None
    assert not world.timetable.may_sleep(rows, dusk + 17 * HOUR)
