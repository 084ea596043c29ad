"""Zones, days and series that the tests of the history share."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from custom_components.solar_cloud.model.elements import Interval
from custom_components.solar_cloud.model.series import Series
from custom_components.solar_cloud.sky.sun import Place

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

PLACES = {
    "Europe/Berlin": Place(52.5, 13.4),
    "America/Los_Angeles": Place(37.3, -121.9),
    "America/St_Johns": Place(47.6, -52.7),
    "Asia/Kolkata": Place(22.6, 88.4),
    "Asia/Kathmandu": Place(27.7, 85.3),
    "Australia/Lord_Howe": Place(-31.6, 159.1),
    "Pacific/Apia": Place(-13.8, -171.7),
    "Pacific/Auckland": Place(-36.9, 174.8),
    "America/Havana": Place(23.1, -82.4),
    "Africa/Cairo": Place(30.1, 31.3),
    "Arctic/Longyearbyen": Place(78.2, 15.6),
}
ZONES = sorted(PLACES)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def series_of(intervals: Iterable[Interval]) -> Series:
    return {interval.start: interval for interval in intervals}


def interval(start: datetime, minutes: float, energy_wh: float) -> Interval:
    return Interval(start=start, end=start + minutes * MINUTE, energy_wh=energy_wh)


def days_of(zone: ZoneInfo, chance: Random, count: int = 6) -> list[date]:
    """Return days of 2026: those on which the clock changes, and some others."""
    year = [date(2026, 1, 1) + number * DAY for number in range(365)]
    noons = [(day, datetime(day.year, day.month, day.day, tzinfo=zone)) for day in year]
    changes = [day for day, start in noons if start.utcoffset() != (start + DAY).utcoffset()]
    return [*changes, *chance.sample(year, count)]
