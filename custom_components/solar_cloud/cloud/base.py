"""What every cloud client offers to the rest: its jobs, the list of systems, and what the cloud keeps of the past."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from ..model.data import SystemData
from ..model.elements import System, Update, Vendor
from .archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTerms:
    """What a run of a job costs, and how often one is worth it: all that pacing and schedule need to know."""

    name: str
    cost: int = 1
    """Requests that one run usually sends."""
    cadence: timedelta
    """How often the vendor has something new; asking more often is waste."""
    delay: timedelta = timedelta(0)
    """How long after the end of an interval the vendor can answer with it."""
    weight: float = 0.0
    """Share of what the plan leaves to the jobs that follow the sun; 0: runs every `cadence`, come what may."""
    night: bool = False
    """Whether it reports something in the dark."""
    first: bool = False
    """Whether a system that was never read needs it before anything can be published."""
    optional: bool = False
    """Whether a plan or an account may lack it: its failure takes down its own values only."""
    runs_with: str | None = None
    """The job that it always runs together with, because their values belong together; it has no pace of its own."""
    on_request: bool = False
    """Whether an owner who asks for new values means this one too, although it is `optional`."""
    settle: timedelta = timedelta(0)
    """How long after a system became known it waits with its first run: setting up shall cost little.

    With more of the plan left it waits for a part of that, or not at all (`budget.rates.patience`).
    """
    rows: bool = False
    """Whether it brings the intervals that finished days are made of, although it is `optional`."""
    sunlit: bool = False
    """Whether it brings nothing new in the dark, so that those which run with it go alone then."""


class Job[ApiT](ABC):
    """One thing that a client can fetch for a system: its price, who has it, what it asks, what the answer means."""

    terms: ClassVar[JobTerms]
    """The terms for most systems."""

    def __init__(self, api: ApiT, zone: ZoneInfo) -> None:
        """Take what sends the requests, and the zone for a system whose own is unknown."""
        self.api = api
        self._default_zone = zone

    @property
    def name(self) -> str:
        """The name under which its state is stored."""
        return self.terms.name

    def zone(self, data: SystemData) -> ZoneInfo:
        """Return the time zone that a system's days are counted in."""
        return data.system.zone(self._default_zone)

    def applies_to(self, data: SystemData) -> bool:
        """Return whether a system has what the job reads: no battery, no request for batteries."""
        return True

    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms for one system: the same name, another pace or cost."""
        return self.terms

    @abstractmethod
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return what the cloud reports now (aware UTC) for a system of which `data` is known; raise `CloudError`."""


class Cloud(ABC):
    """A vendor's API as our code sees it: a tuple of jobs over what sends their requests."""

    vendor: Vendor
    job_types: ClassVar[tuple[type[Job[Any]], ...]]
    """In the order in which a new system needs them."""
    archive: Archive | None = None
    """What the cloud keeps of the past; `None` where that is not read."""
    refused = False
    """Set once the credential has proved dead: whoever shares this client need not find out again."""

    def __init__(self, api: Any, zone: ZoneInfo) -> None:
        """Make the jobs; nothing is sent."""
        self.jobs: tuple[Job[Any], ...] = tuple(kind(api, zone) for kind in self.job_types)

    @classmethod
    def job_terms(cls) -> tuple[JobTerms, ...]:
        """Return the terms of all jobs, as most systems have them."""
        return tuple(kind.terms for kind in cls.job_types)

    def job(self, name: str) -> Job[Any]:
        """Return the job of a name; raises `KeyError` where the client has none."""
        for job in self.jobs:
            if job.name == name:
                return job
        raise KeyError(name)

    def retried(self, data: SystemData) -> Mapping[str, str]:
        """Return the notes that have what was refused asked for again: the account's plan or consent has changed."""
        return {}

    def settling(self, data: SystemData, now: datetime) -> timedelta:
        """Return how long after its end an interval of a system may still fill, as far as the client has learned it.

        `now` is aware UTC. Such an interval is not taken, so that values are older by so much.
        """
        return timedelta(0)

    def refuses(self, system_id: str) -> bool:
        """Return whether whatever is asked about a system is refused, though the credential is not."""
        return False

    @abstractmethod
    async def systems(self) -> tuple[System, ...]:
        """List the systems that the credential may read, in the cloud's order. Raises `CloudError`."""
