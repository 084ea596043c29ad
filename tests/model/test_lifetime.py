"""The lifetime counter: what it believes, what it holds, what it waits for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.lifetime import LifetimeCounter, most_of

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MOST_W = 7500.0
MINUTES = timedelta(minutes=1)


def take_all(
    counter: LifetimeCounter, values: Sequence[tuple[int, float]], most_w: float | None = MOST_W
) -> list[float | None]:
    """Feed (minute, raw value) pairs and collect what is published."""
    published = []
    for minute, raw in values:
        now = START + minute * MINUTES
        counter = counter.take(raw, now, now, None if most_w is None else most_of(most_w))
        published.append(counter.published_wh)
    return published


def test_plausible_growth_is_published_at_once() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (15, 1_000_900), (30, 1_001_800)]) == [
        1_000_000,
        1_000_900,
        1_001_800,
    ]


def test_a_bogus_zero_is_held_and_growth_goes_on_from_the_true_value() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (15, 0), (30, 0), (2000, 0), (2015, 1_000_500)]) == [
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_500,
    ]


def test_a_first_zero_is_not_published_so_that_the_true_value_is_no_jump() -> None:
    assert take_all(LifetimeCounter(), [(0, 0), (15, 35_000_000)]) == [None, 35_000_000]


def test_a_new_system_is_published_as_zero_once_zero_has_stood_for_an_hour() -> None:
    assert take_all(LifetimeCounter(), [(0, 0), (30, 0), (61, 0), (75, 12)]) == [None, None, 0, 12]


def test_a_jump_that_the_time_cannot_have_yielded_is_held_and_forgotten_when_it_goes() -> None:
    # Just after midnight the cloud has yesterday in the lifetime already, and still in today's field.
    assert (
        take_all(LifetimeCounter(), [(0, 1_025_000), (10, 1_050_000), (20, 1_050_000), (30, 1_025_000)])
        == [1_025_000] * 4
    )


def test_a_jump_that_stands_for_an_hour_is_not_counted_but_what_follows_is() -> None:
    values = [(0, 1_000_000), (10, 1_050_000), (40, 1_050_000), (71, 1_050_300), (86, 1_050_900)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_300, 1_000_900]


def test_energy_of_an_outage_is_believed_at_once_when_the_time_allows_it() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (2 * 24 * 60, 1_050_000)]) == [1_000_000, 1_050_000]


def test_a_small_correction_downwards_waits_until_it_is_overtaken() -> None:
    values = [(0, 1_000_000), (15, 999_000), (30, 999_900), (45, 1_000_100)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_100]


def test_a_correction_downwards_that_stands_still_makes_no_second_life() -> None:
    values = [(0, 1_000_000), (15, 900_000), (24 * 60, 900_000), (48 * 60, 900_000), (72 * 60, 900_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000] * 5


def test_a_counter_that_was_corrected_for_good_grows_again_within_a_day() -> None:
    hour = 60
    values = [(0, 30_000_000), (hour, 25_200_000), (8 * hour, 25_210_000), (22 * hour, 25_214_000)]
    assert take_all(LifetimeCounter(), values) == [30_000_000, 30_000_000, 30_000_000, 30_014_000]
    assert take_all(LifetimeCounter(), [*values, (23 * hour, 25_215_000)])[-1] == 30_015_000


def test_a_fall_that_has_stood_does_not_prove_the_jump_that_follows() -> None:
    hour = 60
    values = [(0, 1_000_000), (hour, 999_500), (30 * hour, 999_500), (31 * hour, 9_999_999), (32 * hour, 1_010_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000] * 4 + [1_010_000]


def test_what_is_read_once_a_day_goes_on_after_a_day() -> None:
    day = 24 * 60
    values = [(0, 1_000_000), (day, 900_000), (2 * day, 909_000), (3 * day, 910_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_009_000, 1_010_000]


def test_what_was_missing_and_comes_late_is_no_jump() -> None:
    at, hours = START, timedelta(hours=1)
    counter = LifetimeCounter().take(1_000_000, at, at)
    counter = counter.take(1_001_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W), at + hours)
    counter = counter.take(1_030_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W))
    assert (counter.published_wh, counter.complete_until) == (1_030_000, None)
    counter = counter.take(1_059_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W))
    assert counter.waits


def test_a_counter_that_began_again_goes_on_from_the_old_one_after_some_hours() -> None:
    hour = 60
    values = [(0, 1_000_000), (15, 50), (2 * hour, 4_000), (4 * hour, 9_000), (5 * hour, 9_500)]
    assert take_all(LifetimeCounter(), values) == [
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_000 - 50 + 9_000,
        1_000_000 - 50 + 9_500,
    ]


def test_a_bogus_figure_that_grows_and_goes_leaves_no_trace() -> None:
    values = [(0, 1_000_000), (15, 50), (30, 60), (45, 1_000_900), (60, 1_001_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_900, 1_001_000]


def test_a_known_power_bounds_what_is_believed_and_without_one_nothing_is_bounded() -> None:
    assert most_of(4000)(timedelta(hours=1)) == 4000 * 1.25
    assert most_of(4000)(timedelta(hours=-1)) == 4000 * 0.25
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (1, 9_000_000)], most_w=None) == [1_000_000, 9_000_000]


def test_the_counter_never_falls_whatever_comes() -> None:
    values = [(15 * i, raw) for i, raw in enumerate([5e6, 0, 5.0001e6, 1, 2e9, 4e6, 5.0002e6, 0, 5.1e6, 5.1e6, 4.9e6])]
    published = [value for value in take_all(LifetimeCounter(), values) if value is not None]
    assert published == sorted(published)
    assert published[-1] < 5.2e6


def test_a_counter_that_waits_is_still_reported() -> None:
    counter = LifetimeCounter().take(3000, START, START).take(0, START + 600 * MINUTES, START + 600 * MINUTES)
    assert (counter.published_wh, counter.waits) == (3000, True)
    assert (counter.as_of, counter.reported_until) == (START, START + 600 * MINUTES)


# Where one thing ends and the other begins.


def test_the_first_watt_hour_of_a_new_system_is_published_at_once() -> None:
    assert take_all(LifetimeCounter(), [(0, 0), (15, 0.8), (30, 2)]) == [None, 0.8, 2]


@pytest.mark.parametrize(("raw", "waits"), [(999.5, False), (999.4, True)])
def test_half_a_watt_hour_less_is_the_same_energy_and_more_is_a_fall(raw: float, waits: bool) -> None:
    counter = LifetimeCounter().take(1000, START, START)
    counter = counter.take(raw, START + 15 * MINUTES, START + 15 * MINUTES)
    assert (counter.published_wh, counter.waits) == (1000, waits)


@pytest.mark.parametrize(("raw", "published"), [(1_003_750, 1_003_750), (1_003_751, 1_000_000)])
def test_all_that_the_time_and_a_quarter_of_an_hour_allow_is_believed(raw: float, published: float) -> None:
    # 7.5 kW for half an hour.
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (15, raw)])[-1] == published


HOUR = 60
RESTARTED = [(0, 1_000_000), (15, 50), (2 * HOUR, 4_000), (4 * HOUR, 9_000), (5 * HOUR, 9_500)]
"""New hardware, whose counter is at 9,500 when 1,009,450 is published."""


@pytest.mark.parametrize(
    ("before", "raw", "goes_on"),
    [
        ([(5 * HOUR, 1_000_000)], 499_799, True),
        ([(5 * HOUR, 1_000_000)], 499_800, False),
        (RESTARTED, 4_000, True),
        (RESTARTED, 5_000, False),
    ],
)
def test_after_three_hours_a_counter_goes_on_that_has_lost_more_than_half(
    before: Sequence[tuple[int, float]], raw: float, goes_on: bool
) -> None:
    known = take_all(LifetimeCounter(), before)[-1]
    assert known is not None
    # What counts is how far it is down by then.
    after = [(6 * HOUR, raw), (8 * HOUR, raw + 100), (9 * HOUR, raw + 200)]
    assert take_all(LifetimeCounter(), [*before, *after])[-1] == (known + 200 if goes_on else known)


def test_a_counter_that_falls_again_while_it_waits_waits_anew_from_there() -> None:
    values = [(0, 1_000_000), (15, 100_000), (2 * HOUR, 50), (4 * HOUR, 100), (5 * HOUR, 200)]
    assert take_all(LifetimeCounter(), values) == [1_000_000] * 4 + [1_000_150]


def test_a_fall_after_a_restart_does_not_prove_the_jump_that_follows() -> None:
    values = [*RESTARTED, (6 * HOUR, 9_000), (36 * HOUR, 9_000), (37 * HOUR, 1_500_000), (38 * HOUR, 10_000)]
    assert take_all(LifetimeCounter(), values)[-4:] == [1_009_450] * 3 + [1_009_950]


def test_a_jump_after_a_restart_goes_on_when_it_has_stood_for_an_hour() -> None:
    jump = [(6 * HOUR, 300_000), (6 * HOUR + 30, 300_000), (7 * HOUR, 300_100)]
    assert take_all(LifetimeCounter(), RESTARTED + jump)[-3:] == [1_009_450, 1_009_450, 1_009_550]


@pytest.mark.parametrize(
    ("readings", "published"),
    [
        ([(10, 0.0), (40, 0.0), (69, 300.0)], 1_000_000),
        ([(10, 0.0), (40, 0.0), (70, 300.0)], 1_000_300),
        ([(10, 0.0), (10, 0.0), (70, 300.0)], 1_000_300),
        ([(10, 0.0), (12, 100.0), (14, 300.0)], 1_000_000),
        ([(10, 0.0), (100, 300.0)], 1_000_000),
        ([(10, 0.0), (100, 300.0), (101, 300.0)], 1_000_300),
        ([(10, 0.0), (40, -0.5), (70, 300.0)], 1_000_300),
        ([(10, 0.0), (40, -0.6), (70, 300.0)], 1_000_000),
    ],
)
def test_a_jump_is_confirmed_by_three_readings_of_an_hour(
    readings: Sequence[tuple[int, float]], published: float
) -> None:
    jump = [(minute, 1_050_000 + more) for minute, more in readings]
    assert take_all(LifetimeCounter(), [(0, 1_000_000), *jump])[-1] == published


def test_two_readings_confirm_what_has_stood_for_twenty_hours() -> None:
    values = [(0, 1_000_000), (10, 1_300_000), (10 + 20 * HOUR, 1_300_900)]
    assert take_all(LifetimeCounter(), values)[-1] == 1_000_900


@pytest.mark.parametrize(("grown", "goes_on"), [(0.5, False), (0.6, True)])
def test_what_has_grown_by_half_a_watt_hour_since_it_fell_has_not_grown(grown: float, goes_on: bool) -> None:
    values = [(0, 1_000_000), (15, 50), (2 * HOUR, 50), (4 * HOUR, 50 + grown)]
    assert take_all(LifetimeCounter(), values)[-1] == (pytest.approx(1_000_000 + grown) if goes_on else 1_000_000)


# Clocks.


def test_a_value_of_an_earlier_instant_does_not_set_the_counter_back() -> None:
    counter = LifetimeCounter().take(1000, START, START).take(1001, START - 5 * MINUTES, START)
    assert (counter.published_wh, counter.as_of, counter.reported_at) == (1001, START, START)
    counter = counter.take(0, START - 5 * MINUTES, START + 15 * MINUTES)
    assert (counter.waits, counter.as_of, counter.reported_until) == (True, START, START)


def test_an_instant_of_the_future_is_forgotten_once_the_clock_is_right() -> None:
    counter = LifetimeCounter().take(1000, START + 600 * MINUTES, START + 600 * MINUTES).take(1001, START, START)
    assert (counter.published_wh, counter.as_of, counter.reported_at) == (1001, START, START)


def test_a_doubt_of_the_future_begins_anew_once_the_clock_is_right() -> None:
    day = 24 * HOUR
    counter = LifetimeCounter().take(1_000_000, START, START)
    counter = counter.take(9_000_000, START + day * MINUTES, START + day * MINUTES, most_of(MOST_W))
    assert take_all(counter, [(10, 9_000_000), (40, 9_000_000), (71, 9_000_300)]) == [1_000_000, 1_000_000, 1_000_300]
