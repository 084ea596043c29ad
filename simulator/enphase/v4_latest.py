"""Enphase v4's power now: of the meters' channels, of batteries and of chargers (Enphase v4 release notes, 2024-01)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..plant.devices import RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import SLOTS_PER_HOUR, slot_time
from .v4_capabilities import consumption_known, storage_known
from .v4_devices import device_id
from .v4_request import SystemRequest, V4Endpoint, of_system

_CHANNELS = 3
_FORGOTTEN_AFTER = timedelta(days=7)
_PLUGGED_IN = 2 * SLOTS_PER_HOUR

type Row = dict[str, Any]


def latest_telemetry(request: SystemRequest) -> dict[str, Any]:
    """Return the mean power of the newest interval; a kind of device that the system has none of is left out."""
    kinds = {
        "meters": [*_production(request), *_consumption(request)],
        "encharges": list(_encharges(request)),
        "evse": list(_chargers(request)),
    }
    return {
        "system_id": request.plant.id,
        "items": "devices",
        "devices": {kind: rows for kind, rows in kinds.items() if rows},
    }


ENDPOINTS: tuple[V4Endpoint, ...] = (of_system("latest_telemetry", "consumption", latest_telemetry, long=False),)


def _production(request: SystemRequest) -> Iterator[Row]:
    plant = request.plant
    for meter in plant.revenue_meters:
        if meter.active_at(request.now):
            end = plant.meter_readable_until(meter, request.now)
            power = _counted_wh(plant, meter, end) * SLOTS_PER_HOUR
            yield from _channels(request, meter.serial, "production", meter.phases, end, power)


def _consumption(request: SystemRequest) -> Iterator[Row]:
    """Give the channels of the consumption meter.

    At the grid connection (Net) it measures import less export, and what is produced is added to that: the batteries
    count as consumption.
    """
    plant, meter, known = request.plant, request.plant.consumption_meter, consumption_known(request.plant, request.now)
    if meter is None or known is None:
        return
    end = known.until
    taken, given = (known.wh(plant, flow, end - 1, end) for flow in ("import", "export"))
    if meter.config == "Total":
        power = known.wh(plant, "load", end - 1, end)
    elif request.switches.enphase_direction_lost:
        power = plant.series.production(end - 1, end) + taken + given
    else:
        power = plant.series.production(end - 1, end) + taken - given
    yield from _channels(request, meter.serial, "consumption", meter.phases, end, power * SLOTS_PER_HOUR)


def _channels(request: SystemRequest, serial: str, name: str, phases: int, end: int, power: int) -> Iterator[Row]:
    """Give a meter's channels; those of its phases share its power."""
    for channel in range(1, _CHANNELS + 1):
        connected = channel <= phases
        share = power * channel // phases - power * (channel - 1) // phases
        yield {
            "id": device_id(serial),
            "name": name,
            "channel": channel,
            **_recent(request, end if connected else None, share),
        }


def _encharges(request: SystemRequest) -> Iterator[Row]:
    plant, known = request.plant, storage_known(request.plant, request.now)
    if known is None:
        return
    end = known.until
    for battery in plant.used_batteries:
        flow = plant.by_battery().flow
        given = flow(battery.serial, "discharge", end - 1, end) - flow(battery.serial, "charge", end - 1, end)
        power = given * SLOTS_PER_HOUR
        row = {"id": device_id(battery.serial), "name": f"Encharge {battery.serial}", "channel": 1}
        row |= _recent(request, end, -power if request.switches.enphase_charging_positive else power)
        mode = "Discharging" if given > 0 else "Charging" if given else "Idle"
        yield row | {"operational_mode": None if row["power"] is None else mode}


def _chargers(request: SystemRequest) -> Iterator[Row]:
    plant, charger = request.plant, request.plant.ev_charger
    if charger is None:
        return
    reported = plant.reported_at(request.now)
    yield {
        "serial_number": charger.serial,
        "name": charger.name,
        "last_report_at": reported,
        "operational_mode": None if _too_old(reported, request.now) else _mode(plant, request.now),
    }


def _mode(plant: Plant, now: datetime) -> str:
    end = plant.newest_slot(now)
    if plant.series.charged(end - 1, end):
        return "CHARGING"
    return "IDLE" if plant.series.charged(end - _PLUGGED_IN, end) else "PLUGGED_OUT"


def _counted_wh(plant: Plant, meter: RevenueMeter, end: int) -> int:
    """Return the Wh that a meter counted in the slot before another one."""
    return plant.meter_until(meter.serial, end) - plant.meter_until(meter.serial, end - 1)


def _recent(request: SystemRequest, end: int | None, power: int) -> Row:
    """Return time and power of the interval that ends with a slot: null where it is long ago, or there is none."""
    reported = None if end is None else slot_time(end)
    return {"last_report_at": reported, "power": None if _too_old(reported, request.now) else power}


def _too_old(reported: datetime | None, now: datetime) -> bool:
    return reported is None or now - reported > _FORGOTTEN_AFTER
