"""Which time a request of Enphase v4 asks for (Enphase v4 specification, release notes of April 2023)."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from ..dates import add_months
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_DAY, epoch, local_date, midnight_slot, slot_date
from .v4_errors import unprocessable
from .v4_request import SystemRequest

_LENGTHS = {"5mins": 1, "15mins": 3, "day": SLOTS_PER_DAY, "week": 7 * SLOTS_PER_DAY}
_DAYS = {"day": 1, "week": 7}
_MOST_DAYS = 7
_OLDEST_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What telemetry is asked for: slots, the last not among them."""

    start: int
    end: int
    granularity: str
    bounds: dict[str, Any]
    """How the answer echoes both."""

    def rows(self, step: int, until: int) -> range:
        """Return the slots with which rows of so many slots begin, as far as they end before the slot `until`."""
        start = self.start // step * step
        # However short the time is that is asked for, there is one row of it.
        end = max(self.end, start + step) if self.end > self.start else self.end
        return range(start, min(end, until) - step + 1, step)


def asked_period(request: SystemRequest) -> Period:
    """Return the period of a request for telemetry. Raise Refusal (422).

    It begins at local midnight and lasts for the granularity, a day unless another is given. The day of an instant has
    24 hours; that of a date has 23 or 25 when the clocks are changed.
    """
    query = request.call.query
    granularity = query.get("granularity", "day")
    if granularity not in _LENGTHS:
        raise unprocessable(f"granularity {granularity} is not supported")
    if "start_at" not in query and (first := request.day("start_date")):
        start, end, bounds = _by_date(request, granularity, first)
    else:
        start, end, bounds = _by_instant(request, granularity)
    if start < midnight_slot(add_months(request.plant.local_day(request.now), -_OLDEST_MONTHS), request.plant.zone):
        raise unprocessable("Requested date range is invalid: the start must not be more than two years ago")
    return Period(start=max(start, _first_slot(request)), end=end, granularity=granularity, bounds=bounds)


def asked_days(request: SystemRequest) -> tuple[date | None, list[tuple[int, int]]]:
    """Return the first day of a lifetime series and the slots of each of its days. Raise Refusal (422).

    By default it goes from the first day to yesterday, or to today where it begins today.
    """
    plant, today = request.plant, request.plant.local_day(request.now)
    if plant.operational_at > request.now:
        return None, []
    asked_start, asked_end = request.day("start_date"), request.day("end_date")
    for day in (asked_start, asked_end):
        if day and day > today:
            raise unprocessable("Requested date is in the future")
    if asked_start and asked_end and asked_end < asked_start:
        raise unprocessable(_invalid(start_date=asked_start, end_date=asked_end))
    start = max(asked_start or date.min, local_date(plant.operational_at, plant.zone))
    yesterday = today - timedelta(days=1)
    reported = slot_date(plant.newest_slot(request.now) - 1, plant.zone)
    end = asked_end or (today if start == today else min(yesterday, reported))
    if request.switches.enphase_lifetime_without_today:
        end = min(end, yesterday)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)]
    bounds = [midnight_slot(day, plant.zone) for day in [*days, *([end + timedelta(days=1)] if days else [])]]
    return start, list(pairwise(bounds))


def _by_date(request: SystemRequest, granularity: str, first: date) -> tuple[int, int, dict[str, Any]]:
    """Return a period that begins with a date: first slot, end, what is echoed."""
    zone, today = request.plant.zone, request.plant.local_day(request.now)
    last = request.day("end_date")
    if first > today or (last and last > today and request.switches.enphase_future_end_refused):
        raise unprocessable("Requested date is in the future")
    if last and not first <= last < first + timedelta(days=_MOST_DAYS):
        raise unprocessable(_invalid(start_date=first, end_date=last))
    start = midnight_slot(first, zone)
    if last or granularity in _DAYS:
        after = (last or first + timedelta(days=_DAYS[granularity] - 1)) + timedelta(days=1)
        end = midnight_slot(after, zone)
    else:
        end = start + _LENGTHS[granularity]
    end = min(end, epoch(request.now) // SLOT_SECONDS)
    return start, end, {"start_date": first, "end_date": max(first, slot_date(end - 1, zone))}


def _by_instant(request: SystemRequest, granularity: str) -> tuple[int, int, dict[str, Any]]:
    """Return a period that begins with an instant, by default local midnight: first slot, end, what is echoed."""
    now = epoch(request.now)
    midnight = midnight_slot(request.plant.local_day(request.now), request.plant.zone) * SLOT_SECONDS
    start_at, end_at = request.number_or("start_at", midnight), request.number("end_at")
    if end_at is None and (last := request.day("end_date")):
        end_at = midnight_slot(last + timedelta(days=1), request.plant.zone) * SLOT_SECONDS
        end_at = min(end_at, max(now, start_at)) if last == request.plant.local_day(request.now) else end_at
    if start_at > now or (end_at is not None and end_at > now and request.switches.enphase_future_end_refused):
        raise unprocessable("Requested date is in the future")
    if end_at is not None and not 0 <= end_at - start_at <= _MOST_DAYS * 86_400:
        raise unprocessable(f"Invalid request because of '{_invalid(start_at=start_at, end_at=end_at)}'")
    start = start_at // SLOT_SECONDS
    end = start + _LENGTHS[granularity] if end_at is None else end_at // SLOT_SECONDS
    end = min(end, now // SLOT_SECONDS)
    clipped = max(start, _first_slot(request))
    return start, end, {"start_at": clipped * SLOT_SECONDS, "end_at": max(clipped, end) * SLOT_SECONDS}


def _first_slot(request: SystemRequest) -> int:
    """Return the midnight of the system's first day."""
    return midnight_slot(local_date(request.plant.operational_at, request.plant.zone), request.plant.zone)


def _invalid(**parameters: Any) -> str:
    """Return the words for an impossible range, with its ends the way the service prints them."""
    printed = [
        f":{name}=>{value}" if type(value) is int else f':{name}=>"{value}"' for name, value in parameters.items()
    ]
    return f"Requested date range is invalid for this system {{{', '.join(printed)}}}"
