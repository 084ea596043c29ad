"""Lifetimes at their edges: what bounds a jump, up to when everything is known, and what cannot be computed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.model.counters import device_counters, flow_counters, most_production, with_base
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Flow, LifetimeBase, Update
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.model.merging import recalled
from custom_components.solar_cloud.model.published import book_of
from custom_components.solar_cloud.model.series import never_dark

from ..cloud.solaredge.helpers import BERLIN
from .test_counters import HOURS, INVERTERS, base, counted
from .test_published import BUY, DAY, GIVE, GRID_BASES, MIDNIGHT, QUARTER, SELL, TAKE, C, Life, P, intervals

BATTERY = {"B": Device(kind=DeviceKind.BATTERY, serial="B")}
NEXT_DAY = DAY + timedelta(days=1)
ON = 24 * HOURS
"""The first quarter hour of the next day."""


def flows_counted(data: SystemData, now: datetime) -> Mapping[Flow, LifetimeCounter]:
    return flow_counters(data, book_of(data, never_dark), now, BERLIN)


def test_what_a_time_allows_is_known_with_the_nameplate_only() -> None:
    assert most_production(Life(size_w=None).data) is None
    most = most_production(Life(size_w=4000.0).data)
    assert most is not None
    # One and a half times the nameplate, and a quarter of an hour more.
    assert most(timedelta(hours=1)) == 1.5 * 4000 * 1.25


# Flows.


def test_a_counter_knows_up_to_when_nothing_is_missing_in_it() -> None:
    life = Life(bases=GRID_BASES)
    life.report(4, [10] * 4, grid_import=[5, 5, None, 5], grid_export=[0] * 4)
    assert life.data.counters[BUY].complete_until == MIDNIGHT + 2 * QUARTER
    assert life.data.counters[SELL].complete_until is None
    # What is missing for more than an hour is left out of consumption, and known to be.
    life.report(12, [10] * 12, grid_import=[5, 5, None, *[5] * 9], grid_export=[0] * 12)
    assert life.lifetime()[C] == 1_100_000 + 11 * 15
    assert life.data.counters[C].as_of == MIDNIGHT + 12 * QUARTER
    assert life.data.counters[C].complete_until == MIDNIGHT + 2 * QUARTER
    life.report(13, [10] * 13, grid_import=[5] * 13, grid_export=[0] * 13)
    assert (life.lifetime()[C], life.data.counters[C].complete_until) == (1_100_000 + 13 * 15, None)


@pytest.mark.parametrize("known", [BUY, SELL])
def test_a_flow_without_a_base_holds_up_no_other(known: Flow) -> None:
    life = Life(bases={known: 400_000.0})
    life.report(1, [10], grid_import=[5], grid_export=[5])
    assert {flow: counter.published_wh for flow, counter in life.data.counters.items()} == {known: 400_005}


@pytest.mark.parametrize(("more", "believed"), [(52_130, True), (52_131, False)])
def test_consumption_grows_by_no_more_than_production_grid_and_battery_allow(more: float, believed: bool) -> None:
    # 1.5 times 5,680 W and 100 kW each of the grid and of a battery, for a quarter of an hour.
    life = Life(bases=GRID_BASES)
    life.report(1, [0], grid_import=[0], grid_export=[0])
    data = replace(life.data, lifetime_base=base(1_000_000 + more))
    counter = flows_counted(data, life.now)[C]
    assert (counter.published_wh, counter.waits) == (1_100_000 + more * believed, not believed)


def test_storage_of_an_unknown_kind_leaves_the_counter_of_consumption_as_it_is() -> None:
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 10], grid_import=[5, 5], grid_export=[0, 0])
    before = life.data.counters[C]
    life.take(Update(system=replace(life.data.system, unknown_storage=True)))
    life.report(3, [10] * 3, grid_import=[5] * 3, grid_export=[0] * 3)
    assert life.data.counters[C] == before


def test_consumption_is_not_counted_before_production_is() -> None:
    life = Life(bases=GRID_BASES)
    life.data = replace(life.data, lifetime_base=None)
    life.report(1, grid_import=[5], grid_export=[0])
    assert C not in life.data.counters
    assert life.data.counters[BUY].published_wh == 400_005


def test_a_battery_that_has_lifetimes_and_no_rows_yet_is_waited_for() -> None:
    life = Life(bases={**GRID_BASES, TAKE: 20_000.0, GIVE: 19_000.0}, devices=BATTERY)
    life.report(1, [10], grid_import=[5], grid_export=[0])
    assert life.data.counters[BUY].published_wh == 400_005
    assert life.lifetime()[C] == 1_100_000 - 1_000


def test_consumption_goes_on_when_the_import_of_a_life_begins_again() -> None:
    life = Life(bases=GRID_BASES)
    life.report(10, [100.0] * 10, grid_import=[5.0] * 10, grid_export=[10.0] * 10)
    life.take(Update(bases={BUY: base(0)}))
    for count in range(11, 40):
        life.report(count, [100.0] * count, grid_import=[5.0] * count, grid_export=[10.0] * count)
        assert life.lifetime()[C] == 1_100_000 + count * 95
    assert life.data.counters[BUY].offset_wh > 300_000


def test_a_consumption_below_zero_is_none() -> None:
    """The inverter was replaced before anybody counted here: the cloud has less production than export."""
    life = Life(lifetime=50.0, bases={BUY: 400_000.0, SELL: 900_000.0})
    for count in (1, 4, 8, 12):
        life.report(count, [10] * count, grid_import=[5] * count, grid_export=[0] * count)
    assert life.lifetime()[C] is None


def test_the_consumption_of_a_new_house_begins_at_zero() -> None:
    life = Life(lifetime=0.0, bases={BUY: 0.0, SELL: 0.0})
    for count in (1, 4, 8, 12, 16):
        life.report(count, [0] * count, grid_import=[0] * count, grid_export=[0] * count)
    assert life.lifetime()[C] == 0
    life = Life(lifetime=1.0, bases={BUY: 0.0, SELL: 1.0})
    life.report(1, [10], grid_import=[5], grid_export=[0])
    assert life.lifetime()[C] == 15


@pytest.mark.parametrize("complete", [None, MIDNIGHT + QUARTER])
def test_a_consumption_that_is_carried_on_keeps_what_it_has_besides_the_clouds(complete: datetime | None) -> None:
    life = Life(bases=GRID_BASES)
    life.report(2, [10, 10], grid_import=[5, 5], grid_export=[0, 0])
    counter = LifetimeCounter(
        published_wh=500.0, as_of=MIDNIGHT + QUARTER, offset_wh=100.0, complete_until=complete, reported_at=MIDNIGHT
    )
    waits = replace(life.data.lifetime, suspect_wh=0.0, suspect_since=MIDNIGHT, suspect_readings=1)
    data = replace(life.data, lifetime=waits, counters={**life.data.counters, C: counter})
    found = flows_counted(data, life.now)[C]
    assert (found.published_wh, found.offset_wh, found.waits) == (515.0, 100.0, False)
    assert found.as_of == MIDNIGHT + 2 * QUARTER
    assert found.complete_until == MIDNIGHT + QUARTER


def night(start: datetime, end: datetime) -> bool:
    """It is dark from six hours before the second midnight to six hours after it."""
    middle = MIDNIGHT + ON * QUARTER
    return middle - 6 * HOURS * QUARTER <= start <= end <= middle + 6 * HOURS * QUARTER


@pytest.mark.parametrize(
    ("missing", "unmetered", "dark", "known"),
    [
        (range(72, 120), range(30, 34), night, True),  # inverters sleep
        (range(72, 120), range(30, 34), never_dark, False),
        (range(20, 24), range(30, 34), night, False),
        (range(94, 96), range(30, 34), night, True),
        (range(72, 120), range(94, 96), night, False),
    ],
)
def test_production_is_carried_to_another_midnight_where_all_of_the_time_is_known(
    missing: range, unmetered: range, dark: Callable[[datetime, datetime], bool], known: bool
) -> None:
    rows = ON + 2
    life = Life(bases={})
    production = [None if number in missing else 10.0 for number in range(rows)]
    bought = [None if number in unmetered else 5.0 for number in range(rows)]
    # What no meter at all has reported is a time of which nothing is known.
    sold = [None if number in unmetered and number > 92 else 1.0 for number in range(rows)]
    life.report(rows, production, grid_import=bought, grid_export=sold)
    # The grid's lifetimes are a day younger; there are rows missing between them and that of production.
    data = replace(life.data, bases={BUY: base(400_480, NEXT_DAY), SELL: base(300_096, NEXT_DAY)})
    data = replace(data, counters={C: LifetimeCounter(published_wh=1.0, as_of=MIDNIGHT, offset_wh=0.0)})
    found = flow_counters(data, book_of(data, dark), life.now, BERLIN)[C]
    produced = 10.0 * sum(number not in missing for number in range(ON))
    consumed = 2 * (4.0 if 97 in missing else 14.0)
    total = 1_000_000 + produced + 400_480 - 300_096 + consumed
    assert (found.published_wh == total) is known


@pytest.mark.parametrize(("sold", "consumed"), [(300_000.0, 1_100_060 + 86 * 14), (1_400_060.0, 86 * 14)])
def test_consumption_begins_with_all_rows_that_are_known_between_its_lifetimes(sold: float, consumed: float) -> None:
    rows = ON + 2
    life = Life(bases={SELL: sold})
    gap = [None if 20 <= number < 32 else 5.0 for number in range(rows)]
    life.report(rows, [10.0] * rows, grid_import=gap, grid_export=[None if wh is None else 1.0 for wh in gap])
    life.take(Update(bases={BUY: base(400_000 + 5 * ON, NEXT_DAY)}))
    # 84 rows of the import are known of the day before its lifetime.
    assert life.lifetime()[C] == consumed


def test_consumption_begins_with_all_rows_of_production_that_are_known_too() -> None:
    rows = ON + 2
    life = Life(bases={SELL: 300_000.0})
    production = [None if 20 <= number < 32 else 10.0 for number in range(rows)]
    bought = [None if number in {40, 41} else 5.0 for number in range(rows)]
    life.report(rows, production, grid_import=bought, grid_export=[1.0] * rows)
    life.take(Update(lifetime=base(1_000_960, NEXT_DAY)))
    life.take(Update(bases={BUY: base(400_000)}))
    # 84 rows of production are known of the day before its lifetime, and 84 of consumption.
    assert life.lifetime()[C] == 1_100_960 - 84 * 10 + 84 * 14


def test_a_battery_without_rows_is_taken_to_be_where_its_lifetimes_are() -> None:
    rows = ON + 2
    life = Life(bases={TAKE: 20_000.0, GIVE: 19_000.0}, devices=BATTERY)
    life.report(rows, [10.0] * rows, grid_import=[5.0] * rows, grid_export=[1.0] * rows)
    life.take(Update(bases={BUY: base(400_480, NEXT_DAY), SELL: base(300_096, NEXT_DAY)}))
    assert life.lifetime()[C] == 1_000_000 + 400_000 - 300_000 - 1_000


def test_a_sum_below_zero_leaves_a_consumption_where_it_is() -> None:
    life = Life(bases=GRID_BASES)
    life.report(1, [10], grid_import=[5], grid_export=[0])
    data = replace(life.data, lifetime_base=base(-200_000))
    counter = flows_counted(data, life.now)[C]
    assert (counter.published_wh, counter.waits) == (1_100_015, False)


# Single devices.


def test_a_reading_without_a_lifetime_counts_nothing() -> None:
    life = Life(devices=INVERTERS)
    counted(life, {"A": 5_000_000}, 1)
    before = life.data.device_counters
    life.take(Update(readings={"A": DeviceReading(power_w=7.0, last_report=MIDNIGHT + 2 * QUARTER)}))
    assert life.data.device_counters == before
    life.take(Update(readings={"C": DeviceReading(energy_lifetime_wh=7.0, last_report=MIDNIGHT + 2 * QUARTER)}))
    assert life.data.device_counters == before


def test_rows_of_a_battery_are_counted_when_they_come_alone() -> None:
    life = Life(devices=BATTERY)
    life.now = MIDNIGHT + 4 * QUARTER
    life.take(Update(device_flows={"B": {TAKE: intervals([10])}}, device_bases={"B": {TAKE: base(20_000)}}))
    life.take(Update(device_flows={"B": {TAKE: intervals([10, 20, None, 5])}}))
    counter = life.data.device_counters["B"][TAKE]
    assert (counter.published_wh, counter.as_of) == (20_035, MIDNIGHT + 4 * QUARTER)
    assert counter.complete_until == MIDNIGHT + 2 * QUARTER


def test_a_batterys_lifetime_beyond_what_the_time_allows_is_not_published() -> None:
    life = Life(devices=BATTERY)
    life.now = MIDNIGHT + QUARTER
    life.take(Update(device_flows={"B": {TAKE: intervals([10])}}, device_bases={"B": {TAKE: base(20_000)}}))
    life.take(Update(device_bases={"B": {TAKE: base(40_000_000)}}))
    assert life.data.device_counters["B"][TAKE].waits
    assert life.data.device_counters["B"][TAKE].published_wh == 20_010


def test_a_reading_is_of_the_time_that_it_was_measured_at_where_it_has_no_other() -> None:
    life = Life(devices=INVERTERS)
    life.now = MIDNIGHT + 2 * QUARTER
    life.take(Update(readings={"A": DeviceReading(energy_lifetime_wh=5.0, measured_at=MIDNIGHT + QUARTER)}))
    assert life.data.device_counters["A"][P].as_of == MIDNIGHT + QUARTER
    life.take(Update(readings={"B": DeviceReading(energy_lifetime_wh=5.0)}))
    assert life.data.device_counters["B"][P].as_of == life.now


def test_a_new_inverter_stands_at_zero_once_that_has_stood_for_an_hour() -> None:
    life = Life(devices=INVERTERS)
    for quarters in (1, 3, 6):
        published = counted(life, {"A": 0}, quarters)
    assert published["A"] == 0


@pytest.mark.parametrize(
    "reading",
    [
        DeviceReading(energy_lifetime_wh=5_000_000, last_report=MIDNIGHT),
        DeviceReading(energy_lifetime_wh=5_000_000, measured_at=MIDNIGHT),
    ],
)
def test_a_device_without_a_counter_is_bounded_from_its_stored_reading_on(reading: DeviceReading) -> None:
    # 5.68 kW by half for a quarter of an hour, and another one.
    life = Life(devices=INVERTERS, readings={"A": reading})
    assert counted(life, {"A": 5_004_260}, 1)["A"] == 5_004_260
    life = Life(devices=INVERTERS, readings={"A": reading})
    assert counted(life, {"A": 5_004_261}, 1)["A"] == 5_000_000


def test_counters_that_were_stored_are_what_they_were() -> None:
    life = Life(devices=BATTERY)
    life.now = MIDNIGHT + 2 * QUARTER
    life.take(Update(device_flows={"B": {TAKE: intervals([10, 20]), GIVE: intervals([3])}}))
    life.take(Update(device_bases={"B": {TAKE: base(20_000), GIVE: base(19_000)}}))
    kept = LifetimeCounter(published_wh=20_100.0, as_of=MIDNIGHT)
    stored = replace(life.data, device_counters={"B": {TAKE: kept}})
    found = recalled(stored, life.now, BERLIN).device_counters["B"]
    assert found[TAKE] == kept
    assert found[GIVE].published_wh == 19_003


@pytest.mark.parametrize("flows", [{}, {"B": {}}])
def test_a_lifetime_without_rows_is_that_of_its_midnight(flows: Mapping[str, Mapping[Flow, object]]) -> None:
    life = Life(devices=BATTERY)
    stored = replace(life.data, device_bases={"B": {TAKE: base(20_000)}}, device_flows=flows)  # type: ignore[arg-type]
    counter = recalled(stored, MIDNIGHT + QUARTER, BERLIN).device_counters["B"][TAKE]
    assert (counter.published_wh, counter.as_of) == (20_000, MIDNIGHT)


def test_counters_of_devices_that_are_gone_go() -> None:
    counter = {P: LifetimeCounter(published_wh=5.0)}
    data = Life(devices={"A": INVERTERS["A"]}).data
    assert device_counters({"A": counter, "B": counter}, data, Update(), MIDNIGHT, BERLIN) == {"A": counter}
    same = {"A": counter}
    assert device_counters(same, data, Update(), MIDNIGHT, BERLIN) is same


# Bases.


@pytest.mark.parametrize(
    ("before_wh", "first", "energy", "is_turned_over"),
    [
        # The first quarter hour of the day, which is one of the day before in UTC; the last one; the next day's first.
        (1_000, 0, 0.6, False),
        (1_000, 95, 0.6, False),
        (1_000, 96, 0.6, True),
        (1_000, -1, 0.6, True),
        # Half a watt-hour is none.
        (1_000, 0, 0.5, True),
        (1_000.5, 0, 0.6, False),
        (1_000.6, 0, 0.6, True),
        (999.5, 0, 0.6, False),
        (999.4, 0, 0.6, True),
    ],
)
def test_a_base_that_is_what_it_was_after_a_day_with_energy_is_not_turned_over(
    before_wh: float, first: int, energy: float, is_turned_over: bool
) -> None:
    rows = {row.start: row for row in intervals([energy], first)}
    old, new = LifetimeBase(day=DAY, before_wh=1_000), LifetimeBase(day=NEXT_DAY, before_wh=before_wh)
    assert with_base(old, new, rows, BERLIN) == (new if is_turned_over else old)
    # Of the same day, the newer answer counts.
    same = replace(new, day=DAY)
    assert with_base(old, same, rows, BERLIN) is same
