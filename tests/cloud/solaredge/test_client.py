"""The jobs of the SolarEdge client."""

from datetime import timedelta

from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge

QUARTER = timedelta(minutes=15)


def test_the_jobs_say_what_they_cost_and_which_may_be_missing():
    table = {
        job.name: (job.cost, job.cadence, job.delay, job.weight, job.optional, job.first)
        for job in SolarEdge.job_terms()
    }
    day, delay = timedelta(hours=24), timedelta(seconds=90)
    assert table == {
        "details": (1, day, timedelta(0), 0, False, True),
        "energy": (1, QUARTER, delay, 2, False, True),
        "lifetime": (2, day, timedelta(0), 0, False, False),
        "inventory": (1, day, timedelta(0), 0, True, False),
        "meters": (1, QUARTER, delay, 0, True, False),
        "storage": (1, QUARTER, delay, 0, True, False),
        "totals": (1, day, timedelta(0), 0, True, False),
        "inverters": (1, QUARTER, delay, 1, True, False),
        "overview": (1, timedelta(hours=1), delay, 0.5, True, False),
        "alerts": (1, day / 2, timedelta(0), 0, True, False),
    }
    assert {job.name: job.runs_with for job in SolarEdge.job_terms() if job.runs_with} == {
        "meters": "energy",
        "storage": "energy",
    }
