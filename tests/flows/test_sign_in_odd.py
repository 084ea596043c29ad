"""Sign-ins under attack: dialogs that cross, accounts that go away in the middle of a token call, old backups."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.account.grants import GRANTS, async_grant
from custom_components.solar_cloud.cloud.enphase_v4.tokens import EnphaseTokens
from custom_components.solar_cloud.cloud.errors import CredentialRefused
from custom_components.solar_cloud.cloud.grant import Grant, Tokens
from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.elements import Flow
from simulator.ready import ENPHASE_V4_CLIENT_ID, ENPHASE_V4_OWNER_OF_BOTH

from ..account.test_grants import TOKEN_PATH, token_calls
from ..home.conftest import Cloud, settle
from ..home.lives import live, reauths, set_up
from ..home.sign_in import Dialog, add_application, new_tokens, open_dialog, reopen_dialog, signed_in, v4_input

DAY = timedelta(days=1)


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: Cloud) -> Any:
    """A browser that is logged in to Home Assistant; one application is entered."""
    assert await async_setup_component(hass, "config", {})
    await add_application(hass)
    return await hass_client()


async def grant_of(hass: HomeAssistant, entry: MockConfigEntry) -> Grant:
    grant = await async_grant(hass, entry)
    assert grant is not None
    return grant


@dataclass
class OnItsWay:
    """A pair that the cloud has given out, so that the one before is dead, and whose answer is on its way."""

    hass: HomeAssistant
    entry: MockConfigEntry
    given: asyncio.Event = field(default_factory=asyncio.Event)
    arrives: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Task[str] | None = None

    async def ask(self) -> None:
        """Have somebody need it."""
        self.waiting = asyncio.create_task((await grant_of(self.hass, self.entry)).token())
        await self.given.wait()

    async def come(self) -> str:
        """Let the answer arrive; returns the access token that whoever waited has got."""
        self.arrives.set()
        assert self.waiting is not None
        return await self.waiting


@pytest.fixture
async def on_its_way(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> OnItsWay:
    """An account that is set up, and a pair that it has asked for a day later."""
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    freezer.tick(DAY)
    pair, refresh = OnItsWay(hass, entry), EnphaseTokens.refresh

    async def slow(self: EnphaseTokens, tokens: Tokens, *, vital: bool) -> Tokens:
        answer = await refresh(self, tokens, vital=vital)
        pair.given.set()
        await pair.arrives.wait()
        return answer

    monkeypatch.setattr(EnphaseTokens, "refresh", slow)
    cloud.simulator.clear_requests()
    await pair.ask()
    return pair


def stored_tokens(hass_storage: dict[str, Any], entry: MockConfigEntry) -> dict[str, Any] | None:
    stored = hass_storage.get(f"{DOMAIN}.grant.{entry.entry_id}")
    return None if stored is None else stored["data"]


async def die(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, entry: MockConfigEntry) -> None:
    """Let the consent be withdrawn, and the account find out."""
    cloud.simulator.revoke_grant()
    freezer.tick(timedelta(minutes=11))
    for coordinator in entry.runtime_data.coordinators.values():
        await coordinator.async_request_refresh()
    await settle(hass)
    assert entry.runtime_data.client.refused


# In the middle of a token call.


async def test_an_account_that_is_unloaded_meanwhile_keeps_the_new_pair(
    hass: HomeAssistant, cloud: Cloud, on_its_way: OnItsWay, hass_storage: dict[str, Any]
) -> None:
    entry = on_its_way.entry
    assert await hass.config_entries.async_unload(entry.entry_id)
    token = await on_its_way.come()
    assert entry.data["token"]["access_token"] == token
    assert stored_tokens(hass_storage, entry) == entry.data["token"]
    cloud.simulator.clear_requests()
    await set_up(hass, entry)
    assert reauths(hass) == 0
    assert token_calls(cloud) == 0


async def test_a_reload_meanwhile_costs_no_second_call(hass: HomeAssistant, cloud: Cloud, on_its_way: OnItsWay) -> None:
    entry = on_its_way.entry
    assert await hass.config_entries.async_reload(entry.entry_id)
    await on_its_way.come()
    await settle(hass)
    assert token_calls(cloud) == 1
    assert entry.state is ConfigEntryState.LOADED
    assert reauths(hass) == 0


async def test_an_account_that_is_removed_meanwhile_leaves_no_tokens_on_disk(
    hass: HomeAssistant, on_its_way: OnItsWay, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    entry = on_its_way.entry
    removing = hass.async_create_task(hass.config_entries.async_remove(entry.entry_id))
    for _ in range(50):
        await asyncio.sleep(0)
    await on_its_way.come()
    await removing
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stored_tokens(hass_storage, entry) is None
    assert not hass.data[GRANTS]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("comes_in", [CoreState.stopping, CoreState.final_write])
async def test_a_pair_that_comes_while_home_assistant_stops_is_on_disk(
    hass: HomeAssistant, on_its_way: OnItsWay, hass_storage: dict[str, Any], comes_in: CoreState
) -> None:
    hass.set_state(CoreState.stopping)
    if comes_in is CoreState.stopping:
        token = await on_its_way.come()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    if comes_in is CoreState.final_write:
        token = await on_its_way.come()
    await hass.async_block_till_done()
    stored = stored_tokens(hass_storage, on_its_way.entry)
    assert stored is not None
    assert stored["access_token"] == token
    hass.set_state(CoreState.running)


async def test_a_new_consent_is_not_overwritten_by_an_old_pair_that_is_being_saved(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    consented = await new_tokens(hass, cloud, dict(entry.data))
    freezer.tick(DAY)
    grant = await grant_of(hass, entry)
    writing, written = asyncio.Event(), asyncio.Event()

    async def slow(self: Any, data: dict[str, Any]) -> None:
        writing.set()
        await written.wait()

    monkeypatch.setattr("custom_components.solar_cloud.account.storage.GrantStore.async_save", slow)
    waiting = asyncio.create_task(grant.token())
    await writing.wait()
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": consented})
    written.set()
    await asyncio.gather(waiting, return_exceptions=True)
    await settle(hass)
    assert entry.data["token"]["consent"] == consented["consent"]
    assert (await grant_of(hass, entry)).tokens.consent == consented["consent"]


# Files from elsewhere.


@pytest.mark.parametrize(
    "data", [[], ["tokens"], "tokens", 7, {}, {"access_token": 7}, {"access_token": "a", "issued_at": "x"}, None]
)
async def test_a_file_that_holds_something_else_leaves_the_tokens_of_the_entry(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any], data: Any
) -> None:
    entry = await signed_in(hass, cloud)
    key = f"{DOMAIN}.grant.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}
    await set_up(hass, entry)
    assert reauths(hass) == 0
    assert (await grant_of(hass, entry)).tokens.access == entry.data["token"]["access_token"]


@pytest.mark.parametrize(("of_file", "expected"), [(7, 7), (3, 5), (5, 5)])
async def test_of_the_file_and_the_entry_the_later_pair_is_used(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any], of_file: int, expected: int
) -> None:
    entry = await signed_in(hass, cloud)
    token = {**entry.data["token"], "number": 5}
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": token})
    key = f"{DOMAIN}.grant.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {**token, "number": of_file}}
    assert (await grant_of(hass, entry)).tokens.number == expected


async def test_a_file_of_another_consent_is_not_used_however_late_its_pair_is(
    hass: HomeAssistant, cloud: Cloud, hass_storage: dict[str, Any]
) -> None:
    entry = await signed_in(hass, cloud)
    other = {**await new_tokens(hass, cloud, dict(entry.data)), "number": 99}
    key = f"{DOMAIN}.grant.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": other}
    assert (await grant_of(hass, entry)).tokens.access == entry.data["token"]["access_token"]


async def test_a_backup_with_dead_tokens_asks_once_to_sign_in_and_costs_no_more(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, hass_storage: dict[str, Any]
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    old = dict(entry.data)
    for _ in range(2):
        freezer.tick(DAY)
        await (await grant_of(hass, entry)).token()
    assert await hass.config_entries.async_unload(entry.entry_id)
    # The backup is older than both files.
    hass.data.pop(GRANTS)
    hass_storage.pop(f"{DOMAIN}.grant.{entry.entry_id}")
    hass.config_entries.async_update_entry(entry, data=old)
    cloud.simulator.clear_requests()
    await set_up(hass, entry)
    await live(hass, freezer, 10 * DAY, timedelta(hours=3))
    assert reauths(hass) == 1
    assert token_calls(cloud) == 1


# Dialogs that cross.


async def test_two_dialogs_cannot_add_the_same_account_twice(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    first = await open_dialog(browser, cloud, "enphase_v4")
    await first.answer(**v4_input(cloud))
    second = await open_dialog(browser, cloud, "enphase_v4")
    await second.answer(**v4_input(cloud))
    await first.sign_in_here()
    assert first.result["step_id"] == "systems"
    await second.sign_in_here()
    assert (second.result["type"], second.result["reason"]) == ("abort", "already_in_progress")
    await first.answer(systems=["4200001"])
    assert first.result["type"] == "create_entry"
    await settle(hass)
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_two_owners_of_one_system_do_not_both_get_it(hass: HomeAssistant, browser: Any, cloud: Cloud) -> None:
    cloud.simulator.add_enphase_owner("Installer", 9001, [4200001, 4200002])
    first = await open_dialog(browser, cloud, "enphase_v4")
    await first.answer(**v4_input(cloud))
    await first.sign_in_here()
    assert first.result["step_id"] == "systems"
    cloud.simulator.enphase_owner = "Installer"
    second = await open_dialog(browser, cloud, "enphase_v4")
    await second.answer(**v4_input(cloud))
    await second.sign_in_here()
    assert second.result["step_id"] == "systems"
    await first.answer(systems=["4200001"])
    assert first.result["type"] == "create_entry"
    await second.answer(systems=["4200001", "4200002"])
    assert second.result["type"] == "create_entry"
    await settle(hass)
    systems = [
        subentry.unique_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.subentries.values()
    ]
    assert sorted(systems) == ["enphase_4200001", "enphase_4200002"]


async def test_a_system_that_another_dialog_has_taken_meanwhile_is_said(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    cloud.simulator.add_enphase_owner("Installer", 9001, [4200001, 4200002])
    first = await open_dialog(browser, cloud, "enphase_v4")
    await first.answer(**v4_input(cloud))
    await first.sign_in_here()
    cloud.simulator.enphase_owner = "Installer"
    second = await open_dialog(browser, cloud, "enphase_v4")
    await second.answer(**v4_input(cloud))
    await second.sign_in_here()
    await first.answer(systems=["4200001"])
    await second.answer(systems=["4200001"])
    assert (second.result["type"], second.result["reason"]) == ("abort", "already_configured")
    await settle(hass)


async def test_an_account_is_mended_by_reconfiguring_although_it_asks_to_sign_in_too(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    await die(hass, cloud, freezer, entry)
    assert reauths(hass) == 1
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "sign_in_again")
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert reauths(hass) == 0
    assert entry.state is ConfigEntryState.LOADED
    assert not entry.runtime_data.client.refused


async def test_an_owner_is_asked_to_sign_in_once_a_dialog_that_was_left_open_is_closed(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    forgotten = await reopen_dialog(browser, cloud, entry.entry_id, "change_account")
    await die(hass, cloud, freezer, entry)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == ["reconfigure"]
    await forgotten.close()
    cloud.simulator.clear_requests()
    await live(hass, freezer, timedelta(hours=2), timedelta(minutes=10))
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
    assert not cloud.simulator.requests


async def test_a_sign_in_that_failed_is_asked_for_again(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    await die(hass, cloud, freezer, entry)
    dialog = Dialog(browser, cloud, dict(hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0]))
    await dialog.look()
    await dialog.answer()
    cloud.simulator.fail(TOKEN_PATH, status=503)
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "cannot_connect")
    assert reauths(hass) == 0
    await live(hass, freezer, timedelta(hours=2), timedelta(minutes=10))
    assert reauths(hass) == 1


async def test_who_signs_in_with_the_login_of_another_owner_is_asked_again(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    await die(hass, cloud, freezer, entry)
    before = dict(entry.data)
    cloud.simulator.enphase_owner = ENPHASE_V4_OWNER_OF_BOTH
    dialog = Dialog(browser, cloud, dict(hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0]))
    await dialog.look()
    await dialog.answer()
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "wrong_account")
    assert dict(entry.data) == before
    await live(hass, freezer, timedelta(hours=2), timedelta(minutes=10))
    assert reauths(hass) == 1


async def test_reconfiguring_twice_at_once_does_not_end_in_a_dead_end(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    forgotten = await reopen_dialog(browser, cloud, entry.entry_id, "sign_in_again")
    cloud.simulator.fail("*/systems", status=503)
    await forgotten.sign_in_here()
    assert forgotten.result["step_id"] == "finish"
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "sign_in_again")
    await dialog.sign_in_here()
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)


# Other values for the same account.


async def test_an_application_with_another_client_id_takes_the_account_over(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    before = entry.unique_id
    await add_application(hass, "second", "secret", "Another")
    cloud.simulator.add_enphase_application("second", "secret", "second-key")
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "sign_in_again")
    assert dialog.result["step_id"] == "pick_implementation"
    await dialog.answer(implementation="second")
    await dialog.sign_in_here()
    # The API key is still the one of the first application.
    assert (dialog.result["step_id"], dialog.result["errors"]) == ("wrong_key", {"base": "wrong_application"})
    await dialog.answer(api_key="second-key")
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["client_id"] == "second"
    assert entry.unique_id != before
    freezer.tick(DAY)
    await (await grant_of(hass, entry)).token()
    assert reauths(hass) == 0


async def test_another_address_is_used_for_tokens_too_without_signing_in_again(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    # An address that has moved: nothing answers there any more.
    hass.config_entries.async_update_entry(entry, data={**entry.data, "base_url": f"{cloud.url}/gone/enphase/api/v4"})
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "change_account")
    await dialog.answer(**v4_input(cloud))
    assert (dialog.result["type"], dialog.result["reason"]) == ("abort", "reconfigure_successful")
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    freezer.tick(DAY)
    await (await grant_of(hass, entry)).token()
    assert cloud.simulator.requests[-1].path == TOKEN_PATH


async def test_changing_an_account_whose_application_was_removed_says_what_is_wrong(
    hass: HomeAssistant, browser: Any, cloud: Cloud
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "auth_implementation": "gone"})
    await settle(hass)
    dialog = await reopen_dialog(browser, cloud, entry.entry_id, "change_account")
    await dialog.answer(**v4_input(cloud))
    assert dialog.result["errors"] == {"base": "invalid_auth"}


async def test_an_account_whose_application_was_removed_can_be_removed(
    hass: HomeAssistant, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "auth_implementation": "gone"})
    await settle(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert not hass.data[GRANTS]
    assert "Traceback" not in caplog.text


async def test_a_new_api_key_of_the_same_application_is_entered_without_signing_in_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud, ("4200001",))
    await set_up(hass, entry)
    application = cloud.simulator.accounts.enphase_applications[ENPHASE_V4_CLIENT_ID]
    application.api_key = "the-new-key"
    await live(hass, freezer, timedelta(hours=4), timedelta(minutes=15))
    assert reauths(hass) == 1
    consent = entry.data["token"]["consent"]
    # Without the browser, whose own sign-in at Home Assistant has ended meanwhile.
    flow = hass.config_entries.flow
    flow_id = flow.async_progress_by_handler(DOMAIN)[0]["flow_id"]
    result = await flow.async_configure(flow_id)
    assert [str(key) for key in result["data_schema"].schema] == ["api_key"]
    result = await flow.async_configure(flow_id, {"api_key": "not-the-new-key"})
    assert (result["step_id"], result["errors"]) == ("reauth_sign_in", {"base": "invalid_auth"})
    result = await flow.async_configure(flow_id, {"api_key": " the-new-key "})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await settle(hass)
    assert entry.data["api_key"] == "the-new-key"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["token"]["consent"] == consent


# A cloud that refuses.


async def test_a_dead_grant_costs_one_request_however_long_nobody_signs_in(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    cloud.simulator.revoke_grant()
    freezer.tick(timedelta(minutes=11))
    cloud.simulator.clear_requests()
    await live(hass, freezer, 20 * DAY, timedelta(hours=6))
    # A request that is refused, and the refresh that is refused.
    assert len(cloud.simulator.requests) <= 2
    with pytest.raises(CredentialRefused):
        await (await grant_of(hass, entry)).token()
    assert reauths(hass) == 1


async def test_a_plan_without_any_endpoint_is_no_reason_to_sign_in_and_stays_cheap(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    cloud.simulator.fail("*/systems/*", status=401, body={"message": "Not Authorized", "code": 401}, times=None)
    entry = await signed_in(hass, cloud)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert reauths(hass) == 0
    cloud.simulator.clear_requests()
    await live(hass, freezer, 2 * DAY, timedelta(minutes=5))
    assert reauths(hass) == 0
    # Tokens twice; else no more than what the plan gives two days.
    assert len(cloud.simulator.requests) <= 2 * 32, len(cloud.simulator.requests)
    cloud.simulator.clear_faults()
    await live(hass, freezer, timedelta(hours=7), timedelta(minutes=5))
    assert entry.state is ConfigEntryState.LOADED


async def test_an_access_control_that_is_withdrawn_at_run_time_is_no_reason_to_sign_in(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await signed_in(hass, cloud)
    await set_up(hass, entry)
    await live(hass, freezer, timedelta(hours=6), timedelta(minutes=15))
    cloud.simulator.fail("*/systems/*", status=401, body={"message": "Not Authorized", "code": 401}, times=None)
    cloud.simulator.clear_requests()
    await live(hass, freezer, 3 * DAY, timedelta(minutes=15))
    assert reauths(hass) == 0
    assert len(cloud.simulator.requests) <= 3 * 33, len(cloud.simulator.requests)
    assert entry.state is ConfigEntryState.LOADED


async def test_what_a_better_plan_tells_is_asked_for_at_once(
    hass: HomeAssistant, browser: Any, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    paths = ("*/energy_import_telemetry", "*/energy_export_telemetry", "*/inverters_summary_by_envoy_or_site")
    for path in paths:
        cloud.simulator.fail(path, status=401, body={"message": "Not Authorized", "code": 401}, times=None)
    entry = await signed_in(hass, cloud, ("4200003",))
    await set_up(hass, entry)
    await live(hass, freezer, timedelta(hours=8), timedelta(minutes=15))
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    assert Flow.GRID_IMPORT not in coordinator.data.flows
    assert coordinator.schedule.jobs["inverters"].resting
    cloud.simulator.clear_faults()
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id})
    result = await flow.async_configure(result["flow_id"], {"next_step_id": "change_account"})
    result = await flow.async_configure(result["flow_id"], v4_input(cloud, plan="kilowatt"))
    assert result["reason"] == "reconfigure_successful"
    await settle(hass)
    await live(hass, freezer, timedelta(hours=6), timedelta(minutes=15))
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    assert {Flow.GRID_IMPORT, Flow.GRID_EXPORT} <= coordinator.data.flows.keys()
    assert not coordinator.schedule.jobs["inverters"].resting
