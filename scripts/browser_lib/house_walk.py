"""A walk through a house with all kinds of systems: each page in light and dark, narrow, and in German."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
import time

from demo_lib.folder import DemoFolder
from demo_lib.names import DASHBOARD, DOMAIN
from playwright.sync_api import Page, ViewportSize

from .chromium import settled
from .devices import Entity, lacking, one_of_each_kind, read_entities
from .layout import cut_texts, too_wide
from .owner import Owner
from .page import choose_language, set_home_language, wait_for_language
from .texts import visible_text
from .wording import dashboard_word, left_english, shown

_WIDE, _NARROW = ViewportSize(width=1280, height=1100), ViewportSize(width=390, height=844)
_PATIENCE = 60
"""Seconds for values that come after the first ones."""


class _Page(StrEnum):
    """Pages that say something of their own."""

    INTEGRATION = "integration"
    OVERVIEW = "dashboard_overview"
    MODULES = "dashboard_modules"


def walk_house(owner: Owner, url: str, folder: DemoFolder) -> None:
    """Look at every page of a running demo."""
    page = owner.page
    entities = _wait_for_values(page)
    owner.complaints += [
        f"{one.entity_id} ({one.device}) is {one.state}, and does not say why"
        for one in lacking(entities, datetime.now(UTC))
    ]
    pages = dict(_pages(entities))
    for name, path in pages.items():
        _look_in_light_and_dark(owner, name, f"{url}{path}")
    choose_language(page, "de")
    # The names of entities are in the language of Home Assistant itself.
    set_home_language(page, "de")
    _wait_for_values(page)
    for name, path in pages.items():
        _look_in_german(owner, name, f"{url}{path}")


def _pages(entities: list[Entity]) -> Iterator[tuple[str, str]]:
    """Give the names and paths of the pages."""
    yield _Page.INTEGRATION, f"/config/integrations/integration/{DOMAIN}"
    for number, device_id in enumerate(one_of_each_kind(entities), 1):
        yield f"device_{number}", f"/config/devices/device/{device_id}"
    for name in ("overview", "now", "electricity"):
        yield f"energy_{name}", f"/energy/{name}"
    for number, name in enumerate((_Page.OVERVIEW, _Page.MODULES)):
        yield name, f"/{DASHBOARD}/{number}"


def _says(name: str, language: str) -> str:
    """Return what a page says of itself in a language; empty where there is nothing that it has to say."""
    match name:
        case _Page.INTEGRATION:
            return shown("config.initiate_flow.user", language)
        case _Page.OVERVIEW:
            return dashboard_word("months", language)
        case _Page.MODULES:
            return dashboard_word("modules", language)
    return ""


def _wait_for_values(page: Page) -> list[Entity]:
    """Return the entities, once each has a value or a reason for having none, or when that takes too long."""
    end = time.monotonic() + _PATIENCE
    entities = read_entities(page)
    while lacking(entities, datetime.now(UTC)) and time.monotonic() < end:
        page.wait_for_timeout(2000)
        entities = read_entities(page)
    return entities


def _look_in_light_and_dark(owner: Owner, name: str, address: str) -> None:
    page = owner.page
    page.set_viewport_size(_WIDE)
    page.goto(address)
    settled(page)
    _look(owner, f"{name}_light", sees=_says(name, "en"))
    page.emulate_media(color_scheme="dark")
    _look(owner, f"{name}_dark")
    page.set_viewport_size(_NARROW)
    _look_narrow(owner, f"{name}_narrow")
    page.emulate_media(color_scheme="light")


def _look_in_german(owner: Owner, name: str, address: str) -> None:
    page = owner.page
    page.set_viewport_size(_WIDE)
    page.goto(address)
    wait_for_language(page, "de")
    settled(page)
    _look(owner, f"{name}_german", sees=_says(name, "de"))
    _complain(owner, name, "has English words in German:", lambda page: left_english(visible_text(page), "de"))
    page.set_viewport_size(_NARROW)
    _look_narrow(owner, f"{name}_german_narrow")


def _look(owner: Owner, name: str, *, sees: str = "") -> None:
    owner.look(name, sees=sees)
    _complain(owner, name, "cuts off", cut_texts)
    if owner.page.locator("hui-error-card:visible, hui-warning:visible").count():
        owner.complaints.append(f"the page {name} has a card that failed")
    if name.startswith(_Page.MODULES) and not owner.page.locator("solar-cloud-modules button").count():
        owner.complaints.append(f"the page {name} has no modules")


def _look_narrow(owner: Owner, name: str) -> None:
    _look(owner, name)
    _complain(owner, name, "scrolls to the side:", too_wide)


def _complain(owner: Owner, name: str, what: str, found: Callable[[Page], list[str]]) -> None:
    owner.complaints += [f"the page {name} {what} {one}" for one in found(owner.page)]
