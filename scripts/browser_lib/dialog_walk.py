"""A walk through all dialogs with wrong input, and through what an owner does with an account in the years after."""

from collections.abc import Callable
import json
from pathlib import Path
import re

from demo_lib.folder import DemoFolder
from demo_lib.names import DOMAIN
from playwright.sync_api import Page

from .accounts import Account, accounts
from .chromium import settled
from .copy_walk import copy_and_undo
from .dialogs import account_row, choose, choose_item, close, entries, finish, open_integration, refuse, system_row
from .owner import Owner
from .page import call
from .setting_up import ON, OVER, begin, button, choose_own_limits, enter_application, number_field, open_advanced
from .simulated import revoke
from .wording import pattern, shown

_CONFIG, _SYSTEM = "config", "config_subentries.system"
_WRONG = "wrong0wrong1wrong2wrong3wrong4wr"
_CYCLE_DAY = "12"
_CHANGED, _SIGNED_IN = "Reconfiguration was successful", "Re-authentication was successful"
"""Home Assistant's own words, which newer releases say instead of ours."""
_SIGN_IN_AGAIN = re.compile("^(Reconfigure|Re-?authenticate)$")
_READ_NOW = """(platform) => {
  const { hass } = document.querySelector("home-assistant");
  const button = Object.values(hass.entities)
    .find((one) => one.platform === platform && one.translation_key === "refresh");
  return hass.callService("button", "press", { entity_id: button.entity_id }, undefined, false).catch(() => undefined);
}"""
_FOLLOWING = re.compile(r"/api/config/config_entries/subentries/flow/\w+$")


def walk_dialogs(owner: Owner, url: str, folder: DemoFolder) -> None:
    """Go through all dialogs of an empty house."""
    at_hand = json.loads(folder.credentials_file.read_text("utf-8"))
    simulator = folder.ready_file.read_text("utf-8").strip()
    by_name = {one.name: one for one in accounts(at_hand)}
    _refuse_user_id(owner, url, by_name["enphase_v2"])
    _refuse_code(owner, url, by_name["enphase_v4"])
    _add_after_refusals(owner, url, by_name["solaredge_key"])
    _repair(owner, url)
    _change_options(owner, url)
    _change_account(owner, url, by_name["solaredge_key"])
    _change_prices(owner, url)
    copy_and_undo(owner, url)
    _download_diagnostics(owner, url, at_hand)
    _sign_in_again(owner, url, simulator, by_name["solaredge_key"], by_name["solaredge_two"])
    _remove_and_add_again(owner, url, by_name["solaredge_two"])


def _begin(owner: Owner, url: str, account: Account) -> None:
    owner.page.goto(f"{url}/config/integrations/dashboard")
    owner.page.get_by_role("button", name="Add integration").wait_for()
    begin(owner, account)


def _fill_in(owner: Owner, account: Account, **other: str) -> None:
    """Fill an account's form in; `other` values instead of the right ones."""
    for name, value in {**account.fields, **other}.items():
        owner.type(owner.page.locator(f"input[name={name}]"), value)


def _refuse_user_id(owner: Owner, url: str, account: Account) -> None:
    _begin(owner, url, account)
    open_advanced(owner, account)
    _fill_in(owner, account, user_id="wrong", base_url=account.base_url)
    refuse(owner, "wrong_user_id", f"{_CONFIG}.error.invalid_auth")
    close(owner)


def _refuse_code(owner: Owner, url: str, account: Account) -> None:
    _begin(owner, url, account)
    assert account.application is not None
    enter_application(owner, account, account.application)
    open_advanced(owner, account)
    _fill_in(owner, account, base_url=account.base_url)
    owner.click(button(owner.page, ON))
    choose_item(owner, f"{_CONFIG}.step.sign_in.menu_options.paste_code")
    code = owner.page.locator("input[name=code]")
    owner.type(code, f"{url}/somewhere?nothing=here")
    refuse(owner, "no_code", f"{_CONFIG}.error.no_code")
    owner.type(code, _WRONG)
    refuse(owner, "wrong_code", f"{_CONFIG}.error.code_refused")
    close(owner)


def _add_after_refusals(owner: Owner, url: str, account: Account) -> None:
    """Add an account at the fourth attempt, and leave its first steps for later."""
    page = owner.page
    _begin(owner, url, account)
    open_advanced(owner, account)
    _fill_in(owner, account, base_url="ftp://somewhere")
    refuse(owner, "wrong_address", f"{_CONFIG}.error.invalid_url")
    open_advanced(owner, account)
    _fill_in(owner, account, api_key=_WRONG, base_url=account.base_url)
    refuse(owner, "wrong_key", f"{_CONFIG}.error.invalid_auth")
    _fill_in(owner, account)
    choose_own_limits(owner, account)
    owner.click(button(page, ON))
    per_minute = number_field(page, f"{_CONFIG}.step.limits.data.per_minute")
    for limit in ("0", "10000001"):
        owner.type(per_minute, limit)
        owner.type(number_field(page, f"{_CONFIG}.step.limits.data.per_month"), "1000000")
        owner.click(button(page, ON))
        page.locator("ha-form ha-alert[alert-type=error], ha-alert[alert-type=error]").first.wait_for()
        owner.look(f"limit_{limit}")
    owner.type(per_minute, "1000")
    _leave_first_steps(owner)


def _leave_first_steps(owner: Owner) -> None:
    """Submit the last form before the first steps, and close them."""
    page = owner.page
    with page.expect_response(_FOLLOWING) as following:
        owner.click(button(page, ON))
    page.get_by_text(pattern(f"{_SYSTEM}.step.setup.title")).wait_for()
    owner.look("first_steps_left_open")
    close(owner)
    # The page leaves a dialog that follows another one as it is. It counts as closed after an hour, which nobody waits
    # for here.
    flow_id = following.value.url.rpartition("/")[2]
    call(page, "DELETE", f"config/config_entries/subentries/flow/{flow_id}")


def _repair(owner: Owner, url: str) -> None:
    """Take the first steps from the Repairs page."""
    page = owner.page
    page.goto(f"{url}/config/repairs")
    issue = page.get_by_text(pattern("issues.finish_setup.title"))
    issue.first.wait_for()
    owner.look("repairs")
    owner.click(issue.first)
    page.get_by_text(pattern("issues.finish_setup.fix_flow.step.setup.title")).first.wait_for()
    owner.look("repair")
    owner.click(button(page, ON))
    button(page, ON).wait_for(state="hidden")
    owner.look("repaired")
    owner.click(button(page, OVER))
    issue.first.wait_for(state="hidden")


def _change_options(owner: Owner, url: str) -> None:
    page = owner.page
    for name in ("options", "options_again"):
        open_integration(owner, url)
        owner.click(account_row(page).get_by_role("button", name="Configure").first)
        day = number_field(page, "options.step.init.data.cycle_day")
        day.wait_for()
        if name == "options_again" and day.input_value() != _CYCLE_DAY:
            owner.complaints.append(f"the options have forgotten the day {_CYCLE_DAY}: {day.input_value()}")
        owner.type(day, _CYCLE_DAY)
        owner.look(name)
        owner.click(button(page, ON))
        owner.click(button(page, OVER))


def _change_account(owner: Owner, url: str, account: Account) -> None:
    """Reconfigure the account: a wrong key first, then the right one."""
    open_integration(owner, url)
    choose(owner, account_row(owner.page), "reconfigure")
    choose_item(owner, f"{_CONFIG}.step.reconfigure.menu_options.change_account")
    _fill_in(owner, account, api_key=_WRONG)
    owner.click(button(owner.page, ON))
    number_field(owner.page, f"{_CONFIG}.step.limits.data.per_minute").wait_for()
    refuse(owner, "reconfigure_wrong_key", f"{_CONFIG}.error.invalid_auth")
    close(owner)
    open_integration(owner, url)
    choose(owner, account_row(owner.page), "reconfigure")
    choose_item(owner, f"{_CONFIG}.step.reconfigure.menu_options.change_account")
    _fill_in(owner, account)
    owner.click(button(owner.page, ON))
    number_field(owner.page, f"{_CONFIG}.step.limits.data.per_minute").wait_for()
    finish(owner, "reconfigured", _CHANGED)


def _change_prices(owner: Owner, url: str) -> None:
    """Reconfigure the system: a price and an entity at once are refused, a price is taken."""
    page = owner.page
    open_integration(owner, url)
    owner.click(system_row(page).get_by_role("button", name=shown(f"{_SYSTEM}.initiate_flow.reconfigure")).first)
    choose_item(owner, f"{_SYSTEM}.step.reconfigure.menu_options.prices")
    price = number_field(page, f"{_SYSTEM}.step.prices.data.import_price")
    owner.type(price, "0.29")
    picker = page.locator("ha-selector-entity").first
    owner.click(picker.locator("ha-picker-field, ha-combo-box-item").first)
    owner.click(page.locator("ha-combo-box-item").filter(has_text="Solar").first)
    refuse(owner, "price_and_entity", f"{_SYSTEM}.error.price_or_entity")
    owner.click(picker.locator("ha-icon-button.clear, .clear").first)
    finish(owner, "prices", shown(f"{_SYSTEM}.abort.prices_saved"))


def _download_diagnostics(owner: Owner, url: str, at_hand: dict[str, dict[str, str]]) -> None:
    """Download the diagnostics: JSON, and nothing in them that opens a cloud."""
    page = owner.page
    open_integration(owner, url)
    with page.context.expect_event("download") as download:
        choose(owner, account_row(page), "diagnostics")
    text = Path(download.value.path()).read_text("utf-8")
    if "data" not in json.loads(text):
        owner.complaints.append("the diagnostics have no data")
    owner.complaints += [
        f"the diagnostics tell {name} of {account}"
        for account, values in at_hand.items()
        for name, value in values.items()
        if name != "base_url" and value in text
    ]


def _sign_in_again(owner: Owner, url: str, simulator: str, old: Account, new: Account) -> None:
    """Have the cloud refuse the key; enter the same one again, then a new one."""
    page = owner.page
    revoke(simulator, old.fields["api_key"])
    open_integration(owner, url)
    reconfigure = page.get_by_role("button", name=_SIGN_IN_AGAIN).first

    def is_asked() -> bool:
        # The cloud is asked for nothing before it can have something new, unless the owner wants it; and not at once
        # after an attempt that failed.
        page.evaluate(_READ_NOW, DOMAIN)
        page.wait_for_timeout(2000)
        return bool(reconfigure.is_visible())

    _until(page, is_asked, owner, "nobody asks for a new key")
    owner.look("key_refused")
    owner.click(reconfigure)
    key = page.locator("input[name=api_key]")
    owner.type(key, old.fields["api_key"])
    refuse(owner, "reauth_old_key", f"{_CONFIG}.error.invalid_auth")
    owner.type(key, new.fields["api_key"])
    finish(owner, "reauth_new_key", _SIGNED_IN)


def _remove_and_add_again(owner: Owner, url: str, account: Account) -> None:
    page = owner.page
    open_integration(owner, url)
    choose(owner, account_row(page), "delete")
    owner.look("remove")
    owner.click(page.get_by_role("button", name="Delete", exact=True).last)
    _until(page, lambda: not entries(page), owner, "the account is not removed")
    _begin(owner, url, account)
    open_advanced(owner, account)
    _fill_in(owner, account, base_url=account.base_url)
    owner.click(button(page, ON))
    page.get_by_text(shown(f"{_CONFIG}.step.systems.title"), exact=True).wait_for()
    owner.look("systems_again")
    _leave_first_steps(owner)
    _until(page, lambda: [one["state"] for one in entries(page)] == ["loaded"], owner, "the account is not back")
    open_integration(owner, url)
    settled(page)
    owner.look("added_again")


def _until(page: Page, holds: Callable[[], bool], owner: Owner, complaint: str) -> None:
    for _ in range(30):
        if holds():
            return
        page.wait_for_timeout(500)
    owner.complaints.append(complaint)
