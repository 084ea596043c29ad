"""SolarEdge's overview and alerts in the words of all vendors: pure functions, answers to updates."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from zlib import crc32

from ...model.elements import Alert, Breakdown, Update
from .model import Alert as SiteAlert, Flows, Overview

TOLERANCE = 0.02
LEAST_TOLERANCE_WH = 10.0
PERFORMANCE = "performance"
"""The note about whether the overview of a site tells its performance."""
_CLOSED = "closed"


def overview_update(overview: Overview, day: date) -> Update:
    """Return how the cloud divides a day's energy; a side whose parts do not add up to its total is left out."""
    made, used = _parts(overview.production), _parts(overview.consumption)
    told = overview.specific_yield is not None or overview.performance_ratio is not None
    return Update(
        breakdown=Breakdown(
            day=day,
            self_consumed_wh=made.get("toSelfConsumption"),
            to_battery_wh=made.get("toStorage"),
            to_grid_wh=made.get("toGrid"),
            from_production_wh=used.get("fromPv"),
            from_battery_wh=used.get("fromStorage"),
            from_grid_wh=used.get("fromGrid"),
            specific_yield=overview.specific_yield,
            performance_ratio=overview.performance_ratio,
        ),
        notes=MappingProxyType({PERFORMANCE: "told" if told else "missing"}),
    )


def _parts(side: Flows) -> Mapping[str, float]:
    """Return the parts of one side; some alone cannot be checked, all together have to be the total."""
    parts = side.parts_wh
    if any(value < -LEAST_TOLERANCE_WH for value in parts.values()):
        return {}
    shown = {name: max(0.0, value) for name, value in parts.items()}
    if side.total_wh is None:
        return shown
    total, told = side.total_wh, sum(parts.values())
    limit = max(LEAST_TOLERANCE_WH, TOLERANCE * abs(total))
    # Without a battery its part is not told; without a meter hardly any is. More than the total no part can be.
    complete = len(parts) >= 3 or (len(parts) == 2 and not any("Storage" in name for name in parts))
    if told - total > limit or (complete and total - told > limit):
        return {}
    return shown


def alerts_update(alerts: Iterable[SiteAlert]) -> Update:
    """Return the open alerts; one without an id is known by what it says."""
    found = (_alert(alert) for alert in alerts if alert.status != _CLOSED)
    return Update(alerts=MappingProxyType({alert.id: alert for alert in found}))


def _alert(alert: SiteAlert) -> Alert:
    said = f"{alert.type} {alert.component_serial} {alert.component} {alert.first_trigger}"
    return Alert(
        id=alert.id or f"{crc32(said.encode()):08x}",
        type=alert.type,
        category=alert.category,
        impact=alert.impact,
        since=alert.first_trigger,
        component=alert.component,
        serial=alert.component_serial,
    )
