"""Enphase v2's energy: summary, stats, energy_lifetime, monthly_production (Enphase v2 documentation)."""

from datetime import datetime, timedelta
from typing import Any

from ..dates import add_months
from ..plant.devices import RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_DAY, local_date, midnight_slot, slot_of, slot_time
from . import energy
from .meta import meta
from .v2_errors import unprocessable
from .v2_period import a_year_ago, asked_days, asked_slots
from .v2_request import SystemRequest


def summary(request: SystemRequest) -> dict[str, Any]:
    """Return the state of a system today or on a day past. Raise Refusal (422)."""
    plant, now = request.plant, request.now
    today = plant.local_day(now)
    day = request.day("summary_date") or today
    if day > today:
        raise unprocessable("Requested date is in the future", {"summary_date": day.isoformat()})
    return energy.state(plant, day, now, stays=request.switches.enphase_power_stays)


def stats(request: SystemRequest) -> dict[str, Any]:
    """Return rows of five minutes as the microinverters reported them; the dark hours are a gap.

    Raise Refusal (422).
    """
    plant, now = request.plant, request.now
    body: dict[str, Any] = {
        "system_id": plant.id,
        "total_devices": len(plant.active_inverters(now)),
        "meta": meta(plant, now),
        "intervals": [],
    }
    start, end = asked_slots(request, 1)
    if not plant.inverters or slot_time(start) < a_year_ago(plant, now):
        return body
    newest = plant.newest_slot(now)
    last = plant.series.last_lit(newest)
    operational = slot_of(plant.operational_at)
    if last is None or start > last or end <= operational or end < start:
        raise unprocessable(
            "Requested date range is invalid for this system",
            {
                "start_at": start * SLOT_SECONDS,
                "end_at": end * SLOT_SECONDS,
                "first_interval": operational * SLOT_SECONDS,
                "last_interval": None if last is None else (last + 1) * SLOT_SECONDS,
            },
        )
    start = max(start, operational)
    limits = plant.readable_by_inverter(now)
    for slot in range(start, min(end, start + SLOTS_PER_DAY, newest)):
        if plant.series.is_lit(slot) and (row := energy.row_of(plant, slot, limits)):
            body["intervals"].append(row)
    return body


def energy_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return the Wh of each day, on request also by the microinverters and by the meter alone. Raise Refusal (422)."""
    plant, now = request.plant, request.now
    first_day = local_date(plant.operational_at, plant.zone) if plant.operational_at <= now else None
    start, days = asked_days(request, first_day)
    by_source = request.call.query.get("production") == "all"
    return energy.energy_lifetime(plant, start, days, now, by_source=by_source)


def monthly_production(request: SystemRequest) -> dict[str, Any]:
    """Return the Wh from a date to the day before the same date of the next month. Raise Refusal (422)."""
    plant, now = request.plant, request.now
    start = request.day("start_date")
    if start is None:
        raise unprocessable("start_date is missing", {})
    after = add_months(start, 1)
    last = after - timedelta(days=1)
    echo = {"start": start.isoformat(), "end": last.isoformat()}
    if after > plant.local_day(now):
        raise unprocessable("The start date must be at least one month ago", echo)
    begin, stop = midnight_slot(start, plant.zone), midnight_slot(after, plant.zone)
    return {
        "system_id": plant.id,
        "start_date": start,
        "end_date": last,
        "production_wh": energy.merged_wh(plant, begin, stop, now),
        "meter_readings": [
            {
                "serial_number": meter.serial,
                "start": _reading(plant, meter, begin, now),
                "end": _reading(plant, meter, stop, now),
            }
            for meter in plant.revenue_meters
            if meter.installed <= now
        ],
        "meta": meta(plant, now),
    }


def _reading(plant: Plant, meter: RevenueMeter, slot: int, now: datetime) -> int:
    """Return how many Wh a meter had counted at a slot, as far as the cloud knows."""
    return plant.meter_until(meter.serial, min(slot, plant.meter_readable_until(meter, now)))
