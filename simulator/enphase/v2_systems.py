"""Enphase v2's list of systems, and the search for one (Enphase v2 documentation)."""

from datetime import datetime
from typing import Any

from ..accounts import encode_id
from ..plant.plant import Plant
from .format import render
from .meta import meta, status_of
from .v2_errors import no_gateway, unauthorized, unprocessable
from .v2_request import V2Request

_FILTERS = ("system_id", "system_name", "status", "reference", "installer", "connection_type")
_DEFAULT_PAGE, _LARGEST_PAGE = 100, 1000


def systems(request: V2Request) -> dict[str, Any]:
    """Return a page of the user's systems. Raise Refusal (422).

    The cursor is the number of the page's last system, encoded.
    """
    query = request.call.query
    limit_text = query.get("limit", str(_DEFAULT_PAGE))
    if not limit_text.isdecimal() or int(limit_text) == 0:
        raise unprocessable("Invalid limit", {"limit": limit_text})
    limit = min(int(limit_text), _LARGEST_PAGE)
    plants = request.own_plants
    if cursor := query.get("next"):
        ids = [plant.id for plant in plants if encode_id(plant.id) == cursor]
        if not ids:
            raise unprocessable("Invalid cursor", {"next": cursor})
        plants = [plant for plant in plants if plant.id > ids[0]]
    for name in _FILTERS:
        if values := [*query.getall(name, []), *query.getall(f"{name}[]", [])]:
            plants = [plant for plant in plants if any(_matches(plant, name, one, request.now) for one in values)]
    page = plants[:limit]
    body: dict[str, Any] = {
        "systems": [render(_described(plant, request.now), request.time_format, plant.zone) for plant in page]
    }
    if len(plants) > limit:
        body["next"] = encode_id(page[-1].id)
    return body


def search(request: V2Request) -> dict[str, Any]:
    """Return the number of the system that an Envoy belongs to. Raise Refusal (401, 404, 422)."""
    serial = request.call.query.get("serial_num")
    if not serial:
        raise unprocessable("serial_num is missing", {})
    plant = request.visible(request.plant_with_gateway(serial), missing=no_gateway(), foreign=unauthorized())
    return {"system_id": plant.id}


def _matches(plant: Plant, name: str, value: str, now: datetime) -> bool:
    """Return whether a system passes a filter; names and references in any letter case, names also in part."""
    match name:
        case "system_id":
            return str(plant.id) == value
        case "system_name":
            return value.casefold() in plant.name.casefold()
        case "reference":
            references = [plant.reference or "", *plant.other_references]
            return value.casefold() in [reference.casefold() for reference in references if reference]
        case "status":
            return status_of(plant, now) == value
        case "installer":
            return plant.installer == value
        case _:
            return plant.connection_type == value


def _described(plant: Plant, now: datetime) -> dict[str, Any]:
    """Return one element of the list of systems."""
    address = plant.address
    body: dict[str, Any] = {
        "system_id": plant.id,
        "system_name": plant.name,
        "system_public_name": plant.public_name,
        "status": status_of(plant, now),
        "timezone": plant.timezone,
        "country": address.country,
        "state": address.state,
        "city": address.city,
        "postal_code": address.postal_code,
        "connection_type": plant.connection_type,
        "meta": meta(plant, now),
    }
    if plant.reference:
        body["reference"] = plant.reference
    if plant.other_references:
        body["other_references"] = plant.other_references
    return body
