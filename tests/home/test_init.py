"""Set-up, unload and removal: what is kept on disk, what is forgotten, what one system does to another."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN

from .conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of


async def restart(hass: HomeAssistant, entry: Any) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def test_an_account_unloads_and_its_entities_with_it(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert state_of(hass, "enphase_67_power") == "unavailable"


async def test_removal_forgets_the_systems_data_and_keeps_the_count_of_requests(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any]
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    stored = {key for key in hass_storage if key.startswith(DOMAIN)}
    ledger = {key for key in stored if key.startswith(f"{DOMAIN}.ledger.enphase.")}
    assert stored == {f"{DOMAIN}.system.enphase_67", f"{DOMAIN}.system.enphase_72", *ledger}
    assert len(ledger) == 1
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert {key for key in hass_storage if key.startswith(DOMAIN)} == ledger
    assert not [item for item in er.async_get(hass).entities.values() if item.platform == DOMAIN]


async def test_no_file_holds_a_credential_or_names_it(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any]
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    await restart(hass, entry)
    for key, content in hass_storage.items():
        if key.startswith(DOMAIN):
            assert entry.data["api_key"] not in f"{key} {content}"


async def test_a_removed_system_is_forgotten_and_the_others_go_on(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any]
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    await restart(hass, entry)
    gone = next(key for key, sub in entry.subentries.items() if sub.unique_id == "enphase_67")
    cloud.simulator.clear_requests()
    hass.config_entries.async_remove_subentry(entry, gone)
    await settle(hass)
    assert f"{DOMAIN}.system.enphase_67" not in hass_storage
    assert state_of(hass, "enphase_67_power") is None
    assert state_of(hass, "enphase_72_power") not in {None, "unknown", "unavailable"}
    assert cloud.sent() == []


@pytest.mark.parametrize(
    "damage", [{}, {"data": {}, "schedule": {}}, {"schedule": {"jobs": {"summary": 7}}}, "nonsense"]
)
async def test_damaged_data_of_a_system_are_asked_for_anew(
    hass: HomeAssistant,
    cloud: Cloud,
    hass_storage: dict[str, Any],
    damage: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"{DOMAIN}.system.enphase_67"]["data"] = damage
    cloud.simulator.clear_requests()
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert "/systems/67/summary" in cloud.sent()
    assert state_of(hass, "enphase_67_power") not in {None, "unknown", "unavailable"}
    assert "Traceback" not in caplog.text


async def test_one_system_that_cannot_be_read_does_not_keep_the_other_away(hass: HomeAssistant, cloud: Cloud) -> None:
    cloud.simulator.fail("*/systems/67/*", status=404, body={"reason": "404"}, times=None)
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, "enphase_72_power") not in {None, "unknown", "unavailable"}
    assert state_of(hass, "enphase_67_power") is None


async def test_a_site_whose_details_fail_is_not_read_in_a_wrong_time_zone(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    cloud.simulator.fail("*/sites/222881711", status=503, times=None)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    assert "/sites/222881711/energy" not in cloud.sent()
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(minutes=15))
    assert state_of(hass, "solaredge_222881711_power") not in {None, "unknown", "unavailable"}


@pytest.mark.parametrize("vendor", ["Enphase", "SolarEdge"])
def test_the_dialog_that_adds_integrations_finds_this_one_by_its_vendors(vendor: str) -> None:
    manifest = json.loads((Path(__file__).parents[2] / "custom_components/solar_cloud/manifest.json").read_text())

    # Its search takes a word that begins within the first twenty characters of the name, and nothing else of a custom
    # integration but its domain.
    assert manifest["name"].startswith("Solar Cloud ")
    assert 0 < manifest["name"].find(vendor) <= 20
    # A longer word than this makes the integration's page wider than a phone, as it cannot be wrapped.
    assert all(len(word) <= 12 for word in manifest["name"].split())


def test_the_integration_needs_nothing_that_home_assistant_does_not_ship() -> None:
    manifest = json.loads((Path(__file__).parents[2] / "custom_components/solar_cloud/manifest.json").read_text())
    assert manifest["requirements"] == []


@pytest.mark.parametrize("folder", ["cloud", "budget"])
def test_what_knows_clouds_and_plans_knows_nothing_of_home_assistant(folder: str) -> None:
    files = list((Path(__file__).parents[2] / "custom_components/solar_cloud" / folder).glob("*.py"))
    assert files
    for file in files:
        assert "homeassistant" not in file.read_text(), file
    if folder == "budget":
        assert not [file for file in files if "from ..cloud" in file.read_text()]
