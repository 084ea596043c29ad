"""Takes the pictures of the README: see scripts/screenshots, which starts this."""

import argparse
from pathlib import Path
import sys

from playwright.sync_api import Page, TimeoutError as PlaywrightTimeoutError, expect

ROOT = Path(__file__).resolve().parent.parent
# For the parts beside this file; scripts/screenshots runs Python with -P, which does not add them.
sys.path.insert(0, str(ROOT / "scripts"))

from browser_lib.chromium import PATIENCE, chromium, log_in, open_page  # noqa: E402
from browser_lib.houses import running_demo  # noqa: E402
from demo_lib.report import Problem, complain  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DASHBOARD = "/solar-cloud"

# The system with the highest power at the moment: its device has power and is a service, which its inverters are not.
_BEST_SYSTEM = """() => {
  const hass = document.querySelector("home-assistant").hass;
  const powers = Object.values(hass.entities)
    .filter((entity) => entity.platform === "solar_cloud" && entity.translation_key === "power")
    .filter((entity) => hass.devices[entity.device_id].entry_type === "service")
    .map((entity) => [Number(hass.states[entity.entity_id].state), entity.device_id]);
  return powers.sort((one, other) => other[0] - one[0])[0][1];
}"""


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
    with chromium() as browser:
        page = open_page(browser)
        log_in(page, url)
        device = page.evaluate(_BEST_SYSTEM)
        take(page, f"{url}/config/devices/device/{device}", "ha-device-entities-card >> text=/kWh/", "device.png")
        take(page, f"{url}{DASHBOARD}", "hui-tile-card", "dashboard.png")
        take(page, f"{url}/energy/electricity", "ha-panel-energy", "energy.png", rest=8000)


def main() -> int:
    """Take the pictures of a running demo, or of one that is started for it; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--url", help="the address of a demo that runs already")
    url = parser.parse_args().url
    try:
        if url:
            pictures(url.rstrip("/"))
        else:
            with running_demo(ROOT / ".demo-screenshots") as started:
                pictures(started)
    except Problem as problem:
        complain(problem)
        return 1
    except (PlaywrightTimeoutError, AssertionError) as err:
        print(f"!!  The page did not show what was expected: {str(err).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
