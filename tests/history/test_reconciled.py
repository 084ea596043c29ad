"""The hours of a finished day add up to the cloud's total, and say what intervals say."""

from datetime import UTC, date, datetime
from math import fsum
from random import Random
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.history.hours import (
    Shape,
    day_hours,
    day_total,
    hours_of,
    reconciled,
    spread,
    weights,
)
from custom_components.solar_cloud.model.elements import Interval
from custom_components.solar_cloud.model.series import EMPTY, Series, midnight
from custom_components.solar_cloud.sky.sun import Place
from simulator.plant.devices import Gateway, Inverter
from simulator.plant.energy import Load
from simulator.plant.plant import Plant
from simulator.plant.sun import Sky

from .helpers import DAY, HOUR, MINUTE, PLACES, ZONES, days_of, interval, series_of, utc

BERLIN = ZoneInfo("Europe/Berlin")
PLACE = PLACES["Europe/Berlin"]
JUNE = date(2026, 6, 21)


def plant_in(name: str) -> Plant:
    """Return a plant with a household at the principal place of a zone."""
    begin = datetime(2025, 12, 1, tzinfo=UTC)
    return Plant(
        "enphase",
        67,
        "Barn",
        timezone=name,
        sky=Sky(latitude=PLACES[name].latitude, longitude=PLACES[name].longitude, seed=67),
        operational_at=begin,
        gateways=[Gateway(serial="G")],
        inverters=[Inverter(serial="I", gateway="G", installed=begin, model="M", size_w=8000)],
        load=Load(),
    )


def detail_of(plant: Plant, day: date, minutes: int = 5, *, load: bool = False) -> dict[datetime, Interval]:
    """Return what a cloud reports of a day with nothing missing."""
    start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
    found = {}
    while start < end:
        until = start + minutes * MINUTE
        energy = plant.flow_wh("load", start, until) if load else plant.energy_wh(start, until)
        found[start] = Interval(start=start, end=until, energy_wh=energy)
        start = until
    return found


def truth(plant: Plant, day: date) -> dict[datetime, int]:
    return {hour: plant.energy_wh(hour, hour + HOUR) for hour in day_hours(day, plant.zone)}


# A plant's real days.


@pytest.mark.parametrize("minutes", [5, 15])
@pytest.mark.parametrize("name", ZONES)
def test_with_full_detail_each_hour_is_the_plants_own(name, minutes):
    plant = plant_in(name)
    for day in days_of(plant.zone, Random(name)):
        hours = reconciled(day, plant.zone, plant.day_wh(day), detail_of(plant, day, minutes), PLACES[name], Shape.SUN)
        assert hours == truth(plant, day)


@pytest.mark.parametrize("name", ZONES)
def test_with_half_of_the_intervals_missing_the_sum_is_exact_and_the_night_dark(name):
    plant, chance = plant_in(name), Random(name)
    for day in days_of(plant.zone, chance):
        total, full = plant.day_wh(day), detail_of(plant, day)
        known = {start: one for start, one in full.items() if chance.random() < 0.5}
        hours = reconciled(day, plant.zone, total, known, PLACES[name], Shape.SUN)
        assert list(hours) == day_hours(day, plant.zone)
        assert day_total(hours, day, plant.zone) == total
        measured = hours_of(known.values())
        for hour, energy in hours.items():
            assert energy >= measured.get(hour, 0)
            assert energy.is_integer()
            assert energy <= 8000
            if weights(PLACES[name], [hour, hour + 12 * HOUR], Shape.SUN)[0] == 0:
                assert energy == measured.get(hour, 0)


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_an_outage_from_morning_to_noon_is_filled_and_the_afternoon_stays(name):
    plant = plant_in(name)
    day = date(2026, 3, 10)
    total, full = plant.day_wh(day), detail_of(plant, day, 15)
    noon = midnight(day, plant.zone) + 13 * HOUR
    known = {start: one for start, one in full.items() if start >= noon}
    hours = reconciled(day, plant.zone, total, known, PLACES[name], Shape.SUN)
    assert day_total(hours, day, plant.zone) == total
    for hour, energy in truth(plant, day).items():
        if hour >= noon:
            assert hours[hour] == energy
        elif hour < noon - 9 * HOUR:
            assert hours[hour] == 0


@pytest.mark.parametrize("name", ZONES)
def test_a_day_without_any_detail_follows_the_sun(name):
    zone = ZoneInfo(name)
    for day in days_of(zone, Random(7)):
        for shape in Shape:
            hours = day_hours(day, zone)
            wanted = spread(21_345, hours, weights(PLACES[name], hours, shape))
            assert reconciled(day, zone, 21_345, EMPTY, PLACES[name], shape) == wanted


@pytest.mark.parametrize("name", ZONES)
def test_consumption_of_full_hours_is_the_plants_own_in_zones_at_whole_hours(name):
    plant = plant_in(name)
    for day in days_of(plant.zone, Random(name), 2):
        known = detail_of(plant, day, load=True)
        start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
        total = plant.flow_wh("load", start, end)
        hours = reconciled(day, plant.zone, total, known, PLACES[name], Shape.EVEN)
        assert day_total(hours, day, plant.zone) == total
        wanted = {hour: plant.flow_wh("load", hour, hour + HOUR) for hour in day_hours(day, plant.zone)}
        if start.minute == 0 and end.minute == 0:
            assert hours == wanted
        else:
            # The vendor's day begins within an hour: each of its Wh is there, in this hour or near it.
            assert all(abs(energy - wanted[hour]) < 800 for hour, energy in hours.items())


# What the total has beyond the intervals.


def test_what_is_missing_goes_to_the_gap_only():
    known = series_of(interval(hour, 60, 100) for hour in day_hours(JUNE, BERLIN) if hour.hour not in {10, 11})
    hours = reconciled(JUNE, BERLIN, 2200 + 5001, known, PLACE, Shape.SUN)
    assert {hour: energy for hour, energy in hours.items() if energy != 100}.keys() == {
        utc(2026, 6, 21, 10),
        utc(2026, 6, 21, 11),
    }
    assert sum(hours.values()) == 7201


def test_a_gap_within_an_hour_takes_its_share_of_an_even_day():
    missing = {utc(2026, 6, 21, 3), utc(2026, 6, 21, 10)}
    known = series_of(interval(hour, 60, 60) for hour in day_hours(JUNE, BERLIN) if hour not in missing)
    known = {**known, **series_of([interval(utc(2026, 6, 21, 10), 45, 45)])}
    hours = reconciled(JUNE, BERLIN, 22 * 60 + 45 + 100, known, PLACE, Shape.EVEN)
    assert hours[utc(2026, 6, 21, 3)] == 80
    assert hours[utc(2026, 6, 21, 10)] == 45 + 20


def test_of_an_hour_around_sunrise_only_the_lit_part_can_lack_something():
    # The sun rises at 02:43 UTC: until 02:30 it is dark, so the total says that the known hours lack something.
    known = detail_of(plant_in("Europe/Berlin"), JUNE)
    dark = {start: one for start, one in known.items() if start >= utc(2026, 6, 21, 2, 30)}
    total = fsum(one.energy_wh for one in known.values())
    hours = reconciled(JUNE, BERLIN, total * 1.1, dark, PLACE, Shape.SUN)
    measured = hours_of(dark.values())
    assert fsum(hours.values()) == total * 1.1
    assert all(hours[hour] == pytest.approx(energy * 1.1, abs=1.5) for hour, energy in measured.items())
    lit = {start: one for start, one in known.items() if not 3 <= start.hour < 4}
    assert (
        reconciled(JUNE, BERLIN, total * 1.1, lit, PLACE, Shape.SUN)[utc(2026, 6, 21, 12)]
        == measured[utc(2026, 6, 21, 12)]
    )


@pytest.mark.parametrize("shape", list(Shape))
def test_where_nothing_is_missing_all_hours_are_scaled_to_a_larger_total(shape):
    known = series_of(interval(hour, 60, 10 * hour.hour) for hour in day_hours(JUNE, BERLIN))
    hours = reconciled(JUNE, BERLIN, 2 * 2760, known, PLACE, shape)
    assert hours == {hour: 20 * hour.hour for hour in day_hours(JUNE, BERLIN)}


def test_in_the_polar_night_the_rest_is_laid_evenly_over_the_gap():
    hours = day_hours(date(2026, 12, 21), BERLIN)
    known = series_of(interval(hour, 60, 0) for hour in hours[:20])
    found = reconciled(date(2026, 12, 21), BERLIN, 8, known, Place(69.65, 18.96), Shape.SUN)
    assert list(found.values()) == [0] * 20 + [2] * 4


def test_a_total_that_no_interval_and_no_gap_explains_follows_the_sun():
    known = series_of(interval(hour, 60, 0) for hour in day_hours(JUNE, BERLIN))
    assert reconciled(JUNE, BERLIN, 900, known, PLACE, Shape.SUN) == reconciled(
        JUNE, BERLIN, 900, EMPTY, PLACE, Shape.SUN
    )


# Less than the intervals, other totals, other intervals.


def test_a_total_below_the_intervals_scales_them_down():
    known = series_of(interval(utc(2026, 6, 21, hour), 60, 100 * hour) for hour in range(8, 13))
    hours = reconciled(JUNE, BERLIN, 2500, known, PLACE, Shape.SUN)
    assert {hour.hour: energy for hour, energy in hours.items() if energy} == {hour: 50 * hour for hour in range(8, 13)}
    assert set(reconciled(JUNE, BERLIN, 0, known, PLACE, Shape.SUN).values()) == {0}


def test_a_total_that_differs_by_binary_noise_alone_leaves_decimals_in_their_hours():
    known = series_of(interval(utc(2026, 6, 21, hour), 60, hour + 0.1) for hour in range(8, 13))
    noisy = sum(one.energy_wh for one in known.values()) * (1 - 1e-15)
    hours = reconciled(JUNE, BERLIN, noisy, known, PLACE, Shape.SUN)
    assert fsum(hours.values()) == noisy
    assert all(hours[start] == pytest.approx(one.energy_wh, abs=1e-9) for start, one in known.items())


def test_without_a_total_the_known_hours_are_all():
    known = series_of([interval(utc(2026, 6, 21, 10), 15, 7), interval(utc(2026, 6, 22, 10), 60, 9)])
    assert reconciled(JUNE, BERLIN, None, known, PLACE, Shape.SUN) == {utc(2026, 6, 21, 10): 7}
    assert reconciled(JUNE, BERLIN, None, EMPTY, PLACE, Shape.SUN) == {}


def test_negative_hours_count_as_nothing():
    known = series_of([interval(utc(2026, 6, 21, 1), 60, -5), interval(utc(2026, 6, 21, 10), 60, 70)])
    hours = reconciled(JUNE, BERLIN, 70, known, PLACE, Shape.SUN)
    assert {hour: energy for hour, energy in hours.items() if energy} == {utc(2026, 6, 21, 10): 70}


def test_what_an_interval_covers_a_second_time_is_left_out():
    quarters = [interval(utc(2026, 6, 21, 10, minute), 15, 30) for minute in (15, 30, 45)]
    known = series_of([interval(utc(2026, 6, 21, 10), 60, 100), *quarters])
    assert reconciled(JUNE, BERLIN, None, known, PLACE, Shape.SUN) == {utc(2026, 6, 21, 10): 100}


def test_intervals_of_other_days_change_nothing():
    plant = plant_in("Asia/Kolkata")
    days = [date(2026, 6, 20) + number * DAY for number in range(3)]
    whole: dict[datetime, Interval] = {}
    for day in days:
        whole |= detail_of(plant, day, 15)
    for day in days:
        found = reconciled(day, plant.zone, plant.day_wh(day), whole, PLACES["Asia/Kolkata"], Shape.SUN)
        assert found == truth(plant, day)


def test_hours_of_the_clock_in_a_zone_at_half_hours_are_divided_between_both_days():
    plant = plant_in("Asia/Kolkata")
    days = [date(2026, 6, 20) + number * DAY for number in range(3)]
    whole: dict[datetime, Interval] = {}
    for day in days:
        whole |= detail_of(plant, day, 60, load=True)
    both = [reconciled(day, plant.zone, None, whole, PLACES["Asia/Kolkata"], Shape.EVEN) for day in days]
    midnight_hour = midnight(days[1], plant.zone) - 30 * MINUTE
    assert midnight_hour in both[0]
    assert midnight_hour not in both[1]
    start, end = midnight(days[1], plant.zone), midnight(days[2], plant.zone)
    assert both[0][midnight_hour] == whole[start - HOUR].energy_wh / 2 + whole[start].energy_wh / 2
    assert both[1][midnight_hour + 24 * HOUR] == whole[end - HOUR].energy_wh / 2 + whole[end].energy_wh / 2


def test_a_day_that_a_zone_has_left_out_has_no_energy():
    apia = ZoneInfo("Pacific/Apia")
    assert reconciled(date(2011, 12, 30), apia, 100, EMPTY, PLACES["Pacific/Apia"], Shape.SUN) == {}


# Properties.


@pytest.mark.parametrize("name", ZONES)
def test_any_intervals_and_any_total_give_exact_sums_and_no_negative_hour(name):
    zone, chance = ZoneInfo(name), Random(f"any {name}")
    for day in days_of(zone, chance, 4):
        for shape in Shape:
            for whole in (True, False):
                known = _random_series(day, zone, chance, whole=whole)
                measured = fsum(one.energy_wh for one in known.values())
                for total in (
                    0,
                    1,
                    measured,
                    measured * chance.random(),
                    measured * (1 + chance.random()),
                    chance.randrange(60_000),
                ):
                    wanted = round(total) if whole else total
                    hours = reconciled(day, zone, wanted, known, PLACES[name], shape)
                    assert list(hours) == day_hours(day, zone)
                    assert fsum(hours.values()) == wanted
                    assert min(hours.values()) >= 0
                    # Once more with what was found: nothing changes.
                    again = series_of(interval(hour, 60, energy) for hour, energy in hours.items())
                    assert reconciled(day, zone, wanted, again, PLACES[name], shape) == hours


def test_sums_are_exact_to_the_last_bit_where_one_hour_has_nearly_all():
    chance = Random(8)
    for _ in range(400):
        known = series_of(
            interval(hour, 60, 5000 * chance.random() if hour.hour == 10 else 900 * chance.random() ** 6)
            for hour in day_hours(JUNE, BERLIN)
        )
        total = fsum(one.energy_wh for one in known.values()) * (1 + 1e-13 * (chance.random() - 0.5))
        hours = reconciled(JUNE, BERLIN, total, known, PLACE, Shape.EVEN)
        assert fsum(hours.values()) == total
        assert all(hours[start] == pytest.approx(one.energy_wh, abs=1e-9) for start, one in known.items())


def test_the_noise_of_binary_fractions_goes_to_the_largest_hours_and_not_to_the_night() -> None:
    chance = Random(3)
    for _ in range(200):
        by_day = [hour for hour in day_hours(JUNE, BERLIN) if 4 <= hour.hour < 18]
        known = series_of(interval(hour, 60, round(3000 * chance.random(), 3) + 0.001) for hour in by_day)
        total = fsum(one.energy_wh for one in known.values()) * (1 + 1e-13 * (chance.random() - 0.5))
        hours = reconciled(JUNE, BERLIN, total, known, PLACE, Shape.SUN)
        assert fsum(hours.values()) == total
        assert all(hours[hour] == 0 for hour in hours if hour not in by_day)


def test_a_row_of_the_day_before_takes_no_row_out_that_reaches_into_the_day() -> None:
    begin = day_hours(JUNE, BERLIN)[0]
    before, into = interval(begin - 30 * MINUTE, 30, 7), interval(begin - 15 * MINUTE, 30, 20)
    assert reconciled(JUNE, BERLIN, None, series_of([before, into]), PLACE, Shape.EVEN) == {begin: 10}


def test_a_total_beside_rows_of_nothing_is_laid_evenly_where_no_shape_is_known() -> None:
    hours = day_hours(JUNE, BERLIN)
    known = series_of(interval(hour, 60, 0) for hour in hours)
    assert reconciled(JUNE, BERLIN, 48, known, PLACE, Shape.EVEN) == dict.fromkeys(hours, 2)


def test_a_sum_right_between_two_floats_is_put_right_in_the_second_hour():
    last_bit = 2.0**-40
    known = series_of(
        [interval(utc(2026, 6, 21, 10), 60, 4100.0), interval(utc(2026, 6, 21, 11), 60, 0.5 + last_bit / 2)]
    )
    total = 4100.5 + 3 * last_bit
    hours = reconciled(JUNE, BERLIN, total, known, PLACE, Shape.SUN)
    assert fsum(hours.values()) == total


def _random_series(day: date, zone: ZoneInfo, chance: Random, *, whole: bool) -> Series:
    start, end = midnight(day, zone), midnight(day + DAY, zone)
    minutes, share = chance.choice([5, 15, 60]), chance.choice([0, 0.1, 0.6, 1])
    found = []
    while start < end:
        if chance.random() < share:
            energy = 20 * minutes * chance.random()
            found.append(interval(start, minutes, round(energy) if whole else round(energy, 3)))
        start += minutes * MINUTE
    return series_of(found)
