"""The lifetime of production at its edges: which counts go on from it, and what rows decide between them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.model.counters import production_counter, total_of
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import DayEnergy, LifetimeBase, Power, Update
from custom_components.solar_cloud.model.lifetime import LifetimeCounter
from custom_components.solar_cloud.model.series import never_dark

from ..cloud.solaredge.helpers import BERLIN
from .test_counters import base
from .test_published import DAY, MIDNIGHT, QUARTER, Life, P, intervals

NEXT_DAY = DAY + timedelta(days=1)


def produced(data: SystemData, update: Update, now: datetime) -> LifetimeCounter:
    return production_counter(data, update, now, BERLIN, never_dark)


NOW = MIDNIGHT + 50 * QUARTER
BELIEVED = DayEnergy(day=DAY, energy_wh=2_500.0, as_of=MIDNIGHT + 48 * QUARTER)
COUNTED = LifetimeCounter(published_wh=52_400.0, as_of=MIDNIGHT + 40 * QUARTER)
IN_DETAIL = Update(detail={P: intervals([5.0], first=47)})


def summed(
    counter: LifetimeCounter = COUNTED, today: DayEnergy | None = BELIEVED, before: float = 50_000
) -> SystemData:
    """Return a system whose cloud counts its day, and whose rows go on between two of these counts."""
    return replace(Life().data, lifetime_base=base(before), lifetime=counter, today=today)


@pytest.mark.parametrize(("reported", "of"), [(None, 48), (46, 46)])
def test_a_lifetime_is_of_the_report_of_the_system_or_of_its_power(reported: int | None, of: int) -> None:
    data = summed()
    last_report = None if reported is None else MIDNIGHT + reported * QUARTER
    power = Power(power_w=1.0, measured_at=MIDNIGHT + 48 * QUARTER)
    data = replace(data, system=replace(data.system, last_report=last_report), power=power)
    found = produced(data, Update(today=BELIEVED, lifetime=base(50_000)), NOW)
    assert (found.published_wh, found.as_of) == (52_500, MIDNIGHT + of * QUARTER)


@pytest.mark.parametrize(
    "update",
    [
        Update(today=BELIEVED),
        Update(today=BELIEVED, lifetime=base(50_000, NEXT_DAY)),
        # Neither is it the day that is believed, nor does it go on from the lifetime.
        Update(today=replace(BELIEVED, energy_wh=90_000.0), lifetime=base(50_000)),
    ],
    ids=["no lifetime", "another day's lifetime", "a day that is not believed"],
)
def test_a_day_without_a_lifetime_that_it_goes_with_counts_nothing(update: Update) -> None:
    assert produced(summed(), update, NOW) == COUNTED
    assert produced(summed(today=None), update, NOW) == COUNTED


def test_rows_that_go_on_between_two_counts_carry_the_lifetime_on() -> None:
    found = produced(summed(), IN_DETAIL, NOW)
    assert (found.published_wh, found.as_of) == (52_500, BELIEVED.as_of)
    moved = produced(summed(replace(COUNTED, published_wh=52_500.0)), IN_DETAIL, NOW)
    assert (moved.published_wh, moved.as_of) == (52_500, BELIEVED.as_of)
    shifted = produced(summed(replace(COUNTED, offset_wh=1_000.0), before=49_000), IN_DETAIL, NOW)
    assert shifted.published_wh == 52_500
    first = produced(summed(LifetimeCounter(), replace(BELIEVED, energy_wh=0.5), before=0), IN_DETAIL, NOW)
    assert first.published_wh == 0.5


@pytest.mark.parametrize(
    ("counter", "today"),
    [
        (COUNTED, None),
        (COUNTED, replace(BELIEVED, day=NEXT_DAY)),
        (COUNTED, replace(BELIEVED, as_of=None)),
        (replace(COUNTED, suspect_wh=3.0), BELIEVED),
        (replace(COUNTED, published_wh=52_501.0), BELIEVED),
        (replace(COUNTED, offset_wh=-200.0), BELIEVED),
    ],
    ids=["no day", "another day", "of no time", "waits", "less than is published", "less with what it lacks"],
)
def test_rows_between_two_counts_decide_about_nothing_else(counter: LifetimeCounter, today: DayEnergy | None) -> None:
    assert produced(summed(counter, today), IN_DETAIL, NOW) == counter


def test_a_system_with_rows_of_its_own_is_counted_by_these_whatever_detail_comes() -> None:
    life = Life()
    life.report(2, [10, 20])
    data = replace(life.data, today=replace(BELIEVED, energy_wh=5_000.0))
    assert produced(data, IN_DETAIL, NOW).published_wh == 1_000_030


def test_production_is_complete_up_to_the_first_row_that_is_missing_by_day() -> None:
    life = Life()
    life.report(4, [10, 20, None, 5])
    assert life.data.lifetime.complete_until == MIDNIGHT + 2 * QUARTER
    life = Life()
    life.now = MIDNIGHT + 5 * QUARTER
    life.take(Update(intervals=intervals([10, 20, None, 5])), lambda _start, _end: True)
    assert life.data.lifetime.complete_until is None


# What an answer says of the lifetime.


READ = LifetimeCounter(published_wh=53_000.0, as_of=MIDNIGHT + 20 * QUARTER)


def said(today: float, before: float, counter: LifetimeCounter = READ) -> float | None:
    """Return the lifetime that an answer gives a counter, half an hour after that was read."""
    update = Update(today=DayEnergy(day=DAY, energy_wh=today), lifetime=LifetimeBase(day=DAY, before_wh=before))
    return total_of(counter, update, Life(size_w=4000.0).data, MIDNIGHT + 22 * QUARTER)


@pytest.mark.parametrize(
    ("total", "known"),
    [
        (52_999.4, False),
        (52_999.5, True),
        (57_500.0, True),  # 6 kW for half an hour and a quarter
        (57_500.1, False),
    ],
)
def test_an_answer_goes_on_from_the_lifetime_where_the_time_allows_it(total: float, known: bool) -> None:
    assert said(3_000.0, total - 3_000.0) == (pytest.approx(total) if known else None)
    shifted = replace(READ, offset_wh=1_000.0)
    assert said(3_000.0, total - 4_000.0, shifted) == (pytest.approx(total) if known else None)


@pytest.mark.parametrize(
    ("counter", "known"),
    [
        (READ, True),
        (replace(READ, as_of=MIDNIGHT + 22 * QUARTER), True),
        (replace(READ, as_of=MIDNIGHT + 23 * QUARTER), False),
        (replace(READ, as_of=None), False),
        (replace(READ, published_wh=None), False),
        (replace(READ, suspect_wh=3.0), False),
    ],
)
def test_an_answer_says_nothing_of_a_lifetime_that_waits_or_is_of_the_future(
    counter: LifetimeCounter, known: bool
) -> None:
    assert said(3_000.0, 50_500.0, counter) == (53_500 if known else None)


def test_without_a_nameplate_every_answer_goes_on_from_the_lifetime() -> None:
    update = Update(today=replace(BELIEVED, energy_wh=9e6), lifetime=base(53_000))
    assert total_of(READ, update, Life(size_w=None).data, MIDNIGHT + 22 * QUARTER) == 9_053_000
