"""What several Enphase answers tell of a system alike."""

from datetime import date, datetime, timedelta
from typing import Any

from .plant import Plant
from .slots import local_date, slot_time


def status_of(plant: Plant, now: datetime) -> str:
    """Return the system's status.

    What a test has set, else ``comm`` while an Envoy is silent, ``micro`` while a microinverter is mute, else
    ``normal``.
    """
    if plant.status is not None:
        return plant.status
    if any(gateway.silent for gateway in plant.gateways.values()):
        return "comm"
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
    """Tell whether a revenue-grade meter is fitted by now."""
    return plant.revenue_meter is not None and plant.revenue_meter.installed <= now


def meter_start_date(plant: Plant) -> date | None:
    """Return the first full day of the revenue-grade meter, from which on its values are used; None without a meter."""
    if plant.revenue_meter is None:
        return None
    return local_date(plant.revenue_meter.installed, plant.zone) + timedelta(days=1)
