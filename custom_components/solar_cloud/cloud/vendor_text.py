"""What a vendor says, as it may be shown: its words are material, whoever has written them."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta
import logging

from .clock import utcnow
from .redaction import Secrets

LONGEST = 200
"""Characters that are shown of a text."""
CUT = "…"
_PLAIN = str.maketrans({"[": "(", "]": ")", "<": "‹", ">": "›", "|": "/", "`": "'", "\\": "/"})
DAY = timedelta(days=1)
MOST_LINES = 1000
"""Lines that are remembered; a vendor with another text in every answer is not listened to for ever."""


def shown(text: object) -> str:
    """Return a text in one short line: what cannot be seen, or moves what can be, as its code."""
    # It may be megabytes long.
    line = str(text)[: 2 * LONGEST]
    if not line.isprintable():
        line = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
    return line if len(line) <= LONGEST else line[: LONGEST - len(CUT)] + CUT


def in_markdown(text: object) -> str:
    """Return a text as `shown` does, without what a page that knows Markdown makes links, pictures or tables of."""
    return shown(text).replace("://", ":/").translate(_PLAIN)


class VendorLog:
    """Writes into the log what a vendor has said: scrubbed, escaped, short, and each line at most once a day."""

    def __init__(self, clock: Callable[[], datetime], secrets: Callable[[], Secrets] = lambda: Secrets(())) -> None:
        """Take the time now (aware UTC), and what must be in no line."""
        self._clock = clock
        self._secrets = secrets
        self._said: dict[tuple[str, ...], datetime] = {}

    def shown(self, text: object) -> str:
        """Return a text as `shown` does, without secrets."""
        return shown(self._secrets().scrub(str(text)[: 4 * LONGEST]))

    def say(self, logger: logging.Logger, level: int, text: str, *args: object) -> None:
        """Log a line with what a vendor has said among its arguments, unless it was logged within a day."""
        if not logger.isEnabledFor(level):
            return
        words = tuple(self.shown(arg) for arg in args)
        line, now = (logger.name, text, *words), self._clock()
        self._said = {key: at for key, at in self._said.items() if timedelta(0) <= now - at < DAY}
        if line not in self._said and len(self._said) < MOST_LINES:
            self._said[line] = now
            logger.log(level, text, *words)


_reading: ContextVar[VendorLog | None] = ContextVar("vendor_log", default=None)


def say_with(log: VendorLog) -> None:
    """Have what this task says from now on written by the log of the account that it reads."""
    _reading.set(log)


def say(logger: logging.Logger, level: int, text: str, *args: object) -> None:
    """Log a line with what a vendor has said, as the account's `VendorLog` does."""
    (_reading.get() or VendorLog(utcnow)).say(logger, level, text, *args)
