"""A database that has less, more or something else than what was booked in it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import Statistics, StatisticsMeta
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance, session_scope
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from custom_components.solar_cloud.statistics.import_terms import import_price
from custom_components.solar_cloud.statistics.system_statistics import history_store
from custom_components.solar_cloud.system.restore import dump
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from .conftest import Spent
from .test_bookkeeper import DAY, HOUR, SITE, hours_of

pytestmark = pytest.mark.slow("two months of the past are imported, then a whole Home Assistant lives for days")

TRUE_NAME: dict[str, Any] = {
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}
SINCE = date(2026, 4, 15)
OFFER = f"import_history_{SITE}"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    books: Bookkeeper = system.bookkeeper
    return books


async def imported(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """Return an account of a site with a meter and a battery, whose past was imported some days ago."""
    freezer.move_to(datetime(2026, 6, 5, 9, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await books_of(entry).async_import(SINCE)
    await settle(hass)
    await pass_time(hass, freezer, 5 * DAY, step=HOUR)
    assert books_of(entry).state.first == SINCE
    assert books_of(entry).state.rows.keys() >= {"production", *TRUE_NAME}
    return entry


async def change(hass: HomeAssistant, work: Callable[[Any], None]) -> None:
    """Change the database behind everybody's back."""
    await hass.async_block_till_done(wait_background_tasks=True)
    instance = get_instance(hass)
    await instance.async_block_till_done()

    def run() -> None:
        with session_scope(hass=hass) as session:
            work(session)

    await instance.async_add_executor_job(run)


async def delete_rows(hass: HomeAssistant, flows: Iterable[str], start: datetime, end: datetime) -> None:
    """Delete the rows between two instants, and put the later sums right, as if they had never been."""

    def work(session: Any) -> None:
        for flow in flows:
            name = f"solar_cloud:{SITE}_{flow}"
            number = session.query(StatisticsMeta.id).filter_by(statistic_id=name).scalar()
            rows = session.query(Statistics).filter(
                Statistics.metadata_id == number,
                Statistics.start_ts >= start.timestamp(),
                Statistics.start_ts < end.timestamp(),
            )
            assert rows.delete() > 0

    await change(hass, work)


async def clear(hass: HomeAssistant, flows: Iterable[str]) -> None:
    """Delete statistics, as the owner does in the developer tools."""
    get_instance(hass).async_clear_statistics([f"solar_cloud:{SITE}_{flow}" for flow in flows])
    await get_instance(hass).async_block_till_done()


async def wrong_days(hass: HomeAssistant, plant: Plant, first: date, last: date) -> dict[tuple[str, date], Any]:
    """Return the days of each flow that do not add up to the plant's own, with what is right."""
    found: dict[tuple[str, date], Any] = {}
    for flow in ("production", *TRUE_NAME):
        start, end = midnight(first, plant.zone), midnight(last + DAY, plant.zone)
        hours = await hours_of(hass, f"solar_cloud:{plant.key}_{flow}", start, end)
        day = first
        while day <= last:
            begin, until = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
            booked = sum(energy for hour, energy in hours.items() if begin <= hour < until)
            true = plant.flow_wh(TRUE_NAME[flow], begin, until) if flow in TRUE_NAME else plant.energy_wh(begin, until)
            if round(booked, 3) != true:
                found[flow, day] = (booked, true)
            day += DAY
    return found


def is_offered(hass: HomeAssistant) -> bool:
    return ir.async_get(hass).async_get_issue(DOMAIN, OFFER) is not None


@pytest.mark.parametrize("flows", [["production"], ["grid_import"], ["production", *TRUE_NAME]])
async def test_a_deleted_statistic_is_offered_again_at_its_own_price(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent, flows: list[str]
) -> None:
    entry = await imported(hass, cloud, freezer)
    plant = cloud.simulator.plants[SITE]
    assert not is_offered(hass)
    await clear(hass, flows)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, timedelta(hours=3), step=HOUR / 2)
    books = books_of(entry)
    assert is_offered(hass)
    assert books.state.progress(books.statistics.today()) is None
    assert books.state.first is not None
    assert books.state.first >= date(2026, 6, 7)
    sources = 3 if len(flows) > 1 else 1
    price = import_price(books.statistics, SINCE)
    detailed = (books.state.first - books.statistics.first_detailed_day).days
    assert price == sources * (3 + max(0, detailed))
    spent.calls.clear()
    await books.async_import(SINCE)
    await settle(hass)
    assert spent.requests == price
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    assert books.state.first == SINCE
    assert not is_offered(hass)
    assert await wrong_days(hass, plant, SINCE, date(2026, 6, 11)) == {}


async def test_a_statistic_that_is_deleted_while_all_runs_is_noticed_at_the_next_hour(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await imported(hass, cloud, freezer)
    await clear(hass, ["grid_import"])
    await pass_time(hass, freezer, timedelta(hours=6), step=HOUR)
    books = books_of(entry)
    assert books.state.first is not None
    assert books.state.first > SINCE
    assert is_offered(hass)
    await books.async_import(SINCE)
    await settle(hass)
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    assert await wrong_days(hass, cloud.simulator.plants[SITE], SINCE, date(2026, 6, 11)) == {}


@pytest.mark.parametrize("runs", [False, True])
async def test_a_database_of_some_days_ago_is_completed(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, runs: bool
) -> None:
    entry = await imported(hass, cloud, freezer)
    plant = cloud.simulator.plants[SITE]
    if not runs:
        assert await hass.config_entries.async_unload(entry.entry_id)
    now = datetime.now(UTC)
    await delete_rows(hass, ["production", *TRUE_NAME], datetime(2026, 6, 2, 13, tzinfo=UTC), now)
    if not runs:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    assert books_of(entry).state.first == SINCE
    assert not is_offered(hass)
    assert await wrong_days(hass, plant, SINCE, date(2026, 6, 11)) == {}


async def test_days_that_one_flow_has_lost_in_between_are_completed(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await imported(hass, cloud, freezer)
    start, end = datetime(2026, 5, 20, 13, tzinfo=UTC), datetime(2026, 5, 23, 4, tzinfo=UTC)
    await delete_rows(hass, ["battery_charge"], start, end)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, freezer, 3 * DAY, step=HOUR)
    assert await wrong_days(hass, cloud.simulator.plants[SITE], SINCE, date(2026, 6, 11)) == {}


async def test_a_past_that_was_cut_off_is_offered_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await imported(hass, cloud, freezer)
    long_ago, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 3, 10, tzinfo=UTC)
    await delete_rows(hass, ["production", *TRUE_NAME], long_ago, end)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, 2 * HOUR, step=HOUR)
    books = books_of(entry)
    assert books.state.first == date(2026, 5, 4)
    assert is_offered(hass)
    await books.async_import(SINCE)
    await settle(hass)
    assert await wrong_days(hass, cloud.simulator.plants[SITE], SINCE, date(2026, 6, 9)) == {}


async def test_a_database_that_is_newer_than_the_state_is_not_paid_for_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent
) -> None:
    entry = await imported(hass, cloud, freezer)
    state = books_of(entry).state
    assert await hass.config_entries.async_unload(entry.entry_id)
    older = replace(state, first=date(2026, 6, 5), closed=date(2026, 6, 6), wanted=None, rows={})
    await history_store(hass, SITE).async_save(dump(older))
    spent.calls.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, DAY, step=HOUR)
    assert books_of(entry).state.first == SINCE
    assert spent.of("detail") == 0
    assert await wrong_days(hass, cloud.simulator.plants[SITE], SINCE, date(2026, 6, 10)) == {}


async def test_what_is_free_is_imported_again_by_itself(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2024, 9, 10, 13, 5, tzinfo=UTC))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    await pass_time(hass, freezer, DAY, step=HOUR)
    name = "solar_cloud:enphase_72_production"
    get_instance(hass).async_clear_statistics([name])
    await get_instance(hass).async_block_till_done()
    await pass_time(hass, freezer, DAY, step=HOUR)
    plant = cloud.simulator.plants["enphase_72"]
    hours = await hours_of(hass, name, datetime(2024, 4, 17, 22, tzinfo=UTC), datetime(2024, 9, 11, 22, tzinfo=UTC))
    day, wrong = date(2024, 4, 18), {}
    while day < date(2024, 9, 12):
        start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
        booked = sum(energy for hour, energy in hours.items() if start <= hour < end)
        wrong |= {day: (booked, plant.day_wh(day))} if booked != plant.day_wh(day) else {}
        day += DAY
    assert wrong == {}
    assert books_of(entry).state.first == date(2024, 4, 18)
