"""SolarEdge's alerts (SolarEdge migration notes)."""

from typing import Any

from ..plant.devices import Alert
from ..plant.plant import Plant
from ..web import Call
from .format import page_of, problem

_MOST_ALERTS = 100


def alerts(plants: list[Plant], call: Call) -> list[dict[str, Any]]:
    """Return a page of alerts, those of a lost connection included. Raise Refusal (400)."""
    only_open = call.query.get("only-open", "false")
    if only_open not in {"true", "false"}:
        raise problem(400, "only-open is true or false")
    rows = [_alert(plant, alert) for plant in plants for alert in [*plant.alerts, *_lost(plant)]]
    if only_open == "true":
        rows = [row for row in rows if row["status"] == "OPEN"]
    return page_of(rows, call, "alerts-in-page", _MOST_ALERTS)


def _lost(plant: Plant) -> list[Alert]:
    """Return an open alert for each gateway that is silent."""
    return [
        Alert(
            id=900_000 + number,
            category="COMMUNICATION",
            type="SITE_COMMUNICATION_FAULT",
            impact=7,
            status="OPEN",
            first_trigger=silence.start,
            last_trigger=silence.start,
            component_name="Inverter 1",
            component_serial=gateway.serial,
        )
        for number, gateway in enumerate(plant.gateways.values())
        for silence in gateway.silences
        if silence.end is None
    ]


def _alert(plant: Plant, alert: Alert) -> dict[str, Any]:
    return {
        "alertId": alert.id,
        "siteId": plant.id,
        "category": alert.category,
        "type": alert.type,
        "impact": alert.impact,
        "status": alert.status,
        "firstTrigger": alert.first_trigger.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "lastTrigger": alert.last_trigger.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "component": {"name": alert.component_name, "serialNumber": alert.component_serial},
        "errorCodes": list(alert.error_codes),
    }
