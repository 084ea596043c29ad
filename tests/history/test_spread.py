"""A day's total is laid over its hours."""

from datetime import date
from itertools import pairwise
from math import fsum, radians, sin
from random import Random
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import elevation
import pytest

from custom_components.solar_cloud.history.hours import Shape, day_hours, shape_of, spread, weights
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.sky.sun import Place

from .helpers import DAY, HOUR, MINUTE, PLACES, ZONES, days_of, utc

BERLIN = ZoneInfo("Europe/Berlin")
TROMSO = Place(69.65, 18.96)


# Shapes.


def test_what_comes_from_the_panels_follows_the_sun_and_the_rest_is_even():
    assert {flow for flow in Flow if shape_of(flow) is Shape.SUN} == {
        Flow.PRODUCTION,
        Flow.GRID_EXPORT,
        Flow.BATTERY_CHARGE,
    }
    assert {shape_of(flow) for flow in Flow} == set(Shape)


@pytest.mark.parametrize("name", ZONES)
def test_the_weights_of_hours_are_the_sine_of_the_suns_height_in_an_almanac(name):
    place = PLACES[name]
    observer = Observer(place.latitude, place.longitude)
    for day in days_of(ZoneInfo(name), Random(3), 3):
        hours = day_hours(day, ZoneInfo(name))
        found = weights(place, hours, Shape.SUN)
        wanted = [_sine_by_almanac(observer, hour) for hour in hours]
        if not any(wanted):
            assert set(found) == {1.0}
        else:
            assert found == pytest.approx(wanted, abs=0.001)


def _sine_by_almanac(observer, hour):
    heights = [elevation(observer, hour + number * 3 * MINUTE, with_refraction=False) for number in range(21)]
    lit = [max(0.0, sin(radians(height))) for height in heights]
    return sum((one + two) / 2 for one, two in pairwise(lit)) / 20


def test_hours_between_sunset_and_sunrise_weigh_nothing():
    # Berlin on 2026-06-21: 04:43 to 21:33 in Europe/Berlin.
    hours = day_hours(date(2026, 6, 21), BERLIN)
    found = dict(zip(hours, weights(PLACES["Europe/Berlin"], hours, Shape.SUN), strict=True))
    assert {hour.astimezone(BERLIN).hour for hour, weight in found.items() if weight} == set(range(4, 22))
    assert max(found, key=found.__getitem__) == utc(2026, 6, 21, 11)


def test_an_hour_of_which_only_minutes_have_sun_weighs_little_but_something():
    # Near the polar circle the sun is up for half an hour at noon.
    hours = day_hours(date(2026, 12, 21), BERLIN)
    found = weights(Place(66.3, 13.0), hours, Shape.SUN)
    assert 1 <= sum(weight > 0 for weight in found) <= 3
    assert 0 < max(found) < 0.01
    # It rises and sets within the hour from 12 to 13 UTC.
    found = weights(Place(66.45, -7.5), hours, Shape.SUN)
    assert [hour for hour, weight in zip(hours, found, strict=True) if weight] == [utc(2026, 12, 21, 12)]
    assert 0 < max(found) < 0.002


def test_in_the_polar_night_weights_are_even_and_in_the_polar_day_no_hour_has_none():
    winter, summer = day_hours(date(2026, 12, 21), BERLIN), day_hours(date(2026, 6, 21), BERLIN)
    assert weights(TROMSO, winter, Shape.SUN) == [1.0] * 24
    assert min(weights(TROMSO, summer, Shape.SUN)) > 0


def test_an_even_shape_knows_no_night():
    hours = day_hours(date(2026, 10, 25), BERLIN)
    assert weights(PLACES["Europe/Berlin"], hours, Shape.EVEN) == [1.0] * 25


# Totals.


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("name", ZONES)
def test_a_whole_total_is_laid_out_in_whole_watt_hours_that_add_up_to_it(name, shape):
    zone, place, chance = ZoneInfo(name), PLACES[name], Random(name)
    for day in days_of(zone, chance):
        hours = day_hours(day, zone)
        parts = weights(place, hours, shape)
        for total in (0, 1, 2, 23, 25, chance.randrange(100), chance.randrange(80_000), chance.randrange(10**9)):
            laid = spread(total, hours, parts)
            assert list(laid) == hours
            assert sum(laid.values()) == total
            assert all(energy >= 0 and energy.is_integer() for energy in laid.values())
            exact = [total * part / fsum(parts) for part in parts]
            assert all(abs(energy - share) < 1.001 for energy, share in zip(laid.values(), exact, strict=True))
            assert not any(energy for energy, part in zip(laid.values(), parts, strict=True) if part == 0)


def test_the_hours_that_lose_most_by_rounding_get_what_is_left():
    hours = day_hours(date(2026, 6, 1), BERLIN)[:4]
    assert list(spread(10, hours, [0.15, 0.28, 0.57, 0.0]).values()) == [1, 3, 6, 0]
    assert list(spread(3, hours, [1, 1, 1, 1]).values()) == [1, 1, 1, 0]


def test_a_fraction_of_a_watt_hour_goes_to_the_largest_hour():
    hours = day_hours(date(2026, 6, 1), BERLIN)[:3]
    assert list(spread(10.25, hours, [1, 3, 1]).values()) == [2, 6.25, 2]
    assert list(spread(0.5, hours, [0, 1, 2]).values()) == [0, 0, 0.5]


@pytest.mark.parametrize(
    ("total", "laid"),
    [
        (10.75, [4.75, 3, 3]),  # ten in whole, one of them to the first, and the rest
        (9.75, [3.75, 3, 3]),  # of equal hours the first
        (435.0, [145, 145, 145]),
        (4.35 * 100, [4.35 * 100 - 290, 145, 145]),  # 435, but for the noise of binary fractions
    ],
)
def test_equal_hours_get_whole_watt_hours_and_the_first_one_the_rest(total: float, laid: list[float]) -> None:
    hours = day_hours(date(2026, 6, 1), BERLIN)[:3]
    assert list(spread(total, hours, [1.0] * 3).values()) == laid


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_only_the_ratio_of_weights_counts(scale: float) -> None:
    hours = day_hours(date(2026, 6, 1), BERLIN)[:3]
    assert list(spread(10, hours, [1 * scale, 3 * scale, 1 * scale]).values()) == [2, 6, 2]


def test_totals_of_any_kind_add_up_exactly_and_are_never_negative():
    chance, hours = Random(5), day_hours(date(2026, 3, 29), BERLIN)
    for _ in range(1000):
        parts = [chance.choice([0.0, chance.random(), 1e-9 * chance.random(), 5000.0]) for _ in hours]
        if not any(parts):
            continue
        total = chance.choice(
            [chance.random(), 1000 * chance.random(), round(50 * chance.random(), 3) * 1000, 4.35 * 100]
        )
        laid = spread(total, hours, parts)
        assert fsum(laid.values()) == total
        assert min(laid.values()) >= 0
        assert not any(energy for energy, part in zip(laid.values(), parts, strict=True) if part == 0)


def test_nothing_can_be_laid_over_no_hour_or_where_no_hour_has_weight():
    hours = day_hours(date(2026, 6, 1), BERLIN)[:2]
    for parts in ([], [0.0, 0.0], [1.0, -1.0], [float("nan"), float("nan")]):
        with pytest.raises(ValueError, match=r"^nothing to lay the energy over$"):
            spread(5, hours[: len(parts)], parts)


def test_two_days_that_follow_each_other_look_alike():
    # No hour of the sun's curve jumps from one day to the next, whatever the clock does.
    for first in (date(2026, 3, 28), date(2026, 10, 24)):
        one, two = (spread(30_000, hours, weights(PLACES["Europe/Berlin"], hours, Shape.SUN))
                    for hours in (day_hours(first, BERLIN), day_hours(first + DAY, BERLIN)))  # fmt: skip
        assert all(abs(energy - two[hour + 24 * HOUR]) < 150 for hour, energy in one.items() if energy)
