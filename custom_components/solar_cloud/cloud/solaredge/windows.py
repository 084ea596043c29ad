"""SolarEdge's calendar: how long a bucket is, how much one request may span, and which windows a job has to ask for.

All instants are aware UTC. Buckets of a day and longer follow the site's own time zone, shorter ones follow the clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ...model.data import local_day, midnight
from ...model.elements import Interval, System
from ..parse import as_time

QUARTER = timedelta(minutes=15)
REPORT_DELAY = timedelta(seconds=90)
"""How long after the end of a quarter hour the cloud is asked for it."""
LOOK_BACK = timedelta(hours=11, minutes=30)
"""How far the newest window of a quarter-hour job reaches back: late values cost nothing inside the one request.

Half an hour short of the limit, so that the request that matters most does not hang on how the cloud rounds.
"""
LEAST_LOOK_BACK = timedelta(hours=3)
"""Read even where nothing older is needed, as just after midnight: values come up to hours late."""
REACH = timedelta(hours=60)
"""Older gaps are not asked for: the lifetime figure has them anyway."""
_MINUTE = timedelta(minutes=1)
_CLOCK_ERROR = timedelta(days=1)
_FIRST_YEAR = 2000
"""SolarEdge was founded in 2006."""


class Resolution(StrEnum):
    """Bucket sizes of the cloud (SolarEdge Monitoring API V2 documentation)."""

    QUARTER_HOUR = "QUARTER_HOUR"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    TOTAL = "TOTAL"


_CLOCK_BUCKETS = {Resolution.QUARTER_HOUR: QUARTER, Resolution.HOUR: timedelta(hours=1)}
_CLOCK_SPANS = {Resolution.QUARTER_HOUR: timedelta(hours=12), Resolution.HOUR: timedelta(hours=24)}
_MONTHS = {Resolution.DAY: 1, Resolution.WEEK: 12, Resolution.MONTH: 12}
"""Calendar months that one request may span. Documented for DAY; a year is what is known to work for WEEK and MONTH."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one request asks for: `start` ≤ bucket < `end`, aware UTC."""

    start: datetime
    end: datetime


def floor_quarter(moment: datetime) -> datetime:
    """Return the last full quarter hour at or before an instant; every zone of today is a multiple of it from UTC."""
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def windows(start: datetime, end: datetime, resolution: Resolution, zone: ZoneInfo) -> Iterator[Window]:
    """Split a time into windows that the cloud accepts at a resolution, oldest first, without overlap.

    The limits (12 hours for quarter hours, 24 for hours, a month for days) hold both by the clock and by the calendar
    of the site: on the day when summer time begins, twelve hours by the calendar are eleven.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    while start < end:
        stop = min(end, _latest_end(start, resolution, zone) or end)
        yield Window(start, stop)
        start = stop


def bucket_end(start: datetime, resolution: Resolution, zone: ZoneInfo) -> datetime | None:
    """Return the end (UTC) of the bucket that begins at an instant; `None` for TOTAL, which ends with its period."""
    if (length := _CLOCK_BUCKETS.get(resolution)) is not None:
        return start + length
    local = start.astimezone(zone)
    match resolution:
        case Resolution.DAY:
            day = local.date() + timedelta(days=1)
        case Resolution.WEEK:
            day = local.date() + timedelta(days=7)
        case Resolution.MONTH:
            day = _add_months(local.date().replace(day=1), 1)
        case Resolution.YEAR:
            day = date(local.year + 1, 1, 1)
        case _:
            return None
    return datetime.combine(day, time(), zone).astimezone(UTC)


def bucket_start(end: datetime, resolution: Resolution) -> datetime | None:
    """Return the start of the bucket that ends at an instant; only buckets shorter than a day are labelled so."""
    length = _CLOCK_BUCKETS.get(resolution)
    return None if length is None else end - length


@dataclass(frozen=True, slots=True)
class Asked:
    """An unbroken stretch of time that has been asked for and answered, aware UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, text: str | None) -> Asked | None:
        """Read what `text` has written; `None` where that is no stretch of time."""
        start, end = (as_time(part) for part in (text or "").partition("/")[::2])
        return cls(start, end) if start is not None and end is not None and start <= end else None

    def text(self) -> str:
        """Write the stretch, to be kept in a note."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    def joined(self, newer: Asked) -> Asked:
        """Return one stretch for both, or only the newer where there is a gap between them."""
        return Asked(min(self.start, newer.start), max(self.end, newer.end)) if newer.start <= self.end else newer


def needed_from(day: date | None, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant from which every interval is needed: the start of the day that a lifetime is known up to.

    It is the start of today where no lifetime is known, or none that a job could still carry on from.
    """
    today = midnight(local_day(now, zone), zone)
    if day is None:
        return today
    start = midnight(day, zone)
    return start if now - REACH <= start < today else today


def whole_life(now: datetime, zone: ZoneInfo) -> Window:
    """Return the time up to now in which any site may have produced.

    The date of the installation is what somebody typed, and one request reaches as far back as it likes: some sites
    have been producing for years before it.
    """
    return Window(midnight(date(_FIRST_YEAR, 1, 1), zone), now)


def life_since_installation(system: System, now: datetime, zone: ZoneInfo) -> Window | None:
    """Return the time from the year of the installation on; `None` without a date, or with one that lies ahead."""
    start = system.installed_at
    if start is None or start > now:
        return None
    return Window(midnight(date(start.astimezone(zone).year, 1, 1), zone), now)


def not_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    """Return an instant that a cloud has stamped; `None` for one that is further ahead than its clock may be."""
    return None if moment is None or moment > now + _CLOCK_ERROR else moment


def day_so_far(now: datetime, zone: ZoneInfo) -> Window | None:
    """Return the site's day up to now; `None` in its first minute."""
    start = midnight(local_day(now, zone), zone)
    return Window(start, now) if now - start >= _MINUTE else None


def newest_window(needed: datetime, known: Iterable[datetime], now: datetime, zone: ZoneInfo) -> Window:
    """Return the one window that every run of a quarter-hour job asks for: it ends with the last complete bucket.

    It reaches back as far as one request allows, because that costs nothing and takes in what came late, but not beyond
    both `needed` and the oldest of the `known` starts: part of a day that nobody asked for would look like a whole one.
    """
    end = floor_quarter(now)
    reach = min((needed, end - LEAST_LOOK_BACK, *known))
    return windows_backward(max(end - LOOK_BACK, reach), end, zone)[0]


def older_windows(
    newest: Window,
    needed: datetime,
    oldest: datetime,
    known: Mapping[datetime, Interval],
    asked: Asked | None,
    zone: ZoneInfo,
) -> list[Window]:
    """Return the windows before the newest one that have not been read yet, newest first.

    What counts as read: an unbroken row of known intervals from `needed` on, and what this client has asked for. A
    bucket that stays empty (many sites are silent at night) is thus paid for once, not with every run. After a pause it
    goes on where it had stopped, if that is not before `oldest`.
    """
    start = known_until(known, needed)
    if asked is not None and asked.start <= start:
        start = max(start, asked.end)
    stopped = asked.end if asked is not None else _known_before(known, newest.start)
    if stopped is not None and stopped < newest.start:
        start = min(start, max(stopped, oldest))
    return windows_backward(start, newest.start, zone)


def late_windows(
    newest: Window,
    oldest: datetime,
    known: Mapping[datetime, Interval],
    brought: Iterable[datetime],
    zone: ZoneInfo,
) -> list[Window]:
    """Return the windows of a gap that is just being filled, newest first: a logger has come back and sends its store.

    The sign is a new value at the very beginning of the newest window: the gap's older end lies before it, and is
    looked for no further back than `oldest`.
    """
    before = _known_before(known, newest.start)
    if before is None or newest.start in known or newest.start not in set(brought):
        return []
    return windows_backward(max(before, oldest), newest.start, zone)


def known_until(known: Mapping[datetime, Interval], start: datetime) -> datetime:
    """Return the end of the unbroken row of intervals that begins at `start`."""
    while (interval := known.get(start)) is not None and interval.end > start:
        start = interval.end
    return start


def _known_before(known: Mapping[datetime, Interval], moment: datetime) -> datetime | None:
    """Return the end of the newest interval that begins before an instant."""
    return max((interval.end for start, interval in known.items() if start < moment), default=None)


def windows_backward(start: datetime, end: datetime, zone: ZoneInfo) -> list[Window]:
    """Split a time into windows for quarter hours, newest first and each as long as it may be."""
    result: list[Window] = []
    while start < end:
        begin = max(start, end - _CLOCK_SPANS[Resolution.QUARTER_HOUR])
        latest = _latest_end(begin, Resolution.QUARTER_HOUR, zone)
        if latest is not None and latest < end:
            begin += end - latest
        result.append(Window(begin, end))
        end = begin
    return result


def _latest_end(start: datetime, resolution: Resolution, zone: ZoneInfo) -> datetime | None:
    """Return how far a request from `start` may reach; `None` where the cloud sets no limit."""
    if (span := _CLOCK_SPANS.get(resolution)) is not None:
        by_clock = start + span
        by_calendar = (start.astimezone(zone).replace(tzinfo=None) + span).replace(tzinfo=zone).astimezone(UTC)
        return min(by_clock, by_calendar) if by_calendar > start else by_clock
    if (months := _MONTHS.get(resolution)) is not None:
        local = start.astimezone(zone)
        day = _add_months(local.date(), months)
        return datetime.combine(day, local.time(), zone).astimezone(UTC)
    return None


def _add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_after - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
