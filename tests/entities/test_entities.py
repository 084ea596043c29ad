"""The set of entities and devices of each ready system."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.solar_cloud import async_remove_config_entry_device
from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.entities.sensors import DEVICE_SENSORS, SYSTEM_SENSORS
from custom_components.solar_cloud.model.elements import DeviceKind, Vendor
from simulator.ready import ENPHASE_SINGLE_USER_ID, SOLAREDGE_SINGLE_API_KEY

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of

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
ACCOUNTS = {
    Vendor.ENPHASE: lambda cloud: ("enphase_v2", enphase_input(cloud)),
    Vendor.SOLAREDGE: lambda cloud: ("solaredge_key", solaredge_input(cloud)),
}


def entity_rows(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what is there of each entity, in the order of their unique ids."""
    registry = er.async_get(hass)
    entries = sorted(
        (entry for entry in registry.entities.values() if entry.platform == DOMAIN), key=lambda entry: entry.unique_id
    )
    rows = []
    for entry in entries:
        state = hass.states.get(entry.entity_id)
        assert (state is None) == entry.disabled
        assert entry.unique_id.endswith(f"_{entry.translation_key}")
        if state is not None:
            assert state.attributes["attribution"] in {"Powered by Enphase Energy", "Data provided by SolarEdge"}
        rows.append(
            {
                "unique_id": entry.unique_id.replace(entry.config_entry_id or "", "account"),
                "entity_id": entry.entity_id,
                "state": state.state if state is not None else "disabled",
                "unit": entry.unit_of_measurement,
                "class": entry.original_device_class,
                "state_class": (entry.capabilities or {}).get("state_class"),
                "category": entry.entity_category,
            }
        )
    return rows


def device_rows(hass: HomeAssistant, entry: ConfigEntry) -> list[dict[str, Any]]:
    """Return what is there of each device of an account."""
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    names = {device.id: device.name for device in devices}
    return [
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


@pytest.mark.parametrize("key", SYSTEMS)
async def test_the_entities_of_each_ready_system(
    hass: HomeAssistant, cloud: Cloud, snapshot: SnapshotAssertion, key: str
) -> None:
    step, user_input, systems = SYSTEMS[key]
    await add_account(hass, step, user_input(cloud), systems)
    rows = entity_rows(hass)
    # Thirty inverters prove the same as two.
    kept = [
        row
        for row in rows
        if not row["unique_id"].startswith("enphase_121") or row["unique_id"][18:20] in {"01", "20", "55"}
    ]
    assert kept == snapshot(name="entities")
    assert len(rows) == snapshot(name="number of entities")


@pytest.mark.parametrize("key", SYSTEMS)
async def test_the_devices_of_each_ready_system(
    hass: HomeAssistant, cloud: Cloud, snapshot: SnapshotAssertion, key: str
) -> None:
    step, user_input, systems = SYSTEMS[key]
    entry = await add_account(hass, step, user_input(cloud), systems)
    assert device_rows(hass, entry) == snapshot


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


async def test_a_device_can_be_deleted_only_if_the_cloud_does_not_list_it(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        assert not await async_remove_config_entry_device(hass, entry, device)
    subentry_id = next(iter(entry.subentries))
    left = registry.async_get_or_create(
        config_entry_id=entry.entry_id, config_subentry_id=subentry_id, identifiers={(DOMAIN, "enphase_gone")}
    )
    assert await async_remove_config_entry_device(hass, entry, left)


async def test_more_than_twenty_inverters_have_their_noisy_sensors_off_by_default(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    registry = er.async_get(hass)

    def is_off(key: str) -> bool:
        entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"enphase_{key}")
        assert entity_id is not None
        return registry.entities[entity_id].disabled_by is er.RegistryEntryDisabler.INTEGRATION

    of_31, of_12, envoy = "121100000007", "121703000007", "010731000003"
    assert [is_off(f"{of_31}_{key}") for key in ("power", "last_report")] == [True, True]
    assert [is_off(f"{of_31}_{key}") for key in ("energy_lifetime", "status")] == [False, False]
    assert [is_off(f"{of_12}_{key}") for key in ("power", "last_report")] == [False, True]
    assert not is_off(f"{envoy}_last_report")
    assert not is_off("67_power")


async def test_rare_and_noisy_sensors_are_off_by_default(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await add_account(hass, "solaredge_key", solaredge_input(cloud))
    await pass_time(hass, freezer, timedelta(minutes=30))
    entities = [one for one in er.async_get(hass).entities.values() if one.platform == DOMAIN]
    off = {one.translation_key for one in entities if one.disabled_by is er.RegistryEntryDisabler.INTEGRATION}
    assert off == {"voltage", "current", "frequency", "last_report"}
    # Of a system and of its Envoy it changes seldom, and says whether anything is heard of them.
    heard = {one.unique_id for one in entities if one.translation_key == "last_report" and one.disabled_by is None}
    assert heard == {
        "enphase_72_last_report",
        *(f"solaredge_{site}_last_report" for site in (1148616, 222881711)),
        "enphase_121703014455_last_report",
    }


async def test_sensors_that_the_owner_has_stay_as_they_are_when_inverters_are_added(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    added = [cloud.simulator.add_inverter("enphase_72") for _ in range(9)]
    await pass_time(hass, freezer, timedelta(hours=25), step=timedelta(minutes=30))
    assert state_of(hass, "enphase_121703000003_power") is not None
    assert state_of(hass, f"enphase_{added[-1].serial}_energy_lifetime") is not None
    assert state_of(hass, f"enphase_{added[-1].serial}_power") is None
    # What the owner has switched on is on after a restart too.
    registry = er.async_get(hass)
    enabled = registry.async_get_entity_id("sensor", DOMAIN, f"enphase_{added[-1].serial}_power")
    assert enabled is not None
    registry.async_update_entity(enabled, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, f"enphase_{added[-1].serial}_power") is not None
    assert state_of(hass, "enphase_121703000003_power") is not None


async def test_what_the_cloud_never_reported_of_a_system_has_no_entity_until_it_does(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    def strip(body: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key not in {"modules", "source"}}

    cloud.simulator.mutate("*/summary", strip)
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    assert state_of(hass, "enphase_67_size") is not None
    assert state_of(hass, "enphase_67_modules") is None
    assert state_of(hass, "enphase_67_source") is None
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_67_modules") == "31"
    assert state_of(hass, "enphase_67_source") == "meter"


async def test_a_source_that_is_not_documented_is_shown_as_unknown_and_named_in_the_log(
    hass: HomeAssistant, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.simulator.mutate("*/summary", lambda body: body | {"source": "Abacus"})
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    assert state_of(hass, "enphase_67_source") == "unknown_source"
    assert caplog.text.count("a source that is not known here: abacus") == 1


@pytest.mark.parametrize("vendor", Vendor)
async def test_every_sensor_that_a_vendors_cloud_is_said_to_report_exists(
    hass: HomeAssistant, cloud: Cloud, vendor: Vendor
) -> None:
    entry = await add_account(hass, *ACCOUNTS[vendor](cloud))
    there: set[tuple[str, DeviceKind | None]] = set()
    for coordinator in entry.runtime_data.coordinators.values():
        kinds = {serial: device.kind for serial, device in coordinator.data.devices.items()}
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
            identifier = entity.unique_id.removesuffix(f"_{entity.translation_key}").removeprefix(f"{vendor}_")
            if identifier == coordinator.system.id or identifier in kinds:
                there.add((entity.translation_key or "", kinds.get(identifier)))
    described: set[tuple[str, DeviceKind | None]] = {(row.key, None) for row in SYSTEM_SENSORS if vendor in row.vendors}
    there_are = {kind for _, kind in there}
    described |= {(row.key, kind) for row in DEVICE_SENSORS if vendor in row.vendors for kind in row.kinds & there_are}
    assert described - there == set()
