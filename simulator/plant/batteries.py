"""How several batteries share what a plant stores: one is filled after the other, and emptied in reverse."""

from array import array
from functools import lru_cache
from typing import Literal

from .energy import Series, Storage, Track
from .slots import SLOTS_PER_DAY

type BatteryFlow = Literal["charge", "discharge"]


class Batteries:
    """The energy of each battery of a plant, in whole Wh that always sum up to the plant's flows.

    The first battery takes what there is until it is full, then the second; so their states differ most of the time.
    """

    def __init__(self, series: Series, storage: Storage, capacities: tuple[tuple[str, int], ...]) -> None:
        """Take serial numbers and nameplates (Wh), which sum up to the storage's capacity."""
        self._series = series
        self._cost: dict[BatteryFlow, int] = {"charge": storage.efficiency_percent, "discharge": 100}
        first_slot = series.first_slot
        self._first_slot = first_slot
        self._serials = [serial for serial, _ in capacities]
        self._tops = [sum(size for _, size in capacities[:number]) * 100 for number in range(1, len(capacities) + 1)]
        self._flows: dict[tuple[str, BatteryFlow], Track] = {
            (serial, flow): Track(first_slot) for serial in self._serials for flow in self._cost
        }
        self._owed: dict[tuple[str, BatteryFlow], int] = dict.fromkeys(self._flows, 0)
        self._stored: dict[str, list[array[int]]] = {serial: [] for serial in self._serials}

    def flow(self, serial: str, flow: BatteryFlow, start: int, end: int) -> int:
        """Return the Wh that went into or out of a battery between two slots. Raise KeyError."""
        if self._serials == [serial]:
            return self._series.flow(flow, start, end)
        self._grow(end)
        track = self._flows[serial, flow]
        return track.until(max(end, start)) - track.until(start)

    def stored_wh(self, serial: str, slot: int) -> float:
        """Return the energy in a battery at the start of a slot. Raise KeyError."""
        if self._serials == [serial]:
            return self._series.stored_wh(slot)
        self._grow(slot)
        day, index = divmod(slot - self._first_slot, SLOTS_PER_DAY)
        return self._stored[serial][day][index] / 100 if day >= 0 else 0.0

    def _grow(self, slot: int) -> None:
        while self._first_slot + SLOTS_PER_DAY * self._flows[self._serials[0], "charge"].days <= slot:
            self._add_day(self._flows[self._serials[0], "charge"].days)

    def _add_day(self, day: int) -> None:
        flows, levels = self._series.storage_day(day)
        contents = self._contents(levels)
        for flow, cost in self._cost.items():
            shared: dict[str, list[int]] = {serial: [] for serial in self._serials}
            for index, energy in enumerate(flows[flow]):
                left = energy
                for serial in self._serials[:-1]:
                    key, content = (serial, flow), contents[serial]
                    # What a Wh more would overdo now is made up for later.
                    self._owed[key] += abs(content[index + 1] - content[index]) if energy else 0
                    taken = min(left, self._owed[key] // cost)
                    self._owed[key] -= taken * cost
                    left -= taken
                    shared[serial].append(taken)
                shared[self._serials[-1]].append(left)
            for serial, values in shared.items():
                self._flows[serial, flow].append(values)
        for serial, content in contents.items():
            self._stored[serial].append(content)

    def _contents(self, levels: array[int]) -> dict[str, array[int]]:
        """Return what is in each battery at each slot of a day, in hundredths of a Wh."""
        result, below = {}, 0
        for serial, top in zip(self._serials, self._tops, strict=True):
            result[serial] = array("I", (min(max(level - below, 0), top - below) for level in levels))
            below = top
        return result


@lru_cache(maxsize=32)
def batteries_of(series: Series, storage: Storage, capacities: tuple[tuple[str, int], ...]) -> Batteries:
    """Return the batteries of a plant; equal plants, which share a series, share them too."""
    return Batteries(series, storage, capacities)
