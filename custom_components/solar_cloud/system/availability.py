"""Which values of a system can still be trusted."""

from collections.abc import Collection
from datetime import datetime
import logging

from ..cloud.base import Cloud
from .jobs import is_known, offered, proving
from .state import SystemState

_LOGGER = logging.getLogger(__name__)


class Availability:
    """Which jobs of one system have failed for too long; the log says so once, and once when they work again."""

    def __init__(self, name: str, client: Cloud, state: SystemState) -> None:
        """Begin with every job trusted; the system's name is for the log."""
        self._name = name
        self._client = client
        self._state = state
        self._lost: set[str] = set()
        self._proving: dict[frozenset[str], Collection[str]] = {}
        """Of each set of jobs those that show whether their cloud can be read; worked out once after each check."""
        self._has_changed = False

    def is_available(self, job: str) -> bool:
        """Return whether the values of a job can still be trusted: it works, or has worked until recently."""
        return job not in self._lost

    def is_one_available(self, jobs: Collection[str]) -> bool:
        """Return whether one of the jobs that a value comes from can still be trusted."""
        key = frozenset(jobs)
        if (found := self._proving.get(key)) is None:
            found = self._proving[key] = jobs if len(jobs) == 1 else self._provers(jobs) or jobs
        return any(self.is_available(job) for job in found)

    def check(self, now: datetime) -> None:
        """Find out which jobs' values are too old to be published at an instant (aware UTC)."""
        self._proving.clear()
        schedule = self._state.schedule
        # What a whole account or system is refused is not late: nothing of it can be trusted any more.
        is_refused = self._client.refuses(self._state.data.system.id)
        for job in self._client.job_terms():
            lost = is_refused or schedule.is_lost(job, now)
            if lost == (job.name in self._lost):
                continue
            self._has_changed = True
            if lost:
                self._lost.add(job.name)
                state = schedule.state(job)
                if state.failures and is_known(self._client, schedule):
                    _LOGGER.warning("%s: %s cannot be read (%s)", self._name, job.name, state.error)
            else:
                self._lost.discard(job.name)
                _LOGGER.info("%s: %s can be read again", self._name, job.name)

    def take_change(self) -> bool:
        """Return whether a job was lost or found since this was last asked: the data show nothing of it."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def _provers(self, jobs: Collection[str]) -> list[str]:
        return proving(offered(self._client, self._state.schedule, self._state.data), jobs)
