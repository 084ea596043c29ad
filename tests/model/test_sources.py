"""Which job brought the newest value of a flow or kind of device, and how often there is something newer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    Momentary,
    Power,
    Update,
)
from custom_components.solar_cloud.model.sources import LEVEL, Source, energy_of, sources_after

QUARTER = timedelta(minutes=15)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEVICES = {
    serial: Device(kind=kind, serial=serial)
    for serial, kind in (("A", DeviceKind.INVERTER), ("B", DeviceKind.INVERTER), ("C", DeviceKind.BATTERY))
}


LATER = NOON + 90 * 96 * QUARTER


def row(number: int) -> Interval:
    return Interval(start=NOON + (number - 1) * QUARTER, end=NOON + number * QUARTER, energy_wh=1.0)


def bought(*numbers: int) -> Update:
    return Update(flows={Flow.GRID_IMPORT: tuple(row(number) for number in numbers)})


def after(*updates: Update, job: str = "meters") -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for update in updates:
        sources = dict(sources_after(sources, update, DEVICES, job, LATER))
    return sources


def test_a_flow_comes_from_the_job_that_brought_its_newest_interval():
    source = Source(job="meters", end=NOON + 3 * QUARTER)
    assert after(bought(1, 3, 2)) == {Flow.GRID_IMPORT: source, energy_of(Flow.GRID_IMPORT): source}


def test_powers_that_are_read_more_often_are_no_source_of_energies():
    instant = Momentary(measured_at=NOON + 5 * QUARTER, powers={Flow.GRID_IMPORT: 1.0})
    rows = after(bought(1))
    found = sources_after(rows, Update(momentary=instant), DEVICES, "latest", LATER)
    assert found[Flow.GRID_IMPORT].job == "latest"
    assert found[energy_of(Flow.GRID_IMPORT)] == rows[energy_of(Flow.GRID_IMPORT)]


def test_the_energy_of_the_day_comes_from_the_job_that_brought_it():
    today = DayEnergy(day=NOON.date(), energy_wh=5.0)
    found = after(Update(today=today, power=Power(power_w=1.0, measured_at=NOON)), Update(today=today), job="summary")
    assert found[energy_of(Flow.PRODUCTION)] == Source(job="summary", end=NOON)


def test_every_kind_of_answer_names_what_it_speaks_of():
    at = NOON + QUARTER
    reading = DeviceReading(power_w=1.0, measured_at=at)
    found = after(
        Update(
            power=Power(power_w=1.0, measured_at=NOON),
            momentary=Momentary(
                measured_at=NOON, powers={Flow.GRID_EXPORT: 1.0}, computed=frozenset({Flow.CONSUMPTION})
            ),
            intervals=(row(1),),
            readings={"A": DeviceReading(last_report=NOON), "B": reading, "C": reading, "gone": reading},
        )
    )
    assert {name: source.end for name, source in found.items()} == {
        Flow.GRID_EXPORT: NOON,
        Flow.CONSUMPTION: NOON,
        Flow.PRODUCTION: at,
        energy_of(Flow.PRODUCTION): at,
        DeviceKind.INVERTER: at,
        DeviceKind.BATTERY: at,
    }


def test_the_charge_of_batteries_has_a_source_of_its_own():
    power = DeviceReading(power_w=1.0, measured_at=NOON + QUARTER)
    charge = DeviceReading(level_percent=50.0, level_at=NOON)
    before = after(Update(readings={"C": charge}), job="battery")
    found = sources_after(before, Update(readings={"C": power}), DEVICES, "latest", LATER)
    assert (found[LEVEL].job, found[DeviceKind.BATTERY].job) == ("battery", "latest")


def test_what_says_nothing_or_has_no_job_changes_nothing():
    before = after(bought(1))
    assert sources_after(before, Update(), DEVICES, "state", LATER) is before
    assert sources_after(before, bought(2), DEVICES, "", LATER) is before
    assert sources_after(before, bought(1), DEVICES, "meters", LATER) is before
    assert sources_after(before, Update(flows={Flow.GRID_IMPORT: ()}), DEVICES, "meters", LATER) is before


def test_the_step_is_how_far_the_newest_interval_has_moved_on():
    assert after(bought(1), bought(2))[Flow.GRID_IMPORT].step == 900
    assert after(bought(1), bought(2), bought(2), bought(4))[Flow.GRID_IMPORT].step == 1800


def test_a_step_that_was_longer_is_forgotten_by_halves():
    source = after(bought(1), bought(9), bought(10))[Flow.GRID_IMPORT]
    assert source.step == 3600
    assert after(bought(1), bought(9), bought(10), bought(11), bought(12))[Flow.GRID_IMPORT].step == 900


def test_a_gateway_that_sends_four_times_a_day_has_steps_of_six_hours():
    assert after(bought(0), bought(24), bought(48))[Flow.GRID_IMPORT].step == 6 * 3600


@pytest.mark.parametrize("quarters", [49, 4 * 24 * 30])
def test_an_outage_is_no_step(quarters: int):
    source = after(bought(0), bought(4), bought(4 + quarters))[Flow.GRID_IMPORT]
    assert source == Source(job="meters", end=NOON + (4 + quarters) * QUARTER, step=3600)


def test_twelve_hours_are_the_longest_step() -> None:
    assert after(bought(0), bought(4), bought(52))[Flow.GRID_IMPORT].step == 12 * 3600


def test_what_was_of_the_future_begins_anew_and_what_is_of_now_goes_on() -> None:
    job, now = "meters", NOON + 3 * QUARTER
    before = {Flow.GRID_IMPORT: Source(job=job, end=now, step=900), Flow.GRID_EXPORT: Source(job=job, end=LATER)}
    found = sources_after(before, Update(flows={Flow.GRID_EXPORT: (row(1),)}), DEVICES, job, now)
    assert found[Flow.GRID_IMPORT] == before[Flow.GRID_IMPORT]
    assert found[Flow.GRID_EXPORT] == Source(job=job, end=NOON + QUARTER)


def test_a_source_whose_time_nobody_knows_takes_the_first_that_comes() -> None:
    today = DayEnergy(day=NOON.date(), energy_wh=5.0)
    found = after(Update(today=today), Update(today=today, power=Power(power_w=1.0, measured_at=NOON)), job="summary")
    assert found[energy_of(Flow.PRODUCTION)] == Source(job="summary", end=NOON)
    assert after(Update(today=today))[energy_of(Flow.PRODUCTION)] == Source(job="meters")


def test_a_kind_of_device_is_of_the_newest_reading_of_any() -> None:
    later, latest = NOON + QUARTER, NOON + 2 * QUARTER
    readings = {
        "B": DeviceReading(measured_at=latest, last_report=NOON),
        "A": DeviceReading(last_report=later, level_percent=1.0),
        "C": DeviceReading(level_percent=50.0, level_at=later),
        "gone": DeviceReading(level_percent=50.0, level_at=latest),
    }
    assert {name: one.end for name, one in after(Update(readings=readings)).items()} == {
        DeviceKind.INVERTER: latest,
        LEVEL: later,
    }
    silent = Update(readings={"A": DeviceReading(power_w=1.0)})
    assert after(silent) == {}


def test_an_older_answer_moves_nothing():
    sources = after(bought(1), bought(4))
    assert sources_after(sources, bought(2), DEVICES, "meters", LATER) == sources
    # The same row from elsewhere is nothing new either.
    for quarters in (2, 4):
        found = sources_after(sources, bought(quarters), DEVICES, "history", LATER)
        assert {name: replace(one, others=()) for name, one in found.items()} == sources


def test_the_job_that_brings_the_newest_takes_a_flow_over():
    sources = after(bought(1))
    assert sources_after(sources, bought(2), DEVICES, "latest", LATER)[Flow.GRID_IMPORT] == Source(
        job="latest", end=NOON + 2 * QUARTER, step=900, others=("meters",)
    )


def test_each_job_that_brings_a_flow_is_remembered_once_newer_or_not() -> None:
    sources = after(bought(1))
    for quarters, job in enumerate(("latest", "latest", "meters", "rows", "meters"), start=2):
        sources = sources_after(sources, bought(quarters), DEVICES, job, LATER)
    for _ in range(2):
        sources = sources_after(sources, bought(1), DEVICES, "late", LATER)
    source = sources[Flow.GRID_IMPORT]
    assert (source.job, source.others) == ("meters", ("latest", "rows", "late"))
