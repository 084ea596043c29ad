"""The dialogs and menus of the integration's page, and what they say when something is wrong."""

import re
from typing import Any

from demo_lib.names import DOMAIN
from playwright.sync_api import Error as PlaywrightError, Locator, Page

from .chromium import settled
from .owner import Owner
from .page import say
from .setting_up import ON, OVER, button
from .wording import shown

INTEGRATION = f"/config/integrations/integration/{DOMAIN}"


def open_integration(owner: Owner, url: str) -> None:
    """Open the integration's page anew."""
    owner.page.goto(f"{url}{INTEGRATION}")
    settled(owner.page)


def choose(owner: Owner, row: Locator, value: str) -> None:
    """Choose an item of the menu behind a row of the page, by the value that the page gives it."""
    menu = row.locator("ha-dropdown").first
    menu.locator("ha-icon-button[slot=trigger]").first.click()
    owner.click(menu.locator(f"ha-dropdown-item[value={value}]"))


def account_row(page: Page) -> Locator:
    """Return the row of the only account."""
    return page.locator("ha-config-entry-row").first


def system_row(page: Page) -> Locator:
    """Return the row of the first system."""
    return page.locator("ha-config-sub-entry-row").first


def choose_item(owner: Owner, key: str) -> None:
    """Choose an item of a menu in a dialog, by the key of its text."""
    item = owner.page.get_by_text(shown(key), exact=True)
    item.first.wait_for()
    owner.look(key.rpartition(".")[2] + "_menu")
    owner.click(item.first)


def refuse(owner: Owner, name: str, error: str, **placeholders: str) -> None:
    """Submit a form that has something wrong in it: the dialog has to say the error of that key, and stay."""
    page = owner.page
    owner.click(button(page, ON))
    text = shown(error, **placeholders)
    try:
        page.get_by_text(text).first.wait_for(timeout=20_000)
    except PlaywrightError:
        owner.complaints.append(f"the dialog {name} does not say: {text}")
    owner.look(name)
    if not button(page, ON).is_visible():
        owner.complaints.append(f"the dialog {name} does not stay open")


def finish(owner: Owner, name: str, text: str | re.Pattern[str]) -> None:
    """Submit a form that is right, read the text, and close the dialog."""
    page = owner.page
    owner.click(button(page, ON))
    page.get_by_text(text).first.wait_for()
    owner.look(name)
    owner.click(button(page, OVER))


def close(owner: Owner) -> None:
    """Close a dialog before its end."""
    page = owner.page
    owner.click(page.locator("dialog-data-entry-flow").get_by_role("button", name="Close").first)
    page.locator("dialog-data-entry-flow").get_by_role("button", name="Close").first.wait_for(state="hidden")


def entries(page: Page) -> list[dict[str, Any]]:
    """Return the integration's accounts, as the page gets them."""
    found: list[dict[str, Any]] = say(page, {"type": "config_entries/get", "domain": DOMAIN})
    return found
