"""Diagnostics tell what is needed and nothing that names anybody."""

from datetime import UTC, datetime
import json
from zoneinfo import ZoneInfo

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import ExtendedJSONEncoder
import pytest

from custom_components.solar_cloud.cloud.model import Device, DeviceKind, Update
from custom_components.solar_cloud.diagnostics import async_get_config_entry_diagnostics
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY

from .conftest import Cloud, add_account, enphase_input, solaredge_input, solaredge_legacy_input


@pytest.mark.parametrize("vendor", ["enphase", "solaredge"])
async def test_diagnostics_hold_no_secret_name_or_serial_number_and_cost_no_request(
    hass: HomeAssistant, cloud: Cloud, vendor: str
) -> None:
    if vendor == "enphase":
        entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    else:
        entry = await add_account(hass, "solaredge_key", solaredge_legacy_input(cloud))
    cloud.simulator.clear_requests()
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    secrets = {ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_API_KEY, SOLAREDGE_ACCOUNT_KEY, entry.entry_id}
    for plant in cloud.simulator.plants.values():
        secrets |= {plant.name, f'"{plant.id}"', *plant.inverters, *plant.gateways}
    secrets |= {"606052971", "BAT-0001", "123123123123"}
    for secret in secrets:
        assert secret not in text, secret
    assert cloud.sent() == []
    assert len(told["systems"]) == 2
    assert told["requests"]["used"] > 0
    system = told["systems"][0]
    assert system["data"]["power"]["power_w"] >= 0
    assert any(device["kind"] == "inverter" for device in system["data"]["devices"].values())
    assert all(system["available"].values())


async def test_diagnostics_of_a_system_that_was_never_read(hass: HomeAssistant, cloud: Cloud) -> None:
    cloud.simulator.fail("*/222881711/energy", status=503, times=None)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    told = await async_get_config_entry_diagnostics(hass, entry)
    known = [system["data"] is not None for system in told["systems"]]
    assert sorted(known) == [False, True]
    unknown = told["systems"][known.index(False)]
    assert unknown["schedule"]["jobs"]["energy"]["error"] == "temporarily_unavailable"


async def test_diagnostics_hide_the_hardware_of_an_alert_that_no_inventory_lists(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    cloud.simulator.open_alert(
        "solaredge_1148616", type="PANEL_COMMUNICATION_FAULT", component_serial="ZZ-90210", component_name="South gable"
    )
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    assert "PANEL_COMMUNICATION_FAULT" in text
    assert "ZZ-90210" not in text
    assert "South gable" not in text


async def test_diagnostics_hide_a_meter_that_only_the_clients_notes_still_know(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    (coordinator,) = entry.runtime_data.coordinators.values()
    assert "123123123123" in coordinator.data.notes.values()
    # What the inventory tells after the meter was replaced, and notes of other kinds beside its number.
    replaced = Update(
        devices=(Device(kind=DeviceKind.METER, serial="456456456456", parent="789789789789"),),
        complete=frozenset({DeviceKind.METER}),
        notes={"scale": "percent", "read": "2026-06-10T19:00:00+00:00", "none": "", "kept": "2024031511234"},
    )
    now = datetime.now(UTC)
    for _ in range(2):
        coordinator.data = coordinator.data.merge(replaced, now, ZoneInfo("UTC"))
    assert "123123123123" not in coordinator.data.devices
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    assert "123123123123" not in text
    assert "456456456456" not in text
    assert "789789789789" not in text
    notes = told["systems"][0]["data"]["notes"]
    assert notes["only_meter"] == notes["kept"] == REDACTED
    assert (notes["scale"], notes["read"], notes["none"]) == ("percent", "2026-06-10T19:00:00+00:00", "")
