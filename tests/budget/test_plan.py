"""The plans as data."""

import pytest

from custom_components.solar_cloud.budget.plan import ALL_PLANS, PLANS, Limits


def test_every_plan_is_found_by_cloud_and_name_in_lower_case() -> None:
    assert {cloud: sorted(plans) for cloud, plans in PLANS.items()} == {
        "enphase_v2": ["gigawatt", "kilowatt", "megawatt", "watt"],
        "enphase_v4": ["kilowatt", "megawatt", "partner", "watt"],
        "solaredge": ["free"],
    }
    assert PLANS["enphase_v2"]["watt"] == Limits(per_minute=10, per_month=10_000)
    assert PLANS["enphase_v4"]["watt"] == Limits(per_minute=10, per_month=1_000)
    assert PLANS["solaredge"]["free"] == Limits(per_minute=10, per_month=2_000)


def test_every_plan_names_its_source_and_its_cycle() -> None:
    for plan in ALL_PLANS:
        assert plan.source
        assert plan.cycle_day == (None if plan.cloud == "solaredge" else 1)


@pytest.mark.parametrize(
    ("per_minute", "per_month", "minute_share", "month_share"),
    [(10, 1000, 8, 950), (1, 100, 1, 95), (2, 19, 1, 18), (300, 1_500_000, 240, 1_425_000)],
)
def test_what_runs_by_itself_leaves_a_reserve(
    per_minute: int, per_month: int, minute_share: int, month_share: int
) -> None:
    limits = Limits(per_minute=per_minute, per_month=per_month)
    assert (limits.minute_share, limits.month_share) == (minute_share, month_share)


@pytest.mark.parametrize(("per_minute", "per_month"), [(0, 100), (10, 0), (-1, 100)])
def test_limits_that_allow_nothing_are_refused(per_minute: int, per_month: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Limits(per_minute=per_minute, per_month=per_month)
