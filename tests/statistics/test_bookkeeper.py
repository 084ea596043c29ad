"""Statistics of systems in a whole Home Assistant with a recorder, against the truth of the simulator's plants."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.solar_cloud.cloud.archive import Detail, Totals
from custom_components.solar_cloud.cloud.enphase_v2.archive import EnphaseV2Archive
from custom_components.solar_cloud.cloud.solaredge.archive import SolarEdgeArchive
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.system.pace import SystemPace
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from .conftest import Spent

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SITE = "solaredge_1148616"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def hours_of(hass: HomeAssistant, statistic: str, start: datetime, end: datetime) -> dict[datetime, float]:
    """Return the change in each hour as the recorder's own function reports it."""
    await hass.async_block_till_done(wait_background_tasks=True)
    instance = get_instance(hass)
    await instance.async_block_till_done()
    rows = await instance.async_add_executor_job(
        lambda: statistics_during_period(hass, start, end, {statistic}, "hour", {"energy": "Wh"}, {"change", "state"})
    )
    return {
        datetime.fromtimestamp(row["start"], UTC): round(row["change"] or 0.0, 6) for row in rows.get(statistic, [])
    }


def day_sum(hours: Mapping[datetime, float], day: date, plant: Plant) -> float:
    start, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
    return sum(energy for hour, energy in hours.items() if start <= hour < end)


async def test_each_hour_of_the_last_days_is_the_plants_own(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, timedelta(hours=60), step=timedelta(minutes=15))
    plant = cloud.simulator.plants[SITE]
    start = datetime(2026, 6, 9, 22, tzinfo=UTC)
    for flow, truth in (("grid_import", "import"), ("grid_export", "export"), ("battery_charge", "charge")):
        hours = await hours_of(hass, f"solar_cloud:{SITE}_{flow}", start, start + 2 * DAY)
        assert len(hours) == 48, (flow, len(hours))
        assert {hour: plant.flow_wh(truth, hour, hour + HOUR) for hour in hours} == hours  # type: ignore[arg-type]
    hours = await hours_of(hass, f"solar_cloud:{SITE}_production", start, start + 2 * DAY)
    assert {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours} == hours
    assert day_sum(hours, date(2026, 6, 10), plant) == plant.day_wh(date(2026, 6, 10))


@pytest.mark.slow("years of the past are booked")
async def test_an_enphase_system_brings_its_whole_life_in_one_request(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 10, 13, 5, tzinfo=UTC))
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    plant = cloud.simulator.plants["enphase_72"]
    assert cloud.sent().count("/systems/72/energy_lifetime") == 1
    begin = datetime(2024, 4, 17, 22, tzinfo=UTC)
    hours = await hours_of(hass, "solar_cloud:enphase_72_production", begin, datetime(2026, 6, 11, tzinfo=UTC))
    day = date(2024, 4, 18)
    while day < date(2026, 6, 10):
        assert day_sum(hours, day, plant) == plant.day_wh(day), day
        day += DAY
    assert min(hours.values()) >= 0
    # Production of one hour, along the sun: never more than the panels' nameplate.
    assert max(hours.values()) <= plant.size_w(datetime.now(UTC)) * 1.3


@pytest.mark.slow("more than three weeks of a whole Home Assistant with a recorder")
async def test_an_outage_of_three_weeks_is_filled_afterwards(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 5, 10, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, timedelta(hours=14), step=timedelta(minutes=30))
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to(datetime(2026, 6, 2, 9, 5, tzinfo=UTC))
    cloud.simulator.clear_requests()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=30))
    plant = cloud.simulator.plants[SITE]
    start = datetime(2026, 5, 10, 22, tzinfo=UTC)
    for flow in ("production", "grid_import", "battery_discharge"):
        hours = await hours_of(hass, f"solar_cloud:{SITE}_{flow}", start, datetime(2026, 6, 1, 22, tzinfo=UTC))
        day = date(2026, 5, 11)
        while day < date(2026, 6, 2):
            begin, end = midnight(day, plant.zone), midnight(day + DAY, plant.zone)
            truth = {"production": plant.energy_wh}.get(flow) or (
                lambda a, b, flow=flow: plant.flow_wh(
                    {"grid_import": "import", "battery_discharge": "discharge"}[flow], a, b
                )
            )
            assert day_sum(hours, day, plant) == truth(begin, end), (flow, day)
            day += DAY


async def test_without_agreement_no_request_is_spent_on_the_past(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=30), step=timedelta(minutes=30))
    days = [request for request in cloud.simulator.requests if ("resolution", "DAY") in request.query]
    assert len(days) <= 8, days


async def test_no_past_is_paid_for_before_it_is_known_what_the_meters_tell(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    cloud.simulator.fail("*/meters/telemetry", status=503, times=2)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (system,) = entry.runtime_data.systems.values()
    first = system.bookkeeper.state.first
    await system.bookkeeper.async_import(date(2026, 5, 28))
    await settle(hass)
    assert system.bookkeeper.state.first == first == date(2026, 6, 10)
    await pass_time(hass, freezer, HOUR, step=HOUR / 4)
    assert not system.bookkeeper.state.is_importing
    plant = cloud.simulator.plants[SITE]
    start, end = midnight(date(2026, 5, 28), plant.zone), midnight(date(2026, 6, 10), plant.zone)
    hours = await hours_of(hass, f"solar_cloud:{SITE}_grid_import", start, end)
    assert sum(hours.values()) == plant.flow_wh("import", start, end)


@pytest.mark.slow("a day and a half of a whole Home Assistant with a recorder")
async def test_a_day_whose_rows_add_up_to_its_total_is_not_asked_for_in_detail(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    asked: list[date] = []
    ask = EnphaseV2Archive.detail

    async def detail(self: EnphaseV2Archive, data: SystemData, day: date, now: datetime) -> Detail:
        asked.append(day)
        return await ask(self, data, day, now)

    monkeypatch.setattr(EnphaseV2Archive, "detail", detail)
    await pass_time(hass, freezer, timedelta(hours=33), step=timedelta(minutes=30))
    (system,) = entry.runtime_data.systems.values()
    assert system.bookkeeper.state.closed == date(2026, 6, 10)
    assert date(2026, 6, 10) not in asked
    # Enphase's rows begin with the first Wh of the day: the hour of the sunrise is never complete.
    plant = cloud.simulator.plants["enphase_72"]
    start, end = midnight(date(2026, 6, 10), plant.zone), midnight(date(2026, 6, 11), plant.zone)
    hours = await hours_of(hass, "solar_cloud:enphase_72_production", start, end)
    assert {hour: energy for hour, energy in hours.items() if energy} == {
        hour: wh
        for hour in (start + HOUR * number for number in range(24))
        if (wh := plant.energy_wh(hour, hour + HOUR))
    }


async def test_a_day_is_not_paid_for_while_the_reading_that_ends_it_is_still_to_come(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (system,) = entry.runtime_data.systems.values()
    await pass_time(hass, freezer, timedelta(hours=21), step=HOUR)
    assert system.bookkeeper.state.closed == date(2026, 6, 9)
    asked: list[date] = []

    async def totals(_self: SolarEdgeArchive, _data: SystemData, first: date, _last: date, _now: datetime) -> Totals:
        asked.append(first)
        return {}

    monkeypatch.setattr(SolarEdgeArchive, "totals", totals)
    # The evening was not read. Four in the morning is long after midnight, and something else wakes the bookkeeper.
    cloud.simulator.fail("*", status=503, times=None)
    for moment in (datetime(2026, 6, 11, 2, tzinfo=UTC), datetime(2026, 6, 11, 11, tzinfo=UTC)):
        freezer.move_to(moment)
        system.bookkeeper.async_wake()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert asked == []
    # Nobody waits all day.
    freezer.move_to(datetime(2026, 6, 11, 12, 5, tzinfo=UTC))
    system.bookkeeper.async_wake()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert asked == [date(2026, 6, 10)]


async def test_rows_that_the_next_reading_brings_are_not_paid_for_twice(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    (system,) = entry.runtime_data.systems.values()
    await pass_time(hass, freezer, timedelta(hours=21), step=timedelta(minutes=15))
    assert system.bookkeeper.state.closed == date(2026, 6, 9)
    # The rows of the evening are still to come. In the morning the summary is due before they are.
    next_at, later = SystemPace.next_at, datetime(2026, 6, 11, 5, tzinfo=UTC)
    monkeypatch.setattr(
        SystemPace, "next_at", lambda *one: max(next_at(*one), later) if one[1] == "detail" else next_at(*one)
    )
    freezer.move_to(datetime(2026, 6, 11, 2, 40, tzinfo=UTC))
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=15))
    plant = cloud.simulator.plants["enphase_72"]
    start, end = midnight(date(2026, 6, 10), plant.zone), midnight(date(2026, 6, 11), plant.zone)
    spans = [dict(request.query) for request in cloud.simulator.requests if request.path.endswith("/stats")]
    # A reading goes on where the last one ended; only the whole day begins at midnight.
    assert spans
    assert str(int(start.timestamp())) not in {query["start_at"] for query in spans}
    assert system.bookkeeper.state.closed == date(2026, 6, 10)
    hours = await hours_of(hass, "solar_cloud:enphase_72_production", start, end)
    assert sum(hours.values()) == plant.energy_wh(start, end)


async def test_a_day_that_is_finished_stays_so_when_its_rows_come_once_more(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (system,) = entry.runtime_data.systems.values()
    await pass_time(hass, freezer, timedelta(hours=21), step=HOUR)
    # The machine sleeps for days. What it wakes up to is finished with totals before all rows of those days are there.
    freezer.move_to(datetime(2026, 6, 15, 15, 50, tzinfo=UTC))
    closed = []
    for _ in range(4):
        freezer.tick(6 * HOUR)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        closed.append(system.bookkeeper.state.closed)
    assert closed == sorted(closed), (closed, spent.calls)
    assert closed[-1] == date(2026, 6, 15)
    assert len({moment.date() for moment, what, *_ in spent.calls if what == "totals" and moment.day > 14}) == 1
