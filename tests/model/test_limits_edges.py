"""What cannot be is not taken, at its edges: one watt more, one instant earlier, one witness too few."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.solar_cloud.model.elements import (
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Momentary,
    Power,
    System,
    Update,
)
from custom_components.solar_cloud.model.limits import Limits, Peak, Rejection, limits_of, possible, with_peak

from .test_limits import BUY, HOUSE, NAMELESS, NOON, NOW, QUARTER, SELL, C, P, row, rows, take

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def sized(size_w: float) -> System:
    return replace(HOUSE, size_w=size_w)


@pytest.mark.parametrize(
    ("system", "peak", "production_w", "flow_w"),
    [
        (NAMELESS, Peak(stood_w=1.0), 3.0, 100_000.0),
        (NAMELESS, Peak(stood_w=50_000.0), 150_000.0, 500_000.0),
        (HOUSE, Peak(stood_w=50_000.0), 7_500.0, 500_000.0),
        (sized(100.0), Peak(), 150.0, 100_000.0),
        (sized(20_000.0), Peak(stood_w=3.0), 30_000.0, 200_000.0),
        (HOUSE, Peak(stood_w=9_000.0, size_w=5_000.0, size_doubted=True), 27_000.0, 100_000.0),
        # Another nameplate than the one in doubt.
        (sized(6_000.0), Peak(stood_w=9_000.0, size_w=5_000.0, size_doubted=True), 9_000.0, 100_000.0),
        (HOUSE, Peak(size_w=5_000.0), 7_500.0, 100_000.0),
    ],
)
def test_limits_follow_from_what_is_known(system: System, peak: Peak, production_w: float, flow_w: float) -> None:
    assert limits_of(system, peak) == Limits(production_w=production_w, flow_w=flow_w)


def test_each_flow_has_its_limit_for_any_time() -> None:
    limits = Limits(production_w=6_000.0, flow_w=9_000.0)
    assert (limits.of(P), limits.of(BUY)) == (6_000, 9_000)
    assert (limits.energy_wh(P, QUARTER), limits.energy_wh(C, 2 * QUARTER)) == (1_500, 4_500)


# Rows.


def test_the_mean_power_beside_an_energy_has_the_same_bounds() -> None:
    found = take(
        Update(
            intervals=(
                row(100.0, 0, power_w=0.0),
                row(100.0, 1, power_w=7_500.0),
                row(100.0, 2, power_w=7_501.0),
                row(-5.0, 3, power_w=-20.0),
                row(-5.0, 4),
                row(100.0, 5, power_w=-0.1),
                row(0.0, 6, power_w=3.0),
                row(0.5, 7, power_w=4.0),
            )
        )
    )[0].intervals
    assert [one.energy_wh for one in found] == [100, 100, 100, 0, 0, 100, 0, 0.5]
    assert [one.power_w for one in found] == [0, 7_500, None, 0, None, None, 3, 4]


def test_rows_of_any_flow_can_be_checked_alone() -> None:
    limits = Limits(production_w=6_000.0, flow_w=9_000.0)
    assert possible(BUY, rows(2_250.0, 2_251.0, -5.0), limits) == (row(2_250.0), row(0.0, 2))
    assert possible(P, rows(1_500.0, 1_501.0), limits) == rows(1_500.0)


@pytest.mark.parametrize(
    ("energies", "number"), [((5_000.0, 5_000.0), 0), ((-9_000.0, 8_000.0), 0), ((8_000.0, -9_000.0), 1)]
)
def test_the_first_of_the_largest_rows_is_reported(energies: tuple[float, ...], number: int) -> None:
    start = NOON + number * QUARTER
    assert take(Update(intervals=rows(*energies)))[2] == {
        P: Rejection(start=start, end=start + QUARTER, energy_wh=energies[number], most_wh=1_875.0)
    }
    rejected = take(Update(detail={SELL: rows(*(10 * one for one in energies))}))[2]
    assert (rejected[SELL].start, rejected[SELL].most_wh) == (start, 25_000)


def test_production_in_detail_and_of_single_devices_has_the_limit_of_the_whole() -> None:
    beyond, name = rows(1_876.0), "device"
    for update, of in (
        (Update(detail={P: beyond}), str(P)),
        (Update(device_intervals={"A": beyond}), name),
        (Update(device_flows={"B": {P: beyond}}), name),
    ):
        rejected = take(update)[2]
        assert {one: found.most_wh for one, found in rejected.items()} == {of: 1_875.0}


# Powers.


@pytest.mark.parametrize(
    ("power_w", "taken"), [(7_500.0, 7_500.0), (7_501.0, None), (0.5, 0.5), (0.0, 0.0), (-100.0, 0.0), (-101.0, None)]
)
def test_a_power_of_production_has_the_bounds_of_its_rows(power_w: float, taken: float | None) -> None:
    power = take(Update(power=Power(power_w=power_w, measured_at=NOON)))[0].power
    assert power == (None if taken is None else Power(power_w=taken, measured_at=NOON))
    momentary = take(Update(momentary=Momentary(measured_at=NOON, powers={P: power_w, BUY: 5.0})))[0].momentary
    assert momentary == Momentary(measured_at=NOON, powers={BUY: 5.0} | ({} if taken is None else {P: taken}))


def test_nothing_is_computed_from_a_power_that_cannot_be() -> None:
    powers = Momentary(measured_at=NOON, powers={P: 7_501.0, BUY: 3.0, C: 400.0}, computed=frozenset({C}))
    assert take(Update(momentary=powers))[0].momentary == Momentary(measured_at=NOON, powers={BUY: 3.0})
    # A little below zero is no contradiction.
    drawn = replace(powers, powers={P: -5.0, BUY: 3.0, C: 400.0})
    assert take(Update(momentary=drawn))[0].momentary == replace(drawn, powers={P: 0.0, BUY: 3.0, C: 400.0})
    alone = replace(powers, powers={P: 7_501.0, C: 400.0})
    assert take(Update(momentary=alone))[0].momentary is None
    assert take(Update())[0].momentary is None


@pytest.mark.parametrize(("system", "most_w"), [(HOUSE, 100_000.0), (NAMELESS, 10_000_000.0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_device_that_is_no_inverter_moves_no_more_than_any_flow(system: System, most_w: float, sign: int) -> None:
    silent = DeviceReading(last_report=NOON)
    most = DeviceReading(power_w=sign * most_w, measured_at=NOON)
    more = DeviceReading(power_w=sign * (most_w + 1), measured_at=NOON)
    readings = {"silent": silent, "most": most, "more": more}
    for devices in ({}, {"more": Device(kind=DeviceKind.BATTERY, serial="more")}):
        found = take(Update(readings=readings), system, devices=devices)[0].readings
        assert found == {"silent": silent, "most": most, "more": DeviceReading()}


def test_what_an_inverter_draws_is_nothing() -> None:
    readings = {"A": DeviceReading(power_w=-100.0, measured_at=NOON)}
    inverter = Device(kind=DeviceKind.INVERTER, serial="A")
    found = take(Update(readings=readings), devices={"A": inverter})[0].readings
    assert found == {"A": DeviceReading(power_w=0.0, measured_at=NOON)}
    assert take(Update(readings=found), devices={"A": inverter})[0].readings is found


# What has stood for a day.


def test_a_row_counts_from_the_instant_on_that_it_is_a_day_old() -> None:
    peak = Peak(size_w=5_000.0)
    assert with_peak(peak, rows(1_000.0), NOON + QUARTER + DAY) == replace(peak, stood_w=4_000.0)
    assert with_peak(peak, rows(1_000.0), NOON + QUARTER + DAY - SECOND) == peak
    assert with_peak(peak, (), NOW) == peak
    assert with_peak(peak, rows(0.0), NOW + 2 * DAY) == peak
    assert with_peak(peak, rows(0.125), NOW + 2 * DAY).stood_w == 0.5
    assert with_peak(replace(peak, stood_w=4_001.0), rows(1_000.0), NOW + 2 * DAY).stood_w == 4_001


# The doubt.


def test_rows_count_up_to_ten_times_what_is_known_and_from_their_end_on() -> None:
    eight = Update(intervals=rows(*[12_500.0] * 8))
    end = NOON + 8 * QUARTER
    assert take(eight, now=end)[1] == Peak(stood_w=50_000.0, size_w=5_000.0, size_doubted=True)
    assert len(take(eight, now=end - SECOND)[1].beyond) == 7
    # What is possible is no witness.
    assert take(Update(intervals=rows(*[1_875.0] * 8)))[1] == Peak(size_w=5_000.0)
    known = Peak(stood_w=100.0)
    assert len(take(Update(intervals=rows(250.0, 250.1, 75.0, 75.1)), NAMELESS, known)[1].beyond) == 2


def test_powers_count_for_a_day_and_up_to_now() -> None:
    def powers(*at: timedelta) -> Peak:
        return Peak(size_w=5_000.0, powers_beyond={NOW + one: 16_000.0 for one in at})

    seven = [-number * QUARTER for number in range(1, 8)]
    last = Update(power=Power(power_w=8_000.0, measured_at=NOW))
    assert take(last, peak=powers(*seven))[1] == Peak(stood_w=16_000.0, size_w=5_000.0, size_doubted=True)
    for other in (-DAY, SECOND):
        assert len(take(last, peak=powers(*seven[1:], other))[1].powers_beyond) == 7
    assert take(last, peak=powers(*seven[1:], SECOND - DAY))[1].size_doubted
    # Those of several flows are of production as well.
    momentary = Momentary(measured_at=NOW, powers={P: 8_000.0, BUY: 90_000.0})
    assert take(Update(momentary=momentary), peak=powers(*seven))[1].size_doubted
    others = Update(momentary=replace(momentary, powers={BUY: 90_000.0}))
    assert take(others, peak=powers(*seven)) == (others, powers(*seven), {})


@pytest.mark.parametrize(("power_w", "beyond"), [(7_500.0, 0), (7_501.0, 1), (50_000.0, 1), (50_001.0, 0)])
def test_a_power_is_a_witness_between_the_limit_and_ten_times_the_nameplate(power_w: float, beyond: int) -> None:
    assert len(take(Update(power=Power(power_w=power_w, measured_at=NOW)))[1].powers_beyond) == beyond


def test_rows_and_powers_are_not_added_up_and_the_highest_of_all_is_believed() -> None:
    at = {NOON + number * QUARTER: 20_000.0 for number in range(4)}
    peak = Peak(size_w=5_000.0, powers_beyond=at)
    assert not take(Update(intervals=rows(*[4_000.0] * 7)), peak=peak)[1].size_doubted
    eight = Update(intervals=rows(*[4_000.0] * 8))
    assert take(eight, peak=peak)[1].stood_w == 20_000
    assert take(eight, peak=replace(peak, stood_w=30_000.0))[1].stood_w == 30_000


def test_a_doubt_stays_while_more_and_more_turns_out_to_be_possible() -> None:
    peak = Peak(stood_w=1_000.0, size_w=5_000.0, size_doubted=True)
    assert take(Update(intervals=rows(*[1_000.0] * 8)), peak=peak)[1] == replace(peak, stood_w=4_000.0)
    nameless = take(Update(intervals=rows(*[1_000.0] * 8)), NAMELESS, Peak(stood_w=1_000.0))[1]
    assert nameless == Peak(stood_w=4_000.0)


def test_rows_that_waited_are_taken_where_production_is_reported() -> None:
    peak = take(Update(intervals=rows(*[4_000.0] * 7)))[1]
    sold = rows(3.0)
    update = take(Update(detail={P: rows(4_100.0, 4_200.0, first=6), SELL: sold}), peak=peak)[0]
    assert update.detail == {P: rows(*[4_000.0] * 6, 4_100.0, 4_200.0), SELL: sold}
    assert update.intervals == ()
    update = take(Update(intervals=rows(4_100.0, 4_200.0, first=6), detail={P: rows(9.0, first=20)}), peak=peak)[0]
    assert update.intervals == rows(*[4_000.0] * 6, 4_100.0, 4_200.0)
    assert update.detail == {P: rows(9.0, first=20)}
    # The eighth witness is a power: the rows wait on.
    powers = {NOW - number * QUARTER: 16_000.0 for number in range(1, 8)}
    alone = Update(power=Power(power_w=16_000.0, measured_at=NOW))
    assert take(alone, peak=replace(peak, powers_beyond=powers))[0] == alone


def test_a_row_beyond_the_limits_is_kept_for_a_day() -> None:
    peak = take(Update(intervals=rows(4_000.0)))[1]
    assert peak == Peak(size_w=5_000.0, beyond={NOON: row(4_000.0)})
    assert take(Update(), peak=peak, now=NOON + QUARTER + DAY - SECOND)[1] == peak
    assert take(Update(), peak=peak, now=NOON + QUARTER + DAY)[1] == Peak(size_w=5_000.0)


def test_flows_that_nothing_is_reported_of_stay_nothing() -> None:
    assert take(Update())[0] == Update()
    assert take(Update(flows={Flow.BATTERY_CHARGE: ()}))[0].flows == {Flow.BATTERY_CHARGE: ()}
