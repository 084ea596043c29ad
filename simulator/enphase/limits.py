"""How Enphase, v2 and v4 alike, describes a limit that is exceeded."""

from typing import Any

from ..plant.slots import epoch
from ..quota import Window


def exceeded(plan: str) -> str:
    """Return the message."""
    return f"Usage limit exceeded for plan {plan}"


def period_of(window: Window) -> dict[str, Any]:
    """Return the fields that name the period whose limit is exceeded."""
    return {
        "period": window.period,
        "period_start": epoch(window.start),
        "period_end": epoch(window.end),
        "limit": window.limit,
    }
