"""Reading numbers back from JSON data that may be damaged."""

from math import isfinite
from typing import Any


def number(value: Any) -> float | None:
    """Return a finite number, `None` for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    return None
