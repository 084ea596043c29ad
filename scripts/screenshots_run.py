"""Takes the pictures of the README: see scripts/screenshots, which starts this."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import subprocess
import sys

from playwright.sync_api import Browser, Page, TimeoutError as PlaywrightTimeoutError, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
# As scripts/demo prints them.
USERNAME, PASSWORD = "demo", "solar-cloud"
DASHBOARD = "/solar-cloud"
PATIENCE = 30_000  # milliseconds

_CHROMIUM_OPTIONS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# The system with the highest power at the moment: its device has power and is a service, which its inverters are not.
_BEST_SYSTEM = """() => {
  const hass = document.querySelector("home-assistant").hass;
  const powers = Object.values(hass.entities)
    .filter((entity) => entity.platform === "solar_cloud" && entity.translation_key === "power")
    .filter((entity) => hass.devices[entity.device_id].entry_type === "service")
    .map((entity) => [Number(hass.states[entity.entity_id].state), entity.device_id]);
  return powers.sort((one, other) => other[0] - one[0])[0][1];
}"""


@contextmanager
def running_demo() -> Iterator[str]:
    """Start a demo of its own, give its address, and stop it."""
    command = [str(ROOT / "scripts" / "demo"), "--port", "0", "--fresh"]
    command += ["--config", str(ROOT / ".demo-screenshots")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            yield _address(demo)
        finally:
            demo.terminate()
            demo.communicate()


def _address(demo: subprocess.Popen[str]) -> str:
    """Read what the demo prints until it names its address."""
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="", flush=True)
        match line.split():
            case ["address", url]:
                return url
    sys.exit("!!  The demo did not start; its reason stands above.")


def log_in(browser: Browser, url: str) -> Page:
    """Log in through the page's own form."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 880}, locale="en-GB", timezone_id="Europe/Amsterdam"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.locator("input[name=username]").fill(USERNAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("home-assistant-main")
    page.wait_for_function("() => document.querySelector('home-assistant').hass?.devices")
    return page


def take(page: Page, address: str, value: str, name: str, *, rest: int = 1500) -> None:
    """Open an address, wait until the value is there and nothing loads any more, and take the picture.

    `rest` are milliseconds for the page's own animations, and for graphs that it draws last.
    """
    page.goto(address)
    page.locator(value).first.wait_for()
    page.wait_for_load_state("networkidle")
    for unwanted in ("ha-spinner", "ha-circular-progress", "hui-error-card"):
        expect(page.locator(f"{unwanted}:visible")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(rest)
    page.screenshot(path=IMAGES / name)
    print(f"==> {(IMAGES / name).relative_to(ROOT)}")


def pictures(url: str) -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    # Chromium's sandbox does not work for root, as whom containers run.
    options = _CHROMIUM_OPTIONS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=options)
        page = log_in(browser, url)
        device = page.evaluate(_BEST_SYSTEM)
        take(page, f"{url}/config/devices/device/{device}", "ha-device-entities-card >> text=/kWh/", "device.png")
        take(page, f"{url}{DASHBOARD}", "hui-gauge-card", "dashboard.png")
        take(page, f"{url}/energy/electricity", "ha-panel-energy", "energy.png", rest=8000)
        browser.close()


def main() -> int:
    """Take the pictures of a running demo, or of one that is started for it; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--url", help="the address of a demo that runs already")
    url = parser.parse_args().url
    try:
        if url:
            pictures(url.rstrip("/"))
        else:
            with running_demo() as started:
                pictures(started)
    except (PlaywrightTimeoutError, AssertionError) as err:
        print(f"!!  The page did not show what was expected: {str(err).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
