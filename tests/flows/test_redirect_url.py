"""One redirect URL: the dialog for application credentials, the form and the sign-in name the same."""

from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET

from ..home.conftest import Cloud
from ..home.sign_in import FLOWS, add_application

CALLBACK = "/api/solar_cloud/solaredge/callback"
ADDRESSES = {
    "external": "https://outside.example",
    "cloud": "https://abc.ui.nabu.casa",
    "internal": "http://192.168.1.5:8123",
    "other": "http://homeassistant.local:8123",
}


async def shown_with_the_credentials(client: Any, token: str, browser: str) -> str:
    """Return what the dialog for application credentials shows to a browser at an address."""
    socket = await client.ws_connect("/api/websocket", headers={"Origin": browser})
    await socket.receive_json()
    await socket.send_json({"type": "auth", "access_token": token})
    await socket.receive_json()
    await socket.send_json({"id": 1, "type": "application_credentials/config"})
    answer = await socket.receive_json()
    await socket.close()
    return str(answer["result"]["integrations"][DOMAIN]["description_placeholders"]["redirect_url"])


async def post(client: Any, path: str, browser: str, data: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(path, json=data, headers={"HA-Frontend-Base": browser})
    result: dict[str, Any] = await response.json()
    return result


@pytest.mark.parametrize("browser", ADDRESSES)
@pytest.mark.parametrize("known", [(), ("internal",), ("cloud", "internal"), ("external", "cloud", "internal")])
async def test_all_dialogs_show_the_address_that_the_sign_in_uses(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_access_token: str,
    cloud: Cloud,
    known: tuple[str, ...],
    browser: str,
) -> None:
    assert await async_setup_component(hass, "config", {})
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    assert await async_setup_component(hass, "websocket_api", {})
    hass.config.external_url = ADDRESSES["external"] if "external" in known else None
    hass.config.internal_url = ADDRESSES["internal"] if "internal" in known else None
    client, at = await hass_client(), ADDRESSES[browser]
    expected = f"{ADDRESSES[known[0]] if known else at}{CALLBACK}"
    of_cloud: dict[str, Any] = (
        {"return_value": ADDRESSES["cloud"]} if "cloud" in known else {"side_effect": NoURLAvailableError}
    )
    with patch("homeassistant.helpers.network._get_cloud_url", **of_cloud):
        assert await shown_with_the_credentials(client, hass_access_token, at) == expected
        result = await post(client, FLOWS, at, {"handler": DOMAIN})
        path = f"{FLOWS}/{result['flow_id']}"
        result = await post(client, path, at, {"next_step_id": "solaredge_oauth"})
        assert result["description_placeholders"]["redirect_url"] == expected
        given = {"plan": "free", "advanced": {"base_url": cloud.solaredge_url}}
        result = await post(client, path, at, given)
        # The browser may have moved on to another address since the form was shown.
        result = await post(client, path, "https://elsewhere.example", {"next_step_id": "sign_in_here"})
        assert URL(result["url"]).query["redirect_uri"] == expected
