"""What follows from what is measured in one stretch of time, and what cannot."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from custom_components.solar_cloud.model.balance import (
    Book,
    Span,
    Storage,
    computed_flows,
    disagreement,
    inputs_of,
    interval_of,
    solve,
    tolerance,
    with_drawn,
)
from custom_components.solar_cloud.model.elements import Flow, Interval
from custom_components.solar_cloud.model.series import Series
from custom_components.solar_cloud.model.value import Reason

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
TAKE, GIVE = Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NONE, INSTALLED, UNKNOWN = Storage(), Storage(installed=True), Storage(unknown=True)


def series(*energies: float | None, start: datetime = START, length: timedelta = QUARTER) -> Series:
    return MappingProxyType(
        {
            start + number * length: Interval(
                start=start + number * length, end=start + (number + 1) * length, energy_wh=energy
            )
            for number, energy in enumerate(energies)
            if energy is not None
        }
    )


def book(production: Series, storage: Storage = NONE, **flows: Series) -> Book:
    return Book(
        production=production,
        flows={Flow(name): one for name, one in flows.items()},
        storage=storage,
        dark=lambda _start, _end: False,
    )


def test_consumption_follows_from_production_grid_and_battery():
    known = {P: 100.0, BUY: 20.0, SELL: 50.0, TAKE: 30.0, GIVE: 10.0}
    assert solve(known, frozenset({C}), INSTALLED) == {C: 50.0}
    assert solve({P: 100.0, BUY: 20.0, SELL: 50.0}, frozenset({C}), NONE) == {C: 70.0}


def test_grid_follows_from_consumption_netted_interval_by_interval():
    assert solve({P: 100.0, C: 30.0}, frozenset({BUY, SELL}), NONE) == {BUY: 0.0, SELL: 70.0}
    assert solve({P: 0.0, C: 30.0}, frozenset({BUY, SELL}), NONE) == {BUY: 30.0, SELL: 0.0}


def test_the_missing_one_of_import_and_export_follows_from_the_other():
    assert solve({P: 100.0, C: 30.0, SELL: 75.0}, frozenset({BUY}), NONE) == {BUY: 5.0}
    assert solve({P: 100.0, C: 30.0, BUY: 5.0}, frozenset({SELL}), NONE) == {SELL: 75.0}


@pytest.mark.parametrize(("computed", "measured"), [(BUY, SELL), (SELL, BUY)])
def test_one_of_import_and_export_waits_for_the_other_that_is_measured(computed: Flow, measured: Flow) -> None:
    known = {P: 100.0, C: 30.0}
    assert solve(known, frozenset({computed}), NONE) == {computed: Reason.INPUT_MISSING}
    assert solve(known | {measured: 75.0}, frozenset({computed}), NONE)[computed] is not Reason.INPUT_MISSING


@pytest.mark.parametrize("missing", [P, BUY, SELL, TAKE, GIVE])
def test_what_is_computed_waits_for_each_of_its_inputs(missing: Flow):
    known = {P: 100.0, BUY: 20.0, SELL: 50.0, TAKE: 30.0, GIVE: 10.0}
    del known[missing]
    assert solve(known, frozenset({C}), INSTALLED) == {C: Reason.INPUT_MISSING}


@pytest.mark.parametrize("known", [{P: 100.0}, {C: 30.0}, {P: 100.0, BUY: 5.0}])
def test_the_grid_waits_for_production_and_consumption(known: dict[Flow, float]) -> None:
    assert solve(known, frozenset({BUY, SELL}), NONE) == dict.fromkeys((BUY, SELL), Reason.INPUT_MISSING)


def test_storage_of_an_unknown_kind_makes_computed_values_unknown_not_wrong():
    assert solve({P: 100.0, BUY: 20.0, SELL: 50.0}, frozenset({C}), UNKNOWN) == {C: Reason.UNKNOWN_STORAGE}
    assert solve({P: 100.0, C: 20.0}, frozenset({BUY, SELL}), UNKNOWN)[BUY] is Reason.UNKNOWN_STORAGE


def test_a_consumption_clearly_below_zero_is_a_contradiction_and_one_a_little_below_is_not():
    assert solve({P: 10.0, BUY: 0.0, SELL: 500.0}, frozenset({C}), NONE) == {C: Reason.CONTRADICTION}
    assert solve({P: 500.0, BUY: 0.0, SELL: 503.0}, frozenset({C}), NONE) == {C: -3.0}
    # Five watt-hours are within what meters differ by, however little flows.
    assert solve({P: 10.0, BUY: 0.0, SELL: 15.0}, frozenset({C}), NONE) == {C: -5.0}


def test_what_inverters_draw_at_night_is_no_production_and_is_consumed() -> None:
    computed = frozenset({C})
    assert with_drawn({P: -2.0, BUY: 12.0, SELL: 0.0, C: 10.0}, computed) == {P: 0.0, BUY: 12.0, SELL: 0.0, C: 12.0}
    assert with_drawn({P: -2.0, C: 10.0}, frozenset({BUY, SELL})) == {P: 0.0, C: 10.0}
    assert with_drawn({P: -2.0, BUY: 12.0}, computed) == {P: 0.0, BUY: 12.0}
    for nothing_drawn in ({P: 0.5, C: 10.0}, {P: 0.0, C: 10.0}, {C: 10.0}):
        assert with_drawn(nothing_drawn, computed) == nothing_drawn


def test_nothing_is_computed_from_import_alone():
    assert computed_flows(frozenset({BUY})) == frozenset()
    assert computed_flows(frozenset({BUY, SELL})) == {C}
    assert computed_flows(frozenset({BUY, SELL, C})) == frozenset()
    assert computed_flows(frozenset({C})) == {BUY, SELL}
    assert computed_flows(frozenset({C, BUY})) == {SELL}


def test_a_computed_flow_follows_from_all_others_of_its_balance() -> None:
    assert inputs_of(C, NONE) == {P, BUY, SELL}
    assert inputs_of(C, INSTALLED) == {P, BUY, SELL, TAKE, GIVE}
    assert inputs_of(BUY, NONE) == inputs_of(SELL, NONE) == {P, C}
    assert inputs_of(SELL, INSTALLED) == {P, C, TAKE, GIVE}


def test_meters_may_differ_by_three_percent_or_five_watt_hours() -> None:
    assert (tolerance(10.0, 1_000.0), tolerance(100.0)) == (30.0, 5.0)


def test_an_interval_is_known_as_far_as_each_flow_is():
    span = book(series(10.0, 20.0), grid_import=series(1.0, 2.0), grid_export=series(3.0)).at(START + QUARTER)
    assert span is not None
    assert span.measured == {P: 20.0, BUY: 2.0}
    assert span.computed == {C: Reason.INPUT_MISSING}
    assert span.energy_wh(BUY) == 2.0
    assert span.energy_wh(C) is None
    assert span.mean_power_w(BUY) == 8.0


def test_a_power_is_the_energy_over_the_time_and_never_below_zero() -> None:
    span = Span(start=START, end=START + QUARTER, measured={P: 0.5, BUY: -3.0}, computed={})
    assert (span.mean_power_w(P), span.mean_power_w(BUY), span.mean_power_w(SELL)) == (2.0, 0.0, None)


def test_a_flow_of_an_interval_is_an_interval_of_its_own_where_it_is_known() -> None:
    span = book(series(20.0), grid_import=series(2.0), grid_export=series(4.0)).at(START)
    assert span is not None
    assert interval_of(span, C) == Interval(start=START, end=START + QUARTER, energy_wh=18.0)
    assert interval_of(span, SELL) == Interval(start=START, end=START + QUARTER, energy_wh=4.0)
    assert interval_of(span, TAKE) is None


def test_production_of_shorter_intervals_is_added_up_over_the_meters_interval():
    five = series(1.0, 2.0, 3.0, length=timedelta(minutes=5))
    span = book(five, grid_import=series(0.0), grid_export=series(2.0)).at(START)
    assert span is not None
    assert span.measured[P] == 6.0
    assert span.computed == {C: 4.0}


def test_a_flow_of_another_length_is_no_part_of_an_interval():
    shorter = series(1.0, 2.0, 3.0, length=timedelta(minutes=5))
    span = book(series(5.0), grid_import=series(9.0), grid_export=shorter).at(START)
    assert span is not None
    assert span.measured == {P: 5.0, BUY: 9.0}


def test_missing_production_is_nothing_in_the_dark_and_unknown_in_the_light():
    flows = {BUY: series(5.0), SELL: series(0.0)}
    dark = Book(production=series(), flows=flows, storage=NONE, dark=lambda _start, _end: True)
    assert dark.at(START).energy_wh(C) == 5.0  # type: ignore[union-attr]
    light = Book(production=series(), flows=flows, storage=NONE, dark=lambda _start, _end: False)
    assert light.at(START).energy_wh(C) is None  # type: ignore[union-attr]


SUNSET = START + 4 * QUARTER
"""Two hours of night begin an hour after the first interval."""
SUNRISE = SUNSET + 8 * QUARTER


def by_night(start: datetime, end: datetime) -> bool:
    return SUNSET <= start <= end <= SUNRISE


def produced(production: Series, quarters: int) -> list[float | None]:
    """Return what a grid meter's quarter hours know of production."""
    meter = series(*[5.0] * quarters)
    known = Book(production=production, flows={BUY: meter, SELL: meter}, storage=NONE, dark=by_night)
    return [span.measured.get(P) for span in known.between(START, START + quarters * QUARTER)]


NIGHT: list[float | None] = [0.0] * 8


def test_inverters_that_had_hardly_any_power_sleep_beside_the_dark():
    dim = series(1000.0, 1.0)
    assert produced(dim, 4) == [1000.0, 1.0, None, None]
    assert produced(dim, 8) == [1000.0, 1.0, 0.0, None, *[0.0] * 4]
    assert produced(dim, 9) == [1000.0, 1.0, 0.0, 0.0, *[0.0] * 5]


def test_inverters_with_power_do_not_fall_asleep_until_nothing_late_is_to_be_expected():
    bright = series(1000.0, 100.0)
    assert produced(bright, 12) == [1000.0, 100.0, None, None, *NIGHT]
    assert produced(bright, 17)[:4] == [1000.0, 100.0, 0.0, 0.0]
    # There was more than a row that is missing.
    assert produced(series(1000.0, start=START - 9 * QUARTER), 17)[:2] == [None, None]


def test_inverters_sleep_in_the_light_until_they_wake_up():
    evening = dict(series(1000.0, 1.0))
    assert produced(evening, 20)[12:] == [0.0, 0.0, 0.0, *[None] * 5]
    awake = evening | dict(series(2.0, 9.0, start=SUNRISE + 2 * QUARTER))
    assert produced(awake, 20)[12:] == [0.0, 0.0, 2.0, 9.0, *[None] * 4]
    # What reports in the dark does not sleep: its rows are late.
    assert produced(evening | dict(series(*NIGHT, start=SUNSET)), 20)[12:] == [None] * 8


def test_inverters_without_a_row_for_as_long_as_they_may_sleep_are_asleep() -> None:
    # The last row ended 90 minutes before the first interval of the meter, then 105 minutes.
    assert produced(series(1.0, start=START - 7 * QUARTER), 17)[0] == 0.0
    assert produced(series(1.0, start=START - 8 * QUARTER), 17)[0] is None


@pytest.mark.parametrize(
    ("highest", "last", "sleeps"),
    [(100.0, 5.0, True), (100.0, 5.1, False), (2500.0, 12.5, True), (2500.0, 12.6, False)],
)
def test_hardly_any_power_is_20_w_or_half_a_percent_of_the_highest(highest: float, last: float, sleeps: bool) -> None:
    assert produced(series(highest, last), 8)[2] == (0.0 if sleeps else None)


def test_the_row_before_an_interval_decides_and_none_that_lies_in_it() -> None:
    five = timedelta(minutes=5)
    dim = dict(series(1000.0, 1.0)) | dict(series(50.0, start=START + 2 * QUARTER, length=five))
    assert produced(dim, 8)[2] == 50.0
    bright = dict(series(1000.0, 100.0)) | dict(series(0.1, start=START + 2 * QUARTER, length=five))
    assert produced(bright, 8)[2] is None


@pytest.mark.parametrize(
    ("first", "rows", "quarters", "known"),
    [
        (2, [1000.0], 25, [None, None, 1000.0]),  # a bright first row: others may be late, for three hours
        (2, [1000.0], 26, [0.0, None, 1000.0]),
        (2, [1000.0], 27, [0.0, 0.0, 1000.0]),
        (2, [25.0, 1000.0], 20, [0.0, 0.0, 25.0]),  # 100 W: they have just woken up
        (2, [25.1, 1000.0], 20, [None, None, 25.1]),
        (7, [25.0], 30, [0.0] * 6),  # 90 minutes after the first interval, within which they may sleep
        (8, [25.0], 30, [None, 0.0, 0.0]),
    ],
)
def test_after_the_night_the_first_row_tells_whether_rows_before_it_are_late(
    first: int, rows: list[float], quarters: int, known: list[float | None]
):
    morning = dict(series(1000.0, 1.0)) | dict(series(*rows, start=SUNRISE + first * QUARTER))
    assert produced(morning, quarters)[12 : 12 + len(known)] == known


def computable(production: Series, sold: Series, quarters: int) -> int:
    """Return of how many quarter hours beside a night it is settled whether consumption is known."""
    known = Book(production=production, flows={BUY: series(*[5.0] * quarters), SELL: sold}, storage=NONE, dark=by_night)
    return len(list(known.known_between(C, START, START + quarters * QUARTER)))


def test_whether_inverters_slept_beside_the_night_is_settled_after_three_hours() -> None:
    # Power until shortly before sunset, then nothing: rows are late, or they sleep.
    evening = dict(series(1000.0, 100.0)) | dict(series(*[0.0] * 30, start=SUNSET))
    assert [computable(evening, series(*[5.0] * quarters), quarters) for quarters in (15, 16, 17)] == [2, 3, 17]
    # The same after sunrise, where the first row is a bright one.
    night = dict(series(*[9.0] * 4)) | dict(series(*[0.0] * 8, start=SUNSET))
    morning = night | dict(series(*[1000.0] * 20, start=SUNRISE + 2 * QUARTER))
    assert [computable(morning, series(*[5.0] * quarters), quarters) for quarters in (25, 26, 27)] == [12, 13, 27]


def test_a_time_too_long_before_the_night_to_be_sleep_is_settled_too() -> None:
    afternoon = dict(series(9.0, start=START - 8 * QUARTER)) | dict(series(*[0.0] * 30, start=SUNSET))
    assert [computable(afternoon, series(*[5.0] * quarters), quarters) for quarters in (13, 14, 17)] == [0, 1, 17]


def test_a_missing_row_by_day_is_waited_for_an_hour_only() -> None:
    by_day = dict(series(9.0, start=START - 30 * QUARTER)) | dict(series(*[9.0] * 30, start=START - 28 * QUARTER))
    meter = series(*[5.0] * 10, start=START - 30 * QUARTER)
    known = Book(production=by_day, flows={BUY: meter, SELL: meter}, storage=NONE, dark=by_night)
    assert len(list(known.known_between(C, START - 30 * QUARTER, START))) == 10


def test_beside_the_night_a_meters_missing_row_says_nothing_about_sleep() -> None:
    sold = series(5.0, 5.0, None, *[5.0] * 5)
    assert computable(series(*[9.0] * 8), sold, 8) == 8


def test_what_follows_from_a_flow_that_nobody_measures_is_never_settled() -> None:
    meter = series(*[5.0] * 12)
    only_import = book(series(*[9.0] * 12), grid_import=meter)
    assert list(only_import.known_between(C, START, START + 12 * QUARTER)) == []
    assert list(book(meter).known_between(C, START, START + 12 * QUARTER)) == []


def test_an_interval_that_ends_after_a_time_does_not_lie_in_it() -> None:
    one = book(series(1.0, 2.0), grid_import=series(1.0, 1.0))
    assert list(one.between(START, START + QUARTER - timedelta(minutes=1))) == []
    assert [span.start for span in one.between(START, START + QUARTER)] == [START]


def test_a_computed_flow_is_known_up_to_where_it_may_still_become_known():
    meter = series(*[5.0] * 12)
    for production, known in (
        (series(*[9.0] * 12), 12),
        (series(*[9.0] * 5), 5),
        (series(9.0, None, *[9.0] * 10), 12),
        (series(*[9.0] * 9, None, 9.0, 9.0), 9),
    ):
        one = book(production, grid_import=meter, grid_export=meter)
        assert len(list(one.known_between(C, START, START + 12 * QUARTER))) == known
    # A meter that is behind as a whole is waited for, however long.
    behind = book(meter, grid_import=meter, grid_export=series(*[5.0] * 5))
    assert len(list(behind.known_between(C, START, START + 12 * QUARTER))) == 5


def test_intervals_are_walked_newest_first_and_between_two_instants_oldest_first():
    one = book(series(1.0, 2.0, 3.0), grid_import=series(1.0, 1.0, 1.0), grid_export=series(0.0, None, 0.0))
    assert [span.start for span in one.backward()] == [START + 2 * QUARTER, START + QUARTER, START]
    assert [span.start for span in one.between(START, START + 2 * QUARTER)] == [START, START + QUARTER]


def test_meters_disagree_by_a_share_of_what_flows():
    assert disagreement({P: 100.0, BUY: 0.0, SELL: 40.0, C: 54.0}) == pytest.approx(0.06)
    assert disagreement({P: 100.0, BUY: 0.0, SELL: 40.0}) is None
    assert disagreement({P: 0.0, BUY: 0.0, SELL: 0.0, C: 0.0}) == 0.0
    assert disagreement({P: 0.8, BUY: 0.0, SELL: 0.0, C: 0.4}) == 0.5
