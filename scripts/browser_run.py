"""Sets every kind of account up in the real page: see scripts/browser, which starts this."""

import argparse
from contextlib import suppress
import json
from pathlib import Path
import signal
import sys
import time

from playwright.sync_api import Browser, Error as PlaywrightError

ROOT = Path(__file__).resolve().parent.parent
# For the parts beside this file; scripts/browser runs Python with -P, which does not add them.
sys.path.insert(0, str(ROOT / "scripts"))

from browser_lib.accounts import NAMES, Account, accounts  # noqa: E402
from browser_lib.chromium import chromium, log_in, open_page  # noqa: E402
from browser_lib.console import Console  # noqa: E402
from browser_lib.energy import lacking_costs, look_at_dashboards, wait_for_past  # noqa: E402
from browser_lib.houses import running_demo  # noqa: E402
from browser_lib.owner import Owner  # noqa: E402
from browser_lib.past_prices import set_past_prices  # noqa: E402
from browser_lib.result import Result, table  # noqa: E402
from browser_lib.setting_up import set_up  # noqa: E402
from browser_lib.simulated import sign_in  # noqa: E402
from demo_lib.folder import DemoFolder  # noqa: E402
from demo_lib.log import complaints  # noqa: E402
from demo_lib.report import Problem, complain, note, step  # noqa: E402

FOLDER = ROOT / ".demo-browser"
PATIENCE = 300
"""Seconds for the past, and for its costs; nobody has to look on."""


def try_account(browser: Browser, name: str, pictures: Path) -> Result:
    """Set one account up in an empty house; raises Problem when the house cannot be started."""
    folder = DemoFolder(FOLDER / name)
    result = Result(name=name, systems=0)
    with running_demo(folder.path, "--empty") as url:
        at_hand = json.loads(folder.credentials_file.read_text("utf-8"))
        account = next(one for one in accounts(at_hand) if one.name == name)
        result.systems = len(account.systems)
        sign_in(folder.ready_file.read_text("utf-8").strip(), account)
        page = open_page(browser)
        console = Console(page)
        owner = Owner(page, pictures)
        try:
            log_in(page, url)
            _walk(owner, url, account, result)
        except (PlaywrightError, AssertionError) as err:
            with suppress(PlaywrightError):
                owner.look("failed")
            result.complaints.append(f"the page did not go on: {' '.join(str(err).split())[:300]}")
        page.context.close()
        result.complaints += [*owner.complaints, *(f"console: {line}" for line in dict.fromkeys(console.errors))]
    log = folder.log.read_text("utf-8", "replace")
    result.complaints += [f"log: {line}" for line in complaints(log)]
    result.judge()
    return result


def _walk(owner: Owner, url: str, account: Account, result: Result) -> None:
    """Go the owner's whole way, and write down what it took."""
    page = owner.page
    page.goto(f"{url}/config/integrations/dashboard")
    page.get_by_role("button", name="Add integration").wait_for()
    owner.begin()
    try:
        set_up(owner, account)
        owner.click(page.locator("ha-sidebar a[href='/energy']").first)
    finally:
        result.clicks, result.fields, result.seconds = owner.clicks, owner.fields, owner.seconds
    began = time.monotonic()
    result.complaints += wait_for_past(owner, account, PATIENCE)
    result.waited = time.monotonic() - began
    for system in account.systems:
        if system.grid:
            set_past_prices(owner, url, system)
    result.complaints += lacking_costs(owner, account, PATIENCE)
    look_at_dashboards(owner, url, account)


def _make_room(pictures: Path) -> None:
    """Make a folder for pictures, without those of an earlier run."""
    pictures.mkdir(parents=True, exist_ok=True)
    for picture in pictures.glob("[0-9][0-9]_*.png"):
        picture.unlink()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/browser", description=__doc__)
    parser.add_argument("--account", action="append", choices=NAMES, help="only this account; several times for more")
    parser.add_argument("--pictures", type=Path, default=FOLDER / "pictures", help="where the pictures go")
    return parser.parse_args()


def main() -> int:
    """Try the accounts one after the other; return the exit code."""
    arguments = _arguments()
    results = []
    # As with Ctrl-C: the house is left in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name in arguments.account or NAMES:
            step(f"The account {name}, from nothing")
            pictures = arguments.pictures / name
            _make_room(pictures)
            with chromium() as browser:
                results.append(try_account(browser, name, pictures))
            for line in results[-1].complaints:
                note(f"!!  {line}")
    except Problem as problem:
        complain(problem)
        return 1
    except KeyboardInterrupt:
        return 130
    print(table(results))
    if any(one.complaints for one in results):
        print("!!  What is wrong stands above.", file=sys.stderr)
        return 1
    step(f"Fine; the pictures are in {arguments.pictures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
