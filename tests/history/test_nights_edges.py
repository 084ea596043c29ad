"""Nights between rows, at their edges: one watt more, one row in the dark, one quarter of an hour too long."""

from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.history.nights import Stretch, is_lit_in_the_dark, nights_of
from custom_components.solar_cloud.model.elements import Interval
from custom_components.solar_cloud.model.series import Series, never_dark

from .helpers import DAY, HOUR, MINUTE, interval, series_of, utc

MIDNIGHT = utc(2026, 6, 1)
QUARTER = 15 * MINUTE
LONG_AGO = MIDNIGHT - 9 * DAY
SECOND = timedelta(seconds=1)


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def is_dark(start: datetime, end: datetime) -> bool:
    """Let it be dark from eight in the evening to four."""
    assert start <= end
    return any(at(24 * day - 4) <= start and end <= at(24 * day + 4) for day in range(-2, 5))


def is_dark_for_an_hour(start: datetime, end: datetime) -> bool:
    """Let it be dark from midnight to one: the summer of the north."""
    return any(at(24 * day) <= start and end <= at(24 * day + 1) for day in range(3))


def rows(hours: float, *watts: float, minutes: int = 15) -> list[Interval]:
    """Return rows from an hour on, with these mean powers."""
    length = minutes * MINUTE
    return [interval(at(hours) + n * length, minutes, power * minutes / 60) for n, power in enumerate(watts)]


def day(first: float, last: float, *, begin: float = 10, end: float = 10) -> list[Interval]:
    """Return the rows of a day between two hours: its first and last power, and 1000 W between them."""
    count = round((last - first) * 4)
    return rows(first, begin, *[1000] * (count - 2), end)


def nights(*parts: list[Interval], since: datetime = LONG_AGO, until: float = 43, dark=is_dark) -> list[Stretch]:
    return nights_of(series_of(row for part in parts for row in part), since, at(until), dark)


ONE, TWO = day(5, 19), day(29, 43)
MORNING, NIGHT = (at(-4), at(5)), (at(19), at(29))


def test_one_day_has_the_night_before_and_the_one_that_has_begun() -> None:
    assert nights(ONE, until=23) == [MORNING, (at(19), at(23))]
    assert nights(ONE, TWO, until=47) == [MORNING, NIGHT, (at(43), at(47))]


def test_the_first_night_is_known_where_an_hour_before_its_end_is() -> None:
    assert nights(ONE, since=at(4), until=19) == [MORNING]
    assert nights(ONE, since=at(4) + SECOND, until=19) == []


def test_the_night_has_begun_after_an_hour() -> None:
    late = day(5, 20)
    assert nights(late, until=21)[1:] == [(at(20), at(21))]
    assert nights(late, until=20.99)[1:] == []
    # Whatever the last power was, in the dark nothing is missing.
    assert nights(day(5, 20, end=1000), until=23)[1:] == [(at(20), at(23))]


def test_a_day_that_ends_in_bright_light_has_not_ended() -> None:
    assert nights(day(5, 19, end=1000), until=23) == [MORNING]
    assert nights(day(5, 19, end=1000), TWO) == [MORNING]


def test_a_day_that_begins_in_bright_light_has_begun_before() -> None:
    assert nights(ONE, day(29, 43, begin=1000)) == [MORNING]
    assert nights(day(5, 19, begin=1000), TWO) == [NIGHT]


@pytest.mark.parametrize(("minutes", "most"), [(15, 100), (30, 100), (60, 250)])
def test_first_and_last_light_are_a_part_of_the_highest_power(minutes: int, most: float) -> None:
    for power, found in ((most, [MORNING, (at(19), at(23))]), (most + 1, [])):
        count = round(14 * 60 / minutes)
        assert nights(rows(5, power, *[1000] * (count - 2), power, minutes=minutes), until=23) == found


def test_a_run_is_cut_where_no_row_is_for_an_hour() -> None:
    before, after = rows(0, *[0] * 8), rows(3, *[0] * 4)
    assert nights(before, after, day(4, 19), until=19)[-1:] == [(at(2), at(3))]
    nearly = rows(2.75, *[0] * 5)
    assert (at(2), at(2.75)) not in nights(before, nearly, day(4, 19), until=19)


# Rows in the dark.


def test_who_reports_more_than_an_hour_into_the_dark_does_not_sleep() -> None:
    assert nights(ONE, rows(19, *[0] * 8), TWO) == [MORNING, (at(21), at(29))]
    assert nights(ONE, rows(19, *[0] * 9), TWO) == [MORNING]
    # One whose first row is there neither.
    assert nights(ONE, rows(27.5, *[0] * 6), TWO) == [MORNING, (at(19), at(27.5))]
    assert nights(ONE, rows(26.75, *[0] * 9), TWO) == [MORNING]


def test_who_reports_through_an_hour_of_darkness_falls_asleep_after_it() -> None:
    found = nights(day(3, 25.25), day(27, 48), until=48, dark=is_dark_for_an_hour)
    assert found[-1:] == [(at(25.25), at(27))]


def test_much_power_in_the_dark_is_more_than_a_fifth_of_the_highest() -> None:
    def lit(power: float, hours: float = 22) -> bool:
        series: Series = series_of([*ONE, *rows(hours, power)])
        return is_lit_in_the_dark(series, is_dark)

    assert (lit(200), lit(201), lit(100)) == (False, True, False)
    # It is not all dark then.
    assert not lit(1000, 19.8)


# Light in the night.


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(18, 30, True), (17.75, 29, False), (19, 30.25, False), (20, 28, True)],
)
def test_inverters_sleep_for_two_hours_in_the_light(first: float, last: float, found: bool) -> None:
    assert ((at(first), at(last)) in nights(day(5, first), day(last, 43))) is found
    assert ((at(first), at(23)) in nights(day(5, first), until=23)) is (first >= 18)


@pytest.mark.parametrize(("first", "found"), [(6, True), (6.25, False)])
def test_the_first_night_begins_with_the_dark_before_it(first: float, found: bool) -> None:
    assert nights(day(first, 19), until=19) == ([(at(-4), at(first))] if found else [])


def test_the_first_night_is_no_longer_than_a_day() -> None:
    polar = nights(day(5, 19), until=19, dark=lambda _start, end: end <= at(5))
    assert polar == [(at(5) - DAY, at(5))]


def test_a_stretch_with_light_in_the_middle_is_no_night() -> None:
    def dark(start: datetime, end: datetime) -> bool:
        return is_dark(start, end) and not (start < at(24) and end > at(23))

    assert nights(ONE, TWO, dark=dark) == [MORNING]


@pytest.mark.parametrize(("hours", "found"), [(4, True), (4.25, False)])
def test_a_night_without_darkness_has_two_twilights(hours: float, found: bool) -> None:
    last = 22 + hours
    assert ((at(22), at(last)) in nights(day(5, 22), day(last, 43), dark=never_dark)) is found


def test_twilight_may_be_said_to_be_longer() -> None:
    series = series_of([*day(5, 17), *day(31, 43)])
    assert (at(17), at(31)) not in nights_of(series, LONG_AGO, at(43), is_dark)
    assert (at(17), at(31)) in nights_of(series, LONG_AGO, at(43), is_dark, timedelta(hours=3))
    first = series_of(day(7, 19))
    assert nights_of(first, LONG_AGO, at(19), is_dark, timedelta(hours=3)) == [(at(-4), at(7))]
    last = series_of(day(5, 17))
    assert nights_of(last, LONG_AGO, at(23), is_dark, timedelta(hours=3))[-1] == (at(17), at(23))
