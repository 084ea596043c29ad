"""What is said to Home Assistant through its own page, as the page's own dialogs do."""

from typing import TYPE_CHECKING, Any

from demo_lib.names import DOMAIN

if TYPE_CHECKING:
    # Tests of what uses this run without Playwright.
    from playwright.sync_api import Page

_SAY = "(message) => document.querySelector('home-assistant').hass.callWS(message)"
_CALL = "([method, path, data]) => document.querySelector('home-assistant').hass.callApi(method, path, data)"
_SPEAKS = "(language) => document.querySelector('home-assistant').hass?.language === language"
_SYSTEM = """([platform, number]) => Object.values(document.querySelector("home-assistant").hass.devices)
  .find((one) => one.entry_type === "service"
    && one.identifiers.some(([domain, id]) => domain === platform && id.endsWith(number)))"""


def say(page: Page, message: dict[str, Any]) -> Any:
    """Send a command over the page's own websocket; return its result."""
    return page.evaluate(_SAY, message)


def call(page: Page, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
    """Call Home Assistant's API; return the answer."""
    return page.evaluate(_CALL, [method, path, data])


def choose_language(page: Page, language: str) -> None:
    """Have the page speak a language, from the next address on."""
    formats = ("number_format", "time_format", "date_format", "first_weekday")
    value = {"language": language, "time_zone": "local", **dict.fromkeys(formats, "language")}
    say(page, {"type": "frontend/set_user_data", "key": "language", "value": value})


def set_home_language(page: Page, language: str) -> None:
    """Set the language of Home Assistant itself; the integration's entities are named in it as soon as this returns."""
    say(page, {"type": "config/core/update", "language": language})
    for entry in say(page, {"type": "config_entries/get", "domain": DOMAIN}):
        call(page, "POST", "services/homeassistant/reload_config_entry", {"entry_id": entry["entry_id"]})


def wait_for_language(page: Page, language: str) -> None:
    """Wait until the page speaks a language."""
    page.wait_for_function(_SPEAKS, arg=language)


def wait_for_system(page: Page, number: str) -> dict[str, Any]:
    """Return the device of a system, once it is there; the number is the one that its vendor gives it."""
    page.wait_for_function(f"(asked) => ({_SYSTEM})(asked) !== undefined", arg=[DOMAIN, number])
    found: dict[str, Any] = page.evaluate(_SYSTEM, [DOMAIN, number])
    return found
