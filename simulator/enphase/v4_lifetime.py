"""Enphase v4's values per day and its meters' readings (Enphase v4 specification)."""

from datetime import date
from typing import Any

from ..plant.energy import Flow
from ..plant.slots import SLOT_SECONDS, slot_time
from ..web import Refusal
from . import energy
from .meta import meta
from .meters import production_readings
from .v4_capabilities import Known, consumption_known, storage_known, zeros_for_absent
from .v4_errors import error
from .v4_period import asked_days
from .v4_request import SystemRequest, V4Endpoint, of_system


def energy_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what was produced on each day, on request also by the microinverters and by the meters alone."""
    start, days = asked_days(request)
    by_source = request.call.query.get("production") == "all"
    return energy.energy_lifetime(request.plant, start, days, request.now, by_source=by_source)


def consumption_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what the house used on each day."""
    return _flows(request, {"consumption": "load"}, consumption_known(request.plant, request.now), consumption=True)


def battery_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what the batteries gave and took on each day."""
    return _flows(request, {"discharge": "discharge", "charge": "charge"}, storage_known(request.plant, request.now))


def import_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what came from the grid on each day."""
    return _flows(request, {"import": "import"}, consumption_known(request.plant, request.now))


def export_lifetime(request: SystemRequest) -> dict[str, Any]:
    """Return what went to the grid on each day."""
    return _flows(request, {"export": "export"}, consumption_known(request.plant, request.now))


def production_meter_readings(request: SystemRequest) -> dict[str, Any]:
    """Return how far each production meter had counted; retired ones stay listed."""
    return production_readings(request.plant, request.number("end_at"), request.now)


def consumption_meter_readings(request: SystemRequest) -> dict[str, Any]:
    """Return how far the consumption meter had counted: the load where it is Total, the import where it is Net."""
    plant, meter = request.plant, request.plant.consumption_meter
    known = consumption_known(plant, request.now)
    slot = _read_slot(request, known)
    rows = []
    if meter and known and slot is not None:
        counted = known.wh(plant, "load" if meter.config == "Total" else "import", 0, slot)
        rows.append({"serial_num": meter.serial, "value": counted, "read_at": slot_time(slot)})
    return {"system_id": plant.id, "meter_readings": rows, "meta": meta(plant, request.now)}


def storage_meter_readings(request: SystemRequest) -> dict[str, Any]:
    """Return how far the meter of all batteries had counted."""
    plant = request.plant
    known = storage_known(plant, request.now)
    slot = _read_slot(request, known)
    rows = []
    if known and slot is not None:
        rows.append(
            {
                "serial_num": f"{plant.used_batteries[0].connected_to}EIM4",
                "value_charged": known.wh(plant, "charge", 0, slot),
                "value_discharged": known.wh(plant, "discharge", 0, slot),
                "read_at": slot_time(slot),
            }
        )
    return {"system_id": plant.id, "meter_readings": rows, "meta": meta(plant, request.now)}


def _no_system(system_id: int) -> Refusal:
    """Return the 404 of the readings, whose message is that of a 401."""
    return error(404, "Not Authorized", f'System not found for {{:id=>"{system_id}"}}')


ENDPOINTS: tuple[V4Endpoint, ...] = (
    of_system("energy_lifetime", "production", energy_lifetime, long=True),
    of_system("consumption_lifetime", "consumption", consumption_lifetime, long=False),
    of_system("battery_lifetime", "consumption", battery_lifetime, long=False),
    of_system("energy_import_lifetime", "consumption", import_lifetime, long=False),
    of_system("energy_export_lifetime", "consumption", export_lifetime, long=False),
    of_system("production_meter_readings", "production", production_meter_readings, long=True, no_system=_no_system),
    of_system("consumption_meter_readings", "consumption", consumption_meter_readings, long=True, no_system=_no_system),
    of_system("storage_meter_readings", "consumption", storage_meter_readings, long=True, no_system=_no_system),
)


def _flows(
    request: SystemRequest, flows: dict[str, Flow], known: Known | None, *, consumption: bool = False
) -> dict[str, Any]:
    """Return flows on each day as far as they are known; `known` is None where nothing measures them."""
    start: date | None
    start, days = asked_days(request)
    if known is None:
        days = days if zeros_for_absent(request, consumption=consumption) else []
    body: dict[str, Any] = {"system_id": request.plant.id, "start_date": start}
    for name, flow in flows.items():
        body[name] = [known.wh(request.plant, flow, begin, stop) if known else 0 for begin, stop in days]
    return body | {"meta": meta(request.plant, request.now)}


def _read_slot(request: SystemRequest, known: Known | None) -> int | None:
    """Return the slot of the reading that is asked for, by default the newest; None where there is none yet."""
    end_at = request.number("end_at")
    if known is None:
        return None
    slot = known.until if end_at is None else min(known.until, end_at // SLOT_SECONDS)
    return slot if slot >= known.begin else None
