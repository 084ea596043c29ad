"""Which hours of recent intervals can be booked."""

from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.history.complete_hours import (
    complete_meter_hours,
    complete_production_hours,
    sum_hours,
)

from .helpers import HOUR, MINUTE, interval, series_of, utc

SUNRISE = utc(2026, 6, 1, 4)
KEEP = timedelta(hours=72)


def dark(_start: datetime, end: datetime) -> bool:
    """Let the sun rise half an hour after four."""
    return end <= SUNRISE + 30 * MINUTE


def morning(first: int = 2):
    """Return quarters from half an hour after four on: before that the cloud reports nothing."""
    return series_of(interval(SUNRISE + number * 15 * MINUTE, 15, 10) for number in range(first, 8))


def test_the_hour_of_the_sunrise_is_known_by_its_lit_part_once_it_is_long_over():
    sums = sum_hours(morning())
    assert complete_production_hours(sums, SUNRISE + 3 * HOUR, KEEP, dark) == {SUNRISE: 20, SUNRISE + HOUR: 40}
    assert complete_production_hours(sums, SUNRISE + 2 * HOUR - MINUTE, KEEP, dark) == {SUNRISE + HOUR: 40}


@pytest.mark.parametrize("first", [2, 3, 4])
def test_an_hour_of_which_parts_are_being_forgotten_is_not_known_any_more(first):
    now = SUNRISE + KEEP + (first + 1) * 15 * MINUTE
    assert complete_production_hours(sum_hours(morning(first)), now, KEEP, dark) == {SUNRISE + HOUR: 40}


def test_by_day_and_where_the_sun_does_not_matter_a_part_of_an_hour_says_nothing():
    sums = sum_hours(morning(first=5))
    assert complete_production_hours(sums, SUNRISE + 5 * HOUR, KEEP, dark) == {}
    assert complete_meter_hours(sum_hours(morning())) == {SUNRISE + HOUR: 40}


def test_an_hour_holds_no_less_than_nothing():
    noise = sum_hours(series_of(interval(SUNRISE + number * 15 * MINUTE, 15, -3) for number in range(4)))
    assert complete_meter_hours(noise) == complete_production_hours(noise, SUNRISE, KEEP, dark) == {SUNRISE: 0}


def test_no_intervals_make_no_hour():
    assert complete_meter_hours(sum_hours({})) == {}
