"""Adding an Enphase account that its owner signs in to, through Home Assistant's own callback."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import (
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    ENPHASE_V4_OWNER_OF_BOTH,
)

from ..home.conftest import Cloud, add_account, enphase_input, settle
from ..home.sign_in import Dialog, add_application, open_dialog, reopen_dialog, v4_input


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud) -> Any:
    """A browser that is logged in to Home Assistant; one application is entered."""
    assert await async_setup_component(hass, "config", {})
    await add_application(hass)
    return await hass_client()


async def form(browser: Any, cloud: Cloud, **changes: Any) -> Dialog:
    """Fill in the first form; what follows is the question how to sign in."""
    dialog = await open_dialog(browser, cloud, "enphase_v4")
    assert dialog.result["step_id"] == "enphase_v4"
    await dialog.answer(**v4_input(cloud, **changes))
    return dialog


async def signed_in(hass: HomeAssistant, browser: Any, cloud: Cloud, **changes: Any) -> ConfigEntry:
    """Add an account, with all its systems."""
    dialog = await form(browser, cloud, **changes)
    await dialog.sign_in_here()
    if dialog.result.get("step_id") == "systems":
        await dialog.answer(systems=["4200001", "4200002", "4200003"])
    assert dialog.result["type"] == "create_entry", dialog.result
    await settle(hass)
    return hass.config_entries.async_entries(DOMAIN)[-1]


async def test_an_owner_signs_in_through_home_assistants_own_callback_with_two_requests(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog = await form(browser, cloud)
    assert dialog.result["type"] == "menu"
    assert dialog.result["menu_options"] == ["sign_in_here", "paste_code"]
    await dialog.choose("sign_in_here")
    assert dialog.result["type"] == "external"
    assert not cloud.simulator.requests
    page = await dialog.come_back(dialog.consent())
    assert "window.close" in page
    await dialog.look()
    assert dialog.result["step_id"] == "systems"
    assert [request.path.rpartition("/")[2] for request in cloud.simulator.requests] == ["token", "systems"]
    result = await dialog.answer(systems=["4200001"])
    assert result["type"] == "create_entry"
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    assert {key: value for key, value in entry.data.items() if key != "token"} == {
        "cloud": "enphase_v4",
        "api_key": ENPHASE_V4_API_KEY,
        "auth_implementation": ENPHASE_V4_CLIENT_ID,
        "client_id": ENPHASE_V4_CLIENT_ID,
        "owner": str(cloud.simulator.accounts.enphase_owners[ENPHASE_V4_OWNER].number),
        "base_url": cloud.v4_url,
        "plan": "watt",
        "per_minute": 10,
        "per_month": 1000,
    }
    assert {"access_token", "refresh_token", "expires_at"} <= entry.data["token"].keys()
    assert entry.unique_id == "enphase_v4_f1af60ece44571f0"
    assert [sub.unique_id for sub in entry.subentries.values()] == ["enphase_4200001"]
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.metered.ledger.used(entry.runtime_data.metered._account.clock()) == len(
        cloud.simulator.requests
    )


async def test_what_the_vendors_page_shows_can_be_pasted(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    assert dialog.result["step_id"] == "paste_code"
    dialog.result["url"] = dialog.result["description_placeholders"]["url"]
    shown = dialog.consent()
    assert shown.path == "/enphase/oauth/redirect_uri"
    await dialog.answer(code=f" {shown.query['code']}\n")
    assert dialog.result["step_id"] == "systems"


async def test_the_whole_address_can_be_pasted_too(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("paste_code")
    dialog.result["url"] = dialog.result["description_placeholders"]["url"]
    await dialog.answer(code=str(dialog.consent()))
    assert dialog.result["step_id"] == "systems"


@pytest.mark.parametrize(
    ("pasted", "errors"),
    [
        ("", {"code": "no_code"}),
        ("two words", {"code": "no_code"}),
        ("http://127.0.0.1/redirect_uri?code=", {"code": "no_code"}),
        ("http://127.0.0.1/redirect_uri", {"code": "no_code"}),
        ("http://127.0.0.1/redirect_uri?state=1", {"code": "no_code"}),
        ("http://127.0.0.1/redirect_uri?error=access_denied", {"base": "access_denied"}),
        ("http://127.0.0.1/redirect_uri?code=abc&state=of-somebody-else", {"base": "foreign_code"}),
        ("http://127.0.0.1/redirect_uri?code=abc", {"base": "foreign_code"}),
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


async def test_a_used_code_is_said_and_another_one_can_be_pasted(browser: Any, cloud: Cloud) -> None:
    first = await form(browser, cloud)
    await first.choose("paste_code")
    first.result["url"] = first.result["description_placeholders"]["url"]
    code = first.consent().query["code"]
    await first.answer(code=code)
    assert first.result["step_id"] == "systems"
    await first.close()
    second = await form(browser, cloud)
    await second.choose("paste_code")
    url = second.result["description_placeholders"]["url"]
    await second.answer(code=code)
    assert second.result["errors"] == {"base": "code_refused"}
    assert second.result["description_placeholders"]["url"] == url
    second.result["url"] = url
    await second.answer(code=second.consent().query["code"])
    assert second.result["step_id"] == "systems"


async def test_an_expired_code_ends_the_dialog_with_a_reason(
    browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("sign_in_here")
    back = dialog.consent()
    freezer.tick(timedelta(minutes=11))
    await dialog.come_back(back)
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "code_refused")


async def test_a_refused_consent_ends_the_dialog_with_a_reason(browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("sign_in_here")
    await dialog.come_back(dialog.consent(allow=False))
    await dialog.look()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "user_rejected_authorize")
    assert not cloud.simulator.requests


async def test_a_forged_state_changes_nothing(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud)
    await dialog.choose("sign_in_here")
    response = await browser.get("/auth/external/callback", params={"code": "abc", "state": "forged"})
    assert response.status == 400
    await dialog.look()
    assert dialog.result["type"] == "external"
    assert not cloud.simulator.requests


async def test_another_applications_api_key_is_named_and_corrected_without_a_new_sign_in(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    cloud.simulator.add_enphase_application("other", "secret", "other-key")
    dialog = await form(browser, cloud, api_key="other-key")
    await dialog.sign_in_here()
    assert dialog.result["step_id"] == "wrong_key"
    assert dialog.result["errors"] == {"base": "wrong_application"}
    await dialog.answer(api_key=ENPHASE_V4_API_KEY)
    assert dialog.result["step_id"] == "systems"
    await dialog.answer(systems=["4200001"])
    assert hass.config_entries.async_entries(DOMAIN)[0].data["api_key"] == ENPHASE_V4_API_KEY
    paths = [request.path.rpartition("/")[2] for request in cloud.simulator.requests]
    assert paths.count("token") == 1
    await settle(hass)


async def test_a_wrong_secret_ends_the_dialog_with_a_reason(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud
) -> None:
    assert await async_setup_component(hass, "config", {})
    await add_application(hass, secret="wrong")
    dialog = await form(await hass_client(), cloud)
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "client_refused")


async def test_without_an_application_nothing_has_to_be_typed(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud
) -> None:
    assert await async_setup_component(hass, "config", {})
    assert await async_setup_component(hass, "application_credentials", {})
    dialog = await open_dialog(await hass_client(), cloud, "enphase_v4")
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "missing_credentials")


async def test_one_of_several_applications_is_chosen(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    await add_application(hass, "second", "secret", "Another")
    cloud.simulator.add_enphase_application("second", "secret", "second-key")
    dialog = await form(browser, cloud, api_key="second-key")
    assert dialog.result["step_id"] == "pick_implementation"
    await dialog.answer(implementation="second")
    await dialog.sign_in_here()
    assert dialog.result["step_id"] == "systems"


async def test_a_cloud_that_is_down_after_the_sign_in_is_asked_again(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    dialog = await form(browser, cloud)
    cloud.simulator.fail("*/systems", status=503)
    await dialog.sign_in_here()
    assert dialog.result["step_id"] == "finish"
    assert dialog.result["errors"] == {"base": "cannot_connect"}
    await dialog.answer()
    assert dialog.result["step_id"] == "systems"


@pytest.mark.parametrize(("fault", "reason"), [({"status": 503}, "cannot_connect"), ({"status": 429}, "rate_limited")])
async def test_a_token_endpoint_that_fails_ends_the_dialog_with_a_reason(
    browser: Any, cloud: Cloud, fault: dict[str, Any], reason: str
) -> None:
    dialog = await form(browser, cloud)
    cloud.simulator.fail("*/oauth/token", **fault)
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", reason)


async def test_limits_of_ones_own_are_asked_for_before_the_sign_in(browser: Any, cloud: Cloud) -> None:
    dialog = await form(browser, cloud, plan="custom")
    assert dialog.result["step_id"] == "limits"
    await dialog.answer(per_minute=20, per_month=3000)
    assert dialog.result["step_id"] == "sign_in"
    await dialog.sign_in_here()
    assert dialog.result["step_id"] == "systems"


async def test_the_same_owner_twice_is_told_so(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    await signed_in(hass, browser, cloud)
    dialog = await form(browser, cloud)
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "already_configured")


async def test_an_account_moves_from_version_2_and_keeps_its_entities(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    before = {
        one.entity_id: (one.unique_id, one.device_id)
        for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }
    cloud.simulator.enphase_owner = ENPHASE_V4_OWNER_OF_BOTH
    dialog = await reopen_dialog(browser, cloud, entry.entry_id)
    assert dialog.result["menu_options"] == ["change_account", "enphase_v4"]
    await dialog.choose("enphase_v4")
    await dialog.answer(**v4_input(cloud))
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["cloud"] == "enphase_v4"
    assert "user_id" not in entry.data
    assert entry.unique_id is not None
    assert entry.unique_id.startswith("enphase_v4_")
    after = {
        one.entity_id: (one.unique_id, one.device_id)
        for one in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }
    assert before.items() <= after.items()


async def test_an_owner_of_other_systems_cannot_take_an_account_over(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    before = dict(entry.data)
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "enphase_v4")
    await dialog.answer(**v4_input(cloud))
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "wrong_account")
    assert dict(entry.data) == before


async def test_signing_in_again_after_the_grant_is_dead(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, browser, cloud)
    cloud.simulator.revoke_grant(ENPHASE_V4_OWNER)
    freezer.tick(timedelta(minutes=11))
    for coordinator in entry.runtime_data.coordinators.values():
        await coordinator.async_request_refresh()
    await settle(hass)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
    dialog = Dialog(browser, cloud, dict(flows[0]))
    await dialog.look()
    assert dialog.result["step_id"] == "reauth_sign_in"
    await dialog.answer()
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reauth_successful")
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_another_plan_is_entered_without_signing_in_again(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await signed_in(hass, browser, cloud)
    cloud.simulator.clear_requests()
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "change_account")
    await dialog.answer(**v4_input(cloud, plan="kilowatt"))
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.data["per_month"] == 50_000
    assert entry.state is ConfigEntryState.LOADED
    assert not any(request.path.endswith("token") for request in cloud.simulator.requests)


async def test_no_secret_is_in_the_log(
    hass: HomeAssistant, browser: Any, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await signed_in(hass, browser, cloud)
    token = entry.data["token"]
    ours = "\n".join(record.getMessage() for record in caplog.records if "solar_cloud" in record.name)
    for secret in (token["access_token"], token["refresh_token"], ENPHASE_V4_CLIENT_SECRET, ENPHASE_V4_API_KEY):
        assert secret not in ours
