"""The power and the day of production at their edges: which of two is newer, and how much a time can have yielded."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    Power,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.model.production import day_before_after, day_start_after, power_after, today_after
from custom_components.solar_cloud.model.series import Dark, Series, never_dark

ZONE, TOKYO = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")
DAY = date(2026, 6, 10)
MIDNIGHT = datetime(2026, 6, 10, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NOW = MIDNIGHT + 10 * HOUR
HOUSE = SystemData(system=System(vendor=Vendor.ENPHASE, id="1", name="House", size_w=4_000.0))
"""It yields 6 kW at the most, so 1500 Wh in the quarter of an hour that each time is taken to be longer."""
NAMELESS = replace(HOUSE, system=replace(HOUSE.system, size_w=None))


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def power(power_w: float, hours: float) -> Power:
    return Power(power_w=power_w, measured_at=at(hours))


def series(*rows: tuple[float, float]) -> Series:
    """Return rows of an hour, given by the hour they end at and the energy."""
    return {at(end - 1): Interval(start=at(end - 1), end=at(end), energy_wh=energy) for end, energy in rows}


def energy(wh: float, until: float | None = None, days: int = 0) -> DayEnergy:
    return DayEnergy(day=DAY + timedelta(days=days), energy_wh=wh, as_of=None if until is None else at(until))


def always_dark(_start: datetime, _end: datetime) -> bool:
    return True


# Power.


def test_the_newest_power_counts_whoever_tells_it() -> None:
    before = replace(HOUSE, power=power(1, 8))
    told, momentary = Update(power=power(2, 9)), Momentary(measured_at=at(9), powers={Flow.PRODUCTION: 3.0})
    assert power_after(before, Update(), {}, NOW) == power(1, 8)
    assert power_after(before, told, {}, NOW) == power(2, 9)
    assert power_after(before, Update(power=power(2, 7)), {}, NOW) == power(1, 8)
    # Of the same time the newer word counts, and what was measured in rows more than all.
    assert power_after(before, Update(power=power(2, 8)), {}, NOW) == power(2, 8)
    assert power_after(before, replace(told, momentary=momentary), {}, NOW) == power(3, 9)
    assert power_after(before, told, series((8, 5.0), (9, 4.0)), NOW) == power(4, 9)
    assert power_after(before, told, series((8.5, 4.0)), NOW) == power(2, 9)
    assert power_after(before, Update(), series((9, -4.0)), NOW) == power(0, 9)
    assert power_after(before, Update(), series((9, 0.5)), NOW) == power(0.5, 9)
    other = Momentary(measured_at=at(9), powers={Flow.GRID_IMPORT: 3.0})
    assert power_after(HOUSE, Update(momentary=other), {}, NOW) is None


def test_a_power_that_was_kept_from_the_future_or_lacks_something_goes() -> None:
    for hours, kept in ((10, True), (10.01, False)):
        before = replace(HOUSE, power=power(1, hours))
        assert power_after(before, Update(), {}, NOW) == (before.power if kept else None)
    before = replace(HOUSE, power=power(1, 8))
    assert power_after(before, Update(whole_until=at(8)), {}, NOW) == before.power
    assert power_after(before, Update(whole_until=at(7.9)), {}, NOW) is None
    ahead = replace(HOUSE, power=power(1, 11))
    assert power_after(ahead, Update(whole_until=at(12)), {}, NOW) is None


# Days.


def test_a_lifetime_that_was_known_at_midnight_is_what_the_day_starts_with() -> None:
    def start(hours: float | None, wh: float | None = 500.0, zone: ZoneInfo = ZONE) -> DayEnergy | None:
        counter = LifetimeCounter(published_wh=wh, as_of=None if hours is None else at(hours))
        return day_start_after(replace(HOUSE, lifetime=counter), NOW, zone)

    assert start(-3) == energy(500, -3)
    assert start(0) == energy(500, 0)
    assert start(0.01) is None
    assert start(None) is None
    assert start(-3, None) is None
    # In Tokyo it is the evening of a day that began at three in the afternoon.
    assert start(-9, zone=TOKYO) == energy(500, -9)
    assert start(-8.99, zone=TOKYO) is None
    late = replace(HOUSE, lifetime=LifetimeCounter(published_wh=500.0, as_of=at(-9)))
    assert day_start_after(late, at(16), TOKYO) == energy(500, -9, days=1)


def test_the_start_of_the_running_day_stays_and_that_of_another_does_not() -> None:
    counter = LifetimeCounter(published_wh=500.0, as_of=at(0))
    for days, found in ((0, energy(1)), (-1, energy(500, 0))):
        before = replace(HOUSE, day_start=energy(1, days=days), lifetime=counter)
        assert day_start_after(before, NOW, ZONE) == found


def test_the_day_before_is_the_one_that_a_newer_one_follows() -> None:
    before = replace(HOUSE, today=energy(5), day_before=energy(3, days=-1))
    assert day_before_after(before, energy(1, days=1)) == energy(5)
    assert day_before_after(before, energy(9)) == energy(3, days=-1)
    assert day_before_after(before, energy(9, days=-1)) == energy(3, days=-1)
    assert day_before_after(before, None) == energy(3, days=-1)
    assert day_before_after(replace(before, today=None), energy(9)) == energy(3, days=-1)


def after(
    update: Update,
    today: DayEnergy | None = None,
    *,
    data: SystemData = HOUSE,
    now: datetime = NOW,
    dark: Dark = never_dark,
    zone: ZoneInfo = ZONE,
) -> DayEnergy | None:
    return today_after(data, replace(data, today=today), update, now, zone, dark)


def told(
    new: DayEnergy,
    old: DayEnergy | None = None,
    *,
    data: SystemData = HOUSE,
    now: datetime = NOW,
    dark: Dark = never_dark,
) -> bool:
    """Return whether the cloud's word on a day is believed."""
    found = after(Update(today=new), old, data=data, now=now, dark=dark)
    if found == old:
        return False
    assert found is not None
    assert (found.day, found.energy_wh) == (new.day, new.energy_wh)
    return True


@pytest.mark.parametrize(
    ("new", "old", "most"),
    [
        # Since midnight: ten hours, and a quarter for the cloud's clock.
        (energy(0, 10), None, 61_500),
        (energy(0), None, 61_500),
        (energy(0, 8), None, 49_500),
        (energy(0, 8), energy(5_000, 9, days=-1), 49_500),
        (energy(0, 8), energy(5_000), 49_500),
        # Since what was known before.
        (energy(0, 10), energy(5_000, 9), 12_500),
        (energy(0), energy(5_000, 9), 12_500),
        (energy(0, 8), energy(5_000, 9), 6_500),
        (energy(0, 10), energy(5_000, -4), 66_500),
        # A day that is over has no more than its hours.
        (energy(0, 9, days=-1), None, 145_500 - 15 * 6_000),
        (energy(0, days=-1), None, 145_500),
    ],
)
def test_a_day_has_no_more_than_its_time_can_have_yielded(new: DayEnergy, old: DayEnergy | None, most: float) -> None:
    if new.day < DAY and new.as_of is not None:
        new = replace(new, as_of=new.as_of - timedelta(days=1))
    assert told(replace(new, energy_wh=most), old)
    assert not told(replace(new, energy_wh=most + 1), old)


def test_in_the_dark_nothing_is_yielded_but_what_comes_late() -> None:
    assert not told(energy(1, 10), dark=always_dark)
    assert told(energy(0, 10), dark=always_dark)
    assert told(energy(6_500, 10), energy(5_000, 9), dark=always_dark)
    assert not told(energy(6_501, 10), energy(5_000, 9), dark=always_dark)


def test_where_nobody_knows_the_size_only_the_absurd_is_left_out() -> None:
    for until, hours in ((10.0, 10.25), (None, 10.25), (8.0, 8.25)):
        assert told(energy(10_000_000 * hours, until), data=NAMELESS)
        assert not told(energy(10_000_000 * hours + 1, until), data=NAMELESS)
    assert told(energy(0, -30), data=NAMELESS)
    assert not told(energy(-1, 10), data=NAMELESS)
    assert not told(energy(-1, 10))


def test_a_day_to_come_is_not_taken_and_one_that_was_known_of_it_is_nobodys() -> None:
    assert not told(energy(5, days=1))
    assert told(energy(5), energy(9, days=1))
    assert after(Update(), energy(9, days=1)) is None
    assert after(Update(), energy(9)) == energy(9)


def test_what_a_day_counts_up_to_is_not_before_it_began() -> None:
    assert after(Update(today=energy(5, 0))) == energy(5)
    assert after(Update(today=energy(5, -4))) == energy(5)
    soon = replace(energy(5), as_of=MIDNIGHT + SECOND)
    assert after(Update(today=soon)) == soon
    assert after(Update(today=energy(0, -4))) == energy(0, -4)
    assert after(Update(today=energy(0.5, -4))) == energy(0.5)


def test_exactly_the_energy_of_an_earlier_day_is_that_days() -> None:
    assert not told(energy(700), energy(700, days=-1))
    assert told(energy(701), energy(700, days=-1))
    assert told(energy(0), energy(0, days=-1))
    assert not told(energy(1), energy(1, days=-1))
    known = replace(HOUSE, day_before=energy(700, days=-1))
    assert not told(energy(700), data=known)
    assert told(energy(700), data=replace(known, day_before=energy(700)))


def test_of_one_day_the_larger_energy_counts_and_of_the_same_the_later_time() -> None:
    assert after(Update(today=energy(700, 9)), energy(800, 8)) == energy(800, 8)
    assert after(Update(today=energy(800, 9)), energy(800, 8)) == energy(800, 9)
    assert after(Update(today=energy(800, 8)), energy(800, 9)) == energy(800, 9)
    assert after(Update(today=energy(800)), energy(800, 8)) == energy(800, 8)
    assert after(Update(today=energy(800, 8)), energy(800)) == energy(800, 8)
    assert after(Update(today=energy(800)), energy(800)) == energy(800)
    assert after(Update(today=energy(801)), energy(800, 9)) == energy(801, 9)
    assert after(Update(today=energy(5, 9)), energy(800, 8, days=-1)) == energy(5, 9)
    assert after(Update(today=energy(900, days=-1)), energy(5, 8)) == energy(5, 8)


@pytest.mark.parametrize(("wh", "lacks", "believed"), [(1_000, 50, 1), (1_000, 51, 0), (4_000, 78, 1), (4_000, 79, 0)])
def test_a_day_exceeds_what_the_lifetime_has_grown_by_a_little_only(wh: float, lacks: float, believed: int) -> None:
    data = replace(
        HOUSE, day_start=energy(50_000), lifetime=LifetimeCounter(published_wh=50_100.0, as_of=at(9), offset_wh=0.0)
    )
    update = Update(today=energy(wh, 10), lifetime=LifetimeBase(day=DAY, before_wh=50_000 - lacks))
    assert after(update, data=data) == (energy(wh, 10) if believed else None)
    # The start of another day says nothing.
    other = replace(data, day_start=energy(50_000, days=-1))
    assert after(update, data=other) == energy(wh, 10)
    assert after(replace(update, lifetime=None), data=data) == energy(wh, 10)


def test_the_rows_of_a_day_are_added_up_where_an_answer_has_brought_some() -> None:
    rows = series((0, 1.0), (1, 2.0), (9, 4.0), (10, 8.0))
    own, detail = replace(HOUSE, intervals=rows), replace(HOUSE, detail={Flow.PRODUCTION: rows})
    brought = tuple(rows.values())
    assert after(Update(intervals=brought), data=own) == energy(14, 10)
    assert after(Update(detail={Flow.PRODUCTION: brought}), data=detail) == energy(14, 10)
    assert after(Update(detail={Flow.PRODUCTION: brought}), data=own) is None
    assert after(Update(), data=own) is None
    assert after(Update(detail={Flow.GRID_IMPORT: brought}), data=detail) is None
    assert after(Update(intervals=brought), energy(15, 8), data=own) == energy(15, 8)
    # The last hour of a day is of it, and a row over midnight is of none.
    over = replace(HOUSE, intervals=series((0.5, 1.0), (24, 2.0), (24.5, 4.0), (25, 8.0)))
    assert after(Update(intervals=brought), data=over, now=at(23.9)) == energy(2, 24)
    assert after(Update(intervals=brought), data=replace(HOUSE, intervals=series((0, 1.0)))) is None
    # What cannot be does not become possible by adding up.
    assert after(Update(intervals=brought), data=own, dark=always_dark) is None
    much = replace(HOUSE, intervals=series((1, 40_000.0)))
    assert after(Update(intervals=brought), energy(5, 9), data=much) == energy(5, 9)


def test_a_day_is_the_systems_own() -> None:
    rows = replace(HOUSE, intervals=series((-9, 1.0), (-8, 2.0), (9, 4.0)))
    assert after(Update(intervals=tuple(rows.intervals.values())), data=rows, zone=TOKYO) == energy(6, 9)
    assert after(Update(today=energy(5, -9)), zone=TOKYO) == energy(5)
    assert after(Update(today=energy(5, days=1)), now=at(16), zone=TOKYO) == energy(5, days=1)
    assert after(Update(today=energy(5, -5)), zone=TOKYO) == energy(5, -5)
    many = replace(HOUSE, intervals=series((-8, 60_000.0), (9, 4.0)))
    assert after(Update(intervals=tuple(many.intervals.values())), data=many, zone=TOKYO) == energy(60_004, 9)
    next_day = replace(HOUSE, intervals=series((14, 4.0), (16, 8.0)))
    brought = tuple(next_day.intervals.values())
    assert after(Update(intervals=brought), data=next_day, now=at(14.9), zone=TOKYO) == energy(4, 14)
    over = Update(today=energy(145_501))
    assert after(over, now=at(20), zone=TOKYO) is None
