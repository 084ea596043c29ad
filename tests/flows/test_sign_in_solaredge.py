"""Adding a SolarEdge site that its homeowner signs in to, through the view in Home Assistant's own web server."""

import asyncio
from datetime import UTC, datetime, timedelta
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.solar_cloud.account.callback_view import WAITING
from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import (
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    SOLAREDGE_SINGLE_API_KEY,
)

from ..home.conftest import Cloud, add_account, settle, solaredge_input
from ..home.lives import live, reauths, stop
from ..home.sign_in import HOME, Dialog, add_application, open_dialog, reopen_dialog

CALLBACK = "/api/solar_cloud/solaredge/callback"
SITE = "222881711"


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud) -> Any:
    """A browser that is logged in to Home Assistant; one application is entered, and its redirect URL registered."""
    assert await async_setup_component(hass, "config", {})
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    cloud.simulator.add_solaredge_redirect(SOLAREDGE_CLIENT_ID, HOME + CALLBACK)
    return await hass_client()


def oauth_input(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {"plan": "free", "advanced": {"base_url": cloud.solaredge_url}} | changes


async def form(browser: Any, cloud: Cloud, **changes: Any) -> Dialog:
    """Fill in the first form; what follows is the question how to sign in."""
    dialog = await open_dialog(browser, cloud, "solaredge_oauth")
    assert dialog.result["step_id"] == "solaredge_oauth"
    assert dialog.result["description_placeholders"]["redirect_url"] == HOME + CALLBACK
    await dialog.answer(**oauth_input(cloud, **changes))
    assert dialog.result["step_id"] == "sign_in"
    return dialog


async def waiting(browser: Any, cloud: Cloud) -> tuple[Dialog, URL]:
    """Open a dialog that waits for the browser; returns where the browser is sent after the consent."""
    dialog = await form(browser, cloud)
    await dialog.choose("sign_in_here")
    assert dialog.result["type"] == "external"
    return dialog, dialog.consent()


async def signed_in(hass: HomeAssistant, browser: Any, cloud: Cloud) -> ConfigEntry:
    """Add an account."""
    dialog = await form(browser, cloud)
    await dialog.sign_in_here()
    assert dialog.result["type"] == "create_entry", dialog.result
    await settle(hass)
    return hass.config_entries.async_entries(DOMAIN)[-1]


async def test_a_homeowner_signs_in_although_the_state_is_dropped(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog, back = await waiting(browser, cloud)
    query = URL(dialog.result["url"]).query
    assert query["scope"] == "SITE_DATA DEVICE_DATA"
    assert query["access_duration"] == "24"
    assert len(query["external_id"]) >= 40
    assert "state" not in back.query
    assert not cloud.simulator.requests
    page = await dialog.come_back(back)
    assert "You can close this window" in page
    await dialog.look()
    assert dialog.result["type"] == "create_entry"
    # What the sign-in itself took; the site is read after that.
    assert [request.path for request in cloud.simulator.requests][:2] == [
        "/solaredge/v2/oauth2/token",
        f"/solaredge/v2/sites/{SITE}",
    ]
    await settle(hass)
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["cloud"] == "solaredge"
    assert entry.data["site_id"] == SITE
    assert "api_key" not in entry.data
    assert entry.unique_id == "solaredge_786936fa98255f03"
    assert [sub.unique_id for sub in entry.subentries.values()] == [f"solaredge_{SITE}"]
    assert not any(request.path.endswith("/sites") for request in cloud.simulator.requests)


@pytest.mark.parametrize("by", ["state", "external_id"])
async def test_either_name_brings_the_browser_back(browser: Any, cloud: Cloud, by: str) -> None:
    dialog, back = await waiting(browser, cloud)
    query = {"code": back.query["code"], "site_id": back.query["site_id"], by: back.query["external_id"]}
    assert "You can close" in await dialog.come_back(back.with_query(query))
    await dialog.look()
    assert dialog.result["type"] == "create_entry"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "abc", "site_id": SITE},
        {"code": "abc", "site_id": SITE, "external_id": "forged"},
        {"code": "abc", "site_id": SITE, "external_id": ""},
        {"code": "x" * 5000, "site_id": SITE, "external_id": "OURS"},
        {"error": "access_denied", "external_id": "forged"},
        {"external_id": "OURS"},
        {"state": "OURS"},
    ],
)
async def test_what_does_not_belong_to_a_dialog_changes_and_reveals_nothing(
    hass: HomeAssistant, browser: Any, cloud: Cloud, query: dict[str, str]
) -> None:
    dialog, back = await waiting(browser, cloud)
    ours = back.query["external_id"]
    before = dict(hass.data[WAITING])
    pages = []
    for ids in ({"OURS": ours}, {"OURS": "another", "forged": "another"}):
        forged = await browser.get(CALLBACK, params={key: ids.get(value, value) for key, value in query.items()})
        assert forged.status == 400
        pages.append(await forged.text())
    # The page depends on the address alone: it does not tell which dialogs wait.
    assert pages[0] == pages[1]
    assert dict(hass.data[WAITING]) == before
    assert not cloud.simulator.requests
    # The dialog goes on waiting, and the true callback still works.
    assert "You can close" in await dialog.come_back(back)
    await dialog.look()
    assert dialog.result["type"] == "create_entry"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"error": "access_denied"}, ["did not agree"]),
        ({"error": "unauthorized_client", "external_id": "gone"}, ["type must be Site Access"]),
        ({"error": "some_day"}, ["some_day"]),
        ({"error": "access_denied", "error_description": "Multi-site access is not yet supported"}, ["several sites"]),
        ({"error": "multi_site"}, ["several sites", "fleet access"]),
        ({"code": "abc", "site_id": f"{SITE},12", "external_id": "gone"}, ["several sites"]),
        ({"error": "<b>call us</b>"}, ["gives no reason"]),
        (
            {"code": "abc", "site_id": SITE},
            [
                "not say which dialog",
                "<em>Sign in and paste the code</em>",
                "the code <code>abc</code>",
                f"<code>{SITE}</code>",
            ],
        ),
        ({"code": "abc", "external_id": "gone"}, ["does not work", "restart", "paste the code", "<code>abc</code>."]),
        ({}, ["Nothing has come back"]),
    ],
)
async def test_the_page_says_what_happened_and_how_to_go_on(
    browser: Any, cloud: Cloud, query: dict[str, str], said: list[str]
) -> None:
    await waiting(browser, cloud)
    response = await browser.get(CALLBACK, params=query)
    page = await response.text()
    assert response.status == 400
    assert all(text in page for text in said), page
    assert "call us" not in page


@pytest.mark.parametrize("without", [["external_id"], []], ids=["no id", "another dialog's id"])
async def test_a_code_that_came_without_its_dialog_can_be_pasted_but_not_the_address(
    hass: HomeAssistant, browser: Any, cloud: Cloud, without: list[str]
) -> None:
    dialog, back = await waiting(browser, cloud)
    address = back.without_query_params(*without)
    await dialog.close()
    page = await dialog.come_back(address)
    code, site = re.findall("<code>(.*?)</code>", page)
    assert (code, site) == (back.query["code"], SITE)
    again = await form(browser, cloud)
    await again.choose("paste_code")
    await again.answer(code=str(address))
    assert again.result["errors"] == {"base": "foreign_code"}
    await again.answer(code=code)
    assert again.result["errors"] == {"site_id": "no_site_id"}
    await again.answer(code=code, site_id=site)
    assert again.result["type"] == "create_entry"
    await settle(hass)


async def test_a_code_on_the_page_is_only_text(browser: Any, cloud: Cloud) -> None:
    await waiting(browser, cloud)
    page = await (await browser.get(CALLBACK, params={"code": '<b title="">{title}', "site_id": "<i>"})).text()
    assert "&lt;b title=&quot;&quot;&gt;{title}" in page
    assert "<b" not in page.replace("<body", "")
    assert "<i>" not in page


async def test_a_replayed_callback_changes_nothing(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog, back = await waiting(browser, cloud)
    await dialog.come_back(back)
    assert "does not work" in await dialog.come_back(back)
    await dialog.look()
    assert dialog.result["type"] == "create_entry"
    await settle(hass)
    assert "does not work" in await dialog.come_back(back)
    assert sum(request.path.endswith("token") for request in cloud.simulator.requests) == 1


async def test_a_late_callback_changes_nothing(browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory) -> None:
    dialog, back = await waiting(browser, cloud)
    freezer.tick(timedelta(minutes=10))
    page = await dialog.come_back(back)
    assert all(text in page for text in ("does not work", "The link is older", "paste the code", back.query["code"]))
    # An id that nobody has given out is not late.
    assert "The link is older" not in await dialog.come_back(back.update_query(external_id="unknown"))
    assert not cloud.simulator.requests


async def test_concurrent_callbacks_go_on_once(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog, back = await waiting(browser, cloud)
    pages = await asyncio.gather(*(dialog.come_back(back) for _ in range(5)))
    assert sum("You can close" in page for page in pages) == 1
    await dialog.look()
    assert dialog.result["type"] == "create_entry"
    assert sum(request.path.endswith("token") for request in cloud.simulator.requests) == 1
    await settle(hass)


async def test_two_dialogs_do_not_get_in_each_others_way(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    first, back_of_first = await waiting(browser, cloud)
    cloud.simulator.solaredge_owner = SOLAREDGE_BATTERY_OWNER
    second, back_of_second = await waiting(browser, cloud)
    await second.come_back(back_of_second)
    await first.come_back(back_of_first)
    assert (await first.look())["title"].startswith("SolarEdge: ")
    assert (await second.look())["title"].startswith("SolarEdge: ")
    await settle(hass)
    sites = {entry.data["site_id"] for entry in hass.config_entries.async_entries(DOMAIN)}
    assert sites == {SITE, "1148616"}


async def test_a_closed_dialog_leaves_nothing_behind(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog, back = await waiting(browser, cloud)
    await dialog.close()
    assert not hass.data[WAITING]
    assert "does not work" in await dialog.come_back(back)
    assert not cloud.simulator.requests


async def test_a_refused_consent_ends_the_dialog_with_a_reason(browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("sign_in_here")
    assert "did not agree" in await dialog.come_back(dialog.consent(allow=False))
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "user_rejected_authorize")


async def test_a_refusal_that_is_not_the_owner_s_has_a_reason_of_its_own(browser: Any, cloud: Cloud) -> None:
    dialog, back = await waiting(browser, cloud)
    refused = back.with_query({"error": "invalid_scope", "external_id": back.query["external_id"]})
    assert "DEVICE_DATA" in await dialog.come_back(refused)
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "sign_in_refused")


async def test_the_whole_address_can_be_pasted(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    dialog.result["url"] = dialog.result["description_placeholders"]["url"]
    await dialog.answer(code=str(dialog.consent()))
    assert dialog.result["type"] == "create_entry"
    await settle(hass)


async def test_a_bare_code_can_be_pasted_with_the_site(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    dialog.result["url"] = dialog.result["description_placeholders"]["url"]
    code = dialog.consent().query["code"]
    assert [field["name"] for field in dialog.result["data_schema"]] == ["code"]
    await dialog.answer(code=code)
    assert dialog.result["errors"] == {"site_id": "no_site_id"}
    # The site is asked for only when it is missing, and the code stays.
    fields = {field["name"]: field for field in dialog.result["data_schema"]}
    assert fields.keys() == {"code", "site_id"}
    assert fields["code"]["description"]["suggested_value"] == code
    await dialog.answer(code=code, site_id=SITE)
    assert dialog.result["type"] == "create_entry"
    await settle(hass)


@pytest.mark.parametrize(
    ("pasted", "errors"),
    [
        ("https://home.example/?error=access_denied", {"base": "access_denied"}),
        ("https://home.example/?error=invalid_scope", {"base": "sign_in_refused"}),
        ("https://home.example/?code=abc&site_id=12&site_id=13", {"base": "several_sites"}),
        ("https://home.example/?code=abc&site_id=12&external_id=foreign", {"base": "foreign_code"}),
        ("https://home.example/?code=abc&site_id=12&state=foreign", {"base": "foreign_code"}),
        # Anybody may have sent the owner an address with a code of his own.
        ("https://home.example/?code=abc&site_id=12", {"base": "foreign_code"}),
        ("code=abc", {"base": "foreign_code"}),
        ("?site_id=12&code=", {"code": "no_code"}),
    ],
)
async def test_what_cannot_be_a_code_of_ours_costs_no_request(
    browser: Any, cloud: Cloud, pasted: str, errors: dict[str, str]
) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    await dialog.answer(code=pasted)
    assert dialog.result["errors"] == errors
    assert not cloud.simulator.requests


async def test_a_site_moves_from_a_key_to_a_sign_in_and_keeps_its_entities(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud, api_key=SOLAREDGE_SINGLE_API_KEY))
    before = {
        one.entity_id: (one.unique_id, one.device_id)
        for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }
    dialog = await reopen_dialog(browser, cloud, entry.entry_id)
    assert dialog.result["menu_options"] == ["change_account", "solaredge_oauth"]
    await dialog.choose("solaredge_oauth")
    await dialog.answer(**oauth_input(cloud))
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert "api_key" not in entry.data
    after = {
        one.entity_id: (one.unique_id, one.device_id)
        for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }
    assert before.items() <= after.items()


async def test_a_key_with_several_sites_keeps_them_all(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud))
    before = dict(entry.data)
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "solaredge_oauth")
    await dialog.answer(**oauth_input(cloud))
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "one_site_only")
    assert dict(entry.data) == before


async def test_without_the_scope_of_devices_the_energy_goes_on_and_the_owner_is_told(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    cloud.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, {"SITE_DATA"})
    entry = await signed_in(hass, browser, cloud)
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    assert coordinator.last_update_success
    assert coordinator.data.power is not None
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"devices_missing_{entry.entry_id}")
    assert issue is not None
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_removed_account_is_revoked(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    entry = await signed_in(hass, browser, cloud)
    cloud.simulator.clear_requests()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert [request.path for request in cloud.simulator.requests] == ["/solaredge/v2/oauth2/revoke-token"]
    assert not cloud.simulator.revoke_solaredge_grant(SOLAREDGE_OWNER)


async def test_a_removal_while_the_cloud_is_down_works_all_the_same(
    hass: HomeAssistant, browser: Any, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await signed_in(hass, browser, cloud)
    cloud.simulator.fail("*", drop=True, times=None)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert "Traceback" not in caplog.text


async def test_two_sign_ins_of_one_application_share_a_ledger(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    first = await signed_in(hass, browser, cloud)
    cloud.simulator.solaredge_owner = SOLAREDGE_BATTERY_OWNER
    second = await signed_in(hass, browser, cloud)
    assert first.entry_id != second.entry_id
    assert first.runtime_data.metered is second.runtime_data.metered
    # It is written every quarter of an hour at most, and at once when somebody asks.
    for entry in (first, second):
        await entry.runtime_data.account.async_refresh()
    used = first.runtime_data.account.data.used
    assert used == len(cloud.simulator.requests)


@pytest.mark.slow("two years of a whole Home Assistant")
async def test_tokens_end_with_the_consent_after_two_years_and_the_owner_is_warned_before(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, browser, cloud)
    begin, reported_at, asked_at = datetime.now(UTC), None, None
    issues = ir.async_get(hass)
    while asked_at is None and datetime.now(UTC) - begin < timedelta(days=760):
        await live(hass, freezer, timedelta(days=20), timedelta(days=2))
        age = datetime.now(UTC) - begin
        if reported_at is None and issues.async_get_issue(DOMAIN, f"consent_ends_{entry.entry_id}"):
            reported_at = age
        if reauths(hass):
            asked_at = age
        elif reported_at is None:
            # Switched off for longer than an access token lives, and shorter than a refresh token.
            await stop(hass, entry, freezer, timedelta(days=8))
    assert reported_at is not None
    assert asked_at is not None
    assert timedelta(days=690) < reported_at < timedelta(days=730)
    assert timedelta(days=728) < asked_at < timedelta(days=760)
    assert reauths(hass) == 1
    await settle(hass)
