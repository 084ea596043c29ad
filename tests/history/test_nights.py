"""Which stretches without a row of production are nights, and which are holes."""

from datetime import datetime

import pytest

from custom_components.solar_cloud.history.nights import asleep, is_lit_in_the_dark, nights_of
from custom_components.solar_cloud.model.series import Series, never_dark

from .helpers import DAY, HOUR, MINUTE, interval, series_of, utc

FIRST = utc(2026, 6, 1)
LONG_AGO = FIRST - 9 * DAY


def is_dark(start: datetime, end: datetime) -> bool:
    """Let it be light from four to twenty, as far as the place is known."""
    return all(
        not 4 <= (start + number * 15 * MINUTE).hour < 20
        for number in range(max(1, int((end - start) / (15 * MINUTE))))
    )


def day_of(start: datetime, first: float = 5, last: float = 19, minutes: int = 15) -> Series:
    """Return a day's production between two hours: hardly any at both ends, and more towards noon."""
    count = int((last - first) * 60 / minutes)
    rows = []
    for number in range(count):
        energy = 5 + 600 * (1 - abs(2 * number / (count - 1) - 1))
        rows.append(interval(start + first * HOUR + number * minutes * MINUTE, minutes, energy))
    return series_of(rows)


def without(series: Series, start: datetime, end: datetime) -> Series:
    return {begin: one for begin, one in series.items() if not start <= begin < end}


TWO_DAYS = {**day_of(FIRST), **day_of(FIRST + DAY)}
NIGHT = (FIRST + 19 * HOUR, FIRST + DAY + 5 * HOUR)
MORNING = (FIRST - 4 * HOUR, FIRST + 5 * HOUR)


def test_a_night_lies_between_rows_of_last_and_first_light():
    found = nights_of(TWO_DAYS, LONG_AGO, FIRST + DAY + 19 * HOUR, is_dark)
    assert found == [MORNING, NIGHT]


def test_the_night_that_has_begun_goes_on_until_now():
    now = FIRST + DAY + 23 * HOUR
    assert nights_of(TWO_DAYS, LONG_AGO, now, is_dark)[-1] == (FIRST + DAY + 19 * HOUR, now)


@pytest.mark.parametrize(("begin", "end"), [(17, 19), (5, 7), (11, 14), (10, 19)])
def test_what_is_missing_beside_strong_light_is_missing(begin, end):
    holed = without(TWO_DAYS, FIRST + begin * HOUR, FIRST + end * HOUR)
    hours = [FIRST + number * HOUR for number in range(begin, end)]
    nights = nights_of(holed, LONG_AGO, FIRST + DAY + 19 * HOUR, is_dark)
    assert not any(start <= hour < stop for hour in hours for start, stop in nights)


def test_a_day_without_a_row_is_no_night():
    days = {**TWO_DAYS, **day_of(FIRST + 3 * DAY)}
    nights = nights_of(days, LONG_AGO, FIRST + 3 * DAY + 19 * HOUR, is_dark)
    assert nights == [MORNING, NIGHT]


def test_rows_that_are_being_forgotten_begin_no_day():
    since = FIRST + 5 * HOUR + 20 * MINUTE
    kept = without(TWO_DAYS, FIRST, since - 15 * MINUTE)
    assert MORNING[0] not in [start for start, _ in nights_of(kept, since, FIRST + DAY + 19 * HOUR, is_dark)]
    assert nights_of(kept, since, FIRST + DAY + 19 * HOUR, is_dark) == [NIGHT]


def test_where_rows_are_reported_in_the_dark_a_hole_at_dawn_is_a_hole():
    zeros = series_of(interval(FIRST + number * 15 * MINUTE, 15, 0) for number in range(14))
    rows = {**zeros, **day_of(FIRST, first=5.5)}
    hole = (FIRST + 3.5 * HOUR, FIRST + 5.5 * HOUR)
    assert hole not in nights_of(rows, LONG_AGO, FIRST + 20 * HOUR, is_dark)


def test_a_dark_hole_between_rows_of_nothing_has_no_energy():
    zeros = series_of(interval(FIRST + number * 15 * MINUTE, 15, 0) for number in range(16))
    rows = {**without(zeros, FIRST + HOUR, FIRST + 3 * HOUR), **day_of(FIRST, first=4)}
    assert (FIRST + HOUR, FIRST + 3 * HOUR) in nights_of(rows, LONG_AGO, FIRST + 20 * HOUR, is_dark)


def test_a_morning_that_has_just_begun_is_measured_by_the_day_before():
    rows = {**day_of(FIRST), FIRST + DAY + 5 * HOUR: interval(FIRST + DAY + 5 * HOUR, 15, 4)}
    assert nights_of(rows, LONG_AGO, FIRST + DAY + 5.3 * HOUR, is_dark)[-1] == NIGHT


@pytest.mark.parametrize("hours", [1, 3, 6, 14])
def test_a_dull_morning_is_measured_by_the_day_before(hours):
    dull = [interval(FIRST + DAY + 5 * HOUR + n * 15 * MINUTE, 15, 55 + n % 2) for n in range(hours * 4)]
    rows = {**day_of(FIRST), **series_of(dull)}
    assert NIGHT in nights_of(rows, LONG_AGO, FIRST + DAY + (5 + hours) * HOUR, is_dark)


def test_a_night_that_does_not_become_dark_may_be_short_only():
    long, short = {**day_of(FIRST), **day_of(FIRST + DAY)}, {**day_of(FIRST, 1, 23), **day_of(FIRST + DAY, 1, 23)}
    assert nights_of(long, FIRST, FIRST + DAY + 19 * HOUR, never_dark) == []
    assert nights_of(short, FIRST + HOUR, FIRST + DAY + 23 * HOUR, never_dark) == [
        (FIRST + 23 * HOUR, FIRST + DAY + HOUR)
    ]


def test_an_hour_of_first_light_may_have_more_of_it_than_a_quarter():
    days = {**day_of(FIRST, minutes=60), **day_of(FIRST + DAY, minutes=60)}
    first = min(days.values(), key=lambda one: one.start)
    strong = {**days, first.start: interval(first.start, 60, 0.2 * 605), NIGHT[1]: interval(NIGHT[1], 60, 0.2 * 605)}
    assert nights_of(strong, LONG_AGO, FIRST + DAY + 19 * HOUR, is_dark) == [MORNING, NIGHT]


def test_nights_are_rows_of_nothing():
    rows = asleep(TWO_DAYS, [NIGHT])
    assert rows[NIGHT[0]] == interval(NIGHT[0], 10 * 60, 0)
    assert len(rows) == len(TWO_DAYS) + 1


def test_much_production_in_the_dark_shows_that_the_place_is_wrong():
    assert not is_lit_in_the_dark(TWO_DAYS, is_dark)
    assert is_lit_in_the_dark(TWO_DAYS, lambda start, end: not is_dark(start, end))
    assert not is_lit_in_the_dark({}, is_dark)


def test_no_rows_have_no_night():
    assert nights_of({}, LONG_AGO, FIRST, is_dark) == []
