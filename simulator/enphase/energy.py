"""Enphase's energy and power, in v2 and v4 alike (Enphase v2 documentation)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ..plant.plant import Plant
from ..plant.slots import SLOTS_PER_HOUR, midnight_slot, slot_time
from .meta import has_meter, last_energy_at, meta, meter_start_date, status_of
from .meters import meter_wh


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


def energy_lifetime(
    plant: Plant, start: date | None, days: Iterable[tuple[int, int]], now: datetime, *, by_source: bool
) -> dict[str, Any]:
    """Return the Wh of days, given as their slots; on request also by the microinverters and by the meters alone."""
    spans = list(days)
    body: dict[str, Any] = {"system_id": plant.id, "start_date": start}
    if has_meter(plant, now):
        body["meter_start_date"] = meter_start_date(plant)
    body["production"] = [merged_wh(plant, begin, stop, now) for begin, stop in spans]
    if by_source:
        body["micro_production"] = [plant.readable_wh(begin, stop, now) for begin, stop in spans]
        body["meter_production"] = [meter_wh(plant, begin, stop, now) for begin, stop in spans]
    return body | {"meta": meta(plant, now)}


def row_of(plant: Plant, slot: int, limits: Mapping[str, int]) -> dict[str, Any] | None:
    """Return the row of one slot: the inverters whose readings of it are known; None where none is.

    `limits` has for each inverter the slot before which its readings are known.
    """
    active = plant.active_inverters(slot_time(slot))
    known = [inverter for inverter in active if limits[inverter.serial] > slot]
    # The first and the last slots of daylight are too dim for some of them to wake.
    settled = plant.series.is_lit(slot - 1) and plant.series.is_lit(slot + 1)
    if settled and len(known) == len(active):
        energy, reporting = plant.series.production(slot, slot + 1), len(known)
    else:
        energy = reporting = 0
        for inverter in known:
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


def merged_wh(plant: Plant, start: int, end: int, now: datetime) -> int:
    """Return the Wh between two slots: by the microinverters before the meter's first full day, by the meter after."""
    first_metered: date | None = meter_start_date(plant) if has_meter(plant, now) else None
    if first_metered is None:
        return plant.readable_wh(start, end, now)
    border = min(max(midnight_slot(first_metered, plant.zone), start), end)
    return plant.readable_wh(start, border, now) + meter_wh(plant, border, end, now)


def _measured_wh(plant: Plant, slot: int, now: datetime) -> int:
    """Return the energy of one slot by whatever measures the system."""
    return merged_wh(plant, slot, slot + 1, now)
