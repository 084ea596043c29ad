"""The units that SolarEdge writes, and the factors that turn them into this project's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..parse import as_str
from .model import Quantity

DIGITS = 6
"""Values are rounded to a millionth of a watt-hour, which removes what scaling by powers of ten adds in binary."""

PERCENTAGES = frozenset({"PERCENTAGE", "PERCENT", "%"})
"""The units of a percentage whose scale the service does not keep to."""
_UNITS: Mapping[str, tuple[Quantity, float]] = MappingProxyType(
    {
        "W": (Quantity.POWER, 1),
        "KW": (Quantity.POWER, 1e3),
        "MW": (Quantity.POWER, 1e6),
        "WH": (Quantity.ENERGY, 1),
        "KWH": (Quantity.ENERGY, 1e3),
        "MWH": (Quantity.ENERGY, 1e6),
        "GWH": (Quantity.ENERGY, 1e9),
        **dict.fromkeys(("VOLT", "VOLTS", "V"), (Quantity.VOLTAGE, 1)),
        **dict.fromkeys(("AMPERE", "AMPERES", "AMP", "A"), (Quantity.CURRENT, 1)),
        **dict.fromkeys(("HERTZ", "HZ"), (Quantity.FREQUENCY, 1)),
        **dict.fromkeys((*PERCENTAGES, "PERCENTAGE_100"), (Quantity.PERCENTAGE, 1)),
    }
)
"""By their names in capitals: version 1 of the API wrote Wh, kWh, W, V and %, version 2 has WH, VOLT, PERCENTAGE …"""


def unit_name(unit: Any) -> str | None:
    """Return a unit as `_UNITS` has it, whatever its case; `None` where there is none."""
    text = as_str(unit)
    return text.upper() if text else None


def factor_of(unit: Any, quantity: Quantity) -> float | None:
    """Return what turns values of a unit into this project's; `None` for an unknown unit or another quantity's."""
    known = _UNITS.get(unit_name(unit) or "")
    return known[1] if known is not None and known[0] is quantity else None
