"""Dialogs in the middle of which something goes away, or whose answers lack something."""

from typing import Any

from homeassistant.components.application_credentials import DATA_COMPONENT, DOMAIN as CREDENTIALS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import (
    ImplementationUnavailableError,
    async_add_implementation_provider,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.const import DOMAIN
from simulator.enphase import oauth
from simulator.enphase.grants import token_answer
from simulator.ready import ENPHASE_SINGLE_USER_ID, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET

from ..home.conftest import Cloud, add_account, enphase_input, open_reconfigure, settle
from ..home.lives import set_up
from ..home.sign_in import HOME, add_application, open_dialog, reopen_dialog, signed_in, v4_input
from .test_sign_in_solaredge import CALLBACK, waiting


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud) -> Any:
    """A browser that is logged in to Home Assistant, where application credentials can be entered."""
    assert await async_setup_component(hass, "config", {})
    assert await async_setup_component(hass, "application_credentials", {})
    return await hass_client()


async def remove_applications(hass: HomeAssistant) -> None:
    """Remove what the owner has entered, as the page of the application credentials does."""
    store = hass.data[DATA_COMPONENT]
    for item in list(store.async_items()):
        await store.async_delete_item(item["id"])


def break_providers(hass: HomeAssistant) -> None:
    """Let all that could know an application fail, as a provider does whose own cloud is down."""

    async def fail(_hass: HomeAssistant, _domain: str) -> list[Any]:
        raise ImplementationUnavailableError("down")

    async_add_implementation_provider(hass, CREDENTIALS, fail)


async def test_an_application_that_is_removed_while_the_form_is_open_is_said(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    await add_application(hass)
    dialog = await open_dialog(browser, cloud, "enphase_v4")
    assert dialog.result["step_id"] == "enphase_v4"
    await remove_applications(hass)
    await dialog.answer(**v4_input(cloud))
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "missing_credentials")


async def test_applications_that_cannot_be_read_now_end_the_dialog_with_a_reason(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    break_providers(hass)
    dialog = await open_dialog(browser, cloud, "enphase_v4")
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "oauth_implementation_unavailable")
    assert dialog.result["translation_domain"] == "homeassistant"


async def test_an_account_whose_application_cannot_be_read_now_is_not_called_refused(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "change_account")
    break_providers(hass)
    await dialog.answer(**v4_input(cloud))
    assert dialog.result["errors"] == {"base": "cannot_connect"}


async def test_an_owner_whom_the_tokens_do_not_name_is_named_after_the_oldest_system(
    hass: HomeAssistant, browser: Any, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unnamed(*args: Any) -> dict[str, Any]:
        return {key: value for key, value in token_answer(*args).items() if key != "enl_uid"}

    monkeypatch.setattr(oauth, "token_answer", unnamed)
    await add_application(hass)
    dialog = await open_dialog(browser, cloud, "enphase_v4")
    await dialog.answer(**v4_input(cloud))
    await dialog.sign_in_here()
    await dialog.answer()
    assert dialog.result["type"] == "create_entry", dialog.result
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    oldest = min(int(subentry.data["system_id"]) for subentry in entry.subentries.values())
    assert entry.data["owner"] == f"system {oldest}"
    assert entry.unique_id is not None
    await settle(hass)


async def test_a_callback_without_the_number_of_the_site_ends_the_dialog_with_a_reason(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    cloud.simulator.add_solaredge_redirect(SOLAREDGE_CLIENT_ID, HOME + CALLBACK)
    dialog, back = await waiting(browser, cloud)
    cloud.simulator.clear_requests()
    await dialog.come_back(back.without_query_params("site_id"))
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "no_site_id")
    assert not cloud.simulator.requests


async def test_an_account_cannot_become_another_that_is_there_already(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud, user_id=ENPHASE_SINGLE_USER_ID))
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    before = dict(entry.data)
    result = await open_reconfigure(hass, entry)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], enphase_input(cloud))
    assert (result["type"], result["reason"]) == ("abort", "already_configured")
    assert dict(entry.data) == before


async def test_the_page_of_the_sign_in_is_there_before_any_dialog_is(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "solar_cloud", {})
    client = await hass_client_no_auth()
    for query, words in (
        ({}, "Nothing has come back"),
        ({"error": "access_denied"}, "did not agree"),
        ({"code": "abc", "external_id": "of a dialog before the restart"}, "A restart of Home Assistant"),
    ):
        response = await client.get("/api/solar_cloud/solaredge/callback", params=query)
        assert response.status == 400
        assert words in await response.text()
