"""Rows that grow when they are read again teach how long they fill."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud.enphase_v4.settling import SETTLES_NOTE, learned, settled, settling_delay
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Interval, System, Vendor

NOW = datetime(2026, 6, 10, 12, 2, tzinfo=UTC)
NOON = NOW.replace(minute=0)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def system(note: str = "") -> SystemData:
    notes = {SETTLES_NOTE: note} if note else {}
    return SystemData(system=System(vendor=Vendor.ENPHASE, id="1", name="Elm Street"), notes=notes)


def rows(*energies: float | None, end: datetime = NOON) -> tuple[Interval, ...]:
    """Return quarter hours up to an instant."""
    first = end - len(energies) * QUARTER
    return tuple(
        Interval(start=first + number * QUARTER, end=first + (number + 1) * QUARTER, energy_wh=energy)
        for number, energy in enumerate(energies)
        if energy is not None
    )


def lesson(before: Sequence[Interval], after: Sequence[Interval], data: SystemData | None = None) -> timedelta | None:
    note = learned(data or system(), {row.start: row for row in before}, after, NOW + HOUR)
    return settling_delay(system(note[SETTLES_NOTE]), NOW + HOUR) if note else None


@pytest.mark.parametrize(
    ("before", "after", "delay"),
    [
        # What has not come is 0 for a while.
        ((500, 500, 0, 0, 0, 0, 0, 0), (500, 500, 500, 500, 500, 500, 500, 500), 120),
        ((500, 500, 500, 500, 500, 500, 500, 200), (500, 500, 500, 500, 500, 500, 500, 500), 30),
        # A small correction, one that takes away, one of long ago, rows that were missing.
        ((500, 500, 500, 500), (500, 500, 500, 520), None),
        ((500, 500, 500, 500), (500, 500, 500, 400), None),
        ((0, *[500] * 12), (500, *[500] * 12), None),
        ((500, None, None, 500), (500, 500, 500, 500), None),
    ],
)
def test_rows_that_grow_teach_the_delay(
    before: tuple[float | None, ...], after: tuple[float | None, ...], delay: int | None
) -> None:
    assert lesson(rows(*before), rows(*after)) == (None if delay is None else timedelta(minutes=delay))


def test_rows_that_may_still_fill_are_left_out() -> None:
    found = rows(*[500.0] * 12)
    assert settled(found, system(), NOW) == found
    assert settled(found, system(f"4 {NOW - HOUR:%Y-%m-%dT%H:%M:%S}+00:00"), NOW)[-1].end == NOON - 2 * HOUR


def test_a_lesson_is_forgotten_step_by_step() -> None:
    note = f"4 {NOW.isoformat()}"
    delays = [settling_delay(system(note), NOW + timedelta(days=days)) for days in (0, 6, 8, 15, 22, 29, 300)]
    assert delays == [timedelta(minutes=minutes) for minutes in (120, 120, 90, 60, 30, 0, 0)]
    later = NOW + timedelta(days=8)
    note = learned(system(note), {}, (), later)[SETTLES_NOTE]
    assert note == f"3 {later.isoformat()}"
    assert learned(system(note), {}, (), later) == {}


@pytest.mark.parametrize("note", ["4", "x y", "9 2026-06-10T12:00:00+00:00", "4 2029-01-01T00:00:00+00:00"])
def test_a_note_that_cannot_be_read_teaches_nothing(note: str) -> None:
    assert settling_delay(system(note), NOW) == timedelta(0)
