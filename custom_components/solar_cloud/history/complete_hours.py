"""Which hours a system's recent intervals tell wholly, so that they can be booked; energies in Wh, hours in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model.series import Dark, Series
from .hours import hours_of, whole_hours

HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Told:
    """What a series tells of hours."""

    sums: Mapping[datetime, float]
    """The energy of every hour that it tells something of."""
    whole: frozenset[datetime]
    """Those of which no part is missing."""


NOTHING = Told({}, frozenset())


def read(series: Series) -> Told:
    """Add a series up by hour; takes some time, and may be done in another thread."""
    if not series:
        return NOTHING
    start, end = min(series), max(interval.end for interval in series.values())
    return Told(hours_of(series.values()), frozenset(whole_hours(series, start, end)))


def production(told: Told, now: datetime, keep: timedelta, dark: Dark) -> dict[datetime, float]:
    """Return the hours that can be booked of what the sun makes.

    Some clouds tell only that part of an hour that has light: where the sun rises or sets the rest is nothing, once the
    hour has long been over. What is older than `keep` has begun to be forgotten: there, what is missing says nothing.
    """

    def is_dim(hour: datetime) -> bool:
        if hour + 2 * HOUR > now or hour < now - keep:
            return False
        return dark(hour, hour + _QUARTER) or dark(hour + 3 * _QUARTER, hour + HOUR)

    return {hour: max(0.0, energy) for hour, energy in told.sums.items() if hour in told.whole or is_dim(hour)}


def measured(told: Told) -> dict[datetime, float]:
    """Return the hours that can be booked of what a meter or battery tells by night too."""
    return {hour: max(0.0, energy) for hour, energy in told.sums.items() if hour in told.whole}
