"""Merging updates into what is known of a system."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.data import SystemData, day_energy_wh, local_day, midnight
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Interval,
    LifetimeBase,
    Power,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
DAY = date(2026, 6, 1)
QUARTER = timedelta(minutes=15)


def system(**changes: object) -> System:
    return replace(
        System(vendor=Vendor.SOLAREDGE, id="1", name="House", timezone="Europe/Berlin", size_w=5000.0), **changes
    )


def quarters(start: datetime, *energies: float) -> tuple[Interval, ...]:
    return tuple(
        Interval(start=start + number * QUARTER, end=start + (number + 1) * QUARTER, energy_wh=energy)
        for number, energy in enumerate(energies)
    )


def inverter(serial: str) -> Device:
    return Device(kind=DeviceKind.INVERTER, serial=serial)


def merged(data: SystemData, *updates: Update, now: datetime = NOON) -> SystemData:
    for update in updates:
        data = merge(data, update, now, UTC_ZONE)
    return data


def test_what_an_update_does_not_speak_of_stays() -> None:
    data = merged(
        SystemData(system=system(status="normal", modules=31)),
        Update(power=Power(power_w=5, measured_at=NOON), today=DayEnergy(day=DAY, energy_wh=10)),
        Update(system=system(status="comm")),
    )
    assert data.system.status == "comm"
    assert data.system.modules == 31
    assert data.power == Power(power_w=5, measured_at=NOON)
    assert data.energy_today_wh(NOON, UTC_ZONE) == 10


def test_an_older_power_does_not_replace_a_newer_one() -> None:
    data = merged(
        SystemData(system=system()),
        Update(power=Power(power_w=5, measured_at=NOON)),
        Update(power=Power(power_w=9, measured_at=NOON - QUARTER)),
    )
    assert data.power == Power(power_w=5, measured_at=NOON)


@pytest.mark.parametrize(
    ("day", "quarter_hours"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (date(2026, 6, 1), 96)]
)
def test_a_day_is_the_systems_own_also_when_clocks_change(day: date, quarter_hours: int) -> None:
    start = midnight(day, BERLIN)
    intervals = quarters(start - QUARTER, 1000, *([1] * quarter_hours), 1000)
    assert day_energy_wh(intervals, day, BERLIN) == quarter_hours
    assert local_day(start, BERLIN) == day
    assert local_day(start - timedelta(microseconds=1), BERLIN) == day - timedelta(days=1)


def test_a_day_without_an_interval_is_not_zero() -> None:
    assert day_energy_wh((), DAY, BERLIN) is None


def test_today_is_summed_from_intervals_and_a_corrected_one_replaces_the_earlier() -> None:
    start = midnight(DAY, BERLIN) + timedelta(hours=8)
    data = merged(
        SystemData(system=system()),
        Update(intervals=quarters(start, 100, 150)),
        Update(intervals=quarters(start + QUARTER, 170, 200)),
    )
    assert data.energy_today_wh(NOON, UTC_ZONE) == 100 + 170 + 200


def test_today_is_unknown_from_the_systems_midnight_until_the_first_reading() -> None:
    data = merged(SystemData(system=system()), Update(today=DayEnergy(day=DAY, energy_wh=9000)))
    last = midnight(DAY + timedelta(days=1), BERLIN) - timedelta(seconds=1)
    assert data.energy_today_wh(last, UTC_ZONE) == 9000
    assert data.energy_today_wh(last + timedelta(seconds=1), UTC_ZONE) is None


def test_today_never_falls_within_a_day_and_starts_anew_on_the_next() -> None:
    data = merged(
        SystemData(system=system()),
        Update(today=DayEnergy(day=DAY, energy_wh=9000)),
        Update(today=DayEnergy(day=DAY, energy_wh=0)),
    )
    assert data.energy_today_wh(NOON, UTC_ZONE) == 9000
    tomorrow = NOON + timedelta(days=1)
    data = merged(data, Update(today=DayEnergy(day=DAY + timedelta(days=1), energy_wh=4)), now=tomorrow)
    assert data.energy_today_wh(tomorrow, UTC_ZONE) == 4


def test_yesterdays_energy_in_todays_field_just_after_midnight_is_not_believed() -> None:
    soon = midnight(DAY + timedelta(days=1), BERLIN) + timedelta(minutes=3)
    data = merged(
        SystemData(system=system()),
        Update(today=DayEnergy(day=DAY, energy_wh=25_000), lifetime=LifetimeBase(day=DAY, before_wh=1_000_000)),
        now=soon - timedelta(hours=3),
    )
    assert data.lifetime.published_wh == 1_025_000
    stale = Update(
        today=DayEnergy(day=DAY + timedelta(days=1), energy_wh=25_000),
        lifetime=LifetimeBase(day=DAY + timedelta(days=1), before_wh=1_025_000),
    )
    data = merged(data, stale, now=soon)
    assert data.energy_today_wh(soon, UTC_ZONE) is None
    assert data.lifetime.published_wh == 1_025_000


def test_the_midnight_hand_over_adds_nothing_and_loses_nothing() -> None:
    before = midnight(DAY + timedelta(days=1), BERLIN) - timedelta(minutes=2)
    data = merged(
        SystemData(system=system()),
        Update(today=DayEnergy(day=DAY, energy_wh=25_000), lifetime=LifetimeBase(day=DAY, before_wh=1_000_000)),
        now=before,
    )
    after = before + timedelta(minutes=10)
    next_day = DAY + timedelta(days=1)
    late = Update(today=DayEnergy(day=next_day, energy_wh=0), lifetime=LifetimeBase(day=next_day, before_wh=1_000_000))
    data = merged(data, late, now=after)
    assert data.lifetime.published_wh == 1_025_000
    right = Update(today=DayEnergy(day=next_day, energy_wh=0), lifetime=LifetimeBase(day=next_day, before_wh=1_025_000))
    data = merged(data, right, now=after)
    assert data.lifetime.published_wh == 1_025_000


def test_lifetime_is_the_base_plus_all_intervals_since_also_over_midnight() -> None:
    start = midnight(DAY, BERLIN)
    data = merged(
        SystemData(system=system()),
        Update(lifetime=LifetimeBase(day=DAY, before_wh=1_000_000)),
        Update(intervals=quarters(start + timedelta(hours=10), 500, 600)),
        now=start + timedelta(hours=11),
    )
    assert data.lifetime.published_wh == 1_001_100
    next_morning = start + timedelta(hours=34)
    data = merged(
        data,
        Update(intervals=quarters(next_morning - QUARTER, 400)),
        now=next_morning,
    )
    assert data.lifetime.published_wh == 1_001_500
    data = merged(
        data, Update(lifetime=LifetimeBase(day=DAY + timedelta(days=1), before_wh=1_001_100)), now=next_morning
    )
    assert data.lifetime.published_wh == 1_001_500


def test_an_older_base_does_not_replace_a_newer_one() -> None:
    data = merged(
        SystemData(system=system()),
        Update(lifetime=LifetimeBase(day=DAY, before_wh=1_000_000)),
        Update(lifetime=LifetimeBase(day=DAY - timedelta(days=1), before_wh=900_000)),
    )
    assert data.lifetime_base == LifetimeBase(day=DAY, before_wh=1_000_000)


def test_intervals_of_long_ago_are_dropped() -> None:
    data = merged(SystemData(system=system()), Update(intervals=quarters(NOON - timedelta(days=4), 1, 2)))
    assert not data.intervals


def test_a_new_inverter_comes_and_a_retired_one_goes_with_a_whole_inventory() -> None:
    kind = frozenset({DeviceKind.INVERTER})
    data = merged(
        SystemData(system=system()),
        Update(devices=(inverter("a"), inverter("b")), complete=kind),
        Update(readings={"b": DeviceReading(power_w=3), "x": DeviceReading(power_w=4)}),
        Update(device_intervals={"b": quarters(NOON, 1)}),
    )
    assert set(data.devices) == {"a", "b"}
    assert set(data.readings) == {"b"}
    data = merged(data, Update(devices=(inverter("a"), inverter("c")), complete=kind))
    assert set(data.devices) == {"a", "c"}
    assert not data.readings
    assert not data.device_intervals


def test_a_list_that_is_not_whole_retires_nobody() -> None:
    data = merged(
        SystemData(system=system()),
        Update(devices=(inverter("a"), inverter("b")), complete=frozenset({DeviceKind.INVERTER})),
        Update(devices=(inverter("a"),)),
    )
    assert set(data.devices) == {"a", "b"}


def test_an_inventory_without_a_whole_kind_is_a_hiccup_until_it_comes_twice_in_a_row() -> None:
    kind = frozenset({DeviceKind.INVERTER})
    both = Update(devices=(inverter("a"), inverter("b")), complete=kind)
    none = Update(complete=kind)
    data = merged(SystemData(system=system()), both, none)
    assert set(data.devices) == {"a", "b"}
    assert set(merged(data, none).devices) == set()
    assert set(merged(data, both, none).devices) == {"a", "b"}


def test_a_device_keeps_what_a_poorer_list_does_not_tell() -> None:
    rich = Device(kind=DeviceKind.INVERTER, serial="a", model="M215", parent="gateway", part_number="800")
    data = merged(SystemData(system=system()), Update(devices=(rich,)), Update(devices=(inverter("a"),)))
    assert data.devices["a"] == rich


def test_an_inverters_lifetime_never_falls_and_its_today_follows_its_intervals() -> None:
    start = midnight(DAY, BERLIN) + timedelta(hours=10)
    data = merged(
        SystemData(system=system()),
        Update(devices=(inverter("a"),)),
        Update(readings={"a": DeviceReading(energy_lifetime_wh=500, power_w=1)}),
        Update(readings={"a": DeviceReading(energy_lifetime_wh=0, power_w=2)}),
        Update(device_intervals={"a": quarters(start, 7, 8)}),
    )
    assert data.readings["a"].energy_lifetime_wh == 500
    assert data.readings["a"].power_w == 2
    assert data.readings["a"].energy_today == DayEnergy(day=DAY, energy_wh=15)
    data = merged(data, Update(device_intervals={"a": quarters(start, 1, 1)}))
    assert data.readings["a"].energy_today == DayEnergy(day=DAY, energy_wh=15)


def test_a_system_without_a_known_zone_uses_the_one_of_last_resort() -> None:
    assert system(timezone="Mars/Olympus").zone(BERLIN) is BERLIN
    assert system(timezone=None).zone(BERLIN) is BERLIN
    assert system(timezone="US/Pacific").zone(BERLIN).key == "US/Pacific"
    assert system(timezone="../etc/passwd").zone(BERLIN) is BERLIN


def test_merging_nothing_changes_nothing() -> None:
    data = merged(SystemData(system=system()), Update(intervals=quarters(NOON - QUARTER, 5)))
    assert merged(data, Update()) == data
    assert isinstance(data.intervals, MappingProxyType)
