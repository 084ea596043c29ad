"""What of an older statistic can be energy of the system, and of which hours."""

from datetime import datetime

import pytest

from custom_components.solar_cloud.history.takeover_rules import OldRow, believable, most_in_an_hour
from custom_components.solar_cloud.sky.sun import Place

from .helpers import HOUR, utc

BERLIN = Place(52.5, 13.4)
NOON = utc(2026, 6, 1, 10)
MOST = 10_000.0


def rows(*changes: float, start: datetime = NOON, state: float | None = 1000.0) -> list[OldRow]:
    """Return hours that follow one another, with a counter that shows what they add up to."""
    found = []
    for number, change in enumerate(changes):
        state = None if state is None else state + change
        found.append(OldRow(start + number * HOUR, change, state))
    return found


def test_hours_that_can_be_stay_as_they_are():
    energy = believable(rows(0, 1200, 3400, 9999, 0), MOST, BERLIN)
    assert list(energy.hours.values()) == [0, 1200, 3400, 9999, 0]
    assert energy.ignored == 0


def test_a_counter_that_was_lost_and_found_is_no_energy_of_the_hour():
    lost = [
        *rows(500, 600),
        OldRow(NOON + 2 * HOUR, 0.0, 0.0),
        OldRow(NOON + 3 * HOUR, 1_002_100.0 + 700, 2100.0 + 700),
        OldRow(NOON + 4 * HOUR, 800.0, 2100.0 + 1500),
    ]
    energy = believable(lost, MOST, BERLIN)
    assert energy.ignored == 1
    # It is back at its highest value and 700 Wh: that is what was made meanwhile.
    assert sum(energy.hours.values()) == 500 + 600 + 700 + 800


@pytest.mark.parametrize("change", [-1.0, -50_000.0, 10_001.0, 35e6])
def test_a_change_that_panels_cannot_make_is_left_out_and_counted(change):
    energy = believable(
        [*rows(500), OldRow(NOON + HOUR, change, None), OldRow(NOON + 2 * HOUR, 600, None)], MOST, BERLIN
    )
    assert energy.ignored == 1
    assert sum(energy.hours.values()) == 1100
    assert NOON + HOUR not in energy.hours or energy.hours[NOON + HOUR] < 600


def test_what_came_after_hours_without_a_row_is_laid_over_them_along_the_sun():
    morning = utc(2026, 6, 1, 2)
    gap = [OldRow(morning, 0.0, 1000.0), OldRow(morning + 6 * HOUR, 6000.0, 7000.0)]
    energy = believable(gap, MOST, BERLIN)
    laid = [energy.hours[morning + number * HOUR] for number in range(1, 7)]
    assert sum(laid) == 6000
    assert laid == sorted(laid)
    assert laid[0] < 1000 < laid[-1]


def test_what_an_hour_cannot_have_made_alone_was_made_since_the_counter_last_moved():
    stood = rows(3000, 0, 0, 24_000)
    energy = believable(stood, MOST, BERLIN)
    assert energy.ignored == 0
    assert energy.hours[NOON] == 3000
    assert sum(energy.hours.values()) == 27_000
    assert all(6000 < energy.hours[NOON + number * HOUR] < MOST for number in range(1, 4))


def test_the_nights_between_get_nothing_of_what_came_late():
    evening = utc(2026, 6, 1, 18)
    energy = believable([OldRow(evening, 10.0, 10.0), OldRow(evening + 14 * HOUR, 9000.0, 9010.0)], MOST, BERLIN)
    dark = [hour for hour in energy.hours if hour.hour in {20, 21, 22, 23, 0, 1}]
    assert len(dark) == 6
    assert {energy.hours[hour] for hour in dark} == {0}
    assert sum(energy.hours.values()) == 9010


def test_without_rows_there_is_no_energy():
    assert believable([], MOST, BERLIN).hours == {}


def test_the_size_says_the_most_an_hour_can_yield_and_twice_of_it_is_believed():
    assert most_in_an_hour(5000.0, rows(1, 2)) == 10_000


@pytest.mark.parametrize("size", [None, 0.0])
def test_without_a_size_what_hours_mostly_yield_says_it(size):
    usual = rows(*[0.0] * 50, *[float(1000 + number) for number in range(300)], 35e6)
    assert 2 * 1290 < most_in_an_hour(size, usual) < 2 * 1310
    assert most_in_an_hour(size, rows(0.0, -5.0)) == 0
