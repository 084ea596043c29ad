"""Which values of a system can still be trusted."""

from collections.abc import Collection
from datetime import datetime
import logging

from ..cloud.base import Cloud, JobTerms
from ..cloud.outage import Outage
from .jobs import is_known, offered, proving
from .schedule import UNLUCKY
from .state import SystemState

_LOGGER = logging.getLogger(__name__)


class Availability:
    """Which jobs of one system have failed for too long; the log says so once, and once when they work again.

    Where nothing is answered under the whole account, it says so once for all of its systems.
    """

    def __init__(self, name: str, account: str, client: Cloud, state: SystemState) -> None:
        """Begin with every job trusted; the names of the system and of its account are for the log."""
        self._name = name
        self._account = account
        self._client = client
        self._state = state
        self._lost: set[str] = set()
        self._said: set[str] = set()
        """Those of them that the log names."""
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

    def check(self, now: datetime, outage: Outage) -> None:
        """Find out which jobs' values are too old to be published at an instant (aware UTC).

        `outage` is that of the account.
        """
        self._proving.clear()
        schedule = self._state.schedule
        # What a whole account or system is refused is not late: nothing of it can be trusted any more.
        is_refused = self._client.refuses(self._state.data.system.id)
        for job in self._client.job_terms():
            if schedule.state(job).is_owed and not is_refused:
                # It is about to be read: its cloud is back.
                continue
            lost = is_refused or schedule.is_lost(job, now)
            self._has_changed = self._has_changed or lost != (job.name in self._lost)
            if lost:
                self._lost.add(job.name)
                self._say(job, outage)
            else:
                self._lost.discard(job.name)
                if job.name in self._said:
                    self._said.discard(job.name)
                    _LOGGER.info("%s: %s can be read again", self._name, job.name)

    def _say(self, job: JobTerms, outage: Outage) -> None:
        """Say once in the log that a job is lost, where it has failed and not only rests.

        What began to fail before anything else was answered is no matter of the job.
        """
        state = self._state.schedule.state(job)
        if job.name in self._said or not state.failures or not is_known(self._client, self._state.schedule):
            return
        if state.error == UNLUCKY and outage.covers(state.failing_since):
            outage.tell(self._account, state.error)
            return
        self._said.add(job.name)
        _LOGGER.warning("%s: %s cannot be read (%s)", self._name, job.name, state.error)

    def take_change(self) -> bool:
        """Return whether a job was lost or found since this was last asked: the data show nothing of it."""
        changed, self._has_changed = self._has_changed, False
        return changed

    def _provers(self, jobs: Collection[str]) -> list[str]:
        return proving(offered(self._client, self._state.schedule, self._state.data), jobs)
