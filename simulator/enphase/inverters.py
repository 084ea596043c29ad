"""What Enphase reports of each microinverter, in late v2 and in v4 alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..plant.devices import Inverter
from ..plant.plant import Plant
from ..plant.slots import SLOTS_PER_HOUR, slot_time
from ..switches import Switches


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One inverter's newest values: those of the last interval in which it was awake, as far as the cloud knows."""

    power_w: int | None
    lifetime_wh: int
    at: datetime | None
    """The end of that interval; None where there was none yet."""
    quiet: bool
    """Whether it does not report at present."""


def reading_of(plant: Plant, inverter: Inverter, until: int, now: datetime) -> Reading:
    """Return what the cloud knows of an inverter, which is all before the slot `until`."""
    slot = plant.series.last_lit(until)
    if slot is not None and not inverter.active_at(slot_time(slot)):
        slot = None
    power = None
    if slot is not None:
        produced = plant.inverter_until(inverter.serial, slot + 1) - plant.inverter_until(inverter.serial, slot)
        power = produced * SLOTS_PER_HOUR
    return Reading(
        power_w=power,
        lifetime_wh=plant.inverter_until(inverter.serial, until),
        at=None if slot is None else slot_time(slot + 1),
        quiet=plant.gateways[inverter.gateway].silent or inverter.mute_since(now) is not None,
    )


def grouped(plant: Plant, inverters: Iterable[Inverter], now: datetime, switches: Switches) -> list[dict[str, Any]]:
    """Return inverters with their values, one group for each gateway of the plant."""
    limits = plant.readable_by_inverter(now)
    chosen = list(inverters)
    return [
        {
            "signal_strength": 0 if gateway.silent else 5,
            "micro_inverters": [
                _micro(plant, inverter, limits[inverter.serial], now, switches)
                for inverter in chosen
                if inverter.gateway == gateway.serial
            ],
        }
        for gateway in plant.gateways.values()
    ]


def micro_id(inverter: Inverter) -> int:
    """Return the number by which Enphase knows a microinverter."""
    return int(inverter.serial[-8:]) if inverter.serial[-8:].isdecimal() else 0


def _micro(plant: Plant, inverter: Inverter, until: int, now: datetime, switches: Switches) -> dict[str, Any]:
    reading = reading_of(plant, inverter, until, now)
    power: Any = reading.power_w
    if not switches.inverters_power_as_int:
        power = {"value": power, "units": "W", "precision": 0}
    energy = (
        {"value": reading.lifetime_wh * 3.6, "units": "kJ", "precision": 1}
        if switches.inverters_energy_in_kj
        else {"value": reading.lifetime_wh, "units": "Wh", "precision": 0}
    )
    return {
        "id": micro_id(inverter),
        "serial_number": inverter.serial,
        "model": inverter.model,
        "part_number": inverter.part_number,
        "sku": inverter.sku,
        "status": "micro" if reading.quiet else "normal",
        "power_produced": power,
        "proc_load": "520-00082-r01-v04.22.00",
        "param_table": "540-00134-r01-v04.22.09",
        "envoy_serial_number": inverter.gateway,
        "energy": energy,
        "grid_profile": "45fb5bfd-5bfd-45fb",
        "last_report_date": reading.at,
    }
