"""A dialog and the page of a system in each language, from an empty house with one account."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from demo_lib.folder import DemoFolder
from demo_lib.names import DOMAIN, PER_MINUTE, PER_MONTH
from playwright.sync_api import Page, ViewportSize

from .chromium import chromium, log_in, open_page, settled
from .houses import running_demo
from .page import call, choose_language, say, wait_for_language, wait_for_system
from .wording import shown

LANGUAGES = ("en", "de", "nl", "fr", "es", "it", "pl", "sv", "pt")
SITE = "1148616"
"""A SolarEdge site with meters and a battery."""
_SIZE = ViewportSize(width=1000, height=700)
_DRAWN = 1500
_FLOW = "config/config_entries/flow"


def take_gallery(pictures: Path, folder: Path, shift: timedelta | None) -> None:
    """Take the pictures of all languages in a house of its own, whose clock may be before or after the real one."""
    pictures.mkdir(parents=True, exist_ok=True)
    demo = DemoFolder(folder)
    with running_demo(folder, "--empty", shift=shift) as url, chromium() as browser:
        page = open_page(browser)
        if shift is not None:
            page.clock.install(time=datetime.now(UTC) + shift)
        page.set_viewport_size(_SIZE)
        log_in(page, url)
        entry_id = _add_account(page, json.loads(demo.credentials_file.read_text("utf-8"))["solaredge_key"])
        device_id = wait_for_system(page, SITE)["id"]
        for language in LANGUAGES:
            _speak(page, language, entry_id)
            _take(page, f"{url}/config/devices/device/{device_id}", language, pictures / f"{language}-device.png")
            page.goto(f"{url}/config/integrations/integration/{DOMAIN}")
            page.get_by_role("button", name=shown("config.initiate_flow.user", language)).first.click()
            page.get_by_text(shown("config.step.user.menu_options.enphase_v4", language), exact=True).first.wait_for()
            page.wait_for_timeout(_DRAWN)
            page.screenshot(path=pictures / f"{language}-dialog.png")
            print(f"==> {language}")


def _add_account(page: Page, at_hand: dict[str, str]) -> str:
    """Add an account as the page's dialogs do; return the id of its entry."""

    def post(path: str, data: dict[str, Any]) -> Any:
        return call(page, "POST", path, data)

    flow = f"{_FLOW}/{post(_FLOW, {'handler': DOMAIN, 'show_advanced_options': False})['flow_id']}"
    post(flow, {"next_step_id": "solaredge_key"})
    advanced = {"base_url": at_hand["base_url"]}
    post(flow, {"api_key": at_hand["api_key"], "plan": "custom", "advanced": advanced})
    post(flow, {"per_minute": PER_MINUTE, "per_month": PER_MONTH})
    done = post(flow, {"systems": [SITE]})
    return str(done["result"]["entry_id"])


def _speak(page: Page, language: str, entry_id: str) -> None:
    """Have Home Assistant and then its page speak a language; entities get their names at a reload."""
    say(page, {"type": "config/core/update", "language": language})
    call(page, "POST", "services/homeassistant/reload_config_entry", {"entry_id": entry_id})
    choose_language(page, language)


def _take(page: Page, address: str, language: str, picture: Path) -> None:
    page.goto(address)
    wait_for_language(page, language)
    page.locator("ha-device-entities-card >> text=/kWh/").first.wait_for()
    settled(page)
    page.wait_for_timeout(_DRAWN)
    page.screenshot(path=picture)
