"""Which time an Enphase request asks for (Enphase v2 documentation)."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from ..plant.plant import Plant
from ..plant.slots import SLOT_SECONDS, add_months, epoch, midnight_slot, slot_date, slot_time
from ..web import Call
from .format import read_date, read_number, unprocessable


def asked_slots(plant: Plant, call: Call, step: int) -> tuple[int, int]:
    """Return the asked period in slots, rounded down to full steps; by default from local midnight to now."""
    start_at, end_at = read_number(call, "start_at"), read_number(call, "end_at")
    midnight = midnight_slot(plant.local_day(call.now), plant.zone)
    start = midnight if start_at is None else start_at // SLOT_SECONDS
    end = (epoch(call.now) if end_at is None else end_at) // SLOT_SECONDS
    return start // step * step, end // step * step


def a_month_later(plant: Plant, slot: int) -> int:
    """Return the slot of the same local time one month after a slot."""
    day = slot_date(slot, plant.zone)
    return midnight_slot(add_months(day, 1), plant.zone) + slot - midnight_slot(day, plant.zone)


def a_year_ago(plant: Plant, now: datetime) -> datetime:
    """Return the local midnight one year before today."""
    return slot_time(midnight_slot(add_months(plant.local_day(now), -12), plant.zone))


def asked_days(plant: Plant, call: Call, first_day: date | None) -> tuple[date | None, list[tuple[int, int]]]:
    """Return the first asked day, by default `first_day`, and each day's slots, by default up to yesterday.

    The last day is no later than the newest that anything was reported of. Raise Refusal (422) for impossible days.
    """
    today = plant.local_day(call.now)
    asked_start, asked_end = read_date(call, "start_date"), read_date(call, "end_date")
    start = asked_start or first_day
    # The slot before the newest boundary is the last that anything was reported of.
    reported = slot_date(plant.newest_slot(call.now) - 1, plant.zone)
    end = asked_end or min(today - timedelta(days=1), reported)
    echo = {"start": start.isoformat() if start else None, "end": end.isoformat()}
    if (asked_start and asked_start > today) or (asked_end and asked_end > today):
        raise unprocessable("Requested date is in the future", echo)
    if asked_end and start and asked_end < start:
        raise unprocessable("Requested date range is invalid for this system", echo)
    days = [start + timedelta(days=offset) for offset in range((end - start).days + 1)] if start else []
    bounds = [midnight_slot(day, plant.zone) for day in [*days, *([end + timedelta(days=1)] if days else [])]]
    return start, list(pairwise(bounds))
