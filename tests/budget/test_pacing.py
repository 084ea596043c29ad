"""The safe fixed pace."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from custom_components.solar_cloud.budget.pacing import LONGEST, MONTH, PacedJob, monthly_requests, periods
from custom_components.solar_cloud.budget.plan import ALL_PLANS, Limits
from custom_components.solar_cloud.cloud.enphase_v2 import EnphaseV2


@dataclass(frozen=True)
class Work:
    name: str
    cost: int
    cadence: timedelta
    weight: float = 0


SOLAREDGE_LIKE = (
    Work("energy", 1, timedelta(minutes=15), 2),
    Work("lifetime", 1, timedelta(hours=24)),
    Work("details", 1, timedelta(hours=24)),
    Work("inventory", 1, timedelta(hours=24)),
    Work("inverters", 2, timedelta(minutes=15), 1),
)
JOBS: dict[str, tuple[PacedJob, ...]] = {
    "enphase": EnphaseV2.jobs,
    "solaredge": SOLAREDGE_LIKE,
    "only fixed": SOLAREDGE_LIKE[1:4],
    "only weighted": (SOLAREDGE_LIKE[0], SOLAREDGE_LIKE[4]),
    "one": SOLAREDGE_LIKE[:1],
    "greedy": (Work("every second", 7, timedelta(seconds=1)), Work("too", 3, timedelta(seconds=1), 0.001)),
}
LIMITS = {
    **{f"{plan.cloud} {plan.name}": plan.limits for plan in ALL_PLANS},
    "tiny": Limits(per_minute=1, per_month=2),
    "slow": Limits(per_minute=1, per_month=10_000_000),
    "odd": Limits(per_minute=7, per_month=12_347),
}


def spent(jobs: tuple[PacedJob, ...], paces: dict[str, timedelta], systems: int) -> float:
    """Return the requests that all systems send in 31 days at these paces."""
    return systems * sum(job.cost * (MONTH / paces[job.name]) for job in jobs)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_a_month_stays_inside_the_plan_for_any_jobs_and_any_number_of_systems(limits: Limits) -> None:
    for (name, jobs), systems in product(JOBS.items(), (1, 2, 3, 7, 20, 150, 1000)):
        paces = dict(periods(jobs, limits, systems))
        assert set(paces) == {job.name for job in jobs}
        assert spent(jobs, paces, systems) <= limits.per_month * 0.95, (name, systems)
        assert spent(jobs, paces, systems) <= limits.minute_share * MONTH / timedelta(minutes=1), (name, systems)
        for job in jobs:
            assert paces[job.name] >= job.cadence, (name, systems)


@pytest.mark.parametrize("systems", [1, 2, 5, 20])
@pytest.mark.parametrize("limits", [LIMITS["enphase_v4 watt"], LIMITS["solaredge free"]])
def test_a_plan_that_is_too_small_is_used_to_the_full(limits: Limits, systems: int) -> None:
    paces = dict(periods(SOLAREDGE_LIKE, limits, systems))
    assert spent(SOLAREDGE_LIKE, paces, systems) > monthly_requests(limits) * 0.995


def test_a_large_plan_runs_every_job_at_its_cadence() -> None:
    paces = periods(SOLAREDGE_LIKE, Limits(per_minute=300, per_month=1_500_000), 3)
    assert paces == {job.name: job.cadence for job in SOLAREDGE_LIKE}


def test_jobs_without_weight_keep_their_cadence_and_the_rest_is_split_by_weight() -> None:
    paces = periods(SOLAREDGE_LIKE, Limits(per_minute=10, per_month=2_000), 1)
    assert {paces[name] for name in ("lifetime", "details", "inventory")} == {timedelta(hours=24)}
    rest = 1900 - 3 * 31
    assert MONTH / paces["energy"] == pytest.approx(rest * 2 / 3, rel=0.001)
    assert 2 * (MONTH / paces["inverters"]) == pytest.approx(rest / 3, rel=0.001)


def test_what_one_job_cannot_use_goes_to_the_others() -> None:
    hourly = Work("hourly", 1, timedelta(hours=1), 100)
    often = Work("often", 1, timedelta(minutes=1), 1)
    paces = periods((hourly, often), Limits(per_minute=100, per_month=10_000), 1)
    assert paces["hourly"] == timedelta(hours=1)
    assert MONTH / paces["often"] == pytest.approx(9_500 - 744, rel=0.001)


def test_lists_of_devices_never_take_more_than_half_from_energy() -> None:
    paces = dict(periods(SOLAREDGE_LIKE, Limits(per_minute=10, per_month=1_000), 20))
    fixed = sum(MONTH / paces[name] for name in ("lifetime", "details", "inventory")) * 20
    assert fixed == pytest.approx(475, rel=0.001)
    assert paces["lifetime"] == paces["details"] == paces["inventory"]


def test_the_free_enphase_v2_plan_reads_a_single_systems_summary_every_few_minutes() -> None:
    paces = periods(EnphaseV2.jobs, Limits(per_minute=10, per_month=10_000), 1)
    assert timedelta(minutes=5) <= paces["summary"] < timedelta(minutes=8)
    assert paces["envoys"] == timedelta(hours=6)


def test_no_system_counts_as_one_and_no_jobs_need_no_pace() -> None:
    limits = Limits(per_minute=10, per_month=1_000)
    assert periods(SOLAREDGE_LIKE, limits, 0) == periods(SOLAREDGE_LIKE, limits, 1)
    assert periods((), limits, 1) == {}


def test_a_month_without_a_single_request_to_spare_runs_nothing() -> None:
    assert set(periods(SOLAREDGE_LIKE, Limits(per_minute=1, per_month=1), 1).values()) == {LONGEST}
