"""What Home Assistant's log tells: followed while the demo runs, judged when it ends."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
import re

from .names import DOMAIN

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\S* (?P<level>[A-Z]+) ")
# Home Assistant says the first of every custom integration, and the second of every platform when its language changes.
_HARMLESS = ("has not been tested by Home Assistant", "Failed to load integration for translation: Invalid domain ")


def complaints(log: str) -> list[str]:
    """Return what a healthy run does not log: errors, tracebacks, and any warning that names the integration."""
    return [entry.splitlines()[0] for entry in _entries(log) if _is_complaint(entry)]


def _entries(log: str) -> Iterator[str]:
    """Give the log's entries, each with the lines that follow it."""
    entry: list[str] = []
    for line in log.splitlines():
        if _ENTRY.match(line) and entry:
            yield "\n".join(entry)
            entry = []
        entry.append(line)
    if entry:
        yield "\n".join(entry)


def _is_complaint(entry: str) -> bool:
    match = _ENTRY.match(entry)
    level = match["level"] if match else ""
    if level in {"ERROR", "CRITICAL"} or "Traceback (most recent call last)" in entry:
        return True
    return level == "WARNING" and DOMAIN in entry and not any(harmless in entry for harmless in _HARMLESS)


async def follow(path: Path) -> None:
    """Print what is added to a log file, until cancelled."""
    with path.open(encoding="utf-8", errors="replace") as log:
        while True:
            if text := log.read():
                print(text, end="", flush=True)
            await asyncio.sleep(0.3)
