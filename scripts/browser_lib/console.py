"""What the page writes to the browser's console: errors that Home Assistant's own page has anyway are known."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Tests of this file run without Playwright.
    from playwright.sync_api import ConsoleMessage, Page, WebError

_KNOWN = (
    # The logos of other integrations come from the internet, which no test of ours needs. Our own comes with us.
    re.compile(r"status of 404 .*/api/brands/(?!integration/solar_cloud/)"),
    # A number that is out of range is refused so, and the dialog says it.
    re.compile(r"status of 400 .*/api/config/config_entries/flow/\w+$"),
    # The simulated vendors' pages have no icon.
    re.compile(r"status of 404 .*/favicon\.ico$"),
)


def is_ours(line: str) -> bool:
    """Return whether an error, followed by the address that it is about, would not be there without us."""
    return not any(known.search(line) for known in _KNOWN)


class Console:
    """Collects the errors of all pages of a browser."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.context.on("console", self._read)
        page.context.on("weberror", self._read_error)

    @property
    def complaints(self) -> list[str]:
        """What was wrong, one line for each different error."""
        return [f"console: {line}" for line in dict.fromkeys(self.errors)]

    def _read(self, message: ConsoleMessage) -> None:
        line = f"{message.text} {message.location.get('url', '')}".strip()
        if message.type == "error" and is_ours(line):
            self.errors.append(line)

    def _read_error(self, error: WebError) -> None:
        self.errors.append(str(error.error))
