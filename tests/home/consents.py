"""Accounts that are signed in to, added through the flow without a browser: the address it ended up at is pasted."""

from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET

from .conftest import Cloud, leave_first_steps, settle
from .sign_in import add_application, v4_input


async def add_v4(hass: HomeAssistant, cloud: Cloud, systems: Sequence[str]) -> ConfigEntry:
    """Sign in to Enphase's version 4 on the plan Watt, and choose systems."""
    await add_application(hass)
    result = await paste(hass, cloud, "enphase_v4", v4_input(cloud))
    if result["type"] is FlowResultType.FORM:
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": list(systems)})
    return await _created(hass, result)


async def add_site(hass: HomeAssistant, cloud: Cloud, owner: str) -> ConfigEntry:
    """Sign in to SolarEdge as the owner of a site, on the plan Free."""
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    cloud.simulator.solaredge_owner = owner
    given = {"plan": "free", "advanced": {"base_url": cloud.solaredge_url}}
    return await _created(hass, await paste(hass, cloud, "solaredge_oauth", given))


async def paste(hass: HomeAssistant, cloud: Cloud, item: str, given: dict[str, Any]) -> Any:
    """Sign in and paste the address that the browser ended up at; returns what the flow shows then."""
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "user"})
    result = await flow.async_configure(result["flow_id"], {"next_step_id": item})
    result = await flow.async_configure(result["flow_id"], given)
    result = await flow.async_configure(result["flow_id"], {"next_step_id": "paste_code"})
    address = cloud.simulator.authorize(result["description_placeholders"]["url"])
    return await flow.async_configure(result["flow_id"], {"code": address})


async def _created(hass: HomeAssistant, result: Any) -> ConfigEntry:
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    entry: ConfigEntry = result["result"]
    leave_first_steps(hass, entry)
    await settle(hass)
    return entry
