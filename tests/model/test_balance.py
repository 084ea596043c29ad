"""What follows from what is measured in one stretch of time, and what cannot."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from custom_components.solar_cloud.model.balance import Book, Storage, computed_flows, disagreement, solve
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


@pytest.mark.parametrize("missing", [P, BUY, SELL, TAKE, GIVE])
def test_what_is_computed_waits_for_each_of_its_inputs(missing: Flow):
    known = {P: 100.0, BUY: 20.0, SELL: 50.0, TAKE: 30.0, GIVE: 10.0}
    del known[missing]
    assert solve(known, frozenset({C}), INSTALLED) == {C: Reason.INPUT_MISSING}


def test_storage_of_an_unknown_kind_makes_computed_values_unknown_not_wrong():
    assert solve({P: 100.0, BUY: 20.0, SELL: 50.0}, frozenset({C}), UNKNOWN) == {C: Reason.UNKNOWN_STORAGE}
    assert solve({P: 100.0, C: 20.0}, frozenset({BUY, SELL}), UNKNOWN)[BUY] is Reason.UNKNOWN_STORAGE


def test_a_consumption_clearly_below_zero_is_a_contradiction_and_one_a_little_below_is_not():
    assert solve({P: 10.0, BUY: 0.0, SELL: 500.0}, frozenset({C}), NONE) == {C: Reason.CONTRADICTION}
    assert solve({P: 500.0, BUY: 0.0, SELL: 503.0}, frozenset({C}), NONE) == {C: -3.0}


def test_nothing_is_computed_from_import_alone():
    assert computed_flows(frozenset({BUY})) == frozenset()
    assert computed_flows(frozenset({BUY, SELL})) == {C}
    assert computed_flows(frozenset({BUY, SELL, C})) == frozenset()
    assert computed_flows(frozenset({C})) == {BUY, SELL}
    assert computed_flows(frozenset({C, BUY})) == {SELL}


def test_an_interval_is_known_as_far_as_each_flow_is():
    span = book(series(10.0, 20.0), grid_import=series(1.0, 2.0), grid_export=series(3.0)).at(START + QUARTER)
    assert span is not None
    assert span.measured == {P: 20.0, BUY: 2.0}
    assert span.computed == {C: Reason.INPUT_MISSING}
    assert span.energy_wh(BUY) == 2.0
    assert span.energy_wh(C) is None
    assert span.mean_power_w(BUY) == 8.0


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


def test_intervals_are_walked_newest_first_and_between_two_instants_oldest_first():
    one = book(series(1.0, 2.0, 3.0), grid_import=series(1.0, 1.0, 1.0), grid_export=series(0.0, None, 0.0))
    assert [span.start for span in one.backward()] == [START + 2 * QUARTER, START + QUARTER, START]
    assert [span.start for span in one.between(START, START + 2 * QUARTER)] == [START, START + QUARTER]


def test_meters_disagree_by_a_share_of_what_flows():
    assert disagreement({P: 100.0, BUY: 0.0, SELL: 40.0, C: 54.0}) == pytest.approx(0.06)
    assert disagreement({P: 100.0, BUY: 0.0, SELL: 40.0}) is None
    assert disagreement({P: 0.0, BUY: 0.0, SELL: 0.0, C: 0.0}) == 0.0
