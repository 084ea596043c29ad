"""When the jobs of a system are due: after their pauses, when pacing says so, and with the job that they run with."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..budget.rates import Budget
from ..cloud.base import Cloud, Job, JobTerms
from ..cloud.errors import Throttled
from ..model.data import SystemData
from .jobs import companions, is_known, main_jobs, offered
from .pace import SystemPace
from .schedule import BACK_OFF, UNLUCKY, JobState
from .state import SystemState

FORCED_GAP = timedelta(minutes=1)
"""What an owner asks for is read at once, but an automation gone wild must not empty the plan."""
LAST_ROW = timedelta(minutes=15)
"""The longest row of a day: the last one ends so long after dusk."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A job, and those that run with it, in one pass over the jobs."""

    due: bool
    """Whether it was due; else the owner asked for it."""
    failed: bool = False
    measured: datetime | None = None
    """The end of the newest interval that it brought."""


class Timetable:
    """Decides which jobs of one system run now, and when to look again. All instants are aware UTC; sends nothing."""

    def __init__(self, client: Cloud, state: SystemState, pace: SystemPace) -> None:
        """Take the jobs, how they have fared, and what decides about their pace."""
        self._client = client
        self._state = state
        self._pace = pace
        self._paused_until = datetime.fromtimestamp(0, UTC)
        """Nothing runs before it: the cloud has said that it is asked too often."""
        self._throttles = 0
        """How often it has said so in a row."""
        self._terms: tuple[SystemData, Mapping[str, JobTerms]] | None = None
        """The terms of all jobs, and what was known of the system when they were worked out."""
        self._moved: dict[str, tuple[datetime | None, int]] = {}
        """Of the jobs that were made due after an outage: since when they had failed, and how often."""

    @property
    def is_known(self) -> bool:
        """Whether enough was ever read of the system to publish it."""
        return is_known(self._client, self._state.schedule)

    def jobs(self) -> Iterator[tuple[Job[Any], JobTerms]]:
        """Return all jobs of the cloud, each with the terms that it has for what is known of the system now."""
        terms = self._all_terms()
        return ((job, terms[job.name]) for job in self._client.jobs)

    def next_at(self, now: datetime) -> datetime:
        """Return when the next job is due."""
        known, budget = self.is_known, self._pace.budget(now)
        due = [
            self._due_at(terms, now, budget)
            for job, terms in self.jobs()
            if (terms.first or known) and job.applies_to(self._state.data)
        ]
        return max(min(due), self._paused_until)

    def expected_at(self, names: Collection[str] | None, now: datetime) -> datetime | None:
        """Return when the last of the jobs of these names, or of all, is to answer for the first time; to the minute.

        `None` where each of them has been tried, or is not one of this system's.
        """
        budget = self._pace.budget(now)
        due = [
            self._due_at(terms, now, budget)
            for job, terms in self.jobs()
            if (names is None or job.name in names)
            and self._of(terms).tried_at is None
            and job.applies_to(self._state.data)
        ]
        if not due:
            return None
        return max(*due, self._paused_until).replace(second=0, microsecond=0) + timedelta(minutes=1)

    def is_due(self, job: JobTerms, runs: Mapping[str, Run], now: datetime) -> bool:
        """Return whether a job is to run now; one that runs with another does when that one has just done so."""
        if now < self._paused_until:
            return False
        if job.runs_with is None:
            return self._due_at(job, now) <= now
        if (settled := self._settled_at(job, now)) is not None and settled > now:
            return False
        until = self._state.schedule.not_before(job, now)
        if until is not None and until > now:
            return False
        run = runs.get(job.runs_with)
        # What has just failed for one would fail for the other.
        return self._of(job).done_at is None if run is None else run.due and not run.failed

    def may_force(self, job: JobTerms, runs: Mapping[str, Run], now: datetime) -> bool:
        """Return whether the owner may have a job run before it is due: neither in a back-off nor just done."""
        state = self._of(job)
        return (
            ((job.weight > 0 and (not job.optional or job.on_request)) or job.runs_with in runs)
            and state.not_before is None
            and (state.tried_at is None or now - state.tried_at >= FORCED_GAP)
        )

    def forced_price(self, now: datetime) -> int:
        """Return how many requests it takes to read what moves although it is not due; 0: nothing may be read now."""
        runs: dict[str, Run] = {}
        price = 0
        for job, terms in self.jobs():
            if not job.applies_to(self._state.data):
                continue
            if due := self.is_due(terms, runs, now):
                runs[terms.runs_with or terms.name] = Run(due=due)
            elif self.may_force(terms, runs, now):
                runs.setdefault(terms.runs_with or terms.name, Run(due=due))
                price += terms.cost
        return price

    def may_sleep(self, job: JobTerms, now: datetime) -> bool:
        """Return whether a job has nothing to read: it is dark, and the day has been read to its end.

        Those that run with it go alone then, unless none of them ever brought anything.
        """
        done, dark_since = self._of(job).done_at, self._pace.sunlight.dark_since(now)
        if not job.sunlit or done is None or dark_since is None or done < dark_since + job.delay + LAST_ROW:
            return False
        if job.weight <= 0:
            return True
        jobs = offered(self._client, self._state.schedule, self._state.data)
        return any(self._of(other).done_at for other in companions(jobs, job))

    def throttled(self, err: Throttled, now: datetime) -> datetime:
        """Pause all jobs and return until when.

        A cloud that says so again and again is asked less and less: each answer costs a request.
        """
        until = err.until
        if err.sent:
            if self._throttles:
                until = max(until, now + BACK_OFF[min(self._throttles, len(BACK_OFF)) - 1])
            self._throttles += 1
        self._paused_until = until
        return until

    def answered(self) -> None:
        """Forget how often the cloud was asked too often: it has answered."""
        self._throttles = 0

    def cloud_is_back(self) -> None:
        """Make due at once what an outage has cost: the cloud has answered something under the account.

        What is due is only moved forward: where the cloud comes and goes, a job that failed again is first tried at its
        own time before it is moved once more.
        """
        moved = {}
        for name, one in self._state.schedule.jobs.items():
            since, failures = self._moved.get(name, (None, -2))
            if one.failures and one.error == UNLUCKY and (one.failing_since != since or one.failures > failures + 1):
                moved[name] = (one.failing_since, one.failures)
        self._moved |= moved
        self._state.schedule = self._state.schedule.owing(moved)

    def _all_terms(self) -> Mapping[str, JobTerms]:
        """Return the terms of each job by its name: worked out once for what is known of the system."""
        data = self._state.data
        if self._terms is None or self._terms[0] is not data:
            self._terms = data, {job.name: job.terms_for(data) for job in self._client.jobs}
        return self._terms[1]

    def _due_at(self, job: JobTerms, now: datetime, budget: Budget | None = None) -> datetime:
        """Return when a job is next worth its requests: after its pause, and when pacing says so.

        The budget is that of now, where it is known already.
        """
        if job.runs_with is None and self._of(job).is_owed and not self.may_sleep(job, now):
            return now
        until = max(filter(None, (self._state.schedule.not_before(job, now), self._settled_at(job, now))), default=None)
        if job.runs_with is not None:
            leader = self._all_terms()[job.runs_with]
            due = self._due_at(leader, now, budget) if self._of(job).done_at else now
            return due if until is None else max(due, until)
        if until is not None and until > now:
            return until
        if not self._pace.includes(job.name):
            # It rested, and does no more: its time is over, or it is one that a wrong clock has set.
            return until or now
        if job.weight and (job.night or job.settle) and self._of(job).tried_at is None:
            # What has waited for its turn is read then; what reports something in the dark when a system is new.
            return now
        return self._pace.next_at(job.name, now, budget or self._pace.budget(now))

    def _settled_at(self, job: JobTerms, now: datetime) -> datetime | None:
        """Return until when a job leaves a new system to those that read its power; `None` once it has run.

        The more the plan has left for each day, the sooner that is.
        """
        if not job.settle or self._of(job).done_at is not None:
            return None
        known = [state.first_at for main in main_jobs(self._client) if (state := self._of(main)).first_at]
        return min(known) + job.settle * self._pace.patience(now) if known else None

    def _of(self, job: JobTerms) -> JobState:
        return self._state.schedule.state(job)
