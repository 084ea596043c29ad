"""Series of intervals: how a newer answer is merged into an older one, and what lies between two instants.

A series maps the start of each interval (aware UTC) to the interval, ascending. Energies are Wh.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Reversible
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, takewhile
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

from .elements import Interval, LifetimeBase

type Series = Mapping[datetime, Interval]
type Dark = Callable[[datetime, datetime], bool]
"""Returns whether it is dark at a system from one instant to another."""

EMPTY: Series = MappingProxyType({})
WAITS_FOR_ROWS = timedelta(hours=60)
"""How long a lifetime base waits for the missing rows of a day; they are kept a little longer."""


def never_dark(_start: datetime, _end: datetime) -> bool:
    """Stand in for the sun where nobody knows it."""
    return False


@lru_cache(maxsize=64)
def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the date at the system."""
    return now.astimezone(zone).date()


@lru_cache(maxsize=256)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a system's day, as aware UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def backward(series: Series) -> Iterator[datetime]:
    """Yield the starts of the intervals, newest first."""
    return reversed(cast("Reversible[datetime]", series))


def newest_end(series: Series) -> datetime | None:
    """Return the end of the newest interval."""
    return next((series[start].end for start in backward(series)), None)


def merged(old: Series, new: Iterable[Interval], now: datetime, keep: timedelta) -> Series:
    """Merge both, the newer answer winning, ascending, without what is too old to matter.

    An older interval that a newer one overlaps goes: it is from another source, which divides the time otherwise.
    What is as it was stays the same object, each interval and the series as a whole: nobody has to look at it again.
    """
    oldest = now - keep
    told = {interval.start: interval for interval in new}
    fresh = {start: one for start, one in told.items() if (known := old.get(start)) is not one and known != one}
    if old and (not fresh or min(fresh) >= (newest_end(old) or oldest)):
        return _continued(old, fresh, oldest)
    shared = {start: fresh.get(start) or old[start] for start in told}
    both = {**_apart(old, told), **shared} if old and told else {**old, **shared}
    return MappingProxyType({start: both[start] for start in sorted(both) if both[start].end > oldest})


def _continued(old: Series, later: Series, oldest: datetime) -> Series:
    """Return a series with intervals after its end, without those that end by `oldest`: it is not gone through."""
    gone = list(takewhile(lambda start: old[start].end <= oldest, old))
    if not gone and not later:
        return old
    both = dict(old)
    for start in gone:
        del both[start]
    both.update((start, later[start]) for start in sorted(later) if later[start].end > oldest)
    return MappingProxyType(both)


def _apart(old: Series, fresh: Series) -> Series:
    """Return the older intervals that no newer one overlaps."""
    starts = sorted(fresh)
    ends = list(accumulate((fresh[start].end for start in starts), max))

    def overlaps(interval: Interval) -> bool:
        # The newer ones that begin before its end: one of them ends after its start, or none does.
        count = bisect_left(starts, interval.end)
        return count > 0 and ends[count - 1] > interval.start

    return {start: interval for start, interval in old.items() if not overlaps(interval)}


def inside(intervals: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield the intervals that lie wholly between two instants."""
    return (interval for interval in intervals if start <= interval.start and interval.end <= end)


def day_energy_wh(
    intervals: Iterable[Interval], day: date, zone: ZoneInfo, until: datetime | None = None
) -> float | None:
    """Sum up the intervals that lie in a system's day (and end by `until`), in Wh; `None` where there is none."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    end = end if until is None else min(end, until)
    parts = [interval.energy_wh for interval in inside(intervals, start, end)]
    return sum(parts) if parts else None


def unbroken_wh(series: Series, start: datetime, end: datetime, dark: Dark = never_dark) -> float | None:
    """Return the energy between two instants in Wh; `None` unless intervals cover it without a gap or overlap.

    Of production nothing is missing in the `dark`.
    """
    total = 0.0
    while start < end:
        interval = series.get(start)
        if interval is None:
            following = min((at for at in series if at > start), default=end)
            if not dark(start, min(following, end)):
                return None
            start = min(following, end)
            continue
        if not start < interval.end <= end:
            return None
        total += interval.energy_wh
        start = interval.end
    return total if start == end else None


def rolled(base: LifetimeBase, series: Series, now: datetime, zone: ZoneInfo, dark: Dark = never_dark) -> LifetimeBase:
    """Return a lifetime base carried on by the days that the series knows, up to the start of yesterday.

    Yesterday is left out, because its rows may still be corrected. A day with a gap is waited for as long as its rows
    are kept; then what is known of it has to do, until the cloud is asked anew. Nothing is missing in the `dark`.
    """
    yesterday = local_day(now, zone) - timedelta(days=1)
    while base.day < yesterday:
        start, following = midnight(base.day, zone), base.day + timedelta(days=1)
        missing_since, energy = base.missing_since, unbroken_wh(series, start, midnight(following, zone), dark)
        if energy is None:
            rows = list(inside(series.values(), start, midnight(following, zone)))
            if not rows or start > now - WAITS_FOR_ROWS:
                break
            missing_since, energy = missing_since or base.day, sum(row.energy_wh for row in rows)
        base = LifetimeBase(day=following, before_wh=base.before_wh + energy, missing_since=missing_since)
    return base


def with_late_rows(base: LifetimeBase, before: Series, series: Series, zone: ZoneInfo) -> LifetimeBase:
    """Return a base that was carried on over missing rows with those of them that have come since.

    `before` are the rows that it was carried on by, `series` those that are known now.
    """
    if base.missing_since is None or series is before:
        return base
    start, end = midnight(base.missing_since, zone), midnight(base.day, zone)
    late = [
        row.energy_wh - (before[at].energy_wh if at in before else 0.0)
        for at, row in series.items()
        if start <= at < end and before.get(at) != row
    ]
    return replace(base, before_wh=base.before_wh + sum(late)) if late else base


def complete_until(base: LifetimeBase, series: Series, zone: ZoneInfo, dark: Dark = never_dark) -> datetime:
    """Return up to when a base and the rows after it have everything (aware UTC); nothing is missing in the dark."""
    at = midnight(base.missing_since or base.day, zone)
    if base.missing_since is not None:
        return at
    for start, row in series.items():
        if row.end <= at:
            continue
        if start > at and not dark(at, start):
            break
        at = row.end
    return at
