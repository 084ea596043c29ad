"""The ways to spend a plan: fixed intervals, a peer's formula, and this project's own code."""

from datetime import UTC, datetime, timedelta
import heapq
from itertools import count

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached
from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.sky.sun import Place

from .world import Cell, Result, mean_age

PHASES = 8
"""A fixed interval meets the reports somewhere: its age is the mean over so many places."""
OWN_MARGIN = timedelta(minutes=5)
"""What production code adds to the daylight of a place that is Home Assistant's own."""


def fixed(cell: Cell, seconds: float) -> Result:
    """Poll every so often, day and night, until the plan is empty; all systems share it alike."""
    most = cell.cloud.limits.per_month // cell.systems
    ages: list[float] = []
    polls = 0
    for phase in range(PHASES):
        first = cell.start + (phase + 0.5) / PHASES * seconds
        polls = min(most, int((cell.end - first) // seconds) + 1)
        ages.append(mean_age(cell, [first + number * seconds for number in range(polls)]))
    return Result(sum(ages) / PHASES, polls * cell.systems)


def fixed15(cell: Cell) -> Result:
    """Poll every 15 minutes until the plan is empty."""
    return fixed(cell, 900)


def fixed60(cell: Cell) -> Result:
    """Poll every hour until the plan is empty."""
    return fixed(cell, 3600)


def even24h(cell: Cell) -> Result:
    """Spread 95 % of the plan evenly over day and night."""
    share = cell.cloud.limits.month_share // cell.systems
    return fixed(cell, (cell.end - cell.start) / share)


def peer(cell: Cell) -> Result:
    """Poll as `plan_interval` of aiosolaredge-one says, with its defaults and one plan share for each system.

    One request a poll; it is told truly whether the sun is up. What is sent beyond the limit brings nothing.
    """
    reads = peer_polls(cell)
    answered = reads[: cell.cloud.limits.per_month // cell.systems]
    return Result(mean_age(cell, answered), len(reads) * cell.systems)


def peer_polls(cell: Cell, cost: int = 1) -> list[float]:
    """Return when `plan_interval` has one system polled in the month, with `cost` requests a poll."""
    from aiosolaredge_one.budget import BudgetPlan, plan_interval

    limits = cell.cloud.limits
    plan = BudgetPlan(
        monthly_budget=limits.per_month // cell.systems, calls_per_minute=limits.per_minute, credits_per_cycle=cost
    )
    now, reads, day = cell.start, list[float](), 0
    while now < cell.end:
        reads.append(now)
        while day < len(cell.spans) and cell.spans[day].set <= now:
            day += 1
        dark = day == len(cell.spans) or now < cell.spans[day].rise
        used = len(reads) * cost
        now += plan_interval(plan, used_this_month=used, seconds_until_reset=cell.end - now, is_night=dark)
    return reads


def ours(cell: Cell) -> Result:
    """Run the production ledger and pacing, one job of one request, systems added at the beginning of the month."""
    job = JobTerms(name="poll", cadence=cell.cloud.cadence, delay=cell.cloud.delay, weight=1, first=True)
    ledger, pacing = Ledger(cell.cloud.limits), Pacing()
    reads: dict[str, list[float]] = {f"system {number}": [] for number in range(cell.systems)}
    for system in reads:
        pacing.put(system, Place(cell.latitude, 0, OWN_MARGIN), [job])
    tie = count()
    agenda = [(cell.start, next(tie), system) for system in reads]
    requests = 0
    while agenda[0][0] < cell.end:
        moment, _, system = heapq.heappop(agenda)
        now = datetime.fromtimestamp(moment, UTC)
        due = pacing.next_at(system, job.name, now, budget_of(ledger, now))
        if due <= now:
            try:
                wait = ledger.wait(now)
            except LimitReached as reached:
                due = reached.until
            else:
                if wait:
                    due = now + wait
                else:
                    if ledger.needs_lease(now):
                        ledger.lease(now)
                    ledger.spend(now)
                    requests += 1
                    reads[system].append(moment)
                    measured = datetime.fromtimestamp(cell.cloud.readable(moment), UTC)
                    pacing.ran(system, job.name, now, measured)
                    due = pacing.next_at(system, job.name, now, budget_of(ledger, now))
        heapq.heappush(agenda, (due.timestamp(), next(tie), system))
    return Result(sum(mean_age(cell, moments) for moments in reads.values()) / cell.systems, requests)
