"""How SolarEdge V2 reads times and units, cuts time into buckets, and writes errors (SolarEdge migration notes)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..dates import add_months
from ..plant.plant import Plant
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_HOUR, SLOTS_PER_QUARTER, epoch, midnight_slot, slot_of, slot_time
from ..web import Answer, Call, Refusal

EARLIEST_YEAR, LATEST_YEAR = 1990, 2199

PROBLEM = "application/problem+json"
_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}

ENERGY_UNITS = {"WH": 1, "KWH": 1_000, "MWH": 1_000_000, "GWH": 1_000_000_000}
POWER_UNITS = {"W": 1, "KW": 1_000, "MW": 1_000_000}


class Resolution(StrEnum):
    """How long a bucket is."""

    QUARTER_HOUR = "QUARTER_HOUR"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    TOTAL = "TOTAL"

    @property
    def fine(self) -> bool:
        """Whether it is shorter than a day: power, voltage and the like exist only then."""
        return self in {Resolution.QUARTER_HOUR, Resolution.HOUR}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A time of one value, in slots."""

    start: int
    end: int

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.end - self.start) / SLOTS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Span:
    """What a request asks for."""

    start: datetime
    end: datetime
    resolution: Resolution
    zone: ZoneInfo

    def period(self) -> dict[str, str]:
        """Return the `period` of an answer, in the site's time."""
        return {"from": local(self.start, self.zone), "to": local(self.end, self.zone)}

    def buckets(self) -> Iterator[Bucket]:
        """Give the buckets that the span touches, ascending; the first may begin before the span does."""
        if self.resolution is Resolution.TOTAL:
            yield Bucket(slot_of(self.start), max(slot_of(self.end), slot_of(self.start)))
            return
        end = slot_of(self.end - timedelta(microseconds=1)) if self.end > self.start else slot_of(self.start) - 1
        if self.resolution.fine:
            step = SLOTS_PER_QUARTER if self.resolution is Resolution.QUARTER_HOUR else SLOTS_PER_HOUR
            first = slot_of(self.start) // step * step
            for start in range(first, end + 1, step):
                yield Bucket(start, start + step)
            return
        day = self._first_day()
        while (start := midnight_slot(day, self.zone)) <= end:
            day = self._next(day)
            yield Bucket(start, midnight_slot(day, self.zone))

    def _first_day(self) -> date:
        day = self.start.astimezone(self.zone).date()
        match self.resolution:
            case Resolution.WEEK:
                return day - timedelta(days=day.weekday())
            case Resolution.MONTH:
                return day.replace(day=1)
            case Resolution.YEAR:
                return day.replace(month=1, day=1)
            case _:
                return day

    def _next(self, day: date) -> date:
        match self.resolution:
            case Resolution.WEEK:
                return day + timedelta(days=7)
            case Resolution.MONTH:
                return add_months(day, 1)
            case Resolution.YEAR:
                return add_months(day, 12)
            case _:
                return day + timedelta(days=1)


def problem(status: int, detail: str) -> Refusal:
    """Return an error as problem+json."""
    return Refusal(
        Answer(
            status=status,
            content_type=PROBLEM,
            body={
                "type": "https://se-api.stoplight.io/docs/monitoring",
                "title": _TITLES.get(status, "Error"),
                "status": status,
                "detail": detail,
                "traceId": "0123456789abcdef0123456789abcdef",
            },
        )
    )


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as the API writes it: the site's time with offset."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


@lru_cache(maxsize=32768)
def local_slot(slot: int, zone: ZoneInfo) -> str:
    """Return the start of a slot as the API writes it; every series of an answer has the same ones."""
    return local(slot_time(slot), zone)


def read_span(plant: Plant, call: Call) -> Span:
    """Return the span and resolution of a request, by default quarter hours from local midnight to now.

    Raise Refusal (400) for what cannot be read, ends before it starts, or is longer than its resolution allows.
    """
    text = call.query.get("resolution", Resolution.QUARTER_HOUR)
    if text not in {*Resolution}:
        raise problem(400, f"Unknown resolution {text}")
    resolution = Resolution(text)
    start, end = read_window(plant, call)
    span = Span(start, end, resolution, plant.zone)
    if _too_long(span):
        raise problem(400, f"The time range is too long for resolution {resolution}")
    return span


def read_window(plant: Plant, call: Call) -> tuple[datetime, datetime]:
    """Return `from` and `to`, by default local midnight and now. Raise Refusal (400) where they make no sense."""
    end = _read_time(call, "to", plant.zone) or call.now
    start = _read_time(call, "from", plant.zone) or datetime.combine(plant.local_day(end), time(), plant.zone)
    if end < start:
        raise problem(400, "The time range ends before it begins")
    return start, end


def read_unit(call: Call, units: dict[str, int], *, scaled: bool) -> tuple[str, int]:
    """Return the unit to answer in and how much it is. Raise Refusal (400) for one of another kind."""
    default = list(units)[1 if scaled else 0]
    unit = call.query.get("unit", default)
    if unit not in units:
        raise problem(400, f"Unknown unit {unit}")
    return unit, units[unit]


def _read_time(call: Call, name: str, zone: ZoneInfo) -> datetime | None:
    """Return a time parameter: with Z, with an offset, or naive in the site's time. Raise Refusal (400)."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # A plus sign that was not encoded arrives as a blank, which fromisoformat does not take for an offset's sign.
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
    except ValueError:
        raise problem(400, f"{name} is not an ISO 8601 time: {text}") from None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise problem(400, f"{name} is out of range: {text}")
    return moment


def _too_long(span: Span) -> bool:
    """Return whether a span exceeds 12 hours of quarter hours, 24 hours of hours, or a month of days."""
    length = epoch(span.end) - epoch(span.start)
    match span.resolution:
        case Resolution.QUARTER_HOUR:
            return length > 12 * SLOTS_PER_HOUR * SLOT_SECONDS
        case Resolution.HOUR:
            return length > 24 * SLOTS_PER_HOUR * SLOT_SECONDS
        case Resolution.DAY:
            return over_a_month(span.start, span.end, span.zone)
        case _:
            return False


def over_a_month(start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Return whether more than a month of the site's calendar lies between two instants."""
    first, last = (moment.astimezone(zone).replace(tzinfo=None) for moment in (start, end))
    return last > datetime.combine(add_months(first.date(), 1), first.time())


def page_of[T](items: list[T], call: Call, size_name: str, most: int) -> list[T]:
    """Return the asked page, counted from 1. Raise Refusal (400)."""
    page, size = (call.query.get(name, default) for name, default in (("page", "1"), (size_name, str(most))))
    if not page.isdecimal() or not size.isdecimal() or int(page) < 1 or not 1 <= int(size) <= most:
        raise problem(400, f"page begins with 1, {size_name} is 1 to {most}")
    first = (int(page) - 1) * int(size)
    return items[first : first + int(size)]
