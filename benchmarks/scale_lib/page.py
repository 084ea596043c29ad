"""The figures as a table with ratios to Home Assistant's own integration, and as the page in docs/."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import os
from platform import python_version

from homeassistant.const import __version__ as home_assistant_version

from .figures import Figures

TITLES = {
    "enphase": "Solar Cloud, Enphase v2",
    "solaredge": "Solar Cloud, SolarEdge",
    "enphase_envoy": "`enphase_envoy`",
}
BASELINE = "enphase_envoy"
HOME = "enphase"
"""Whose cloud the one large home is at."""
LONGEST = 0.050
"""Seconds that nothing of ours may keep the event loop for in a refresh."""
MODES = {False: "As it is installed", True: "With every entity enabled"}

type Results = Mapping[str, Figures]
type Row = tuple[str, Callable[[Figures], float | None], str, bool]
"""A title, the figure, its format, and whether a ratio says something."""

ROWS: tuple[Row, ...] = (
    ("devices", lambda found: found.devices, ",.0f", False),
    ("entities with a state", lambda found: found.entities, ",.0f", False),
    ("entities registered", lambda found: found.registered, ",.0f", False),
    ("first set-up of all: by the clock, s", lambda found: found.set_up.wall, ",.1f", False),
    ("– event loop, s", lambda found: found.set_up.busy, ",.2f", True),
    ("– for each registered entity, µs", lambda found: 1e6 * found.set_up.busy / found.registered, ",.0f", True),
    ("– longest callback, ms", lambda found: 1e3 * found.set_up.longest, ",.0f", False),
    ("set-up after unloading: by the clock, s", lambda found: found.again.wall, ",.1f", False),
    ("– event loop, s", lambda found: found.again.busy, ",.2f", True),
    ("– longest callback, ms", lambda found: 1e3 * found.again.longest, ",.0f", False),
    ("a refresh of one system: requests", lambda found: found.requests if found.stored else None, ".1f", False),
    ("– event loop, mean, ms", lambda found: 1e3 * found.refresh, ".1f", True),
    ("– event loop, 95th percentile, ms", lambda found: 1e3 * found.refresh_p95, ".1f", True),
    ("– longest callback, ms", lambda found: 1e3 * found.longest, ".1f", True),
    ("– the same by the clock, ms", lambda found: 1e3 * found.longest_by_clock, ".1f", False),
    (
        "– for each entity with a state, µs",
        lambda found: 1e6 * found.refresh / (found.entities / found.systems),
        ".0f",
        True,
    ),
    ("– of it writing entities, ms", lambda found: 1e3 * found.writing, ".1f", True),
    ("– for each of them, µs", lambda found: 1e6 * found.writing * found.systems / found.entities, ".0f", True),
    ("– garbage collector, mean, ms", lambda found: 1e3 * found.collecting, ".1f", True),
    ("– other threads, ms", lambda found: 1e3 * found.other_threads, ".1f", False),
    ("memory, MB", lambda found: found.memory / 1e6, ",.0f", True),
    ("– right after the first set-up, MB", lambda found: found.memory_fresh / 1e6, ",.0f", True),
    ("– for each registered entity, kB", lambda found: found.memory / found.registered / 1e3, ".1f", True),
    ("– for each entity with a state, kB", lambda found: found.memory / found.entities / 1e3, ".1f", True),
    ("stored on disk for each system, kB", lambda found: found.stored / found.systems / 1e3 or None, ",.0f", False),
)

FLOOR_COLUMNS: tuple[tuple[str, Callable[[Figures, float], str]], ...] = (
    ("requests", lambda found, _: f"{found.requests:.1f}"),
    ("entities with a state", lambda found, _: f"{found.entities / found.systems:,.0f}"),
    ("of them changed", lambda found, _: f"{found.changed:,.0f}"),
    ("Solar Cloud, ms", lambda found, _: f"{1e3 * found.refresh:.1f}"),
    ("the floor, ms", lambda _, floor: f"{1e3 * floor:.1f}"),
    ("ratio", lambda found, floor: f"{found.refresh / floor:.1f}"),
    ("longest callback, ms", lambda found, _: f"{1e3 * found.longest:.1f}"),
    ("garbage collector, ms", lambda found, _: f"{1e3 * found.collecting:.1f}"),
)
"""Of one refresh of one system, with a title for each column."""


def table(results: Results) -> str:
    """Return the figures of the candidates that were run, those of the baseline last."""
    baseline = results.get(BASELINE)
    header = ["", *(cell for name in results for cell in _header(name, baseline))]
    lines = [_line(header), "| --- |" + " ---: |" * (len(header) - 1)]
    for title, figure, form, has_ratio in ROWS:
        cells = [title]
        base = figure(baseline) if baseline and has_ratio else None
        for name, found in results.items():
            value = figure(found)
            cells.append("–" if value is None else format(value, form))
            if baseline and name != BASELINE:
                cells.append(f"{value / base:.2f}" if value is not None and base else "")
        lines.append(_line(cells))
    return "\n".join(lines)


def _header(name: str, baseline: Figures | None) -> list[str]:
    return [TITLES[name], "ratio"] if baseline and name != BASELINE else [TITLES[name]]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def floor_table(results: Mapping[str, Figures]) -> str:
    """Return refreshes beside the least that they could take, one line for each title."""
    header = ["", *(title for title, _ in FLOOR_COLUMNS)]
    lines = [_line(header), "| --- |" + " ---: |" * len(FLOOR_COLUMNS)]
    for title, found in results.items():
        if (floor := found.floor) is not None:
            lines.append(_line([title, *(cell(found, floor) for _, cell in FLOOR_COLUMNS)]))
    return "\n".join(lines)


def misses(results: Results) -> list[str]:
    """Return a line for each candidate of ours that holds the event loop for too long."""
    return [
        f"{TITLES[name]}: a callback of a refresh takes {found.longest * 1e3:.0f} ms"
        for name, found in results.items()
        if name != BASELINE and found.longest > LONGEST
    ]


def machine() -> str:
    """Return what the figures depend on."""
    cores = {1: "one core", 2: "two cores", 4: "four cores"}.get(os.cpu_count() or 0, f"{os.cpu_count()} cores")
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores}, Python {python_version()}, Home Assistant {home_assistant_version}"


def floors_of(results: Results, home: Figures, inverters: int, many: int) -> dict[str, Figures]:
    """Return what is measured against the floor, by title: the systems as they are installed, and one large home."""
    found = {f"{TITLES[name]}, {inverters} inverters": one for name, one in results.items()}
    return {**found, f"{TITLES[HOME]}, {many} microinverters": home}


def page(results: Mapping[bool, Results], floors: Mapping[str, Figures], systems: int, inverters: int) -> str:
    """Return the page."""
    parts = [_HEAD.format(systems=systems, inverters=inverters, machine=machine())]
    parts.append(f"## Beside the least that it can take\n\n{floor_table(floors)}\n\n{_FLOOR}")
    parts += [f"## {MODES[everything]}\n\n{table(found)}\n" for everything, found in results.items()]
    return "\n".join([*parts, _FOOT])


_HEAD = """\
# How much does it take?

<!-- benchmarks/scale.py --write writes this page. -->

This page measures {systems} systems of {inverters} inverters in one Home Assistant. Beside them it measures Home
Assistant's own `enphase_envoy`, with as many Envoys of as many inverters. Measured on {machine}.
"""
_FLOOR = """\
**The floor** does what the same refresh has done, later in the same process, with nothing around it. It fetches the
same URLs with bare aiohttp. It parses each answer with orjson, and writes a state for each entity that our refresh has
changed. An entity has changed when its state or one of its attributes has. What stays as it was counts for nothing in
the floor. Nobody can do less for the same values. The goal is twice the floor.
"""
_FOOT = """\
## What is measured

- **Solar Cloud** is one account for each 25 systems, because Home Assistant has at most 10,000 enabled entities for
  an account. The accounts are added through Solar Cloud's own dialog. They read simulated clouds over HTTP, in
  another process on the same machine.
- **`enphase_envoy`** is one config entry for each Envoy. Its library is replaced by one that makes up the documents,
  and has the library's own models read them. It has no connection, no JSON to read and nothing to store. What these
  cost is in our figures only. *Of it writing entities* is the part that both have. As `enphase_envoy` never waits,
  all its Envoys may be set up in one callback.
- **Event loop** is the processor time of all callbacks of a real Home Assistant core, without recorder and frontend.
  Python's garbage collector has a row of its own. *By the clock* shows what else runs on the machine.
- **First set-up** is everything until all of every system has been read. The clock includes the simulated cloud's
  work. After **unloading**, what was stored is loaded again, and nothing is requested.
- **A refresh** reads what changes, half an hour after the last refresh. It writes all entities, and stores what is
  known. A refresh of an Envoy is what happens each minute. Each system is refreshed by itself, after three days of
  life. By then there is as much to remember as there ever will be.
- **Memory** is what the process has grown by, after everything that can be given back has been given back. It
  includes Home Assistant's own devices, registry entries and states, and what its registries keep for being written.
"""
