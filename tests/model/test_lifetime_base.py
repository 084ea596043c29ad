"""The lifetime that production is counted from: it is carried on by rows while its cloud tells no newer one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from custom_components.solar_cloud.model.elements import LifetimeBase, Update
from custom_components.solar_cloud.model.series import midnight, unbroken_wh

from ..cloud.solaredge.helpers import BERLIN
from .test_published import DAY, MIDNIGHT, QUARTER, Life, intervals

QUARTERS = 96
"""Quarter hours in a day."""
NIGHT = 20
"""So many quarter hours at the beginning of a day are dark."""


def dark(start: datetime, end: datetime) -> bool:
    """Tell whether a time lies in the first hours of a day."""
    day = midnight(start.astimezone(BERLIN).date(), BERLIN)
    return end <= day + NIGHT * QUARTER


def live(life: Life, rows: Sequence[float | None], count: int) -> None:
    """Let the rows up to a quarter hour come in, as a cloud tells them that keeps the last two days."""
    life.now = MIDNIGHT + QUARTER * count + timedelta(seconds=95)
    kept = [None if number < count - 2 * QUARTERS else wh for number, wh in enumerate(rows[:count])]
    life.take(Update(intervals=intervals(kept)), dark)


def test_production_goes_on_for_days_in_which_nobody_tells_its_lifetime():
    life = Life()
    for count in range(8, 6 * QUARTERS, 8):
        live(life, [100.0] * count, count)
        assert life.data.lifetime.published_wh == 1_000_000 + 100 * count


def test_nights_without_rows_do_not_hold_up_the_lifetime_that_is_carried_on():
    life, rows = Life(), [None if number % QUARTERS < NIGHT else 100.0 for number in range(6 * QUARTERS)]
    for count in range(NIGHT + 8, 6 * QUARTERS, 8):
        live(life, rows, count)
        assert life.data.lifetime.published_wh == 1_000_000 + sum(wh or 0 for wh in rows[:count])
    assert life.data.lifetime_base is not None
    assert life.data.lifetime_base.day == DAY + timedelta(days=4)
    assert life.data.lifetime_base.missing_since is None


def test_production_of_lost_rows_is_taken_over_from_the_cloud_when_it_tells_them():
    life, rows = Life(), [None if 40 <= number < 60 else 100.0 for number in range(5 * QUARTERS)]
    for count in range(8, 5 * QUARTERS, 8):
        live(life, rows, count)
    assert life.data.lifetime_base is not None
    assert life.data.lifetime_base.missing_since == DAY
    life.take(Update(lifetime=LifetimeBase(day=DAY + timedelta(days=4), before_wh=1_000_000 + 400 * QUARTERS)), dark)
    assert life.data.lifetime_base.missing_since is None
    live(life, rows, 5 * QUARTERS - 1)
    assert life.data.lifetime.published_wh == 1_000_000 + 100 * (5 * QUARTERS - 1)


def test_energy_is_unbroken_over_a_night_without_rows_but_not_over_a_gap_by_day():
    day = midnight(DAY, BERLIN)
    rows = {row.start: row for row in intervals([None] * NIGHT + [10.0] * (QUARTERS - NIGHT))}
    end = day + QUARTER * QUARTERS
    assert unbroken_wh(rows, day, end) is None
    assert unbroken_wh(rows, day, end, dark) == 10.0 * (QUARTERS - NIGHT)
    assert unbroken_wh({}, day, day + NIGHT * QUARTER, dark) == 0
    del rows[day + 50 * QUARTER]
    assert unbroken_wh(rows, day, end, dark) is None


def test_a_lifetime_that_the_cloud_has_not_turned_over_at_midnight_is_of_the_day_before():
    life = Life()
    live(life, [100.0] * QUARTERS, QUARTERS - 4)
    tomorrow = DAY + timedelta(days=1)
    life.take(Update(lifetime=LifetimeBase(day=tomorrow, before_wh=1_000_000)), dark)
    for count in range(QUARTERS, 2 * QUARTERS):
        live(life, [100.0] * count, count)
        assert life.data.lifetime.published_wh == 1_000_000 + 100 * count
    told = LifetimeBase(day=tomorrow, before_wh=1_000_000 + 100 * QUARTERS)
    life.take(Update(lifetime=told), dark)
    assert life.data.lifetime_base == told


def test_a_lifetime_of_a_day_without_energy_is_the_same_at_its_end():
    life = Life()
    live(life, [0.0] * QUARTERS, QUARTERS - 4)
    same = LifetimeBase(day=DAY + timedelta(days=1), before_wh=1_000_000)
    life.take(Update(lifetime=same), dark)
    assert life.data.lifetime_base == same
