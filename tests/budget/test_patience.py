"""How long a new system waits follows what its plan has left for each day."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.budget.rates import Budget, patience

NOW = datetime(2026, 6, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "days", "systems", "expected"),
    [
        (950, 3, 1, 0.0),
        (950, 30, 1, 1.0),
        (1000, 10, 1, 0.0),
        (700, 10, 1, 0.5),
        (400, 10, 1, 1.0),
        (1400, 10, 2, 0.5),
        (70, 0.25, 1, 0.5),
        (0, 10, 1, 1.0),
        (1000, 10, 0, 0.0),
    ],
)
def test_patience_goes_from_none_with_plenty_to_all_with_little(
    left: int, days: float, systems: int, expected: float
) -> None:
    budget = Budget(left=left, share=950, per_minute=8, resets_at=NOW + timedelta(days=days))
    assert patience(budget, systems, NOW) == pytest.approx(expected)
