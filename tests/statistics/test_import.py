"""The import of a site's past: month by month, newest first, at its price; interrupted, continued, corrected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.cloud.archive import Totals
from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.cloud.solaredge.archive import SolarEdgeArchive
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from custom_components.solar_cloud.statistics.import_terms import import_price
from custom_components.solar_cloud.statistics.system_statistics import history_store
from custom_components.solar_cloud.system.restore import dump
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input
from ..home.life import add_custom_account

pytestmark = pytest.mark.slow(
    "months of the past are read and booked, with the waits that a small plan asks for", longest=True
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SITE = "solaredge_1148616"
NOW = datetime(2026, 6, 10, 9, 5, tzinfo=UTC)
BEGIN = date(2023, 12, 4)
FLOWS: Mapping[str, Any] = {
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


class Months:
    """What was asked of the past, and what interrupts it."""

    def __init__(self) -> None:
        self.asked: list[date] = []
        self.progress: list[float] = []
        self.books: Bookkeeper | None = None
        self.fail_after: int | None = None


@pytest.fixture
def months(monkeypatch: pytest.MonkeyPatch) -> Months:
    seen, ask = Months(), SolarEdgeArchive.totals

    async def totals(self: SolarEdgeArchive, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        if seen.fail_after is not None and len(seen.asked) >= seen.fail_after:
            raise TemporarilyUnavailable("the process is about to be killed")
        seen.asked.append(first)
        if (
            seen.books is not None
            and (progress := seen.books.state.progress(seen.books.statistics.today())) is not None
        ):
            seen.progress.append(progress)
        return await ask(self, data, first, last, now)

    monkeypatch.setattr(SolarEdgeArchive, "totals", totals)
    return seen


def books_of(entry: ConfigEntry) -> Bookkeeper:
    return next(iter(entry.runtime_data.systems.values())).bookkeeper  # type: ignore[no-any-return]


async def changes(hass: HomeAssistant, flow: str, start: date, end: date, plant: Plant) -> dict[datetime, float]:
    """Return the changes by hour from a day to another, both included, as the recorder's own function reports them."""
    await hass.async_block_till_done(wait_background_tasks=True)
    name = f"solar_cloud:{SITE}_{flow}"
    rows = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass,
            midnight(start, plant.zone),
            midnight(end + DAY, plant.zone),
            {name},
            "hour",
            {"energy": "Wh"},
            {"change"},
        )
    )
    return {datetime.fromtimestamp(row["start"], UTC): round(row["change"] or 0.0, 6) for row in rows.get(name, [])}


def with_energy(hours: Mapping[datetime, float]) -> dict[datetime, float]:
    return {hour: energy for hour, energy in hours.items() if energy}


async def wrong_days(hass: HomeAssistant, plant: Plant, first: date, last: date) -> dict[tuple[str, date], Any]:
    found: dict[tuple[str, date], Any] = {}
    for flow in ("production", *FLOWS):
        hours = await changes(hass, flow, first, last, plant)
        booked: Counter[date] = Counter()
        for hour, energy in hours.items():
            booked[hour.astimezone(plant.zone).date()] += energy  # type: ignore[assignment]
        for day in (first + DAY * number for number in range((last - first).days + 1)):
            start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
            truth = plant.flow_wh(FLOWS[flow], start, end) if flow in FLOWS else plant.energy_wh(start, end)
            if round(booked[day], 3) != truth:
                found[flow, day] = (booked[day], truth)
    return found


async def test_a_killed_import_goes_on_where_it_was_and_pays_no_month_twice(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, months: Months
) -> None:
    freezer.move_to(NOW)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    plant = cloud.simulator.plants[SITE]
    months.books, months.fail_after = books_of(entry), len(months.asked) + 8
    begun = len(months.asked)
    price = import_price(months.books.statistics, BEGIN)
    await months.books.async_import(BEGIN)
    await settle(hass)
    state = months.books.state
    assert (state.first, state.is_importing) == (date(2025, 11, 1), True)

    # Killed after November's hours were booked, before that was noted.
    assert await hass.config_entries.async_unload(entry.entry_id)
    await history_store(hass, SITE).async_save(dump(replace(state, first=date(2025, 12, 1))))
    months.fail_after = None
    freezer.tick(2 * HOUR)
    assert await hass.config_entries.async_setup(entry.entry_id)
    months.books = books_of(entry)
    await settle(hass)
    await pass_time(hass, freezer, HOUR, step=HOUR / 2)

    asked = months.asked[begun:]
    assert asked.count(date(2025, 11, 1)) == 2
    assert len(asked) == len(set(asked)) + 1
    assert len(set(asked)) == 31
    # Besides the months, the hours of the last week were read.
    assert price == 31 * 3 + 7 * 3
    assert months.progress == sorted(months.progress)
    assert (months.books.state.first, months.books.state.is_importing) == (BEGIN, False)
    assert months.books.state.progress(months.books.statistics.today()) == 1
    assert await wrong_days(hass, plant, BEGIN, date(2026, 6, 9)) == {}


async def test_an_import_leaves_the_rest_of_the_month_alone_and_goes_on_in_the_next(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, months: Months
) -> None:
    freezer.move_to(datetime(2026, 6, 30, 9, 5, tzinfo=UTC))
    cloud.simulator.remove_system("solaredge_222881711")
    entry = await add_custom_account(hass, "solaredge_key", solaredge_input(cloud), per_month=140)
    books, ledger = books_of(entry), entry.runtime_data.metered.ledger
    await books.async_import(BEGIN)
    await settle(hass)
    assert books.state.is_importing
    begun = len(months.asked)
    assert begun > 5
    now = datetime.now(UTC)
    # One month at a time: what the last one cost may go beyond the reserve, never beyond the plan.
    assert 0.85 * 140 <= ledger.used(now) <= 0.95 * 140
    await pass_time(hass, freezer, timedelta(hours=6), step=2 * HOUR)
    assert len(months.asked) == begun
    await pass_time(hass, freezer, timedelta(hours=36), step=6 * HOUR)
    assert not books.state.is_importing
    assert len(set(months.asked)) == len(months.asked)
    assert await wrong_days(hass, cloud.simulator.plants[SITE], BEGIN, date(2026, 6, 29)) == {}


async def test_a_week_late_correction_is_booked_anew_and_a_second_import_changes_nothing(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 1, 4, 50, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    plant, simulator = cloud.simulator.plants[SITE], cloud.simulator
    await pass_time(hass, freezer, DAY, step=6 * HOUR)
    simulator.silence("7F16E777-F1")
    await pass_time(hass, freezer, 7 * DAY, step=6 * HOUR)
    first, last = date(2026, 6, 1), date(2026, 6, 8)
    wrong = await wrong_days(hass, plant, date(2026, 6, 2), date(2026, 6, 6))
    assert {"production", "grid_export", "battery_charge"} <= {flow for flow, _ in wrong}
    simulator.unsilence("7F16E777-F1")
    await pass_time(hass, freezer, 8 * DAY, step=6 * HOUR)
    assert await wrong_days(hass, plant, first, date(2026, 6, 15)) == {}

    books = books_of(entry)
    before = {flow: await changes(hass, flow, first, last, plant) for flow in ("production", *FLOWS)}
    books.statistics.state = replace(books.state, first=last)
    await books.async_import(first)
    await settle(hass)
    assert books.state.first == first
    # Hours in which nothing flowed need not have a row.
    after = {flow: await changes(hass, flow, first, last, plant) for flow in before}
    assert {flow: with_energy(hours) for flow, hours in after.items()} == {
        flow: with_energy(hours) for flow, hours in before.items()
    }


async def test_a_system_that_was_removed_and_added_again_goes_on_with_its_statistics(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 5, 10, 4, 50, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, DAY, step=6 * HOUR)
    await hass.config_entries.async_remove(entry.entry_id)
    await history_store(hass, SITE).async_remove()
    freezer.move_to(datetime(2026, 5, 20, 4, 50, tzinfo=UTC))
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await settle(hass)
    await pass_time(hass, freezer, DAY, step=6 * HOUR)
    assert await wrong_days(hass, cloud.simulator.plants[SITE], date(2026, 5, 10), date(2026, 5, 19)) == {}
