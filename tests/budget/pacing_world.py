"""Systems whose cloud reports as a test likes, read by the real ledger and the real pacing in virtual time."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
import heapq
from itertools import count
import json

from custom_components.solar_cloud.budget.daylight import Daylight
from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.limit import LimitReached
from custom_components.solar_cloud.budget.pacing import Pacing
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.budget.rates import budget_of
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.sky.sun import Place

BERLIN = Place(52.5, 13.4, timedelta(minutes=5))
TROMSO = Place(69.65, 18.96, timedelta(minutes=5))
SAN_JOSE = Place(37.3, -121.9, timedelta(minutes=5))
SYDNEY = Place(-33.9, 151.2, timedelta(minutes=5))

QUARTER = JobTerms(name="energy", cadence=timedelta(minutes=15), delay=timedelta(minutes=5), weight=1, first=True)
FIVE = JobTerms(name="energy", cadence=timedelta(minutes=5), delay=timedelta(minutes=2), weight=1, first=True)
V4 = Limits(per_minute=10, per_month=1_000)
V2 = Limits(per_minute=10, per_month=10_000)
LARGE = Limits(per_minute=300, per_month=1_500_000)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Read:
    """One request that was answered."""

    system: str
    job: str
    at: datetime
    end: datetime
    """Of the newest report that could be read."""
    new: bool


@dataclass
class Reports:
    """How one system really reports: by default as its jobs declare."""

    cadence: timedelta | None = None
    delay: timedelta | None = None
    phase: timedelta = timedelta(0)
    silent: Callable[[datetime], bool] = lambda _end: False
    """Whether the report that ends then never comes."""

    def newest(self, job: JobTerms, now: datetime) -> datetime:
        cadence = (self.cadence or job.cadence).total_seconds()
        ready = (now - (self.delay if self.delay is not None else job.delay) - self.phase).timestamp()
        end = datetime.fromtimestamp(ready // cadence * cadence, UTC) + self.phase
        while self.silent(end):
            end -= timedelta(seconds=cadence)
        return end


@dataclass
class World:
    """The systems under one credential; `run` lets time pass."""

    limits: Limits
    now: datetime
    places: dict[str, Place]
    jobs: Collection[JobTerms] = (QUARTER,)
    reports: dict[str, Reports] = field(default_factory=dict)
    down: Callable[[datetime], bool] = lambda _now: False
    """Whether the cloud fails every request at a moment."""
    cycle_day: int = 1
    own: dict[str, Collection[JobTerms]] = field(default_factory=dict)
    """The jobs of systems that have others than `jobs`."""
    sends: Callable[[JobTerms, datetime], int] = lambda job, _now: job.cost
    """The requests that a run really sends."""
    reads: list[Read] = field(default_factory=list)
    sent: list[datetime] = field(default_factory=list)
    asked_reads: int = 0
    waits: int = 0
    """How often the ledger had to hold a request back for the minute's limit."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.limits, cycle_day=self.cycle_day)
        self.pacing = Pacing()
        self.retry: dict[str, datetime] = {}
        self._tie = count()
        self.agenda: list[tuple[datetime, int, str]] = []
        for system in self.places:
            self.join(system)

    def join(self, system: str, place: Place | None = None, memory: dict[str, object] | None = None) -> None:
        self.places[system] = place or self.places[system]
        self.pacing.put(system, self.places[system], self.jobs_of(system), memory)
        heapq.heappush(self.agenda, (self.now, next(self._tie), system))

    def jobs_of(self, system: str) -> Collection[JobTerms]:
        return self.own.get(system, self.jobs)

    def change(self, system: str, *jobs: JobTerms) -> None:
        """Have a system's jobs take another form; it asks at once when it is due."""
        self.own[system] = jobs
        self.agenda = [item for item in self.agenda if item[2] != system]
        heapq.heapify(self.agenda)
        self.join(system)

    def leave(self, system: str) -> None:
        self.pacing.remove(system)
        self.agenda = [item for item in self.agenda if item[2] != system]
        heapq.heapify(self.agenda)

    def due(self, system: str, job: JobTerms | None = None) -> datetime:
        name = (job or next(iter(self.jobs_of(system)))).name
        return self.pacing.next_at(system, name, self.now, budget_of(self.ledger, self.now))

    def run(self, until: datetime) -> list[Read]:
        """Let time pass; return what was read in it."""
        before = len(self.reads)
        while self.agenda and self.agenda[0][0] < until:
            moment, _, system = heapq.heappop(self.agenda)
            self.now = max(self.now, moment)
            wake = min(self._wake(system, job) for job in self.jobs_of(system))
            assert wake > self.now, "a system that was served is due again in the same instant"
            heapq.heappush(self.agenda, (wake, next(self._tie), system))
        self.now = until
        return self.reads[before:]

    def _wake(self, system: str, job: JobTerms) -> datetime:
        """Run a job if it is due; return when to look again."""
        due = max(self.due(system, job), self.retry.get(system, self.now))
        if due > self.now:
            return due
        for _ in range(self.sends(job, self.now)):
            try:
                wait = self.ledger.wait(self.now)
            except LimitReached as reached:
                return reached.until
            if wait:
                self.waits += 1
                return self.now + wait
            self._spend()
        if self.down(self.now):
            self.retry[system] = self.now + timedelta(minutes=30)
            return self.retry[system]
        self.answer(system, job)
        return self.due(system, job)

    def answer(self, system: str, job: JobTerms) -> None:
        """Read a job; the request has been counted."""
        end = self.reports.get(system, Reports()).newest(job, self.now)
        last = next((read for read in reversed(self.reads) if (read.system, read.job) == (system, job.name)), None)
        self.reads.append(Read(system, job.name, self.now, end, last is None or end > last.end))
        self.pacing.ran(system, job.name, self.now, end if job.weight > 0 else None)

    def owner_reads(self, system: str) -> None:
        """Read at once, whether it is due or not, as far as there is a share for it."""
        job = next(iter(self.jobs_of(system)))
        if self.ledger.owners_share(self.now).next_at(job.cost, self.now) > self.now:
            return
        for _ in range(job.cost):
            self._spend(asked=True)
        self.asked_reads += 1
        self.answer(system, job)

    @property
    def own_reads(self) -> int:
        """How many readings nobody asked for."""
        return len(self.reads) - self.asked_reads

    def restart(self) -> None:
        """Begin anew with what was persisted."""
        memories = json.loads(json.dumps({system: self.pacing.memory(system) for system in self.places}))
        ledger = json.loads(json.dumps(self.ledger.as_dict()))
        self.ledger = Ledger(self.limits, ledger, cycle_day=self.cycle_day)
        self.pacing, self.agenda = Pacing(), []
        for system, memory in memories.items():
            self.join(system, memory=memory)

    def _spend(self, *, asked: bool = False) -> None:
        if self.ledger.needs_lease(self.now):
            self.ledger.lease(self.now)
        self.ledger.spend(self.now, asked=asked)
        self.sent.append(self.now)


def light_hours(place: Place, start: datetime, end: datetime) -> float:
    """Return the hours of daylight between two instants, without a margin."""
    return _daylight(place).seconds(start.timestamp(), end.timestamp()) / 3600


def light_spans(place: Place, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return sunrise and sunset of the days between two instants, without a margin; days that are cut are left out."""
    spans, index = _daylight(place).spans(start.timestamp())
    days = [(datetime.fromtimestamp(span.rise, UTC), datetime.fromtimestamp(span.set, UTC)) for span in spans[index:]]
    return [(rise, fall) for rise, fall in days if start <= rise and fall <= end]


@cache
def _daylight(place: Place) -> Daylight:
    return Daylight(Place(place.latitude, place.longitude))


def is_light(place: Place, moment: datetime, slack: timedelta = timedelta(0)) -> bool:
    """Return whether it is light, or was or will be within the slack."""
    return light_hours(place, moment - slack - timedelta(seconds=1), moment + slack) > 0


def most_in_a_minute(sent: Iterable[datetime]) -> int:
    """Return the greatest number of requests within any 60 seconds."""
    most, window = 0, list[datetime]()
    for moment in sent:
        window = [earlier for earlier in window if moment - earlier < timedelta(seconds=60)] + [moment]
        most = max(most, len(window))
    return most
