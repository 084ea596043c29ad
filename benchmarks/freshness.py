# ruff: noqa: E402 - the repository has to be importable first
"""How old is the power that one sees? `python benchmarks/freshness.py [--json FILE]`.

Plays a month in virtual time for every plan, number of systems, latitude and season, under several ways to spend the
plan, prints the mean ages and writes them to docs/development/freshness.md. `ours` is the production code itself.
Households with a meter or a battery, whose readings are several requests and go on at night, have a table of their own.

The peer is run for real; scripts/setup installs it. Without it, its column is left out, and so is the page in docs/.
Returns 1 if a goal is missed.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
import json
from multiprocessing import get_context
import os
from pathlib import Path
import sys

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)  # not this folder: its requests.py would hide a library

from benchmarks.freshness_lib import bound, house, page, policies
from benchmarks.freshness_lib.world import Cell, Result, cells

POLICIES = (
    policies.fixed15,
    policies.fixed60,
    policies.even24h,
    policies.peer,
    policies.ours,
    bound.bound,
)
PAGE = ROOT / "docs" / "development" / "freshness.md"


def play(cell: Cell) -> dict[str, Result]:
    """Return what each policy that can be run makes of a cell."""
    with_peer = find_spec("aiosolaredge_one") is not None
    return {policy.__name__: policy(cell) for policy in POLICIES if with_peer or policy is not policies.peer}


def play_house(one: house.House) -> dict[str, house.Ages]:
    """Return what the pacing, and a fixed interval of the same spend, make of a household; the bound, and the peer."""
    ours = house.ours(one)
    found = {"ours": ours, "fixed": house.fixed(one, ours), "bound": house.bound(one)}
    return found | {"peer": house.peer(one)} if find_spec("aiosolaredge_one") is not None else found


def main(arguments: Sequence[str] | None = None) -> int:
    """Play all cells; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    everything = list(cells())
    with ProcessPoolExecutor(min(len(everything), os.cpu_count() or 1), mp_context=get_context("fork")) as pool:
        results = dict(zip(everything, pool.map(play, everything, chunksize=3), strict=True))
        homes = list(house.houses())
        houses = dict(zip(homes, pool.map(play_house, homes, chunksize=3), strict=True))
    print(page.table(results))
    print(page.house_table(houses), end="\n\n")
    print(page.summary(results))
    if options.json:
        options.json.write_text(
            json.dumps([*page.rows(results), *page.house_rows(houses)], indent=1) + "\n", encoding="utf-8"
        )
    if all("peer" in result for result in results.values()):
        PAGE.write_text(page.page(results, houses), encoding="utf-8")
    else:
        print(
            f"aiosolaredge-one is not installed: no peer, and {PAGE.relative_to(ROOT)} stays as it is", file=sys.stderr
        )
    return int(bool(page.misses(results) or page.house_misses(houses)))


if __name__ == "__main__":
    sys.exit(main())
