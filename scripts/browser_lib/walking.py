"""The frame of every walk: a house of its own, somebody logged in to it, and all that is wrong in the end."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from demo_lib.folder import DemoFolder
from demo_lib.log import complaints
from playwright.sync_api import Error as PlaywrightError

from .chromium import chromium, log_in, open_page
from .console import Console
from .houses import running_demo
from .owner import Owner

type Walk = Callable[[Owner, str], None]
"""Goes through the house at an address."""


def walk_through(folder: DemoFolder, pictures: Path, walk: Walk, *options: str) -> Owner:
    """Start a demo with these options, and go a walk through it; raises Problem when the demo cannot be started.

    Returns who has gone it, with what was wrong: on the pages, in the browser's console and in Home Assistant's log.
    """
    with running_demo(folder.path, *options) as url, chromium() as browser:
        page = open_page(browser)
        console = Console(page)
        owner = Owner(page, pictures)
        try:
            log_in(page, url)
            walk(owner, url)
        except (PlaywrightError, AssertionError) as err:
            with suppress(PlaywrightError):
                owner.look("failed")
            owner.complaints.append(f"the page did not go on: {' '.join(str(err).split())[:300]}")
        page.context.close()
        owner.complaints += console.complaints
    owner.complaints += [f"log: {line}" for line in complaints(folder.log.read_text("utf-8", "replace"))]
    return owner
