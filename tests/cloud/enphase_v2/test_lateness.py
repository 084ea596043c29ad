"""Microinverters that report late: the power of the newest rows lacks theirs, and an older one is true."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud.enphase_v2.lateness import LATE, lateness, seen_lateness, whole_power
from custom_components.solar_cloud.model.elements import Interval, Power
from simulator.plant.slots import slot_of

from ..conftest import FakeClock
from .helpers import known
from .world import SAMPLE, make_world

NOON = datetime(2026, 6, 10, 10, 2, 30, tzinfo=UTC)
STEP = timedelta(minutes=5)
QUARTER = timedelta(minutes=15)


def rows(*energies: float, devices: int | None = 12, first: int = 0) -> list[Interval]:
    return [
        Interval(start=NOON + at * STEP, end=NOON + (at + 1) * STEP, energy_wh=energy, devices_reporting=devices)
        for at, energy in enumerate(energies, first)
    ]


def series(found: list[Interval]) -> dict[datetime, Interval]:
    return {row.start: row for row in found}


@pytest.mark.parametrize(
    ("before", "again", "late"),
    [
        ([10, 10, 10, 10], [10, 10, 10, 10, 9], 0),
        ([10, 10, 7, 7], [10, 10, 10, 10, 7, 7], 2),
        ([10, 10, 7, 7], [10, 10, 9.9, 9.95, 7, 7], 2),
        ([10, 7, 0, 0], [10, 10, 10, 10], 3),
        # What nobody had reported yet is no part of a row.
        ([10, 10, 0, 0], [10, 10, 10, 10], 0),
        ([10, 10, 10.0], [10, 10, 10.05], 0),
        # What became less was corrected.
        ([10, 10, 70_000], [10, 10, 10], 0),
        ([0, 0, 0], [0, 0, 0, 4], None),
        ([10, 10], [], None),
    ],
)
def test_rows_that_grow_when_they_are_read_again_are_late(
    before: list[float], again: list[float], late: int | None
) -> None:
    expected = None if late is None else late * STEP
    assert seen_lateness(series(rows(*before)), rows(*again)) == expected


def test_at_first_the_number_of_devices_tells() -> None:
    assert seen_lateness({}, [*rows(10, 10), *rows(7, 7, devices=8, first=2)]) == 2 * STEP
    assert seen_lateness({}, rows(10, 10, devices=None)) is None
    # Fewer than there are in every row says nothing.
    assert seen_lateness({}, rows(10, 10, devices=4)) == timedelta(0)


def test_the_power_is_that_of_the_newest_whole_row() -> None:
    found = rows(10, 20, 7)
    assert whole_power(found, STEP) == Power(power_w=240, measured_at=NOON + 2 * STEP)
    assert whole_power(found, 3 * STEP) is None
    assert whole_power([], STEP) is None


def test_a_meter_is_not_late() -> None:
    data = known("67", source="meter")
    assert lateness(data) == timedelta(0)


async def test_a_third_that_reports_a_quarter_later_makes_the_power_older_but_true(
    socket_enabled: None, clock: FakeClock
) -> None:
    clock.now = NOON
    async with make_world(clock) as world:
        plant = world.simulator.plants["enphase_72"]
        for number, inverter in enumerate(plant.inverters.values()):
            inverter.late = 3 if number % 3 == 0 else 0
        plant.revision += 1
        client = world.client()
        data = await world.system(client, SAMPLE)
        for _ in range(12):
            data = await world.run(client, data, "summary", "detail")
            assert data.power is not None
            assert clock.now - data.power.measured_at < 3 * QUARTER
            end = slot_of(data.power.measured_at)
            assert data.power.power_w == 12 * plant.series.production(end - 1, end)
            clock.now += 4 * STEP
        assert lateness(data) == QUARTER
        assert data.notes[LATE]
        assert client.job("detail").terms_for(data).weight > client.job("summary").terms_for(data).weight
        for inverter in plant.inverters.values():
            inverter.late = 0
        plant.revision += 1
        for _ in range(3):
            data = await world.run(client, data, "summary", "detail")
            clock.now += 4 * STEP
        assert lateness(data) == timedelta(0)
