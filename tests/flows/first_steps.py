"""What the tests of the first steps share: an owner who adds an account and goes on with the dialog that follows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_platform
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.const import CONF_SETUP, DOMAIN
from custom_components.solar_cloud.runtime import SystemRuntime

from ..home.conftest import Cloud, enphase_input, settle, solaredge_input

FIX = "/api/repairs/issues/fix"


async def add(hass: HomeAssistant, step: str, given: dict[str, Any], systems: Collection[str] = ()) -> Any:
    """Add an account with these systems; returns the last result of the flow."""
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "user"})
    result = await flow.async_configure(result["flow_id"], {"next_step_id": step})
    result = await flow.async_configure(result["flow_id"], given)
    if result["type"] is FlowResultType.FORM:
        result = await flow.async_configure(result["flow_id"], {"systems": list(systems)})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return result


async def add_site(hass: HomeAssistant, cloud: Cloud, *systems: str) -> Any:
    """Add SolarEdge sites, whose past has its price."""
    return await add(hass, "solaredge_key", solaredge_input(cloud), systems or ("222881711",))


async def add_residence(hass: HomeAssistant, cloud: Cloud, *systems: str) -> Any:
    """Add Enphase systems, whose past is free."""
    return await add(hass, "enphase_v2", enphase_input(cloud), systems or ("72",))


@dataclass
class FirstSteps:
    """The dialog of the first steps, as Home Assistant's page shows it."""

    hass: HomeAssistant
    shown: Any

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the form, each with its default."""
        fields = self.shown["data_schema"].schema
        return {str(one): None if isinstance(one.default, type(...)) else one.default for one in fields}

    @property
    def words(self) -> dict[str, str]:
        return dict(self.shown["description_placeholders"])

    async def answer(self, **given: Any) -> Any:
        """Submit the form."""
        self.shown = await self.hass.config_entries.subentries.async_configure(self.shown["flow_id"], given)
        return self.shown

    def close(self) -> None:
        self.hass.config_entries.subentries.async_abort(self.shown["flow_id"])


async def follow(hass: HomeAssistant, result: Any) -> FirstSteps:
    """Go on with the dialog that follows the sign-in."""
    kind, flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    shown = await hass.config_entries.subentries.async_configure(flow_id)
    assert (shown["type"], shown["step_id"]) == (FlowResultType.FORM, "setup")
    return FirstSteps(hass, shown)


async def reopen(hass: HomeAssistant, entry: ConfigEntry) -> FirstSteps:
    """Open the first steps of the only system once more."""
    (subentry_id,) = entry.subentries
    flows = hass.config_entries.subentries
    context: Any = {"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
    return FirstSteps(
        hass, await flows.async_init((entry.entry_id, "system"), context=context, data={CONF_SETUP: [subentry_id]})
    )


async def set_up_energy(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "energy", {})


async def sources(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what the Energy dashboard shows."""
    manager = await async_get_manager(hass)
    return [] if manager.data is None else [dict(one) for one in manager.data["energy_sources"]]


def system_of(entry: ConfigEntry) -> SystemRuntime:
    (system,) = entry.runtime_data.systems.values()
    return system


def only_data(entry: ConfigEntry) -> dict[str, Any]:
    """Return what is stored of the only system."""
    (subentry,) = entry.subentries.values()
    return dict(subentry.data)


def repairs(hass: HomeAssistant) -> list[str]:
    """Return the keys of the repairs that ask for something about first steps or the past."""
    issues = [one for one in ir.async_get(hass).issues.values() if one.domain == DOMAIN and one.active]
    return sorted(str(one.translation_key) for one in issues if one.translation_key != "plan_too_small")


async def fix(hass_client: ClientSessionGenerator, entry: ConfigEntry, *answers: dict[str, Any]) -> dict[str, Any]:
    """Open the repair, and submit its forms; returns what is shown in the end."""
    client = await hass_client()
    opened = await client.post(FIX, json={"handler": DOMAIN, "issue_id": f"finish_setup_{entry.entry_id}"})
    shown: dict[str, Any] = await opened.json()
    for given in answers:
        assert shown["step_id"] == "setup", shown
        shown = await (await client.post(f"{FIX}/{shown['flow_id']}", json=given)).json()
    return shown


def install_forecast(hass: HomeAssistant, title: str) -> str:
    """Install something that forecasts the production of a roof; returns its config entry's id."""

    async def forecast(_hass: HomeAssistant, _entry_id: str) -> dict[str, Any]:
        return {"wh_hours": {datetime.now(UTC).isoformat(): 1.0}}

    hass.config.components.add("weather_guess")
    mock_platform(hass, "weather_guess.energy", SimpleNamespace(async_get_solar_forecast=forecast))  # type: ignore[arg-type]
    entry = MockConfigEntry(domain="weather_guess", title=title)
    entry.add_to_hass(hass)
    return entry.entry_id


async def restart(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Unload the account and load it again."""
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
