"""Which jobs a system has, which of them run together, and what pacing has to know of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from ..cloud.base import Cloud, Job
from ..model.data import SystemData
from .schedule import Schedule

SELDOM = 10
"""How many times as often another job has to be asked for to be the one that shows whether a value can be read."""


def offered(client: Cloud, schedule: Schedule, data: SystemData) -> tuple[Job, ...]:
    """Return the jobs that the account offers and the system has the hardware for, as far as is known."""
    return tuple(
        client.form(job, data) for job in client.jobs if client.wants(job, data) and not schedule.state(job).resting
    )


def riders(jobs: Collection[Job], leader: Job) -> list[Job]:
    """Return the jobs that run whenever another one does."""
    return [job for job in jobs if job.rides == leader.name]


def paced(client: Cloud, jobs: Sequence[Job], data: SystemData) -> tuple[Job, ...]:
    """Return the jobs that have a pace, each with the cost and the interest in the night of those who ride with it."""
    return tuple(_with_riders(client, job, riders(jobs, job), data) for job in jobs if job.rides is None)


def _with_riders(client: Cloud, job: Job, others: Sequence[Job], data: SystemData) -> Job:
    own = client.cost(job, data)
    cost = own + sum(client.cost(other, data) for other in others)
    return replace(
        job,
        cost=cost,
        # The weight is a share of the requests: with more requests to a reading the readings would become fewer.
        weight=job.weight * cost / own,
        night=job.night or any(other.night for other in others),
    )


def telling(jobs: Iterable[Job], names: Collection[str]) -> list[str]:
    """Return those of the named jobs which show whether their cloud can be read.

    What is asked for much more seldom than the others proves nothing: it has not failed in an outage, because it was
    not tried.
    """
    asked = [job for job in jobs if job.name in names]
    often = min((job.cadence for job in asked), default=timedelta(0)) * SELDOM
    return [job.name for job in asked if job.cadence <= often]
