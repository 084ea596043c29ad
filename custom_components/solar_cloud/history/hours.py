"""From intervals and totals of days to hours whose sums are exact; energies in Wh, UTC hours known by their start.

A system's day consists of the UTC hours that begin in it: in zones at half hours the one around midnight belongs to the
day in which it begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import floor, fsum
from zoneinfo import ZoneInfo

from ..budget.sun import Place, height_sine
from ..cloud.model import Flow, Interval
from ..cloud.series import Series, midnight

HOUR = timedelta(hours=1)
STEPS = 4
"""Points in an hour at which the sun's height is taken."""
_WHOLE = 1e-6


class Shape(StrEnum):
    """How energy is laid over a day of which only the sum is known."""

    SUN = "sun"
    EVEN = "even"


def shape_of(flow: Flow) -> Shape:
    """Return the shape of a flow: what comes from the panels follows the sun, everything else nobody knows."""
    return Shape.SUN if flow in {Flow.PRODUCTION, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE} else Shape.EVEN


def hour_of(moment: datetime) -> datetime:
    """Return the start of the UTC hour around an instant."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_of(intervals: Iterable[Interval]) -> dict[datetime, float]:
    """Add intervals up by hour; one that straddles hours is divided by time, and nothing of it gets lost."""
    parts: dict[datetime, list[float]] = {}
    for interval in intervals:
        for hour, energy in _divided(interval):
            parts.setdefault(hour, []).append(energy)
    return {hour: fsum(energies) for hour, energies in sorted(parts.items())}


def whole_hours(series: Series, start: datetime, end: datetime) -> list[datetime]:
    """Return the hours from `start` to `end` that intervals tell without a gap."""
    found: list[datetime] = []
    known: dict[datetime, timedelta] = {}
    for interval in series.values():
        for hour in _touched(interval):
            overlap = min(interval.end, hour + HOUR) - max(interval.start, hour)
            known[hour] = known.get(hour, timedelta(0)) + overlap
    for hour, length in sorted(known.items()):
        if length >= HOUR and hour >= start and hour + HOUR <= end:
            found.append(hour)
    return found


def day_hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the hours that begin in a system's day: 24, or 23 or 25 where the clock changes."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    hour = hour_of(start)
    if hour < start:
        hour += HOUR
    found: list[datetime] = []
    while hour < end:
        found.append(hour)
        hour += HOUR
    return found


def day_total(hours: Mapping[datetime, float], day: date, zone: ZoneInfo) -> float:
    """Return the sum of a day's hours."""
    return fsum(hours.get(hour, 0.0) for hour in day_hours(day, zone))


def weights(place: Place, hours: Sequence[datetime], shape: Shape) -> list[float]:
    """Return how a day's energy is laid over hours; where the sun does not rise in any of them, evenly."""
    if shape is Shape.EVEN:
        return [1.0] * len(hours)
    found = [_sunshine(place, hour) for hour in hours]
    return found if any(weight > 0 for weight in found) else [1.0] * len(hours)


def spread(total_wh: float, hours: Sequence[datetime], parts: Sequence[float]) -> dict[datetime, float]:
    """Lay a total over hours in whole Wh, such that the sum is exact; what is no whole Wh goes to the largest hour.

    Raises `ValueError` where there is no hour, or no weight in any of them.
    """
    weight = fsum(parts)
    if not hours or weight <= 0:
        raise ValueError("nothing to lay the energy over")
    whole = floor(total_wh + _WHOLE)
    exact = [whole * part / weight for part in parts]
    laid = [floor(value) for value in exact]
    # The largest remainders get the Wh that rounding down has left.
    order = sorted(range(len(hours)), key=lambda index: (laid[index] - exact[index], index))
    for index in order[: whole - sum(laid)]:
        laid[index] += 1
    result = {hour: float(value) for hour, value in zip(hours, laid, strict=True)}
    largest = max(result, key=lambda hour: result[hour])
    rest = total_wh - whole
    if abs(rest) > _WHOLE:
        result[largest] += rest
    return result


def reconciled(
    day: date, zone: ZoneInfo, total_wh: float | None, known: Series, place: Place, shape: Shape
) -> dict[datetime, float]:
    """Return the hours of a finished day such that they add up to the cloud's total.

    What intervals tell stays in its hour. What the total has beyond them goes to the parts of the day that no interval
    tells, along the shape; where nothing is missing, and where the total is less than the intervals, all hours are
    scaled. Without a total, what is known is all.
    """
    hours = day_hours(day, zone)
    first, end = hours[0], hours[-1] + HOUR
    inside = [interval for interval in known.values() if first <= interval.start and interval.end <= end]
    told = {hour: max(0.0, energy) for hour, energy in hours_of(inside).items()}
    if total_wh is None:
        return told
    if not told:
        return spread(total_wh, hours, weights(place, hours, shape))
    rest = total_wh - fsum(told.values())
    if rest < 0:
        return _scaled(told, total_wh)
    if rest <= _WHOLE:
        return told
    gaps = _gaps(hours, inside)
    parts = [gap * weight for gap, weight in zip(gaps, weights(place, hours, shape), strict=True)]
    if fsum(parts) <= 0:
        # All that is missing was dark, so it is the known hours that lack something.
        return _scaled(told, total_wh) if any(told.values()) else spread(total_wh, hours, weights(place, hours, shape))
    added = spread(rest, hours, parts)
    both = {hour: told.get(hour, 0.0) + added[hour] for hour in hours if hour in told or added[hour]}
    return _exact(both, total_wh)


def _scaled(told: Mapping[datetime, float], total_wh: float) -> dict[datetime, float]:
    hours = list(told)
    parts = [told[hour] for hour in hours]
    return spread(total_wh, hours, parts if fsum(parts) > 0 else [1.0] * len(hours))


def _exact(hours: dict[datetime, float], total_wh: float) -> dict[datetime, float]:
    """Take out what adding up in binary has left."""
    off = total_wh - fsum(hours.values())
    if off:
        largest = max(hours, key=lambda hour: hours[hour])
        hours[largest] += off
    return hours


def _gaps(hours: Sequence[datetime], known: Iterable[Interval]) -> list[float]:
    """Return which share of each hour no interval tells."""
    told: dict[datetime, timedelta] = {}
    for interval in known:
        for hour in _touched(interval):
            overlap = min(interval.end, hour + HOUR) - max(interval.start, hour)
            told[hour] = told.get(hour, timedelta(0)) + overlap
    return [max(0.0, 1 - told.get(hour, timedelta(0)) / HOUR) for hour in hours]


def _touched(interval: Interval) -> Iterable[datetime]:
    hour = hour_of(interval.start)
    while hour < interval.end:
        yield hour
        hour += HOUR


def _divided(interval: Interval) -> Iterable[tuple[datetime, float]]:
    touched = list(_touched(interval))
    length = interval.end - interval.start
    left = interval.energy_wh
    for hour in touched[:-1]:
        part = interval.energy_wh * ((min(interval.end, hour + HOUR) - max(interval.start, hour)) / length)
        left -= part
        yield hour, part
    if touched:
        yield touched[-1], left


def _sunshine(place: Place, hour: datetime) -> float:
    """Return the mean sine of the sun's height in an hour, nothing below the horizon."""
    start, step = hour.timestamp(), HOUR.total_seconds() / STEPS
    heights = (height_sine(place, start + (number + 0.5) * step) for number in range(STEPS))
    return fsum(max(0.0, height) for height in heights) / STEPS
