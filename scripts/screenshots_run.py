"""Takes the pictures of the README and the docs: see scripts/screenshots, which starts this."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sys
from typing import Any

from playwright.sync_api import Error as PlaywrightError, Page, ViewportSize, expect

ROOT = Path(__file__).resolve().parent.parent
# For the parts beside this file; scripts/screenshots runs Python with -P, which does not add them.
sys.path.insert(0, str(ROOT / "scripts"))

from browser_lib.chromium import PATIENCE, chromium, log_in, open_page  # noqa: E402
from browser_lib.gallery import take_gallery  # noqa: E402
from browser_lib.houses import can_shift_time, running_demo  # noqa: E402
from browser_lib.page import call, say, wait_for_system  # noqa: E402
from demo_lib.report import Problem, complain, note, step  # noqa: E402

IMAGES = ROOT / "docs" / "images"
NOON = datetime(2026, 6, 12, 11, 20, tzinfo=UTC)
"""Early in the afternoon of a summer day at the home of the pictures."""
HOME = "4200003"
"""A home with meters, a battery and microinverters, near Amsterdam."""
PRICES = {"import": 0.29, "export": 0.08}
"""The prices of a kWh, now and in the past."""
PATH = "one-home"
WIDE, TALL = ViewportSize(width=1280, height=880), ViewportSize(width=1280, height=1500)

FLOW = "config/config_entries/subentries/flow"


class Photographer:
    """Takes pictures of one home in a demo."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def prepare(self) -> str:
        """Give the home prices, an Energy dashboard and a dashboard of its own; return the id of its device."""
        device = wait_for_system(self.page, HOME)
        self._set_prices(device)
        self._show_alone(device["id"])
        strategy = {"type": "custom:solar-cloud", "system": device["id"]}
        view, modules = {"title": "Solar", "strategy": strategy}, strategy | {"show": "modules"}
        views = [view, {"title": "Modules", "path": "modules", "strategy": modules}]
        create = {"type": "lovelace/dashboards/create", "url_path": PATH, "title": "Iepenlaan", "mode": "storage"}
        say(self.page, {**create, "icon": "mdi:home-lightning-bolt", "show_in_sidebar": True, "require_admin": False})
        say(self.page, {"type": "lovelace/config/save", "url_path": PATH, "config": {"views": views}})
        return str(device["id"])

    def _set_prices(self, device: dict[str, Any]) -> None:
        """Set the prices of the home through its own form."""
        ((entry_id, subentries),) = device["config_entries_subentries"].items()
        given = {"handler": [entry_id, "system"], "subentry_id": subentries[0], "show_advanced_options": False}
        flow = call(self.page, "POST", FLOW, given)["flow_id"]
        call(self.page, "POST", f"{FLOW}/{flow}", {"next_step_id": "prices"})
        prices = {f"{side}_price": price for side, price in PRICES.items()}
        done = call(
            self.page, "POST", f"{FLOW}/{flow}", prices | {f"past_{name}": price for name, price in prices.items()}
        )
        assert done["reason"] == "prices_saved", done

    def _show_alone(self, device_id: str) -> None:
        """Wait for the costs, and have the Energy dashboard show this home alone."""
        ids = [f"solar_cloud:enphase_{HOME}_{name}" for name in ("grid_import_cost", "grid_export_compensation")]
        add = {"type": "call_service", "domain": "solar_cloud", "service": "add_to_energy_dashboard"}
        for _ in range(PATIENCE // 1000):
            if {one["statistic_id"] for one in say(self.page, {"type": "recorder/list_statistic_ids"})}.issuperset(ids):
                break
            self.page.wait_for_timeout(3000)
        say(self.page, {**add, "service_data": {"system": device_id}, "return_response": True})
        preferences = say(self.page, {"type": "energy/get_prefs"})
        mine = [one for one in preferences["energy_sources"] if HOME in str(one)]
        say(self.page, {"type": "energy/save_prefs", "energy_sources": mine, "device_consumption": []})

    def take(self, path: str, shows: str, name: str, *, rest: int = 3000, size: ViewportSize = WIDE) -> None:
        """Open a page, wait until it shows something and nothing loads any more, and take the picture.

        `rest` are milliseconds for the page's own animations, and for graphs that it draws last.
        """
        self.page.set_viewport_size(size)
        self.page.goto(f"{self.url}{path}")
        self.page.locator(shows).first.wait_for()
        self.shoot(name, rest=rest)

    def shoot(self, name: str, *, rest: int) -> None:
        """Take the picture of what the page shows."""
        page = self.page
        page.wait_for_load_state("networkidle")
        for unwanted in ("ha-spinner", "ha-circular-progress", "hui-error-card"):
            expect(page.locator(f"{unwanted}:visible")).to_have_count(0, timeout=PATIENCE)
        page.wait_for_timeout(rest)
        page.screenshot(path=IMAGES / name)
        print(f"==> {(IMAGES / name).relative_to(ROOT)}")


def pictures(url: str, shift: timedelta | None = None) -> None:
    """Take all pictures of a demo, whose clock may be so much before or after the real one."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page = open_page(browser)
        if shift is not None:
            page.clock.install(time=datetime.now(UTC) + shift)
        log_in(page, url)
        photographer = Photographer(page, url)
        device = photographer.prepare()
        photographer.take(f"/config/devices/device/{device}", "ha-device-entities-card >> text=/kWh/", "device.png")
        photographer.take(f"/{PATH}", "hui-tile-card", "dashboard.png", rest=8000, size=TALL)
        photographer.take(f"/{PATH}/modules", "solar-cloud-modules", "modules.png", rest=4000)
        photographer.take("/energy/overview", "ha-panel-energy", "energy-summary.png", rest=8000)
        photographer.take("/energy/now", "ha-panel-energy", "energy-now.png", rest=8000)
        photographer.take("/energy/electricity", "ha-panel-energy", "energy.png", rest=2000, size=TALL)
        # A whole day is more to look at than a morning.
        page.get_by_role("button", name="Previous", exact=True).click()
        photographer.shoot("energy.png", rest=8000)


def main() -> int:
    """Take the pictures of a running demo, or of one that is started for it; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--url", help="the address of a demo that runs already")
    parser.add_argument("--languages", action="store_true", help="a dialog and a page in each language, instead")
    arguments = parser.parse_args()
    url = arguments.url
    try:
        if url:
            pictures(url.rstrip("/"))
            return 0
        shift = NOON - datetime.now(UTC) if can_shift_time() else None
        if shift is None:
            note("faketime is not installed: the pictures are of now, whatever the sun does")
        if arguments.languages:
            take_gallery(IMAGES / "languages", ROOT / ".demo-languages", shift)
            return 0
        step("A demo for the pictures")
        with running_demo(ROOT / ".demo-screenshots", shift=shift) as started:
            pictures(started, shift)
    except Problem as problem:
        complain(problem)
        return 1
    except (PlaywrightError, AssertionError) as err:
        print(f"!!  The page did not show what was expected: {str(err).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
