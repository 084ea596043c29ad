"""The energy balance: what follows from what is measured, and what is not told because it contradicts itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.balance import (
    Book,
    Energies,
    agrees,
    computed_of,
    mean_power,
    shown,
    solve,
    with_production,
)
from custom_components.solar_cloud.model.elements import Flow, Interval
from custom_components.solar_cloud.model.series import Series, never_dark

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
TAKE, GIVE = Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("measured", "battery", "expected"),
    [
        ({P: 500, BUY: 100, SELL: 0}, False, {P: 500, BUY: 100, SELL: 0, C: 600}),
        (
            {P: 900, BUY: 0, SELL: 300, TAKE: 400, GIVE: 0},
            True,
            {P: 900, BUY: 0, SELL: 300, TAKE: 400, GIVE: 0, C: 200},
        ),
        ({P: 0, BUY: 50, SELL: 0, TAKE: 0, GIVE: 250}, True, {P: 0, BUY: 50, SELL: 0, TAKE: 0, GIVE: 250, C: 300}),
        ({P: 500, C: 200}, False, {P: 500, C: 200, BUY: 0, SELL: 300}),
        ({P: 100, C: 200}, False, {P: 100, C: 200, BUY: 100, SELL: 0}),
        ({P: 500, C: 600, BUY: 150}, False, {P: 500, C: 600, BUY: 150, SELL: 50}),
        ({P: 500, C: 300, SELL: 250}, False, {P: 500, C: 300, BUY: 50, SELL: 250}),
        ({P: 500, C: 200, BUY: 0, SELL: 300}, False, {P: 500, C: 200, BUY: 0, SELL: 300}),
        ({P: 500, TAKE: 100, GIVE: 0}, True, {P: 500, TAKE: 100, GIVE: 0}),
        ({P: 500, BUY: 100}, False, {P: 500, BUY: 100}),
        ({P: 500}, False, {P: 500}),
    ],
)
def test_what_nobody_measures_follows_from_the_rest(measured: Energies, battery: bool, expected: Energies):
    assert solve(measured, battery=battery) == expected


@pytest.mark.parametrize(
    ("measured", "battery"),
    [
        ({BUY: 100, SELL: 0}, False),
        ({P: 500, BUY: 100, SELL: 0}, True),
        ({P: 500, BUY: 100, SELL: 0, TAKE: 10}, True),
        ({P: 500, C: 300, BUY: 0, SELL: 100}, False),
        ({P: 100, BUY: 0, SELL: 300}, False),
        ({P: 500, C: 600, BUY: 50}, False),
    ],
    ids=["no production", "no battery", "half a battery", "contradiction", "more sold than made", "negative export"],
)
def test_what_is_missing_or_contradicts_itself_is_not_told(measured: Energies, battery: bool):
    assert solve(measured, battery=battery) is None


def test_meters_may_differ_by_three_per_cent_or_five_watt_hours():
    def differing(share: float) -> bool:
        return agrees({P: 1000, C: 1000 * share, BUY: 0, SELL: 0})

    assert differing(1.029)
    assert differing(0.971)
    assert not differing(1.04)
    assert agrees({P: 10, C: 6, BUY: 0, SELL: 0})
    assert not agrees({P: 10, C: 4, BUY: 0, SELL: 0})


def test_a_little_below_zero_is_kept_in_sums_and_shown_as_zero():
    solved = solve({P: 97, BUY: 0, SELL: 100}, battery=False)
    assert solved == {P: 97, BUY: 0, SELL: 100, C: -3}
    assert shown(solved)[C] == 0


def test_what_inverters_draw_at_night_is_consumption():
    values = {P: -2.0, BUY: 50.0, SELL: 0.0, C: 48.0}
    assert with_production(values, 0.0, {C}) == {P: 0.0, BUY: 50.0, SELL: 0.0, C: 50.0}
    assert with_production(values, 0.0, ()) == {P: 0.0, BUY: 50.0, SELL: 0.0, C: 48.0}


def test_power_is_the_mean_of_an_interval():
    interval = Interval(start=NOON, end=NOON + QUARTER, energy_wh=250)
    assert mean_power(interval, {P: 250, C: 50}) == {P: 1000, C: 200}


def test_what_is_told_without_being_measured_is_computed():
    assert computed_of({P, C, BUY, SELL}, frozenset({BUY, SELL})) == {C}


def series(*energies: float | None, start: datetime = NOON, step: timedelta = QUARTER) -> Series:
    return {
        start + step * number: Interval(start=start + step * number, end=start + step * (number + 1), energy_wh=energy)
        for number, energy in enumerate(energies)
        if energy is not None
    }


def book(
    production: Series, flows: Mapping[Flow, Series], *, battery: bool = False, dark: timedelta | None = None
) -> Book:
    """Make a book; it is dark from so long after noon on, or never."""

    def is_dark(start: datetime, _end: datetime) -> bool:
        return dark is not None and start >= NOON + dark

    return Book(production=production, flows=flows, battery=battery, dark=never_dark if dark is None else is_dark)


def test_the_newest_interval_is_the_one_that_all_series_have():
    it = book(series(1, 2, 3, 4), {BUY: series(0, 1, 2), SELL: series(0, 0, 0, 5)})
    newest = it.newest()
    assert newest is not None
    assert (newest[0].end, newest[0].energy_wh) == (NOON + 3 * QUARTER, 3)
    assert newest[1] == {P: 3, BUY: 2, SELL: 0, C: 5}


def test_an_interval_that_contradicts_itself_is_passed_over_and_hides_its_sums():
    flows = {BUY: series(0, 0), SELL: series(0, 0), C: series(100, 300)}
    it = book(series(100, 100), flows)
    newest = it.newest()
    assert newest is not None
    assert newest[0].end == NOON + QUARTER
    assert it.between(NOON, NOON + QUARTER) == {P: 100, C: 100, BUY: 0, SELL: 0}
    assert it.between(NOON, NOON + 2 * QUARTER) is None


def test_a_sum_needs_every_interval():
    it = book(series(1, 2, 3), {BUY: series(1, None, 1), SELL: series(0, 0, 0)})
    assert it.between(NOON, NOON + 3 * QUARTER) is None
    assert it.between(NOON + QUARTER, NOON + QUARTER) == {}


def test_production_in_shorter_intervals_is_added_up():
    fine = series(1, 2, 3, 4, 5, None, step=timedelta(minutes=5))
    it = book(fine, {BUY: series(0, 0), SELL: series(0, 0)})
    found = it.at(NOON)
    assert found is not None
    assert found[1][P] == 6
    assert it.at(NOON + QUARTER) is None


def test_in_the_dark_nothing_more_was_produced_than_is_told():
    fine = series(1, 2, 3, 4, 5, None, step=timedelta(minutes=5))
    it = book(fine, {BUY: series(0, 0, 0), SELL: series(0, 0, 0)}, dark=QUARTER)
    found = it.at(NOON + QUARTER)
    assert found is not None
    assert found[1][P] == 9
    found = it.at(NOON + 2 * QUARTER)
    assert found is not None
    assert found[1][P] == 0
    assert it.is_production_told(NOON, NOON + 3 * QUARTER)


def test_what_is_missing_in_the_light_is_missing():
    it = book(series(1, None, 3), {BUY: series(0, 0, 0), SELL: series(0, 0, 0)})
    assert it.at(NOON + QUARTER) is None
    assert not it.is_production_told(NOON, NOON + 3 * QUARTER)


def test_what_is_missing_just_before_dark_is_waited_for_and_then_was_nothing():
    def at(hours: int) -> float | None:
        quarters = [0.0] * (4 * hours)
        it = book(series(1), {BUY: series(*quarters), SELL: series(*quarters)}, dark=timedelta(hours=1))
        found = it.at(NOON + QUARTER)
        return None if found is None else found[1][P]

    assert at(1) is None
    assert at(3) == 0


def test_a_battery_that_never_tells_anything_takes_the_consumption_only():
    it = book(series(500), {BUY: series(100), SELL: series(0), C: series(700)}, battery=True)
    found = it.at(NOON)
    assert found is not None
    assert found[1] == {P: 500, BUY: 100, SELL: 0}
    assert book(series(500), {C: series(700)}, battery=True).at(NOON) is None
