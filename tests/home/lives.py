"""Long times that pass quickly: coarse steps, restarts, and what an owner is asked meanwhile."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.solar_cloud.account.grants import GRANTS
from custom_components.solar_cloud.const import DOMAIN

from .conftest import settle


async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED


async def live(hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta, step: timedelta) -> None:
    """Let time pass in coarse steps, with what is due in each."""
    end = datetime.now(UTC) + time
    while datetime.now(UTC) < end:
        freezer.tick(step)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


def reauths(hass: HomeAssistant) -> int:
    return len(hass.config_entries.flow.async_progress_by_handler(DOMAIN))


async def stop(hass: HomeAssistant, entry: ConfigEntry, freezer: FrozenDateTimeFactory, time: timedelta) -> None:
    """Stop Home Assistant for a while: nothing of the account stays in memory."""
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.data.pop(GRANTS)
    freezer.tick(time)
    await set_up(hass, entry)
