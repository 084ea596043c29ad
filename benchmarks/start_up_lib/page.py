"""The figures as a table with ratios to Home Assistant's own integration, and as the page in docs/."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.scale_lib.page import machine

from .figures import Start

TITLES = {"enphase": "Solar Cloud, Enphase v2", "solaredge": "Solar Cloud, SolarEdge", "nextdns": "`nextdns`"}
OURS = ("enphase", "solaredge")
BASELINE = "nextdns"
GOAL = 1.5
"""What the package and the set-up may take of what they take at the baseline."""

type Results = Mapping[str, Sequence[Start]]
type Figure = Callable[[Start], float]

ROWS: tuple[tuple[str, Figure, str, bool], ...] = (
    ("import of the package, ms", lambda start: 1e3 * start.package, ".1f", True),
    ("– modules", lambda start: start.modules_package, ".0f", False),
    ("import of dialogs and the like, ms", lambda start: 1e3 * start.platforms, ".1f", True),
    ("set-up of an entry with nothing to read, ms", lambda start: 1e3 * start.set_up, ".1f", True),
    ("– modules by then", lambda start: start.modules, ".0f", False),
    ("all of this, ms", lambda start: 1e3 * start.total, ".1f", True),
    ("import of what a system needs, ms", lambda start: 1e3 * start.system, ".1f", False),
    ("– modules by then", lambda start: start.modules_system, ".0f", False),
    ("import of all files that are left, ms", lambda start: 1e3 * start.rest, ".1f", False),
    ("– modules in the end", lambda start: start.modules_all, ".0f", False),
)
"""A title, the figure, its format, and whether a ratio says something."""
GOALS = frozenset({"import of the package, ms", "set-up of an entry with nothing to read, ms"})
"""The figures that the goal holds for."""


def table(results: Results) -> str:
    """Return the medians of all rounds, with the ratios to the baseline where it was run."""
    base = results.get(BASELINE)
    names = list(results)
    header = [""] + [
        cell for name in names for cell in ([TITLES[name], "ratio"] if base and name in OURS else [TITLES[name]])
    ]
    lines = [_line(header), "| --- |" + " ---: |" * (len(header) - 1)]
    for title, figure, form, has_ratio in ROWS:
        cells = [title]
        for name in names:
            value = middle(results[name], figure)
            cells.append(format(value, form))
            if base and name in OURS:
                cells.append(f"{value / middle(base, figure):.2f}" if has_ratio else "")
        lines.append(_line(cells))
    return "\n".join(lines)


def middle(starts: Sequence[Start], figure: Figure) -> float:
    """Return the median of a figure."""
    return median(map(figure, starts))


def misses(results: Results) -> list[str]:
    """Return a line for each figure of ours that is beyond the goal."""
    if (base := results.get(BASELINE)) is None:
        return []
    return [
        f"{TITLES[name]}: {title} is {ratio:.2f} × that of {TITLES[BASELINE]}"
        for name in OURS
        for title, figure, _, _ in ROWS
        if title in GOALS and (ratio := middle(results[name], figure) / middle(base, figure)) > GOAL
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def page(results: Results) -> str:
    """Return the page."""
    rounds = len(next(iter(results.values())))
    return _PAGE.format(goal=GOAL, rounds=rounds, machine=machine(), table=table(results))


_PAGE = """\
# How long does it take to start?

<!-- benchmarks/start_up.py --write writes this page. -->

This page measures the start of an account without systems. Beside it it measures Home Assistant's own `nextdns`
without profiles. The goal for the package and for the set-up is {goal} times `nextdns`. Measured on
{machine}. Each figure is the median of {rounds} processes.

{table}

## What is measured

- **Time** is processor time of all threads of a process. Each start has a process of its own, and the candidates
  take turns. Python has its bytecode from before.
- **What is shared** is loaded before the clock starts, whichever of the two needs it: Home Assistant's own modules,
  what Home Assistant itself requires, and the standard library. The components that both build on are set up.
- **The package** is what `import` loads: the integration's own modules. `nextdns` also loads its library and
  `tenacity`, which no Home Assistant has of itself. We have no library: what one would do is in our own modules.
- **Dialogs and the like** are the files that Home Assistant looks for by name and loads beside the package:
  `config_flow.py`, `diagnostics.py`, `repairs.py`, `system_health.py` and `application_credentials.py`.
- **The set-up** includes the import of the platforms that the entry has. It has no network: `nextdns` would send one
  request, which is answered at once. Our account sends none. It reads its count of requests from disk, and registers
  our actions, our dashboard and the sensors of the account.
- **What a system needs** is loaded with the first account that has one: the statistics, the entities, and the client
  of that account's cloud. Home Assistant imports it in a thread beside the event loop. `nextdns` has all of it by then.
- **All files that are left** are the clouds that no account uses, and the dialogs under Settings > Repairs.
"""
