"""Walks through the real page, as an owner would: see scripts/browser, which starts this."""

import argparse
from collections.abc import Callable
from pathlib import Path
import signal
import sys
import time

ROOT = Path(__file__).resolve().parent.parent
# For the parts beside this file; scripts/browser runs Python with -P, which does not add them.
sys.path.insert(0, str(ROOT / "scripts"))

from browser_lib.account_walk import try_account  # noqa: E402
from browser_lib.accounts import DEFAULT, NAMES  # noqa: E402
from browser_lib.dialog_walk import walk_dialogs  # noqa: E402
from browser_lib.house_walk import walk_house  # noqa: E402
from browser_lib.owner import Owner  # noqa: E402
from browser_lib.result import Result, Visit, table, visits  # noqa: E402
from browser_lib.walking import walk_through  # noqa: E402
from browser_lib.wording import shown  # noqa: E402
from demo_lib.folder import DemoFolder  # noqa: E402
from demo_lib.report import Problem, complain, note, step  # noqa: E402

FOLDER = ROOT / ".demo-browser"
ACCOUNTS = "accounts"
type Visiting = Callable[[Owner, str, DemoFolder], None]
"""Goes through the house at an address, whose demo runs in a folder."""
VISITS: dict[str, tuple[Visiting, tuple[str, ...]]] = {
    "house": (walk_house, ()),
    "dialogs": (walk_dialogs, ("--empty",)),
}
"""The walks, each with the options of the demo that it goes through."""


def visit(name: str, pictures: Path) -> Visit:
    """Go one walk through a demo; raises Problem when that cannot be started."""
    folder, began = DemoFolder(FOLDER / name), time.monotonic()
    walk, options = VISITS[name]
    owner = walk_through(folder, pictures, lambda owner, url: walk(owner, url, folder), *options)
    # One walk has the cloud refuse a key, which Home Assistant logs.
    refused = shown("exceptions.invalid_auth.message").rstrip(".")
    return Visit(
        name=name,
        seconds=time.monotonic() - began,
        pictures=owner.pictures_taken,
        complaints=[
            line
            for line in owner.complaints
            if name != "dialogs" or not line.startswith("log: ") or refused not in line
        ],
    )


def _make_room(pictures: Path) -> Path:
    """Make a folder for pictures, without those of an earlier run."""
    pictures.mkdir(parents=True, exist_ok=True)
    for picture in pictures.glob("[0-9]*_*.png"):
        picture.unlink()
    return pictures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/browser", description=__doc__)
    parser.add_argument("--walk", action="append", choices=[ACCOUNTS, *VISITS], help="only this walk; several times")
    parser.add_argument("--account", action="append", choices=NAMES, help="only this account; several times for more")
    parser.add_argument("--pictures", type=Path, default=FOLDER / "pictures", help="where the pictures go")
    parser.add_argument("--where-possible", action="store_true", help="exit code 0 where no Chromium is there")
    return parser.parse_args()


def _say(complaints: list[str]) -> None:
    for line in complaints:
        note(f"!!  {line}")


def main() -> int:
    """Go the walks one after the other; return the exit code."""
    arguments = _arguments()
    walks = arguments.walk or ([ACCOUNTS] if arguments.account else [ACCOUNTS, *VISITS])
    results, visited = list[Result](), list[Visit]()
    # As with Ctrl-C: the house is left in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name in (arguments.account or DEFAULT) if ACCOUNTS in walks else ():
            step(f"The account {name}, from nothing")
            results.append(try_account(name, DemoFolder(FOLDER / name), _make_room(arguments.pictures / name)))
            _say(results[-1].complaints)
        for name in VISITS:
            if name in walks:
                step(f"The walk {name}")
                visited.append(visit(name, _make_room(arguments.pictures / name)))
                _say(visited[-1].complaints)
    except Problem as problem:
        complain(problem)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\n".join([*([table(results)] if results else []), *visits(visited)]))
    if any(one.complaints for one in results) or any(one.complaints for one in visited):
        print("!!  What is wrong stands above.", file=sys.stderr)
        return 1
    step(f"Fine; the pictures are in {arguments.pictures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
