"""Which limit of a plan it is, and that it is reached."""

from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """Which of a plan's limits is meant."""

    MINUTE = "minute"
    MONTH = "month"


class LimitReached(Exception):
    """No request may be sent before `until` (aware UTC)."""

    def __init__(self, until: datetime, scope: Scope) -> None:
        """Remember when it ends and which limit it is."""
        super().__init__(f"{scope} limit reached until {until.isoformat()}")
        self.until = until
        self.scope = scope
