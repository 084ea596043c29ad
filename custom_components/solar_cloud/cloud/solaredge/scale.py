"""The scale of SolarEdge's state of energy: the documentation says 0 to 100, the service has been seen to send 0 to 1.

Both come under the unit PERCENTAGE. One scale holds for a whole answer and is remembered for the site; what is above 1
proves per cent for ever.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..parse import as_float, as_list, as_map, as_str

SCALED_UNIT = "PERCENTAGE"
"""The one unit whose scale the service has not kept to."""
DECISIVE = 0.03
"""Where both the number and the share of the capacity are below this, they say little about the scale."""
PROOF = 1.05
"""Full batteries report a little more than 1, by rounding: a fraction that was known is given up above this only."""
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

    `capacities` are in Wh, by serial number: with the remaining energy they show what the numbers must mean.
    """
    devices = as_map(as_map(answer).get("storage"))
    highest = max((value for metrics in devices.values() for value in _levels(metrics).values()), default=0.0)
    if known is Scale.PERCENT or highest > (PROOF if known is Scale.FRACTION else 1):
        return Scale.PERCENT
    if highest <= 0 or known is Scale.FRACTION:
        return known
    found = [
        scale
        for serial, metrics in devices.items()
        if (scale := _compared(metrics, capacities.get(serial))) is not None
    ]
    return Scale.PERCENT if Scale.PERCENT in found and Scale.FRACTION not in found else Scale.FRACTION


def _compared(metrics: Any, capacity: float | None) -> Scale | None:
    """Compare a battery's state with what is left in it; `None` where that decides nothing."""
    if not capacity or capacity <= 0:
        return None
    series = as_map(as_map(metrics).get("remainingEnergy"))
    factor = {"WH": 1.0, "KWH": 1000.0}.get(as_str(series.get("unit")) or "")
    levels, remaining = _levels(metrics), _values(series)
    both = [stamp for stamp in levels if stamp in remaining]
    if factor is None or not both:
        return None
    level, share = levels[both[-1]], remaining[both[-1]] * factor / capacity
    if max(level, share) < DECISIVE:
        return None
    return Scale.FRACTION if abs(level - share) < abs(level / 100 - share) else Scale.PERCENT


def _levels(metrics: Any) -> Mapping[str, float]:
    series = as_map(as_map(metrics).get("stateOfEnergy"))
    return _values(series) if as_str(series.get("unit")) == SCALED_UNIT else {}


def _values(series: Mapping[str, Any]) -> dict[str, float]:
    rows = [as_map(row) for row in as_list(series.get("values"))]
    return {
        stamp: value
        for row in rows
        if (stamp := as_str(row.get("timestamp"))) and (value := as_float(row.get("value"))) is not None
    }
