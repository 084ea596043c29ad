"""An account without systems: it has its own sensors, reads nothing, and gets systems later."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN

from .conftest import Cloud, add_account, enphase_input, settle, state_of


@pytest.fixture
async def account(hass: HomeAssistant, cloud: Cloud) -> Any:
    """Return an account whose only system was removed."""
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), systems=["67"])
    await settle(hass)
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await settle(hass)
    cloud.simulator.clear_requests()
    return entry


async def test_an_account_without_systems_has_its_own_sensors_and_sends_nothing(
    hass: HomeAssistant, cloud: Cloud, account: Any
) -> None:
    for set_up in (hass.config_entries.async_unload, hass.config_entries.async_setup):
        assert await set_up(account.entry_id)
        await settle(hass)
    assert account.state is ConfigEntryState.LOADED
    keys = [item.unique_id for item in er.async_entries_for_config_entry(er.async_get(hass), account.entry_id)]
    assert sorted(keys) == sorted(
        f"{account.entry_id}_{key}" for key in ("requests_used", "requests_left", "resets_at")
    )
    assert state_of(hass, f"{account.entry_id}_requests_left") not in {None, "unknown", "unavailable"}
    assert account.runtime_data.client is None
    assert cloud.sent() == []


async def test_an_account_without_systems_unloads_after_one_was_added_in_a_dialog(
    hass: HomeAssistant, cloud: Cloud, account: Any
) -> None:
    flows = hass.config_entries.subentries
    result = await flows.async_init((account.entry_id, "system"), context={"source": "user"})
    assert result["type"] is FlowResultType.FORM
    result = await flows.async_configure(result["flow_id"], {"system": "72"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    assert len(account.runtime_data.coordinators) == 1
    assert state_of(hass, "enphase_72_power") not in {None, "unavailable"}
    assert state_of(hass, "enphase_72_problem", "binary_sensor") is not None
    assert await hass.config_entries.async_unload(account.entry_id)


async def test_a_removed_account_without_systems_leaves_no_entity(hass: HomeAssistant, account: Any) -> None:
    await hass.config_entries.async_remove(account.entry_id)
    await hass.async_block_till_done()
    assert not [item for item in er.async_get(hass).entities.values() if item.platform == DOMAIN]
