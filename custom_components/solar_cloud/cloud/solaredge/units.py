"""The units that SolarEdge writes, and the factors that turn them into this project's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .model import Quantity

DIGITS = 6
"""Values are rounded to a millionth of a watt-hour, which removes what scaling by powers of ten adds in binary."""

_UNITS: Mapping[str, tuple[Quantity, float]] = MappingProxyType(
    {
        "W": (Quantity.POWER, 1),
        "KW": (Quantity.POWER, 1e3),
        "MW": (Quantity.POWER, 1e6),
        "WH": (Quantity.ENERGY, 1),
        "KWH": (Quantity.ENERGY, 1e3),
        "MWH": (Quantity.ENERGY, 1e6),
        "GWH": (Quantity.ENERGY, 1e9),
        "VOLT": (Quantity.VOLTAGE, 1),
        "AMPERE": (Quantity.CURRENT, 1),
        "HERTZ": (Quantity.FREQUENCY, 1),
        "PERCENTAGE": (Quantity.PERCENTAGE, 1),
        "PERCENTAGE_100": (Quantity.PERCENTAGE, 1),
    }
)


def factor_of(unit: Any, quantity: Quantity) -> float | None:
    """Return what turns values of a unit into this project's; `None` for an unknown unit or another quantity's."""
    known = _UNITS.get(unit.strip()) if isinstance(unit, str) else None
    return known[1] if known is not None and known[0] is quantity else None
