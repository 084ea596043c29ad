"""Chromium, and Home Assistant's page in it."""

from collections.abc import Iterator
from contextlib import contextmanager
import os

from demo_lib.names import PASSWORD, USERNAME
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 60_000
"""Milliseconds for anything on the page to be there; a busy machine takes its time."""
_DRAWN = 6000
"""Milliseconds for the graphs, which the page draws last."""
_OPTIONS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser that CHROMIUM names, and end it."""
    # Chromium's sandbox does not work for root, as whom containers run.
    options = _OPTIONS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=options)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Browser) -> Page:
    """Return a new page of an owner in Europe who reads English."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 880}, locale="en-GB", timezone_id="Europe/Amsterdam"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def log_in(page: Page, url: str) -> None:
    """Log in to the Home Assistant at an address through the page's own form."""
    page.goto(url)
    page.locator("input[name=username]").fill(USERNAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("home-assistant-main")
    page.wait_for_function("() => document.querySelector('home-assistant').hass?.devices")


def settled(page: Page) -> None:
    """Wait until nothing of a page loads any more; the graphs of the Energy dashboard are drawn after that."""
    page.wait_for_load_state("networkidle")
    for unwanted in ("ha-spinner", "ha-circular-progress"):
        expect(page.locator(f"{unwanted}:visible")).to_have_count(0, timeout=PATIENCE)
    if page.locator("ha-panel-energy").count():
        page.wait_for_timeout(_DRAWN)
