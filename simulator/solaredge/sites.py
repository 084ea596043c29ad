"""SolarEdge's sites: the list of them, and one of them (SolarEdge migration notes)."""

import re
from typing import Any

from ..plant.plant import Plant
from ..web import Call
from .format import local, page_of
from .request import SiteRequest, SolarEdgeRequest

_MOST_SITES = 1000


def sites(request: SolarEdgeRequest) -> Any:
    """Return a page of the key's sites, at the older base as a bare list. Raise Refusal (400)."""
    plants = request.own_plants
    page = [_summary(plant, request.call) for plant in page_of(plants, request.call, "sites-in-page", _MOST_SITES)]
    as_list = request.legacy or request.switches.solaredge_sites_as_list
    return page if as_list else {"sites": {"count": len(plants), "site": page}}


def details(request: SiteRequest, _: re.Match[str]) -> dict[str, Any]:
    """Return a site with its time zone and when it was last heard of."""
    plant, call = request.plant, request.call
    body = _summary(plant, call)
    body["accountId"] = 24680
    body["location"]["timezone"] = plant.timezone
    reported = plant.reported_at(call.now)
    body["lastUpdateTime"] = local(reported, plant.zone) if reported else None
    return body


def _summary(plant: Plant, call: Call) -> dict[str, Any]:
    """Return a site as the list has it."""
    address = plant.address
    return {
        "siteId": plant.id,
        "name": plant.name,
        "peakPower": plant.size_w(call.now) / 1000,
        "installationDate": plant.operational_at.isoformat().replace("+00:00", "Z"),
        "location": {
            "address": address.street,
            "city": address.city,
            "state": address.state,
            "zip": address.postal_code,
            "country": address.country,
        },
        "activationStatus": plant.status or "ACTIVE",
        "note": plant.note,
    }
