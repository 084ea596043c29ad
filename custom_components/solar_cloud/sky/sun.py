"""When the sun is up at a place: sunrise and sunset from the date and the coordinates alone.

The arithmetic is NOAA's solar calculator (Meeus' low-precision sun): good to about a minute between the polar circles,
to a few beyond them, where the sun only grazes the horizon.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import acos, asin, cos, degrees, pi, radians, sin, tan

DAY = 86_400.0
HORIZON = -0.833
"""Degrees: the upper edge of the sun on the horizon, lifted by refraction."""
_J2000 = 946_728_000.0
"""Noon of 2000-01-01 UTC, in seconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system is, as well as it is known: degrees, north and east positive."""

    latitude: float
    longitude: float
    margin: timedelta = timedelta(0)
    """By how much its daylight may begin earlier and end later than the sun's hours at these coordinates."""


@dataclass(frozen=True, slots=True)
class SunHours:
    """One solar day of a place, in seconds since the Unix epoch: light from `rise` to `set`."""

    rise: float
    set: float


def solar_day(longitude: float, moment: float) -> int:
    """Return the number of the solar day that a moment (seconds since the Unix epoch) lies in at a longitude.

    A solar day runs from midnight to midnight of local mean solar time, so its daylight is never cut in two.
    """
    return int((moment / DAY + longitude / 360) // 1)


def sun_hours(place: Place, day: int) -> SunHours | None:
    """Return the light of a solar day, without the place's margin; `None` in the polar night.

    In the polar day it lasts from one solar midnight to the next.
    """
    latitude = radians(min(89.9, max(-89.9, place.latitude)))
    mean_noon = (day + 0.5 - place.longitude / 360) * DAY
    declination, equation = _sun(mean_noon)
    noon = mean_noon - equation
    half = _half_arc(latitude, declination)
    if half is None:
        return None
    if half >= pi:
        return SunHours(noon - DAY / 2, noon + DAY / 2)
    rise, fall = noon - half * DAY / (2 * pi), noon + half * DAY / (2 * pi)
    # The sun moves on between noon and the horizon: once more with its place at the horizon.
    return SunHours(_at_horizon(latitude, mean_noon, rise, -1), _at_horizon(latitude, mean_noon, fall, 1))


def height_sine(place: Place, moment: float) -> float:
    """Return the sine of the sun's height above the horizon: a clear sky sends down about in proportion to it."""
    declination, equation = _sun(moment)
    latitude = radians(place.latitude)
    angle = 2 * pi * ((moment + equation) / DAY + place.longitude / 360 - 0.5)
    return sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(angle)


def _at_horizon(latitude: float, mean_noon: float, guess: float, side: int) -> float:
    declination, equation = _sun(guess)
    half = _half_arc(latitude, declination)
    if half is None or half >= pi:
        return guess
    return mean_noon - equation + side * half * DAY / (2 * pi)


def _half_arc(latitude: float, declination: float) -> float | None:
    """Return the hour angle of the sunset in radians: pi and more means no night, `None` no day."""
    needed = (sin(radians(HORIZON)) - sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination))
    if needed > 1:
        return None
    return pi if needed < -1 else acos(needed)


def _sun(moment: float) -> tuple[float, float]:
    """Return the sun's declination in radians, and by how many seconds a sundial is ahead of mean solar time."""
    century = (moment - _J2000) / (DAY * 36_525)
    mean_longitude = radians((280.46646 + century * (36_000.76983 + century * 0.0003032)) % 360)
    anomaly = radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = (
        sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * century)
    longitude = mean_longitude + radians(centre - 0.00569 - 0.00478 * sin(node))
    obliquity = radians(23.4392911 - 0.0130042 * century + 0.00256 * cos(node))
    declination = asin(sin(obliquity) * sin(longitude))
    half = tan(obliquity / 2) ** 2
    equation = (
        half * sin(2 * mean_longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * half * sin(anomaly) * cos(2 * mean_longitude)
        - half * half / 2 * sin(4 * mean_longitude)
        - 1.25 * eccentricity * eccentricity * sin(2 * anomaly)
    )
    return declination, degrees(equation) * 240
