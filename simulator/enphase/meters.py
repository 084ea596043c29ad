"""Enphase's production meters, in v2 and v4 alike (Enphase v2 documentation)."""

from datetime import datetime
from typing import Any

from ..plant.devices import RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_DAY, SLOTS_PER_QUARTER, a_month_later, slot_after, slot_of, slot_time
from .meta import meta

_LATE_MOST_SLOTS = 7 * SLOTS_PER_DAY


def meter_wh(plant: Plant, start: int, end: int, now: datetime) -> int:
    """Return the Wh that the revenue-grade meters counted between two slots, as far as the cloud knows."""
    total = 0
    for meter in plant.revenue_meters:
        if meter.installed <= now:
            stop = max(start, min(end, plant.meter_readable_until(meter, now)))
            total += plant.meter_until(meter.serial, stop) - plant.meter_until(meter.serial, start)
    return total


def rgm_rows(plant: Plant, start: int, end: int, now: datetime, *, late: bool) -> dict[str, Any]:
    """Return rows of fifteen minutes between two slots as the revenue-grade meters measured them, at night too.

    As in late v2 each meter has its rows too, and seven days are the most.
    """
    meters = [meter for meter in plant.revenue_meters if meter.installed <= now]
    body: dict[str, Any] = {
        "system_id": plant.id,
        "total_devices": sum(meter.active_at(now) for meter in meters),
        "meta": meta(plant, now),
        "intervals": [],
    }
    if late:
        body["meter_intervals"] = []
    if not meters or end <= start:
        return body
    first = slot_of(max(min(meter.installed for meter in meters), plant.operational_at))
    start = max(start, -(-first // SLOTS_PER_QUARTER) * SLOTS_PER_QUARTER)
    end = min(end, start + _LATE_MOST_SLOTS if late else a_month_later(start, plant.zone))
    counted: dict[str, dict[int, int]] = {meter.serial: quarters_of(plant, meter, start, end, now) for meter in meters}
    ends = sorted({quarter for rows in counted.values() for quarter in rows})
    for quarter in ends:
        reported = [rows[quarter] for rows in counted.values() if quarter in rows]
        body["intervals"].append(
            {"end_at": slot_time(quarter), "wh_del": sum(reported), "devices_reporting": len(reported)}
        )
    if late:
        body["meter_intervals"] = [
            {
                "meter_serial_number": meter.serial,
                "envoy_serial_number": meter.gateway,
                "intervals": [_late_row(quarter, counted[meter.serial].get(quarter)) for quarter in ends],
            }
            for meter in meters
            if meter.active_at(now) or counted[meter.serial]
        ]
    return body


def quarters_of(plant: Plant, meter: RevenueMeter, start: int, end: int, now: datetime) -> dict[int, int]:
    """Return the Wh of each quarter hour that a meter has reported, by the slot it ends with."""
    first, last = slot_of(meter.installed), slot_after(meter.retired) if meter.retired else end
    end = min(end, plant.meter_readable_until(meter, now))
    until, serial = plant.meter_until, meter.serial
    return {
        quarter + SLOTS_PER_QUARTER: until(serial, quarter + SLOTS_PER_QUARTER) - until(serial, quarter)
        for quarter in range(start, end - SLOTS_PER_QUARTER + 1, SLOTS_PER_QUARTER)
        if first < quarter + SLOTS_PER_QUARTER and quarter < last
    }


def production_readings(plant: Plant, end_at: int | None, now: datetime) -> dict[str, Any]:
    """Return how far each revenue-grade meter had counted at a time in epoch seconds, by default now.

    Replaced ones stay listed.
    """
    readings = []
    for meter in plant.revenue_meters:
        slot = plant.meter_readable_until(meter, now)
        if end_at is not None:
            slot = min(slot, end_at // SLOT_SECONDS)
        if meter.retired is not None:
            slot = min(slot, slot_after(meter.retired))
        if slot >= slot_after(meter.installed):
            readings.append(
                {
                    "serial_number": meter.serial,
                    "value": plant.meter_until(meter.serial, slot),
                    "read_at": slot_time(slot),
                }
            )
    return {"system_id": plant.id, "meter_readings": readings, "meta": meta(plant, now)}


def _late_row(quarter: int, energy_wh: int | None) -> dict[str, Any]:
    return {
        "channel": 1,
        "end_at": slot_time(quarter),
        "wh_del": energy_wh,
        "curr_w": None if energy_wh is None else energy_wh * 4,
    }
