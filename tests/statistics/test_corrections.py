"""What the clouds correct months later, against a real recorder."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.solar_cloud.cloud.archive import Totals
from custom_components.solar_cloud.cloud.solaredge.archive import SolarEdgeArchive
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, enphase_input, settle, solaredge_input
from ..home.life import add_custom_account
from .test_bookkeeper import DAY, HOUR, day_sum, hours_of

pytestmark = pytest.mark.slow("months of the past are booked, and booked anew after a correction")

SITE = "solaredge_222881711"
NOW = datetime(2026, 6, 10, 19, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    books: Bookkeeper = system.bookkeeper
    return books


async def wake(hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta) -> None:
    """Let Home Assistant sleep for so long, and read what is due then."""
    freezer.tick(time)
    async_fire_time_changed(hass)
    await settle(hass)


def wrong(hours: Mapping[datetime, float], plant: Plant, first: date, last: date) -> dict[date, float]:
    """Return by how much days differ from the plant's."""
    days = [first + DAY * number for number in range((last - first).days + 1)]
    return {day: more for day in days if (more := day_sum(hours, day, plant) - plant.day_wh(day))}


async def test_an_enphase_day_corrected_months_later_is_booked_anew_for_no_request_more(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    # Young enough that its whole life is short, old enough that the day is in none of the usual comparisons.
    freezer.move_to(datetime(2024, 9, 10, 13, 5, tzinfo=UTC))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    plant, corrected, begin = cloud.simulator.plants["enphase_72"], date(2024, 6, 3), date(2024, 4, 18)
    await wake(hass, freezer, DAY)
    assert books_of(entry).state.compared_at == datetime.now(UTC)

    def more(answer: Any) -> Any:
        index = (corrected - date.fromisoformat(answer["start_date"])).days
        if 0 <= index < len(answer["production"]):
            answer["production"][index] += 777
        return answer

    cloud.simulator.mutate("*/energy_lifetime", more)
    start, end = midnight(begin, plant.zone), midnight(date(2024, 10, 11), plant.zone)
    name = "solar_cloud:enphase_72_production"
    cloud.simulator.clear_requests()
    for _ in range(3):
        await wake(hass, freezer, 8 * DAY)
    assert wrong(await hours_of(hass, name, start, end), plant, begin, date(2024, 10, 4)) == {}
    before = await hours_of(hass, name, start, end)
    asked = [dict(one.query)["start_date"] for one in cloud.simulator.requests if one.path.endswith("/energy_lifetime")]
    assert len(asked) == 3
    assert min(asked) >= "2024-08-12"

    cloud.simulator.clear_requests()
    await wake(hass, freezer, 6 * DAY)
    hours = await hours_of(hass, name, start, end)
    assert wrong(hours, plant, begin, date(2024, 10, 10)) == {corrected: 777}
    assert {hour.astimezone(plant.zone).date() for hour in before if hours[hour] != before[hour]} == {corrected}
    asked = [dict(one.query)["start_date"] for one in cloud.simulator.requests if one.path.endswith("/energy_lifetime")]
    assert asked == [begin.isoformat()]


@pytest.fixture
def months(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date, date]]:
    """Which totals were asked for; since the import the cloud reports 5 kWh more of the Ides of March."""
    asked: list[tuple[date, date]] = []
    ask, corrected = SolarEdgeArchive.totals, date(2026, 3, 15)

    async def totals(self: SolarEdgeArchive, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        asked.append((first, last))
        reported = await ask(self, data, first, last, now)
        if now > NOW + DAY and corrected in reported[Flow.PRODUCTION]:
            return {
                Flow.PRODUCTION: {**reported[Flow.PRODUCTION], corrected: reported[Flow.PRODUCTION][corrected] + 5000}
            }
        return reported

    monkeypatch.setattr(SolarEdgeArchive, "totals", totals)
    return asked


async def test_at_solaredge_one_older_month_a_week_has_its_turn(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, months: list[tuple[date, date]]
) -> None:
    freezer.move_to(NOW)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    await books_of(entry).async_import(date(2026, 2, 10))
    await settle(hass)
    turns, plant = [], cloud.simulator.plants[SITE]
    start, end = midnight(date(2026, 2, 10), plant.zone), midnight(date(2026, 6, 1), plant.zone)
    for week in range(6):
        months.clear()
        await wake(hass, freezer, 7 * DAY + HOUR)
        compared = midnight(books_of(entry).statistics.today() - 31 * DAY, plant.zone)
        turns.append([span for span in months if midnight(span[1], plant.zone) < compared])
        hours = await hours_of(hass, f"solar_cloud:{SITE}_production", start, end)
        differs = wrong(hours, plant, date(2026, 2, 10), date(2026, 5, 31))
        assert differs == ({date(2026, 3, 15): 5000} if week >= 2 else {}), week
    assert turns == [
        [(date(2026, 5, 1), date(2026, 5, 16))],
        [(date(2026, 4, 1), date(2026, 4, 30))],
        [(date(2026, 3, 1), date(2026, 3, 31))],
        [(date(2026, 2, 10), date(2026, 2, 28))],
        [(date(2026, 6, 1), date(2026, 6, 13))],
        [(date(2026, 5, 1), date(2026, 5, 31))],
    ]


async def test_a_small_plan_is_not_spent_on_older_months(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, months: list[tuple[date, date]]
) -> None:
    freezer.move_to(NOW)
    cloud.simulator.remove_system("solaredge_1148616")
    entry = await add_custom_account(hass, "solaredge_key", solaredge_input(cloud), per_month=240)
    await books_of(entry).async_import(date(2026, 3, 1))
    await settle(hass)
    months.clear()
    for _ in range(2):
        await wake(hass, freezer, 7 * DAY + HOUR)
    assert months
    assert min(first for first, _ in months) > date(2026, 5, 10)
    assert books_of(entry).state.compared_month is None
