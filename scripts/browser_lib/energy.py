"""What the Energy dashboard has of an account's systems, and what its pages show."""

from collections.abc import Iterator
import re
import time
from typing import Any

from demo_lib.names import DOMAIN
from playwright.sync_api import Page, ViewportSize

from .accounts import Account, System
from .chromium import settled
from .owner import Owner

PAST = 365
"""Days that the dashboard has to go back."""
_WHOLE = ViewportSize(width=1280, height=1400)
"""Nothing has to be scrolled to."""
_SAY = """(message) => document.querySelector("home-assistant").hass.callWS(message).catch((error) => {
  // As long as nobody has set the dashboard up, it has no preferences.
  if (error.code === "not_found") return {};
  throw new Error(`${message.type}: ${error.code} ${error.message}`);
})"""
_MONEY = re.compile(r"(?:€|EUR)\s?-?\d|\d\s?(?:€|EUR)")


def wait_for_past(owner: Owner, account: Account, patience: float) -> list[str]:
    """Return what is not in the dashboard after so many seconds, or does not go back far enough; empty when all is."""
    end = time.monotonic() + patience
    while (lines := _lacking(owner.page, account)) and time.monotonic() < end:
        owner.page.wait_for_timeout(2000)
    return lines


def lacking_costs(owner: Owner, account: Account, patience: float) -> list[str]:
    """Return which sides of which grid have no money in the dashboard after so many seconds."""
    end = time.monotonic() + patience
    while (lines := _without_costs(owner.page, account)) and time.monotonic() < end:
        owner.page.wait_for_timeout(2000)
    return lines


def look_at_dashboards(owner: Owner, url: str, account: Account) -> None:
    """Take the pictures of the dashboard's pages; complain where Electricity of a house with a grid shows no money."""
    page = owner.page
    page.set_viewport_size(_WHOLE)
    has_grid = any(system.grid for system in account.systems)
    for name in ("summary", "now", "electricity"):
        page.goto(f"{url}/energy/{'overview' if name == 'summary' else name}")
        page.locator("ha-panel-energy").wait_for()
        _look(owner, name, money=has_grid and name == "electricity")
    # Only what was imported has something of yesterday.
    page.get_by_role("button", name="Previous", exact=True).click()
    _look(owner, "electricity_of_yesterday", money=has_grid)


def _look(owner: Owner, name: str, *, money: bool) -> None:
    """Look at a page once it is drawn; complain where a card has failed, or expected `money` is missing."""
    page = owner.page
    settled(page)
    text = owner.look(name)
    if page.locator("hui-error-card:visible, hui-warning:visible").count():
        owner.complaints.append(f"the page {name} has a card that failed")
    if money and not _MONEY.search(text):
        owner.complaints.append(f"the page {name} shows no cost")


def _lacking(page: Page, account: Account) -> list[str]:
    lines = []
    there = set(_statistics(_say(page, {"type": "energy/get_prefs"})))
    for system in account.systems:
        lines += [f"{one} is not in the Energy dashboard" for one in _energies(system) if one not in there]
        production = _id(system, "production")
        if (days := _days(page, production)) < PAST:
            lines.append(f"{production} goes back {days} days only")
    return lines


def _without_costs(page: Page, account: Account) -> list[str]:
    there = set(_statistics(_say(page, {"type": "energy/get_prefs"})))
    lines = []
    for system in account.systems:
        for money in ("grid_import_cost", "grid_export_compensation") if system.grid else ():
            if _id(system, money) not in there:
                lines.append(f"{_id(system, money)} is not in the Energy dashboard")
            elif _days(page, _id(system, money)) < PAST:
                lines.append(f"{_id(system, money)} does not go back {PAST} days")
    return lines


def _energies(system: System) -> Iterator[str]:
    yield _id(system, "production")
    if system.grid:
        yield from (_id(system, flow) for flow in ("grid_import", "grid_export"))
    if system.battery:
        yield from (_id(system, flow) for flow in ("battery_charge", "battery_discharge"))


def _id(system: System, name: str) -> str:
    return f"{DOMAIN}:{system.key}_{name}"


def _statistics(preferences: object) -> Iterator[str]:
    """Give every text in the dashboard's preferences: wherever a release puts a statistic, it is one of them."""
    if isinstance(preferences, str):
        yield preferences
    elif isinstance(preferences, dict):
        for value in preferences.values():
            yield from _statistics(value)
    elif isinstance(preferences, list):
        for value in preferences:
            yield from _statistics(value)


def _days(page: Page, statistic: str) -> int:
    """Return for how many days a statistic has rows."""
    rows = _say(
        page,
        {
            "type": "recorder/statistics_during_period",
            "start_time": "2000-01-01T00:00:00Z",
            "statistic_ids": [statistic],
            "period": "day",
            "types": ["sum"],
        },
    )
    return len(rows.get(statistic, []))


def _say(page: Page, message: dict[str, Any]) -> Any:
    """Send a command over the page's own websocket; return its result."""
    return page.evaluate(_SAY, message)
