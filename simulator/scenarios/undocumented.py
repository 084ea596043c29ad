"""What answers are like although no document says so: twice, null, one more, in other units."""

from datetime import datetime, timedelta
from typing import Any

from ..disturbances import Asked
from ..plant.slots import slot_of
from .rows import Row, all_rows, each_row, each_value
from .stage import BOTH, ENPHASE, ENPHASE_V4, SOLAREDGE, Stage, scenario
from .truth import FlowName

ROW_PATHS = ("telemetry/*", "energy_*_telemetry", "rgm_stats", "stats")
ENERGIES = ("enwh", "wh_del", "wh_imported", "wh_exported")
STEP = {"QUARTER_HOUR": timedelta(minutes=15), "HOUR": timedelta(hours=1)}
SPELLINGS = {"WH": "Wh", "KWH": "kWh", "WATT": "W", "W": "W", "VOLT": "V", "PERCENTAGE": "%"}


@scenario(BOTH)
def rows_twice(stage: Stage) -> None:
    """Each row and each bucket comes twice, the newest first. Source: home-assistant/core#66311, entries there."""

    def rows(body: Any, _: Asked) -> Any:
        twice = sorted([*all_rows(body), *all_rows(body)], key=lambda row: str(row["end_at"]), reverse=True)
        nested = bool(body["intervals"]) and isinstance(body["intervals"][0], list)
        return body | {"intervals": [twice] if nested else twice}

    def buckets(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") in STEP:
            body["values"] = [bucket for bucket in reversed(body["values"]) for _ in range(2)]
        return body

    for path in ROW_PATHS:
        stage.rewrite(path, rows)
    stage.rewrite("energy", buckets)


@scenario(BOTH)
def nulls_first(stage: Stage) -> None:
    """A quarter of each hour is null for two hours, then it is there. Source: own trial."""
    late = timedelta(hours=2)

    def row(found: Row, end: datetime, asked: Asked) -> Row:
        if end.minute not in {20, 25, 30} or end <= asked.now - late:
            return found
        return found | {name: None for name in ENERGIES if name in found}

    def bucket(value: float | None, start: datetime, asked: Asked) -> float | None:
        return None if start.minute == 15 and start > asked.now - late else value

    for path in ROW_PATHS:
        stage.rewrite(path, each_row(row))
    stage.rewrite("energy", each_value(bucket))
    stage.rewrite("meters/*telemetry", each_value(bucket, "importEnergy", "exportEnergy"))
    stage.late_until_now = late
    stage.excuse(["production", "grid_import", "grid_export", "consumption"], 0, None, ["today", "lifetime"])


@scenario(SOLAREDGE)
def end_included(stage: Stage) -> None:
    """The bucket that begins at the end of the window comes, too. Source: seen in live use."""
    flows: tuple[tuple[str, FlowName], ...] = (("importEnergy", "grid_import"), ("exportEnergy", "grid_export"))

    def one_more(values: list[dict[str, Any]], flow: FlowName, asked: Asked) -> None:
        step = STEP.get(asked.query.get("resolution", ""))
        if step is None or not values:
            return
        start = datetime.fromisoformat(values[-1]["timestamp"]) + step
        end = slot_of(start + step)
        known = stage.known_until(asked.now)
        value = float(stage.truth.of_plant(flow, slot_of(start), end)) if end <= known else None
        values.append({"timestamp": start.isoformat(), "value": value})

    def site(body: Any, asked: Asked) -> Any:
        one_more(body["values"], "production", asked)
        return body

    def meters(body: Any, asked: Asked) -> Any:
        for series in body["meters"].values():
            for name, flow in flows:
                if name in series:
                    one_more(series[name]["values"], flow, asked)
        return body

    stage.rewrite("energy", site)
    stage.rewrite("meters/*telemetry", meters)


@scenario(SOLAREDGE)
def units_of_v1(stage: Stage) -> None:
    """Units are spelt as in the old API, and telemetry is in thousands. Source: the spellings of V1."""
    stage.simulator.switches.solaredge_units_scaled = True

    def spelt(value: Any, asked: Asked) -> Any:
        if isinstance(value, dict):
            unit = value.get("unit")
            changed = {"unit": SPELLINGS.get(unit, unit)} if isinstance(unit, str) else {}
            return {name: spelt(item, asked) for name, item in value.items()} | changed
        return [spelt(item, asked) for item in value] if isinstance(value, list) else value

    stage.rewrite("*", spelt)


@scenario(SOLAREDGE)
def usable_capacity(stage: Stage) -> None:
    """A full battery holds 89 % of its nameplate. Source: seen in live use."""

    def less(value: float | None, _: datetime, __: Asked) -> float | None:
        return None if value is None else value * 0.89

    stage.rewrite("storage/*telemetry", each_value(less, "remainingEnergy", fine_only=False))


@scenario(ENPHASE_V4)
def net_and_total_meters(stage: Stage) -> None:
    """Two consumption meters, one Net and one Total. Source: sites with two gateways."""

    def devices(body: Any, _: Asked) -> Any:
        meters = body["devices"].get("meters", [])
        for meter in [one for one in meters if one["name"] == "consumption"]:
            serial = f"{meter['serial_number'][:-1]}7"
            meters.append(meter | {"id": meter["id"] + 1, "serial_number": serial, "config_type": "Total"})
        return body

    stage.rewrite("devices", devices)


@scenario(ENPHASE)
def rows_of_tomorrow(stage: Stage) -> None:
    """Rows of 0 Wh for some hours ahead stand in the answer already. Source: jasonacox/Powerwall-Dashboard#286."""

    def ahead(body: Any, asked: Asked) -> Any:
        rows = list(all_rows(body))
        if not rows or not isinstance(rows[-1]["end_at"], int):
            return body
        step = 900 if len(rows) < 2 else max(300, rows[-1]["end_at"] - rows[-2]["end_at"])
        last = rows[-1]
        for number in range(1, 13):
            end = int(asked.now.timestamp()) // step * step + number * step
            rows.append(dict.fromkeys(last, 0) | {"end_at": end, "devices_reporting": 0})
        nested = isinstance(body["intervals"][0], list)
        return body | {"intervals": [rows] if nested else rows}

    for path in ("telemetry/production*", "telemetry/consumption*", "energy_*_telemetry", "stats"):
        stage.rewrite(path, ahead)
