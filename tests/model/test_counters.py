"""The lifetimes of flows and devices: each has a counter of its own, and one that waits holds up nobody else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Flow, LifetimeBase, Update
from custom_components.solar_cloud.model.hardware import device_lifetime_wh
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.model.merging import recalled
from custom_components.solar_cloud.model.value import Origin, Reason

from ..cloud.solaredge.helpers import BERLIN
from .test_published import BUY, DAY, GIVE, GRID_BASES, MIDNIGHT, QUARTER, SELL, TAKE, C, Life, P, intervals

HOURS = 4
"""Quarter hours in an hour."""
INVERTERS = {serial: Device(kind=DeviceKind.INVERTER, serial=serial) for serial in ("A", "B")}


def base(wh: float, day: date = DAY) -> LifetimeBase:
    return LifetimeBase(day=day, before_wh=wh)


def counted(life: Life, readings: Mapping[str, float], quarters: float) -> dict[str, float | None]:
    """Let inverters report their lifetimes so many quarter hours after midnight, and return what is published."""
    at = MIDNIGHT + QUARTER * quarters
    life.now = at + timedelta(seconds=95)
    given = {serial: DeviceReading(energy_lifetime_wh=wh, last_report=at) for serial, wh in readings.items()}
    life.take(Update(readings=given))
    return {serial: reading.energy_lifetime_wh for serial, reading in life.data.readings.items()}


def test_a_lifetime_is_its_base_and_all_that_was_measured_since():
    life = Life(bases=GRID_BASES)
    life.report(3, [10, 20, 30], grid_import=[1, 2, 3], grid_export=[0, 0, 4])
    assert life.lifetime() == {BUY: 400_006, SELL: 300_004, C: 1_100_000 + 60 + 6 - 4}
    assert life.data.published.lifetime[BUY].end == MIDNIGHT + 3 * QUARTER
    end = MIDNIGHT + 3 * QUARTER
    assert life.data.lifetime == LifetimeCounter(published_wh=1_000_060, as_of=end, reported_at=end)


def test_a_flow_without_a_base_is_not_counted_and_holds_up_nobody():
    life = Life(bases={BUY: 400_000.0})
    life.report(1, [10], grid_import=[1], grid_export=[2])
    assert life.lifetime() == {BUY: 400_001, SELL: None, C: None}
    assert life.data.published.lifetime[SELL].reason is Reason.NOT_YET
    assert life.data.published.lifetime[C].reason is Reason.INPUT_MISSING
    life.take(Update(bases={SELL: base(300_000)}))
    assert life.lifetime() == {BUY: 400_001, SELL: 300_002, C: 1_100_009}


def test_a_tiny_correction_downward_keeps_the_value_and_goes_on():
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 10], grid_import=[50, 50], grid_export=[0, 0])
    life.report(2, grid_import=[50, 49.8], grid_export=[0, 0])
    assert life.lifetime()[BUY] == 400_100
    life.report(3, [10] * 3, grid_import=[50, 49.8, 50], grid_export=[0] * 3)
    assert life.lifetime()[BUY] == pytest.approx(400_149.8)


def test_a_counter_that_waits_keeps_its_value_and_the_others_go_on():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[3_000], grid_export=[0])
    life.report(2, [10, 10], grid_import=[0, 5], grid_export=[0, 1])
    values = life.data.published.lifetime
    assert (values[BUY].amount, values[BUY].origin) == (403_000, Origin.CARRIED)
    assert (values[SELL].amount, values[SELL].origin) == (300_001, Origin.MEASURED)
    assert life.data.lifetime.published_wh == 1_000_020


def test_a_base_that_was_corrected_down_for_good_goes_on_within_a_day():
    life = Life(bases=GRID_BASES)
    life.report(4, [0] * 4, grid_import=[10] * 4, grid_export=[0] * 4)
    life.take(Update(bases={BUY: base(350_000)}))
    published = [life.lifetime()[BUY]]
    for count in range(5, 4 + 24 * HOURS):
        life.report(count, [0] * count, grid_import=[10] * count, grid_export=[0] * count)
        published.append(life.lifetime()[BUY])
    assert published[0] == 400_040
    assert published == sorted(published)
    assert published[-1] == 400_040 + 10 * (23 * HOURS + 3)


def test_a_base_that_jumps_is_not_counted():
    life = Life(bases=GRID_BASES)
    life.report(4, [0] * 4, grid_import=[10] * 4, grid_export=[0] * 4)
    life.take(Update(bases={BUY: base(40_000_000)}))
    for count in range(5, 16):
        life.report(count, [0] * count, grid_import=[10] * count, grid_export=[0] * count)
    assert life.lifetime()[BUY] == 400_000 + 150


def test_consumption_is_counted_as_far_as_everything_is_known():
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 20], grid_import=[5, 5], grid_export=[0, 0])
    life.report(4, [10, 20, 30, 40], grid_import=[5] * 4, grid_export=[0, 0])
    assert life.lifetime()[C] == 1_100_000 + 40
    assert life.data.published.lifetime[C].end == MIDNIGHT + 2 * QUARTER
    assert life.lifetime()[BUY] == 400_020


def test_consumption_begins_where_the_oldest_of_its_lifetimes_begins():
    day, rows = 24 * HOURS, 24 * HOURS + 2
    life = Life(bases={SELL: 300_000.0})
    life.report(rows, [10.0] * rows, grid_import=[5.0] * rows, grid_export=[1.0] * rows)
    life.take(Update(bases={BUY: base(400_000 + 5 * day, DAY + timedelta(days=1))}))
    assert life.lifetime()[C] == 1_100_000 + 14 * rows


@pytest.mark.parametrize("missing", [(), (P,), (BUY,), (P, BUY)])
def test_consumption_is_counted_once_where_rows_are_missing_between_the_days_of_its_lifetimes(
    missing: tuple[Flow, ...],
) -> None:
    day, following = 24 * HOURS, DAY + timedelta(days=1)
    life = Life(bases=GRID_BASES)

    def rows(flow: Flow, wh: float, count: int) -> list[float | None]:
        return [None if flow in missing and 20 <= number < 32 else wh for number in range(count)]

    def report(count: int) -> None:
        flows = {"grid_import": rows(BUY, 5.0, count), "grid_export": rows(SELL, 1.0, count)}
        life.report(count, rows(P, 10.0, count), **flows)

    report(day + 1)
    lacking = 12 * 14 if missing else 0
    assert life.lifetime()[C] == 1_100_000 + 14 * (day + 1) - lacking
    # The cloud counts production anew, and knows what was missing; the others stay where they were.
    life.take(Update(lifetime=base(1_000_000 + 10 * day, following)))
    report(day + 2)
    is_whole = BUY not in missing
    assert life.lifetime()[C] == 1_100_000 + 14 * (day + 2) - (0 if is_whole else lacking)
    life.take(Update(bases={BUY: base(400_000 + 5 * day, following), SELL: base(300_000 + day, following)}))
    report(day + 3)
    assert life.lifetime()[C] == 1_100_000 + 14 * (day + 3)


def test_consumption_has_a_lost_row_of_production_once_the_lifetimes_have_it():
    day, rows = 24 * HOURS, 24 * HOURS + 2
    life = Life(bases=GRID_BASES)
    production = [10.0] * 40 + [None] + [10.0] * (rows - 41)
    life.report(rows, production, grid_import=[5.0] * rows, grid_export=[1.0] * rows)
    assert life.lifetime()[C] == 1_100_000 + 14 * (rows - 1)
    life.take(Update(lifetime=base(1_000_000 + 10 * day, DAY + timedelta(days=1))))
    assert life.lifetime()[C] == 1_100_000 + 14 * rows


def test_consumption_goes_on_where_the_lifetimes_of_the_others_do_not_go_together_any_more():
    """A new inverter: the cloud counts the site's production from 0 again."""
    rows = 24 * HOURS + 2
    life = Life(bases={BUY: 400_000.0, SELL: 900_000.0})
    life.report(rows, [10.0] * rows, grid_import=[5.0] * rows, grid_export=[1.0] * rows)
    before = life.lifetime()[C]
    life.take(Update(lifetime=base(50, DAY + timedelta(days=1))))
    more = rows + 8
    life.report(more, [10.0] * more, grid_import=[5.0] * more, grid_export=[1.0] * more)
    assert (before, life.lifetime()[C]) == (500_000 + 14 * rows, 500_000 + 14 * more)


def test_consumption_stands_while_a_row_of_production_may_only_be_late():
    """A sum that left it out and went on would be the sum of no time of the day."""
    life = Life(bases=GRID_BASES)
    flows = {"grid_import": [5] * 12, "grid_export": [0] * 12}
    life.report(4, [10, 10, None, 10], **flows)
    assert (life.lifetime()[C], life.today()[C]) == (1_100_000 + 30, 30)
    life.report(8, [10, 10, None, 10, 10, 10, 10, 10], **flows)
    assert (life.lifetime()[C], life.today()[C]) == (1_100_000 + 7 * 15, 7 * 15)


def test_consumption_begins_with_what_is_known():
    day, rows = 24 * HOURS, 24 * HOURS + 2
    life = Life(bases={SELL: 300_000.0})
    gap: list[float | None] = [None if 20 <= number < 32 else 5.0 for number in range(rows)]
    life.report(rows, [10.0] * rows, grid_import=gap, grid_export=[None if wh is None else 1.0 for wh in gap])
    life.take(Update(bases={BUY: base(400_000 + 5 * day, DAY + timedelta(days=1))}))
    consumed = life.lifetime()[C]
    assert consumed is not None
    assert 1_100_000 + 14 * (rows - 12) <= consumed <= 1_100_000 + 14 * rows


def test_a_battery_is_counted_like_any_other_flow():
    life = Life(bases={**GRID_BASES, TAKE: 20_000.0, GIVE: 19_000.0})
    life.report(2, [10, 10], grid_import=[0, 0], grid_export=[1, 1], battery_charge=[2, 2], battery_discharge=[0, 1])
    assert life.lifetime() == {
        BUY: 400_000,
        SELL: 300_002,
        TAKE: 20_004,
        GIVE: 19_001,
        C: 1_000_000 + 100_000 - 1_000 + (20 - 2 - 4 + 1),
    }


def test_storage_of_an_unknown_kind_stops_the_computed_lifetime_alone():
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[5], grid_export=[0])
    life.take(Update(system=replace(life.data.system, unknown_storage=True)))
    life.report(2, [10, 10], grid_import=[5, 5], grid_export=[0, 0])
    assert life.lifetime() == {BUY: 400_010, SELL: 300_000, C: 1_100_015}


# Single devices.


def test_inverters_are_counted_each_for_itself():
    life = Life(devices=INVERTERS)
    assert counted(life, {"A": 5_000_000, "B": 4_000_000}, 1) == {"A": 5_000_000, "B": 4_000_000}
    assert counted(life, {"A": 0, "B": 4_000_100}, 2) == {"A": 5_000_000, "B": 4_000_100}
    assert counted(life, {"A": 5_000_090, "B": 4_000_100}, 3) == {"A": 5_000_090, "B": 4_000_100}


def test_an_inverter_that_begins_again_goes_on_from_its_old_value():
    life = Life(devices=INVERTERS)
    counted(life, {"A": 5_000_000}, 0)
    for hour in range(1, 6):
        counted(life, {"A": 100 * hour}, hour * HOURS)
    assert counted(life, {"A": 700}, 6 * HOURS)["A"] == 5_000_600


def test_an_inverter_that_is_read_once_a_day_stands_still_for_no_more_than_a_day():
    life = Life(devices=INVERTERS)
    day = 24 * HOURS
    counted(life, {"A": 5_000_000}, 0)
    assert counted(life, {"A": 4_000_000}, day)["A"] == 5_000_000
    assert counted(life, {"A": 4_009_000}, 2 * day)["A"] == 5_009_000
    assert counted(life, {"A": 4_010_000}, 3 * day)["A"] == 5_010_000


def test_what_was_published_before_there_were_counters_is_where_they_begin():
    reading = DeviceReading(energy_lifetime_wh=5_000_000, last_report=MIDNIGHT - QUARTER)
    life = Life(devices=INVERTERS, readings={"A": reading})
    assert counted(life, {"A": 4_999_000}, 1)["A"] == 5_000_000
    assert counted(life, {"A": 5_000_200}, 2)["A"] == 5_000_200


def test_a_lifetime_beyond_what_the_time_allows_is_not_published():
    life = Life(devices=INVERTERS)
    counted(life, {"A": 5_000_000}, 0)
    assert counted(life, {"A": 4_294_967_295}, 1)["A"] == 5_000_000
    assert counted(life, {"A": 5_000_100}, 2)["A"] == 5_000_100


def test_meters_and_batteries_are_counted_from_their_own_bases():
    life = Life(devices={"B": Device(kind=DeviceKind.BATTERY, serial="B")})
    life.now = MIDNIGHT + 2 * QUARTER
    life.take(Update(device_flows={"B": {TAKE: intervals([10, 20]), GIVE: intervals([0])}}))
    assert device_lifetime_wh(life.data, "B", TAKE) is None
    life.take(Update(device_bases={"B": {TAKE: base(20_000), GIVE: base(19_000)}}))
    assert device_lifetime_wh(life.data, "B", TAKE) == 20_030
    assert device_lifetime_wh(life.data, "B", GIVE) == 19_000
    life.take(Update(device_flows={"B": {TAKE: intervals([10, 19])}}))
    assert device_lifetime_wh(life.data, "B", TAKE) == 20_030


def test_meters_and_batteries_that_were_stored_without_a_counter_are_counted_after_a_restart():
    life = Life(devices={"B": Device(kind=DeviceKind.BATTERY, serial="B")})
    life.now = MIDNIGHT + 2 * QUARTER
    life.take(Update(device_flows={"B": {TAKE: intervals([10, 20])}}))
    life.take(Update(device_bases={"B": {TAKE: base(20_000)}}))
    stored = replace(life.data, device_counters={})
    assert device_lifetime_wh(recalled(stored, life.now, BERLIN), "B", TAKE) == 20_030
    assert recalled(life.data, life.now, BERLIN).device_counters == life.data.device_counters


def test_hardware_that_is_replaced_takes_nothing_from_the_systems_counter():
    old, new = (Device(kind=DeviceKind.METER, serial=serial) for serial in ("OLD", "NEW"))
    life = Life(bases=GRID_BASES, devices={"OLD": old})
    life.report(1, [10], grid_import=[5], grid_export=[0])
    life.take(Update(device_bases={"OLD": {BUY: base(400_000)}}, device_flows={"OLD": {BUY: intervals([5])}}))
    assert device_lifetime_wh(life.data, "OLD", BUY) == 400_005
    complete = frozenset({DeviceKind.METER})
    life.take(Update(devices=(new,), complete=complete))
    life.take(Update(devices=(new,), complete=complete))
    life.report(2, [10, 10], grid_import=[5, 6], grid_export=[0, 0])
    assert life.data.devices.keys() == life.data.device_counters.keys() | {"NEW"} == {"NEW"}
    assert life.lifetime()[BUY] == 400_011


# Time.


def test_a_clock_that_was_wrong_for_a_year_leaves_no_trace():
    life = Life(devices=INVERTERS)
    counted(life, {"A": 5_000_000}, 365 * 24 * HOURS)
    assert counted(life, {"A": 5_009_000}, 1)["A"] == 5_009_000
    assert life.data.device_counters["A"][P].as_of == MIDNIGHT + QUARTER


def test_a_value_is_of_no_later_time_than_now():
    life = Life(devices=INVERTERS)
    life.now = MIDNIGHT
    ahead: datetime = MIDNIGHT + timedelta(days=400)
    life.take(Update(readings={"A": DeviceReading(energy_lifetime_wh=1_000.0, last_report=ahead)}))
    assert life.data.device_counters["A"][Flow.PRODUCTION].as_of == MIDNIGHT


# What comes late.


def late_noon(flow_rows: int = 60) -> tuple[list[float | None], list[float | None]]:
    """Return a day's production with three hours missing at noon, and the same day in full."""
    full: list[float | None] = [1_000.0 if 30 <= number < 70 else 0.0 for number in range(flow_rows + 20)]
    return [None if 44 <= number < 56 else wh for number, wh in enumerate(full)], full


def test_hours_that_come_late_are_counted_and_no_jump():
    life = Life(bases=GRID_BASES, size_w=5_000.0)
    gap, full = late_noon()
    for count in (43, 60, 64, 68):
        life.report(count, gap[:count], grid_import=gap[:count], grid_export=[0.0] * count)
    assert life.data.lifetime.published_wh == 1_000_000 + sum(wh or 0 for wh in gap[:68])
    life.report(69, full[:69], grid_import=full[:69], grid_export=[0.0] * 69)
    whole = sum(wh or 0 for wh in full[:69])
    assert life.data.lifetime.published_wh == 1_000_000 + whole
    assert life.lifetime() == {BUY: 400_000 + whole, SELL: 300_000, C: 1_100_000 + 2 * whole}


def test_a_base_that_jumps_beside_complete_rows_is_held_back_all_the_same():
    life = Life(size_w=5_000.0)
    _, full = late_noon()
    life.report(60, full[:60])
    before = life.data.lifetime.published_wh
    life.take(Update(lifetime=base(1_030_000)))
    life.report(61, full[:61])
    assert life.data.lifetime.waits
    assert life.data.lifetime.published_wh == before


def test_a_lifetime_that_was_carried_on_over_lost_rows_takes_what_the_cloud_knows_of_them():
    day = 24 * HOURS
    life = Life(bases=GRID_BASES)
    life.report(HOURS, [0.0] * HOURS, grid_import=[500.0] * HOURS, grid_export=[0.0] * HOURS)
    late = 4 * day + 8
    known = [500.0] * HOURS + [None] * (late - HOURS - day) + [500.0] * day
    life.report(late, [0.0] * late, grid_import=known, grid_export=[0.0] * late)
    assert life.data.bases[BUY].missing_since == DAY
    life.take(Update(bases={BUY: base(400_000 + 500 * 4 * day, DAY + timedelta(days=4))}))
    assert life.lifetime()[BUY] == 400_000 + 500 * late
    assert life.data.bases[BUY].missing_since is None


def test_rows_that_come_after_a_lifetime_was_carried_on_over_them_are_counted_once():
    day = 24 * HOURS
    life = Life(bases=GRID_BASES)
    life.report(50, grid_import=[500.0] * 50, grid_export=[0.0] * 50)
    # Nothing comes for more than two days, then all of it.
    silent = 2 * day + 70
    for count in range(day, silent, 8):
        life.report(count, [0.0] * 10)
        life.take(Update(flows={BUY: (), SELL: ()}))
    assert life.data.bases[BUY].missing_since == DAY
    assert life.lifetime()[BUY] == 400_000 + 500 * 50
    back = silent + 40
    for _ in range(2):
        life.report(back, [0.0] * 10, grid_import=[None] * 20 + [500.0] * (back - 20), grid_export=[0.0] * back)
        assert life.lifetime()[BUY] == 400_000 + 500 * back


def test_a_consumption_goes_on_when_the_production_of_a_life_begins_again():
    life = Life(bases=GRID_BASES)
    rows = [100.0] * 60

    def report(count: int) -> float | None:
        life.report(count, rows[:count], grid_import=[5.0] * count, grid_export=[10.0] * count)
        return life.lifetime()[C]

    assert report(10) == 1_100_000 + 10 * 95
    life.take(Update(lifetime=base(0)))
    for count in range(11, 40):
        consumed = report(count)
        assert consumed is not None
        assert 1_100_000 + 10 * 95 <= consumed <= 1_100_000 + count * 95
        assert consumed == 1_100_000 + count * 95
    assert life.data.lifetime.offset_wh > 900_000
