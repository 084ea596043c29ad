"""What one update does to a whole system: its zone, its nameplate, its sun and its devices reach whoever needs them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model import merging
from custom_components.solar_cloud.model.data import SYSTEM, SystemData
from custom_components.solar_cloud.model.elements import DayEnergy, DeviceKind, DeviceReading, Flow, Power, Update
from custom_components.solar_cloud.model.merging import merge, recalled
from custom_components.solar_cloud.model.performance import PerformanceState

from .test_merging import (
    BUY,
    DAY,
    HOUR,
    HOUSE,
    METER,
    NOON,
    SELL,
    ZONE,
    base,
    device,
    named,
    rows,
    series,
    take,
    with_devices,
)

AUCKLAND = ZoneInfo("Pacific/Auckland")
"""Where 11 June begins at noon of the 10th in UTC."""
NEXT = DAY + timedelta(days=1)
NOWHERE = replace(HOUSE, timezone=None)


def always(_start: datetime, _end: datetime) -> bool:
    return True


def in_auckland(data: SystemData, update: Update, now: datetime = NOON + 3 * HOUR) -> SystemData:
    return merge(replace(data, system=NOWHERE), update, now, AUCKLAND)


def test_a_system_without_a_zone_has_the_days_of_the_one_that_stands_in() -> None:
    data = in_auckland(with_devices(device("a")), Update(device_intervals={"a": rows(-2, 3)}))
    assert data.readings["a"].energy_today == DayEnergy(day=NEXT, energy_wh=30)
    data = in_auckland(SystemData(system=HOUSE), Update(intervals=rows(-2, 3)))
    assert data.today == DayEnergy(day=NEXT, energy_wh=30, as_of=NOON + 3 * HOUR)
    assert recalled(data, NOON + 3 * HOUR, AUCKLAND).published.day_start == NOON


def test_lifetimes_are_carried_on_by_the_days_of_the_systems_zone() -> None:
    # 9 June there is from noon of the 8th in UTC on. The 11th has begun, and of the day before it all is kept.
    carried = base(0, 340)
    update = Update(
        lifetime=base(-1, 100),
        intervals=rows(-48, 3),
        bases={BUY: base(-1, 100)},
        flows={BUY: rows(-48, 3)},
        device_bases={"m": {BUY: base(-1, 100)}},
        device_flows={"m": {BUY: rows(-48, 3)}},
    )
    data = in_auckland(with_devices(device("m", METER)), update)
    assert (data.lifetime_base, data.bases, data.device_bases) == (carried, {BUY: carried}, {"m": {BUY: carried}})


def test_the_day_of_a_device_with_a_lifetime_only_begins_at_the_systems_midnight() -> None:
    update = Update(readings={"a": DeviceReading(energy_lifetime_wh=500.0, last_report=NOON + HOUR)})
    start = replace(SystemData(system=NOWHERE), devices=named(device("a")))
    data = merge(start, update, NOON + 2 * HOUR, AUCKLAND, always)
    # The sun is down all the time, so tomorrow begins with it as well.
    assert data.readings["a"].energy_today == DayEnergy(day=NEXT, energy_wh=0)
    assert data.readings["a"].day_start == DayEnergy(day=NEXT + timedelta(days=1), energy_wh=500)


def test_a_device_with_rows_has_its_day_from_them_and_not_from_its_lifetime() -> None:
    said = {"a": DeviceReading(energy_lifetime_wh=500.0, last_report=NOON)}
    data = with_devices(device("a"))
    assert merge(data, Update(readings=said), NOON, ZONE, always).readings["a"].day_start
    rowed = replace(data, device_intervals={"a": series(-2, 0)})
    assert merge(rowed, Update(readings=said), NOON, ZONE, always).readings["a"].day_start is None
    # Its rows are too old to be kept, and yet it reports some.
    update = Update(readings=said, device_intervals={"a": rows(-80, -79)})
    assert merge(data, update, NOON, ZONE, always).readings["a"].day_start is None
    again = merge(rowed, replace(update, device_intervals={"a": rows(-1, 0)}), NOON, ZONE, always)
    assert again.readings["a"].day_start is None


def test_late_rows_are_those_of_the_systems_days() -> None:
    # 9 June there is from noon of the 8th in UTC to that of the 9th. Its last row comes late.
    known = series(-72, -25)
    data = replace(SystemData(system=HOUSE), intervals=known, lifetime_base=base(0, 330, missing=-1))
    data = replace(data, flows={BUY: known}, bases={BUY: base(0, 330, missing=-1)})
    data = in_auckland(data, Update(intervals=rows(-25, 3), flows={BUY: rows(-25, 3)}))
    assert data.lifetime_base == data.bases[BUY] == base(0, 340, missing=-1)


def test_a_lifetime_that_was_not_turned_over_is_so_by_the_rows_of_the_systems_day() -> None:
    # All that was produced on 9 June there lies before midnight in UTC.
    data = replace(SystemData(system=HOUSE), intervals=series(-47, -40), lifetime_base=base(-1, 100))
    assert in_auckland(data, Update(lifetime=base(0, 100))).lifetime_base == base(-1, 100)


def test_what_a_gateway_reported_before_makes_a_word_of_its_inverters_final() -> None:
    def night(start: datetime, end: datetime) -> bool:
        return start >= NOON + 6 * HOUR and end <= NOON + 14 * HOUR

    gateway = device("e", DeviceKind.GATEWAY)
    second = device("f", DeviceKind.GATEWAY)
    data = with_devices(gateway, second, replace(device("a"), parent="e"))
    data = replace(data, readings={"e": DeviceReading(last_report=NOON + 8 * HOUR)})
    update = Update(readings={"a": DeviceReading(energy_lifetime_wh=500.0, last_report=NOON + 5 * HOUR)})
    found = merge(data, update, NOON + 9 * HOUR, ZONE, night)
    assert found.readings["a"].day_start == DayEnergy(day=NEXT, energy_wh=500)


def test_a_little_that_is_reported_in_the_dark_is_so_beside_the_nameplate() -> None:
    update = Update(power=Power(power_w=150.0, measured_at=NOON))
    for size_w, shown in ((7_500.0, 0), (7_000.0, 150)):
        data = merge(SystemData(system=replace(HOUSE, size_w=size_w)), update, NOON, ZONE, always)
        assert data.power == Power(power_w=shown, measured_at=NOON)


def test_a_reading_is_checked_as_one_of_the_kind_that_its_device_is_known_to_be() -> None:
    data = with_devices(device("a"), device("m", METER))
    below = DeviceReading(power_w=-3.0, measured_at=NOON)
    data = take(data, Update(readings={"a": below, "m": below}))
    assert (data.readings["a"].power_w, data.readings["m"].power_w) == (0, -3)


def test_the_rows_of_a_device_that_had_none_carry_on_a_lifetime_that_it_had() -> None:
    data = replace(with_devices(device("m", METER)), device_bases={"m": {BUY: base(-1, 100, missing=-2)}})
    data = take(data, Update(device_flows={"m": {BUY: rows(-60, 0)}}))
    assert data.device_bases == {"m": {BUY: base(-1, 340, missing=-2)}}


def test_a_source_is_one_of_the_kind_of_its_device_and_one_of_the_future_begins_anew() -> None:
    data = with_devices(device("a"))
    for hours in (1, 3):
        update = Update(readings={"a": DeviceReading(power_w=3.0, last_report=NOON + hours * HOUR)})
        data = merge(data, update, NOON + hours * HOUR, ZONE, source="panels")
    known = data.sources[DeviceKind.INVERTER]
    assert (known.job, known.end, known.step) == ("panels", NOON + 3 * HOUR, 2 * HOUR.total_seconds())
    # The clock is set back: what was read at three is of the future at two.
    update = Update(readings={"a": DeviceReading(power_w=3.0, last_report=NOON + 2 * HOUR)})
    found = merge(data, update, NOON + 2 * HOUR, ZONE, source="panels").sources[DeviceKind.INVERTER]
    assert (found.end, found.step) == (NOON + 2 * HOUR, 0)


def test_inverters_are_compared_by_what_is_known_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    state = PerformanceState()
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def compared(*args: Any, **known: Any) -> PerformanceState:
        asked.append((args, known))
        return state

    monkeypatch.setattr(merging, "compared", compared)
    data = replace(with_devices(device("a")), device_intervals={"a": series(-3, -1)}, system=NOWHERE)
    update = Update(device_intervals={"a": rows(-1, 2)}, intervals=rows(-1, 2), devices=(device("b"),))
    found = in_auckland(data, update)
    assert found.performance is state
    (((before, taken), known),) = asked
    assert before is data.performance
    assert taken.device_intervals == update.device_intervals
    assert known == {
        "devices": named(device("a"), device("b")),
        "before": {"a": series(-3, -1)},
        "device_intervals": {"a": series(-3, 2)},
        "today": DayEnergy(day=NEXT, energy_wh=20, as_of=NOON + 2 * HOUR),
        "size_w": 5_000,
        "now": NOON + 3 * HOUR,
        "zone": AUCKLAND,
    }


def test_what_is_stored_is_worked_out_anew_with_the_sun() -> None:
    data = SystemData(system=HOUSE, flows={BUY: series(-2, 0), SELL: series(-2, 0, 3.0)})
    for dark, used in ((always, 7), (lambda _start, _end: False, None)):
        consumption = recalled(data, NOON, ZONE, dark).published.power[Flow.CONSUMPTION]
        assert consumption.amount == used


def test_what_was_ever_reported_of_a_device_stays_though_nothing_is_kept_of_it() -> None:
    data = replace(with_devices(device("m", METER)), reported={"m": frozenset({BUY}), SYSTEM: frozenset({BUY})})
    found = take(data, Update(device_flows={"m": {SELL: rows(-1, 0)}}))
    assert found.reported == {"m": {BUY, SELL}, SYSTEM: {BUY}}
    assert take(found, Update(device_flows={"m": {SELL: rows(-1, 0)}})).reported is found.reported
