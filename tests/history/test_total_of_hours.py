"""What the hours of a day in a zone at half hours are to add up to, and how two series become one."""

from datetime import date, datetime
from math import fsum
from random import Random
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.history.hours import Shape, combined, day_hours, reconciled, total_of_hours, touching
from custom_components.solar_cloud.model.series import Series, midnight
from simulator.plant.plant import Plant

from .helpers import DAY, HOUR, MINUTE, PLACES, interval, series_of, utc
from .test_reconciled import detail_of, plant_in

KOLKATA = ZoneInfo("Asia/Kolkata")
DAYS = [date(2026, 6, 8) + number * DAY for number in range(3)]
HALF_HOURS = ["America/St_Johns", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe"]


def truth(plant: Plant, day: date) -> dict[datetime, float]:
    return {hour: plant.flow_wh("load", hour, hour + HOUR) for hour in day_hours(day, plant.zone)}


def reconciled_hours(plant: Plant, day: date, rows: Series) -> dict[datetime, float]:
    """Return the hours of a day, by rows and by the total that the cloud has from midnight to midnight."""
    total = plant.flow_wh("load", midnight(day, plant.zone), midnight(day + DAY, plant.zone))
    target = total_of_hours(day, plant.zone, total, rows)
    return reconciled(day, plant.zone, target, rows, PLACES[plant.zone.key], Shape.EVEN)


@pytest.mark.parametrize("day", [date(2026, 4, 5), date(2026, 10, 4)])
def test_a_day_that_begins_or_ends_at_half_past_has_what_its_hours_have(day: date) -> None:
    # On Lord Howe the clock is changed by half an hour.
    plant = plant_in("Australia/Lord_Howe")
    rows = {**detail_of(plant, day, 15, load=True), **detail_of(plant, day + DAY, 15, load=True)}
    assert reconciled_hours(plant, day, rows) == truth(plant, day)


@pytest.mark.parametrize("name", HALF_HOURS)
def test_hours_that_rows_know_keep_what_they_say_whatever_the_days_total_is_of(name):
    plant = plant_in(name)
    rows = {}
    for day in DAYS:
        rows |= detail_of(plant, day, 15, load=True)
    for day in DAYS[:2]:
        assert reconciled_hours(plant, day, rows) == truth(plant, day)


@pytest.mark.parametrize("name", HALF_HOURS)
def test_a_hole_gets_just_what_the_total_has_beyond_the_rows_of_the_day(name):
    plant, day = plant_in(name), DAYS[0]
    rows = {**detail_of(plant, day, 15, load=True), **detail_of(plant, DAYS[1], 15, load=True)}
    hole = day_hours(day, plant.zone)[7:9]
    rows = {start: one for start, one in rows.items() if not hole[0] <= start < hole[-1] + HOUR}
    total = plant.flow_wh("load", midnight(day, plant.zone), midnight(day + DAY, plant.zone))
    target = total_of_hours(day, plant.zone, total, rows)
    hours = reconciled(day, plant.zone, target, rows, PLACES[name], Shape.EVEN)
    truth = {hour: plant.flow_wh("load", hour, hour + HOUR) for hour in hours}
    assert {hour for hour in hours if hours[hour] != truth[hour]} <= set(hole)
    assert fsum(hours[hour] for hour in hole) == sum(truth[hour] for hour in hole)


def test_where_days_consist_of_hours_the_total_is_the_total():
    rows = series_of([interval(utc(2026, 6, 8), 60, 100)])
    assert total_of_hours(DAYS[0], ZoneInfo("Europe/Berlin"), 777.5, rows) == 777.5
    # The rows of the day say less than half a watt-hour less.
    known = series_of(interval(utc(2026, 6, 7) + number * HOUR, 60, 100) for number in range(72))
    assert total_of_hours(DAYS[0], ZoneInfo("Europe/Berlin"), 2400.25, known) == 2400.25


def test_a_day_that_was_left_out_has_the_total_that_the_cloud_gives_it() -> None:
    assert total_of_hours(date(2011, 12, 30), ZoneInfo("Pacific/Apia"), 5.0, {}) == 5.0


def quarters(start: datetime, end: datetime, energy: float = 25.0) -> Series:
    count = (end - start) // (15 * MINUTE)
    return series_of(interval(start + number * 15 * MINUTE, 15, energy) for number in range(count))


# The day in Kolkata, which begins and ends within an hour, and its hours.
BEGIN, FIRST, STOP, END = utc(2026, 6, 7, 18, 30), utc(2026, 6, 7, 19), utc(2026, 6, 8, 18, 30), utc(2026, 6, 8, 19)
NEXT = utc(2026, 6, 9, 19)


@pytest.mark.parametrize(
    ("total", "hours"),
    [
        (2400, 2400),
        (2400.4, 2400),  # the same day to the watt-hour
        (2400.5, 2400.5),
        (2410, 2410),  # no row lies in two days, so all of that is the day's
        (2390, 2390),
        (2700, 2700),
        (20, 20),
        (0, 0),
    ],
)
def test_hours_have_what_their_rows_say_and_what_the_total_has_beyond(total: float, hours: float) -> None:
    assert total_of_hours(DAYS[0], KOLKATA, total, quarters(BEGIN, NEXT)) == hours


def test_hours_have_what_lies_in_them_where_night_and_day_are_different() -> None:
    rows = {**quarters(BEGIN, FIRST, 40.0), **quarters(FIRST, STOP, 0.0), **quarters(STOP, NEXT, 7.0)}
    # The first half hour is no part of the hours, the half hour after midnight is.
    assert total_of_hours(DAYS[0], KOLKATA, 80, rows) == 14
    assert total_of_hours(DAYS[0], KOLKATA, 90, rows) == 24
    assert total_of_hours(DAYS[0], KOLKATA, 0, rows) == 0


@pytest.mark.parametrize("again", [END, END + HOUR])
def test_the_total_is_taken_where_the_rows_end_before_the_last_hour_does(again: datetime) -> None:
    rows = {**quarters(BEGIN, STOP + 15 * MINUTE), **quarters(again, NEXT)}
    assert total_of_hours(DAYS[0], KOLKATA, 2500, rows) == 2500


def test_the_total_is_taken_where_no_row_lies_on_both_sides_of_midnight() -> None:
    rows = {**quarters(BEGIN, STOP), **quarters(STOP + 15 * MINUTE, NEXT)}
    assert total_of_hours(DAYS[0], KOLKATA, 2400, rows) == 2400


def test_what_is_missing_between_midnight_and_the_first_hour_is_not_the_days() -> None:
    rows = {**quarters(BEGIN - DAY, BEGIN), **quarters(FIRST, NEXT)}
    assert total_of_hours(DAYS[0], KOLKATA, 2400, rows) == 2400


def test_the_total_is_taken_while_the_next_days_half_of_the_last_hour_is_unknown():
    plant = plant_in("Asia/Kolkata")
    assert total_of_hours(DAYS[0], KOLKATA, 5000, detail_of(plant, DAYS[0], 15, load=True)) == 5000
    assert total_of_hours(DAYS[0], KOLKATA, 5000, {}) == 5000


def test_hours_that_lie_in_two_days_are_not_scaled_to_one_of_them():
    rows = series_of(interval(hour, 60, 100) for day in DAYS for hour in day_hours(day, KOLKATA))
    assert total_of_hours(DAYS[1], KOLKATA, 2450, rows) == 2400
    assert total_of_hours(DAYS[1], KOLKATA, 2900, rows) == 2900


def test_a_piece_that_is_missing_in_the_hour_before_bends_no_hour_of_the_day():
    plant, day = plant_in("Asia/Kolkata"), DAYS[1]
    rows = {**detail_of(plant, day, 15, load=True), **detail_of(plant, DAYS[2], 15, load=True)}
    rows = {start: one for start, one in rows.items() if start >= day_hours(day, KOLKATA)[0]}
    total = plant.flow_wh("load", midnight(day, KOLKATA), midnight(day + DAY, KOLKATA))
    target = total_of_hours(day, KOLKATA, total, rows)
    assert target == sum(plant.flow_wh("load", hour, hour + HOUR) for hour in day_hours(day, KOLKATA))


def test_total_and_hours_agree_for_any_rows():
    plant, chance = plant_in("Asia/Kolkata"), Random(5)
    full = {}
    for day in DAYS:
        full |= detail_of(plant, day, 15, load=True)
    for _ in range(100):
        rows = {start: one for start, one in full.items() if chance.random() < chance.choice([0.5, 0.9, 1])}
        day = DAYS[chance.randrange(2)]
        total = plant.flow_wh("load", midnight(day, KOLKATA), midnight(day + DAY, KOLKATA))
        target = total_of_hours(day, KOLKATA, total, rows)
        hours = reconciled(day, KOLKATA, target, rows, PLACES["Asia/Kolkata"], Shape.EVEN, is_final=False)
        assert list(hours) == day_hours(day, KOLKATA)
        for hour, energy in hours.items():
            if all(hour + number * 15 * MINUTE in rows for number in range(4)):
                assert energy == plant.flow_wh("load", hour, hour + HOUR)


def test_of_two_series_the_first_is_believed_and_the_second_fills_its_gaps():
    first = series_of([interval(utc(2026, 6, 8, 10), 60, 100), interval(utc(2026, 6, 8, 12), 60, 100)])
    quarters = [interval(utc(2026, 6, 8, 9, 45) + number * 15 * MINUTE, 15, 1) for number in range(14)]
    both = combined(first, series_of(quarters))
    assert sorted(start for start in both if start not in first) == [
        utc(2026, 6, 8, 9, 45),
        *(utc(2026, 6, 8, 11) + number * 15 * MINUTE for number in range(4)),
        utc(2026, 6, 8, 13),
    ]
    assert fsum(one.energy_wh for one in both.values()) == 206
    assert combined({}, first) == combined(first, {}) == first


def test_a_series_touches_a_day_with_what_lies_in_one_of_its_hours():
    rows = series_of(interval(utc(2026, 6, 7, 12) + number * 30 * MINUTE, 30, 1) for number in range(120))
    touched = sorted(touching(rows, DAYS[0], KOLKATA))
    assert (touched[0], touched[-1]) == (utc(2026, 6, 7, 18, 30), utc(2026, 6, 8, 18, 30))
    assert touching(rows, date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == {}
