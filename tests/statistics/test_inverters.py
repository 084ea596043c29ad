"""Statistics of single inverters in a whole Home Assistant with a recorder, against the truth of the plant."""

from datetime import UTC, datetime
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.statistics.book import Book
from simulator.plant.plant import Plant

from ..home.conftest import Cloud, add_account, pass_time, solaredge_input
from .test_bookkeeper import DAY, HOUR, SITE, hours_of

FIRST, SECOND = "7F16E777-F1", "731CD555-E9"
RETIRED = "731CD0A2-41"
MORNING = datetime(2026, 6, 10, 2, 5, tzinfo=UTC)
"""Before the sunrise."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, datetime, int | None]]:
    """Which inverter's hours were handed to the recorder when, and how many rows that wrote."""
    found: list[tuple[str, datetime, int | None]] = []
    put = Book.async_put

    async def noted(self: Book, *args: Any, serial: str | None = None, **more: Any) -> int | None:
        rows = await put(self, *args, serial=serial, **more)
        if serial is not None:
            found.append((serial, datetime.now(UTC), rows))
        return rows

    monkeypatch.setattr(Book, "async_put", noted)
    return found


def name_of(serial: str) -> str:
    return f"solar_cloud:solaredge_{serial.lower().replace('-', '_')}_production"


def truth(plant: Plant, serial: str, hours: dict[datetime, float]) -> dict[datetime, float]:
    return {hour: plant.inverter_energy_wh(serial, hour, hour + HOUR) for hour in hours}


async def booked_hours(hass: HomeAssistant, serial: str) -> dict[datetime, float]:
    return await hours_of(hass, name_of(serial), MORNING - DAY, MORNING + 9 * DAY)


async def test_each_inverter_has_its_own_hours_one_call_an_hour_and_no_request_more(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, puts: list[tuple[str, datetime, int | None]]
) -> None:
    freezer.move_to(MORNING)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    puts.clear()
    await pass_time(hass, freezer, DAY, step=HOUR / 4)
    plant = cloud.simulator.plants[SITE]
    for serial in (FIRST, SECOND):
        hours = await booked_hours(hass, serial)
        assert hours == truth(plant, serial, hours)
        assert sum(hours.values()) >= 0.99 * plant.inverter_energy_wh(serial, MORNING, MORNING + DAY) > 0
        times = [when.replace(minute=0, second=0) for name, when, _ in puts if name == serial]
        assert len(times) == len(set(times))
    assert {serial for serial, _, _ in puts} == {FIRST, SECOND}
    assert await booked_hours(hass, RETIRED) == {}
    found = await hass.async_add_executor_job(lambda: get_metadata(hass, statistic_ids={name_of(FIRST)}))
    assert found[name_of(FIRST)][1]["name"] == "Doe, Jane Inverter 1 production"
    asked = [one.query for one in cloud.simulator.requests if "inverters" in one.path]
    assert {dict(query)["resolution"] for query in asked} == {"QUARTER_HOUR"}


@pytest.mark.slow("fifteen hours of each inverter's quarters with a recorder, and a restart")
async def test_a_restart_writes_no_hour_twice_and_goes_on(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, puts: list[tuple[str, datetime, int | None]]
) -> None:
    freezer.move_to(MORNING)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, 12 * HOUR, step=HOUR / 2)
    before = await booked_hours(hass, FIRST)
    puts.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [(serial, rows) for serial, _, rows in puts] == [(FIRST, 0), (SECOND, 0)]
    assert await booked_hours(hass, FIRST) == before
    await pass_time(hass, freezer, 3 * HOUR, step=HOUR / 2)
    after = await booked_hours(hass, FIRST)
    assert len(after) >= len(before) + 2
    assert after == truth(cloud.simulator.plants[SITE], FIRST, after)


@pytest.mark.slow("days of each inverter's quarters with a recorder")
async def test_what_the_cloud_corrects_is_booked_anew_with_every_later_sum(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])

    def halved(answer: Any) -> Any:
        for one in answer["inverters"][FIRST]["energy"]["values"]:
            one["value"] = one["value"] and one["value"] // 2
        return answer

    cloud.simulator.mutate("*/inverters/telemetry", halved)
    await pass_time(hass, freezer, 9 * HOUR, step=HOUR / 2)
    plant = cloud.simulator.plants[SITE]
    wrong = await booked_hours(hass, FIRST)
    assert 0 < sum(wrong.values()) < 0.6 * sum(truth(plant, FIRST, wrong).values())
    cloud.simulator.clear_faults()
    # Inverters of a site with meters and a battery are read seven times a day.
    await pass_time(hass, freezer, 5 * HOUR, step=HOUR / 2)
    hours = await booked_hours(hass, FIRST)
    assert hours.keys() > wrong.keys()
    assert hours == truth(plant, FIRST, hours)


@pytest.mark.slow("days of each inverter's quarters with a recorder")
async def test_a_replaced_inverter_begins_its_own_statistic_and_the_systems_goes_on(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, 10 * HOUR, step=HOUR / 2)
    swapped = datetime.now(UTC)
    new = cloud.simulator.replace_inverter(SITE, SECOND).serial
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    plant = cloud.simulator.plants[SITE]
    old_hours, new_hours = await booked_hours(hass, SECOND), await booked_hours(hass, new)
    assert max(old_hours) <= swapped
    assert old_hours == truth(plant, SECOND, old_hours)
    assert new_hours == truth(plant, new, new_hours)
    assert min(hour for hour, energy in new_hours.items() if energy) >= swapped - HOUR
    ids = await get_instance(hass).async_add_executor_job(lambda: get_metadata(hass, statistic_source="solar_cloud"))
    assert {name for name in ids if SITE in name} == {
        f"solar_cloud:{SITE}_{flow}"
        for flow in ("production", "grid_import", "grid_export", "battery_charge", "battery_discharge")
    }
    hours = await hours_of(hass, f"solar_cloud:{SITE}_production", MORNING, MORNING + 2 * DAY)
    assert hours == {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours}
    assert len(hours) >= 40


@pytest.mark.slow("days of each inverter's quarters with a recorder")
async def test_a_replaced_meter_goes_on_with_the_systems_statistic_without_a_jump(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (coordinator,) = entry.runtime_data.coordinators.values()
    await pass_time(hass, freezer, 10 * HOUR, step=HOUR)

    def replaced(answer: Any) -> Any:
        return json.loads(json.dumps(answer).replace("606052971", "707063082"))

    for path in ("*/devices", "*/meters/telemetry"):
        cloud.simulator.mutate(path, replaced)
    await pass_time(hass, freezer, 2 * DAY, step=HOUR)
    assert "707063082" in coordinator.data.devices
    assert "606052971" not in coordinator.data.devices
    plant = cloud.simulator.plants[SITE]
    for flow, true in (("grid_import", "import"), ("grid_export", "export")):
        hours = await hours_of(hass, f"solar_cloud:{SITE}_{flow}", MORNING, MORNING + 2 * DAY)
        assert hours == {hour: plant.flow_wh(true, hour, hour + HOUR) for hour in hours}  # type: ignore[arg-type]
        assert len(hours) == 48
