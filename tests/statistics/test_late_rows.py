"""Rows that come late, by hours, days or weeks, or never: each is booked at its own hour, and at a bounded price."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from ..home.lives import set_up
from ..home.sign_in import signed_in
from .conftest import Spent
from .test_bookkeeper import DAY, HOUR, hours_of

SITE = "solaredge_222881711"
PRODUCTION = f"solar_cloud:{SITE}_production"
STEP = timedelta(minutes=30)
HOLED = date(2026, 6, 10)
SHORT = {"QUARTER_HOUR", "HOUR"}


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@dataclass
class Hole:
    """Rows of a site's production that its cloud gets only later, or never."""

    plant: Plant
    start: datetime
    end: datetime
    until: datetime | None
    """When they come; `None`: never."""
    counted: bool = False
    """Whether the totals of days have them before."""

    @property
    def is_there(self) -> bool:
        return self.until is None or datetime.now(UTC) < self.until

    def of_solaredge(self, body: Any) -> Any:
        """Take the rows out of an answer of SolarEdge's."""
        if not self.is_there:
            return body
        for one in body["values"]:
            start = datetime.fromisoformat(one["timestamp"])
            if body["resolution"] in SHORT and self.start <= start < self.end:
                one["value"] = None
            elif body["resolution"] == "DAY" and not self.counted and one["value"] is not None:
                inside = start <= self.start < start + DAY
                one["value"] -= self.plant.energy_wh(self.start, self.end) if inside else 0
        return body


def hole_in(cloud: Cloud, *, hours: tuple[int, int], later: timedelta | None, counted: bool = False) -> Hole:
    """Let the rows between two hours of the site's day come so much later than they end."""
    plant = cloud.simulator.plants[SITE]
    start, end = (midnight(HOLED, plant.zone) + number * HOUR for number in hours)
    hole = Hole(plant, start, end, None if later is None else end + later, counted)
    cloud.simulator.mutate("*/sites/222881711/energy", hole.of_solaredge)
    return hole


async def site(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """Return an account of the site on the evening before the day that will lack rows."""
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    return await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    books: Bookkeeper = system.bookkeeper
    return books


async def wrong_hours(hass: HomeAssistant, cloud: Cloud, days: Iterable[date]) -> dict[datetime, tuple[float, int]]:
    """Return the hours of days that are not the plant's own, with what is right."""
    plant, found = cloud.simulator.plants[SITE], {}
    for day in days:
        start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
        booked = await hours_of(hass, PRODUCTION, start, end)
        for hour in (start + number * HOUR for number in range(int((end - start) / HOUR))):
            if booked.get(hour, 0.0) != (true := plant.energy_wh(hour, hour + HOUR)):
                found[hour] = booked.get(hour, 0.0), true
    return found


def at(day: date, hour: int) -> datetime:
    """Return an hour of a day in California's summer."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + (hour + 7) * HOUR


async def live_until(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    await pass_time(hass, freezer, moment - datetime.now(UTC), step=STEP)


@pytest.mark.parametrize("counted", [False, True])
async def test_rows_that_come_at_noon_of_the_next_day_are_at_their_hours_the_same_day(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent, counted: bool
) -> None:
    entry = await site(hass, cloud, freezer)
    hole = hole_in(cloud, hours=(9, 12), later=timedelta(hours=25), counted=counted)
    await live_until(hass, freezer, at(HOLED + DAY, 12))
    assert books_of(entry).state.closed == HOLED
    assert set(await wrong_hours(hass, cloud, [HOLED])) == {hole.start + number * HOUR for number in range(3)}
    await live_until(hass, freezer, at(HOLED + DAY, 19))
    assert await wrong_hours(hass, cloud, [HOLED]) == {}
    # The day's total, its rows twice, and the total that goes with the new ones.
    assert spent.requests <= 4
    assert books_of(entry).state.gaps == {}
    await live_until(hass, freezer, at(HOLED + 3 * DAY, 23))
    assert spent.requests <= 4


@pytest.mark.slow("five days of a whole Home Assistant with a recorder")
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("later", [timedelta(hours=6), timedelta(hours=40), timedelta(hours=70)])
async def test_rows_that_come_within_three_days_are_found_by_themselves(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent, counted: bool, later: timedelta
) -> None:
    await site(hass, cloud, freezer)
    hole_in(cloud, hours=(9, 12), later=later, counted=counted)
    await live_until(hass, freezer, at(HOLED + 5 * DAY, 8))
    assert await wrong_hours(hass, cloud, [HOLED + number * DAY for number in range(4)]) == {}
    assert spent.requests <= 8


@pytest.mark.slow("more than two weeks of a whole Home Assistant with a recorder")
async def test_rows_that_come_after_a_week_are_read_when_a_total_has_grown(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent
) -> None:
    await site(hass, cloud, freezer)
    hole_in(cloud, hours=(9, 12), later=timedelta(days=6))
    await live_until(hass, freezer, at(HOLED + 5 * DAY, 8))
    assert len(await wrong_hours(hass, cloud, [HOLED])) == 3
    await live_until(hass, freezer, at(HOLED + 16 * DAY, 8))
    assert await wrong_hours(hass, cloud, [HOLED + number * DAY for number in range(14)]) == {}


@pytest.mark.slow("days of a whole Home Assistant with a recorder")
async def test_a_day_that_shrinks_keeps_what_its_rows_say(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await site(hass, cloud, freezer)
    plant = cloud.simulator.plants[SITE]
    noon, much = at(HOLED, 12), 4000

    def more(body: Any) -> Any:
        """Let the cloud report too much of noon for a week."""
        if datetime.now(UTC) > at(HOLED + 6 * DAY, 0):
            return body
        for one in body["values"]:
            start = datetime.fromisoformat(one["timestamp"])
            length = {"QUARTER_HOUR": HOUR / 4, "HOUR": HOUR, "DAY": DAY}.get(body["resolution"])
            if length and one["value"] is not None and start <= noon < start + length:
                one["value"] += much
        return body

    cloud.simulator.mutate("*/sites/222881711/energy", more)
    await live_until(hass, freezer, at(HOLED + 5 * DAY, 8))
    assert await wrong_hours(hass, cloud, [HOLED]) == {
        noon: (plant.energy_wh(noon, noon + HOUR) + much, plant.energy_wh(noon, noon + HOUR))
    }
    await live_until(hass, freezer, at(HOLED + 16 * DAY, 8))
    assert await wrong_hours(hass, cloud, [HOLED]) == {}


@pytest.mark.slow("weeks of a whole Home Assistant with a recorder")
async def test_what_never_comes_is_laid_along_the_sun_and_is_looked_for_a_few_times_only(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent
) -> None:
    entry = await site(hass, cloud, freezer)
    hole = hole_in(cloud, hours=(9, 12), later=None, counted=True)
    await live_until(hass, freezer, at(HOLED + 6 * DAY, 23))
    wrong = await wrong_hours(hass, cloud, [HOLED + number * DAY for number in range(6)])
    assert set(wrong) <= {hole.start + number * HOUR for number in range(3)}
    assert sum(booked for booked, _ in wrong.values()) == sum(true for _, true in wrong.values())
    assert all(booked > 0.5 * true for booked, true in wrong.values())
    # Its total and its rows at once, its rows on four evenings.
    assert spent.requests <= 6
    assert books_of(entry).state.gaps == {}


@pytest.mark.slow("weeks of a whole Home Assistant with a recorder")
async def test_a_site_that_loses_a_quarter_every_day_costs_little(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent
) -> None:
    await site(hass, cloud, freezer)

    def less(body: Any) -> Any:
        for one in body["values"]:
            start = datetime.fromisoformat(one["timestamp"])
            if body["resolution"] in SHORT and (start.hour, start.minute) == (12, 15):
                one["value"] = None
        return body

    cloud.simulator.mutate("*/sites/222881711/energy", less)
    await live_until(hass, freezer, at(HOLED + 30 * DAY, 23))
    # Each day its total and its rows, and its rows again when they are final; before that is learned, every evening.
    assert spent.requests <= 30 * 3 + 20
    plant = cloud.simulator.plants[SITE]
    for number in range(28):
        day = HOLED + number * DAY
        start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
        assert sum((await hours_of(hass, PRODUCTION, start, end)).values()) == plant.day_wh(day), day


@pytest.mark.slow("days of a whole Home Assistant with a recorder")
async def test_a_total_that_is_not_final_bends_no_hour(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    """Let Enphase's total of a day lack the evening until the next noon, although all rows are there."""
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    plant = cloud.simulator.plants["enphase_72"]

    def unfinished(body: Any) -> Any:
        index = (HOLED - date.fromisoformat(body["start_date"])).days
        if datetime.now(UTC) < datetime(2026, 6, 12, 10, tzinfo=UTC) and 0 <= index < len(body["production"]):
            body["production"][index] -= 3000
        return body

    cloud.simulator.mutate("*/energy_lifetime", unfinished)
    await pass_time(hass, freezer, timedelta(hours=40), step=STEP)
    start, end = midnight(HOLED, plant.zone), midnight(HOLED + DAY, plant.zone)

    async def wrong() -> dict[datetime, float]:
        hours = await hours_of(hass, f"solar_cloud:{plant.key}_production", start, end)
        return {hour: energy for hour, energy in hours.items() if energy != plant.energy_wh(hour, hour + HOUR)}

    assert books_of(entry).state.closed == HOLED
    assert await wrong() == {}
    await pass_time(hass, freezer, 4 * DAY, step=2 * HOUR)
    assert await wrong() == {}


@pytest.mark.slow("days of a whole Home Assistant with a recorder")
async def test_rows_of_a_meter_that_come_late_to_enphase_are_at_their_hours_the_same_day(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await signed_in(hass, cloud, ("4200002",))
    await set_up(hass, entry)
    await settle(hass)
    plant = cloud.simulator.plants["enphase_4200002"]
    begin = midnight(HOLED, plant.zone)
    start, end, until = begin + 15 * HOUR, begin + 18 * HOUR, begin + 37 * HOUR

    def late(body: Any) -> Any:
        if datetime.now(UTC) >= until:
            return body
        body["intervals"] = [
            [row for row in rows if not start.timestamp() < row["end_at"] <= end.timestamp()]
            for rows in body["intervals"]
        ]
        return body

    def less(body: Any) -> Any:
        index = (HOLED - date.fromisoformat(body["start_date"])).days
        if datetime.now(UTC) < until and 0 <= index < len(body["import"]):
            body["import"][index] -= plant.flow_wh("import", start, end)
        return body

    cloud.simulator.mutate("*/energy_import_telemetry", late)
    cloud.simulator.mutate("*/energy_import_lifetime", less)
    await pass_time(hass, freezer, begin + 44 * HOUR - datetime.now(UTC), step=STEP)
    hours = await hours_of(hass, f"solar_cloud:{plant.key}_grid_import", begin, begin + DAY)
    assert {hour: plant.flow_wh("import", hour, hour + HOUR) for hour in hours} == hours
    assert len(hours) == 24
