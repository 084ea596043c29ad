"""Writes the tables in docs/entities.md and docs/status.md from the integration's entity descriptions, codes and texts.

    .venv/bin/python scripts/entities_table.py            writes what is not current
    .venv/bin/python scripts/entities_table.py --check    writes nothing; the exit code is 1 if a table is not current

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. As soon as a kind of device has entities, the page
must have a place for its table.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re
import sys
from typing import Any, Final

import homeassistant

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from custom_components.solar_cloud import event
from custom_components.solar_cloud.cloud.base import Cloud
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.entities import (
    account_sensors,
    binary_sensors,
    buttons,
    cloud_sensors,
    flow_sensors,
    history_sensors,
    performance_sensors,
    sensors,
)
from custom_components.solar_cloud.entities.vocabulary import STATUS
from custom_components.solar_cloud.model.elements import DeviceKind, Flow

ROOT: Final = Path(__file__).resolve().parent.parent
SYSTEM: Final = "system"
ACCOUNT: Final = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A cloud, and what the names of its jobs do not say: a job of the same name may report more elsewhere."""

    cloud: type[Cloud]
    flows: frozenset[Flow] = frozenset(Flow)
    """What it reports of a system beside the production."""
    device_flows: frozenset[Flow] = frozenset(Flow)
    """What it reports of single meters, batteries and EV chargers."""
    kinds: frozenset[DeviceKind] = frozenset(DeviceKind)
    """The hardware that it lists."""


CLOUDS: Final[Mapping[str, Column]] = {
    "Enphase v2": Column(
        cloud=EnphaseV2,
        flows=frozenset(),
        device_flows=frozenset({Flow.PRODUCTION}),
        kinds=frozenset(DeviceKind) - {DeviceKind.BATTERY, DeviceKind.EV_CHARGER, DeviceKind.OTHER},
    ),
    "Enphase v4": Column(cloud=EnphaseV4, device_flows=frozenset({Flow.CONSUMPTION})),
    "SolarEdge": Column(cloud=SolarEdge),
}
"""A test compares the tables with the entities of the simulator's systems."""
_COMPONENTS = Path(homeassistant.__file__).parent / "components"
_TEXTS = ROOT / "custom_components" / "solar_cloud" / "translations" / "en.json"
_TABLE = re.compile(r"<!-- table: (?P<name>[a-z_ ]+) -->\n.*?<!-- end -->", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Write or check the tables, and return the exit code."""
    parser = argparse.ArgumentParser(description="Writes the tables in docs/entities.md and docs/status.md.")
    parser.add_argument("--check", action="store_true", help="only check whether they are current")
    only_check = parser.parse_args(arguments).check
    texts = json.loads(_TEXTS.read_text("utf-8"))["entity"]
    stale = 0
    for name, tables in (("entities.md", entity_tables(texts)), ("status.md", status_tables(texts))):
        path = ROOT / "docs" / name
        old = path.read_text("utf-8")
        new = filled(old, tables)
        if new == old:
            continue
        stale += 1
        if only_check:
            print(f"docs/{name} is not current: run scripts/entities_table.py", file=sys.stderr)
        else:
            path.write_text(new, "utf-8")
            print(f"docs/{name} written")
    return 1 if stale and only_check else 0


def filled(text: str, tables: Mapping[str, str]) -> str:
    """Return a page with its tables replaced. Raises ValueError for a table without a place, or a place without one."""
    places = [match["name"] for match in _TABLE.finditer(text)]
    if sorted(places) != sorted(tables):
        raise ValueError(f"places for {sorted(places)}, tables for {sorted(tables)}")
    return _TABLE.sub(lambda match: f"<!-- table: {match['name']} -->\n\n{tables[match['name']]}\n\n<!-- end -->", text)


def entity_tables(texts: Mapping[str, Any]) -> dict[str, str]:
    """Return the table of the account, of the system, and of each kind of device that has entities."""
    account = [_row("sensor", row, texts) for row in account_sensors.ACCOUNT_SENSORS]
    rows = {ACCOUNT: account, SYSTEM: list(_rows(SYSTEM, texts))}
    for kind in DeviceKind:
        if found := list(_rows(kind, texts)):
            rows[kind] = found
    head = ["entity", "key", "unit", "class", "category", "default"]
    return {name: _table(head if name == ACCOUNT else [*head, *CLOUDS], found) for name, found in rows.items()}


def status_tables(texts: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the codes of each vendor's systems and devices, and the one of all other codes."""
    status = texts["sensor"]["status"]
    meaning, advice = status["state"], status["state_attributes"]["advice"]["state"]

    def table(codes: Iterable[str]) -> str:
        return _table(["code", "meaning", "what to do"], ([f"`{code}`", meaning[code], advice[code]] for code in codes))

    tables = {f"{vendor} {kind or SYSTEM}": table(codes) for (vendor, kind), codes in STATUS.codes.items()}
    return tables | {"other": table([STATUS.other])}


def jobs_of(description: Any, subject: str, column: Column) -> list[str]:
    """Return the jobs of a cloud that report a value of a system (`SYSTEM`) or of a kind of device."""
    if column.cloud.vendor not in description.vendors or not _is_reported(description, subject, column):
        return []
    return [job.name for job in column.cloud.job_terms() if job.name in description.jobs]


def descriptions(subject: str) -> Iterator[tuple[str, Any]]:
    """Yield the descriptions of a system (`SYSTEM`) or of a kind of device, each with its platform."""
    if subject == SYSTEM:
        yield from _system_descriptions()
    else:
        yield from ((platform, row) for platform, row in _device_descriptions() if subject in row.kinds)


def _system_descriptions() -> Iterator[tuple[str, Any]]:
    yield from (("sensor", row) for row in sensors.SYSTEM_SENSORS)
    yield from (("sensor", row) for row in flow_sensors.FLOW_SENSORS)
    yield from (("sensor", row) for row in cloud_sensors.CLOUD_SENSORS)
    yield from (("sensor", row) for row in history_sensors.HISTORY_SENSORS)
    yield from (("binary_sensor", row) for row in binary_sensors.SYSTEM_BINARY_SENSORS)
    yield from (("button", row) for row in buttons.SYSTEM_BUTTONS)
    yield from (("event", row) for row in event.EVENTS)


def _device_descriptions() -> Iterator[tuple[str, Any]]:
    yield from (("sensor", row) for row in sensors.DEVICE_SENSORS)
    yield from (("sensor", row) for row in flow_sensors.HARDWARE_SENSORS)
    yield from (("sensor", row) for row in flow_sensors.DEVICE_FLOW_SENSORS)
    yield from (("sensor", row) for row in flow_sensors.FACT_SENSORS)
    yield from (("sensor", row) for row in performance_sensors.PERFORMANCE_SENSORS)
    yield from (("binary_sensor", row) for row in binary_sensors.DEVICE_BINARY_SENSORS)


def _rows(subject: str, texts: Mapping[str, Any]) -> Iterator[list[str]]:
    for platform, row in descriptions(subject):
        jobs = (", ".join(f"`{job}`" for job in jobs_of(row, subject, column)) or "–" for column in CLOUDS.values())
        yield [*_row(platform, row, texts), *jobs]


def _is_reported(description: Any, subject: str, column: Column) -> bool:
    """Return whether a cloud reports the flows that a description is about, or lists such hardware."""
    if subject == SYSTEM:
        return getattr(description, "flows", frozenset()) <= column.flows
    flow = getattr(description, "flow", None)
    return subject in column.kinds and (flow is None or flow in column.device_flows)


def _row(platform: str, description: Any, texts: Mapping[str, Any]) -> list[str]:
    """Return the cells that the table of the account has too."""
    text = texts[platform].get(description.translation_key, {})
    unit = (
        getattr(description, "suggested_unit_of_measurement", None)
        or getattr(description, "native_unit_of_measurement", None)
        or text.get("unit_of_measurement")
    )
    classes = [getattr(description, "device_class", None), getattr(description, "state_class", None)]
    platform_class = {"binary_sensor": ["binary"], "button": ["button"], "event": ["event"]}.get(platform, [])
    return [
        text.get("name") or device_class_name(platform, description.device_class),
        f"`{description.key}`",
        unit or "",
        ", ".join([*platform_class, *(str(one) for one in classes if one)]),
        str(description.entity_category or ""),
        _default(description),
    ]


@cache
def device_class_name(platform: str, device_class: str) -> str:
    """Return the English name that Home Assistant gives to an entity that has only its device class for a name."""
    texts = json.loads((_COMPONENTS / platform / "translations" / "en.json").read_text("utf-8"))
    return str(texts["entity_component"][device_class]["name"])


def _default(description: Any) -> str:
    """Return whether an entity is enabled by default, in the table's words."""
    if not description.entity_registry_enabled_default:
        return "off"
    return str(description.noise.value) if hasattr(description, "noise") else "on"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("".join(f"| {cell} " if cell else "| " for cell in line) + "|" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
