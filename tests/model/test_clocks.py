"""The future is void: what a cloud says of a time that has not come is of now, or is not taken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.clocks import without_future
from custom_components.solar_cloud.model.elements import DayEnergy, Flow, Interval, Momentary, Power, Silence, Update

NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
TODAY = DayEnergy(day=NOW.date(), energy_wh=4_000.0)


def rows(first: int, last: int) -> tuple[Interval, ...]:
    """Return rows of an hour that begin so many hours after now."""
    return tuple(
        Interval(start=NOW + number * HOUR, end=NOW + (number + 1) * HOUR, energy_wh=5.0)
        for number in range(first, last)
    )


@pytest.mark.parametrize(
    ("ahead", "seen"), [(-HOUR, -HOUR), (0 * HOUR, 0 * HOUR), (SECOND, 0 * HOUR), (HOUR, 0 * HOUR)]
)
def test_a_power_of_the_future_is_of_now(ahead: timedelta, seen: timedelta) -> None:
    power = Power(power_w=800.0, measured_at=NOW + ahead)
    momentary = Momentary(
        measured_at=NOW + ahead, powers={Flow.GRID_IMPORT: 7.0}, computed=frozenset({Flow.CONSUMPTION})
    )
    found = without_future(Update(power=power, momentary=momentary), NOW)
    assert found.power == replace(power, measured_at=NOW + seen)
    assert found.momentary == replace(momentary, measured_at=NOW + seen)


@pytest.mark.parametrize(
    ("since", "until", "left"),
    [
        (-2, -1, (-2, -1)),
        (-2, 0, (-2, 0)),
        (-2, 1, (-2, 0)),  # up to now it is known
        (0, 0, (0, 0)),
        (0, 1, None),
        (1, 2, None),
    ],
)
def test_of_a_silence_that_part_counts_that_is_over(since: int, until: int, left: tuple[int, int] | None) -> None:
    found = without_future(Update(silence=Silence(since=NOW + since * HOUR, until=NOW + until * HOUR)), NOW).silence
    assert found == (None if left is None else Silence(since=NOW + left[0] * HOUR, until=NOW + left[1] * HOUR))


@pytest.mark.parametrize(("ahead", "known"), [(-1, True), (0, True), (1, False)])
def test_a_day_is_believed_and_its_instant_of_the_future_is_not(ahead: int, known: bool) -> None:
    today = replace(TODAY, as_of=NOW + ahead * HOUR)
    assert without_future(Update(today=today), NOW).today == (today if known else TODAY)
    assert without_future(Update(today=TODAY), NOW).today == TODAY


def test_rows_that_have_not_begun_are_not_taken_wherever_they_are() -> None:
    both, begun = rows(-2, 2), rows(-2, 0)
    update = Update(
        intervals=both,
        flows={Flow.GRID_IMPORT: both, Flow.GRID_EXPORT: rows(0, 2)},
        detail={Flow.PRODUCTION: both},
        device_intervals={"A": both, "B": begun},
        device_flows={"C": {Flow.BATTERY_CHARGE: both}},
    )
    assert without_future(update, NOW) == Update(
        intervals=begun,
        flows={Flow.GRID_IMPORT: begun, Flow.GRID_EXPORT: ()},
        detail={Flow.PRODUCTION: begun},
        device_intervals={"A": begun, "B": begun},
        device_flows={"C": {Flow.BATTERY_CHARGE: begun}},
    )


def test_a_row_that_has_begun_is_taken_although_it_is_not_over() -> None:
    running = (Interval(start=NOW - SECOND, end=NOW + HOUR, energy_wh=5.0),)
    assert without_future(Update(intervals=running), NOW).intervals == running


def test_an_update_of_nothing_stays_one() -> None:
    assert without_future(Update(), NOW) == Update()
