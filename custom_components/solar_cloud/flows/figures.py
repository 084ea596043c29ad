"""How dialogs write hours and energies: the same in every language."""

from datetime import datetime
from zoneinfo import ZoneInfo

KILO = 1000


def hour(start: datetime, zone: ZoneInfo) -> str:
    """Return an hour by its start, in a system's own time."""
    return start.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def kwh(wh: float) -> str:
    """Return an energy in kWh."""
    return f"{wh / KILO:.3f}"
