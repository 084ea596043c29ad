"""Enphase v4's power now: of the meters' channels, of batteries and of chargers (Enphase v4 release notes, 2024-01)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..plant.devices import RevenueMeter
from ..plant.plant import Plant
from ..plant.slots import SLOTS_PER_HOUR, slot_time
from .v4_ask import Endpoint, SystemAsk, of_system
from .v4_capabilities import consumption_known, storage_known
from .v4_devices import device_id

_CHANNELS = 3
_FORGOTTEN_AFTER = timedelta(days=7)
_PLUGGED_IN = 2 * SLOTS_PER_HOUR

type Row = dict[str, Any]


def latest_telemetry(ask: SystemAsk) -> dict[str, Any]:
    """Return the mean power of the newest interval; a kind of device that the system has none of is left out."""
    kinds = {
        "meters": [*_production(ask), *_consumption(ask)],
        "encharges": list(_encharges(ask)),
        "evse": list(_chargers(ask)),
    }
    return {
        "system_id": ask.plant.id,
        "items": "devices",
        "devices": {kind: rows for kind, rows in kinds.items() if rows},
    }


ENDPOINTS: tuple[Endpoint, ...] = (of_system("latest_telemetry", "consumption", latest_telemetry, long=False),)


def _production(ask: SystemAsk) -> Iterator[Row]:
    plant = ask.plant
    for meter in plant.revenue_meters:
        if meter.active_at(ask.now):
            end = plant.meter_readable_until(meter, ask.now)
            power = _counted_wh(plant, meter, end) * SLOTS_PER_HOUR
            yield from _channels(ask, meter.serial, "production", meter.phases, end, power)


def _consumption(ask: SystemAsk) -> Iterator[Row]:
    """Give the channels of the consumption meter.

    At the grid connection (Net) it measures import less export, and what is produced is added to that: the batteries
    count as consumption.
    """
    plant, meter, known = ask.plant, ask.plant.consumption_meter, consumption_known(ask.plant, ask.now)
    if meter is None or known is None:
        return
    end = known.until
    taken, given = (known.wh(plant, flow, end - 1, end) for flow in ("import", "export"))
    if meter.config == "Total":
        power = known.wh(plant, "load", end - 1, end)
    elif ask.switches.enphase_direction_lost:
        power = plant.series.production(end - 1, end) + taken + given
    else:
        power = plant.series.production(end - 1, end) + taken - given
    yield from _channels(ask, meter.serial, "consumption", meter.phases, end, power * SLOTS_PER_HOUR)


def _channels(ask: SystemAsk, serial: str, name: str, phases: int, end: int, power: int) -> Iterator[Row]:
    """Give a meter's channels, of which those that are fitted share its power."""
    for channel in range(1, _CHANNELS + 1):
        fitted = channel <= phases
        share = power * channel // phases - power * (channel - 1) // phases
        yield {
            "id": device_id(serial),
            "name": name,
            "channel": channel,
            **_recent(ask, end if fitted else None, share),
        }


def _encharges(ask: SystemAsk) -> Iterator[Row]:
    plant, known = ask.plant, storage_known(ask.plant, ask.now)
    if known is None:
        return
    end = known.until
    for battery in plant.used_batteries:
        flow = plant.by_battery().flow
        given = flow(battery.serial, "discharge", end - 1, end) - flow(battery.serial, "charge", end - 1, end)
        power = given * SLOTS_PER_HOUR
        row = {"id": device_id(battery.serial), "name": f"Encharge {battery.serial}", "channel": 1}
        row |= _recent(ask, end, -power if ask.switches.enphase_charging_positive else power)
        mode = "Discharging" if given > 0 else "Charging" if given else "Idle"
        yield row | {"operational_mode": None if row["power"] is None else mode}


def _chargers(ask: SystemAsk) -> Iterator[Row]:
    plant, charger = ask.plant, ask.plant.ev_charger
    if charger is None:
        return
    reported = plant.reported_at(ask.now)
    yield {
        "serial_number": charger.serial,
        "name": charger.name,
        "last_report_at": reported,
        "operational_mode": None if _too_old(reported, ask.now) else _mode(plant, ask.now),
    }


def _mode(plant: Plant, now: datetime) -> str:
    end = plant.newest_slot(now)
    if plant.series.charged(end - 1, end):
        return "CHARGING"
    return "IDLE" if plant.series.charged(end - _PLUGGED_IN, end) else "PLUGGED_OUT"


def _counted_wh(plant: Plant, meter: RevenueMeter, end: int) -> int:
    """Return the Wh that a meter counted in the slot before another one."""
    return plant.meter_until(meter.serial, end) - plant.meter_until(meter.serial, end - 1)


def _recent(ask: SystemAsk, end: int | None, power: int) -> Row:
    """Return time and power of the interval that ends with a slot: null where it is long ago, or there is none."""
    reported = None if end is None else slot_time(end)
    return {"last_report_at": reported, "power": None if _too_old(reported, ask.now) else power}


def _too_old(reported: datetime | None, now: datetime) -> bool:
    return reported is None or now - reported > _FORGOTTEN_AFTER
