"""Accounts that move to another way of signing in: what was kept from before neither lingers nor shows as a jump."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.data import midnight
from simulator.ready import ENPHASE_V4_OWNER_OF_BOTH

from ..home.conftest import Cloud, add_account, enphase_input, settle, state_of
from ..home.sign_in import add_application, v4_input
from ..statistics.test_bookkeeper import DAY, HOUR, hours_of


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def live(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: ConfigEntry, key: str, time: timedelta
) -> list[float]:
    """Live from refresh to refresh; returns the lifetimes that were shown, in kWh."""
    lifetimes: list[float] = []
    end = datetime.now(UTC) + time
    while (now := datetime.now(UTC)) < end:
        coordinator = next(iter(entry.runtime_data.coordinators.values()))
        step = min(coordinator.update_interval or HOUR, HOUR) + timedelta(seconds=1)
        freezer.tick(min(step, end - now))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        shown = state_of(hass, f"{key}_energy_lifetime")
        if shown not in {None, "unknown", "unavailable"}:
            lifetimes.append(float(shown or 0))
    return lifetimes


async def move(hass: HomeAssistant, cloud: Cloud, entry: ConfigEntry) -> None:
    """Move an account to version 4, through its own dialog."""
    await add_application(hass)
    cloud.simulator.enphase_owner = ENPHASE_V4_OWNER_OF_BOTH
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id})
    flow_id = result["flow_id"]
    await flow.async_configure(flow_id, {"next_step_id": "enphase_v4"})
    await flow.async_configure(flow_id, v4_input(cloud))
    result = await flow.async_configure(flow_id, {"next_step_id": "paste_code"})
    back = cloud.simulator.authorize(result["description_placeholders"]["url"])
    result = await flow.async_configure(flow_id, {"code": back})
    assert result["reason"] == "reconfigure_successful", result
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["cloud"] == "enphase_v4"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(
            "enphase_72",
            marks=pytest.mark.slow(
                "days of a whole Home Assistant, before and after the move; the other system is played in any case"
            ),
        ),
        "enphase_67",
    ],
)
async def test_a_system_that_moves_from_version_2_goes_on_without_a_jump_or_a_gap(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    plant = cloud.simulator.plants[key]
    await hass.config.async_set_time_zone(plant.timezone)
    freezer.move_to(midnight(date(2026, 6, 8), plant.zone) + timedelta(hours=7))
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), [key.removeprefix("enphase_")])
    before = await live(hass, freezer, entry, key, DAY + 5 * HOUR)
    known = {one.entity_id for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}
    moved = datetime.now(UTC)
    await move(hass, cloud, entry)
    after = await live(hass, freezer, entry, key, 2 * DAY + 10 * HOUR)

    assert "Traceback" not in caplog.text
    lifetimes = before + after
    assert lifetimes == sorted(lifetimes)
    # What is shown is never more than what the system has yielded.
    assert lifetimes[-1] * 1000 <= plant.lifetime_wh(datetime.now(UTC)) + 0.5
    first = midnight(date(2026, 6, 8), plant.zone)
    hours = await hours_of(hass, f"solar_cloud:{key}_production", first, first + 3 * DAY)
    for number in range(3):
        start, end = first + number * DAY, first + (number + 1) * DAY
        told = sum(energy for hour, energy in hours.items() if start <= hour < end)
        assert round(told, 3) == plant.energy_wh(start, end), (number, told)
    wrong = {
        hour: (energy, plant.energy_wh(hour, hour + HOUR))
        for hour, energy in hours.items()
        if hour >= moved - DAY and energy != plant.energy_wh(hour, hour + HOUR)
    }
    assert not wrong, (moved, wrong)
    # All entities are kept; those that version 4 has no values for are not provided any more, so they can be deleted.
    registry = er.async_get(hass)
    assert known <= registry.entities.keys()
    idle = [state for one in known if (state := hass.states.get(one)) is not None and state.state == "unavailable"]
    assert all(state.attributes.get("restored") for state in idle), idle
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    assert coordinator.schedule.jobs.keys() <= {job.name for job in coordinator.client.jobs}
