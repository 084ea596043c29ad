"""Diagnostics tell what is needed and nothing that names anybody."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import ExtendedJSONEncoder
import pytest

from custom_components.solar_cloud.diagnostics import async_get_config_entry_diagnostics
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Update
from custom_components.solar_cloud.model.merging import merge
from simulator.ready import (
    ENPHASE_API_KEY,
    ENPHASE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    ENPHASE_V4_OWNER_NUMBER,
    SOLAREDGE_ACCOUNT_KEY,
    SOLAREDGE_API_KEY,
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
)

from .conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, solaredge_legacy_input
from .consents import add_site, add_v4


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


@pytest.mark.parametrize("vendor", ["enphase", "solaredge"])
async def test_diagnostics_of_a_signed_in_account_hold_no_token_and_nothing_of_its_owner(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, vendor: str
) -> None:
    if vendor == "enphase":
        type_id, serial = 1002, "492400000001"
        cloud.simulator.open_event("enphase_4200003", type_id=type_id, serial=serial, alarm=True)
        entry = await add_v4(hass, cloud, ["4200001", "4200003"])
        plants = ["enphase_4200001", "enphase_4200003"]
    else:
        entry = await add_site(hass, cloud, SOLAREDGE_BATTERY_OWNER)
        plants = ["solaredge_1148616"]
    first = dict(entry.data["token"])
    # Every job has run, and the tokens are no longer the first ones.
    await pass_time(hass, freezer, timedelta(hours=25), step=timedelta(minutes=20))
    tokens = dict(entry.data["token"])
    assert tokens["refresh_token"] != first["refresh_token"]
    cloud.simulator.clear_requests()
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    assert cloud.sent() == []
    secrets = {ENPHASE_V4_API_KEY, ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, ENPHASE_V4_OWNER}
    secrets |= {SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, SOLAREDGE_BATTERY_OWNER, entry.entry_id}
    secrets |= {f'"{ENPHASE_V4_OWNER_NUMBER}"', str(entry.unique_id), first["consent"]}
    secrets |= {pair[key] for pair in (first, tokens) for key in ("access_token", "refresh_token")}
    for plant in (cloud.simulator.plants[key] for key in plants):
        secrets |= {plant.name, str(plant.id), *plant.inverters, *plant.gateways}
        secrets |= {battery.serial for battery in plant.batteries}
    for coordinator in entry.runtime_data.coordinators.values():
        secrets |= coordinator.data.devices.keys()
    assert len(secrets) > 20
    for secret in secrets:
        assert secret not in text, secret
    assert told["entry"]["data"]["token"] == told["entry"]["data"]["client_id"] == REDACTED
    # What helps is there all the same.
    assert told["entry"]["data"]["plan"] in {"watt", "free"}
    assert told["requests"]["used"] > 0
    assert {kind for system in told["systems"] for kind in _kinds(system)} >= {
        "inverter",
        "gateway" if vendor == "enphase" else "meter",
        "battery",
    }
    if vendor == "enphase":
        notes = told["systems"][1]["data"]["notes"]
        assert notes["v4_import"] == "read"


def _kinds(system: dict[str, Any]) -> set[str]:
    return {device["kind"] for device in system["data"]["devices"].values()}


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
        coordinator.data = merge(coordinator.data, replaced, now, ZoneInfo("UTC"))
    assert "123123123123" not in coordinator.data.devices
    told = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(told, cls=ExtendedJSONEncoder)
    assert "123123123123" not in text
    assert "456456456456" not in text
    assert "789789789789" not in text
    notes = told["systems"][0]["data"]["notes"]
    assert notes["only_meter"] == notes["kept"] == REDACTED
    assert (notes["scale"], notes["read"], notes["none"]) == ("percent", "2026-06-10T19:00:00+00:00", "")
