"""Which hours a system's recent intervals know completely, so that they can be booked; energies in Wh, hours in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model.series import Dark, Series
from .hours import hours_of, whole_hours

HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class HourSums:
    """A series added up by hour."""

    energy: Mapping[datetime, float]
    """The energy of every hour in which an interval lies."""
    complete: frozenset[datetime]
    """Those of which no part is missing."""


NO_HOURS = HourSums({}, frozenset())


def sum_hours(series: Series) -> HourSums:
    """Add a series up by hour; takes some time, and may be done in another thread."""
    if not series:
        return NO_HOURS
    start, end = min(series), max(interval.end for interval in series.values())
    return HourSums(hours_of(series.values()), frozenset(whole_hours(series, start, end)))


def complete_production_hours(sums: HourSums, now: datetime, keep: timedelta, is_dark: Dark) -> dict[datetime, float]:
    """Return the hours that can be booked of what the sun makes.

    Some clouds report only that part of an hour that has light: where the sun rises or sets the rest is nothing, once
    the hour has long been over. Intervals older than `keep` are dropped one by one: of their hours nothing can be said.
    """

    def is_dim(hour: datetime) -> bool:
        if hour + 2 * HOUR > now or hour < now - keep:
            return False
        return is_dark(hour, hour + _QUARTER) or is_dark(hour + 3 * _QUARTER, hour + HOUR)

    return {hour: max(0.0, energy) for hour, energy in sums.energy.items() if hour in sums.complete or is_dim(hour)}


def complete_meter_hours(sums: HourSums) -> dict[datetime, float]:
    """Return the hours that can be booked of what a meter or battery reports by night too."""
    return {hour: max(0.0, energy) for hour, energy in sums.energy.items() if hour in sums.complete}
