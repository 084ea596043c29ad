"""Enphase v4's rows of single devices, which the free plan does not have ("Device Level Monitoring")."""

from collections.abc import Callable
from typing import Any

from ..plant.devices import Inverter
from ..plant.slots import SLOTS_PER_HOUR, SLOTS_PER_QUARTER, slot_time
from .v4_capabilities import storage_known
from .v4_errors import not_found
from .v4_ev_chargers import device_lifetime, quarters
from .v4_period import Period, asked_period
from .v4_request import SystemRequest, V4Endpoint, of_system

_DEFAULT_SIZE, _MOST = 10, 20


def micro(request: SystemRequest) -> dict[str, Any]:
    """Return the five-minute rows of one microinverter. Raise Refusal (404, 422)."""
    inverter = request.plant.inverters.get(request.serial)
    if inverter is None or not inverter.active_at(request.now):
        raise not_found("Micro not found")
    period = asked_period(request)
    return _head(request, period, 1) | {"items": "intervals", "intervals": _micro_rows(request, inverter, period)}


def micros(request: SystemRequest) -> dict[str, Any]:
    """Return the five-minute rows of a page of microinverters. Raise Refusal (422)."""
    period = asked_period(request)
    number, size = request.page(_DEFAULT_SIZE, _MOST)
    active = request.plant.active_inverters(request.now)
    page = active[(number - 1) * size : number * size]
    return {
        "system_id": request.plant.id,
        "total_devices": len(active),
        "page": number,
        "page_size": len(page),
        **period.bounds,
        "granularity": period.granularity,
        "items": "intervals",
        "devices": [{"serial_number": one.serial, "intervals": _micro_rows(request, one, period)} for one in page],
    }


def encharge(request: SystemRequest) -> dict[str, Any]:
    """Return the quarters of an hour of one battery. Raise Refusal (404, 422)."""
    plant, known = request.plant, storage_known(request.plant, request.now)
    battery = next((one for one in plant.used_batteries if one.serial == request.serial), None)
    if battery is None or known is None:
        raise not_found("Encharge not found")
    period, serial, capacity = asked_period(request), battery.serial, plant.nameplate_wh(battery)
    batteries = plant.by_battery()

    def full(slot: int) -> int:
        return round(batteries.stored_wh(serial, slot) / capacity * 100)

    rows = [
        {
            "end_at": slot_time(start + SLOTS_PER_QUARTER),
            "charge": {"enwh": batteries.flow(serial, "charge", start, start + SLOTS_PER_QUARTER)},
            "discharge": {"enwh": batteries.flow(serial, "discharge", start, start + SLOTS_PER_QUARTER)},
            "soc": {"percent": full(start + SLOTS_PER_QUARTER)},
        }
        for start in period.rows(SLOTS_PER_QUARTER, known.until)
        if start + SLOTS_PER_QUARTER > known.begin
    ]
    return _head(request, period, 1) | {
        "items": "intervals",
        "intervals": rows,
        "last_reported_time": slot_time(known.until),
        "last_reported_soc": f"{full(known.until)}%",
    }


def charger(request: SystemRequest) -> dict[str, Any]:
    """Return the quarters of an hour of one EV charger. Raise Refusal (404, 422)."""
    _check_charger(request)
    period = asked_period(request)
    return {
        "system_id": request.plant.id,
        "granularity": period.granularity,
        "interval_duration": request.call.query.get("interval_duration", "15mins"),
        **period.bounds,
        "items": "intervals",
        "intervals": quarters(request, period.start, period.end, "wh_consumed"),
    }


def charger_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return the days of one EV charger. Raise Refusal (404, 422)."""
    _check_charger(request)
    return device_lifetime(request)


def _device(name: str, answer: Callable[[SystemRequest], Any], *, long: bool) -> V4Endpoint:
    return of_system(name, "device", answer, long=long)


ENDPOINTS: tuple[V4Endpoint, ...] = (
    _device("devices/micros/telemetry", micros, long=False),
    _device("devices/micros/{sn}/telemetry", micro, long=True),
    _device("devices/encharges/{sn}/telemetry", encharge, long=True),
    _device("{sn}/evse_telemetry", charger, long=True),
    _device("{sn}/evse_lifetime", charger_lifetime, long=True),
)


def _head(request: SystemRequest, period: Period, total: int) -> dict[str, Any]:
    return {
        "system_id": request.plant.id,
        "serial_number": request.serial,
        "granularity": period.granularity,
        "total_devices": total,
        **period.bounds,
    }


def _micro_rows(request: SystemRequest, inverter: Inverter, period: Period) -> list[dict[str, Any]]:
    plant = request.plant
    rows = []
    for slot in period.rows(1, plant.readable_by_inverter(request.now)[inverter.serial]):
        if plant.series.is_lit(slot) and inverter.active_at(slot_time(slot)):
            energy = plant.inverter_until(inverter.serial, slot + 1) - plant.inverter_until(inverter.serial, slot)
            rows.append({"end_at": slot_time(slot + 1), "powr": energy * SLOTS_PER_HOUR, "enwh": energy})
    return rows


def _check_charger(request: SystemRequest) -> None:
    if request.plant.ev_charger is None or request.plant.ev_charger.serial != request.serial:
        raise not_found("EV charger not found")
