"""A safe fixed pace: how often each job of each system may run so that a whole month stays inside the plan.

It is the same by day and by night and does not look at what has been used, so it can be worked out beforehand.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
import math
from typing import Protocol

from .plan import Limits

MONTH = timedelta(days=31)
FIXED_SHARE = 0.5
"""The most that jobs with a fixed cadence may take while others want their part: energy matters more than lists."""
LONGEST = timedelta(days=1_000_000)
"""A pace this slow stands for never; longer ones would only overflow calendars."""


class PacedJob(Protocol):
    """What pacing needs to know of a job."""

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
    def weight(self) -> float:
        """Share of what is left by the jobs with weight 0, which run at their cadence."""


def monthly_requests(limits: Limits) -> int:
    """Return how many requests of 31 days go to the jobs: the month's share, and no more than the minute's."""
    return min(limits.month_share, limits.minute_share * int(MONTH / timedelta(minutes=1)))


def periods(jobs: Collection[PacedJob], limits: Limits, systems: int) -> Mapping[str, timedelta]:
    """Return how often each job runs, by its name, when so many systems share the plan.

    Jobs with weight 0 run at their cadence; what they leave is split among the weighted jobs, requests in proportion to
    weight, and what a job cannot use because the cloud has nothing newer goes to the others. Where the jobs with
    weight 0 would take more than half, they are stretched too. The sum over all systems never exceeds
    `monthly_requests`.
    """
    budget = monthly_requests(limits) / max(1, systems)
    if budget <= 0:
        return {job.name: LONGEST for job in jobs}
    fixed = [job for job in jobs if job.weight <= 0]
    weighted = [job for job in jobs if job.weight > 0]
    wanted = sum(_requests(job) for job in fixed)
    allowed = budget * FIXED_SHARE if weighted else budget
    stretch = max(1.0, wanted / allowed)
    paces = {job.name: _period(job, _requests(job) / stretch) for job in fixed}
    rest = budget - wanted / stretch
    return {**paces, **_split(weighted, rest)}


def _split(jobs: list[PacedJob], requests: float) -> dict[str, timedelta]:
    """Split requests by weight; a job takes no more than its cadence can use, and leaves the rest to the others."""
    paces: dict[str, timedelta] = {}
    hungry = jobs
    while hungry:
        part = requests / sum(job.weight for job in hungry)
        sated = [job for job in hungry if _requests(job) <= part * job.weight]
        if not sated:
            return paces | {job.name: _period(job, part * job.weight) for job in hungry}
        for job in sated:
            paces[job.name] = _period(job, _requests(job))
            requests -= _requests(job)
        hungry = [job for job in hungry if job not in sated]
    return paces


def _requests(job: PacedJob) -> float:
    """Return the requests a month of one system's job at its cadence."""
    return job.cost * (MONTH / job.cadence)


def _period(job: PacedJob, requests: float) -> timedelta:
    """Return the period, in whole seconds, at which a job spends so many requests a month; never below its cadence."""
    seconds = min(job.cost * MONTH.total_seconds() / requests, LONGEST.total_seconds())
    return max(job.cadence, timedelta(seconds=math.ceil(seconds)))
