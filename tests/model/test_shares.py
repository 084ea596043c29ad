"""What part of the day's energy the house has made, and what part of its production it has used."""

from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.model import shares
from custom_components.solar_cloud.model.balance import EMPTY_BOOK, Book, Storage
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.model.value import Origin, Reason, Value

from .test_balance import QUARTER, START, book, series

DAY = START, START + timedelta(hours=12)


def self_sufficiency(one: Book, start: datetime, end: datetime) -> Value:
    return shares.self_sufficiency(list(one.between(start, end)), start)


def self_consumption_rate(one: Book, start: datetime, end: datetime) -> Value:
    return shares.self_consumption_rate(list(one.between(start, end)), start)


def test_a_house_that_buys_a_quarter_of_what_it_uses_is_three_quarters_self_sufficient() -> None:
    one = book(series(0, 100, 200), consumption=series(100, 100, 200), grid_import=series(100, 0, 0))
    assert self_sufficiency(one, *DAY) == Value(
        amount=75,
        start=START,
        end=START + 3 * QUARTER,
        origin=Origin.COMPUTED,
        inputs=frozenset({Flow.CONSUMPTION, Flow.GRID_IMPORT}),
    )


def test_a_house_that_sells_a_fifth_of_what_it_makes_uses_four_fifths_itself() -> None:
    one = book(series(100, 400), grid_export=series(0, 100), grid_import=series(0, 0))
    assert self_consumption_rate(one, *DAY) == Value(
        amount=80,
        start=START,
        end=START + 2 * QUARTER,
        origin=Origin.COMPUTED,
        inputs=frozenset({Flow.PRODUCTION, Flow.GRID_EXPORT}),
    )


def test_a_share_of_very_little_is_one_all_the_same() -> None:
    one = book(series(0), consumption=series(0.5), grid_import=series(0.125), grid_export=series(0))
    assert self_sufficiency(one, *DAY).amount == 75


def test_consumption_that_is_computed_counts_as_one_that_is_measured() -> None:
    one = book(series(100, 300), grid_import=series(100, 0), grid_export=series(0, 200))
    assert self_sufficiency(one, *DAY).amount == pytest.approx(100 * (1 - 100 / 300))


def test_an_interval_in_which_one_flow_is_late_bends_no_share() -> None:
    late = book(series(0, 100), consumption=series(100, 100, 500), grid_import=series(50, 0))
    assert self_sufficiency(late, *DAY).amount == 75
    assert self_sufficiency(late, *DAY).end == START + 2 * QUARTER


def test_only_the_day_counts() -> None:
    one = book(series(100, 100), consumption=series(100, 100), grid_import=series(100, 0))
    assert self_sufficiency(one, START + QUARTER, DAY[1]).amount == 100
    assert self_sufficiency(one, START, START + QUARTER).amount == 0


@pytest.mark.parametrize(("bought", "share"), [(150, 0), (-10, 100)])
def test_a_battery_that_buys_or_a_meter_that_drifts_leads_to_no_impossible_share(bought: float, share: float) -> None:
    one = book(series(100), consumption=series(100), grid_import=series(bought), grid_export=series(0))
    assert self_sufficiency(one, *DAY).amount == share


def test_a_share_of_nothing_is_not_known_yet() -> None:
    nothing = book(series(0), consumption=series(0), grid_import=series(0), grid_export=series(0))
    for of in (self_sufficiency, self_consumption_rate):
        assert (of(nothing, *DAY).amount, of(nothing, *DAY).reason) == (None, Reason.NOT_YET)
        assert of(EMPTY_BOOK, *DAY).reason is Reason.NOT_YET


def test_with_storage_that_nobody_reports_a_computed_consumption_has_no_share() -> None:
    one = book(series(100), Storage(unknown=True), grid_import=series(100), grid_export=series(0))
    assert self_sufficiency(one, *DAY).amount is None
    assert self_consumption_rate(one, *DAY).amount == 100
