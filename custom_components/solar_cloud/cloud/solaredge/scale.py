"""The scale of SolarEdge's state of energy: the documentation says 0 to 100, the service has been seen to send 0 to 1.

Both come under the unit PERCENTAGE. One scale holds for a whole answer and is remembered for the site, until an answer
proves the other: a number that no fraction reaches, or what is left in a battery beside its capacity.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from ..parse import as_float, as_list, as_map, as_str
from .units import PERCENTAGES, unit_name

DECISIVE = 0.03
"""Where both the number and the share of the capacity are below this, they say little about the scale."""
PROOF = 1.05
"""Full batteries report a little more than 1, by rounding; a number above this is no fraction."""
MOST_SHARE = 1.5
"""A battery that holds more than that of its capacity has a capacity, or an energy, in another unit than it says."""
SMALLEST_WH = 100.0
"""A nameplate below this is in kWh: nobody says which unit it has."""


class Scale(StrEnum):
    """What the numbers of a state of energy mean."""

    PERCENT = "percent"
    FRACTION = "fraction"

    @property
    def factor(self) -> float:
        """What makes such a number per cent."""
        return 100.0 if self is Scale.FRACTION else 1.0


def scale_of(answer: Any, known: Scale | None, capacities: Mapping[str, float]) -> Scale | None:
    """Return the scale of a storage telemetry; `None` where it has nothing above 0 and nothing was known before.

    `capacities` are in Wh, by serial number: with the remaining energy they show what the numbers must mean, also where
    another scale was believed. Without them a scale that is known stays, however small the numbers are.
    """
    devices = as_map(as_map(answer).get("storage"))
    highest = max((value for metrics in devices.values() for value in _levels(metrics).values()), default=0.0)
    if highest > PROOF:
        return Scale.PERCENT
    if highest <= 0:
        return known
    found = {scale for serial, metrics in devices.items() for scale in _compared(metrics, capacities.get(serial))}
    if len(found) == 1:
        return found.pop()
    return known or Scale.FRACTION


def _compared(metrics: Any, capacity: float | None) -> Iterable[Scale]:
    """Compare a battery's states with what was left in it; each bucket that decides something has a scale."""
    if not capacity or capacity <= 0:
        return
    series = as_map(as_map(metrics).get("remainingEnergy"))
    factor = {"WH": 1.0, "KWH": 1000.0}.get(unit_name(series.get("unit")) or "")
    levels, remaining = _levels(metrics), _values(series)
    if factor is None:
        return
    for stamp, level in levels.items():
        share = remaining.get(stamp, 0.0) * factor / capacity
        if stamp in remaining and share < MOST_SHARE and max(level, share) >= DECISIVE:
            yield Scale.FRACTION if abs(level - share) < abs(level / 100 - share) else Scale.PERCENT


def _levels(metrics: Any) -> Mapping[str, float]:
    series = as_map(as_map(metrics).get("stateOfEnergy"))
    return _values(series) if unit_name(series.get("unit")) in PERCENTAGES else {}


def _values(series: Mapping[str, Any]) -> dict[str, float]:
    rows = [as_map(row) for row in as_list(series.get("values"))]
    return {
        stamp: value
        for row in rows
        if (stamp := as_str(row.get("timestamp"))) and (value := as_float(row.get("value"))) is not None
    }
