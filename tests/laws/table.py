"""The table law × cloud of a report, and the list behind it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
import json
from pathlib import Path
from typing import Any

LAWS = {
    1: "measured is shown as measured",
    2: "time does not go back, nothing old",
    3: "nothing impossible",
    4: "counters",
    5: "hours and days",
    6: "identity",
    7: "filling buckets",
    8: "no future",
    9: "facts are reviewed",
    10: "storable",
    11: "nothing sideways",
    12: "nothing silent",
}
CLOUDS = ("enphase_v2", "enphase_v4", "solaredge_key", "solaredge_oauth")

type Line = dict[str, Any]


def read(path: Path) -> list[Line]:
    """Return the runs of a report."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def table(lines: Iterable[Line]) -> Iterator[str]:
    """Give the table: of the runs at a cloud, how many broke a law."""
    runs: dict[str, int] = defaultdict(int)
    broken: dict[tuple[int, str], int] = defaultdict(int)
    for line in lines:
        runs[line["cloud"]] += 1
        for law in {one["law"] for one in line["violations"]}:
            broken[law, line["cloud"]] += 1
    yield "| law | " + " | ".join(CLOUDS) + " |"
    yield "| --- |" + " --- |" * len(CLOUDS)
    for law, name in LAWS.items():
        cells = (f"{broken[law, cloud]} of {runs[cloud]}" for cloud in CLOUDS)
        yield f"| {law} {name} | " + " | ".join(cells) + " |"


def listing(lines: Iterable[Line], most: int = 12) -> Iterator[str]:
    """Give what was found, run by run."""
    for line in lines:
        if not line["violations"]:
            continue
        yield f"- **{line['scenario']}**, {line['cloud']}, {line['variant']}"
        for one in line["violations"][:most]:
            right = f"; right: {one['right']}" if one["right"] else ""
            seen = f"; seen: {one['seen']}" if one["seen"] else ""
            span = f"{one['first'][5:16]} … {one['last'][5:16]}, {one['times']} ×"
            yield f"  - {one['law']}: {one['what']} {one['why']}{seen}{right} ({span})"
        if len(line["violations"]) > most:
            yield f"  - and {len(line['violations']) - most} more"
