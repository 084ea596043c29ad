"""The days and lifetimes that are published of given series, at their edges; every figure is worked out by hand."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.model.balance import Book, Storage
from custom_components.solar_cloud.model.elements import DayEnergy, Flow
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.model.value import Origin, Reason, Value

from .test_balance import BUY, GIVE, INSTALLED, NONE, QUARTER, SELL, START, TAKE, UNKNOWN, C, P, book, series
from .test_published_powers import ALL, METERS, MIDNIGHT, at, computed, published

DAY = date(2026, 6, 1)


def test_a_measured_day_is_the_sum_of_what_lies_in_it() -> None:
    long = 24 * timedelta(hours=1)
    one = book(series(), grid_import=series(1, 2, 4, 8, start=MIDNIGHT - QUARTER))
    assert published(one).today == {BUY: Value(amount=14, start=MIDNIGHT, end=MIDNIGHT + 3 * QUARTER)}
    one = book(series(), grid_import=series(1, 2, 4, 8, start=MIDNIGHT + long - 3 * QUARTER))
    assert published(one).today == {BUY: Value(amount=7, start=MIDNIGHT, end=MIDNIGHT + long)}
    one = book(series(), grid_import=series(1, -2))
    assert published(one).today == {BUY: Value(amount=0, start=MIDNIGHT, end=at(2))}


def test_a_day_without_an_interval_is_at_nothing_as_of_the_newest_one() -> None:
    for before in (QUARTER, 2 * QUARTER):
        one = book(series(), grid_import=series(5, start=MIDNIGHT - before))
        end = MIDNIGHT - before + QUARTER
        assert published(one).today == {BUY: Value(amount=0, start=MIDNIGHT, end=end, origin=Origin.CARRIED)}
    tomorrow = book(series(), grid_import=series(5, start=MIDNIGHT + timedelta(days=1)))
    assert published(tomorrow).today == {BUY: Value(amount=0, start=MIDNIGHT, end=MIDNIGHT, origin=Origin.CARRIED)}


def test_a_computed_day_without_an_interval_is_at_nothing_as_of_the_newest_one() -> None:
    early = MIDNIGHT - 3 * QUARTER
    one = book(series(9, start=early), grid_import=series(5, 5, start=early), grid_export=series(5, start=early))
    assert published(one).today[C] == computed(0, MIDNIGHT, MIDNIGHT - QUARTER)
    tomorrow = MIDNIGHT + timedelta(days=1)
    one = book(series(9), grid_import=series(5, start=tomorrow), grid_export=series(5, start=tomorrow))
    assert published(one).today[C] == computed(0, MIDNIGHT, MIDNIGHT)


def test_a_computed_day_is_the_sum_of_its_intervals() -> None:
    one = book(series(100, 10, 20), grid_import=series(1, 2, 4), grid_export=series(8, 3, 6))
    assert published(one).today[C] == computed(93 + 9 + 18, MIDNIGHT, at(3))


@pytest.mark.parametrize(("lost", "amount"), [(4, 77), (5, None)])
def test_a_computed_day_may_lack_an_hour(lost: int, amount: float | None) -> None:
    one = book(
        series(11, *[None] * lost, *[11] * 6),
        grid_import=series(*[0] * (lost + 7)),
        grid_export=series(*[0] * (lost + 7)),
    )
    reason = None if amount else Reason.INPUT_MISSING
    assert published(one).today[C] == computed(amount, MIDNIGHT, at(lost + 7), reason=reason)


def test_what_is_late_at_the_end_of_a_day_is_no_gap_in_it() -> None:
    length = timedelta(minutes=40)
    flat = series(1, 1, 1, length=length)
    one = book(series(None, 10, None, length=length), grid_import=flat, grid_export=flat)
    assert published(one).today[C] == computed(10, MIDNIGHT, START + 2 * length)


def test_a_day_of_which_no_interval_is_known_is_missing() -> None:
    one = book(series(), grid_import=series(1, 1), grid_export=series(1, 1))
    assert published(one).today[C] == computed(None, MIDNIGHT, at(2), reason=Reason.INPUT_MISSING)
    one = book(series(1, 1), UNKNOWN, grid_import=series(1, 1), grid_export=series(1, 1))
    assert published(one).today[C] == computed(None, MIDNIGHT, at(2), reason=Reason.UNKNOWN_STORAGE)
    one = book(series(1, 1), grid_import=series(0, 0), grid_export=series(9, 9))
    assert published(one).today[C] == computed(None, MIDNIGHT, at(2), reason=Reason.CONTRADICTION)


@pytest.mark.parametrize(("sold", "amount"), [(46, 970), (46.01, None)])
def test_a_contradiction_counts_against_a_computed_day_where_it_is_small_beside_it(
    sold: float, amount: float | None
) -> None:
    # 10 + 1 - 46 - 2 + 7 Wh are 30 Wh below zero, which is 3 % of the 1,000 Wh that flow in the other intervals.
    one = book(
        series(10, 300, 300),
        INSTALLED,
        grid_import=series(1, 200, 200),
        grid_export=series(sold, 0, 0),
        battery_charge=series(2, 0, 0),
        battery_discharge=series(7, 0, 0),
    )
    reason = None if amount else Reason.CONTRADICTION
    assert published(one).today[C] == computed(amount, MIDNIGHT, at(3), inputs=ALL, reason=reason)


def test_a_contradiction_leaves_no_day_below_zero() -> None:
    one = book(series(10, 1000), grid_import=series(1, 0), grid_export=series(41, 1000))
    assert published(one).today[C] == computed(0, MIDNIGHT, at(2))


def test_each_contradiction_of_a_day_counts() -> None:
    one = book(series(10, 10, 2000), grid_import=series(0, 0, 0), grid_export=series(40, 30, 0))
    assert published(one).today[C] == computed(1950, MIDNIGHT, at(3))


def test_what_flows_backward_is_part_of_what_a_contradiction_is_small_beside() -> None:
    # The inverters draw 500 Wh, which the house does not use: 1,000 Wh flow.
    one = book(series(10, -500), grid_import=series(0, 500), grid_export=series(40, 0))
    assert published(one).today[C] == computed(470, MIDNIGHT, at(2))


@pytest.mark.parametrize(
    ("storage", "battery", "missing"),
    [(NONE, {}, 0.0), (INSTALLED, {"battery_charge": series(3, 0), "battery_discharge": series(13, 0)}, 10.0)],
)
def test_a_contradiction_of_import_or_export_counts_against_its_day(
    storage: Storage, battery: Any, missing: float
) -> None:
    # 30 Wh below zero in the first interval, 2,000 Wh in the second.
    inputs = frozenset({P, C, *(() if storage is NONE else (TAKE, GIVE))})
    bought = book(
        series(100 - missing, 0), storage, consumption=series(30, 2_000), grid_export=series(40, 0), **battery
    )
    assert published(bought).today[BUY] == computed(1_970, MIDNIGHT, at(2), inputs=inputs)
    sold = book(series(100 - missing, 2_000), storage, consumption=series(142, 0), grid_import=series(12, 0), **battery)
    assert published(sold).today[SELL] == computed(1_970, MIDNIGHT, at(2), inputs=inputs)


FULL = book(series(100), consumption=series(150), grid_import=series(60), grid_export=series(0))


def test_sources_and_sinks_of_the_day_are_compared_where_every_flow_is_measured() -> None:
    today = DayEnergy(day=DAY, energy_wh=140)
    assert published(FULL, today=today).disagreement == pytest.approx(50 / 200)
    assert published(FULL).disagreement is None
    assert published(FULL, today=replace(today, day=date(2026, 5, 31))).disagreement is None
    assert published(METERS, today=today).disagreement is None
    assert published(book(series(100), grid_import=series(60)), today=today).disagreement is None


# Lifetimes, and what else there is.


def lifetimes(one: Book, **counters: LifetimeCounter) -> dict[Flow, Value]:
    found = published(one, counters={Flow(name): counter for name, counter in counters.items()}).lifetime
    return dict(found)


def counter(wh: float | None, *, waits: bool = False) -> LifetimeCounter:
    return LifetimeCounter(published_wh=wh, as_of=at(1), suspect_wh=1.0 if waits else None)


def test_a_lifetime_is_that_of_its_counter() -> None:
    assert lifetimes(METERS, grid_import=counter(7), grid_export=counter(8, waits=True), consumption=counter(9)) == {
        BUY: Value(amount=7, end=at(1)),
        SELL: Value(amount=8, end=at(1), origin=Origin.CARRIED),
        C: computed(9, None, at(1)),
    }
    waiting = lifetimes(METERS, consumption=counter(9, waits=True))
    assert waiting[C] == computed(9, None, at(1))


def test_a_lifetime_without_a_counter_says_why() -> None:
    computed_one = Value(origin=Origin.COMPUTED, reason=Reason.INPUT_MISSING)
    not_yet = Value(reason=Reason.NOT_YET)
    assert lifetimes(METERS) == {BUY: not_yet, SELL: not_yet, C: computed_one}
    assert lifetimes(METERS, grid_import=counter(None)) == {BUY: not_yet, SELL: not_yet, C: computed_one}
    unknown = replace(METERS, storage=UNKNOWN)
    assert lifetimes(unknown) == {BUY: not_yet, SELL: not_yet, C: replace(computed_one, reason=Reason.UNKNOWN_STORAGE)}


def test_import_and_export_that_are_computed_have_no_lifetime() -> None:
    assert lifetimes(book(series(1), consumption=series(1)), consumption=counter(5)).keys() == {C}


def test_the_shares_of_the_day_are_taken_from_its_midnight_to_the_next_one() -> None:
    length = timedelta(hours=1)
    begin = MIDNIGHT - length
    one = book(
        series(*[100] * 26, start=begin, length=length),
        consumption=series(*[100] * 26, start=begin, length=length),
        grid_import=series(100, *[25] * 24, 100, start=begin, length=length),
        grid_export=series(100, *[50] * 24, 100, start=begin, length=length),
    )
    values = published(one)
    assert values.day_start == MIDNIGHT
    end = MIDNIGHT + timedelta(days=1)
    assert values.self_sufficiency == computed(75, MIDNIGHT, end, inputs=frozenset({C, BUY}))
    assert values.self_consumption_rate == computed(50, MIDNIGHT, end, inputs=frozenset({P, SELL}))
