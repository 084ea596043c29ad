"""The JSON of SolarEdge about sites, their overview, devices and alerts to the model. Pure functions.

Read field by field: only an answer of the wrong shape raises `MalformedAnswer`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ...model.zones import zone_named
from ..parse import (
    above_zero,
    as_bool,
    as_code,
    as_float,
    as_int,
    as_list,
    as_map,
    as_maps,
    as_str,
    as_time,
    first_str,
    maps_in,
    require_about,
    require_list,
    require_map,
)
from .model import Alert, Flows, Overview, Quantity, Site, SiteDevice
from .units import DIGITS, factor_of


def parse_sites(answer: Any) -> tuple[tuple[Site, ...], int]:
    """Read a page of the list of sites, in today's form or as the bare array of 2022, and count its rows.

    Rows without an id are left out of the sites, not of the count, which shows whether the page was full.
    """
    if isinstance(answer, Mapping):
        sites = answer.get("sites")
        rows = sites if isinstance(sites, list) else require_map(sites, "site list").get("site", [])
    else:
        rows = answer
    rows = require_list(rows, "site list")
    return tuple(site for row in maps_in(rows) if (site := parse_site(row)) is not None), len(rows)


def parse_site(answer: Any) -> Site | None:
    """Read one site; `None` without an id. A date without an offset is in the site's zone, where that is known."""
    row = require_map(answer, "site")
    site_id = as_str(row.get("siteId"))
    if site_id is None:
        return None
    peak_kw = above_zero(as_float(row.get("peakPower")))
    timezone = as_str(as_map(row.get("location")).get("timezone"))
    zone = zone_named(timezone)
    return Site(
        id=site_id,
        name=as_str(row.get("name")),
        status=as_code(row.get("activationStatus")),
        peak_power_w=None if peak_kw is None else as_float(round(peak_kw * 1000, DIGITS)),
        installed_at=as_time(row.get("installationDate"), zone),
        last_update=as_time(row.get("lastUpdateTime"), zone),
        timezone=timezone,
        utc_offset=_offset(row.get("lastUpdateTime")),
    )


def parse_overview(answer: Any, site_id: str) -> Overview:
    """Read an overview; one of another site than asked for is malformed."""
    row = require_about(answer, "overview", "siteId", site_id)
    performance = as_map(row.get("performance"))
    return Overview(
        production=_flows(row.get("production"), ("toSelfConsumption", "toStorage", "toGrid")),
        consumption=_flows(row.get("consumption"), ("fromPv", "fromStorage", "fromGrid")),
        specific_yield=as_float(performance.get("specificYield")),
        performance_ratio=as_float(performance.get("performanceRatio")),
    )


def parse_devices(answer: Any) -> tuple[SiteDevice, ...]:
    """Read an inventory, every row of it: one that lacks a field shows that the inventory is not complete."""
    return tuple(_device(row) for row in as_maps(require_list(answer, "inventory")))


def parse_alerts(answer: Any) -> tuple[Alert, ...]:
    """Read a page of alerts; times without an offset are UTC here."""
    return tuple(_alert(row) for row in maps_in(require_list(answer, "alerts")))


def _flows(value: Any, parts: tuple[str, ...]) -> Flows:
    """Read the energy of one side of an overview in Wh; nothing where its unit is no unit of energy."""
    row = as_map(value)
    factor = factor_of(row.get("unit"), Quantity.ENERGY)
    if factor is None:
        return Flows(parts_wh=MappingProxyType({}))
    numbers = {name: as_float(row.get(name)) for name in ("total", *parts)}
    scaled = {name: as_float(round(number * factor, DIGITS)) for name, number in numbers.items() if number is not None}
    found = {name: scaled_wh for name in parts if (scaled_wh := scaled.get(name)) is not None}
    return Flows(total_wh=scaled.get("total"), parts_wh=MappingProxyType(found))


def _device(row: Mapping[str, Any]) -> SiteDevice:
    kind = as_str(row.get("type"))
    return SiteDevice(
        type=kind.upper() if kind else None,
        serial=as_str(row.get("serialNumber")),
        name=as_str(row.get("name")),
        manufacturer=as_str(row.get("manufacturer")),
        model=as_str(row.get("model")),
        part_number=as_str(row.get("partNumber")),
        firmware=first_str(row, "firmwareVersion", "firmware"),
        connected_to=as_str(row.get("connectedTo")),
        active=as_bool(row.get("active")),
        created_at=as_time(row.get("createdAt")),
        communication=as_str(row.get("communicationType")),
        meter_type=as_str(row.get("meterType")),
        optimizers=as_int(row.get("connectedOptimizers")),
        nameplate=as_float(row.get("nameplate")),
    )


def _alert(row: Mapping[str, Any]) -> Alert:
    utc = ZoneInfo("UTC")
    component = as_map(row.get("component"))
    return Alert(
        id=as_str(row.get("alertId")),
        site_id=as_str(row.get("siteId")),
        category=as_code(row.get("category")),
        type=as_str(row.get("type")),
        impact=as_int(row.get("impact")),
        status=as_code(row.get("status")),
        first_trigger=as_time(row.get("firstTrigger"), utc),
        last_trigger=as_time(row.get("lastTrigger"), utc),
        component=as_str(component.get("name")),
        component_serial=as_str(component.get("serialNumber")),
        error_codes=tuple(code for item in as_list(row.get("errorCodes")) if (code := as_str(item))),
    )


def _offset(stamp: Any) -> timedelta | None:
    """Return the offset that a time is written with."""
    try:
        return datetime.fromisoformat(stamp.strip()).utcoffset() if isinstance(stamp, str) else None
    except ValueError:
        return None
