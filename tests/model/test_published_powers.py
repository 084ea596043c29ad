"""The powers that are published of given series and instants, at their edges; every figure is worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.solar_cloud.model.balance import Book
from custom_components.solar_cloud.model.elements import Flow, Momentary
from custom_components.solar_cloud.model.published import published_of
from custom_components.solar_cloud.model.value import NOTHING_PUBLISHED, NOTHING_YET, Origin, Published, Reason, Value

from ..cloud.solaredge.helpers import BERLIN, system_data
from .test_balance import BUY, GIVE, INSTALLED, QUARTER, SELL, START, TAKE, UNKNOWN, C, P, book, series

MIDNIGHT = datetime(2026, 5, 31, 22, tzinfo=UTC)
NOW = START + timedelta(hours=6)
METERS = book(series(100), grid_import=series(10), grid_export=series(20))
GRID = frozenset({P, BUY, SELL})
ALL = GRID | {TAKE, GIVE}


def published(one: Book, before: Published = NOTHING_PUBLISHED, **data: Any) -> Published:
    return published_of(system_data(**data), one, NOW, BERLIN, before)


def computed(amount: float | None, start: datetime | None, end: datetime | None, **other: Any) -> Value:
    """Return a value of what follows from production and the grid."""
    return Value(**{"amount": amount, "start": start, "end": end, "origin": Origin.COMPUTED, "inputs": GRID} | other)


def quarter(number: int) -> tuple[datetime, datetime]:
    """Return start and end of a quarter hour, the first of them being 0."""
    return START + number * QUARTER, START + (number + 1) * QUARTER


def at(number: float) -> datetime:
    return START + number * QUARTER


def test_a_computed_power_is_of_the_newest_interval_that_has_all_that_it_follows_from() -> None:
    one = book(series(100, 40), grid_import=series(10, 20, 30), grid_export=series(0, 8, 1))
    assert published(one).power[C] == computed(208, *quarter(1))


def test_a_power_that_lacks_something_in_every_interval_is_missing_in_the_newest_one() -> None:
    one = book(series(), grid_import=series(1, 2, 3), grid_export=series(1, 2, 3))
    assert published(one).power[C] == computed(None, *quarter(2), reason=Reason.INPUT_MISSING)


def test_a_contradiction_is_of_its_own_interval_and_the_newest_word() -> None:
    one = book(series(100, 100), grid_import=series(0, 0, 0), grid_export=series(0, 600, 0))
    assert published(one).power[C] == computed(None, *quarter(1), reason=Reason.CONTRADICTION)


def test_only_the_newest_intervals_are_looked_through_for_a_power() -> None:
    for late, found in (
        (23, computed(400, *quarter(0))),
        (24, computed(None, *quarter(24), reason=Reason.INPUT_MISSING)),
    ):
        one = book(series(100), grid_import=series(*[0] * (late + 1)), grid_export=series(*[0] * (late + 1)))
        assert published(one).power[C] == found


def test_what_inverters_draw_is_no_part_of_what_the_house_does_without() -> None:
    one = book(series(-2), grid_import=series(50), grid_export=series(0))
    assert published(one).power[C] == computed(200, *quarter(0))
    assert published(one).today[C] == computed(50, MIDNIGHT, at(1))


def test_a_consumption_a_little_below_zero_is_none() -> None:
    one = book(series(100), grid_import=series(0), grid_export=series(103))
    assert published(one).power[C] == computed(0, *quarter(0))
    assert published(one).today[C] == computed(0, MIDNIGHT, at(1))


def test_a_measured_power_below_zero_is_none() -> None:
    values = published(book(series(), grid_import=series(7, -1)))
    assert values.power == {BUY: Value(amount=0, start=at(1), end=at(2))}


# Powers of an instant.


def powers(when: float, given: dict[Flow, float], *follow: Flow) -> dict[str, Any]:
    return {"momentary": Momentary(measured_at=at(when), powers=given, computed=frozenset(follow))}


@pytest.mark.parametrize(("when", "is_newer"), [(0.9, False), (1, True), (1.1, True)])
def test_powers_of_an_instant_count_from_the_end_of_the_intervals_on(when: float, is_newer: bool) -> None:
    instant = powers(when, {BUY: 5.0, SELL: -1.0, C: 77.0}, C)
    found = published(METERS, **instant).power
    if is_newer:
        assert found == {
            BUY: Value(amount=5, start=at(when), end=at(when)),
            SELL: Value(amount=0, start=at(when), end=at(when)),
            C: computed(77, at(when), at(when)),
        }
    else:
        assert found == published(METERS).power


def test_a_computed_power_of_an_instant_is_not_below_zero() -> None:
    assert published(METERS, **powers(2, {C: -3.0}, C)).power[C] == computed(0, at(2), at(2))


def test_an_interval_that_lacks_something_gives_way_to_an_older_instant() -> None:
    one = book(series(), grid_import=series(10, 10), grid_export=series(20, 20))
    assert published(one, **powers(1, {C: 77.0}, C)).power[C] == computed(77, at(1), at(1))


@pytest.mark.parametrize(("newer", "other"), [(BUY, SELL), (SELL, BUY)])
def test_a_flow_whose_interval_is_newer_keeps_no_other_from_its_instant(newer: Flow, other: Flow) -> None:
    one = replace(METERS, flows={newer: series(1, 2, 3), other: series(4)})
    found = published(one, **powers(2, {newer: 9.0, other: 8.0})).power
    assert found[newer] == Value(amount=12, start=at(2), end=at(3))
    assert found[other] == Value(amount=8, start=at(2), end=at(2))


def test_what_an_instant_computes_needs_what_it_follows_from() -> None:
    nothing = book(series())
    assert published(nothing, **powers(2, {P: 5.0, BUY: 1.0, SELL: 0.0}, C)).power[C] == computed(
        None, at(2), at(2), reason=Reason.CONTRADICTION
    )
    assert published(nothing, **powers(2, {P: 5.0, BUY: 1.0}, C)).power[C] == computed(
        None, at(2), at(2), reason=Reason.INPUT_MISSING
    )
    # What is known from before stays.
    assert published(METERS, **powers(2, {P: 5.0, BUY: 1.0}, C)).power[C] == published(METERS).power[C]


def test_what_an_instant_computes_beside_unknown_storage_is_withheld() -> None:
    one = book(series(), UNKNOWN)
    assert published(one, **powers(2, {P: 5.0, BUY: 1.0, SELL: 0.0, C: 6.0}, C)).power[C] == computed(
        None, at(2), at(2), reason=Reason.UNKNOWN_STORAGE
    )


def test_a_battery_is_part_of_what_an_instant_computes() -> None:
    one = book(series(), INSTALLED)
    found = published(one, **powers(2, {P: 5.0, C: 6.0}, C)).power
    assert found == {C: computed(6, at(2), at(2), inputs=ALL)}


# Old powers and new ones.


def with_power(value: Value) -> Published:
    return replace(NOTHING_PUBLISHED, power=MappingProxyType({BUY: value}))


def measured(amount: float | None, number: int, **other: Any) -> Value:
    start, end = quarter(number)
    return Value(amount=amount, start=start, end=end, **other)


@pytest.mark.parametrize(
    ("before", "is_kept"),
    [
        (measured(5, 1), True),
        (measured(5, 0), False),
        (measured(None, 1, reason=Reason.NOT_REPORTED), False),
        (Value(amount=5), False),
        (measured(5, 23), True),
        (measured(5, 24), False),  # from the future: a clock was wrong
    ],
)
def test_a_power_of_an_earlier_time_takes_no_later_one_away(before: Value, is_kept: bool) -> None:
    found = published(book(series(), grid_import=series(1)), with_power(before)).power[BUY]
    assert found == (before if is_kept else measured(4, 0))


def test_a_power_that_no_series_has_any_more_stays() -> None:
    known = measured(5, 0)
    assert published(book(series()), with_power(known)).power == {BUY: known}
    assert published(book(series()), with_power(NOTHING_YET)).power == {BUY: NOTHING_YET}


@pytest.mark.parametrize(
    ("one", "is_kept"),
    [
        # Nothing but production is missing in a later interval.
        (book(series(), grid_import=series(1, 1, 1), grid_export=series(0, 0, 0)), True),
        # A contradiction is a word of its own time.
        (book(series(*[1.0] * 3), grid_import=series(1, 1, 1), grid_export=series(0, 0, 90)), False),
        (book(series(1), grid_import=series(1), grid_export=series(90)), True),
        # Of storage that nobody reports, no older value may speak.
        (book(series(1), UNKNOWN, grid_import=series(1), grid_export=series(0)), False),
    ],
)
def test_what_lacks_something_takes_no_known_power_away_and_a_verdict_does(one: Book, is_kept: bool) -> None:
    before = replace(NOTHING_PUBLISHED, power=MappingProxyType({C: computed(44, *quarter(1))}))
    found = published(one, before).power[C]
    assert (found == before.power[C]) is is_kept
    assert is_kept or found.amount is None


# Import less export, discharge less charge.


def test_the_difference_of_two_powers_of_one_time() -> None:
    one = book(series(), grid_import=series(10), grid_export=series(3), battery_charge=series(8))
    values = published(replace(one, flows={**one.flows, GIVE: series(1)}))
    assert values.grid == Value(amount=28, start=START, end=at(1))
    assert values.battery == Value(amount=-28, start=START, end=at(1))


def test_a_difference_needs_both_powers() -> None:
    values = published(book(series(), grid_import=series(10), battery_discharge=series(1)))
    assert values.grid == values.battery == Value(reason=Reason.NOT_YET)


def test_the_difference_of_powers_of_two_times_is_of_the_newest_time_that_has_both() -> None:
    one = book(series(), grid_import=series(10, 20, 30), grid_export=series(3, 5))
    assert published(one).grid == Value(amount=60, start=at(1), end=at(2))
    one = book(series(), battery_discharge=series(10, 20, 30), battery_charge=series(3, 5))
    assert published(one).battery == Value(amount=60, start=at(1), end=at(2))
    apart = book(series(), grid_import=series(10), grid_export=series(3, start=at(1)))
    assert published(apart).grid == Value(reason=Reason.INPUT_MISSING)


def test_a_difference_of_what_is_computed_follows_from_the_same() -> None:
    inputs = frozenset({P, C})
    both = book(series(100), consumption=series(30))
    assert published(both).grid == computed(-280, START, at(1), inputs=inputs)
    for one, own in (
        (book(series(100), consumption=series(30), grid_import=series(5)), BUY),
        (book(series(100), consumption=series(30), grid_export=series(75)), SELL),
    ):
        assert published(one).grid == computed(-280, START, at(1), inputs=inputs | {own})


def test_a_difference_of_a_contradiction_has_its_reason() -> None:
    one = book(series(100), consumption=series(30), grid_export=series(0))
    assert published(one).grid == computed(
        None, START, at(1), inputs=frozenset({P, C, SELL}), reason=Reason.CONTRADICTION
    )
    one = book(series(0), consumption=series(30), grid_import=series(0))
    assert published(one).grid == computed(
        None, START, at(1), inputs=frozenset({P, C, BUY}), reason=Reason.CONTRADICTION
    )


def test_an_older_difference_takes_no_newer_one_away() -> None:
    both = book(series(), grid_import=series(10), grid_export=series(3), battery_charge=series(8))
    both = replace(both, flows={**both.flows, GIVE: series(1)})
    before = replace(NOTHING_PUBLISHED, grid=measured(1, 1), battery=measured(2, 1))
    assert (published(both, before).grid, published(both, before).battery) == (before.grid, before.battery)
    before = replace(NOTHING_PUBLISHED, grid=measured(1, 24), battery=measured(2, 24))
    assert (published(both, before).grid.amount, published(both, before).battery.amount) == (28, -28)
