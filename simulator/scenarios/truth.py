"""What is true of a plant, flow by flow: the energy that passed whatever measures the flow."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from ..plant.energy import Flow
from ..plant.plant import Plant
from ..plant.slots import slot_of

type FlowName = Literal[
    "production", "consumption", "grid_import", "grid_export", "battery_charge", "battery_discharge"
]
type Integral = Callable[[int, int], float]
"""Gives the Wh between two slots."""

FLOW_NAMES: tuple[FlowName, ...] = (
    "production",
    "consumption",
    "grid_import",
    "grid_export",
    "battery_charge",
    "battery_discharge",
)
_OF_HOUSE: dict[FlowName, Flow] = {
    "consumption": "load",
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}


class Truth:
    """The energy of each flow of a plant in Wh."""

    def __init__(self, plant: Plant) -> None:
        """Begin with the plant's own integral: every meter measures right."""
        self.plant = plant
        self._measured: dict[FlowName, Integral] = {}

    def measured_as(self, flow: FlowName, integral: Integral) -> None:
        """Let what measures a flow see something else than the plant does: another source, a wrong scale."""
        self._measured[flow] = integral

    def between(self, flow: FlowName, start: int, end: int) -> float:
        """Return the Wh of a flow between two slots."""
        if flow in self._measured:
            return self._measured[flow](start, end)
        return self.of_plant(flow, start, end)

    def of_plant(self, flow: FlowName, start: int, end: int) -> int:
        """Return the Wh of a flow between two slots as the plant has it."""
        if flow == "production":
            return self.plant.series.production(start, end)
        return self.plant.series.flow(_OF_HOUSE[flow], start, end)

    def wh(self, flow: FlowName, start: datetime, end: datetime) -> float:
        """Return the Wh of a flow between two instants, rounded down to five minutes."""
        return self.between(flow, slot_of(start), slot_of(end))
