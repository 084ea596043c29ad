"""The vendor's month."""

from datetime import date, timedelta

import pytest

from custom_components.solar_cloud.budget.cycle import cycle_start, next_cycle


@pytest.mark.parametrize(
    ("day", "cycle_day", "start", "after"),
    [
        (date(2026, 11, 21), 1, date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 11, 1), 1, date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 31), 1, date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 11, 21), 22, date(2026, 10, 22), date(2026, 11, 22)),
        (date(2026, 11, 22), 22, date(2026, 11, 22), date(2026, 12, 22)),
        (date(2026, 1, 10), 15, date(2025, 12, 15), date(2026, 1, 15)),
        # A month too short for the day begins the cycle on its last one.
        (date(2027, 2, 27), 31, date(2027, 1, 31), date(2027, 2, 28)),
        (date(2027, 2, 28), 31, date(2027, 2, 28), date(2027, 3, 31)),
        (date(2028, 2, 29), 30, date(2028, 2, 29), date(2028, 3, 30)),
        (date(2027, 4, 30), 31, date(2027, 4, 30), date(2027, 5, 31)),
    ],
)
def test_a_day_lies_in_its_cycle(day: date, cycle_day: int, start: date, after: date) -> None:
    assert cycle_start(day, cycle_day) == start
    assert next_cycle(day, cycle_day) == after


@pytest.mark.parametrize("cycle_day", [1, 2, 15, 28, 29, 30, 31])
def test_cycles_follow_each_other_without_gap_or_overlap(cycle_day: int) -> None:
    day = date(2024, 1, 1)
    while day < date(2029, 1, 1):
        start, after = cycle_start(day, cycle_day), next_cycle(day, cycle_day)
        assert start <= day < after
        assert cycle_start(after, cycle_day) == after
        assert cycle_start(after - timedelta(days=1), cycle_day) == start
        assert 28 <= (after - start).days <= 31
        day += timedelta(days=1)
