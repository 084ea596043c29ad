"""When each job of each system is next worth a request, for all systems under one metered credential.

What is left of the month goes to what is left of the daylight of all systems, the same for each hour of light of each
of them (`rates`). Within a day the readings of a system are laid evenly (`dayplan`), each on the report that ends
nearest, and sent when that report can be read (`rhythm`). A job that reports something in the dark goes on at night, at
a sixth of the day's pace (`task`). Everything follows from what is left at the moment of asking, so an outage, a
restart, the owner's own requests, another plan, more or fewer systems correct themselves.

Pure: clock values and the ledger's figures are passed in. A decision looks at one system, and at sums over all that are
kept up to date, so its price does not grow with the number of systems.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import heapq
from typing import Any

from ..sky.sun import DAY, Place
from .daylight import Daylight, LightTable, light_table
from .rates import Budget, Demand, PacedJob, Rate, Rates, share_out
from .task import Task
from .upkeep import MOST, renewals

CLOCK_SLACK = 60.0
"""A run that lies further in the future than this is a mistake of a clock."""
SAME = 30.0
"""Seconds that rates stay good for while nothing was spent."""
GOLDEN = 0.6180339887498949
"""Multiples of it, without the whole numbers, lie evenly in 0 … 1 however many there are."""
PULSE = DAY
"""In the polar night a system is asked this often whether it is well."""
CYCLE = 30 * DAY
TURNS = 3
"""Reports that the systems divide among themselves; with more of them, some would see their day too late."""


@dataclass(slots=True)
class _System:
    """One system; `index` is its place in the row of all."""

    index: int
    daylight: Daylight
    tasks: dict[str, Task] = field(default_factory=dict)


@dataclass(slots=True)
class _Sharers:
    """The systems that have one job in the same form, counted by place."""

    demand: Demand
    places: dict[Daylight, int] = field(default_factory=dict)
    table: LightTable | None = None
    """The light that they have left in this cycle, once somebody asked."""


class Pacing:
    """The pace of all jobs of all systems that draw on one metered credential."""

    def __init__(self) -> None:
        """Begin without a system."""
        self._systems: dict[str, _System] = {}
        self._free: list[int] = []
        self._daylights: dict[Place, Daylight] = {}
        self._sharers: dict[PacedJob, _Sharers] = {}
        self._widest = 1
        """The most requests that one run of a job that follows the sun sends."""
        self._covered = (0.0, 0.0)
        """What the tables are for: from when, and to the end of which cycle."""
        self._rates: tuple[float, Budget, Rates] | None = None
        self._lives: dict[str, float] = {}
        """Seconds that a token of each sign-in is used for."""

    def put(self, system: str, place: Place, jobs: Iterable[PacedJob], memory: Mapping[str, Any] | None = None) -> None:
        """Add a system, or change its place and the jobs that draw on the plan.

        A job that it keeps stays as it is. One that takes another form (a battery was found, so a run costs more and
        reports something at night) keeps when it ran and the rhythm it learned, and is not due because of that.
        `memory` is what `memory` gave out before a restart; keys may be missing, values may be damaged.
        """
        old = self._systems.get(system)
        if old is not None:
            self._count(old, -1)
            index = old.index
        else:
            index = heapq.heappop(self._free) if self._free else len(self._systems)
        new = _System(index, self._daylights.setdefault(place, Daylight(place)))
        rank = 0
        for job in sorted(jobs, key=lambda job: -job.weight):
            task = old.tasks.get(job.name) if old else None
            phase = (index + rank / 2) * GOLDEN % 1
            if task is None:
                task = Task(job)
                task.replan(phase)
                task.recall((memory or {}).get(job.name))
            else:
                task.replan(phase)
                task.become(job)
            task.rank = rank
            rank += job.weight > 0
            new.tasks[job.name] = task
        self._systems[system] = new
        self._count(new, 1)

    def keep_alive(self, account: str, life: timedelta) -> None:
        """Add a sign-in that needs another token after each `life` in which it is used: readings leave room for it."""
        self._lives[account] = life.total_seconds()
        self._rates = None

    def let_go(self, account: str) -> None:
        """Forget a sign-in; what its tokens would cost goes to the readings."""
        self._lives.pop(account, None)
        self._rates = None

    @property
    def systems(self) -> int:
        """Return how many systems share the plan."""
        return len(self._systems)

    def remove(self, system: str) -> None:
        """Forget a system; its part goes to the others."""
        if (old := self._systems.pop(system, None)) is not None:
            self._count(old, -1)
            heapq.heappush(self._free, old.index)

    def memory(self, system: str) -> dict[str, Any]:
        """Return what `put` takes over after a restart, as plain JSON data."""
        return {name: task.as_dict() for name, task in self._systems[system].tasks.items()}

    def ran(self, system: str, job: str, now: datetime, measured: datetime | None = None) -> None:
        """Note that a job of a system was answered, and when the newest interval that it brought ends (aware UTC).

        A job whose answers never say that keeps its pace, but cannot follow the cloud's rhythm. The first newer answer
        of a system that was cut off makes due what the others lack.
        """
        one = self._systems[system]
        if one.tasks[job].ran(one.daylight, now.timestamp(), measured.timestamp() if measured else None):
            for task in one.tasks.values():
                task.system_is_back()

    def next_at(self, system: str, job: str, now: datetime, budget: Budget) -> datetime:
        """Return when a job is next worth its requests (aware UTC); `now` means that it is due.

        The answer holds for the present state: ask again before sending, because all that is spent or given back in
        between changes it. It is never later than the end of the cycle, when everything is weighed anew.
        """
        one, moment = self._systems[system], now.timestamp()
        due = self._due(one, one.tasks[job], moment, budget)
        return now if due <= moment else datetime.fromtimestamp(due, UTC)

    def readings_per_hour(self, system: str, budget: Budget) -> float | None:
        """Return how many readings of its main job the plan gives a system in an hour of light, over a whole cycle.

        `None` where it has no light in this cycle, or no job that follows the sun.
        """
        one = self._systems[system]
        end = budget.resets_at.timestamp()
        start = end - CYCLE
        # The one that is read most often: that of a battery's quarter hours weighs more, and costs four requests a run.
        main = max(one.tasks.values(), key=lambda task: task.job.weight / task.job.cost, default=None)
        if main is None or main.job.weight <= 0 or one.daylight.seconds(start, end) <= 0:
            return None
        demands = {
            row.demand: replace(row.demand, light=light_table(row.places.items(), start, end).left(start))
            for row in self._sharers.values()
        }
        rates = self._shared(demands.values(), budget.share, CYCLE, budget.per_minute)
        return rates.jobs[demands[main.demand]].light * 3600

    def _count(self, system: _System, by: int) -> None:
        """Add a system to what its jobs are shared between, or take it out."""
        for task in system.tasks.values():
            if (row := self._sharers.get(task.job)) is None:
                row = self._sharers[task.job] = _Sharers(Demand(task.job))
            task.demand = row.demand
            row.demand.systems += by
            row.places[system.daylight] = row.places.get(system.daylight, 0) + by
            if not row.places[system.daylight]:
                del row.places[system.daylight]
            if not row.demand.systems:
                del self._sharers[task.job]
        self._widest = max((job.cost for job in self._sharers if job.weight > 0), default=1)
        self._covered = (0.0, 0.0)
        self._rates = None

    def _due(self, system: _System, task: Task, now: float, budget: Budget) -> float:
        reset = budget.resets_at.timestamp()
        if budget.left < task.job.cost:
            return reset
        if task.ran_at is None or task.ran_at > now + CLOCK_SLACK:
            return now
        if task.is_awaited:
            return min(task.ran_at + task.cadence / 4, reset)
        rates = self._rates_at(now, budget, reset)
        if task.job.weight <= 0:
            # A little longer for each system, so that those that began together drift apart.
            apart = 60 / budget.per_minute * system.index
            return min(task.ran_at + task.cadence * rates.stretch + apart, reset)
        rate = rates.jobs[task.demand]
        offset, shift = self._turn(system, task, budget, rate)
        if task.job.night:
            due = task.around_the_clock(system.daylight, now, rate, reset)
        else:
            pulse = len(self._systems) * task.job.cost * (reset - now) / budget.left
            due = task.by_day(system.daylight, now, rate, reset, shift=shift, pulse=max(PULSE, pulse))
        if due is None:
            return reset
        due = max(due + offset, task.ran_at + task.pause(system.daylight, now, rate))
        return min(task.rounded(due, now, offset), reset)

    def _rates_at(self, now: float, budget: Budget, reset: float) -> Rates:
        if self._rates is not None:
            then, given, rates = self._rates
            if given == budget and 0 <= now - then < SAME:
                return rates
        since, until = self._covered
        if until != reset or now < since:
            self._covered = (now, reset)
            for row in self._sharers.values():
                row.table = light_table(row.places.items(), now, reset)
        demands = []
        for row in self._sharers.values():
            if row.table is not None:
                row.demand.light = row.table.left(now)
            demands.append(row.demand)
        rates = self._shared(demands, budget.left, reset - now, budget.per_minute)
        self._rates = (now, budget, rates)
        return rates

    def _shared(self, demands: Collection[Demand], left: int, horizon: float, per_minute: int) -> Rates:
        """Return the rates that spend what is left, the tokens of the sign-ins included."""
        rates = share_out(demands, left, horizon, per_minute)
        if not self._lives:
            return rates
        tokens = renewals(self._lives.values(), demands, rates, horizon)
        return share_out(demands, left - min(tokens, left * MOST), horizon, per_minute)

    def _turn(self, system: _System, task: Task, budget: Budget, rate: Rate) -> tuple[float, float]:
        """Return how many seconds a system lets others go first, and how many reports later than others it begins.

        Where not every report is read, the systems take turns: a part of them reads the first one, another the next.
        Those that wait for the same report go one after another, as fast as the minute's share allows. A job that also
        runs at night takes no turns: after sunset all of them wait for the same report.
        """
        every = 1 / (rate.light * task.cadence) if rate.light > 0 else 1.0
        groups = 1 if task.job.night else int(min(len(self._systems), max(1.0, every), TURNS))
        row, group = divmod(system.index, groups)
        place = task.rank * -(-len(self._systems) // groups) + row
        # So far apart that no run has to wait in its midst.
        runs = budget.per_minute // self._widest or budget.per_minute / self._widest
        return 60 / runs * place % task.cadence, group - (groups - 1) / 2
