"""How one answer is laid over what was known: which of two is newer, what stays, and what goes with its device."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.data import SYSTEM, SystemData
from custom_components.solar_cloud.model.elements import (
    Breakdown,
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import (
    merge,
    merge_bases,
    merge_breakdown,
    merge_device_flows,
    merge_device_intervals,
    merge_devices,
    merge_flows,
    newer,
    overlay,
)
from custom_components.solar_cloud.model.series import Series

BUY, SELL, TAKE = Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE
ZONE = ZoneInfo("UTC")
DAY = date(2026, 6, 10)
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
KEEP = timedelta(hours=10)
HOUSE = System(vendor=Vendor.ENPHASE, id="1", name="House", timezone="UTC", size_w=5_000.0)
INVERTER, BATTERY, METER = DeviceKind.INVERTER, DeviceKind.BATTERY, DeviceKind.METER


def device(serial: str, kind: DeviceKind = INVERTER) -> Device:
    return Device(kind=kind, serial=serial)


def named(*devices: Device) -> dict[str, Device]:
    return {one.serial: one for one in devices}


def row(hour: float, energy: float = 10.0) -> Interval:
    """Return a row of an hour that begins so many hours after noon."""
    return Interval(start=NOON + hour * HOUR, end=NOON + (hour + 1) * HOUR, energy_wh=energy)


def rows(first: int, last: int, energy: float = 10.0) -> tuple[Interval, ...]:
    return tuple(row(hour, energy) for hour in range(first, last))


def series(first: int, last: int, energy: float = 10.0) -> Series:
    return {one.start: one for one in rows(first, last, energy)}


# One over another.


def test_what_the_newer_one_knows_is_laid_over_the_older_one() -> None:
    old = DeviceReading(status="normal", power_w=3.0, voltage_v=230.0)
    assert overlay(old, DeviceReading(power_w=0.0, current_a=1.0)) == replace(old, power_w=0.0, current_a=1.0)
    assert overlay(old, None) is old


def test_the_powers_of_the_later_instant_count_and_of_the_same_one_the_newer_answer() -> None:
    old, now = Momentary(measured_at=NOON, powers={BUY: 1.0}), NOON + HOUR
    later, same, earlier = (
        Momentary(measured_at=NOON + shift, powers={BUY: 2.0}) for shift in (SECOND, 0 * SECOND, -SECOND)
    )
    assert [newer(old, new, now) for new in (later, same, earlier, None)] == [later, same, old, old]
    assert newer(None, earlier, now) is earlier
    assert newer(None, None, now) is None
    # Kept from the future, they are nobody's; those of now are.
    assert newer(old, earlier, NOON - SECOND) is earlier
    assert newer(old, None, NOON - SECOND) is None
    assert newer(old, earlier, NOON) is old


# The inventory.


def test_what_is_no_inventory_changes_none() -> None:
    old, doubted = named(device("a")), frozenset({BATTERY})
    assert merge_devices(old, doubted, Update(readings={"a": DeviceReading()})) == (old, doubted)
    assert merge_devices(old, doubted, Update(readings={"a": DeviceReading()}))[0] is old


def test_a_list_brings_what_is_new_of_a_device_and_the_rest_stays() -> None:
    old, fresh = replace(device("a"), model="M215", parent="e"), replace(device("a"), model="IQ7", part_number="800")
    found, _ = merge_devices(named(old), frozenset(), Update(devices=(fresh,)))
    assert found == named(replace(old, model="IQ7", part_number="800"))


def test_each_kind_is_doubted_by_itself() -> None:
    old = named(device("a"), device("b"), device("c", BATTERY), device("m", METER))
    both = frozenset({INVERTER, BATTERY})
    # All inverters are missing, and the battery is there.
    found, doubted = merge_devices(old, frozenset(), Update(devices=(device("c", BATTERY),), complete=both))
    assert (dict(found), doubted) == (old, {INVERTER})
    # The second time in a row they are gone; now the battery is missing.
    found, doubted = merge_devices(found, doubted, Update(complete=both))
    assert (dict(found), doubted) == (named(device("c", BATTERY), device("m", METER)), {BATTERY})
    found, doubted = merge_devices(found, doubted, Update(devices=(device("c", BATTERY),), complete=both))
    assert (set(found), doubted) == ({"c", "m"}, set())


def test_one_that_is_left_of_a_kind_vouches_for_the_list() -> None:
    old = named(device("a"), device("b"), device("c"))
    found, doubted = merge_devices(old, frozenset(), Update(devices=(device("b"),), complete=frozenset({INVERTER})))
    assert (set(found), doubted) == ({"b"}, set())


# Series of devices and flows.


def test_the_series_of_devices_that_are_there_are_merged() -> None:
    old = {"a": series(-3, -1), "b": series(-3, -1), "gone": series(-3, -1), "long ago": series(-30, -20)}
    devices = named(*map(device, ("a", "b", "c", "d", "long ago")))
    found = merge_device_intervals(
        old, {"b": rows(-2, 0, 7.0), "c": rows(-1, 0), "x": rows(-1, 0)}, devices, NOON, KEEP
    )
    assert found == {"a": old["a"], "b": series(-3, -2) | series(-2, 0, 7.0), "c": series(-1, 0)}
    assert merge_device_intervals(old, {}, named(*map(device, old)), NOON, KEEP) is old
    assert set(merge_device_intervals(old, {}, devices, NOON, KEEP)) == {"a", "b"}


def test_the_series_of_flows_are_merged_and_old_ones_go() -> None:
    old = {BUY: series(-3, -1), SELL: series(-30, -20), TAKE: series(-3, -1)}
    found = merge_flows(old, {BUY: rows(-1, 0), Flow.CONSUMPTION: rows(-1, 0)}, NOON, KEEP)
    assert found == {BUY: series(-3, 0), TAKE: series(-3, -1), Flow.CONSUMPTION: series(-1, 0)}
    assert merge_flows(old, {}, NOON, KEEP) is old


def test_the_flows_of_devices_that_are_there_are_merged() -> None:
    old = {"a": {BUY: series(-3, -1)}, "b": {SELL: series(-3, -1)}, "gone": {BUY: series(-3, -1)}}
    devices = named(*map(device, ("a", "b", "c", "d")))
    new = {"b": {SELL: rows(-1, 0), BUY: rows(-1, 0)}, "c": {BUY: rows(-1, 0)}, "d": {BUY: rows(-30, -20)}}
    found = merge_device_flows(old, {**new, "x": {BUY: rows(-1, 0)}}, devices, NOON, KEEP)
    assert found == {"a": old["a"], "b": {SELL: series(-3, 0), BUY: series(-1, 0)}, "c": {BUY: series(-1, 0)}}
    assert merge_device_flows(old, {}, named(*map(device, old)), NOON, KEEP) is old
    assert set(merge_device_flows(old, {}, devices, NOON, KEEP)) == {"a", "b"}


def test_series_are_kept_for_as_long_as_is_said() -> None:
    last, now = NOON - HOUR, NOON - HOUR + KEEP
    old, devices = series(-2, -1), named(device("a"))
    for at, left in ((now - SECOND, old), (now, {})):
        assert merge_flows({BUY: old}, {SELL: ()}, at, KEEP).get(BUY, {}) == left
        assert merge_device_intervals({"a": old}, {"a": ()}, devices, at, KEEP).get("a", {}) == left
        assert merge_device_flows({"a": {BUY: old}}, {"a": {SELL: ()}}, devices, at, KEEP).get("a", {}) == (
            {BUY: left} if left else {}
        )
    assert max(one.end for one in old.values()) == last


# Lifetimes.


def base(days: int, wh: float, missing: int | None = None) -> LifetimeBase:
    since = None if missing is None else DAY + timedelta(days=missing)
    return LifetimeBase(day=DAY + timedelta(days=days), before_wh=wh, missing_since=since)


def test_of_two_bases_the_one_of_the_later_day_counts_and_of_the_same_day_the_newer_answer() -> None:
    old = {BUY: base(-1, 100), SELL: base(-1, 200), TAKE: base(-1, 300)}
    new = {BUY: base(-2, 1), SELL: base(-1, 2), TAKE: base(0, 3), Flow.CONSUMPTION: base(-5, 4)}
    assert merge_bases(old, new, {}, {}, NOON, ZONE) == {
        BUY: base(-1, 100),
        SELL: base(-1, 2),
        TAKE: base(0, 3),
        Flow.CONSUMPTION: base(-5, 4),
    }


def test_bases_are_carried_on_by_the_series_of_their_own_flow() -> None:
    flows = {BUY: series(-60, 0), SELL: series(-60, 0, 3.0)}
    found = merge_bases({BUY: base(-2, 100)}, {SELL: base(-2, 200)}, {}, flows, NOON, ZONE)
    assert found == {BUY: base(-1, 340), SELL: base(-1, 272)}
    late = {BUY: {start: one for start, one in flows[BUY].items() if start != NOON - 40 * HOUR}}
    lacks = {BUY: base(-1, 330, missing=-2)}
    assert merge_bases(lacks, {}, late, flows, NOON, ZONE) == {BUY: base(-1, 340, missing=-2)}
    assert merge_bases(lacks, {}, flows, flows, NOON, ZONE) == lacks
    # Before there was no series, or there is none any more.
    assert merge_bases(lacks, {}, {}, flows, NOON, ZONE) == {BUY: base(-1, 570, missing=-2)}
    assert merge_bases(lacks, {}, flows, {}, NOON, ZONE) == lacks


# What a cloud divides itself.


def test_a_newer_breakdown_is_laid_over_one_of_the_same_day() -> None:
    old = Breakdown(day=DAY, to_grid_wh=50.0, from_grid_wh=20.0, performance_ratio=0.8)
    grown = Breakdown(day=DAY, to_grid_wh=51.0, from_grid_wh=20.0, specific_yield=2.0)
    assert merge_breakdown(old, grown) == replace(old, to_grid_wh=51.0, specific_yield=2.0)
    # One that lacks a part is not of the same moment as the others.
    assert merge_breakdown(old, replace(grown, from_grid_wh=None)) is old
    same = Breakdown(day=DAY, to_grid_wh=50.0, from_grid_wh=20.0)
    assert merge_breakdown(old, same) == old
    assert (merge_breakdown(old, None), merge_breakdown(None, grown), merge_breakdown(None, None)) == (old, grown, None)


def test_a_breakdown_of_the_later_day_counts() -> None:
    old, later = Breakdown(day=DAY, to_grid_wh=50.0), Breakdown(day=DAY + timedelta(days=1), to_grid_wh=1.0)
    assert merge_breakdown(old, later) is later
    assert merge_breakdown(later, old) is later


PARTS = ("self_consumed_wh", "to_battery_wh", "to_grid_wh", "from_production_wh", "from_battery_wh", "from_grid_wh")


@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_a_day_falls(part: str) -> None:
    old = Breakdown(day=DAY, specific_yield=1.0, **dict.fromkeys(PARTS, 0.5))
    for less in (0.4, 0.0, None):
        assert merge_breakdown(old, replace(old, specific_yield=2.0, **{part: less})) is old
    assert merge_breakdown(old, replace(old, specific_yield=2.0, **{part: 0.6})) != old
    nothing = replace(old, **{part: None})
    assert merge_breakdown(nothing, replace(nothing, specific_yield=2.0, **{part: 0.0})) != nothing


# Readings of devices.


def take(data: SystemData, *updates: Update, now: datetime = NOON) -> SystemData:
    for update in updates:
        data = merge(data, update, now, ZONE)
    return data


def with_devices(*devices: Device) -> SystemData:
    return SystemData(system=HOUSE, devices=named(*devices))


def test_an_older_reading_fills_in_what_the_newer_one_did_not_know() -> None:
    newest = DeviceReading(status="normal", last_report=NOON, power_w=3.0)
    older = DeviceReading(status="comm", last_report=NOON - SECOND, power_w=9.0, voltage_v=230.0)
    data = take(with_devices(device("a")), Update(readings={"a": newest}), Update(readings={"a": older}))
    assert data.readings == {"a": replace(newest, voltage_v=230.0)}
    same = replace(older, last_report=NOON)
    assert take(data, Update(readings={"a": same})).readings == {"a": same}


def test_what_was_read_from_more_than_an_hour_ahead_is_nobodys() -> None:
    for ahead, power_w in ((HOUR, 3.0), (HOUR + SECOND, 9.0)):
        old = DeviceReading(last_report=NOON + ahead, power_w=3.0)
        data = replace(with_devices(device("a")), readings={"a": old})
        data = take(data, Update(readings={"a": DeviceReading(last_report=NOON, power_w=9.0)}))
        assert data.readings["a"].power_w == power_w


def test_a_charge_has_the_time_of_the_later_one_of_two() -> None:
    battery = with_devices(device("b", BATTERY))
    first = DeviceReading(level_percent=50.0, stored_wh=5_000.0, level_at=NOON - 2 * HOUR)
    data = take(battery, Update(readings={"b": first}))
    data = take(data, Update(readings={"b": DeviceReading(level_percent=60.0, level_at=NOON - HOUR)}))
    found = data.readings["b"]
    assert (found.level_percent, found.stored_wh, found.level_at) == (60, 5_000, NOON - HOUR)
    old = DeviceReading(level_percent=10.0, stored_wh=1_000.0, level_at=NOON - 3 * HOUR)
    assert take(data, Update(readings={"b": old})).readings["b"] == found
    data = take(battery, Update(readings={"b": DeviceReading(level_percent=60.0, level_at=NOON)}))
    found = take(data, Update(readings={"b": first})).readings["b"]
    assert (found.level_percent, found.stored_wh, found.level_at) == (60, 5_000, NOON)


def test_the_day_of_a_device_is_the_sum_of_its_rows_of_the_day() -> None:
    data = with_devices(device("a"), device("b"), device("c"))
    yesterday = DayEnergy(day=DAY - timedelta(days=1), energy_wh=900.0)
    data = replace(data, readings={"a": DeviceReading(status="normal", energy_today=yesterday)})
    update = Update(device_intervals={"x": rows(-2, 0), "c": rows(-15, -13), "a": rows(-13, 0), "b": rows(-1, 0)})
    data = take(data, update)
    assert data.readings == {
        "a": DeviceReading(status="normal", energy_today=DayEnergy(day=DAY, energy_wh=120.0)),
        "b": DeviceReading(energy_today=DayEnergy(day=DAY, energy_wh=10.0)),
    }
    # It does not fall, and stays where an answer has nothing of today.
    less = take(data, Update(device_intervals={"a": rows(-12, 0, 9.0), "b": rows(-15, -14)}))
    assert less.readings == data.readings


def test_the_readings_of_devices_that_are_gone_go() -> None:
    data = take(with_devices(device("a"), device("b")), Update(readings={"a": DeviceReading(power_w=1.0)}))
    update = Update(
        devices=(device("b"),),
        complete=frozenset({INVERTER}),
        readings={"x": DeviceReading(power_w=2.0), "b": DeviceReading(power_w=3.0)},
    )
    assert take(data, update).readings == {"b": DeviceReading(power_w=3.0)}


# All of it.


def test_what_an_answer_says_beside_its_rows_is_kept() -> None:
    data = take(SystemData(system=HOUSE), Update(alerts={}, notes={"a": "1"}, breakdown=Breakdown(day=DAY)))
    assert (data.alerts, data.notes, data.breakdown) == ({}, {"a": "1"}, Breakdown(day=DAY))
    later = take(data, Update(notes={"b": "2"}))
    assert (later.alerts, later.notes, later.breakdown) == ({}, {"a": "1", "b": "2"}, Breakdown(day=DAY))
    assert take(data, Update(intervals=rows(-2, 0))).notes is data.notes


def test_rows_that_cannot_be_are_remembered_by_flow() -> None:
    data = take(SystemData(system=HOUSE), Update(intervals=rows(-1, 0, 99_999.0)))
    data = take(data, Update(flows={BUY: rows(-1, 0, 9e9)}))
    assert {name: one.energy_wh for name, one in data.rejected.items()} == {Flow.PRODUCTION: 99_999.0, BUY: 9e9}
    assert take(data, Update(intervals=rows(-1, 0))).rejected is data.rejected


def test_the_job_is_the_source_of_what_it_brought() -> None:
    update = Update(intervals=rows(-1, 0))
    assert merge(SystemData(system=HOUSE), update, NOON, ZONE, source="energy").sources[Flow.PRODUCTION].job == "energy"
    assert not take(SystemData(system=HOUSE), update).sources


def test_what_has_stood_for_a_day_is_learned_from_rows_of_either_form() -> None:
    nameless = SystemData(system=replace(HOUSE, size_w=None))
    for update in (Update(intervals=rows(-30, -20, 700.0)), Update(detail={Flow.PRODUCTION: rows(-30, -20, 700.0)})):
        assert take(nameless, update).peak.stood_w == 700
    later = take(nameless, Update(intervals=rows(-30, -20, 700.0)), Update(intervals=rows(-2, 0, 900.0)))
    assert later.peak.stood_w == 700


def test_rows_are_kept_for_three_days_and_those_of_inverters_for_one_and_a_half() -> None:
    data = SystemData(system=HOUSE, devices=named(device("a"), device("m", METER)))
    update = Update(
        intervals=rows(-80, 0),
        flows={BUY: rows(-80, 0)},
        detail={SELL: rows(-80, 0)},
        device_intervals={"a": rows(-80, 0)},
        device_flows={"m": {BUY: rows(-80, 0)}},
    )
    data = take(data, update)
    whole = series(-72, 0)
    assert (data.intervals, data.flows[BUY], data.detail[SELL]) == (whole, whole, whole)
    assert (data.device_intervals["a"], data.device_flows["m"][BUY]) == (series(-36, 0), whole)
    assert take(data, Update(power=None)).detail is data.detail


def test_the_lifetimes_of_devices_are_merged_and_carried_on_like_the_systems() -> None:
    data = SystemData(system=HOUSE, devices=named(device("m", METER), device("n", METER)))
    first = Update(
        device_flows={"m": {BUY: rows(-60, 0)}, "n": {BUY: rows(-60, 0, 3.0)}},
        device_bases={"m": {BUY: base(-2, 100)}, "n": {BUY: base(-2, 200)}},
    )
    data = take(data, first)
    assert data.device_bases == {"m": {BUY: base(-1, 340)}, "n": {BUY: base(-1, 272)}}
    data = take(data, Update(device_bases={"m": {BUY: base(-1, 345)}}))
    assert data.device_bases == {"m": {BUY: base(-1, 345)}, "n": {BUY: base(-1, 272)}}
    lacks = replace(data, device_bases={"m": {BUY: base(-1, 340, missing=-2)}})
    late = take(lacks, Update(device_flows={"m": {BUY: rows(-40, -39, 15.0)}}))
    assert late.device_bases["m"] == {BUY: base(-1, 345, missing=-2)}


def test_a_flow_that_was_reported_once_stays_reported_as_long_as_its_device() -> None:
    data = SystemData(system=HOUSE, devices=named(device("m", METER), device("n", METER)))
    data = take(data, Update(device_flows={"m": {BUY: rows(-1, 0)}}))
    assert data.reported == {"m": {BUY}}
    data = take(data, Update(device_flows={"m": {SELL: rows(-1, 0)}, "n": {BUY: rows(-1, 0)}}))
    assert data.reported == {"m": {BUY, SELL}, "n": {BUY}}
    assert take(data, Update(device_flows={"m": {SELL: rows(-1, 0)}})).reported is data.reported
    gone = take(data, Update(devices=(device("n", METER),), complete=frozenset({METER})))
    assert gone.reported == {"n": {BUY}}
    powers = Update(momentary=Momentary(measured_at=NOON, powers={Flow.PRODUCTION: 5.0, SELL: 3.0}))
    assert take(gone, powers).reported == {SYSTEM: {SELL, Flow.PRODUCTION}, "n": {BUY}}
    alone = Update(momentary=Momentary(measured_at=NOON, powers={Flow.PRODUCTION: 5.0}))
    assert take(gone, alone).reported is gone.reported
