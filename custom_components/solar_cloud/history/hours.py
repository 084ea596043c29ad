"""From intervals and totals of days to hours whose sums are exact; energies in Wh, UTC hours known by their start.

A system's day consists of the UTC hours that begin in it: in zones at half hours the one around midnight belongs to the
day in which it begins.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from heapq import nlargest
from itertools import pairwise
from math import ceil, floor, frexp, fsum, isclose, ldexp, trunc
from zoneinfo import ZoneInfo

from ..model.elements import Flow, Interval
from ..model.series import Series, local_day, midnight
from ..sky.sun import Place, height_sine

HOUR = timedelta(hours=1)
_STEP = 900.0
"""Seconds over which the sun's height is taken as a straight line."""
_BULGE = 0.01
"""By how much the sine of the sun's height within an hour exceeds that at both of its ends at most: 1 - cos(7.5°)."""
_GRAIN = 1024
"""A divided interval is cut at parts of a Wh that a float holds exactly."""
_BITS = 50
"""Precision of weights when they are made whole numbers."""
_NOISE = 1e-9
"""What adding up in binary may be wrong by, as a share."""


SAME_WH = 0.5
"""Two figures of a day that differ by less are the same: clouds report whole watt-hours."""


class Shape(StrEnum):
    """How energy is laid over a day of which only the sum is known."""

    SUN = "sun"
    EVEN = "even"


def shape_of(flow: Flow) -> Shape:
    """Return the shape of a flow: what comes from the panels follows the sun, all else has none that is known."""
    return Shape.SUN if flow in {Flow.PRODUCTION, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE} else Shape.EVEN


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour around an instant (aware UTC)."""
    return moment.replace(minute=0, second=0, microsecond=0)


def day_hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the hours that begin in a system's day: 24, or 23 or 25 where the clock changes.

    There is none in a day that a zone has left out: Samoa went from one side of the date line to the other.
    """
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    hour = hour_of(start)
    if hour < start:
        hour += HOUR
    found: list[datetime] = []
    while hour < end:
        found.append(hour)
        hour += HOUR
    return found


def days_between(first: date, last: date) -> list[date]:
    """Return the days from one to another, both included; none where the last one is earlier."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def first_whole_day(hour: datetime, zone: ZoneInfo) -> date:
    """Return the first of a system's days that has all of its hours at or after this one."""
    day = local_day(hour, zone)
    return day if hour == day_hours(day, zone)[0] else day + timedelta(days=1)


def series_of_hours(hours: Mapping[datetime, float]) -> dict[datetime, Interval]:
    """Return hourly energies as a series of intervals."""
    return {hour: Interval(start=hour, end=hour + HOUR, energy_wh=energy) for hour, energy in hours.items()}


def combined(first: Series, second: Series) -> Series:
    """Return two series in one, without those intervals of the second that overlap with one of the first."""
    taken = sorted(first.values(), key=lambda one: one.start)
    starts = [one.start for one in taken]
    apart = {}
    for start, interval in second.items():
        index = bisect_left(starts, interval.end)
        if index == 0 or taken[index - 1].end <= start:
            apart[start] = interval
    return {**first, **apart}


def touching(series: Series, day: date, zone: ZoneInfo) -> Series:
    """Return the intervals that lie in a day or in one of its hours."""
    hours = day_hours(day, zone)
    if not hours:
        return {}
    start, end = midnight(day, zone), hours[-1] + HOUR
    return {begin: one for begin, one in series.items() if one.start < end and one.end > start}


def day_total(hours: Mapping[datetime, float], day: date, zone: ZoneInfo) -> float:
    """Return the sum of a day's hours in Wh; an hour that is not there counts nothing."""
    return fsum(hours.get(hour, 0.0) for hour in day_hours(day, zone))


def shared_hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the hours that a system's day shares with the days beside it: none where midnight is at a whole hour."""
    ends = (midnight(day, zone), midnight(day + timedelta(days=1), zone))
    return [hour_of(end) for end in ends if hour_of(end) != end]


def adds_up(hours: Mapping[datetime, float], day: date, zone: ZoneInfo, total: float) -> bool:
    """Return whether a day's hours make its total (Wh), as nearly as whole hours can."""
    shared = fsum(hours.get(hour, 0.0) for hour in shared_hours(day, zone))
    return abs(day_total(hours, day, zone) - total) < SAME_WH + shared


def hours_of(intervals: Iterable[Interval]) -> dict[datetime, float]:
    """Add intervals that do not overlap up by hour, ascending.

    One that straddles hours is divided by time, and nothing of it gets lost.
    """
    parts: dict[datetime, list[float]] = {}
    for interval in intervals:
        for hour, energy in _divided(interval):
            parts.setdefault(hour, []).append(energy)
    return {hour: fsum(energies) for hour, energies in sorted(parts.items())}


def whole_hours(series: Series, start: datetime, end: datetime) -> list[datetime]:
    """Return the hours between two instants that intervals cover without a gap and without an overlap, ascending."""
    lengths: dict[datetime, timedelta] = {}
    twice: set[datetime] = set()
    covered = start
    for interval in sorted(series.values(), key=lambda one: one.start):
        for hour, first, last in _pieces(max(interval.start, start), min(interval.end, end)):
            lengths[hour] = lengths.get(hour, timedelta(0)) + (last - first)
            if first < covered:
                twice.add(hour)
        covered = max(covered, interval.end)
    return [hour for hour, length in sorted(lengths.items()) if length >= HOUR and hour not in twice]


def weights(place: Place, hours: Sequence[datetime], shape: Shape) -> list[float]:
    """Return how a day's energy is laid over hours: along the sine of a clear sky's sun, or evenly.

    It is even as well where the sun does not rise in any of them. The unit is that of a sun that stands in the zenith
    for an hour.
    """
    return (_sunny(place, hours) if shape is Shape.SUN else []) or [1.0] * len(hours)


def spread(total_wh: float, hours: Sequence[datetime], parts: Sequence[float]) -> dict[datetime, float]:
    """Lay a total over hours in whole Wh, such that the sum is exact; what is no whole Wh goes to the largest hour.

    Hours without weight get nothing. Raises `ValueError` where there is no hour or no weight in any, or where a weight
    is negative.
    """
    if not parts or min(parts) < 0 or not max(parts) > 0:
        raise ValueError("nothing to lay the energy over")
    whole = round(total_wh)
    if not isclose(whole, total_wh, rel_tol=_NOISE):
        whole = floor(total_wh)
    # In whole numbers nothing is rounded: the remainders say exactly how many Wh are left.
    exponent = frexp(max(parts))[1]
    units = [int(ldexp(part, _BITS - exponent)) for part in parts]
    every = sum(units)
    divided = [divmod(whole * unit, every) for unit in units]
    laid = [quotient for quotient, _ in divided]
    order = sorted(range(len(units)), key=lambda index: (-divided[index][1], index))
    for index in order[: whole - sum(laid)]:
        laid[index] += 1
    result = {hour: float(energy) for hour, energy in zip(hours, laid, strict=True)}
    if rest := total_wh - whole:
        _, _, largest = max(zip(laid, parts, hours, strict=True), key=lambda entry: entry[:2])
        result[largest] += rest
    return result


def reconciled(
    day: date,
    zone: ZoneInfo,
    total_wh: float | None,
    known: Series,
    place: Place,
    shape: Shape,
    *,
    is_final: bool = True,
) -> dict[datetime, float]:
    """Return all hours of a finished day such that they add up to the cloud's total.

    What intervals report stays in its hour. What the total has beyond them goes to the parts of the day that no
    interval covers, along the shape; where nothing is missing or all of it was dark, and where the total is less than
    the intervals, all hours are scaled. That is not done while the total may still change. Without a total, only the
    hours in which an interval lies are given.
    """
    hours = day_hours(day, zone)
    if not hours:
        return {}
    begin, end = hours[0], hours[-1] + HOUR
    inside = _apart(one for one in known.values() if one.start < end and one.end > begin)
    measured = {hour: max(0.0, energy) for hour, energy in hours_of(inside).items() if begin <= hour < end}
    if total_wh is None:
        return measured
    laid = dict.fromkeys(hours, 0.0) | measured
    measured_wh = fsum(measured.values())
    if isclose(total_wh, measured_wh, rel_tol=_NOISE):
        return _exact(laid, total_wh)
    sunny = _sunny(place, hours) if shape is Shape.SUN else []
    if total_wh > measured_wh and any(missing := _missing(place, hours, sunny, inside)):
        added = spread(total_wh - measured_wh, hours, missing)
        return _exact({hour: laid[hour] + added[hour] for hour in hours}, total_wh)
    if measured and not is_final:
        return laid
    return spread(total_wh, hours, list(laid.values()) if measured_wh else sunny or [1.0] * len(hours))


def total_of_hours(day: date, zone: ZoneInfo, total_wh: float, known: Series) -> float:
    """Return what the hours of a day are to add up to in Wh, given the total from midnight to midnight.

    In zones at half hours the two are different stretches of time: there the hours have what the intervals in them
    say, and what the total has beyond the intervals of the day itself. Where the intervals do not reach to the end of
    the last hour, which is the next day's, the total is taken.
    """
    start, stop = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    hours = day_hours(day, zone)
    if not hours or (hours[0] == start and hours[-1] + HOUR == stop):
        return total_wh
    last = hours[-1] + HOUR
    rows = _apart(one for one in known.values() if one.start < last and one.end > start)
    if not rows or rows[-1].end < last or (stop < last and not any(row.start <= stop < row.end for row in rows)):
        return total_wh
    in_hours = fsum(max(0.0, energy) for hour, energy in hours_of(rows).items() if hours[0] <= hour <= hours[-1])
    if rows[0].start > start and len(whole_hours(known, hours[0], last)) == len(hours):
        # What is missing lies in the hour before, which is the day's before.
        return in_hours
    beyond = total_wh - fsum(_part_between(row, start, stop) for row in rows)
    # Of an interval that lies in two days nobody knows how much is whose.
    divided = fsum(row.energy_wh for row in rows if row.start < start or row.start < stop < row.end)
    return in_hours if abs(beyond) < max(SAME_WH, divided) else max(0.0, in_hours + beyond)


def _part_between(interval: Interval, start: datetime, end: datetime) -> float:
    """Return what of an interval's energy lies between two instants, divided by time."""
    length = min(interval.end, end) - max(interval.start, start)
    return max(0.0, interval.energy_wh * (length / (interval.end - interval.start)))


def _exact(hours: dict[datetime, float], total_wh: float) -> dict[datetime, float]:
    """Take out what adding up in binary has left."""
    # The second hour is finer than the total in every case, the first may be as coarse.
    for hour in nlargest(2, hours, key=lambda one: hours[one]):
        if fsum(hours.values()) != total_wh:
            hours[hour] = fsum([total_wh, *(-energy for other, energy in hours.items() if other != hour)])
    return hours


def _apart(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals ascending, without those that begin before the one before has ended: they would count twice."""
    found: list[Interval] = []
    for interval in sorted(intervals, key=lambda one: one.start):
        if not found or interval.start >= found[-1].end:
            found.append(interval)
    return found


def _missing(place: Place, hours: Sequence[datetime], sunny: Sequence[float], known: Iterable[Interval]) -> list[float]:
    """Return the weights of those parts of a day's hours that no interval covers: along the sun if it has weights."""
    full = dict(zip(hours, sunny or [1.0] * len(hours), strict=True))
    missing = dict.fromkeys(hours, 0.0)
    for gap_start, gap_end in _gaps(hours[0], hours[-1] + HOUR, known):
        for hour, start, end in _pieces(gap_start, gap_end):
            if end - start == HOUR:
                missing[hour] = full[hour]
            else:
                missing[hour] += _sunshine(place, start, end) if sunny else (end - start) / HOUR
    return list(missing.values())


def _gaps(start: datetime, end: datetime, known: Iterable[Interval]) -> Iterator[tuple[datetime, datetime]]:
    """Yield what ascending intervals leave out between two instants."""
    for interval in known:
        if interval.start > start:
            yield start, min(interval.start, end)
        start = max(start, interval.end)
    if start < end:
        yield start, end


def _pieces(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Cut a stretch of time at the hours: yield the hour, and start and end of the piece in it."""
    while start < end:
        hour = hour_of(start)
        last = min(end, hour + HOUR)
        yield hour, start, last
        start = last


def _divided(interval: Interval) -> Iterator[tuple[datetime, float]]:
    """Yield what of an interval's energy belongs to which hour."""
    length = interval.end - interval.start
    pieces = list(_pieces(interval.start, interval.end))
    left = interval.energy_wh
    for hour, start, end in pieces[:-1]:
        # Cut towards zero, so that what is left for the last hour never changes its sign.
        part = trunc(interval.energy_wh * ((end - start) / length) * _GRAIN) / _GRAIN
        left -= part
        yield hour, part
    yield pieces[-1][0] if pieces else hour_of(interval.start), left


def _sunny(place: Place, hours: Iterable[datetime]) -> list[float]:
    """Return the sunshine of hours, or nothing where the sun does not rise in any of them."""
    found = [_sunshine(place, hour, hour + HOUR) for hour in hours]
    return found if any(found) else []


def _sunshine(place: Place, start: datetime, end: datetime) -> float:
    """Return the sine of the sun's height, summed up over a stretch of an hour at most; nothing below the horizon."""
    first, length = start.timestamp(), (end - start).total_seconds()
    rise, fall = height_sine(place, first), height_sine(place, first + length)
    if max(rise, fall) < -_BULGE:
        return 0.0
    steps = ceil(length / _STEP)
    between = [height_sine(place, first + number * length / steps) for number in range(1, steps)]
    return fsum(_lit(one, two) for one, two in pairwise([rise, *between, fall])) * length / steps / HOUR.total_seconds()


def _lit(one: float, two: float) -> float:
    """Return the mean height along a straight line, of which nothing below the horizon counts."""
    low, high = min(one, two), max(one, two)
    if high <= 0:
        return 0.0
    return (low + high) / 2 if low >= 0 else high * high / (high - low) / 2
