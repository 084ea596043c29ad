"""Series of intervals: what a newer answer replaces, what lies between two instants, how a lifetime is carried on."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.elements import Interval, LifetimeBase
from custom_components.solar_cloud.model.series import (
    WAITS_FOR_ROWS,
    Dark,
    Series,
    backward,
    complete_until,
    day_energy_wh,
    inside,
    local_day,
    merged,
    midnight,
    never_dark,
    newest_end,
    rolled,
    unbroken_wh,
    with_late_rows,
)

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 6, 10)
MIDNIGHT = datetime(2026, 6, 9, 22, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ALWAYS = timedelta(days=99)


def row(first: float, last: float, energy: float = 10.0) -> Interval:
    """Return a row between two hours after the system's midnight."""
    return Interval(start=MIDNIGHT + first * HOUR, end=MIDNIGHT + last * HOUR, energy_wh=energy)


def series(*rows: Interval) -> Series:
    return {one.start: one for one in rows}


def hours(first: int, last: int, energy: float = 10.0) -> Series:
    return series(*(row(hour, hour + 1, energy) for hour in range(first, last)))


def dark_between(first: float, last: float) -> Dark:
    start, end = MIDNIGHT + first * HOUR, MIDNIGHT + last * HOUR
    return lambda one, other: start <= one < other <= end


# Days.


def test_a_day_begins_and_ends_at_the_systems_midnight() -> None:
    assert midnight(DAY, BERLIN) == MIDNIGHT
    assert midnight(DAY, BERLIN).tzinfo is UTC
    assert (local_day(MIDNIGHT, BERLIN), local_day(MIDNIGHT - SECOND, BERLIN)) == (DAY, DAY - timedelta(days=1))


def test_where_nobody_knows_the_sun_it_is_never_dark() -> None:
    assert never_dark(MIDNIGHT, MIDNIGHT + HOUR) is False


def test_the_newest_row_is_the_last() -> None:
    rows = hours(0, 3)
    assert list(backward(rows)) == [MIDNIGHT + hour * HOUR for hour in (2, 1, 0)]
    assert newest_end(rows) == MIDNIGHT + 3 * HOUR
    assert newest_end({}) is None


# Merging.


def starts(found: Series) -> list[float]:
    return [(start - MIDNIGHT) / HOUR for start in found]


@pytest.mark.parametrize(
    ("fresh", "left"),
    [
        ([row(1, 2)], [0, 2, 3]),
        ([row(0.5, 0.75)], [1, 2, 3]),
        ([row(0.5, 1.5)], [2, 3]),
        ([row(1, 3)], [0, 3]),
        # One reaches over the others, and a shorter one begins after it.
        ([row(0.5, 4), row(0.75, 1)], []),
        ([row(4, 5)], [0, 1, 2, 3]),
        ([row(-1, 0)], [0, 1, 2, 3]),
        ([row(3.5, 5), row(-2, -1)], [0, 1, 2]),
    ],
)
def test_an_older_row_goes_where_a_newer_one_overlaps_it(fresh: list[Interval], left: list[float]) -> None:
    found = merged(hours(0, 4), fresh, MIDNIGHT + 5 * HOUR, ALWAYS)
    new = [(one.start - MIDNIGHT) / HOUR for one in fresh]
    assert starts(found) == sorted([*left, *new])
    assert all(found[one.start] == one for one in fresh)


def test_a_series_that_nothing_is_new_in_stays_the_same_object() -> None:
    old = hours(0, 4)
    assert merged(old, [], MIDNIGHT + 5 * HOUR, ALWAYS) is old
    assert merged(old, [row(1, 2), row(3, 4)], MIDNIGHT + 5 * HOUR, ALWAYS) is old


def test_rows_that_are_as_they_were_stay_the_same_objects_beside_new_ones() -> None:
    old = hours(0, 4)
    later = merged(old, [row(2, 3), row(3, 4), row(4, 5)], MIDNIGHT + 5 * HOUR, ALWAYS)
    corrected = merged(old, [row(1, 2, 99.0), row(3, 4)], MIDNIGHT + 5 * HOUR, ALWAYS)
    assert starts(later) == [0, 1, 2, 3, 4]
    assert all(later[start] is one for start, one in old.items())
    assert corrected[MIDNIGHT + HOUR].energy_wh == 99.0
    assert [start for start, one in old.items() if corrected[start] is not one] == [MIDNIGHT + HOUR]


def test_what_is_too_old_goes_with_and_without_a_new_row() -> None:
    old, now = hours(0, 4), MIDNIGHT + 5 * HOUR
    assert starts(merged(old, [], now, 3 * HOUR)) == [2, 3]
    assert starts(merged(old, [row(4, 5)], now, 3 * HOUR)) == [2, 3, 4]
    assert starts(merged(old, [row(0, 1)], now, 3 * HOUR)) == [2, 3]


def test_rows_are_kept_for_a_time_from_their_end_on() -> None:
    now = MIDNIGHT + 10 * HOUR
    assert starts(merged(hours(0, 4), [row(4, 5)], now, 8 * HOUR)) == [2, 3, 4]
    assert starts(merged(hours(0, 4), [], now, 8 * HOUR + SECOND)) == [1, 2, 3]
    assert starts(merged({}, [row(3, 4), row(2, 3)], now, ALWAYS)) == [2, 3]


# Between two instants.


def test_inside_is_what_begins_and_ends_there() -> None:
    rows = [row(-0.5, 0.5), row(0, 1), row(1, 2), row(1.5, 2.5)]
    assert list(inside(rows, MIDNIGHT, MIDNIGHT + 2 * HOUR)) == rows[1:3]


def test_the_energy_of_a_day_is_that_of_the_rows_in_it() -> None:
    rows = [row(-1, 0, 1), row(0, 1, 2), row(22, 23, 4), row(23, 24, 8), row(24, 25, 16)]
    assert day_energy_wh(rows, DAY, BERLIN) == 14
    assert day_energy_wh(rows, DAY, BERLIN, MIDNIGHT + 23 * HOUR) == 6
    assert day_energy_wh(rows, DAY, BERLIN, MIDNIGHT + 23 * HOUR - SECOND) == 2
    assert day_energy_wh(rows, DAY, BERLIN, MIDNIGHT + 99 * HOUR) == 14
    assert day_energy_wh(rows, DAY + timedelta(days=1), BERLIN) == 16
    assert day_energy_wh(rows, DAY + timedelta(days=2), BERLIN) is None


@pytest.mark.parametrize(
    ("rows", "energy"),
    [
        (hours(0, 4), 40),
        (hours(-2, 6), 40),
        (hours(0, 3), None),
        (hours(1, 4), None),
        (series(row(0, 1), row(2, 4)), None),
        # It reaches beyond the end, or back.
        (series(row(0, 3), row(3, 5)), None),
        (series(row(-1, 1), row(1, 4)), None),
        # It ends where it begins, or before.
        (series(row(0, 1), row(1, 1), row(2, 4)), None),
        (series(row(0, 1), row(1, 0), row(2, 4)), None),
        ({}, None),
    ],
)
def test_energy_is_unbroken_where_each_row_begins_at_the_end_of_another(rows: Series, energy: float | None) -> None:
    assert unbroken_wh(rows, MIDNIGHT, MIDNIGHT + 4 * HOUR) == energy


def test_between_an_instant_and_itself_is_nothing_and_before_it_no_time() -> None:
    assert unbroken_wh(hours(0, 4), MIDNIGHT, MIDNIGHT) == 0
    assert unbroken_wh(hours(0, 4), MIDNIGHT + HOUR, MIDNIGHT) is None


@pytest.mark.parametrize(
    ("rows", "first", "last", "energy"),
    [
        (series(row(0, 1), row(3, 4)), 1, 3, 20),
        (series(row(0, 1), row(3, 4)), 1, 2.9, None),
        (series(row(0, 1), row(3, 4)), 1.1, 3, None),
        (hours(2, 4), 0, 2, 20),
        (hours(0, 2), 2, 4, 20),
        # The next row comes after the end.
        (hours(0, 2) | hours(6, 8), 2, 4, 20),
        (hours(0, 2) | hours(6, 8), 2, 3.9, None),
        ({}, 0, 4, 0),
        ({}, 0, 3.9, None),
    ],
)
def test_nothing_is_missing_in_the_dark(rows: Series, first: float, last: float, energy: float | None) -> None:
    assert unbroken_wh(rows, MIDNIGHT, MIDNIGHT + 4 * HOUR, dark_between(first, last)) == energy


# A lifetime that is carried on.

BASE = LifetimeBase(day=DAY, before_wh=1_000.0)


def after(days: int, wh: float, *, missing: int | None = None) -> LifetimeBase:
    since = None if missing is None else DAY + timedelta(days=missing)
    return LifetimeBase(day=DAY + timedelta(days=days), before_wh=wh, missing_since=since)


def at(hour: float) -> datetime:
    return MIDNIGHT + hour * HOUR


def test_whole_days_are_carried_on_up_to_yesterday() -> None:
    rows = hours(-5, 90)
    assert rolled(BASE, rows, at(48) - SECOND, BERLIN) is BASE
    assert rolled(BASE, rows, at(48), BERLIN) == after(1, 1_240)
    assert rolled(BASE, rows, at(80), BERLIN) == after(2, 1_480)
    assert rolled(BASE, rows, at(0), BERLIN) is BASE


def test_a_day_with_a_gap_is_waited_for_as_long_as_its_rows_are_kept() -> None:
    rows = {start: one for start, one in hours(0, 80).items() if start != at(7)}
    last = at(0) + WAITS_FOR_ROWS
    assert rolled(BASE, rows, last - SECOND, BERLIN) is BASE
    assert rolled(BASE, rows, last, BERLIN) == after(1, 1_230, missing=0)
    assert rolled(after(0, 1_000, missing=-3), rows, last, BERLIN) == after(1, 1_230, missing=-3)
    assert rolled(BASE, rows, at(80), BERLIN) == after(2, 1_470, missing=0)
    # In the dark nothing was missing.
    assert rolled(BASE, rows, at(48), BERLIN, dark_between(7, 8)) == after(1, 1_230)


def test_only_what_lies_in_the_day_counts_for_it() -> None:
    rows = series(row(-1, 0, 1), row(-0.5, 0.5, 2), row(3, 4, 4), row(23.5, 24.5, 8), row(25, 26, 16))
    assert rolled(BASE, rows, at(72) - SECOND, BERLIN) == after(1, 1_004, missing=0)


def test_a_day_of_which_nothing_is_known_is_never_passed_over() -> None:
    rows = hours(24, 300)
    assert rolled(BASE, rows, at(300), BERLIN) is BASE
    assert rolled(BASE, {}, at(300), BERLIN) is BASE


def test_rows_that_come_late_are_added_to_a_base_that_was_carried_on_without_them() -> None:
    base = after(2, 1_470, missing=0)
    before = {start: one for start, one in hours(-3, 60).items() if start not in {at(0), at(47)}}
    now = {**before, at(0): row(0, 1, 1.0), at(47): row(47, 48, 2.0), at(5): row(5, 6, 14.0)}
    assert with_late_rows(base, before, now, BERLIN) == after(2, 1_470 + 1 + 2 + 4, missing=0)
    # Those before the gap, and of the days that are still counted, are none of it.
    others = {**before, at(-1): row(-1, 0, 99.0), at(48): row(48, 49, 99.0)}
    assert with_late_rows(base, before, others, BERLIN) is base
    assert with_late_rows(base, before, before, BERLIN) is base
    whole = replace(base, missing_since=None)
    assert with_late_rows(whole, before, now, BERLIN) is whole


def until(rows: Iterable[Interval], dark: Dark = never_dark, base: LifetimeBase = BASE) -> float:
    return (complete_until(base, series(*rows), BERLIN, dark) - MIDNIGHT) / HOUR


def test_a_base_is_complete_up_to_the_first_gap() -> None:
    assert until([]) == 0
    assert until([row(-2, -1), row(-1, 0), row(0, 1), row(1, 2)]) == 2
    assert until([row(0, 1), row(2, 3)]) == 1
    assert until([row(1, 2)]) == 0
    assert until([row(0, 1), row(0.5, 1.5), row(1.5, 2)]) == 2
    assert until([row(-0.5, 0.5), row(0.5, 2)]) == 2
    assert until([row(0, 3), row(1, 2), row(3, 4)]) == 4


def test_a_base_is_complete_over_a_night() -> None:
    rows = [row(0, 1), row(3, 4), row(5, 6)]
    assert until(rows, dark_between(1, 3)) == 4
    assert until(rows, dark_between(1, 2.9)) == 1
    assert until(rows, dark_between(0, 5)) == 6


def test_a_base_that_lacks_something_is_complete_up_to_there() -> None:
    assert until([row(-24, -23), row(0, 1)], base=after(0, 1_000, missing=-1)) == -24
