"""The clock of code that knows no Home Assistant."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the time as aware UTC."""
    return datetime.now(UTC)
