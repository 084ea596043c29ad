"""A grid meter of SolarEdge is replaced: what its cloud tells of the old one and of the new one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..disturbances import Asked
from ..plant.slots import slot_of
from .stage import SOLAREDGE, Stage, scenario
from .truth import FlowName

OLD, NEW = "606052971", "606099999"

type Values = tuple[float | None, float | None]
"""Of the old meter, and of the new one."""
type Sharing = Callable[[float, float], Values]
"""Takes the value of a bucket and how much of it was there before the change, and returns what both meters tell."""


def _split(value: float, before: float) -> Values:
    return before or None, value - before or None


def _forgotten(value: float, before: float) -> Values:
    return None, value - before or None


def _copied(value: float, before: float) -> Values:
    return before or None, value


@scenario(SOLAREDGE, hours=60)
def grid_meter_replaced(stage: Stage) -> None:
    """The grid meter is replaced: the old one stays listed, telemetry tells of each its own time. Source: own trial."""
    _replaced(stage, stage.after(20), _split)


@scenario(SOLAREDGE)
def grid_meter_replaced_before(stage: Stage) -> None:
    """The grid meter was replaced some days ago, telemetry tells of each its own time. Source: own trial."""
    _replaced(stage, stage.after(-100), _split)


@scenario(SOLAREDGE, hours=60)
def grid_meter_forgotten(stage: Stage) -> None:
    """The grid meter is replaced, and telemetry tells nothing of the old one any more. Source: own trial."""
    _replaced(stage, stage.after(20), _forgotten)
    stage.relative_lifetime |= {"grid_import", "grid_export", "consumption"}


@scenario(SOLAREDGE, hours=60)
def grid_meter_copied(stage: Stage) -> None:
    """The grid meter is replaced, and telemetry tells the old one's history of the new one, too. Source: own trial."""
    _replaced(stage, stage.after(20), _copied)


def _replaced(stage: Stage, changed: datetime, sharing: Sharing) -> None:
    stage.law = 6

    def devices(body: Any, asked: Asked) -> Any:
        if asked.now < changed:
            return body
        for row in [one for one in body if one["serialNumber"] == OLD]:
            body.append(row | {"serialNumber": NEW, "active": True})
            row["active"] = False
        return body

    def before(name: str, bucket: dict[str, Any], fine: bool) -> float:
        """Return how much of a bucket's value was there before the change."""
        start = datetime.fromisoformat(bucket["timestamp"])
        if fine:
            return float(bucket["value"]) if start < changed else 0.0
        flow: FlowName = "grid_import" if name.startswith("import") else "grid_export"
        first = max(slot_of(start), slot_of(stage.plant.operational_at))
        return float(min(bucket["value"], stage.truth.between(flow, first, max(first, slot_of(changed)))))

    def telemetry(body: Any, asked: Asked) -> Any:
        series = body.get("meters", {})
        if asked.now < changed or OLD not in series:
            return body
        fine = asked.query.get("resolution") in {"QUARTER_HOUR", "HOUR"}
        series[NEW] = {}
        for name, one in series[OLD].items():
            series[NEW][name] = one | {"values": [dict(bucket) for bucket in one["values"]]}
            for bucket, other in zip(one["values"], series[NEW][name]["values"], strict=True):
                if bucket["value"] is not None:
                    there = before(name, bucket, fine)
                    bucket["value"], other["value"] = sharing(bucket["value"], there)
                    if fine and there == 0 and bucket["value"] is None and other["value"] is None:
                        # A zero is told by the meter whose time it was.
                        is_old = datetime.fromisoformat(bucket["timestamp"]) < changed
                        (bucket if is_old and sharing is not _forgotten else other)["value"] = 0.0
        return body

    stage.rewrite("devices", devices)
    stage.rewrite("meters/*telemetry", telemetry)
