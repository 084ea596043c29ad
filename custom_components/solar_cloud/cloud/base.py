"""What every cloud client offers to the rest: its jobs, the list of systems, and running a job."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model.data import SystemData
from ..model.elements import System, Update, Vendor
from .archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing a client can fetch for a system, and what deciding about it takes."""

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
    """Whether it tells something in the dark."""
    first: bool = False
    """Whether a system that was never read needs it before anything can be shown."""
    optional: bool = False
    """Whether a plan or an account may lack it: its failure takes down its own values only."""
    rides: str | None = None
    """The job that it always runs together with, because their values belong together; it has no pace of its own."""
    asked: bool = False
    """Whether it is what an owner wants to see who asks for new values, although it is `optional`."""
    settle: timedelta = timedelta(0)
    """How long after a system became known it waits with its first run: setting up shall cost little."""
    sunlit: bool = False
    """Whether it brings nothing new in the dark, so that those who ride with it go alone then."""


class Cloud(ABC):
    """A vendor's API as our code sees it; one class for each API generation."""

    vendor: Vendor
    jobs: tuple[Job, ...]
    archive: Archive | None = None
    """What the cloud tells of the past; `None` where that is not read."""
    refused = False
    """Set once the credential has proved dead: whoever shares this client need not find out again."""

    def wants(self, job: Job, data: SystemData) -> bool:
        """Tell whether a system has what a job asks for: no battery, no request for batteries."""
        return True

    def form(self, job: Job, data: SystemData) -> Job:
        """Return a job as this system needs it: the same name, another pace."""
        return job

    def cost(self, job: Job, data: SystemData) -> int:
        """Return the requests that a run usually sends for this system."""
        return job.cost

    def anew(self, data: SystemData) -> Mapping[str, str]:
        """Return the notes that have what was refused asked for again: the account's plan or consent has changed."""
        return {}

    @abstractmethod
    async def systems(self) -> tuple[System, ...]:
        """List the systems that the credential may read, in the cloud's order. Raises `CloudError`."""

    @abstractmethod
    async def run(self, job: Job, data: SystemData, now: datetime) -> Update:
        """Fetch one job for a system of which `data` is already known. Raises `CloudError`."""
