"""What is logged while a scenario is played."""

from collections import Counter
from datetime import UTC, datetime
import logging
from typing import override

from .violations import Violations

OFTEN = 13


class LogWatch(logging.Handler):
    """Keeps warnings of the integration, and errors of anybody."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.warnings: list[tuple[datetime, str]] = []
        self.broken: list[tuple[datetime, str]] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        now, text = datetime.now(UTC), record.getMessage()
        ours = "solar_cloud" in record.name or "solar_cloud" in text
        if ours and record.levelno >= logging.WARNING:
            self.warnings.append((now, text))
        if record.exc_info or (ours and record.levelno >= logging.ERROR) or "Traceback" in text:
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text[:80]} {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self.broken.append((now, text))

    def has_warned(self, since: datetime) -> bool:
        """Tell whether the owner can have read something since an instant."""
        return any(at >= since for at, _ in self.warnings)

    def judge(self, found: Violations) -> None:
        """Judge laws 11 and 12: no error, and no warning again and again."""
        for at, text in self.broken:
            found.add(11, "log", "an error in the log", at, seen=text)
        counts: Counter[tuple[str, str]] = Counter()
        for at, text in self.warnings:
            key = (text, f"{at:%d}")
            counts[key] += 1
            if counts[key] == OFTEN:
                found.add(12, "log", f"the same warning {OFTEN} times on a day", at, seen=text)
