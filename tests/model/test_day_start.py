"""The day of a device that reports its lifetime only, at its edges: what a reading says of a midnight, and what not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.day_start import DayStarts, day_starts, read_at
from custom_components.solar_cloud.model.elements import DayEnergy, Device, DeviceKind, DeviceReading, System, Vendor
from custom_components.solar_cloud.model.series import Dark

ZONE = ZoneInfo("UTC")
DAY = date(2026, 6, 10)
NEXT = date(2026, 6, 11)
MIDNIGHT = datetime(2026, 6, 10, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SYSTEM = System(vendor=Vendor.ENPHASE, id="1", name="Roof")
GATEWAY = Device(kind=DeviceKind.GATEWAY, serial="e")
INVERTER = Device(kind=DeviceKind.INVERTER, serial="i", parent="e")
NIGHT = (MIDNIGHT - 3 * HOUR, MIDNIGHT + 4 * HOUR)
NEXT_NIGHT = (MIDNIGHT + 21 * HOUR, MIDNIGHT + 28 * HOUR)


def dark(start: datetime, end: datetime) -> bool:
    """Let it be dark from nine in the evening to four."""
    assert start <= end
    return any(first <= start and end <= last for first, last in (NIGHT, NEXT_NIGHT))


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def said(hours: float, lifetime: float | None = 1_000.0, status: str | None = None) -> DeviceReading:
    return DeviceReading(last_report=at(hours), energy_lifetime_wh=lifetime, status=status)


def energy(wh: float, day: date = DAY) -> DayEnergy:
    return DayEnergy(day=day, energy_wh=wh)


def count(
    now: float,
    new: DeviceReading,
    old: DeviceReading | None = None,
    *,
    reported: float | None = None,
    heard: float | None = None,
    sun: Dark = dark,
    zone: ZoneInfo = ZONE,
) -> tuple[DayEnergy | None, DayEnergy | None]:
    """Count one reading at an hour; return the lifetime at a day's begin and the energy of a day."""
    old = DeviceReading() if old is None else old
    days = DayStarts(
        now=at(now),
        zone=zone,
        dark=sun,
        reported=lambda parent: at(reported) if parent == "e" and reported is not None else None,
        heard={} if heard is None else {"e": at(heard)},
    )
    merged = replace(old, last_report=new.last_report)
    found = days.counted(merged, old, new, "e")
    assert replace(found, day_start=None, energy_today=None) == replace(merged, day_start=None, energy_today=None)
    return found.day_start, found.energy_today


def never(_start: datetime, _end: datetime) -> bool:
    return False


def known(hours: float, start_wh: float, today_wh: float | None, day: date = DAY) -> DeviceReading:
    """Return what was known at an hour: the lifetime at the day's begin, and the energy since."""
    today = None if today_wh is None else energy(today_wh, day)
    return DeviceReading(last_report=at(hours), day_start=energy(start_wh, day), energy_today=today)


@pytest.mark.parametrize(
    ("now", "hours", "start"),
    [
        (2, 1, DAY),
        (4, 4, DAY),
        (5, 5, None),
        (2, 3, DAY),  # an hour ahead
        (21, 21, NEXT),
        (23.5, 24, NEXT),
        (20, 20.9, None),
    ],
)
def test_a_lifetime_in_the_dark_is_what_its_day_begins_with(now: float, hours: float, start: date | None) -> None:
    day_start, today = count(now, said(hours))
    assert day_start == (None if start is None else energy(1_000, start))
    assert today == (energy(0) if start == DAY else None)


@pytest.mark.parametrize(("now", "hours"), [(2, 3 + 1 / 60), (23.5, 24 + 1 / 60), (2, 30)])
def test_a_reading_of_the_future_says_nothing(now: float, hours: float) -> None:
    assert count(now, said(hours)) == (None, None)


def test_a_reading_without_a_lifetime_or_an_instant_says_nothing() -> None:
    old = known(1, 1_000, 5)
    assert count(2, said(2, None), old) == (old.day_start, old.energy_today)
    assert count(2, DeviceReading(energy_lifetime_wh=2_000.0), old) == (old.day_start, old.energy_today)


def test_an_older_reading_says_nothing_and_one_of_the_same_time_does() -> None:
    old = known(12, 1_000, 500)
    assert count(12, replace(said(12, 1_600), last_report=at(12) - SECOND), old)[1] == energy(500)
    assert count(12, said(12, 1_600), old)[1] == energy(600)


def test_a_lifetime_that_fell_is_of_new_electronics() -> None:
    old = known(12, 1_000, 500)
    assert count(13, said(13, 1_499.5), old) == (energy(1_000), energy(500))
    assert count(13, said(13, 1_499.4), old) == (None, None)
    # The energy of another day is no part of it.
    other = replace(old, energy_today=energy(500, DAY - timedelta(days=1)))
    assert count(13, said(13, 999.5), other)[0] == energy(1_000)
    assert count(13, said(13, 999.4), other) == (None, None)
    assert count(13, said(13, 1_200), replace(old, energy_today=None)) == (energy(1_000), energy(200))


def test_the_begin_of_tomorrow_is_known_in_the_evening_and_today_is_kept() -> None:
    assert count(21.5, said(21.5, 1_700), known(20, 1_000, 650)) == (energy(1_700, NEXT), energy(700))
    evening = DeviceReading(last_report=at(21.5), day_start=energy(1_700, NEXT), energy_today=energy(700))
    # More has come late, in the dark and before.
    assert count(22, said(22, 1_705), evening) == (energy(1_705, NEXT), energy(705))
    assert count(22, said(21.5, 1_705), evening, sun=never) == (energy(1_000), energy(705))
    # Nothing has: the begin stands, whoever says it.
    assert count(22, said(21.5, 1_700), evening, sun=never) == (energy(1_700, NEXT), energy(700))
    # The next day goes on from it.
    assert count(36, said(36, 1_900), evening) == (energy(1_700, NEXT), energy(200, NEXT))


def test_what_comes_late_of_yesterday_makes_todays_begin_unknown() -> None:
    old = DeviceReading(last_report=at(-4), day_start=energy(1_000))
    assert count(1, said(-3.5, 1_010), old) == (None, None)
    assert count(1, said(-3.5, 1_000), old) == (energy(1_000), energy(0))
    assert count(1, said(0, 1_010), old, sun=never) == (None, None)
    assert count(1, said(1 / 60, 1_010), old, sun=never) == (energy(1_000), energy(10))


def test_a_reading_at_midnight_is_of_the_day_that_ends() -> None:
    old = DeviceReading(last_report=at(20), day_start=energy(1_000), energy_today=energy(650))
    assert count(25, said(24, 1_650), old) == (energy(1_650, NEXT), energy(0, NEXT))
    assert count(25, said(24, 1_650), old, sun=never) == (energy(1_000), energy(650))
    assert count(25, replace(said(24, 1_660), last_report=at(24) + SECOND), old, sun=never)[0] == energy(1_000)


def test_the_energy_that_is_known_stays_where_the_day_has_no_begin() -> None:
    old = DeviceReading(last_report=at(11), energy_today=energy(77))
    assert count(12, said(12), old) == (None, energy(77))


def in_auckland(
    now: float, new: DeviceReading, old: DeviceReading | None = None, sun: Dark = dark
) -> tuple[object, ...]:
    """Count a reading of a system where 11 June begins at noon of the 10th in UTC."""
    return count(now, new, old, sun=sun, zone=ZoneInfo("Pacific/Auckland"))


def test_a_day_is_one_of_the_systems_own_zone() -> None:
    def sun(start: datetime, end: datetime) -> bool:
        return any(noon - 3 * HOUR <= start and end <= noon + 4 * HOUR for noon in (at(12), at(36)))

    assert in_auckland(13, said(13), sun=sun) == (energy(1_000, NEXT), energy(0, NEXT))
    # The night after: the day before is no longer today, though it is in UTC.
    old = known(30, 1_000, 650, NEXT)
    after = NEXT + timedelta(days=1)
    assert in_auckland(37, said(37, 1_700), old, sun) == (energy(1_700, after), energy(0, after))
    # Ten minutes into tomorrow, in the last half hour of today.
    assert in_auckland(35.5, said(36 + 1 / 6, 1_700), old, sun) == (energy(1_000, NEXT), energy(650, NEXT))


def test_what_comes_of_yesterday_is_counted_as_yesterdays_where_today_has_no_begin() -> None:
    old = known(12.5, 1_000, 650, NEXT)
    assert in_auckland(37, said(13, 1_700), old, never) == (energy(1_000, NEXT), energy(700, NEXT))
    midnight = replace(said(36, 1_700), last_report=at(36))
    assert in_auckland(37, midnight, old, never) == (energy(1_000, NEXT), energy(700, NEXT))
    later = replace(midnight, last_report=at(36) + timedelta(microseconds=1))
    assert in_auckland(37, later, old, never) == (energy(1_000, NEXT), energy(650, NEXT))


# The gateway's word.


@pytest.mark.parametrize(
    ("reported", "heard", "status", "is_known"),
    [
        (21.5, 17, "normal", True),
        (21, 17, "normal", True),
        (20.9, 17, "normal", False),
        (None, 17, "normal", False),
        (21.5, 18, "normal", True),
        (21.5, 18.1, "normal", False),
        (21.5, 17, "comm", False),
        (21.5, 17, "micro", False),
        (25, 17, "normal", True),
    ],
)
def test_a_gateway_in_the_dark_makes_an_earlier_word_final(
    reported: float | None, heard: float, status: str, is_known: bool
) -> None:
    found = count(22 if reported != 25 else 26, said(17, 1_700, status), reported=reported, heard=heard)
    # Tomorrow, as it is called at that time.
    assert found[0] == (energy(1_700, NEXT) if is_known else None)


def test_a_device_has_to_be_missing_for_ten_minutes() -> None:
    for minutes, start in ((10, energy(1_700, NEXT)), (9, None)):
        reported = 21 + minutes / 60 - 0.05
        assert count(22, said(20.95, 1_700), reported=reported, heard=20.95)[0] == start


def test_a_word_after_midnight_does_not_become_one_of_before() -> None:
    assert count(30, said(28.5, 1_700), reported=29, heard=28.5) == (None, None)


def devices(*others: Device) -> Mapping[str, Device]:
    return {one.serial: one for one in (GATEWAY, INVERTER, *others)}


def prepared(
    known: Mapping[str, DeviceReading],
    new: Mapping[str, DeviceReading],
    *others: Device,
    system: System = SYSTEM,
) -> DayStarts:
    return day_starts(known, new, devices(*others), system, at(22), ZONE, dark)


def test_a_gateway_reports_by_itself_or_as_the_only_one_of_its_system() -> None:
    whole = replace(SYSTEM, last_report=at(21))
    assert prepared({}, {}).reported("e") is None
    assert prepared({"e": said(19)}, {}).reported("e") == at(19)
    assert prepared({"e": said(19)}, {"e": said(20)}).reported("e") == at(20)
    assert prepared({"e": said(20)}, {"e": said(19)}).reported("e") == at(20)
    assert prepared({"e": said(19)}, {}, system=whole).reported("e") == at(21)
    assert prepared({"e": said(19)}, {}, system=whole).reported(None) == at(21)
    # What is of the future was said by a wrong clock.
    assert prepared({"e": said(22)}, {"e": said(22.1)}).reported("e") == at(22)


def test_beside_another_gateway_a_system_speaks_for_none() -> None:
    whole = replace(SYSTEM, last_report=at(21))
    other = Device(kind=DeviceKind.GATEWAY, serial="f")
    assert prepared({"e": said(19)}, {}, other, system=whole).reported("e") == at(19)
    # One that only its inverters name is one, too.
    child = Device(kind=DeviceKind.INVERTER, serial="j", parent="g")
    assert prepared({}, {}, child, system=whole).reported("e") is None
    meter = Device(kind=DeviceKind.METER, serial="m", parent="h")
    lone = Device(kind=DeviceKind.INVERTER, serial="k")
    assert prepared({}, {}, meter, lone, system=whole).reported("e") == at(21)


def test_the_newest_word_of_any_device_at_a_gateway_is_heard() -> None:
    second = Device(kind=DeviceKind.INVERTER, serial="j", parent="e")
    third = Device(kind=DeviceKind.INVERTER, serial="k", parent="g")
    new = {"gone": said(21.9), "i": said(20), "j": said(19), "k": said(18), "e": DeviceReading()}
    found = prepared({}, new, second, third)
    assert found.heard == {"e": at(20), "g": at(18)}
    assert (found.now, found.zone, found.dark) == (at(22), ZONE, dark)


def test_a_lifetime_is_of_the_last_report_else_of_the_measurement() -> None:
    assert read_at(DeviceReading(last_report=at(1), measured_at=at(2))) == at(1)
    assert read_at(DeviceReading(measured_at=at(2))) == at(2)
    assert read_at(DeviceReading()) is None


def test_the_sun_is_worked_out_once_for_devices_that_fall_asleep_together() -> None:
    asked: list[tuple[datetime, datetime]] = []

    def sun(start: datetime, end: datetime) -> bool:
        asked.append((start, end))
        return True

    days = DayStarts(now=at(2), zone=ZONE, dark=sun, reported=lambda _parent: None, heard={})
    for _ in range(3):
        days.counted(DeviceReading(), DeviceReading(), said(1), "e")
    assert asked == [(MIDNIGHT, at(1)), (at(1), at(24))]
