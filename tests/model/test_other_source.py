"""A system whose production comes from another source all at once: nothing counts twice, and nothing is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.data import KEEP_INTERVALS, SystemData
from custom_components.solar_cloud.model.elements import Flow, Interval, System, Vendor
from custom_components.solar_cloud.model.series import merged

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def rows(first: int, last: int, step: int, energy: float) -> list[Interval]:
    """Return rows from so many minutes after noon to so many."""
    return [
        Interval(start=NOON + timedelta(minutes=minute), end=NOON + timedelta(minutes=minute + step), energy_wh=energy)
        for minute in range(first, last, step)
    ]


def total(first: list[Interval], second: list[Interval]) -> float:
    now = NOON + timedelta(hours=3)
    series = merged(merged({}, first, now, KEEP_INTERVALS), second, now, KEEP_INTERVALS)
    assert list(series) == sorted(series)
    return sum(row.energy_wh for row in series.values())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # A meter's quarter hours after five minutes of inverters, and the other way round.
        (rows(0, 120, 5, 10), rows(60, 180, 15, 31), 12 * 10 + 8 * 31),
        (rows(0, 120, 15, 31), rows(60, 180, 5, 10), 4 * 31 + 24 * 10),
        # What is newer reaches into an older row.
        (rows(0, 60, 15, 30), rows(50, 60, 5, 10), 3 * 30 + 2 * 10),
        # The same division: the newer answer counts where there is one.
        (rows(0, 60, 15, 30), rows(45, 75, 15, 40), 3 * 30 + 2 * 40),
        (rows(0, 60, 15, 30), rows(60, 90, 15, 40), 4 * 30 + 2 * 40),
        (rows(60, 90, 15, 40), rows(0, 60, 15, 30), 4 * 30 + 2 * 40),
        ([], rows(0, 60, 15, 30), 4 * 30),
        (rows(0, 60, 15, 30), [], 4 * 30),
    ],
)
def test_rows_of_another_source_take_the_place_of_those_they_overlap(
    first: list[Interval], second: list[Interval], expected: float
) -> None:
    assert total(first, second) == expected


def data_with(own: list[Interval], detail: list[Interval]) -> SystemData:
    return SystemData(
        system=System(vendor=Vendor.ENPHASE, id="1", name="x"),
        intervals={row.start: row for row in own},
        detail={Flow.PRODUCTION: {row.start: row for row in detail}} if detail else {},
    )


@pytest.mark.parametrize(
    ("own", "detail", "expected"),
    [
        # The meters were taken out an hour after noon.
        (rows(0, 60, 15, 31), rows(60, 120, 5, 10), 4 * 31 + 12 * 10),
        (rows(0, 75, 15, 31), rows(60, 120, 5, 10), 4 * 31 + 12 * 10),
        # They were installed then.
        (rows(60, 120, 15, 31), rows(0, 65, 5, 10), 4 * 31),
        (rows(0, 60, 15, 31), [], 4 * 31),
        ([], rows(0, 60, 5, 10), 12 * 10),
        ([], [], None),
    ],
)
def test_production_is_read_on_in_the_form_that_the_system_has_now(
    own: list[Interval], detail: list[Interval], expected: float | None
) -> None:
    found = data_with(own, detail).recent().get(Flow.PRODUCTION)
    assert (None if found is None else sum(row.energy_wh for row in found.values())) == expected
