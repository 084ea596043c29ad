"""How often each job may run now: what is left of the month, shared out over what is left of the useful time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from .ledger import Ledger

FIXED_SHARE = 0.5
"""The most that jobs with a fixed cadence may take while others need requests: energy matters more than lists."""
DARK_PART = 1 / 6
"""How much a minute of the night counts against one of the day, for jobs that report something in the dark."""
PLENTY, SCARCE = 100.0, 40.0
"""Requests a day and system: from the first on a new system is read at once, down to the second it takes its time."""
MINUTE_PART = 0.9
"""Of the minute's share: the rest is for what comes at its own time, as the owner's requests do."""


class PacedJob(Protocol):
    """What pacing needs to know of a job; hashable, and equal to what is to be treated alike.

    Systems may have jobs of one name that differ in everything else: each such form is a demand of its own.
    """

    @property
    def name(self) -> str:
        """The key of the answer."""

    @property
    def cost(self) -> int:
        """Requests for one run."""

    @property
    def cadence(self) -> timedelta:
        """How often the cloud has something new."""

    @property
    def delay(self) -> timedelta:
        """How long after the end of an interval the cloud can answer with it."""

    @property
    def weight(self) -> float:
        """Share of the requests (not of the runs) that the jobs with weight 0, which run at their cadence, leave.

        So jobs whose weight grows with their cost run equally often.
        """

    @property
    def night(self) -> bool:
        """Whether it reports something in the dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What pacing needs to know of the ledger at one moment."""

    left: int
    """Requests that may still be sent in this cycle without the owner asking."""
    share: int
    """The same at the beginning of a cycle."""
    per_minute: int
    """Requests that may be sent within any 60 seconds."""
    resets_at: datetime
    """When the cycle ends (aware UTC)."""


def budget_of(ledger: Ledger, now: datetime) -> Budget:
    """Return what the ledger says at `now` (aware UTC)."""
    limits = ledger.limits
    return Budget(
        left=ledger.left_for_readings(now),
        share=limits.month_share,
        per_minute=limits.minute_share,
        resets_at=ledger.resets_at(now),
    )


def patience(budget: Budget, systems: int, now: datetime) -> float:
    """Return what part of its waiting time the first run of a job waits at `now` (aware UTC), from 0 to 1.

    It follows from the requests that the rest of the month has for each day and system: with plenty nothing waits. The
    last day of a month counts as a whole one.
    """
    days = max(timedelta(days=1), budget.resets_at - now) / timedelta(days=1)
    a_day = budget.left / days / max(1, systems)
    return min(1.0, max(0.0, (PLENTY - a_day) / (PLENTY - SCARCE)))


@dataclass(slots=True, eq=False)
class Demand:
    """One job of all systems that have it in the same form; compared by identity."""

    job: PacedJob
    systems: int = 0
    light: float = 0.0
    """Seconds of light left in the cycle, added up over the systems."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a job may run for one system, in runs a second."""

    light: float
    dark: float
    full: bool
    """Whether by day every report can be read."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of the weighted jobs, and by how much the other jobs' cadence is stretched."""

    jobs: dict[Demand, Rate]
    stretch: float


@dataclass(slots=True)
class _Part:
    """The light or the dark hours of one job; `rate` and `most` are requests a second and system."""

    weight: float
    seconds: float
    most: float
    rate: float = 0.0


def share_out(demands: Collection[Demand], left: float, horizon: float, per_minute: int) -> Rates:
    """Return the rates that spend `left` requests within `horizon` seconds.

    Jobs with weight 0 come first, but get no more than half while others need requests. The others get requests
    in proportion to weight and useful time; what one cannot use, because its cloud has nothing newer, goes to the rest.
    All systems together stay within the minute's share even while all of them are in the light.
    """
    fixed = sum(
        demand.systems * demand.job.cost * horizon / demand.job.cadence.total_seconds()
        for demand in demands
        if demand.job.weight <= 0
    )
    weighted = [demand for demand in demands if demand.job.weight > 0]
    allowed = left * FIXED_SHARE if weighted else left
    stretch = max(1.0, fixed / allowed) if allowed > 0 else float("inf")
    parts: list[tuple[Demand, _Part, _Part]] = []
    for demand in weighted:
        job = demand.job
        most = job.cost / job.cadence.total_seconds()
        dark = max(0.0, demand.systems * horizon - demand.light) if job.night else 0.0
        # A moment of light at least: after the last sunset of a cycle the day is still to be finished, at its pace.
        lit = max(1.0, demand.light)
        parts.append((demand, _Part(job.weight, lit, most), _Part(job.weight * DARK_PART, dark, most)))
    _distribute([part for _, *both in parts for part in both if part.seconds > 0], left - min(fixed, allowed))
    at_once = sum(demand.systems * light.rate for demand, light, _ in parts)
    brake = min(1.0, per_minute * MINUTE_PART / 60 / at_once) if at_once > 0 else 1.0
    return Rates(
        {
            demand: Rate(
                light.rate * brake / demand.job.cost,
                dark.rate * brake / demand.job.cost,
                light.rate * brake > light.most * 0.995,
            )
            for demand, light, dark in parts
        },
        stretch,
    )


def _distribute(parts: list[_Part], requests: float) -> None:
    """Set the rates of the parts by weight and time; none gets more than it can use."""
    requests = max(0.0, requests)
    while parts:
        unit = requests / sum(part.weight * part.seconds for part in parts)
        saturated = [part for part in parts if unit * part.weight >= part.most]
        if not saturated:
            for part in parts:
                part.rate = unit * part.weight
            return
        for part in saturated:
            part.rate = part.most
            requests -= part.most * part.seconds
        parts = [part for part in parts if part.rate == 0.0]
