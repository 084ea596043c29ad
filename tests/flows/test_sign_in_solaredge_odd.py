"""SolarEdge's sign-in under attack: links of a dialog that was reopened, refusals in the wrong place, old addresses."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.solar_cloud.account.callback_view import WAITING
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import (
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_SINGLE_ACCOUNT_KEY,
    SOLAREDGE_SINGLE_API_KEY,
)

from ..home.conftest import Cloud, add_account, settle, solaredge_input
from ..home.sign_in import HOME, Dialog, add_application, open_dialog, reopen_dialog
from .test_sign_in_solaredge import CALLBACK, SITE, form, oauth_input, waiting


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud) -> Any:
    """A browser that is logged in to Home Assistant; one application is entered, and its redirect URL registered."""
    assert await async_setup_component(hass, "config", {})
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    cloud.simulator.add_solaredge_redirect(SOLAREDGE_CLIENT_ID, HOME + CALLBACK)
    return await hass_client()


async def pasting(browser: Any, cloud: Cloud) -> Dialog:
    """Open a dialog that waits for what is pasted."""
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    dialog.result["url"] = dialog.result["description_placeholders"]["url"]
    return dialog


async def test_a_page_that_is_open_already_works_although_the_dialog_was_shown_anew(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog, back = await waiting(browser, cloud)
    # Home Assistant's page was loaded again meanwhile, and gives out another link.
    first = dialog.result["url"]
    await dialog.look()
    assert dialog.result["url"] != first
    assert "You can close" in await dialog.come_back(back)
    await dialog.look()
    assert dialog.result["type"] == "create_entry"
    assert not hass.data[WAITING]
    await settle(hass)


async def test_however_often_a_dialog_is_shown_it_keeps_few_links(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog, _ = await waiting(browser, cloud)
    for _ in range(20):
        await dialog.look()
    assert len(hass.data[WAITING]) <= 5
    await dialog.come_back(dialog.consent())
    assert (await dialog.look())["type"] == "create_entry"
    await settle(hass)


async def test_a_refusal_that_comes_back_to_a_dialog_that_waits_for_a_code_changes_nothing(
    hass: HomeAssistant, browser: Any, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    # Without a redirect address of ours, Connect takes the registered one: our own page.
    dialog = await pasting(browser, cloud)
    ours = URL(dialog.result["url"]).query["external_id"]
    response = await browser.get(CALLBACK, params={"error": "access_denied", "external_id": ours})
    assert response.status == 400
    assert "Traceback" not in caplog.text
    # The same link still works, on either way.
    await dialog.answer(code=str(dialog.consent()))
    assert dialog.result["type"] == "create_entry"
    await settle(hass)


async def test_a_code_that_comes_back_by_itself_to_a_dialog_that_waits_for_one_is_taken(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog = await pasting(browser, cloud)
    code = dialog.consent().query
    query = {"code": code["code"], "site_id": code["site_id"], "external_id": code["external_id"]}
    response = await browser.get(CALLBACK, params=query)
    assert response.status == 200
    await settle(hass)
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


@pytest.mark.parametrize("path", ["/solaredge/v2/monitoring", "/solaredge/v2/monitoring/", "/solaredge/v2"])
async def test_a_sign_in_uses_the_newer_address_whichever_was_entered(
    hass: HomeAssistant, browser: Any, cloud: Cloud, path: str
) -> None:
    dialog = await open_dialog(browser, cloud, "solaredge_oauth")
    await dialog.answer(**oauth_input(cloud, advanced={"base_url": cloud.url + path}))
    await dialog.sign_in_here()
    assert dialog.result["type"] == "create_entry"
    await settle(hass)
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert entry.data["base_url"] == cloud.solaredge_url
    assert entry.state is ConfigEntryState.LOADED


async def test_a_key_account_at_the_older_address_moves_to_a_sign_in_at_the_newer_one(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await add_account(
        hass,
        "solaredge_key",
        solaredge_input(
            cloud,
            api_key=SOLAREDGE_SINGLE_API_KEY,
            account_key=SOLAREDGE_SINGLE_ACCOUNT_KEY,
            advanced={"base_url": cloud.solaredge_legacy_url},
        ),
    )
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "solaredge_oauth")
    # The form proposes the address that the account has.
    await dialog.answer(plan="free", advanced={"base_url": cloud.solaredge_legacy_url})
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.data["base_url"] == cloud.solaredge_url
    assert entry.state is ConfigEntryState.LOADED
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    assert coordinator.last_update_success


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "access_denied", "error_description": "This user has more than one site"},
        {"code": "abc", "site_id": f"{SITE} 1148616"},
    ],
)
async def test_a_login_of_several_sites_is_told_so_in_the_browser_and_in_the_dialog(
    browser: Any, cloud: Cloud, answer: dict[str, str]
) -> None:
    dialog, back = await waiting(browser, cloud)
    assert "several sites" in await dialog.come_back(
        back.with_query(answer | {"external_id": back.query["external_id"]})
    )
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "several_sites")
    assert not cloud.simulator.requests
