"""The way through the dialogs: from *Add integration* to the end of the first steps."""

import re

from demo_lib.names import PER_MINUTE, PER_MONTH
from playwright.sync_api import Locator, Page

from .accounts import Account
from .owner import Owner
from .wording import pattern, shown

_PRICES = {"import_price": "0.29", "export_price": "0.08", "past_import_price": "0.27", "past_export_price": "0.09"}
_FIRST_STEPS = "config_subentries.system.step.setup"
ON = re.compile(r"^(Submit|Next)$")
OVER = re.compile(r"^(Finish|Skip and finish|Close)$")


def set_up(owner: Owner, account: Account) -> None:
    """Add an account and answer the first steps of its systems: all on, and fixed prices where there is a grid."""
    page = owner.page
    begin(owner, account)
    if account.application is not None:
        enter_application(owner, account, account.application)
    _fill_in_account(owner, account)
    if account.application is not None:
        _sign_in(owner)
    if len(account.systems) > 1:
        page.get_by_text(shown("config.step.systems.title"), exact=True).wait_for()
        owner.look("systems")
        owner.click(button(page, ON))
    _take_first_steps(owner, account)


def begin(owner: Owner, account: Account) -> None:
    """Go from the list of integrations to the account's own form, or to that of its application."""
    page = owner.page
    owner.click(page.get_by_role("button", name="Add integration"))
    page.locator("ha-integration-list-item").first.wait_for()
    owner.type(page.locator("dialog-add-integration input").first, account.brand)
    entry = page.locator("ha-integration-list-item").filter(has_text=shown("title"))
    entry.first.wait_for()
    owner.look("add_integration")
    owner.click(entry.first)
    item = page.get_by_text(account.menu_item, exact=True)
    item.wait_for()
    owner.look("menu", sees=account.menu_item)
    owner.click(item)


def enter_application(owner: Owner, account: Account, application: tuple[str, str]) -> None:
    """Enter client id and secret, which comes before the form of an account that is signed in to."""
    page = owner.page
    client_id, client_secret = application
    owner.type(page.locator("input[name=name]"), account.brand)
    owner.type(page.locator("input[name=clientId]"), client_id)
    owner.type(page.locator("input[name=clientSecret]"), client_secret)
    owner.look("application_credentials")
    owner.click(page.get_by_role("button", name="Add", exact=True))


def _fill_in_account(owner: Owner, account: Account) -> None:
    page = owner.page
    for name, value in account.fields.items():
        owner.type(page.locator(f"input[name={name}]"), value)
    _advanced(page, account).wait_for()
    owner.look("account")
    with owner.aside():
        # The simulator stands in for the vendor, whose address and free plan are filled in already. With the requests
        # of that plan the past would take longer than anybody looks on.
        choose_own_limits(owner, account)
        open_advanced(owner, account)
        owner.type(page.locator("input[name=base_url]"), account.base_url)
    owner.look("account_advanced")
    owner.click(button(page, ON))
    per_minute = number_field(page, "config.step.limits.data.per_minute")
    per_minute.wait_for()
    with owner.aside():
        owner.type(per_minute, str(PER_MINUTE))
        owner.type(number_field(page, "config.step.limits.data.per_month"), str(PER_MONTH))
        owner.look("limits")
        owner.click(button(page, ON))


def choose_own_limits(owner: Owner, account: Account) -> None:
    """Choose the plan whose limits the owner enters."""
    owner.click(owner.page.locator("ha-selector-select").get_by_role("button"))
    owner.click(owner.page.get_by_role("menuitem", name=account.own_limits))


def open_advanced(owner: Owner, account: Account) -> None:
    """Open the section that has the address."""
    owner.click(_advanced(owner.page, account))


def _advanced(page: Page, account: Account) -> Locator:
    return page.get_by_text(shown(f"config.step.{account.step}.sections.advanced.name"), exact=True)


def _sign_in(owner: Owner) -> None:
    """Agree at the vendor's page, which opens in a window of its own and closes by itself."""
    page = owner.page
    here = page.get_by_text(shown("config.step.sign_in.menu_options.sign_in_here"), exact=True)
    here.wait_for()
    owner.look("sign_in")
    with page.context.expect_page() as opened:
        owner.click(here)
    window = opened.value
    agree = window.locator("#allow")
    agree.wait_for()
    owner.look("vendor", window)
    with window.expect_event("close"):
        owner.click(agree)


def _take_first_steps(owner: Owner, account: Account) -> None:
    """Answer the form of each system, and close what comes after the last one."""
    page = owner.page
    title_of = pattern(f"{_FIRST_STEPS}.title")
    for number in range(1, len(account.systems) + 1):
        heading = page.get_by_text(title_of)
        heading.wait_for()
        title = heading.inner_text().strip()
        owner.look(f"first_steps_{number}", sees=title)
        if any(system.grid and title == shown(f"{_FIRST_STEPS}.title", name=system.name) for system in account.systems):
            for field, price in _PRICES.items():
                owner.type(number_field(page, f"{_FIRST_STEPS}.data.{field}"), price)
            owner.look(f"first_steps_{number}_with_prices")
        owner.click(button(page, ON))
        page.get_by_text(title, exact=True).wait_for(state="hidden")
    page.get_by_text(shown("config_subentries.system.abort.setup_saved")).wait_for()
    owner.look("end")
    owner.click(button(page, OVER))


def button(page: Page, name: re.Pattern[str]) -> Locator:
    """Return the button of the dialog on top."""
    return page.get_by_role("button", name=name).last


def number_field(page: Page, label: str) -> Locator:
    """Return the field for a number whose label has a key; the page gives it no name of its own."""
    # One label may begin as another one does.
    text = re.compile(rf"^\s*{re.escape(shown(label))}\s*\*?\s*$")
    return page.locator("ha-selector-number").filter(has=page.get_by_text(text)).locator("input")
