"""Households with a meter or a battery: their grid values matter in the dark, too, and a reading is several requests.

Everything that a credential pays for is played: the energy job, the jobs beside it that follow the sun, and the lists
that run once a day. Age is that of the grid's power: now minus the end of the newest interval that was read, by day
and by night, without a sunrise that would make the truth known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import heapq
from itertools import count, product

from custom_components.solar_cloud.budget.daylight import Span
from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached
from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.sky.sun import Place

from .policies import OWN_MARGIN, PHASES
from .world import CLOUDS, Cell, cells

CLOUD = next(cloud for cloud in CLOUDS if cloud.name == "SolarEdge free")
KINDS = {"PV + meter": 2, "PV + meter + battery": 3}
"""Requests that one reading of such a system takes."""
SYSTEMS = (1, 3)
LISTS = 7
"""Requests a day of the jobs that run once a day."""
WEIGHT = 2.0
"""Of the energy job, for each of its requests."""


@dataclass(frozen=True)
class House:
    """One kind of household, and where and when."""

    kind: str
    cell: Cell

    @property
    def jobs(self) -> tuple[JobTerms, ...]:
        """Return what is read of it, the energy job first."""
        cost, fast = KINDS[self.kind], JobTerms(name="inverters", cadence=CLOUD.cadence, delay=CLOUD.delay, weight=1)
        return (
            replace(fast, name="energy", cost=cost, weight=WEIGHT * cost, night=True, first=True),
            fast,
            replace(fast, name="overview", cadence=timedelta(hours=1), weight=0.5),
            JobTerms(name="lists", cost=LISTS, cadence=timedelta(days=1)),
        )


@dataclass(frozen=True)
class Ages:
    """How one policy did."""

    day: float
    """Seconds: the mean age by day."""
    night: float
    """Seconds: the mean age at night."""
    readings: int
    """Of the energy job, of all systems together."""
    requests: int
    """Sent under the credential in the month, for all jobs."""


def houses() -> Iterator[House]:
    """Give all households that are played."""
    places = [cell for cell in cells() if cell.cloud is CLOUD and cell.systems in SYSTEMS]
    return (House(kind, cell) for kind, cell in product(KINDS, places))


def ours(house: House) -> Ages:
    """Run the production ledger and pacing with all jobs, systems added at the beginning of the month."""
    cell, jobs = house.cell, house.jobs
    ledger, pacing = Ledger(cell.cloud.limits), Pacing()
    reads: dict[str, list[float]] = {f"system {number}": [] for number in range(cell.systems)}
    for system in reads:
        pacing.put(system, Place(cell.latitude, 0, OWN_MARGIN), jobs)
    tie = count()
    agenda = [(cell.start, next(tie), system, job, 0) for system in reads for job in jobs]
    requests = 0
    while agenda[0][0] < cell.end:
        moment, _, system, job, left = heapq.heappop(agenda)
        now = datetime.fromtimestamp(moment, UTC)
        due = now if left else pacing.next_at(system, job.name, now, budget_of(ledger, now))
        if due <= now:
            left, due = _send(ledger, left or job.cost, now)
            requests += due == now
            if due == now and not left:
                if job.name == "energy":
                    reads[system].append(moment)
                measured = datetime.fromtimestamp(cell.cloud.readable(moment), UTC)
                pacing.ran(system, job.name, now, measured if job.weight else None)
                due = pacing.next_at(system, job.name, now, budget_of(ledger, now))
        heapq.heappush(agenda, (due.timestamp(), next(tie), system, job, left))
    readings = sum(len(moments) for moments in reads.values())
    return _ages(cell, list(reads.values()), readings, requests)


def fixed(house: House, like: Ages) -> Ages:
    """Read every so often, day and night, so that the month costs what it cost `ours`; the other jobs are the same.

    As a fixed interval meets the reports somewhere, the mean over several phases is taken.
    """
    cell = house.cell
    polls = max(1, like.readings // cell.systems)
    every = (cell.end - cell.start) / polls
    starts = [cell.start + (phase + 0.5) / PHASES * every for phase in range(PHASES)]
    reads = [[first + number * every for number in range(polls)] for first in starts]
    return _ages(cell, reads, polls * cell.systems, like.requests)


def _send(ledger: Ledger, left: int, now: datetime) -> tuple[int, datetime]:
    """Send one of the requests that are left of a run; return how many are left then, and when to go on."""
    try:
        wait = ledger.wait(now)
    except LimitReached as reached:
        return 0, reached.until
    if wait:
        return left, now + wait
    if ledger.needs_lease(now):
        ledger.lease(now)
    ledger.spend(now)
    return left - 1, now


def _ages(cell: Cell, systems: list[list[float]], readings: int, requests: int) -> Ages:
    edges = [cell.start, *(edge for span in cell.spans for edge in span), cell.end]
    nights = [Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=True) if pair[0] < pair[1]]
    by_day, at_night = (
        sum(age(cell, reads, spans) for reads in systems) / len(systems) for spans in (cell.spans, nights)
    )
    return Ages(by_day, at_night, readings, requests)


def age(cell: Cell, reads: Iterable[float], spans: Iterable[Span]) -> float:
    """Return the mean age in seconds of one system's newest value over some stretches; `reads` are ascending."""
    newest = cell.cloud.readable(cell.start)
    known = [(moment, cell.cloud.readable(moment)) for moment in reads]
    area, length, index = 0.0, 0.0, 0
    for begin, end in spans:
        at, length = begin, length + end - begin
        while at < end:
            while index < len(known) and known[index][0] <= at:
                newest = known[index][1]
                index += 1
            until = min(end, known[index][0]) if index < len(known) else end
            area += ((until - newest) ** 2 - (at - newest) ** 2) / 2
            at = until
    return area / length if length else 0.0
