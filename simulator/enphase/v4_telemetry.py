"""Enphase v4's rows of site telemetry (Enphase v4 specification, "Site Level Production" and "Consumption")."""

from collections.abc import Callable
from typing import Any

from ..plant.devices import RevenueMeter
from ..plant.energy import Flow
from ..plant.slots import SLOT_SECONDS, SLOTS_PER_HOUR, SLOTS_PER_QUARTER, epoch, midnight_slot, slot_after, slot_time
from .energy import row_of
from .meta import meta
from .meters import quarters_of, rgm_rows
from .v4_capabilities import Known, consumption_known, storage_known, zeros_for_absent
from .v4_errors import unprocessable
from .v4_period import Period, asked_period
from .v4_request import SystemRequest, V4Endpoint, of_system

type Row = dict[str, Any]


def production_micro(request: SystemRequest) -> dict[str, Any]:
    """Return what the microinverters reported, each five minutes; over a cellular modem each quarter of an hour.

    Rows of the last minutes grow while some microinverters are late.
    """
    plant, period = request.plant, asked_period(request)
    step = SLOTS_PER_QUARTER if plant.connection_type == "cellular" else 1
    limits = plant.readable_by_inverter(request.now)
    begin = slot_after(plant.operational_at)
    rows = []
    for start in period.rows(step, max(limits.values(), default=period.start)):
        lit = [slot for slot in range(max(start, begin), start + step) if plant.series.is_lit(slot)]
        if known := [row for slot in lit if (row := row_of(plant, slot, limits))]:
            energy = sum(row["enwh"] for row in known)
            rows.append(
                {
                    "end_at": slot_time(start + step),
                    "devices_reporting": max(row["devices_reporting"] for row in known),
                    "powr": energy * SLOTS_PER_HOUR // step,
                    "enwh": energy,
                }
            )
        elif not lit and start >= begin and request.switches.enphase_nights != "missing":
            power = -3 if request.switches.enphase_nights == "negative" else 0
            reporting = sum(limit > start for limit in limits.values())
            rows.append({"end_at": slot_time(start + step), "devices_reporting": reporting, "powr": power, "enwh": 0})
    return _body(request, period, len(plant.active_inverters(request.now)), rows) | {"meta": meta(plant, request.now)}


def production_meter(request: SystemRequest) -> dict[str, Any]:
    """Return what the production meters counted in each quarter of an hour; nothing without one."""
    plant, period = request.plant, asked_period(request)
    meters = [meter for meter in plant.revenue_meters if meter.installed <= request.now]
    quarters = period.rows(SLOTS_PER_QUARTER, period.end + SLOTS_PER_QUARTER)
    counts: list[dict[int, int]] = [
        quarters_of(plant, meter, quarters.start, quarters.stop + SLOTS_PER_QUARTER - 1, request.now)
        for meter in meters
    ]
    rows = []
    for end in sorted({end for one in counts for end in one}):
        counted = [one[end] for one in counts if end in one]
        rows.append({"end_at": slot_time(end), "devices_reporting": len(counted), "wh_del": sum(counted)})
    return _body(request, period, _active(request, plant.revenue_meters), rows)


def consumption_meter(request: SystemRequest) -> dict[str, Any]:
    """Return what the house used in each quarter of an hour."""

    def row(_: int, used: int) -> Row:
        return {"devices_reporting": 1, "enwh": used}

    known = consumption_known(request.plant, request.now)
    return _of_flow(request, "load", row, known=known, total=int(known is not None))


def energy_import(request: SystemRequest) -> dict[str, Any]:
    """Return what came from the grid in each quarter of an hour, as a list in a list."""
    name = "wh_exported" if request.switches.enphase_import_as_export else "wh_imported"
    known = consumption_known(request.plant, request.now)
    return _of_flow(request, "import", lambda _, used: {name: used}, known=known, total=0, nested=True)


def energy_export(request: SystemRequest) -> dict[str, Any]:
    """Return what went to the grid in each quarter of an hour, as a list in a list."""
    known = consumption_known(request.plant, request.now)
    return _of_flow(request, "export", lambda _, given: {"wh_exported": given}, known=known, total=0, nested=True)


def battery(request: SystemRequest) -> dict[str, Any]:
    """Return what the batteries took and gave in each quarter of an hour, and how full they were at its end."""
    plant, count = request.plant, len(request.plant.used_batteries)
    capacity = plant.storage.capacity_wh if plant.storage else 0
    known = storage_known(plant, request.now)

    def full(slot: int) -> int:
        return round(plant.series.stored_wh(slot) / capacity * 100) if capacity else 0

    def row(start: int, charged: int) -> Row:
        discharged = known.wh(plant, "discharge", start, start + SLOTS_PER_QUARTER) if known else 0
        return {
            "charge": {"enwh": charged, "devices_reporting": count},
            "discharge": {"enwh": discharged, "devices_reporting": count},
            "soc": {"percent": full(start + SLOTS_PER_QUARTER), "devices_reporting": count},
        }

    body = _of_flow(request, "charge", row, known=known, total=count)
    del body["meta"]
    return body | {"last_reported_aggregate_soc": f"{full(known.until) if known else 0}%"}


def rgm_stats(request: SystemRequest) -> dict[str, Any]:
    """Return what the production meters counted, together and each for itself; seven days at most."""
    now = epoch(request.now)
    midnight = midnight_slot(request.plant.local_day(request.now), request.plant.zone) * SLOT_SECONDS
    start_at, end_at = request.number_or("start_at", midnight), request.number_or("end_at", now)
    if start_at > now:
        raise unprocessable("Requested date is in the future")
    if not 0 <= end_at - start_at <= 7 * 86_400:
        raise unprocessable("Requested date range is invalid for this system")
    quarter = SLOT_SECONDS * SLOTS_PER_QUARTER
    start, end = (moment // quarter * SLOTS_PER_QUARTER for moment in (start_at, end_at))
    return rgm_rows(request.plant, start, end, request.now, late=True)


ENDPOINTS: tuple[V4Endpoint, ...] = (
    of_system("telemetry/production_micro", "production", production_micro, long=True),
    of_system("telemetry/production_meter", "production", production_meter, long=True),
    of_system("rgm_stats", "production", rgm_stats, long=True),
    of_system("telemetry/consumption_meter", "consumption", consumption_meter, long=True),
    of_system("telemetry/battery", "consumption", battery, long=True),
    of_system("energy_import_telemetry", "consumption", energy_import, long=False),
    of_system("energy_export_telemetry", "consumption", energy_export, long=False),
)


def _of_flow(
    request: SystemRequest,
    flow: Flow,
    row: Callable[[int, int], Row],
    *,
    known: Known | None,
    total: int,
    nested: bool = False,
) -> dict[str, Any]:
    """Return rows of a flow as far as it is known; `known` is None where nothing measures it."""
    plant, period = request.plant, asked_period(request)
    if known is None and zeros_for_absent(request, consumption=flow == "load"):
        known = Known(slot_after(plant.operational_at), plant.newest_slot(request.now))
    rows = []
    for start in period.rows(SLOTS_PER_QUARTER, known.until) if known else ():
        end = start + SLOTS_PER_QUARTER
        if known and end > known.begin:
            rows.append({"end_at": slot_time(end)} | row(start, known.wh(plant, flow, start, end)))
    return _body(request, period, total, rows, nested=nested) | {"meta": meta(request.plant, request.now)}


def _body(
    request: SystemRequest, period: Period, total: int, rows: list[Row], *, nested: bool = False
) -> dict[str, Any]:
    """Return the common part of all telemetry."""
    lists = {"documented": nested, "flat": False, "nested": True}[request.switches.enphase_intervals]
    return {
        "system_id": request.plant.id,
        "granularity": period.granularity,
        "total_devices": total,
        **period.bounds,
        "items": "intervals",
        "intervals": [rows] if lists and rows else rows,
    }


def _active(request: SystemRequest, meters: list[RevenueMeter]) -> int:
    return sum(meter.active_at(request.now) for meter in meters)
