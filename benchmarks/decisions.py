# ruff: noqa: E402 - the repository has to be importable first
"""What a decision costs: `python benchmarks/decisions.py` prints µs for 1, 100 and 1,000 systems under one credential.

A *decision* is what happens before a request may go: when is this job of this system next worth one, in the light of
what the ledger says now. The clock moves on and the count changes from one to the next, so nothing can be remembered.
A *ledger check* is the question whether one more request may be sent. Growth must not be worse than logarithmic.
"""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from math import log2
from pathlib import Path
from statistics import median
import sys
from time import perf_counter

sys.path[0] = str(Path(__file__).parents[1])  # not this folder: its requests.py would hide a library

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.budget.rates import Budget, budget_of
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.sky.sun import Place

SYSTEMS = (1, 100, 1_000)
PLACES = 24
"""Systems stand at their zones' principal places: there are not many of those."""
ROUNDS, DECISIONS = 7, 2_000
NOON = datetime(2026, 6, 20, 11, tzinfo=UTC)
MEMBERS = {1: "1 system", 100: "100 systems", 1_000: "1,000 systems"}


def prepared(systems: int) -> tuple[Pacing, Ledger]:
    """Return the pace and the ledger of a credential that has been in use for some weeks."""
    ledger, pacing = Ledger(Limits(per_minute=300, per_month=300_000)), Pacing()
    for hour in range(18 * 24):
        ledger.spend(NOON - timedelta(hours=18 * 24 - hour))
    for number in range(systems):
        place = Place(-55 + number * 7 % 120, number % PLACES * 15 - 180, timedelta(minutes=5))
        pacing.put(str(number), place, EnphaseV2.job_terms())
        for job in EnphaseV2.job_terms():
            pacing.ran(str(number), job.name, NOON - timedelta(minutes=3), NOON - timedelta(minutes=5))
    return pacing, ledger


def microseconds(work: Callable[[datetime], object], rounds: int, calls: int) -> float:
    """Return the median price of one call; each gets a later moment."""
    prices = []
    for number in range(rounds):
        moments = [NOON + timedelta(seconds=31 * index, milliseconds=number) for index in range(calls)]
        begin = perf_counter()
        for moment in moments:
            work(moment)
        prices.append((perf_counter() - begin) / calls * 1e6)
    return median(prices)


def measure(systems: int, rounds: int, calls: int) -> dict[str, float]:
    """Return what each kind of work costs in µs."""
    pacing, ledger = prepared(systems)
    names = cycle([str(number) for number in range(systems)])
    reset = ledger.resets_at(NOON)
    left = iter(range(10**6, 0, -1))

    def decide(moment: datetime) -> None:
        budget = Budget(left=next(left), share=10**6, per_minute=240, resets_at=reset)
        pacing.next_at(next(names), "summary", moment, budget)

    def decide_and_count(moment: datetime) -> None:
        pacing.next_at(next(names), "summary", moment, budget_of(ledger, moment))

    pacing.next_at("0", "summary", NOON, budget_of(ledger, NOON))
    begin = perf_counter()
    pacing.put("newcomer", Place(48, 11), EnphaseV2.job_terms())
    pacing.next_at("0", "summary", NOON, budget_of(ledger, NOON))
    joining = (perf_counter() - begin) * 1e6
    pacing.remove("newcomer")
    return {
        "pacing decision": microseconds(decide, rounds, calls),
        "with the ledger's figures": microseconds(decide_and_count, rounds, calls),
        "ledger check": microseconds(ledger.wait, rounds, calls),
        "a system joins (once)": joining,
    }


def main() -> int:
    """Print the table; return 1 if a decision grows worse than logarithmically."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="so few calls that the figures say nothing: does it run?")
    quick = parser.parse_args().quick
    size = (1, 20) if quick else (ROUNDS, DECISIONS)
    results = {systems: measure(systems, *size) for systems in SYSTEMS}
    first = results[SYSTEMS[0]]
    print("| µs | " + " | ".join(MEMBERS[systems] for systems in SYSTEMS) + " | growth 1 → 1,000 |")
    print("| --- |" + " ---: |" * (len(SYSTEMS) + 1))
    for name in first:
        prices = [results[systems][name] for systems in SYSTEMS]
        cells = " | ".join(f"{price:.1f}" for price in prices)
        print(f"| {name} | {cells} | × {prices[-1] / prices[0]:.2f} |")
    most = log2(SYSTEMS[-1])
    print(f"\nLogarithmic growth would be up to × {most:.0f}.")
    steady = [name for name in first if "once" not in name]
    return int(not quick and any(results[SYSTEMS[-1]][name] > most * first[name] for name in steady))


if __name__ == "__main__":
    sys.exit(main())
