"""Enphase v4's values per day and its meters' readings (Enphase v4 specification)."""

from datetime import date
from typing import Any

from ..plant.energy import Flow
from ..plant.slots import SLOT_SECONDS, slot_time
from ..web import Refusal
from .energy import merged_wh
from .meta import has_meter, meta, meter_start_date
from .meters import meter_wh, production_readings
from .v4_ask import Endpoint, SystemAsk, of_system
from .v4_capabilities import Known, absent, consumption_known, storage_known
from .v4_errors import error
from .v4_period import asked_days


def energy_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what was produced on each day, on request also by the microinverters and by the meters alone."""
    plant, now = ask.plant, ask.now
    start, spans = asked_days(ask)
    body: dict[str, Any] = {"system_id": plant.id, "start_date": start}
    if has_meter(plant, now):
        body["meter_start_date"] = meter_start_date(plant)
    body["production"] = [merged_wh(plant, begin, stop, now) for begin, stop in spans]
    if ask.call.query.get("production") == "all":
        body["micro_production"] = [plant.readable_wh(begin, stop, now) for begin, stop in spans]
        body["meter_production"] = [meter_wh(plant, begin, stop, now) for begin, stop in spans]
    return body | {"meta": meta(plant, now)}


def consumption_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what the house used on each day."""
    return _flows(ask, {"consumption": "load"}, consumption_known(ask.plant, ask.now), consumption=True)


def battery_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what the batteries gave and took on each day."""
    return _flows(ask, {"discharge": "discharge", "charge": "charge"}, storage_known(ask.plant, ask.now))


def import_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what came from the grid on each day."""
    return _flows(ask, {"import": "import"}, consumption_known(ask.plant, ask.now))


def export_lifetime(ask: SystemAsk) -> dict[str, Any]:
    """Return what went to the grid on each day."""
    return _flows(ask, {"export": "export"}, consumption_known(ask.plant, ask.now))


def production_meter_readings(ask: SystemAsk) -> dict[str, Any]:
    """Return how far each production meter had counted; retired ones stay listed."""
    return production_readings(ask.plant, ask.number("end_at"), ask.now)


def consumption_meter_readings(ask: SystemAsk) -> dict[str, Any]:
    """Return how far the consumption meter had counted: the load where it is Total, the import where it is Net."""
    plant, meter = ask.plant, ask.plant.consumption_meter
    known = consumption_known(plant, ask.now)
    slot = _read_slot(ask, known)
    rows = []
    if meter and known and slot is not None:
        counted = known.wh(plant, "load" if meter.config == "Total" else "import", 0, slot)
        rows.append({"serial_num": meter.serial, "value": counted, "read_at": slot_time(slot)})
    return {"system_id": plant.id, "meter_readings": rows, "meta": meta(plant, ask.now)}


def storage_meter_readings(ask: SystemAsk) -> dict[str, Any]:
    """Return how far the meter of all batteries had counted."""
    plant = ask.plant
    known = storage_known(plant, ask.now)
    slot = _read_slot(ask, known)
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
    return {"system_id": plant.id, "meter_readings": rows, "meta": meta(plant, ask.now)}


def _no_system(system_id: int) -> Refusal:
    """Return the 404 of the readings, whose message is that of a 401."""
    return error(404, "Not Authorized", f'System not found for {{:id=>"{system_id}"}}')


ENDPOINTS: tuple[Endpoint, ...] = (
    of_system("energy_lifetime", "production", energy_lifetime, long=True),
    of_system("consumption_lifetime", "consumption", consumption_lifetime, long=False),
    of_system("battery_lifetime", "consumption", battery_lifetime, long=False),
    of_system("energy_import_lifetime", "consumption", import_lifetime, long=False),
    of_system("energy_export_lifetime", "consumption", export_lifetime, long=False),
    of_system("production_meter_readings", "production", production_meter_readings, long=True, no_system=_no_system),
    of_system("consumption_meter_readings", "consumption", consumption_meter_readings, long=True, no_system=_no_system),
    of_system("storage_meter_readings", "consumption", storage_meter_readings, long=True, no_system=_no_system),
)


def _flows(ask: SystemAsk, flows: dict[str, Flow], known: Known | None, *, consumption: bool = False) -> dict[str, Any]:
    """Return flows on each day as far as they are known; `known` is None where nothing measures them."""
    start: date | None
    start, spans = asked_days(ask)
    if known is None:
        spans = spans if absent(ask, consumption=consumption) else []
    body: dict[str, Any] = {"system_id": ask.plant.id, "start_date": start}
    for name, flow in flows.items():
        body[name] = [known.wh(ask.plant, flow, begin, stop) if known else 0 for begin, stop in spans]
    return body | {"meta": meta(ask.plant, ask.now)}


def _read_slot(ask: SystemAsk, known: Known | None) -> int | None:
    """Return the slot of the reading that is asked for, by default the newest; None where there is none yet."""
    end_at = ask.number("end_at")
    if known is None:
        return None
    slot = known.until if end_at is None else min(known.until, end_at // SLOT_SECONDS)
    return slot if slot >= known.begin else None
