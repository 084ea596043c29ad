"""How the plant's energy is divided among its inverters.

Each Wh of the plant, numbered in the order of time, belongs to one inverter, by a pattern in which every inverter
appears as often as it is strong and as evenly as can be. So the inverters' energies are whole Wh that never fall and
always sum up to the plant's, over any time, and none of it has to be stored.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache

_LONGEST_PERIOD = 50_000


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
    """Return the pattern for a set of devices; equal sets share one. Large weights are made smaller for speed."""
    least = -(-sum(weight for _, weight in weights) // _LONGEST_PERIOD)
    return Shares((serial, max(1, weight // max(1, least))) for serial, weight in weights)


class Division:
    """How an energy is divided among devices while these come and go."""

    def __init__(
        self, changes: Iterable[tuple[int, tuple[tuple[str, int], ...]]], total_until: Callable[[int], int]
    ) -> None:
        """Take each slot from which on other devices share (ascending; serial numbers, weights) and the total's Wh."""
        self._total_until = total_until
        self._eras = [(start, shares_of(weights), total_until(start)) for start, weights in changes]

    def until(self, serial: str, slot: int) -> int:
        """Return the Wh of one device before a slot; 0 for one that never had a share."""
        total = 0
        for number, (start, shares, before_wh) in enumerate(self._eras, 1):
            if start >= slot:
                break
            end = slot if number == len(self._eras) else min(slot, self._eras[number][0])
            total += shares.of(serial, self._total_until(end) - before_wh)
        return total
