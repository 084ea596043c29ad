"""How the plant's energy is divided among its inverters.

Each Wh of the plant, numbered in the order of time, belongs to one inverter, by a pattern in which every inverter
appears as often as it is strong and as evenly as can be. So the inverters' energies are whole Wh that never fall and
always sum up to the plant's, over any time, and none of it has to be stored.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache


class Shares:
    """The pattern for one set of inverters, given as (serial number, weight)."""

    def __init__(self, weights: Iterable[tuple[str, int]]) -> None:
        """Lay each inverter's turns evenly over the period and number them."""
        turns = sorted(
            ((turn + 0.5) / weight, place, serial)
            for place, (serial, weight) in enumerate(weights)
            for turn in range(weight)
        )
        self.period = max(len(turns), 1)
        self._positions: dict[str, list[int]] = {}
        for position, (_, _, serial) in enumerate(turns):
            self._positions.setdefault(serial, []).append(position)

    def of(self, serial: str, plant_wh: int) -> int:
        """Return how many of the plant's first `plant_wh` Wh are this inverter's."""
        positions = self._positions.get(serial)
        if not positions:
            return 0
        rounds, rest = divmod(plant_wh, self.period)
        return rounds * len(positions) + bisect_left(positions, rest)


@lru_cache(maxsize=256)
def shares_of(weights: tuple[tuple[str, int], ...]) -> Shares:
    """Return the pattern for a set of inverters; equal sets share one."""
    return Shares(weights)
