"""What cannot be is not taken: what a row may hold, what is believed of a nameplate, what comes back later."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
import math

import pytest

from custom_components.solar_cloud.model.elements import (
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    Momentary,
    Power,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.limits import (
    NO_DEVICES,
    UNBOUNDED_W,
    Peak,
    Rejection,
    admitted,
    limits_of,
    with_peak,
)
from custom_components.solar_cloud.system.restore import dump, load

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
NOW = NOON + timedelta(hours=6)
HOUSE = System(vendor=Vendor.SOLAREDGE, id="1", name="House", size_w=5_000.0)
NAMELESS = replace(HOUSE, size_w=None)


def row(energy_wh: float, number: int = 0, *, power_w: float | None = None, length: timedelta = QUARTER) -> Interval:
    """Return a row that begins so many quarter hours after noon."""
    start = NOON + number * QUARTER
    return Interval(start=start, end=start + length, energy_wh=energy_wh, power_w=power_w)


def rows(*energies: float, first: int = 0) -> tuple[Interval, ...]:
    return tuple(row(energy, number) for number, energy in enumerate(energies, first))


def take(
    update: Update,
    system: System = HOUSE,
    peak: Peak | None = None,
    now: datetime = NOW,
    devices: Mapping[str, Device] = NO_DEVICES,
) -> tuple[Update, Peak, Mapping[str, Rejection]]:
    return admitted(update, system, peak or Peak(), now, devices)


def produced(energies: tuple[Interval, ...], system: System = HOUSE, peak: Peak | None = None) -> list[float]:
    """Return the energies of production that are taken."""
    return [one.energy_wh for one in take(Update(intervals=energies), system, peak)[0].intervals]


@pytest.mark.parametrize(
    ("energy_wh", "taken"),
    [
        (1875.0, [1875.0]),
        (1875.1, []),
        (0.0, [0.0]),
        (-1.5, [0.0]),
        (-25.0, [0.0]),
        (-25.1, []),
        (40_000_000.0, []),
        (-40_000_000.0, []),
        (math.nan, []),
        (math.inf, []),
    ],
)
def test_production_is_between_nothing_and_half_more_than_the_nameplate(energy_wh: float, taken: list[float]):
    assert produced((row(energy_wh),)) == taken


@pytest.mark.parametrize(("energy_wh", "taken"), [(25_000.0, 1), (25_000.1, 0), (-25.0, 1), (-25.1, 0)])
@pytest.mark.parametrize("flow", [flow for flow in Flow if flow is not P])
def test_other_flows_are_below_a_hundred_kilowatts(flow: Flow, energy_wh: float, taken: int):
    update, _, rejected = take(Update(flows={flow: (row(energy_wh),)}))
    assert len(update.flows[flow]) == taken
    assert set(rejected) == (set() if taken else {flow})


def test_the_flows_of_a_large_system_are_below_ten_times_its_nameplate():
    large = replace(HOUSE, size_w=50_000.0)
    update, _, _ = take(Update(flows={BUY: rows(125_000.0, 125_001.0)}), large)
    assert update.flows[BUY] == rows(125_000.0)


def test_the_limit_goes_with_the_length_of_a_row():
    five, day = timedelta(minutes=5), timedelta(days=1)
    assert produced((row(626.0, length=five),)) == []
    assert produced((row(180_000.0, length=day),)) == [180_000.0]
    assert produced((row(0.0, length=timedelta(0)), row(1.0, length=-QUARTER))) == []


def test_an_impossible_mean_power_beside_a_possible_energy_is_left_out_alone():
    found = take(Update(intervals=(row(1_000.0, power_w=9e9), row(500.0, 1, power_w=-3.0))))[0].intervals
    assert found == (row(1_000.0), row(500.0, 1))


def test_the_largest_rejected_row_of_each_flow_is_reported_and_those_of_devices_together():
    rejected = take(
        Update(
            intervals=rows(5_000.0, 9_000.0, 6_000.0),
            flows={BUY: rows(4_294_967_295.0)},
            device_intervals={"A": rows(7_000.0)},
            device_flows={"B": {SELL: rows(30_000.0)}},
        )
    )[2]
    assert {name: one.energy_wh for name, one in rejected.items()} == {
        P: 9_000.0,
        BUY: 4_294_967_295.0,
        "device": 30_000.0,
    }
    assert rejected[P] == Rejection(
        start=NOON + QUARTER, end=NOON + 2 * QUARTER, energy_wh=9_000.0, most_wh=pytest.approx(1_875.0)
    )


def test_every_kind_of_row_and_power_is_checked():
    absurd = 4_294_967_295.0
    at = NOON + QUARTER
    update, _, _ = take(
        Update(
            power=Power(power_w=absurd, measured_at=at),
            momentary=Momentary(measured_at=at, powers={P: absurd, BUY: 3.0, SELL: -absurd, C: -2.0}),
            intervals=rows(absurd),
            flows={BUY: rows(absurd)},
            detail={P: rows(absurd), SELL: rows(absurd)},
            device_intervals={"A": rows(absurd)},
            device_flows={"B": {BUY: rows(absurd)}},
            readings={"A": DeviceReading(power_w=absurd, measured_at=at, last_report=at, voltage_v=230.0)},
        )
    )
    assert (update.power, update.intervals, update.flows[BUY]) == (None, (), ())
    assert update.momentary == Momentary(measured_at=at, powers={BUY: 3.0, C: 0.0})
    assert (update.detail[P], update.detail[SELL]) == ((), ())
    assert (update.device_intervals["A"], update.device_flows["B"][BUY]) == ((), ())
    assert update.readings["A"] == DeviceReading(last_report=at, voltage_v=230.0)


def test_a_battery_that_takes_has_a_power_below_zero():
    readings = {"B": DeviceReading(power_w=-4_000.0, measured_at=NOON)}
    assert take(Update(readings=readings))[0].readings == readings


@pytest.mark.parametrize(
    ("power_w", "taken"),
    [(7_500.0, 7_500.0), (7_501.0, None), (60_000.0, None), (-3.0, 0.0), (-101.0, None), (0.0, 0.0)],
)
def test_one_inverter_gives_no_more_than_all_of_them(power_w: float, taken: float | None):
    reading = DeviceReading(power_w=power_w, measured_at=NOON, last_report=NOON)
    inverter = Device(kind=DeviceKind.INVERTER, serial="A")
    found = [
        take(Update(readings={"A": reading}), devices={"A": inverter})[0],
        # The inventory may come with the same answer.
        take(Update(readings={"A": reading}, devices=(inverter,)))[0],
    ]
    expected = replace(reading, power_w=taken, measured_at=None if taken is None else NOON)
    assert [update.readings["A"] for update in found] == [expected, expected]
    # A battery moves more, and in both directions.
    battery = replace(inverter, kind=DeviceKind.BATTERY)
    assert take(Update(readings={"A": reading}), devices={"A": battery})[0].readings["A"] == reading


def test_a_power_a_little_below_zero_is_nothing():
    assert take(Update(power=Power(power_w=-12.0, measured_at=NOON)))[0].power == Power(power_w=0.0, measured_at=NOON)
    assert take(Update(power=Power(power_w=-120.0, measured_at=NOON)))[0].power is None


def test_what_is_possible_passes_as_it_is():
    update = Update(
        power=Power(power_w=3_000.0, measured_at=NOON),
        momentary=Momentary(measured_at=NOON, powers={P: 3_000.0, C: 0.0}),
        intervals=rows(100.0, 200.0),
        flows={BUY: rows(3.0)},
    )
    assert take(update) == (update, Peak(size_w=5_000.0), {})


# Without a nameplate.


def test_without_a_nameplate_the_highest_row_that_has_stood_for_a_day_counts():
    peak = with_peak(Peak(), rows(100.0, 1_000.0, 50.0), NOON + timedelta(hours=25))
    assert peak.stood_w == 4_000
    assert produced(rows(3_000.0, 3_001.0), NAMELESS, peak) == [3_000.0]


def test_a_row_of_today_does_not_prove_what_is_possible():
    peak = with_peak(Peak(), rows(1_000.0), NOON + timedelta(hours=24))
    assert peak.stood_w is None
    assert limits_of(NAMELESS, peak).production_w == UNBOUNDED_W
    assert with_peak(Peak(stood_w=9_000.0), rows(1_000.0), NOON + timedelta(days=2)).stood_w == 9_000


def test_before_anything_is_known_only_the_absurd_is_left_out():
    assert produced(rows(40_000_000.0, 20_000.0), NAMELESS) == [20_000.0]


def test_a_system_that_was_first_seen_under_snow_is_believed_in_the_sun():
    peak = Peak(stood_w=50.0)
    assert produced(rows(150.0), NAMELESS, peak) == []
    for count in range(1, 8):
        _, peak, rejected = take(Update(intervals=rows(*[100.0] * count)), NAMELESS, peak)
        assert set(rejected) == {P}
    update, peak, rejected = take(Update(intervals=rows(100.0, first=7)), NAMELESS, peak)
    assert [one.energy_wh for one in update.intervals] == [100.0] * 8
    assert not rejected
    assert limits_of(NAMELESS, peak).production_w == 1_200


# The nameplate in doubt.


def test_many_rows_beyond_the_nameplate_but_not_far_show_that_it_is_wrong():
    _, peak, _ = take(Update(intervals=rows(*[4_000.0] * 7)))
    assert not peak.size_doubted
    update, peak, rejected = take(Update(intervals=rows(3_000.0, first=7)), peak=peak)
    assert [one.energy_wh for one in update.intervals] == [*[4_000.0] * 7, 3_000.0]
    assert not rejected
    assert limits_of(HOUSE, peak).production_w == 3 * 16_000
    # They are in the system's series now: a later answer does not bring them again.
    assert produced(rows(200.0, first=8), peak=peak) == [200.0]


def test_one_row_that_is_read_again_and_again_proves_nothing():
    peak = Peak()
    for _ in range(20):
        update, peak, _ = take(Update(intervals=rows(4_000.0)), peak=peak)
        assert update.intervals == ()
    assert not peak.size_doubted


def test_rows_far_beyond_the_nameplate_prove_nothing():
    peak = take(Update(intervals=rows(*[12_501.0] * 20)))[1]
    assert not peak.size_doubted


def test_a_row_that_was_corrected_is_no_witness_any_more():
    peak = take(Update(intervals=rows(*[4_000.0] * 7)))[1]
    update, peak, _ = take(Update(intervals=rows(500.0, 4_000.0, first=6)), peak=peak)
    assert update.intervals == rows(500.0, first=6)
    assert not peak.size_doubted
    update, peak, _ = take(Update(intervals=rows(4_000.0, first=8)), peak=peak)
    assert peak.size_doubted
    assert [one.start for one in update.intervals].count(NOON + 6 * QUARTER) == 0


def test_rows_of_several_days_are_not_added_up():
    peak = take(Update(intervals=rows(*[4_000.0] * 7)), now=NOON + 7 * QUARTER)[1]
    later = NOON + timedelta(hours=30)
    peak = take(Update(intervals=rows(4_000.0, first=28 * 4)), peak=peak, now=later)[1]
    assert not peak.size_doubted
    assert len(peak.beyond) == 1


def test_rows_of_the_future_prove_nothing():
    peak = take(Update(intervals=rows(*[4_000.0] * 8)), now=NOON)[1]
    assert not peak.size_doubted


def test_detail_and_powers_are_witnesses_too():
    detail = take(Update(detail={P: rows(*[4_000.0] * 8)}))
    assert detail[1].size_doubted
    assert len(detail[0].detail[P]) == 8
    peak = Peak()
    for number in range(8):
        power = Power(power_w=16_000.0, measured_at=NOON + number * QUARTER)
        update, peak, _ = take(Update(power=power), peak=peak)
        update, peak, _ = take(Update(power=power), peak=peak)
        assert (update.power == power) is (number == 7)
    assert limits_of(HOUSE, peak).production_w == 48_000


def test_a_nameplate_that_changes_is_believed_anew():
    peak = take(Update(intervals=rows(*[4_000.0] * 8)))[1]
    assert limits_of(HOUSE, peak).production_w == 48_000
    mended = replace(HOUSE, size_w=20_000.0)
    update, peak, _ = take(Update(intervals=rows(7_501.0)), mended, peak)
    assert (update.intervals, peak.size_doubted) == ((), False)
    assert limits_of(mended, peak).production_w == 30_000


def test_the_doubt_survives_a_restart():
    power = Power(power_w=16_000.0, measured_at=NOON)
    peak = take(Update(intervals=rows(4_000.0, 4_000.0), power=power), peak=Peak(stood_w=3.0))[1]
    assert (len(peak.beyond), len(peak.powers_beyond)) == (2, 1)
    assert load(Peak, json.loads(json.dumps(dump(peak)))) == peak


def test_a_nameplate_of_a_few_watts_is_none():
    assert limits_of(replace(HOUSE, size_w=5.68), Peak()).production_w == UNBOUNDED_W
    assert limits_of(replace(HOUSE, size_w=0.0), Peak(stood_w=800.0)).production_w == 2_400
    assert limits_of(replace(HOUSE, size_w=350.0), Peak()).production_w == 525
