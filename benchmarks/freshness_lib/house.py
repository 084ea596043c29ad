"""Households that pay for more than one job: meters and batteries matter in the dark, too, and a sign-in has tokens.

Everything that a credential pays for is played. Age is that of the power, which is the grid's where there is a meter:
now minus the end of the newest interval that was read, by day and by night, without a sunrise that would make the truth
known. The age of production alone counts from sunrise, as in the other tables.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
import heapq
from itertools import count, product
from math import inf

from custom_components.solar_cloud.budget.daylight import Span
from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached
from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.sky.sun import Place

from .bound import bound as bound_by_day
from .kinds import KINDS, Kind
from .policies import OWN_MARGIN, PHASES, peer_polls
from .world import Cell, cells, mean_age


@dataclass(frozen=True)
class House:
    """One kind of household, and where and when."""

    kind: str
    cell: Cell

    @property
    def what(self) -> Kind:
        """Return what is read of it."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Ages:
    """How one policy did."""

    day: float
    """Seconds: the mean age by day."""
    night: float
    """Seconds: the mean age at night."""
    readings: int
    """Of the power, of all systems together."""
    requests: int
    """Sent under the credential in the month, for all jobs."""


def houses() -> Iterator[House]:
    """Give all households that are played."""
    for (name, kind), cell in product(KINDS.items(), cells()):
        if cell.cloud.name == kind.cloud and cell.systems in kind.systems:
            yield House(name, cell)


def ours(house: House) -> Ages:
    """Run the production ledger and pacing with all jobs, systems added at the beginning of the month."""
    cell, kind = house.cell, house.what
    ledger, pacing = Ledger(cell.cloud.limits), Pacing()
    reads: dict[str, list[float]] = {f"system {number}": [] for number in range(cell.systems)}
    for system in reads:
        pacing.put(system, Place(cell.latitude, 0, OWN_MARGIN), kind.jobs)
    if kind.token_life is not None:
        pacing.keep_alive("account", kind.token_life)
    tie = count()
    agenda = [(cell.start, next(tie), system, job, 0) for system in reads for job in kind.jobs]
    requests, issued = 0, -inf
    ran: dict[tuple[str, str], float] = {}
    while agenda[0][0] < cell.end:
        moment, _, system, job, left = heapq.heappop(agenda)
        now = datetime.fromtimestamp(moment, UTC)
        due = now if left else pacing.next_at(system, job.name, now, budget_of(ledger, now))
        if due <= now:
            if kind.token_life is not None and moment - issued >= kind.token_life.total_seconds():
                _, due = _send(ledger, 1, now)
                requests, issued = (requests + 1, moment) if due == now else (requests, issued)
            if due <= now:
                last = ran.get((system, job.name), cell.start)
                left, due = _send(ledger, left or kind.price(job, cell, moment, last), now)
                requests += due == now
            if due == now and not left:
                ran[system, job.name] = moment
                if job.name in kind.brings_power:
                    reads[system].append(moment)
                measured = datetime.fromtimestamp(cell.cloud.readable(moment), UTC)
                pacing.ran(system, job.name, now, measured if job.weight else None)
                due = pacing.next_at(system, job.name, now, budget_of(ledger, now))
        heapq.heappush(agenda, (due.timestamp(), next(tie), system, job, left))
    readings = sum(len(moments) for moments in reads.values())
    return _ages(house, list(reads.values()), readings, requests)


def fixed(house: House, like: Ages) -> Ages:
    """Read every so often, day and night, so that the month costs what it cost `ours`; the other jobs are the same.

    As a fixed interval meets the reports somewhere, the mean over several phases is taken.
    """
    cell = house.cell
    polls = max(1, like.readings // cell.systems)
    every = (cell.end - cell.start) / polls
    starts = [cell.start + (phase + 0.5) / PHASES * every for phase in range(PHASES)]
    reads = [[first + number * every for number in range(polls)] for first in starts]
    return _ages(house, reads, polls * cell.systems, like.requests)


def peer(house: House) -> Ages:
    """Poll all that a reading takes as `plan_interval` of aiosolaredge-one says; see `policies.peer`."""
    cell, cost = house.cell, house.what.reading
    polls = peer_polls(cell, cost)
    answered = polls[: cell.cloud.limits.per_month // cell.systems // cost]
    return _ages(house, [answered], len(polls) * cell.systems, len(polls) * cost * cell.systems)


def bound(house: House) -> Ages:
    """Return what nobody can beat by day: 95 % of the plan for the cheapest power alone, each in its best instant.

    A day's readings cut its light into one part more than there are. The mean of all ages is the least where all parts
    are equal, and none is shorter than the time between two reports.
    """
    cell, cloud = house.cell, house.cell.cloud
    share = cloud.limits.month_share // cell.systems
    if not house.what.at_night:
        best = bound_by_day(cell)
        return Ages(best.mean_age, 0.0, best.requests, best.requests)
    readings = share // house.what.cheapest
    part = max(cloud.cadence.total_seconds(), cell.light / (readings + len(cell.spans)))
    return Ages(cloud.delay.total_seconds() + part / 2, 0.0, readings * cell.systems, share * cell.systems)


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


def _ages(house: House, systems: list[list[float]], readings: int, requests: int) -> Ages:
    cell = house.cell
    if not house.what.at_night:
        return Ages(sum(mean_age(cell, reads) for reads in systems) / len(systems), 0.0, readings, requests)
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
