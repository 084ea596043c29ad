"""A person in front of the page: what is clicked and typed is counted, and what is seen is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import time
from typing import TYPE_CHECKING

from .texts import visible_text, what_is_raw

if TYPE_CHECKING:
    # Tests of this file run without Playwright.
    from playwright.sync_api import Locator, Page

SETTLED = 700
"""Milliseconds for the page's animations, before a picture is taken."""
HAND, COPY = 3.0, 8.0
"""Seconds that a person takes to see and click something, and to copy a value over; the test itself takes none."""


class Owner:
    """Clicks, types and looks. A value that is typed or pasted into a field is no click, nor is what the test adds."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self.clicks = 0
        self.fields = 0
        self.complaints: list[str] = []
        """What was wrong with what was seen, one line each."""
        self.pictures_taken = 0
        self._pictures = pictures
        self._idle = 0.0
        self._aside = False
        self._began = time.monotonic()

    def begin(self) -> None:
        """Count from here on: the credentials are at hand."""
        self.clicks, self.fields, self._idle, self._began = 0, 0, 0.0, time.monotonic()

    @property
    def seconds(self) -> float:
        """What the way has taken until now: the page's own time, and a person's for each click and field."""
        return time.monotonic() - self._began - self._idle + HAND * self.clicks + COPY * self.fields

    def click(self, target: Locator) -> None:
        """Click something, once it is there."""
        target.click()
        self.clicks += not self._aside

    def type(self, target: Locator, text: str) -> None:
        """Put a text into a field, once it is there."""
        target.fill(text)
        self.fields += not self._aside

    def look(self, name: str, page: Page | None = None, *, sees: str = "") -> str:
        """Take a picture of a page, this one unless another is given; return its text, and note what is raw in it.

        A text that somebody `sees` there has to be in it: where none can be read, nothing raw is found either.
        """
        with self.resting():
            seen = page or self.page
            seen.wait_for_timeout(SETTLED)
            self.pictures_taken += 1
            seen.screenshot(path=self._pictures / f"{self.pictures_taken:02}_{name}.png")
            text = visible_text(seen)
            self.complaints += [f"the page {name} shows {raw}" for raw in what_is_raw(text)]
            if sees not in text:
                self.complaints.append(f"the page {name} does not say {sees}")
            return text

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do what no owner has to do: neither clicks nor fields nor time count."""
        self._aside = True
        try:
            with self.resting():
                yield
        finally:
            self._aside = False

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Let time pass that does not count."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._idle += time.monotonic() - began
