"""Another source of energy behind a plant's grid meter, which the plant's cloud knows nothing of."""

from functools import partial

from ..plant.slots import slot_of
from .stage import Stage
from .truth import FlowName


class SecondSource:
    """What a grid meter sees when something else produces a share of what the plant does."""

    def __init__(self, stage: Stage, percent: int) -> None:
        """Take the plant, and how much the other source yields."""
        self._stage = stage
        self._percent = percent
        self._begin = slot_of(stage.plant.operational_at)
        self._sums: dict[FlowName, list[int]] = {"grid_import": [0], "grid_export": [0]}

    def apply(self) -> None:
        """Let this be what the grid meter measures."""
        for flow in self._sums:
            self._stage.truth.measured_as(flow, partial(self.between, flow))

    def other(self, start: int, end: int) -> int:
        """Return the Wh that the other source yields between two slots."""
        production = self._stage.plant.series.production
        begin = self._begin
        return (production(begin, end) * self._percent // 100) - (production(begin, start) * self._percent // 100)

    def between(self, flow: FlowName, start: int, end: int) -> int:
        """Return the Wh through the grid meter in one direction between two slots."""
        return self._until(flow, end) - self._until(flow, start)

    def _until(self, flow: FlowName, slot: int) -> int:
        sums = self._sums
        series = self._stage.plant.series
        while self._begin + len(sums["grid_import"]) <= slot:
            at = self._begin + len(sums["grid_import"]) - 1
            given = series.flow("export", at, at + 1) - series.flow("import", at, at + 1) + self.other(at, at + 1)
            sums["grid_export"].append(sums["grid_export"][-1] + max(0, given))
            sums["grid_import"].append(sums["grid_import"][-1] + max(0, -given))
        return sums[flow][max(0, min(slot - self._begin, len(sums[flow]) - 1))]
