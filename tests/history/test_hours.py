"""Hours from intervals, and the hours that a day consists of."""

from datetime import UTC, date, datetime, timedelta
from math import fsum
from random import Random
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.history.hours import (
    adds_up,
    day_hours,
    day_total,
    days_between,
    first_whole_day,
    hour_of,
    hours_of,
    series_of_hours,
    shared_hours,
    whole_hours,
)

from .helpers import DAY, HOUR, MINUTE, ZONES, interval, series_of, utc

NOON = utc(2026, 6, 1, 12)


def test_an_hour_begins_at_its_first_instant_and_not_a_moment_later():
    for inside in (timedelta(0), timedelta(seconds=1), timedelta(microseconds=1), HOUR - timedelta(microseconds=1)):
        assert hour_of(NOON + inside) == NOON
    assert hour_of(NOON - timedelta(microseconds=1)) == NOON - HOUR


# Energy by hour.


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_intervals_within_hours_are_added_up_to_the_watt_hour(minutes):
    chance = Random(minutes)
    energies = [chance.randrange(4000) for _ in range(3 * 24 * 60 // minutes)]
    starts = [NOON + number * minutes * MINUTE for number in range(len(energies))]
    hours = hours_of(interval(start, minutes, energy) for start, energy in zip(starts, energies, strict=True))
    per_hour = 60 // minutes
    wanted = {
        NOON + number * HOUR: sum(energies[number * per_hour : (number + 1) * per_hour]) for number in range(3 * 24)
    }
    assert hours == wanted
    assert list(hours) == sorted(hours)


def test_decimals_are_added_up_without_the_noise_of_binary_fractions():
    assert hours_of(interval(NOON + number * 5 * MINUTE, 5, 0.1) for number in range(10)) == {NOON: 1.0}


def test_an_interval_that_straddles_hours_is_divided_by_time():
    assert hours_of([interval(NOON + 45 * MINUTE, 60, 1000)]) == {NOON: 250, NOON + HOUR: 750}
    assert hours_of([interval(NOON - 30 * MINUTE, 180, 600)]) == {
        NOON - HOUR: 100,
        NOON: 200,
        NOON + HOUR: 200,
        NOON + 2 * HOUR: 100,
    }


def test_nothing_of_straddling_intervals_gets_lost_and_no_part_changes_its_sign():
    chance = Random(1)
    for _ in range(400):
        start, intervals = NOON, []
        for _ in range(chance.randrange(1, 40)):
            one = interval(start, chance.choice([1, 5, 7, 13, 15, 20, 50, 60, 133, 400]), chance.randrange(5000))
            intervals.append(one)
            start = one.end + chance.choice([0, 0, 0, 11]) * MINUTE
        hours = hours_of(intervals)
        assert fsum(hours.values()) == sum(one.energy_wh for one in intervals)
        assert min(hours.values()) >= 0
    for energy in (0.00196, 0.003):
        tiny = hours_of([interval(NOON, 240, energy)])
        assert fsum(tiny.values()) == energy
        assert min(tiny.values()) >= 0


def test_an_interval_without_length_counts_in_the_hour_of_its_start():
    assert hours_of([interval(NOON, 0, 3), interval(NOON + 30 * MINUTE, 0, 4)]) == {NOON: 7}


# Which hours are known.


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_an_hour_is_whole_when_each_of_its_intervals_is_there(minutes):
    starts = [NOON + number * minutes * MINUTE for number in range(6 * 60 // minutes)]
    series = series_of(interval(start, minutes, 1) for start in starts)
    hours = [NOON + number * HOUR for number in range(6)]
    assert whole_hours(series, NOON, NOON + 6 * HOUR) == hours
    for missing in (0, len(starts) // 2, len(starts) - 1):
        left = {start: one for start, one in series.items() if start != starts[missing]}
        gap = starts[missing].replace(minute=0)
        assert whole_hours(left, NOON, NOON + 6 * HOUR) == [hour for hour in hours if hour != gap]


def test_only_hours_that_lie_wholly_between_the_two_instants_are_given():
    series = series_of(interval(NOON + number * 15 * MINUTE, 15, 1) for number in range(24))
    assert whole_hours(series, NOON + MINUTE, NOON + 4 * HOUR - MINUTE) == [NOON + HOUR, NOON + 2 * HOUR]
    assert whole_hours(series, NOON + HOUR, NOON + 2 * HOUR) == [NOON + HOUR]
    assert whole_hours(series, NOON + 2 * HOUR, NOON + HOUR) == []


def test_hourly_intervals_that_begin_at_half_past_make_the_hours_between_whole():
    series = series_of(interval(NOON + number * HOUR + 30 * MINUTE, 60, 1) for number in range(3))
    assert whole_hours(series, NOON, NOON + 4 * HOUR) == [NOON + HOUR, NOON + 2 * HOUR]


def test_an_hour_that_intervals_cover_twice_is_not_known():
    quarters = [interval(NOON + number * 15 * MINUTE, 15, 1) for number in range(8)]
    series = series_of([*quarters[1:], interval(NOON, 60, 4)])
    assert whole_hours(series, NOON, NOON + 2 * HOUR) == [NOON + HOUR]
    # An overlap never makes up for a gap: 12:00-12:45 twice and nothing until 13:00.
    late = series_of([interval(NOON, 45, 3), interval(NOON + 30 * MINUTE, 15, 1)])
    assert whole_hours(late, NOON, NOON + HOUR) == []


# The hours of a day.


@pytest.mark.parametrize("name", [*ZONES, "Asia/Tehran", "Australia/Eucla", "America/Santiago", "Atlantic/Azores"])
def test_the_days_of_three_years_divide_all_hours_among_themselves(name):
    zone = ZoneInfo(name)
    hours = [hour for number in range(3 * 365) for hour in day_hours(date(2024, 1, 1) + number * DAY, zone)]
    assert hours == [hours[0] + number * HOUR for number in range(len(hours))]
    assert all(hour.tzinfo is UTC for hour in hours)


@pytest.mark.parametrize("name", ZONES)
def test_an_hour_belongs_to_the_day_in_which_it_begins(name):
    zone = ZoneInfo(name)
    for number in range(365):
        day = date(2026, 1, 1) + number * DAY
        assert {hour.astimezone(zone).date() for hour in day_hours(day, zone)} == {day}


@pytest.mark.parametrize(
    ("name", "day", "first", "count"),
    [
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 28, 23), 23),
        ("Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 24, 22), 25),
        ("America/St_Johns", date(2026, 3, 8), utc(2026, 3, 8, 4), 23),
        ("America/St_Johns", date(2026, 11, 1), utc(2026, 11, 1, 3), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), utc(2026, 4, 4, 13), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), utc(2026, 10, 3, 14), 23),
        ("Asia/Kolkata", date(2026, 6, 1), utc(2026, 5, 31, 19), 24),
        ("Asia/Kathmandu", date(2026, 6, 1), utc(2026, 5, 31, 19), 24),
        ("Pacific/Apia", date(2026, 6, 1), utc(2026, 5, 31, 11), 24),
        # The clock changes at midnight: the day begins at 1, and it has 0 o'clock twice.
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22), 23),
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4), 25),
    ],
)
def test_days_of_23_24_and_25_hours(name, day, first, count):
    hours = day_hours(day, ZoneInfo(name))
    assert hours[0] == first
    assert len(hours) == count


def test_the_day_that_samoa_left_out_has_no_hours():
    apia = ZoneInfo("Pacific/Apia")
    assert day_hours(date(2011, 12, 30), apia) == []
    assert day_hours(date(2011, 12, 31), apia)[0] == day_hours(date(2011, 12, 29), apia)[-1] + HOUR


def test_the_total_of_a_day_is_that_of_its_own_hours():
    zone = ZoneInfo("Asia/Kolkata")
    hours = {
        utc(2026, 5, 31, 18): 1000.0,
        utc(2026, 5, 31, 19): 1.0,
        utc(2026, 6, 1, 18): 2.5,
        utc(2026, 6, 1, 19): 9.0,
    }
    assert day_total(hours, date(2026, 6, 1), zone) == 3.5
    assert day_total(hours, date(2026, 6, 3), zone) == 0
    many = {datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=number): 0.1 for number in range(10)}
    assert day_total(many, date(2026, 6, 1), zone) == 1.0


def test_days_are_counted_with_the_first_and_the_last_of_them() -> None:
    first = date(2028, 2, 28)
    assert days_between(first, date(2028, 3, 1)) == [first, date(2028, 2, 29), date(2028, 3, 1)]
    assert days_between(first, first) == [first]
    assert days_between(first, first - DAY) == []


@pytest.mark.parametrize(
    ("name", "hour", "day"),
    [
        ("Europe/Berlin", utc(2026, 6, 9, 22), date(2026, 6, 10)),
        ("Europe/Berlin", utc(2026, 6, 9, 23), date(2026, 6, 11)),
        ("Europe/Berlin", utc(2026, 6, 9, 21), date(2026, 6, 10)),
        # Midnight lies within the hour from 18 to 19 UTC, which is the day's before.
        ("Asia/Kolkata", utc(2026, 6, 9, 18), date(2026, 6, 10)),
        ("Asia/Kolkata", utc(2026, 6, 9, 19), date(2026, 6, 10)),
        ("Asia/Kolkata", utc(2026, 6, 9, 20), date(2026, 6, 11)),
    ],
)
def test_the_first_whole_day_is_the_one_that_lacks_no_hour(name: str, hour: datetime, day: date) -> None:
    assert first_whole_day(hour, ZoneInfo(name)) == day


def test_hours_are_a_series_of_intervals_of_an_hour() -> None:
    assert series_of_hours({NOON: 100.0, NOON + HOUR: 0.0}) == series_of(
        [interval(NOON, 60, 100.0), interval(NOON + HOUR, 60, 0.0)]
    )


def test_a_day_shares_its_first_and_last_hour_where_midnight_lies_within_an_hour():
    assert shared_hours(date(2026, 6, 10), ZoneInfo("Europe/Berlin")) == []
    assert shared_hours(date(2026, 6, 10), ZoneInfo("Asia/Kolkata")) == [
        datetime(2026, 6, 9, 18, tzinfo=UTC),
        datetime(2026, 6, 10, 18, tzinfo=UTC),
    ]


def test_hours_add_up_to_a_total_as_nearly_as_shared_hours_can_tell():
    day, zone = date(2026, 6, 10), ZoneInfo("Asia/Kolkata")
    first = datetime(2026, 6, 9, 18, tzinfo=UTC)
    hours = {first + HOUR * number: 100.0 for number in range(25)}
    assert day_total(hours, day, zone) == 2400
    # Half of the first hour is the day's, half of the last one is not.
    assert adds_up(hours, day, zone, 2400)
    assert adds_up(hours, day, zone, 2590)
    assert not adds_up(hours, day, zone, 2610)
    assert not adds_up(hours, day, ZoneInfo("Asia/Karachi"), 2401)
    assert not adds_up(hours, day, ZoneInfo("Asia/Karachi"), 2400.5)
    assert adds_up(hours, day, ZoneInfo("Asia/Karachi"), 2400.4)
    # A shared hour that is not known can tell nothing.
    known = {hour: energy for hour, energy in hours.items() if hour != first}
    assert adds_up(known, day, zone, 2500.4)
    assert not adds_up(known, day, zone, 2500.5)
    assert adds_up(
        {hour: energy for hour, energy in hours.items() if hour != first}, day, ZoneInfo("Asia/Karachi"), 2400
    )
