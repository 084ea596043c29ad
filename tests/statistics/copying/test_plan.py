"""What a copy plans: hours before a target's first row, what its gaps have lost, and lumps laid out. Pure figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.solar_cloud.statistics.copying.plan import CopyPlan, make_plan
from custom_components.solar_cloud.statistics.copying.rows import (
    HOUR,
    Run,
    Step,
    Target,
    TargetRow,
    changes_of,
    runs_of,
    touched_hours,
)

ZONE = ZoneInfo("Europe/Amsterdam")
START = int(datetime(2026, 3, 25, tzinfo=UTC).timestamp())
EVER = range(-(2**40), 2**40)
DAYS = 8
"""With the change of the clock on 29 March."""


def target(unit_wh: float = 1000.0) -> Target:
    return Target(statistic_id="sensor.meter", metadata_id=7, unit="kWh", unit_wh=unit_wh)


def day_of(start: int) -> date:
    return datetime.fromtimestamp(start, ZONE).date()


def at(number: int) -> int:
    """Return the start of an hour, counted from the first one."""
    return START + number * HOUR


def sunny(hours: int = DAYS * 24) -> dict[int, float]:
    """Return what a system had in each hour: 12 of 24 in the light."""
    return {at(number): float(max(0, 3000 - 500 * abs(number % 24 - 12))) for number in range(hours)}


def rows_of(
    changes: Mapping[int, float], unit_wh: float = 1000.0, *, before: float = 35e6, last_reset: float | None = None
) -> list[TargetRow]:
    """Return the rows of a counter that stood somewhere before it was first seen."""
    total, rows = 0.0, []
    for start, change in sorted(changes.items()):
        total += change
        rows.append(TargetRow(start, (before + total) / unit_wh, total / unit_wh, last_reset))
    return rows


def planned(rows: Sequence[TargetRow], ours: Mapping[int, float], **options: Any) -> CopyPlan:
    unit_wh = options.pop("unit_wh", 1000.0)
    given: dict[str, Any] = {"chosen": EVER, "copied": (), "spread_lumps": False, "day_of": day_of} | options
    return make_plan(target(unit_wh), rows, ours, **given)


def after(plan: CopyPlan) -> list[TargetRow]:
    """Return the rows that the target has after the plan was carried out."""
    found = list(plan.inserts)
    for row in plan.basis:
        shift = next((step.shift for step in reversed(plan.steps) if step.start <= row.start), 0.0)
        found.append(row._replace(sum=row.sum + shift))
    assert len({row.start for row in found}) == len(found)
    return sorted(found)


def energies(plan: CopyPlan) -> dict[int, float]:
    return changes_of(after(plan), plan.target.unit_wh)


def days(changes: Mapping[int, float]) -> dict[date, float]:
    sums: dict[date, float] = {}
    for start, change in changes.items():
        sums[day_of(start)] = sums.get(day_of(start), 0.0) + change
    return sums


@pytest.mark.parametrize("unit_wh", [1.0, 1000.0, 1e6, 1 / 3600])
def test_hours_before_the_first_row_are_written_and_each_later_sum_grows_by_their_energy(unit_wh: float) -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if hour >= at(60)}, unit_wh)
    plan = planned(rows, ours, unit_wh=unit_wh)
    assert plan.hours_before == 60
    earlier = sum(ours[at(number)] for number in range(60))
    assert plan.added_wh == earlier
    assert plan.steps == (Step(at(60), earlier / unit_wh),)
    assert energies(plan) == pytest.approx(ours, abs=1e-3)
    assert plan.sums == (ours[at(0)] / unit_wh, pytest.approx(sum(ours.values()) / unit_wh))


def test_the_states_before_the_first_row_are_those_of_a_lifetime_counter() -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if hour >= at(60)})
    states = [row.state for row in after(planned(rows, ours)) if row.state is not None]
    assert len(states) == len(ours)
    for (_, following), (earlier, later) in zip(pairwise(ours.values()), pairwise(states), strict=True):
        assert later - earlier == pytest.approx(following / 1000)


def test_a_counter_that_began_at_its_first_row_has_no_states_before_it() -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if hour >= at(60)}, before=0.0)
    assert {row.state for row in planned(rows, ours).inserts} == {None}


def test_energy_that_was_lost_while_there_was_no_row_is_added() -> None:
    ours = sunny()
    gap = range(32, 41)
    rows = rows_of({hour: energy for hour, energy in ours.items() if hour not in {at(one) for one in gap}})
    plan = planned(rows, ours)
    assert [(one.lost, one.lumped) for one in plan.filled] == [(tuple(at(one) for one in gap), ())]
    assert energies(plan) == pytest.approx(ours)
    assert len(plan.inserts) == plan.hours_in_gaps == len(gap)
    assert plan.hours_before == 0


def test_energy_that_was_lost_while_the_sensor_stood_still_is_added_to_its_rows() -> None:
    ours = sunny()
    rows = rows_of({hour: 0.0 if at(34) <= hour < at(40) else energy for hour, energy in ours.items()})
    plan = planned(rows, ours)
    assert plan.inserts == ()
    assert energies(plan) == pytest.approx(ours)


def lumped(ours: Mapping[int, float], first: int, back: int) -> dict[int, float]:
    """Return the changes of a sensor that was away, and booked everything when it came back."""
    away = [at(number) for number in range(first, back)]
    changes = {hour: energy for hour, energy in ours.items() if hour not in away}
    changes[at(back)] += sum(ours[hour] for hour in away)
    return changes


def test_a_lump_stays_as_it_is_unless_the_owner_asks() -> None:
    ours = sunny()
    plan = planned(rows_of(lumped(ours, 32, 59)), ours)
    assert plan.is_empty
    assert [(gap.lost, len(gap.lumped), gap.back) for gap in plan.gaps] == [((), 27, at(59))]


def test_a_lump_is_laid_out_over_its_hours_and_the_sum_stays() -> None:
    ours = sunny()
    rows = rows_of(lumped(ours, 32, 59))
    plan = planned(rows, ours, spread_lumps=True)
    assert plan.steps == ()
    assert energies(plan) == pytest.approx(ours)
    assert after(plan)[-1].sum == rows[-1].sum
    assert plan.added_wh == 0
    assert plan.spread_wh == pytest.approx(sum(ours[at(number)] for number in range(32, 59)))


def test_a_lump_of_a_sensor_that_stood_still_is_laid_out_too() -> None:
    ours = sunny()
    rows = rows_of({at(number): 0.0 for number in range(32, 59)} | lumped(ours, 32, 59))
    plan = planned(rows, ours, spread_lumps=True)
    assert plan.inserts == ()
    assert energies(plan) == pytest.approx(ours)


def test_what_another_meter_booked_in_a_lump_keeps_its_own_amount() -> None:
    ours = sunny()
    theirs = {hour: energy * 1.03 for hour, energy in ours.items()}
    rows = rows_of(lumped(theirs, 32, 59))
    plan = planned(rows, ours, spread_lumps=True)
    assert energies(plan) == pytest.approx(theirs)


def test_a_counter_of_the_day_has_lost_what_was_before_midnight_and_books_the_rest_in_a_lump() -> None:
    ours = sunny()
    # Midnight in Amsterdam is at 23:00 UTC.
    away, midnight, back = range(36, 60), at(47), at(60)
    changes = {hour: energy for hour, energy in ours.items() if hour not in {at(one) for one in away}}
    changes[back] += sum(ours[at(one)] for one in away if at(one) >= midnight)
    plan = planned(rows_of(changes), ours)
    assert plan.added_wh == sum(ours[at(one)] for one in away if at(one) < midnight)
    whole = planned(rows_of(changes), ours, spread_lumps=True)
    assert energies(whole) == pytest.approx(ours)
    assert days(energies(whole)) == pytest.approx(days(ours))


def test_a_gap_that_has_not_ended_waits() -> None:
    ours = sunny()
    assert planned(rows_of({hour: energy for hour, energy in ours.items() if hour < at(80)}), ours).is_empty
    still = {hour: energy if hour < at(80) else 0.0 for hour, energy in ours.items()}
    assert planned(rows_of(still), ours).is_empty


def test_a_gap_of_which_not_every_hour_is_known_is_left() -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if not at(32) <= hour < at(41)})
    plan = planned(rows, {hour: energy for hour, energy in ours.items() if hour != at(36)})
    assert plan.is_empty
    assert [gap.is_known for gap in plan.gaps] == [False]


def test_only_chosen_hours_are_written() -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if hour >= at(60) and not at(80) <= hour < at(90)})
    plan = planned(rows, ours, chosen=range(at(24), at(85)))
    assert [row.start for row in plan.inserts] == [at(number) for number in range(24, 60)]
    assert [gap.lost_wh > 0 for gap in plan.gaps] == [True]


def test_a_dim_morning_that_the_sensor_does_not_see_is_no_gap() -> None:
    ours = sunny() | {at(day * 24 + 6): 40.0 for day in range(DAYS)}
    seen = {hour: energy + hour % 7 / 10 if energy > 40 else 0.0 for hour, energy in ours.items()}
    assert planned(rows_of(seen), ours).is_empty


def test_a_counter_of_whole_kilowatt_hours_has_no_gaps_between_its_steps() -> None:
    ours = {hour: energy / 10 for hour, energy in sunny().items()}
    changes, total = {}, 0.0
    for hour, energy in ours.items():
        before, total = total, total + energy
        changes[hour] = float(total // 1000 * 1000 - before // 1000 * 1000)
    plan = planned(rows_of(changes), ours)
    assert plan.is_empty


@pytest.mark.parametrize(
    ("factor", "disagrees"), [(1.0, False), (0.96, False), (1.04, False), (0.9, True), (1000, True)]
)
def test_a_target_that_is_off_by_more_than_five_per_cent_disagrees(factor: float, disagrees: bool) -> None:
    ours = sunny()
    plan = planned(rows_of({hour: energy * factor for hour, energy in ours.items() if hour >= at(30)}), ours)
    assert plan.agreement.days == 6
    assert plan.agreement.disagrees is disagrees
    assert plan.agreement.percent == pytest.approx(max(0.0, 100 - 100 * abs(factor - 1)))


def test_days_with_a_gap_and_copied_days_are_no_agreement() -> None:
    ours = sunny()
    rows = rows_of({hour: energy * 0.5 for hour, energy in ours.items() if not at(80) <= hour < at(90)})
    copied = [at(number) for number in range(50)]
    assert planned(rows, ours, copied=copied).agreement.days == 3
    empty = planned(rows[:3], ours)
    assert (empty.agreement.days, empty.agreement.percent, empty.agreement.disagrees) == (0, None, False)


def test_a_sensor_keeps_its_last_reset_in_a_gap() -> None:
    ours = sunny()
    rows = rows_of({hour: energy for hour, energy in ours.items() if not at(32) <= hour < at(41)}, last_reset=5.0)
    assert {row.last_reset for row in planned(rows, ours).inserts} == {5.0}


@pytest.mark.parametrize("spread", [True, False])
@settings(max_examples=25)
@given(data=st.data())
def test_a_second_plan_writes_nothing(spread: bool, data: st.DataObject) -> None:
    ours = sunny()
    late = data.draw(st.integers(0, 30))
    changes = {hour: energy for hour, energy in ours.items() if hour >= at(late)}
    for _ in range(3):
        first = data.draw(st.integers(late + 1, DAYS * 24 - 30))
        length = data.draw(st.integers(1, 29))
        is_lump = data.draw(st.booleans())
        has_rows = data.draw(st.booleans())
        hours = [hour for number in range(length) if (hour := at(first + number)) in changes]
        back = at(first + length)
        if back not in changes:
            continue
        gone = sum(changes[hour] for hour in hours)
        for hour in hours:
            if has_rows:
                changes[hour] = 0.0
            else:
                del changes[hour]
        changes[back] += gone if is_lump else 0.0
    plan = planned(rows_of(changes), ours, spread_lumps=spread)
    copied = set(touched_hours(runs_of(row.start for row in plan.inserts), plan.steps))
    again = planned(after(plan), ours, spread_lumps=spread, copied=copied)
    assert again.is_empty
    assert all(change > -1e-6 for change in energies(plan).values())
    # What the target has booked itself stays.
    booked = {gap.back for gap in plan.filled} | {hour for gap in plan.filled for hour in gap.hours}
    for hour, change in changes.items():
        if hour not in booked:
            assert energies(plan)[hour] == pytest.approx(change, abs=1e-6)


def test_hours_become_runs_without_a_break() -> None:
    assert runs_of([at(0), at(1), at(3), at(4), at(9)]) == (Run(at(0), at(1)), Run(at(3), at(4)), Run(at(9), at(9)))
