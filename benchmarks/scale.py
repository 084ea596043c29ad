# ruff: noqa: E402 - the repository has to be importable first
"""What a hundred systems of thirty inverters take: `python benchmarks/scale.py [--write]`.

Runs Solar Cloud against simulated clouds, and beside it Home Assistant's own enphase_envoy with made-up data of the
same size, each in a process of its own, and prints event-loop time, memory and set-up time. Each refresh is compared
with the least that anybody could do for it. Takes a quarter of an hour; `--small` only tries whether it runs.

enphase_envoy needs its library, which scripts/setup does not install:

    .venv/bin/uv pip install --python .venv/bin/python --requirement requirements/benchmark.txt

Without it, its columns are left out, and the page in docs/ stays as it is. Returns 1 if a goal is missed.
"""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
import json
import os
from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)  # not this folder: its requests.py would hide a library

from benchmarks.scale_lib.figures import Figures
from benchmarks.scale_lib.page import BASELINE, HOME, MODES, floors_of, misses, page

PAGE = ROOT / "docs" / "development" / "scale.md"
CANDIDATES = ("enphase", "solaredge", BASELINE)
INSTALL = ".venv/bin/uv pip install --python .venv/bin/python --requirement requirements/benchmark.txt"
SMALL = {"systems": 1, "inverters": 3, "home": 6, "rounds": 2}
"""What tries whether everything runs; the figures say nothing."""
HOMES = 2
"""Large homes that are measured."""


def run(
    candidate: str, options: argparse.Namespace, systems: int, inverters: int, *, everything: bool = False
) -> Figures:
    """Measure a candidate in a process of its own; raises `CalledProcessError` when it fails."""
    command = [sys.executable, "-m", "benchmarks.scale_lib.child", candidate]
    command += [f"--systems={systems}", f"--inverters={inverters}", f"--rounds={options.rounds}"]
    command += ["--all"] if everything else []
    command += [f"--profile={options.profile}"] if options.profile else []
    # One arena: memory that one thread gave back must not stay occupied for it.
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "MALLOC_ARENA_MAX": "1"}, stdout=subprocess.PIPE, text=True, check=True
    )
    return Figures.from_json(json.loads(done.stdout))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all candidates; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--systems", type=int, default=100)
    parser.add_argument("--inverters", type=int, default=30, help="of each system")
    parser.add_argument("--home", type=int, default=200, help="microinverters of one large home")
    parser.add_argument("--rounds", type=int, default=2, help="refreshes of each system that are measured")
    parser.add_argument("--small", action="store_true", help="as little of everything as there can be")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FOLDER",
        help="write cProfile's files there, and print where a refresh takes its time; spoils the figures",
    )
    parser.add_argument("--write", action="store_true", help="write docs/development/scale.md")
    options = parser.parse_args(arguments)
    if options.small:
        vars(options).update(SMALL)
    with_baseline = find_spec("pyenphase") is not None
    results: dict[bool, dict[str, Figures]] = {}
    for everything in [False] if options.small else MODES:
        results[everything] = {
            name: run(name, options, options.systems, options.inverters, everything=everything)
            for name in CANDIDATES
            if with_baseline or name != BASELINE
        }
    home = run(HOME, options, 1 if options.small else HOMES, options.home)
    floors = floors_of(results[False], home, options.inverters, options.home)
    text = page(results, floors, options.systems, options.inverters)
    print(text)
    if not with_baseline:
        print(f"\npyenphase is not installed: nothing to compare with. To have it:\n  {INSTALL}", file=sys.stderr)
    elif options.write and not options.small:
        PAGE.write_text(text, encoding="utf-8")
    missed = misses(results[False])
    print("\n".join(missed), file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
