"""How Enphase writes times and reads dates (Enphase v2 documentation, Enphase v4 specification)."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from ..plant.slots import epoch


def render(value: Any, mode: str | None = None, zone: tzinfo = UTC) -> Any:
    """Return a body with its datetimes and dates as JSON has them.

    Without a mode times are epoch seconds and dates are YYYY-mm-dd; ``iso8601`` and ``epoch`` make both the same, a
    date being its local midnight.
    """
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds") if mode == "iso8601" else epoch(value)
    if isinstance(value, date):
        if mode is None:
            return value.isoformat()
        return render(datetime.combine(value, time(), zone), mode, zone)
    if isinstance(value, dict):
        return {name: render(item, mode, zone) for name, item in value.items()}
    if isinstance(value, list):
        return [render(item, mode, zone) for item in value]
    return value


def parse_date(text: str) -> date:
    """Return a date as documented. Raise ValueError."""
    # fromisoformat alone would also take weeks and times.
    return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - dates have no zone
