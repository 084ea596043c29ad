"""What several Enphase answers have of a system alike."""

from datetime import date, datetime, timedelta
from typing import Any

from ..plant.plant import Plant
from ..plant.slots import local_date, slot_time


def status_of(plant: Plant, now: datetime) -> str:
    """Return the system's status.

    What a test has set, else ``comm`` while an Envoy is silent, ``meter`` while a revenue-grade meter is, ``micro``
    while a microinverter is mute, else ``normal``.
    """
    if plant.status is not None:
        return plant.status
    if any(gateway.silent for gateway in plant.gateways.values()):
        return "comm"
    if any(meter.silent and meter.active_at(now) for meter in plant.revenue_meters):
        return "meter"
    if any(inverter.mute_since(now) and inverter.active_at(now) for inverter in plant.inverters.values()):
        return "micro"
    return "normal"


def last_energy_at(plant: Plant, now: datetime) -> datetime | None:
    """Return the end of the last interval that inverters were awake in, as far as the cloud knows."""
    slot = plant.series.last_lit(plant.newest_slot(now))
    return None if slot is None else slot_time(slot + 1)


def meta(plant: Plant, now: datetime) -> dict[str, Any]:
    """Return the `meta` property."""
    return {
        "status": status_of(plant, now),
        "last_report_at": plant.reported_at(now),
        "last_energy_at": last_energy_at(plant, now),
        "operational_at": plant.operational_at if plant.operational_at <= now else None,
    }


def has_meter(plant: Plant, now: datetime) -> bool:
    """Return whether a revenue-grade meter is installed by now."""
    return any(meter.installed <= now for meter in plant.revenue_meters)


def meter_start_date(plant: Plant) -> date | None:
    """Return the first full day of a revenue-grade meter, from which on its values are used; None without a meter."""
    installed = min((meter.installed for meter in plant.revenue_meters), default=None)
    return None if installed is None else local_date(installed, plant.zone) + timedelta(days=1)
