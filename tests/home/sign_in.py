"""Signing in through Home Assistant's own web server, as a browser does."""

from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.components.application_credentials import ClientCredential, async_import_client_credential
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.solar_cloud.account.clients import async_token_endpoint
from custom_components.solar_cloud.account.metered import entry_unique_id
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import ENPHASE_V4_API_KEY, ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, ENPHASE_V4_OWNER

from .conftest import Cloud

HOME = "https://home.example"
FLOWS = "/api/config/config_entries/flow"
REDIRECT = f"{HOME}/auth/external/callback"


async def add_application(
    hass: HomeAssistant,
    client_id: str = ENPHASE_V4_CLIENT_ID,
    secret: str = ENPHASE_V4_CLIENT_SECRET,
    name: str = "Enphase",
) -> None:
    """Enter an application, as the owner does in Home Assistant's dialog."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(hass, DOMAIN, ClientCredential(client_id, secret, name), client_id)


def v4_input(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {"api_key": ENPHASE_V4_API_KEY, "plan": "watt", "advanced": {"base_url": cloud.v4_url}} | changes


@dataclass
class Dialog:
    """A flow in Home Assistant's page, and the browser that it is open in."""

    client: TestClient[Any, Any]
    cloud: Cloud
    result: dict[str, Any]

    @property
    def flow_id(self) -> str:
        return str(self.result["flow_id"])

    async def answer(self, **given: Any) -> dict[str, Any]:
        """Fill in the form that is shown, or choose from the menu."""
        self.result = await _post(self.client, f"{FLOWS}/{self.flow_id}", given)
        return self.result

    async def choose(self, item: str) -> dict[str, Any]:
        return await self.answer(next_step_id=item)

    async def look(self) -> dict[str, Any]:
        """Show the dialog anew, as the page does when the browser has come back."""
        response = await self.client.get(f"{FLOWS}/{self.flow_id}", headers={"HA-Frontend-Base": HOME})
        self.result = await response.json()
        return self.result

    def consent(self, *, allow: bool = True) -> URL:
        """Sign in at the vendor, and return where the browser is sent then."""
        return URL(self.cloud.simulator.authorize(self.result["url"], allow=allow))

    async def come_back(self, url: URL) -> str:
        """Follow the redirect to Home Assistant; returns the page."""
        response = await self.client.get(url.relative() if url.host == URL(HOME).host else str(url))
        return await response.text()

    async def close(self) -> None:
        """Close the dialog."""
        response = await self.client.delete(f"{FLOWS}/{self.flow_id}")
        assert response.status == 200

    async def sign_in_here(self) -> dict[str, Any]:
        """Go to the vendor, agree, come back, and see what comes next."""
        await self.choose("sign_in_here")
        assert self.result["type"] == "external", self.result
        await self.come_back(self.consent())
        return await self.look()


async def open_dialog(client: TestClient[Any, Any], cloud: Cloud, item: str) -> Dialog:
    """Open the flow that adds an account, and choose the kind."""
    result = await _post(client, FLOWS, {"handler": DOMAIN})
    dialog = Dialog(client, cloud, result)
    await dialog.choose(item)
    return dialog


async def reopen_dialog(client: TestClient[Any, Any], cloud: Cloud, entry_id: str, item: str | None = None) -> Dialog:
    """Open the flow that reconfigures an account, and choose what."""
    result = await _post(client, FLOWS, {"handler": DOMAIN, "entry_id": entry_id})
    dialog = Dialog(client, cloud, result)
    if item is not None:
        await dialog.choose(item)
    return dialog


async def _post(client: TestClient[Any, Any], path: str, data: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(path, json=data, headers={"HA-Frontend-Base": HOME})
    assert response.status == 200, await response.text()
    result: dict[str, Any] = await response.json()
    return result


async def signed_in(hass: HomeAssistant, cloud: Cloud, systems: tuple[str, ...] = ("4200001",)) -> MockConfigEntry:
    """Return an entry as the flow makes it, not set up yet."""
    await add_application(hass)
    data: dict[str, Any] = {
        "cloud": "enphase_v4",
        "api_key": ENPHASE_V4_API_KEY,
        "auth_implementation": ENPHASE_V4_CLIENT_ID,
        "client_id": ENPHASE_V4_CLIENT_ID,
        "owner": ENPHASE_V4_OWNER,
        "base_url": cloud.v4_url,
        "plan": "watt",
        "per_minute": 10,
        "per_month": 1000,
    }
    data["token"] = await new_tokens(hass, cloud, data)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Enphase",
        data=data,
        unique_id=entry_unique_id(data),
        subentries_data=[
            {
                "subentry_type": "system",
                "title": plant.name,
                "unique_id": plant.key,
                "data": {"system_id": str(plant.id), "timezone": plant.timezone},
            }
            for plant in (cloud.simulator.plants[f"enphase_{system}"] for system in systems)
        ],
    )
    entry.add_to_hass(hass)
    return entry


async def new_tokens(hass: HomeAssistant, cloud: Cloud, data: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens of a new consent."""
    url = f"{cloud.url}/enphase/oauth/authorize?response_type=code&client_id={ENPHASE_V4_CLIENT_ID}"
    back = cloud.simulator.authorize(f"{url}&redirect_uri={REDIRECT}&state=x")
    code = dict(part.split("=") for part in back.partition("?")[2].split("&"))["code"]
    endpoint = await async_token_endpoint(hass, data, ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET)
    return (await endpoint.exchange(code, REDIRECT)).tokens.as_dict()
