"""The set of entities and devices of each ready system."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.solar_cloud import async_remove_config_entry_device
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_SINGLE_USER_ID, SOLAREDGE_SINGLE_API_KEY

from .conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of

SYSTEMS = {
    "enphase_67": ("enphase_v2", enphase_input, ["67"]),
    "enphase_72": ("enphase_v2", lambda cloud: enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID), None),
    "solaredge_1148616": ("solaredge_key", solaredge_input, ["1148616"]),
    "solaredge_222881711": (
        "solaredge_key",
        lambda cloud: solaredge_input(cloud, api_key=SOLAREDGE_SINGLE_API_KEY),
        None,
    ),
}


@pytest.mark.parametrize("key", SYSTEMS)
async def test_the_entities_of_each_ready_system(
    hass: HomeAssistant, cloud: Cloud, snapshot: SnapshotAssertion, key: str
) -> None:
    step, user_input, systems = SYSTEMS[key]
    await add_account(hass, step, user_input(cloud), systems)
    registry = er.async_get(hass)
    entries = sorted(
        (entry for entry in registry.entities.values() if entry.platform == DOMAIN), key=lambda entry: entry.unique_id
    )
    rows = []
    for entry in entries:
        state = hass.states.get(entry.entity_id)
        assert state is not None
        assert entry.unique_id.endswith(f"_{entry.translation_key}")
        assert state.attributes["attribution"] in {"Powered by Enphase Energy", "Data provided by SolarEdge"}
        rows.append(
            {
                "unique_id": entry.unique_id.replace(entry.config_entry_id or "", "account"),
                "entity_id": entry.entity_id,
                "state": state.state,
                "unit": entry.unit_of_measurement,
                "class": entry.original_device_class,
                "state_class": (entry.capabilities or {}).get("state_class"),
                "category": entry.entity_category,
            }
        )
    # Thirty inverters tell the same as two.
    kept = [
        row for row in rows if not row["unique_id"].startswith("enphase_121") or row["unique_id"][16:18] in {"01", "20"}
    ]
    assert kept == snapshot(name="entities")
    assert len(rows) == snapshot(name="number of entities")


@pytest.mark.parametrize("key", SYSTEMS)
async def test_the_devices_of_each_ready_system(
    hass: HomeAssistant, cloud: Cloud, snapshot: SnapshotAssertion, key: str
) -> None:
    step, user_input, systems = SYSTEMS[key]
    entry = await add_account(hass, step, user_input(cloud), systems)
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    names = {device.id: device.name for device in devices}
    rows = [
        {
            "name": device.name,
            "identifier": sorted(value for _, value in device.identifiers if value != entry.entry_id),
            "manufacturer": device.manufacturer,
            "model": device.model,
            "model_id": device.model_id,
            "serial_number": device.serial_number,
            "sw_version": device.sw_version,
            "via": names.get(device.via_device_id or ""),
            "url": device.configuration_url,
            "type": device.entry_type,
        }
        for device in devices
    ]
    assert rows == snapshot


async def test_a_new_inverter_appears_without_reload_and_a_retired_one_goes(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    registry = dr.async_get(hass)
    new = cloud.simulator.add_inverter("enphase_72")
    cloud.simulator.retire_inverter("enphase_72", "121703000003")
    assert state_of(hass, "enphase_121703000003_power") is not None
    await pass_time(hass, freezer, timedelta(hours=25), step=timedelta(minutes=30))
    assert registry.async_get_device_by_identifier((DOMAIN, f"enphase_{new.serial}"), entry.entry_id) is not None
    assert state_of(hass, f"enphase_{new.serial}_energy_lifetime") not in {None, "unknown"}
    assert registry.async_get_device_by_identifier((DOMAIN, "enphase_121703000003"), entry.entry_id) is None
    assert state_of(hass, "enphase_121703000003_power") is None
    assert state_of(hass, "enphase_121703000004_power") is not None


async def test_a_retired_inverter_leaves_the_systems_lifetime_as_it_is(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    before = float(state_of(hass, "enphase_72_energy_lifetime") or 0)
    cloud.simulator.retire_inverter("enphase_72", "121703000003")
    await pass_time(hass, freezer, timedelta(hours=25), step=timedelta(minutes=30))
    after = float(state_of(hass, "enphase_72_energy_lifetime") or 0)
    assert before <= after < before + 100


async def test_a_silent_envoy_is_not_connected_and_the_system_has_a_problem(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    envoy = "enphase_010814000001"
    assert state_of(hass, f"{envoy}_connectivity", "binary_sensor") == "on"
    assert state_of(hass, "enphase_67_problem", "binary_sensor") == "off"
    cloud.simulator.silence("010814000001")
    await pass_time(hass, freezer, timedelta(hours=7), step=timedelta(minutes=15))
    assert state_of(hass, f"{envoy}_connectivity", "binary_sensor") == "off"
    assert state_of(hass, f"{envoy}_status") == "comm"
    assert state_of(hass, "enphase_010731000003_connectivity", "binary_sensor") == "on"
    assert state_of(hass, "enphase_67_problem", "binary_sensor") == "on"
    assert state_of(hass, "enphase_67_status") == "comm"


async def test_a_device_that_the_cloud_lists_cannot_be_deleted_and_one_that_it_does_not_can(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        assert not await async_remove_config_entry_device(hass, entry, device)
    subentry_id = next(iter(entry.subentries))
    left = registry.async_get_or_create(
        config_entry_id=entry.entry_id, config_subentry_id=subentry_id, identifiers={(DOMAIN, "enphase_gone")}
    )
    assert await async_remove_config_entry_device(hass, entry, left)
