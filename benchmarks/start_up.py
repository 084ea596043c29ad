# ruff: noqa: E402 - the repository has to be importable first
"""How long it takes to start: `python benchmarks/start_up.py [--write]`.

Imports Solar Cloud and sets up an account without systems, and beside it Home Assistant's own nextdns without profiles,
each time in a process of its own, by turns. Prints processor time, modules and ratios. Takes two minutes.

nextdns needs its library, which scripts/setup does not install:

    .venv/bin/uv pip install --python .venv/bin/python --requirement requirements/benchmark.txt

Without it, its column is left out, and the page in docs/ stays as it is. Returns 1 if a goal is missed.
"""

import argparse
from collections.abc import Collection, Sequence
from importlib.util import find_spec
import json
import os
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)  # not this folder: its requests.py would hide a library

from benchmarks.start_up_lib.figures import Start
from benchmarks.start_up_lib.page import BASELINE, OURS, misses, page, table

PAGE = ROOT / "docs" / "development" / "start-up.md"
CHILD = "benchmarks.start_up_lib.child"
INSTALL = ".venv/bin/uv pip install --python .venv/bin/python --requirement requirements/benchmark.txt"


def child(folder: Path, candidate: str, shared: Collection[str]) -> dict[str, Any]:
    """Start a candidate in a process where other modules are there before; raises `CalledProcessError` if that fails.

    Returns what the process prints.
    """
    modules = folder / "shared.json"
    modules.write_text(json.dumps(sorted(shared)), encoding="utf-8")
    # With bytecode, as on every start but the first one.
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", None) is not None:
        environment.setdefault("PYTHONPYCACHEPREFIX", str(folder / "bytecode"))
    command = [sys.executable, "-m", CHILD, candidate, str(modules)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def start(folder: Path, candidate: str, shared: Collection[str]) -> Start:
    """Return what one start of a candidate has taken."""
    return Start.from_json(child(folder, candidate, shared))


def measure(folder: Path, candidates: Sequence[str], rounds: int) -> dict[str, list[Start]]:
    """Return what each candidate has taken in each round.

    The first processes do not count: they compile, and say what each candidate needs of Home Assistant and of other
    packages. All of that is loaded before the clock starts, whichever of the candidates needs it.
    """
    shared = {module for name in candidates for module in child(folder, name, ())["others"]}
    found: dict[str, list[Start]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name in candidates:
            found[name].append(start(folder, name, shared))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all candidates; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="processes of each candidate")
    parser.add_argument("--quick", action="store_true", help="start one account once: only whether it runs")
    parser.add_argument("--write", action="store_true", help="write docs/development/start-up.md")
    options = parser.parse_args(arguments)
    with_baseline = find_spec("nextdns") is not None
    with TemporaryDirectory() as folder:
        if options.quick:
            print(table({OURS[0]: [start(Path(folder), OURS[0], ())]}))
            return 0
        candidates = [*OURS, BASELINE] if with_baseline else [*OURS]
        results = measure(Path(folder), candidates, options.rounds)
    text = page(results)
    print(text)
    if not with_baseline:
        print(f"\nnextdns is not installed: nothing to compare with. To have it:\n  {INSTALL}", file=sys.stderr)
    elif options.write:
        PAGE.write_text(text, encoding="utf-8")
    missed = misses(results)
    print("\n".join(missed), file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
