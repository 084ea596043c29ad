"""What hardware of SolarEdge made its cloud tell: meters, batteries, other inverters."""

from datetime import datetime, timedelta
from typing import Any

from ..disturbances import Asked
from ..plant.devices import Meter
from ..plant.plant import Plant
from ..plant.slots import slot_of
from ..systems.solaredge import battery_site, pv_site
from ..systems.special import two_battery_site
from .behind import SecondSource
from .rows import each_value
from .stage import SOLAREDGE, Stage, scenario
from .truth import FlowName

QUARTER = timedelta(minutes=15)
QUARTER_SLOTS = 3


def _slots(start: datetime, asked: Asked) -> tuple[int, int]:
    first = slot_of(start)
    return first, first + (QUARTER_SLOTS * (4 if asked.query.get("resolution") == "HOUR" else 1))


@scenario(SOLAREDGE, quick=("solaredge_oauth",))
def second_pv_behind_the_meter(stage: Stage) -> None:
    """Another inverter feeds in behind the meter: more is exported than is produced.

    Source: mkaiser/Sungrow-SHx-Inverter-Modbus-Home-Assistant#146.
    """
    source = SecondSource(stage, percent=150)
    source.apply()

    def energy(flow: Any) -> Any:
        def change(value: float | None, start: datetime, asked: Asked) -> float | None:
            return None if value is None else float(source.between(flow, *_slots(start, asked)))

        return each_value(change, "importEnergy" if flow == "grid_import" else "exportEnergy")

    def power(flow: Any) -> Any:
        def change(value: float | None, start: datetime, asked: Asked) -> float | None:
            first, end = _slots(start, asked)
            return None if value is None else source.between(flow, first, end) * 12 / (end - first)

        return each_value(change, "importPower" if flow == "grid_import" else "exportPower")

    def coarse(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") in {"QUARTER_HOUR", "HOUR"}:
            return body
        for series in body["meters"].values():
            for name, flow in (("importEnergy", "grid_import"), ("exportEnergy", "grid_export")):
                _coarse(stage, source, series.get(name), flow, asked)
        return body

    for flow in ("grid_import", "grid_export"):
        stage.rewrite("meters/*telemetry", energy(flow))
        stage.rewrite("meters/*telemetry", power(flow))
    stage.rewrite("meters/*telemetry", coarse)
    stage.excuse(["consumption"], 0)
    stage.lose(["consumption"], -24, 100, days=True)
    stage.any_value.add("consumption")


def _coarse(stage: Stage, source: SecondSource, series: Any, flow: Any, asked: Asked) -> None:
    """Write the values of long buckets anew: each lasts until the next one begins, the last one until now."""
    if series is None:
        return
    values = series["values"]
    known = stage.known_until(asked.now)
    begin = slot_of(datetime.fromisoformat(asked.query["from"])) if "from" in asked.query else 0
    until = slot_of(datetime.fromisoformat(asked.query["to"])) if "to" in asked.query else known
    starts = [slot_of(datetime.fromisoformat(bucket["timestamp"])) for bucket in values]
    for bucket, start, end in zip(values, starts, [*starts[1:], until], strict=True):
        if bucket["value"] is not None:
            bucket["value"] = float(source.between(flow, max(start, begin), min(end, until, known)))


@scenario(SOLAREDGE, system=two_battery_site)
def consumption_meter_off(stage: Stage) -> None:
    """The meter of consumption tells 6 % too much. Source: own trial."""
    stage.simulator.switches.solaredge_negative_storage = False

    def more(value: float | None, _: datetime, __: Asked) -> float | None:
        return None if value is None else value * 1.06

    stage.rewrite("meters/*telemetry", each_value(more, "consumptionEnergy", "consumptionPower", fine_only=False))
    load = stage.plant.series.flow
    stage.truth.measured_as("consumption", lambda start, end: load("load", start, end) * 1.06)


def site_without_battery() -> Plant:
    """Return the site with a grid meter, without its battery."""
    plant = battery_site()
    plant.id, plant.name = 1300015, "Doe, Plain"
    plant.batteries, plant.storage = [], None
    return plant


@scenario(SOLAREDGE, system=site_without_battery)
def meters_without_serial(stage: Stage) -> None:
    """No meter has a serial number, and telemetry tells of none. Source: openHAB's README about S0 meters."""
    stage.simulator.switches.solaredge_meters_empty = True

    def change(body: Any, _: Asked) -> Any:
        for device in body:
            if device["type"] == "METER":
                device["serialNumber"] = None
        return body

    stage.rewrite("devices", change)
    flows: tuple[FlowName, ...] = ("grid_import", "grid_export", "consumption")
    stage.excuse(flows, 0)
    stage.missing |= set(flows)
    stage.lose(flows, -24, 100, days=True)


def metered_pv_site() -> Plant:
    """Return the site without battery, with a meter of production."""
    plant = pv_site()
    plant.id, plant.name = 1300014, "Doe, Meter"
    plant.meters.append(Meter(serial="607144444", kind="production", connected_to="7E0A4C21-B8"))
    return plant


@scenario(SOLAREDGE, system=metered_pv_site)
def production_meter_only(stage: Stage) -> None:
    """Only production is metered, besides what the site tells anyway. Source: US revenue-grade meters."""
    stage.shares.append(("*/meters/*telemetry", 0.1))
