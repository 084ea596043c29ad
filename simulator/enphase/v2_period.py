"""Which time a request of Enphase v2 asks for (Enphase v2 documentation)."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from ..dates import add_months
from ..plant.plant import Plant
from ..plant.slots import SLOT_SECONDS, epoch, midnight_slot, slot_date, slot_time
from .v2_errors import unprocessable
from .v2_request import SystemRequest


def asked_slots(request: SystemRequest, step: int) -> tuple[int, int]:
    """Return the asked period in slots, rounded down to full steps; by default from local midnight to now."""
    plant, now = request.plant, request.now
    start_at, end_at = request.number("start_at"), request.number("end_at")
    midnight = midnight_slot(plant.local_day(now), plant.zone)
    start = midnight if start_at is None else start_at // SLOT_SECONDS
    end = (epoch(now) if end_at is None else end_at) // SLOT_SECONDS
    return start // step * step, end // step * step


def a_year_ago(plant: Plant, now: datetime) -> datetime:
    """Return the local midnight one year before today."""
    return slot_time(midnight_slot(add_months(plant.local_day(now), -12), plant.zone))


def asked_days(request: SystemRequest, first_day: date | None) -> tuple[date | None, list[tuple[int, int]]]:
    """Return the first asked day, by default `first_day`, and each day's slots, by default up to yesterday.

    The last day is no later than the newest that anything was reported of. Raise Refusal (422) for impossible days.
    """
    plant, now = request.plant, request.now
    today = plant.local_day(now)
    asked_start, asked_end = request.day("start_date"), request.day("end_date")
    start = asked_start or first_day
    # The slot before the newest boundary is the last that anything was reported of.
    reported = slot_date(plant.newest_slot(now) - 1, plant.zone)
    end = asked_end or min(today - timedelta(days=1), reported)
    echo = {"start": start.isoformat() if start else None, "end": end.isoformat()}
    if (asked_start and asked_start > today) or (asked_end and asked_end > today):
        raise unprocessable("Requested date is in the future", echo)
    if asked_end and start and asked_end < start:
        raise unprocessable("Requested date range is invalid for this system", echo)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)] if start else []
    bounds = [midnight_slot(day, plant.zone) for day in [*days, *([end + timedelta(days=1)] if days else [])]]
    return start, list(pairwise(bounds))
