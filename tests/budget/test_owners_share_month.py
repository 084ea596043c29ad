"""A month in which somebody asks all the time: its own readings keep what they need."""

from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.base import JobTerms

from .pacing_world import BERLIN, FIVE, QUARTER, V2, V4, World, utc

FREE = Limits(per_minute=10, per_month=2_000)
HOME = JobTerms(
    name="energy", cost=3, cadence=timedelta(minutes=15), delay=timedelta(minutes=5), weight=6, night=True, first=True
)
"""A reading of a site with meters and batteries."""


def month(limits: Limits, job: JobTerms, *, asks: bool) -> World:
    world = World(limits, utc(2026, 6, 1), {"home": BERLIN}, (job,))
    if not asks:
        world.run(utc(2026, 7, 1))
    while world.now + timedelta(minutes=1) < utc(2026, 7, 1):
        world.run(world.now + timedelta(minutes=1))
        world.owner_reads("home")
    return world


@pytest.mark.parametrize(
    ("limits", "job"), [(V4, QUARTER), (FREE, QUARTER), (FREE, HOME), (V2, FIVE)], ids=["v4", "free", "home", "v2"]
)
def test_an_automation_that_asks_every_minute_leaves_the_month_its_readings(limits: Limits, job: JobTerms) -> None:
    quiet, asked = month(limits, job, asks=False), month(limits, job, asks=True)
    sent, own, all_of_quiet = len(asked.sent), asked.own_reads, len(quiet.reads)
    assert sent <= limits.per_month
    # Those that were asked for do not count, although they bring something too.
    assert own >= 0.85 * all_of_quiet
    last: datetime = max(read.at for read in asked.reads)
    assert last > utc(2026, 6, 30, 18)
