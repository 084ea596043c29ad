"""Instants and days in a query, as both generations of Enphase's API expect them."""

from datetime import date, datetime


def epoch(moment: datetime) -> str:
    """Return an aware instant in seconds since 1970."""
    return str(int(moment.timestamp()))


def span(start: datetime | None, end: datetime | None) -> list[tuple[str, str]]:
    """Return the parameters of a span of time, open at an end that is not given."""
    named = (("start_at", start), ("end_at", end))
    return [(name, epoch(moment)) for name, moment in named if moment is not None]


def days(start: date | None, end: date | None) -> list[tuple[str, str]]:
    """Return the parameters of a span of the system's days, open at an end that is not given."""
    named = (("start_date", start), ("end_date", end))
    return [(name, day.isoformat()) for name, day in named if day is not None]
