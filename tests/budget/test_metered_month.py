"""A month of an Enphase v4 system with meters on the smallest plan: what its requests buy."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from benchmarks.freshness_lib.house import age
from benchmarks.freshness_lib.world import Cell, cells
from custom_components.solar_cloud.budget.rates import LANDING
from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.cloud.enphase_v4.jobs.battery import BatteryJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.grid_export import GridExportJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.grid_import import GridImportJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.inverters import InvertersJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.latest import LatestJob
from custom_components.solar_cloud.cloud.enphase_v4.jobs.telemetry import TelemetryJob
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.jobs import paced

from .pacing_world import V4, Reports, World, light_spans, utc

HOUR = timedelta(hours=1)
READABLE = timedelta(minutes=5)
"""After the end of an interval."""
LISTS = JobTerms(name="lists", cost=4, cadence=timedelta(days=1), night=True)
"""State, alarms, token, and a part of what is read by the week."""
BEFORE = 2, 0.55, LANDING, timedelta(minutes=10)
"""How it was: the weights of powers and quarter hours, from when on those begin and end with the light, the delay."""
CELLS = {(one.latitude, one.month): one for one in cells() if one.systems == 1 and one.cloud.name == "Enphase v4 watt"}


def jobs(battery: bool, terms: tuple[float, float, int, timedelta] | None = None) -> Sequence[JobTerms]:
    latest, rows = LatestJob.terms, TelemetryJob.terms
    if terms is not None:
        latest = replace(latest, weight=terms[0], delay=terms[3])
        rows = replace(rows, weight=terms[1], lands=terms[2])
    beside = [GridImportJob.terms, GridExportJob.terms, *([BatteryJob.terms] if battery else [])]
    return (*paced([latest, rows, *beside, InvertersJob.terms]), LISTS)


def played(cell: Cell, wanted: Sequence[JobTerms], readable: timedelta = READABLE) -> World:
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (cell.start, cell.end))
    place = Place(cell.latitude, 0, timedelta(minutes=5))
    world = World(V4, start, {"home": place}, wanted, reports={"home": Reports(delay=readable)})
    world.run(end)
    return world


def at(world: World, *names: str) -> list[datetime]:
    return [read.at for read in world.reads if read.job in names]


def power_age(cell: Cell, world: World) -> float:
    """Return the mean age of the newest power by day in seconds: quarter hours have one too."""
    return age(cell, [moment.timestamp() for moment in at(world, "latest", "telemetry")], cell.spans)


@pytest.mark.parametrize("battery", [False, True])
@pytest.mark.parametrize("key", [(52, "June"), (52, "December"), (37, "March"), (-33, "June")])
def test_the_power_by_day_is_a_fifth_younger_for_the_same_requests(key: tuple[int, str], battery: bool) -> None:
    cell = CELLS[key]
    before, now = played(cell, jobs(battery, BEFORE)), played(cell, jobs(battery))
    assert power_age(cell, now) <= 0.8 * power_age(cell, before)
    assert len(now.sent) <= 950
    assert len(before.sent) <= 950


@pytest.mark.parametrize("battery", [False, True])
@pytest.mark.parametrize("key", [(52, "June"), (52, "December"), (37, "March"), (-33, "June")])
def test_each_day_is_known_to_its_end_by_the_next_noon(key: tuple[int, str], battery: bool) -> None:
    cell = CELLS[key]
    world = played(cell, jobs(battery))
    spans = light_spans(world.places["home"], utc(2026, 1, 1), utc(2027, 1, 1))
    days = [one for one in spans if cell.start < one[0].timestamp() and one[1].timestamp() < cell.end - 86_400]
    rows = at(world, "telemetry")
    for (_, fall), (rise, next_fall) in pairwise(days):
        assert any(fall < moment < rise + (next_fall - rise) / 2 + HOUR for moment in rows), fall


@pytest.mark.parametrize("battery", [False, True])
@pytest.mark.parametrize("key", [(52, "June"), (52, "December"), (37, "March"), (-33, "June")])
def test_the_energies_of_the_day_are_an_hour_and_a_half_older_at_most(key: tuple[int, str], battery: bool) -> None:
    cell = CELLS[key]
    reads = [at(played(cell, wanted), "telemetry") for wanted in (jobs(battery, BEFORE), jobs(battery))]
    before, now = (age(cell, [moment.timestamp() for moment in rows], cell.spans) for rows in reads)
    assert now <= before + 1.5 * HOUR.total_seconds()
    longest = [max(later - earlier for earlier, later in pairwise(rows)) for rows in reads]
    assert longest[1] <= longest[0] + 4 * HOUR
    assert longest[1] <= 18 * HOUR


def test_a_cloud_that_needs_ten_minutes_leaves_a_part_of_the_gain() -> None:
    cell = CELLS[37, "March"]
    before, now = (played(cell, jobs(True, *terms), timedelta(minutes=10)) for terms in ([BEFORE], []))
    assert power_age(cell, now) <= 0.9 * power_age(cell, before)
