"""Hourly statistics, with Home Assistant's own recorder."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import logging
import random
import threading
from typing import Any, Literal
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import Statistics, StatisticsMeta
from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_metadata,
    statistics_during_period,
    valid_statistic_id,
)
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.recorder import session_scope
import pytest
from sqlalchemy.exc import OperationalError

from custom_components.solar_cloud.history.tariff import Side
from custom_components.solar_cloud.model.elements import Flow, System, Vendor
from custom_components.solar_cloud.statistics import book as statistics
from custom_components.solar_cloud.statistics.book import Book
from custom_components.solar_cloud.statistics.names import energy_metadata, statistic_id
from custom_components.solar_cloud.statistics.writing import write_rows

SYSTEM = System(vendor=Vendor.ENPHASE, id="67", name="Eich Residence")
ID = "solar_cloud:enphase_67_production"
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EARLY, LATE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Start the recorder first, as its fixture demands."""


@pytest.fixture(params=["kWh", "Wh"])
async def book(hass: HomeAssistant, request: pytest.FixtureRequest) -> Book:
    """Return a book whose production is in kWh, or in the unit in which an earlier version has begun it."""
    if request.param == "Wh":
        async_add_external_statistics(hass, in_wh(SYSTEM), [])
        await hass.async_add_executor_job(hass.data["recorder_instance"].block_till_done)
    return Book(hass, SYSTEM)


def in_wh(system: System) -> StatisticMetaData:
    """Return how earlier versions describe the production of a system."""
    return energy_metadata(system, Flow.PRODUCTION, "production") | {"unit_of_measurement": "Wh"}


@pytest.fixture
def handed_over() -> Iterator[list[list[tuple[int, int, int]]]]:
    """What is handed over to the recorder."""
    chunks: list[list[tuple[int, int, int]]] = []

    def write(recorder: Any, metadata: Any, rows: Any, *args: Any) -> None:
        chunks.append(list(rows))
        write_rows(recorder, metadata, rows, *args)

    with patch.object(statistics, "write_rows", write):
        yield chunks


def run_of(*energies: float, start: datetime = START) -> dict[datetime, float]:
    """Return energies of hours that follow one another."""
    return {start + HOUR * number: energy for number, energy in enumerate(energies)}


def random_hours(start: datetime, count: int, seed: int = 1) -> dict[datetime, float]:
    dice = random.Random(seed)
    return {start + HOUR * number: float(dice.randrange(5000)) for number in range(count)}


async def table(
    hass: HomeAssistant, period: Literal["hour", "day", "month"] = "hour", name: str = ID
) -> list[tuple[datetime, float, float, float]]:
    """Return start, state, sum and change of each row as the recorder reports them."""
    recorder = hass.data["recorder_instance"]
    await hass.async_add_executor_job(recorder.block_till_done)
    answer = await recorder.async_add_executor_job(
        statistics_during_period, hass, EARLY, LATE, {name}, period, {"energy": "Wh"}, {"state", "sum", "change"}
    )
    return [
        # Home Assistant turns kWh into Wh with the last digits of a float.
        (datetime.fromtimestamp(row["start"], UTC), *(round(row[what], 6) for what in ("state", "sum", "change")))
        for row in answer.get(name, [])
    ]


async def sums(hass: HomeAssistant, name: str = ID) -> list[float]:
    return [row[2] for row in await table(hass, name=name)]


async def stored(hass: HomeAssistant) -> list[tuple[int, float, float | None, float | None, float | None]]:
    """Return the rows of the database itself."""

    def read() -> list[Any]:
        with session_scope(hass=hass, read_only=True) as session:
            columns = (Statistics.id, Statistics.start_ts, Statistics.state, Statistics.sum, Statistics.created_ts)
            return [tuple(row) for row in session.query(*columns).order_by(Statistics.start_ts)]

    return await hass.data["recorder_instance"].async_add_executor_job(read)


async def by_hand(hass: HomeAssistant, start: datetime, **values: float | None) -> None:
    """Change a row in the database."""

    def change() -> None:
        with session_scope(hass=hass) as session:
            assert session.query(Statistics).filter_by(start_ts=start.timestamp()).update(values) == 1

    await hass.data["recorder_instance"].async_add_executor_job(change)


async def test_the_first_booking_is_anchored_to_the_lifetime(hass: HomeAssistant, book: Book) -> None:
    assert await book.async_put(Flow.PRODUCTION, run_of(100, 200, 300), anchor=1_000_000) == 3
    assert [row[:3] for row in await table(hass)] == [
        (START, 100, 1_000_100),
        (START + HOUR, 200, 1_000_300),
        (START + 2 * HOUR, 300, 1_000_600),
    ]


async def test_the_first_booking_begins_at_zero_without_an_anchor(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200))
    assert await sums(hass) == [100, 300]


async def test_an_anchor_counts_for_the_first_booking_only(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100), anchor=1000)
    await book.async_put(Flow.PRODUCTION, run_of(200, start=START + HOUR), anchor=77)
    await book.async_put(Flow.PRODUCTION, run_of(50, start=START - HOUR), anchor=77)
    assert await sums(hass) == [1000, 1100, 1300]


LONG = "Ünïted ☀ " * 28


@pytest.mark.parametrize(
    ("system", "serial", "label"),
    [
        (SYSTEM, None, None),
        (replace(SYSTEM, name=LONG), None, None),
        (replace(SYSTEM, name=LONG), "4711", "East"),
        (replace(SYSTEM, name=LONG), "4711", LONG),
        (SYSTEM, LONG, LONG),
        (replace(SYSTEM, id=LONG + "1"), None, None),
        (replace(SYSTEM, id=LONG + "2"), None, None),
        (replace(SYSTEM, id="北" * 255), None, None),
    ],
)
async def test_no_id_and_no_name_is_longer_than_the_database_stores(
    hass: HomeAssistant, system: System, serial: str | None, label: str | None
) -> None:
    book, columns = Book(hass, system), StatisticsMeta.__table__.columns
    for flow in (Flow.PRODUCTION, Flow.BATTERY_DISCHARGE):
        assert await book.async_put(flow, run_of(100), serial=serial, label=label) == 1
        assert list(await book.async_rows(flow, EARLY, LATE, serial=serial)) == [START]
    found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_source="solar_cloud"))
    names = {name: of_one["name"] for name, (_, of_one) in found.items()}
    assert len(names) == len(set(names.values())) == 2
    assert all(len(name) <= columns["statistic_id"].type.length for name in names)
    assert all(len(name) <= columns["name"].type.length for name in names.values())
    assert {name.endswith((" production", " battery discharge")) for name in names.values()} == {True}
    assert all(name.startswith(system.name[:50]) for name in names.values())
    if label is not None:
        assert all(label[:50] in name for name in names.values())


def test_keys_of_any_length_that_differ_have_ids_that_differ() -> None:
    keys = [f"solaredge_{'7' * zeros}{last}" for zeros in (1, 200, 224, 225, 226, 300) for last in "12"]
    ids = {statistic_id(key, flow) for key in keys for flow in Flow}
    assert len(ids) == len(keys) * len(Flow)
    assert {valid_statistic_id(name) for name in ids} == {True}
    assert max(map(len, ids)) == 255
    assert statistic_id("solaredge_" + "7" * 222, Flow.PRODUCTION) == f"solar_cloud:solaredge_{'7' * 222}_production"


async def test_the_statistic_is_described_as_energy_with_a_sum(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.GRID_IMPORT, run_of(1))
    name = "solar_cloud:enphase_67_grid_import"
    found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_ids={name}))
    assert found[name][1] == {
        "has_mean": False,
        "mean_type": 0,
        "has_sum": True,
        "name": "Eich Residence grid import",
        "source": "solar_cloud",
        "statistic_id": name,
        "unit_class": "energy",
        "unit_of_measurement": "kWh",
    }


async def test_the_name_says_what_is_measured_in_the_language_of_home_assistant(hass: HomeAssistant) -> None:
    async def names() -> set[str]:
        found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_source="solar_cloud"))
        return {of_one["name"] for _, of_one in found.values()}

    async def put() -> None:
        book = Book(hass, SYSTEM)
        for flow in Flow:
            await book.async_put(flow, run_of(100))
        for side in Side:
            await book.async_put_costs(side, run_of(0.5))

    await put()
    english = await names()
    hass.config.language = "de"
    await put()
    german = await names()

    assert len(english) == len(german) == 8
    assert "Eich Residence grid import cost" in english
    assert "Eich Residence Kosten des Netzbezugs" in german
    assert not english & german


@pytest.mark.parametrize(
    ("system", "flow", "serial", "expected", "name"),
    [
        (SYSTEM, Flow.BATTERY_DISCHARGE, None, "enphase_67_battery_discharge", "Eich Residence battery discharge"),
        (SYSTEM, Flow.PRODUCTION, "122100000123", "enphase_122100000123_production", None),
        (
            System(vendor=Vendor.SOLAREDGE, id="1234567", name="Dach"),
            Flow.PRODUCTION,
            "7E1A2B3C-F0",
            "solaredge_7e1a2b3c_f0_production",
            "Dach 7E1A2B3C-F0 production",
        ),
        (SYSTEM, Flow.PRODUCTION, "--AB__12 ", "enphase_ab_12_production", None),
    ],
)
def test_ids_are_valid_and_names_say_what_is_measured(
    system: System, flow: Flow, serial: str | None, expected: str, name: str | None
) -> None:
    metadata = energy_metadata(system, flow, flow.replace("_", " "), serial)
    assert metadata["statistic_id"] == f"solar_cloud:{expected}"
    assert name is None or metadata["name"] == name
    if serial is None:
        assert statistic_id(system.key, flow) == metadata["statistic_id"]


async def test_flows_and_inverters_have_books_of_their_own(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100))
    await book.async_put(Flow.PRODUCTION, run_of(40), serial="1221")
    await book.async_put(Flow.CONSUMPTION, run_of(70))
    assert await sums(hass) == [100]
    assert await sums(hass, "solar_cloud:enphase_1221_production") == [40]
    assert await sums(hass, "solar_cloud:enphase_67_consumption") == [70]
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE, serial="1221") == {START: 40}
    assert await book.async_span(Flow.PRODUCTION, serial="1221") == (START, START)
    assert await book.async_span(Flow.PRODUCTION, serial="1222") is None


async def test_putting_the_same_again_writes_nothing(
    hass: HomeAssistant, book: Book, handed_over: list[list[tuple[int, int, int]]]
) -> None:
    hours = random_hours(START, 60)
    assert await book.async_put(Flow.PRODUCTION, hours, anchor=5000) == 60
    before = await stored(hass)
    handed_over.clear()
    assert await book.async_put(Flow.PRODUCTION, hours, anchor=9999) == 0
    assert await Book(hass, SYSTEM).async_put(Flow.PRODUCTION, dict(list(hours.items())[20:30])) == 0
    assert await book.async_put(Flow.PRODUCTION, {}) == 0
    assert handed_over == []
    assert await stored(hass) == before


async def test_the_order_of_the_hours_does_not_matter(hass: HomeAssistant, book: Book) -> None:
    hours = run_of(1, 2, 3, 4)
    await book.async_put(Flow.PRODUCTION, dict(reversed(hours.items())))
    assert await sums(hass) == [1, 3, 6, 10]


async def test_newer_hours_continue_the_sum_over_a_gap(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200), anchor=1000)
    assert await book.async_put(Flow.PRODUCTION, run_of(5, start=START + 10 * HOUR)) == 1
    assert [row[:3] for row in await table(hass)] == [
        (START, 100, 1100),
        (START + HOUR, 200, 1300),
        (START + 10 * HOUR, 5, 1305),
    ]


async def test_a_filled_gap_shifts_the_later_sums_and_no_energy(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, {START: 100, START + 3 * HOUR: 400, START + 9 * HOUR: 900}, anchor=1000)
    assert await book.async_put(Flow.PRODUCTION, run_of(200, 300, start=START + HOUR)) == 2
    assert [row[1:] for row in await table(hass)] == [
        (100, 1100, 1100),
        (200, 1300, 200),
        (300, 1600, 300),
        (400, 2000, 400),
        (900, 2900, 900),
    ]


async def test_a_correction_shifts_the_later_sums(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200, 300, 400), anchor=1000)
    assert await book.async_put(Flow.PRODUCTION, {START + HOUR: 250}) == 1
    assert await sums(hass) == [1100, 1350, 1650, 2050]
    assert await book.async_put(Flow.PRODUCTION, {START + HOUR: 0}) == 1
    assert await sums(hass) == [1100, 1100, 1400, 1800]


async def test_a_correction_of_the_first_hour_keeps_the_lifetime_before_it(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200), anchor=1000)
    await book.async_put(Flow.PRODUCTION, {START: 150})
    assert await sums(hass) == [1150, 1350]


async def test_rows_between_given_hours_stay_and_are_shifted(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(1, 2, 3, 4, 5, 6))
    await book.async_put(Flow.PRODUCTION, {START + HOUR: 12, START + 4 * HOUR: 25})
    assert [row[1] for row in await table(hass)] == [1, 12, 3, 4, 25, 6]
    assert await sums(hass) == [1, 13, 16, 20, 45, 51]


async def test_hours_before_within_and_after_the_rows_in_one_put(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200), anchor=1000)
    assert await book.async_put(Flow.PRODUCTION, run_of(10, 20, 110, 200, 30, start=START - 2 * HOUR)) == 5
    assert await sums(hass) == [980, 1000, 1110, 1310, 1340]


@pytest.mark.slow("two years of hours are booked, and each earlier part moves all later sums")
async def test_two_years_put_before_newest_first_touch_no_later_row(hass: HomeAssistant, book: Book) -> None:
    months = [datetime(2024 + (4 + n) // 12, (4 + n) % 12 + 1, 1, tzinfo=UTC) for n in range(25)]
    life: dict[datetime, float] = {}
    for seed, (start, end) in enumerate(pairwise(months)):
        # Three hours of each day, thus with gaps
        life |= {
            hour: energy
            for hour, energy in random_hours(start, int((end - start) / HOUR), seed).items()
            if hour.hour < 3
        }
    whole = sum(life.values())
    await book.async_put(Flow.PRODUCTION, run_of(7, 8, start=months[-1]), anchor=whole)
    for start, end in reversed(list(pairwise(months))):
        later = await stored(hass)
        month = {hour: energy for hour, energy in life.items() if start <= hour < end}
        assert await book.async_put(Flow.PRODUCTION, month) == len(month)
        assert (await stored(hass))[len(month) :] == later
    rows = await table(hass)
    assert len(rows) == len(life) + 2
    # The lifetime before the first hour of the life is exactly nothing.
    assert rows[0][1] == rows[0][2]
    assert [row[1] for row in rows] == [row[3] for row in rows]
    assert rows[-1][2] == whole + 15


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
async def test_the_recorder_reports_the_same_by_hour_day_and_month_over_dst(
    hass: HomeAssistant, book: Book, zone: str
) -> None:
    await hass.config.async_set_time_zone(zone)
    local = ZoneInfo(zone)
    hours = random_hours(datetime(2026, 3, 1, tzinfo=local).astimezone(UTC), 24 * 31)
    hours |= random_hours(datetime(2026, 10, 20, tzinfo=local).astimezone(UTC), 24 * 20, seed=2)
    await book.async_put(Flow.PRODUCTION, hours)
    for period in ("hour", "day", "month"):
        energies: dict[datetime, float] = {}
        for hour, energy in hours.items():
            start = hour.astimezone(local)
            if period != "hour":
                start = start.replace(hour=0, fold=0)
            if period == "month":
                start = start.replace(day=1)
            key = start.astimezone(UTC)
            energies[key] = energies.get(key, 0) + energy
        rows = await table(hass, period)  # type: ignore[arg-type]
        assert {row[0]: row[3] for row in rows} == energies
        total = 0.0
        for start, _, booked, _ in rows:
            total += energies[start]
            assert booked == total


async def test_the_hour_that_a_clock_shows_twice_is_two_rows(hass: HomeAssistant, book: Book) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, fold=0, tzinfo=berlin)
    second = datetime(2026, 10, 25, 2, fold=1, tzinfo=berlin)
    await book.async_put(Flow.PRODUCTION, {first: 5})
    await book.async_put(Flow.PRODUCTION, {second: 6})
    hour = datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == {hour: 5, hour + HOUR: 6}


async def test_sums_of_fractions_do_not_drift(hass: HomeAssistant, book: Book) -> None:
    hours = {START + HOUR * number: 0.1 for number in range(1000)}
    for half in (list(hours.items())[:500], list(hours.items())[500:]):
        await book.async_put(Flow.PRODUCTION, dict(half))
    first = await sums(hass)
    assert first == [number / 10 for number in range(1, 1001)]
    for correction in (0.7, 0.3, 0.1):
        await book.async_put(Flow.PRODUCTION, {START: correction})
    # Shifted sums may differ in the last binary digit, and the difference does not grow into anything.
    assert await sums(hass) == pytest.approx(first, abs=1e-9, rel=0)
    assert await book.async_put(Flow.PRODUCTION, hours) == 0


@pytest.mark.parametrize(
    ("hours", "complaint"),
    [
        ({START: -1.0}, "Not an energy"),
        ({START: float("nan")}, "Not an energy"),
        ({START: float("inf")}, "Not an energy"),
        ({START + timedelta(minutes=30): 1.0}, "Not the beginning of an hour"),
        ({START + timedelta(microseconds=1): 1.0}, "Not the beginning of an hour"),
        ({START.replace(tzinfo=None): 1.0}, "No time zone"),
        ({datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Asia/Kolkata")): 1.0}, "Not the beginning of an hour"),
        (
            {
                datetime(2026, 10, 25, 2, fold=1, tzinfo=ZoneInfo("Europe/Berlin")): 1.0,
                datetime(2026, 10, 25, 1, tzinfo=UTC): 2.0,
            },
            "Given twice",
        ),
    ],
)
async def test_what_is_no_energy_of_an_hour_is_refused_and_nothing_of_it_booked(
    hass: HomeAssistant, book: Book, hours: Mapping[datetime, float], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        await book.async_put(Flow.PRODUCTION, {START - HOUR: 5.0, **hours})
    assert await stored(hass) == []


async def test_an_anchor_that_is_no_number_is_refused(hass: HomeAssistant, book: Book) -> None:
    with pytest.raises(ValueError, match="anchor"):
        await book.async_put(Flow.PRODUCTION, run_of(1), anchor=float("nan"))
    assert await stored(hass) == []


async def test_a_half_hour_zone_is_no_obstacle(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, {datetime(2026, 6, 1, 17, 30, tzinfo=ZoneInfo("Asia/Kolkata")): 3})
    assert await book.async_rows(Flow.PRODUCTION, START, START + HOUR) == {START: 3}


async def test_rows_are_given_from_the_start_on_and_without_the_end(book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(1, 2, 3, 4))
    rows = await book.async_rows(Flow.PRODUCTION, START + HOUR, START + 3 * HOUR)
    assert list(rows.items()) == [(START + HOUR, 2), (START + 2 * HOUR, 3)]
    odd = timedelta(minutes=1)
    assert list(await book.async_rows(Flow.PRODUCTION, START + odd, START + 2 * HOUR + odd)) == list(rows)
    assert await book.async_rows(Flow.PRODUCTION, START + HOUR, START + HOUR) == {}
    with pytest.raises(ValueError, match="No time zone"):
        await book.async_rows(Flow.PRODUCTION, START.replace(tzinfo=None), START)


async def test_the_span_is_from_the_first_to_the_last_row(book: Book) -> None:
    assert await book.async_span(Flow.PRODUCTION) is None
    await book.async_put(Flow.PRODUCTION, {START: 1, START + 100 * HOUR: 2})
    await book.async_put(Flow.PRODUCTION, {START - 50 * HOUR: 1})
    assert await book.async_span(Flow.PRODUCTION) == (START - 50 * HOUR, START + 100 * HOUR)


async def test_large_puts_are_handed_over_in_chunks_and_read_in_slices(
    hass: HomeAssistant, book: Book, handed_over: list[list[tuple[int, int, int]]]
) -> None:
    hours = random_hours(START, 130)
    with patch.object(statistics, "CHUNK", 50), patch.object(statistics, "SLICE", 40 * 3600):
        await book.async_put(Flow.PRODUCTION, hours)
        assert [len(chunk) for chunk in handed_over] == [50, 50, 30]
        assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == hours
        assert await book.async_put(Flow.PRODUCTION, hours) == 0
    assert (await sums(hass))[-1] == sum(hours.values())


async def test_a_new_name_changes_the_description_only(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(1, 2))
    before = await stored(hass)
    book.system = replace(SYSTEM, name="Haus am See")
    assert await book.async_put(Flow.PRODUCTION, run_of(1, 2)) == 0
    found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_ids={ID}))
    assert found[ID][1]["name"] == "Haus am See production"
    assert await stored(hass) == before


async def unit(hass: HomeAssistant, name: str = ID) -> str | None:
    found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_ids={name}))
    return found[name][1]["unit_of_measurement"]


@pytest.mark.parametrize("other", ["MWh", "kWh", "Wh"])
async def test_a_unit_that_was_changed_comes_back_and_no_row_is_converted(
    hass: HomeAssistant, book: Book, other: str
) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(1000, 2000))
    before, begun = await stored(hass), await unit(hass)
    recorder = hass.data["recorder_instance"]
    recorder.async_update_statistics_metadata(ID, new_unit_class="energy", new_unit_of_measurement=other)
    assert await book.async_put(Flow.PRODUCTION, run_of(1000, 2000)) == 0
    assert await unit(hass) == begun
    assert await stored(hass) == before


async def test_what_an_earlier_version_has_begun_goes_on_in_wh_and_what_begins_is_in_kwh(hass: HomeAssistant) -> None:
    rows = [{"start": START, "state": 100.0, "sum": 1100.0}, {"start": START + HOUR, "state": 200.0, "sum": 1300.0}]
    async_add_external_statistics(hass, in_wh(SYSTEM), rows)  # type: ignore[arg-type]
    for again in (Book(hass, SYSTEM), Book(hass, SYSTEM)):
        await again.async_put(Flow.PRODUCTION, run_of(200, 300.25, start=START + HOUR))
        await again.async_put(Flow.CONSUMPTION, run_of(0.001, 300.25))
    assert [row[1:3] for row in await table(hass)] == [(100, 1100), (200, 1300), (300.25, 1600.25)]
    assert [row[2:4] for row in await stored(hass)][:3:2] == [(100.0, 1100.0), (200.0, 1300.0)]
    other = "solar_cloud:enphase_67_consumption"
    assert (await unit(hass), await unit(hass, other)) == ("Wh", "kWh")
    assert [row[1:3] for row in await table(hass, name=other)] == [(0.001, 0.001), (300.25, 300.251)]
    assert await again.async_rows(Flow.PRODUCTION, EARLY, LATE) == run_of(100, 200, 300.25)
    assert await again.async_rows(Flow.CONSUMPTION, EARLY, LATE) == run_of(0.001, 300.25)
    for flow, wh in ((Flow.PRODUCTION, 600.25), (Flow.CONSUMPTION, 300.251)):
        counted = await again.async_count(flow, EARLY, LATE)
        assert counted == (3 if flow is Flow.PRODUCTION else 2, wh)
    assert await again.async_ground(Flow.PRODUCTION)
    assert await sums(hass) == [100, 300, 600.25]


async def test_a_statistic_in_wh_that_its_owner_deletes_begins_anew_in_kwh(hass: HomeAssistant) -> None:
    async_add_external_statistics(hass, in_wh(SYSTEM), [])
    book = Book(hass, SYSTEM)
    await book.async_put(Flow.PRODUCTION, run_of(100))
    assert await unit(hass) == "Wh"
    recorder = hass.data["recorder_instance"]
    recorder.async_clear_statistics([ID])
    await hass.async_add_executor_job(recorder.block_till_done)
    await book.async_put(Flow.PRODUCTION, run_of(100, 200))
    assert await unit(hass) == "kWh"
    assert await sums(hass) == [100, 300]


@pytest.mark.parametrize("values", [{"state": 5.0}, {"sum": 5.0}, {"state": None}, {"sum": None}])
@pytest.mark.parametrize("number", [1, 3])
async def test_a_row_changed_by_hand_is_put_right_with_its_hour(
    hass: HomeAssistant, book: Book, number: int, values: dict[str, float | None]
) -> None:
    hours = run_of(100, 200, 300, 400)
    await book.async_put(Flow.PRODUCTION, hours, anchor=1000)
    await by_hand(hass, START + number * HOUR, **values)
    assert await book.async_put(Flow.PRODUCTION, hours) == 1
    assert [row[1:3] for row in await table(hass)] == [(100, 1100), (200, 1300), (300, 1600), (400, 2000)]


async def test_sums_adjusted_by_hand_are_put_right_with_the_hour_before(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200, 300, 400), anchor=1000)
    hass.data["recorder_instance"].async_adjust_statistics(ID, START + 2 * HOUR, -9.0, "kWh")
    assert await book.async_put(Flow.PRODUCTION, {START + HOUR: 200}) == 1
    assert await sums(hass) == [1100, 1300, 1600, 2000]


async def test_a_removed_row_is_a_gap_and_can_be_filled_again(hass: HomeAssistant, book: Book) -> None:
    hours = run_of(100, 200, 300)
    await book.async_put(Flow.PRODUCTION, hours)

    def remove() -> None:
        with session_scope(hass=hass) as session:
            session.query(Statistics).filter_by(start_ts=(START + HOUR).timestamp()).delete()

    await hass.data["recorder_instance"].async_add_executor_job(remove)
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == {START: 100, START + 2 * HOUR: 300}
    assert await book.async_put(Flow.PRODUCTION, hours) == 1
    assert await sums(hass) == [100, 300, 600]


async def test_a_statistic_that_its_owner_deleted_begins_anew(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200), anchor=1000)
    hass.data["recorder_instance"].async_clear_statistics([ID])
    assert await book.async_span(Flow.PRODUCTION) is None
    assert await book.async_put(Flow.PRODUCTION, run_of(7), anchor=50) == 1
    assert await sums(hass) == [57]


async def test_puts_at_once_follow_one_another(hass: HomeAssistant, book: Book) -> None:
    days = [random_hours(START + timedelta(days=number), 24, number) for number in range(6)]
    order = [3, 0, 5, 1, 4, 2]
    await asyncio.gather(*(book.async_put(Flow.PRODUCTION, days[number]) for number in order))
    rows = await table(hass)
    assert [row[1] for row in rows] == [energy for day in days for energy in day.values()]
    assert [row[3] for row in rows[1:]] == [row[1] for row in rows[1:]]


async def test_what_waits_in_the_recorders_queue_is_read_too(hass: HomeAssistant) -> None:
    rows = [{"start": START, "state": 40.0, "sum": 140.0}, {"start": START + HOUR, "state": 2.0, "sum": 142.0}]
    async_add_external_statistics(hass, in_wh(SYSTEM), rows)  # type: ignore[arg-type]
    assert await Book(hass, SYSTEM).async_put(Flow.PRODUCTION, {START: 41.0}, anchor=9) == 1
    assert await sums(hass) == [141, 143]


class SlowTask(RecorderTask):
    """Keeps the recorder busy."""

    def run(self, instance: Recorder) -> None:
        threading.Event().wait(0.3)


async def test_a_put_returns_when_its_rows_are_in_the_database(hass: HomeAssistant, book: Book) -> None:
    hass.data["recorder_instance"].queue_task(SlowTask())
    await book.async_put(Flow.PRODUCTION, run_of(1, 2))
    # `stored` reads beside the recorder's queue.
    assert len(await stored(hass)) == 2


@pytest.mark.parametrize("chunks", [0, 1, 2])
async def test_a_put_that_was_cut_short_is_completed_by_the_next_one(
    hass: HomeAssistant, book: Book, chunks: int
) -> None:
    """A crash leaves the chunks that were committed, and no shift of the later sums."""
    later = random_hours(START + 100 * HOUR, 20)
    before = random_hours(START - 100 * HOUR, 20)
    hours = random_hours(START, 30, seed=3)
    await book.async_put(Flow.PRODUCTION, before | later)
    done = 0

    async def crash(*args: Any) -> bool:
        nonlocal done
        done += 1
        # The first answer is that for the queue before the put.
        if done > chunks + 1:
            raise asyncio.CancelledError
        return await done_by_recorder(*args)

    done_by_recorder = book.async_done
    with (
        patch.object(statistics, "CHUNK", 10),
        patch.object(book, "async_done", crash),
        pytest.raises(asyncio.CancelledError),
    ):
        await book.async_put(Flow.PRODUCTION, hours)
    again = Book(hass, SYSTEM)
    await again.async_put(Flow.PRODUCTION, hours)
    rows = await table(hass)
    assert {row[0]: row[3] for row in rows} == before | hours | later
    assert await again.async_put(Flow.PRODUCTION, hours) == 0


async def test_what_the_database_refuses_is_raised_and_can_be_put_again(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200))
    before = await stored(hass)

    def fail(*args: Any) -> None:
        write_rows(*args)
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    with patch.object(statistics, "write_rows", fail), pytest.raises(OperationalError):
        await book.async_put(Flow.PRODUCTION, run_of(100, 300, 400))
    assert await stored(hass) == before
    assert await book.async_put(Flow.PRODUCTION, run_of(100, 300, 400)) == 2
    assert await sums(hass) == [100, 400, 800]


async def test_a_shift_that_a_crash_prevented_is_made_up_for(hass: HomeAssistant, book: Book) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(1, 2, 3, 4))
    with patch.object(hass.data["recorder_instance"], "async_adjust_statistics"):
        await book.async_put(Flow.PRODUCTION, {START: 11})
    assert await sums(hass) == [11, 3, 6, 10]
    assert await book.async_put(Flow.PRODUCTION, {START: 11}) == 1
    assert await sums(hass) == [11, 13, 16, 20]


async def test_the_recorder_counts_the_first_hour_from_zero_unless_the_book_is_grounded(
    hass: HomeAssistant, book: Book
) -> None:
    await book.async_put(Flow.PRODUCTION, run_of(100, 200), anchor=1_000_000)
    assert [row[3] for row in await table(hass)] == [1_000_100, 200]
    assert await book.async_ground(Flow.PRODUCTION) is True
    assert [row[1:] for row in await table(hass)] == [(100, 100, 100), (200, 300, 200)]
    assert await book.async_ground(Flow.PRODUCTION) is False
    # More of the past leads below zero, and the ground is found again.
    await book.async_put(Flow.PRODUCTION, run_of(50, start=START - HOUR))
    assert await sums(hass) == [0, 100, 300]
    assert await book.async_ground(Flow.PRODUCTION) is True
    assert [row[1:] for row in await table(hass)] == [(50, 50, 50), (100, 150, 100), (200, 350, 200)]


async def test_an_empty_book_needs_no_ground(book: Book) -> None:
    assert await book.async_ground(Flow.PRODUCTION) is False


async def test_while_home_assistant_stops_nothing_is_booked_and_that_is_said_once(
    hass: HomeAssistant, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await book.async_put(Flow.PRODUCTION, run_of(1))
    assert book.available
    hass.set_state(CoreState.stopping)
    assert not book.available
    assert await book.async_put(Flow.PRODUCTION, run_of(2)) is None
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == {}
    assert await book.async_span(Flow.PRODUCTION) is None
    assert await book.async_ground(Flow.PRODUCTION) is False
    assert caplog.text.count("the recorder is not running") == 1
    hass.set_state(CoreState.running)
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == {START: 1}


async def test_without_a_recorder_nothing_is_booked_and_nothing_found(hass: HomeAssistant, book: Book) -> None:
    hass.config.components.remove("recorder")
    assert not book.available
    assert await book.async_put(Flow.PRODUCTION, run_of(2)) is None
    assert await book.async_rows(Flow.PRODUCTION, EARLY, LATE) == {}
    assert await book.async_span(Flow.PRODUCTION) is None
    assert await book.async_ground(Flow.PRODUCTION) is False
    hass.config.components.add("recorder")
    assert await stored(hass) == []


async def test_a_recorder_that_ends_meanwhile_keeps_nobody_waiting(
    hass: HomeAssistant, book: Book, freezer: FrozenDateTimeFactory
) -> None:
    recorder = hass.data["recorder_instance"]
    with patch.object(recorder, "queue_task"):
        put = hass.async_create_task(book.async_put(Flow.PRODUCTION, run_of(1)))
        await hass.async_add_executor_job(lambda: None)
        assert not put.done()
        with patch.object(recorder, "is_alive", return_value=False):
            while not put.done():
                freezer.tick(statistics.PATIENCE)
                await asyncio.sleep(0)
    assert await put is None
    assert await book.async_put(Flow.PRODUCTION, run_of(1)) == 1


async def test_money_before_the_first_hour_leaves_that_hour_its_own(hass: HomeAssistant, book: Book) -> None:
    costs = f"{ID.removesuffix('production')}grid_import_cost"
    await book.async_put_costs(Side.IMPORT, {START: 1.0, START + HOUR: 2.0})
    assert await book.async_put_costs(Side.IMPORT, {START - 2 * HOUR: 0.5, START - HOUR: -0.25}) == 2
    rows = await table(hass, name=costs)
    assert [(state, change) for _, state, _, change in rows] == [(0.5, 0.5), (-0.25, -0.25), (1.0, 1.0), (2.0, 2.0)]
    assert await sums(hass, costs) == [0.5, 0.25, 1.25, 3.25]


async def test_who_asks_for_it_is_told_before_hours_are_written(hass: HomeAssistant, book: Book) -> None:
    told: list[tuple[Flow, datetime, int]] = []

    async def note(flow: Flow, first: datetime) -> None:
        told.append((flow, first, len(await stored(hass))))

    book.before_change = note
    await book.async_put(Flow.PRODUCTION, run_of(1, 2))
    await book.async_put(Flow.PRODUCTION, run_of(1, 2))
    await book.async_put(Flow.PRODUCTION, run_of(3), serial="1")
    await book.async_put(Flow.PRODUCTION, {START + HOUR: 4})
    assert told == [(Flow.PRODUCTION, START, 0), (Flow.PRODUCTION, START + HOUR, 3)]
