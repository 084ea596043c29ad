"""The owner's way with one account: from an empty house to the Energy dashboard with the past and its costs."""

import json
from pathlib import Path
import time

from demo_lib.folder import DemoFolder

from .accounts import Account, accounts
from .energy import lacking_costs, look_at_dashboards, wait_for_past
from .owner import Owner
from .result import Result
from .setting_up import set_up
from .simulated import sign_in
from .walking import walk_through

PATIENCE = 300
"""Seconds for the past, and for its costs; nobody has to look on."""


def try_account(name: str, folder: DemoFolder, pictures: Path) -> Result:
    """Set one account up in an empty house; raises Problem when the house cannot be started."""
    result = Result(name=name, systems=0)

    def walk(owner: Owner, url: str) -> None:
        at_hand = json.loads(folder.credentials_file.read_text("utf-8"))
        account = next(one for one in accounts(at_hand) if one.name == name)
        result.systems = len(account.systems)
        sign_in(folder.ready_file.read_text("utf-8").strip(), account)
        _walk(owner, url, account, result)

    result.complaints += walk_through(folder, pictures, walk, "--empty").complaints
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
    result.complaints += lacking_costs(owner, account, PATIENCE)
    look_at_dashboards(owner, url, account)
