"""No device is without an entity: each has what its cloud says of it, or is not created."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from ..home.conftest import Cloud, add_account, enphase_input, solaredge_input, state_of
from ..home.lives import set_up
from ..home.sign_in import signed_in


async def v4(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    entry = await signed_in(hass, cloud, ("4200003",))
    await set_up(hass, entry)
    return entry


async def v2(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "enphase_v2", enphase_input(cloud))


async def v2_without_inverters(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    cloud.simulator.fail("*/inverters_summary_by_envoy_or_site", status=404, body={}, times=None)
    return await v2(hass, cloud)


async def solaredge(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "solaredge_key", solaredge_input(cloud))


@pytest.mark.parametrize("add", [v4, v2, v2_without_inverters, solaredge])
async def test_every_device_has_an_entity(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    add: Callable[[HomeAssistant, Cloud], Awaitable[ConfigEntry]],
) -> None:
    freezer.move_to(datetime(2026, 6, 28, 10, 2, 30, tzinfo=UTC))
    entry = await add(hass, cloud)
    entities = er.async_get(hass)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert len(devices) > 2
    empty = [
        device.name
        for device in devices
        if not er.async_entries_for_device(entities, device.id, include_disabled_entities=True)
    ]
    assert not empty


async def test_an_ev_charger_and_a_relay_have_status_and_last_report(hass: HomeAssistant, cloud: Cloud) -> None:
    await v4(hass, cloud)
    for serial in ("202400000001", "482490000001"):
        assert state_of(hass, f"enphase_{serial}_status") == "normal"
        assert state_of(hass, f"enphase_{serial}_last_report") not in {None, "unknown"}


async def test_a_gateway_of_solaredge_has_what_its_inventory_says_of_it(hass: HomeAssistant, cloud: Cloud) -> None:
    gateway = {"type": "GATEWAY", "serialNumber": "7D000001-01", "active": True, "communicationType": "ETHERNET"}
    cloud.simulator.disturbances.add("*/sites/1148616/devices", lambda body, _: [*body, gateway])
    await solaredge(hass, cloud)
    assert state_of(hass, "solaredge_7D000001-01_communication") == "ethernet"
