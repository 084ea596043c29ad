"""Which jobs a system has, which of them run together, and what pacing has to know of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from ..cloud.base import Cloud, JobTerms
from ..model.data import SystemData
from .schedule import Schedule

SELDOM = 10
"""How many times as often another job has to be asked for to be the one that shows whether a value can be read."""


def main_jobs(client: Cloud) -> list[JobTerms]:
    """Return the jobs without which there is nothing to publish of a system."""
    return [job for job in client.job_terms() if job.weight > 0 and not job.optional]


def is_known(client: Cloud, schedule: Schedule) -> bool:
    """Return whether enough was ever read of a system to publish it."""
    return any(schedule.state(job).done_at for job in main_jobs(client))


def offered(client: Cloud, schedule: Schedule, data: SystemData) -> tuple[JobTerms, ...]:
    """Return the jobs that the account offers and the system has the hardware for, as far as is known."""
    return tuple(
        job.terms_for(data) for job in client.jobs if job.applies_to(data) and not schedule.state(job.terms).resting
    )


def companions(jobs: Collection[JobTerms], leader: JobTerms) -> list[JobTerms]:
    """Return the jobs that run whenever another one does."""
    return [job for job in jobs if job.runs_with == leader.name]


def paced(jobs: Sequence[JobTerms]) -> tuple[JobTerms, ...]:
    """Return the jobs that have a pace, each with the cost and the interest in the night of those that run with it."""
    return tuple(_with_companions(job, companions(jobs, job)) for job in jobs if job.runs_with is None)


def _with_companions(job: JobTerms, others: Sequence[JobTerms]) -> JobTerms:
    cost = job.cost + sum(other.cost for other in others)
    return replace(
        job,
        cost=cost,
        # The weight is a share of the requests: with more requests to a reading the readings would become fewer.
        weight=job.weight * cost / job.cost,
        night=job.night or any(other.night for other in others),
    )


def proving(jobs: Iterable[JobTerms], names: Collection[str]) -> list[str]:
    """Return those of the named jobs which show whether their cloud can be read.

    What is asked for much more seldom than the others proves nothing: it has not failed in an outage, because it was
    not tried.
    """
    asked = [job for job in jobs if job.name in names]
    often = min((job.cadence for job in asked), default=timedelta(0)) * SELDOM
    return [job.name for job in asked if job.cadence <= often]
