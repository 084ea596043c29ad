"""Where a system is, as well as that can be known: the clouds report its time zone, but no coordinates.

Reads files of the time zone database: call it in an executor.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
import re

from ..model.zones import is_offset, zone_named
from ..sky.sun import Place

HOME_MARGIN = timedelta(minutes=5)
"""For Home Assistant's own place; modules need the sun a little above the horizon, so it is wider than it looks."""
ZONE_MARGIN = timedelta(minutes=45)
"""A zone's principal place may be hundreds of kilometres away from the system."""
GUESS_MARGIN = timedelta(hours=2)
GUESS_LATITUDE = 40.0
FARTHEST = timedelta(hours=4)
"""So far the sun's time at a home may be from that of its zone; in the west of China it is three hours."""
_COORDINATES = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


def place_of(timezone: str | None, home_zone: str, latitude: float, longitude: float) -> Place:
    """Return the place to take a system's sun from.

    That is Home Assistant's own (`latitude`, `longitude` in degrees) where the time zones agree, else the principal
    place of the system's zone in the time zone database, else a guess from the zone's distance to UTC. A home that lies
    where its own time zone cannot be is none: somebody has set one and not the other.
    """
    home_is_set = bool(latitude or longitude) and _is_near(longitude, home_zone)
    if home_is_set and (not timezone or canonical(timezone) == canonical(home_zone)):
        return Place(latitude, longitude, HOME_MARGIN)
    if home_is_set and is_offset(timezone) and _offset(timezone) == _offset(home_zone):
        # No more is known of the zone than that clocks go as they do at home.
        return Place(latitude, longitude, GUESS_MARGIN)
    name = timezone or home_zone
    # The table of countries knows places that today's name of the zone has lost: Amsterdam lies in Brussels' zone.
    if (found := _places().get(name) or _places().get(canonical(name))) is not None:
        return Place(*found, ZONE_MARGIN)
    if (offset := _offset(name)) is None:
        return Place(latitude or GUESS_LATITUDE, longitude, GUESS_MARGIN)
    return Place(GUESS_LATITUDE, offset / timedelta(hours=1) * 15, GUESS_MARGIN)


def _offset(name: str | None) -> timedelta | None:
    """Return how far a time zone is from UTC now; `None` for a name that is not known."""
    zone = zone_named(name)
    return None if zone is None else datetime.now(UTC).astimezone(zone).utcoffset()


def _is_near(longitude: float, zone: str) -> bool:
    """Return whether the sun's time at a longitude is anywhere near that of a time zone; so it is of one not known."""
    if (offset := _offset(zone)) is None:
        return True
    half, day = timedelta(hours=12), timedelta(days=1)
    apart = (timedelta(hours=longitude / 15) - offset + half) % day - half
    return abs(apart) <= FARTHEST


def canonical(name: str) -> str:
    """Return the name that a time zone goes by today: ``America/Los_Angeles`` for ``US/Pacific``."""
    return _links().get(name, name)


def _read(name: str) -> list[str]:
    try:
        return (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()
    except OSError, ModuleNotFoundError:
        return []


@cache
def _links() -> Mapping[str, str]:
    """Return the older names of time zones, each with the newer one."""
    links = [line.split() for line in _read("tzdata.zi") if line.startswith("L ")]
    return {alias: target for _, target, alias in links}


@cache
def _places() -> Mapping[str, tuple[float, float]]:
    """Return the principal place of each time zone that has one: degrees north and east."""
    places: dict[str, tuple[float, float]] = {}
    for table in ("zone.tab", "zone1970.tab"):
        for line in _read(table):
            columns = line.split("\t")
            if line.startswith("#") or len(columns) < 3 or not (match := _COORDINATES.fullmatch(columns[1])):
                continue
            north, latitude, minutes, seconds, east, longitude, more, rest = match.groups()
            places[columns[2]] = (_degrees(north, latitude, minutes, seconds), _degrees(east, longitude, more, rest))
    return places


def _degrees(sign: str, degrees: str, minutes: str, seconds: str | None) -> float:
    value = int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
    return -value if sign == "-" else value
