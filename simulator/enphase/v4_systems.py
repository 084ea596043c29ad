"""Enphase v4's systems: list, search, one of them, its state (Enphase v4 specification, "System Details")."""

from collections.abc import Mapping
from datetime import datetime
import json
from typing import Any

from ..plant.plant import Plant
from .energy import state
from .meta import last_energy_at, status_of
from .v4_errors import not_found, unauthorized, unprocessable
from .v4_request import SystemRequest, V4Endpoint, V4Request, general, of_system

_DEFAULT_SIZE, _MOST = 10, 100
_GONE = -1
"""What three fields of the list have been since July 2023 (Enphase v4 release notes)."""


def systems(request: V4Request) -> dict[str, Any]:
    """Return a page of the owner's systems. Raise Refusal (422)."""
    return _page(request, request.own_plants, request.call.query.get("sort_by", "id"))


def search(request: V4Request) -> dict[str, Any]:
    """Return a page of those of the owner's systems that the body describes. Raise Refusal (422)."""
    try:
        sent = json.loads(request.call.body or b"null")
    except ValueError:
        sent = None
    if not isinstance(sent, dict) or not isinstance(sent.get("system"), dict):
        raise unprocessable("system is missing at Json body location")
    found = [plant for plant in request.own_plants if _matches(plant, sent["system"], request.now)]
    return _page(request, found, sent.get("sort_by", "id"))


def system(request: SystemRequest) -> dict[str, Any]:
    """Return one system as the list has it."""
    return _described(request.plant, request.now)


def summary(request: SystemRequest) -> dict[str, Any]:
    """Return the state of a system today or on a day past. Raise Refusal (422)."""
    plant, today = request.plant, request.plant.local_day(request.now)
    day = request.day("summary_date") or today
    if day > today:
        raise unprocessable("Requested date is in the future")
    storage, charger = plant.storage, plant.ev_charger
    ev = plant.load.ev if plant.load else None
    power = {"evse_max_charge_w": ev.power_w if ev else 0, "evse_min_charge_w": 1380}
    return state(plant, day, request.now, stays=request.switches.enphase_power_stays) | {
        "nmi": None,
        "battery_charge_w": storage.power_w if storage else None,
        "battery_discharge_w": storage.power_w if storage else None,
        "battery_capacity_wh": storage.capacity_wh if storage else None,
        "evse_power": [{charger.serial: power}] if charger else [],
    }


def retrieve_system_id(request: V4Request) -> dict[str, Any]:
    """Return the number of the system that a gateway belongs to. Raise Refusal (401, 404, 422)."""
    serial = request.call.query.get("serial_num")
    if not serial:
        raise unprocessable("Envoy serial number is mandatory")
    missing = not_found("Envoy not found with this serial number")
    plant = request.visible(request.plant_with_gateway(serial), missing=missing, foreign=unauthorized())
    return {"system_id": plant.id}


ENDPOINTS: tuple[V4Endpoint, ...] = (
    general("systems", "system", systems, long=False),
    general("systems/search", "system", search, long=False, method="POST"),
    general("systems/retrieve_system_id", "system", retrieve_system_id, long=True),
    of_system("", "system", system, long=False),
    of_system("summary", "system", summary, long=True),
)


def _page(request: V4Request, plants: list[Plant], order: Any) -> dict[str, Any]:
    if order not in {"id", "-id"}:
        raise unprocessable(f"Sorting parameter {order} is not supported")
    number, size = request.page(_DEFAULT_SIZE, _MOST)
    ordered = plants if order == "id" else plants[::-1]
    page = ordered[(number - 1) * size : number * size]
    return {
        "total": len(plants),
        "current_page": number,
        "size": size,
        "count": len(page),
        "items": "systems",
        "systems": [_described(plant, request.now) for plant in page],
    }


def _described(plant: Plant, now: datetime) -> dict[str, Any]:
    address = plant.address
    body: dict[str, Any] = {
        "system_id": plant.id,
        "name": plant.name,
        "public_name": plant.public_name,
        "timezone": plant.timezone,
        "address": {
            "city": address.city,
            "state": address.state,
            "country": address.country,
            "postal_code": address.postal_code,
        },
        "connection_type": plant.connection_type,
        "energy_lifetime": _GONE,
        "energy_today": _GONE,
        "system_size": _GONE,
        "status": status_of(plant, now),
        "last_report_at": plant.reported_at(now),
        "last_energy_at": last_energy_at(plant, now),
        "operational_at": plant.operational_at if plant.operational_at <= now else None,
        "attachment_type": None,
        "interconnect_date": None,
    }
    if plant.reference:
        body["reference"] = plant.reference
    if plant.other_references:
        body["other_references"] = plant.other_references
    return body


def _matches(plant: Plant, search: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a system is one of those that a search describes."""
    ids, statuses = search.get("ids"), search.get("statuses")
    return (
        (not ids or plant.id in ids)
        and (not statuses or status_of(plant, now) in statuses)
        and str(search.get("name") or "").casefold() in plant.name.casefold()
        and search.get("reference") in {None, plant.reference}
        and (search.get("other_reference") is None or search["other_reference"] in plant.other_references)
    )
