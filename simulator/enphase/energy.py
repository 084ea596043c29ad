"""Enphase v2's energy: summary, stats, energy_lifetime, monthly_production (Enphase v2 documentation)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ..plant.devices import RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import (
    SLOT_SECONDS,
    SLOTS_PER_DAY,
    SLOTS_PER_HOUR,
    add_months,
    local_date,
    midnight_slot,
    slot_of,
    slot_time,
)
from ..web import Call
from .format import read_date, unprocessable
from .meta import has_meter, last_energy_at, meta, meter_start_date, status_of
from .meters import meter_wh
from .period import a_year_ago, asked_days, asked_slots


def summary(plant: Plant, call: Call, *, stays: bool) -> dict[str, Any]:
    """Return the state of a system today or on a day past; `stays` keeps the power in the evening."""
    today = plant.local_day(call.now)
    asked = read_date(call, "summary_date")
    if asked is not None and asked > today:
        raise unprocessable("Requested date is in the future", {"summary_date": asked.isoformat()})
    return state(plant, asked or today, call.now, stays=stays)


def state(plant: Plant, day: date, now: datetime, *, stays: bool) -> dict[str, Any]:
    """Return the state of a system on a day up to today."""
    start, end = plant.day_slots(day)
    current = day == plant.local_day(now)
    return {
        "current_power": current_power(plant, now, stays=stays) if current else 0,
        "energy_lifetime": merged_wh(plant, 0, start, now),
        "energy_today": merged_wh(plant, start, end, now),
        "last_interval_end_at": last_energy_at(plant, now),
        "last_report_at": plant.reported_at(now),
        "modules": len(plant.active_inverters(now)) if current else 0,
        "operational_at": plant.operational_at if plant.operational_at <= now else None,
        "size_w": plant.size_w(now) if current else 0,
        "source": "meter" if has_meter(plant, now) else "microinverters",
        "status": status_of(plant, now),
        "summary_date": day,
        "system_id": plant.id,
    }


def stats(plant: Plant, call: Call) -> dict[str, Any]:
    """Return rows of five minutes as the microinverters reported them; the dark hours are a gap."""
    body: dict[str, Any] = {
        "system_id": plant.id,
        "total_devices": len(plant.active_inverters(call.now)),
        "meta": meta(plant, call.now),
        "intervals": [],
    }
    start, end = asked_slots(plant, call, 1)
    if not plant.inverters or slot_time(start) < a_year_ago(plant, call.now):
        return body
    newest = plant.newest_slot(call.now)
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
    limits = plant.readable_by_inverter(call.now)
    for slot in range(start, min(end, start + SLOTS_PER_DAY, newest)):
        if plant.series.is_lit(slot) and (row := row_of(plant, slot, limits)):
            body["intervals"].append(row)
    return body


def energy_lifetime(plant: Plant, call: Call) -> dict[str, Any]:
    """Return the energy of each day, on request also by the microinverters and by the meter alone."""
    now = call.now
    first_day = local_date(plant.operational_at, plant.zone) if plant.operational_at <= now else None
    start, spans = asked_days(plant, call, first_day)
    body: dict[str, Any] = {"system_id": plant.id, "start_date": start}
    metered = meter_start_date(plant) if has_meter(plant, now) else None
    if metered:
        body["meter_start_date"] = metered
    body["production"] = [merged_wh(plant, begin, stop, now) for begin, stop in spans]
    if call.query.get("production") == "all":
        body["micro_production"] = [plant.readable_wh(begin, stop, now) for begin, stop in spans]
        body["meter_production"] = [meter_wh(plant, begin, stop, now) for begin, stop in spans]
    body["meta"] = meta(plant, now)
    return body


def monthly_production(plant: Plant, call: Call) -> dict[str, Any]:
    """Return the energy of the month from a date to the day before the same date of the next month."""
    start = read_date(call, "start_date")
    if start is None:
        raise unprocessable("start_date is missing", {})
    after = add_months(start, 1)
    last = after - timedelta(days=1)
    echo = {"start": start.isoformat(), "end": last.isoformat()}
    if after > plant.local_day(call.now):
        raise unprocessable("The start date must be at least one month ago", echo)
    begin, stop = midnight_slot(start, plant.zone), midnight_slot(after, plant.zone)
    return {
        "system_id": plant.id,
        "start_date": start,
        "end_date": last,
        "production_wh": merged_wh(plant, begin, stop, call.now),
        "meter_readings": [
            {
                "serial_number": meter.serial,
                "start": _reading(plant, meter, begin, call.now),
                "end": _reading(plant, meter, stop, call.now),
            }
            for meter in plant.revenue_meters
            if meter.installed <= call.now
        ],
        "meta": meta(plant, call.now),
    }


def row_of(plant: Plant, slot: int, limits: Mapping[str, int]) -> dict[str, Any] | None:
    """Return the row of one slot: the inverters that have told of it before their limits; None where none has."""
    active = plant.active_inverters(slot_time(slot))
    told = [inverter for inverter in active if limits[inverter.serial] > slot]
    # The first and the last slots of daylight are too dim for some of them to wake.
    settled = plant.series.is_lit(slot - 1) and plant.series.is_lit(slot + 1)
    if settled and len(told) == len(active):
        energy, reporting = plant.series.production(slot, slot + 1), len(told)
    else:
        energy = reporting = 0
        for inverter in told:
            produced = plant.inverter_until(inverter.serial, slot + 1) - plant.inverter_until(inverter.serial, slot)
            energy += produced
            reporting += bool(settled or produced or inverter.weight % 2)
    if not reporting:
        return None
    return {
        "end_at": slot_time(slot + 1),
        "powr": energy * SLOTS_PER_HOUR,
        "enwh": energy,
        "devices_reporting": reporting,
    }


def current_power(plant: Plant, now: datetime, *, stays: bool) -> int:
    """Return the mean power of the newest slot that the cloud knows of, in W."""
    newest = plant.newest_slot(now)
    if meters := [meter for meter in plant.revenue_meters if meter.active_at(now)]:
        newest = max(plant.meter_readable_until(meter, now) for meter in meters)
    slot = newest - 1
    if stays:
        slot = plant.series.last_lit(newest) or slot
        while plant.series.is_lit(slot) and _measured_wh(plant, slot, now) == 0:
            slot -= 1
    return _measured_wh(plant, slot, now) * SLOTS_PER_HOUR


def _measured_wh(plant: Plant, slot: int, now: datetime) -> int:
    """Return the energy of one slot by whatever measures the system."""
    return merged_wh(plant, slot, slot + 1, now)


def _reading(plant: Plant, meter: RevenueMeter, slot: int, now: datetime) -> int:
    """Return how far a meter had counted at a slot, as far as the cloud knows."""
    return plant.meter_until(meter.serial, min(slot, plant.meter_readable_until(meter, now)))


def merged_wh(plant: Plant, start: int, end: int, now: datetime) -> int:
    """Return the Wh between two slots: by the microinverters before the meter's first full day, by the meter after."""
    first_metered: date | None = meter_start_date(plant) if has_meter(plant, now) else None
    if first_metered is None:
        return plant.readable_wh(start, end, now)
    border = min(max(midnight_slot(first_metered, plant.zone), start), end)
    return plant.readable_wh(start, border, now) + meter_wh(plant, border, end, now)
