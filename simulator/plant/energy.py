"""The energy integral of one plant: whole Wh in slots of five minutes, all numbers of all endpoints are sums of them.

Days are computed when they are first asked for and kept as running sums. A series depends on nothing but its model, so
equal plants of several simulators share one.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from random import Random
from typing import Literal, override

from .ev import EvUse
from .slots import SLOTS_PER_DAY, SLOTS_PER_HOUR
from .sun import Sky

type Flow = Literal["load", "import", "export", "charge", "discharge"]
FLOWS: tuple[Flow, ...] = ("load", "import", "export", "charge", "discharge")


@dataclass(frozen=True, slots=True)
class Load:
    """A household: what it draws all day, and what more in the morning and in the evening (W)."""

    base_w: int = 250
    peak_w: int = 1400
    seed: int = 0
    ev: EvUse | None = None
    """A car that is charged besides."""

    def day(self, solar_day: int) -> list[int]:
        """Return the consumption of a solar day in whole Wh per slot."""
        chance = Random(self.seed * 7_368_787 + solar_day)
        result = []
        for index in range(SLOTS_PER_DAY):
            hour = index / SLOTS_PER_HOUR
            busy = max(0.0, 1 - abs(hour - 7.5) / 1.5) * 0.6 + max(0.0, 1 - abs(hour - 19.5) / 3.0)
            watts = self.base_w * (0.8 + 0.4 * chance.random()) + self.peak_w * busy * (0.5 + chance.random())
            result.append(int(watts / SLOTS_PER_HOUR))
        if self.ev is None:
            return result
        return [used + charged for used, charged in zip(result, self.ev.day(solar_day), strict=True)]


@dataclass(frozen=True, slots=True)
class Storage:
    """A battery that takes surplus sun and gives it back; it never trades with the grid."""

    capacity_wh: int = 9700
    power_w: int = 5000
    efficiency_percent: int = 94
    """Share of the charged energy that can be taken out again."""


@dataclass(frozen=True, slots=True)
class Model:
    """All that the energy of a plant depends on."""

    sky: Sky
    start: int
    """The slot that production begins with."""
    sizes: tuple[tuple[int, int], ...]
    """Module power in W from a slot on, ascending."""
    load: Load | None = None
    storage: Storage | None = None

    def size_at(self, slot: int) -> int:
        """Return the module power in W during a slot."""
        index = bisect_right(self.sizes, slot, key=lambda entry: entry[0])
        return self.sizes[index - 1][1] if index else 0


class Track:
    """One kind of energy, summed up from the first day on."""

    __slots__ = ("_before", "_days", "_first_slot")

    def __init__(self, first_slot: int) -> None:
        """Begin empty at the first slot of a day."""
        self._first_slot = first_slot
        self._days: list[array[int]] = []
        self._before = [0]

    @property
    def days(self) -> int:
        """How many days are there already."""
        return len(self._days)

    def append(self, values: list[int]) -> None:
        """Add the next day's 288 values (Wh)."""
        running = array("I", accumulate(values, initial=0))
        self._days.append(running)
        self._before.append(self._before[-1] + running[-1])

    def head(self, days: int) -> Track:
        """Return a track of its own that has the first days of this one."""
        track = Track(self._first_slot)
        track._days = self._days[:days]
        track._before = self._before[: days + 1]
        return track

    def day(self, number: int) -> list[int]:
        """Return the 288 values (Wh) of a day, counted from 0, which must be there."""
        return [after - before for before, after in pairwise(self._days[number])]

    def until(self, slot: int) -> int:
        """Return the energy in Wh of all slots before this one; its day must be there."""
        if slot <= self._first_slot:
            return 0
        day, index = divmod(slot - self._first_slot, SLOTS_PER_DAY)
        if index == 0:
            return self._before[day]
        return self._before[day] + self._days[day][index]


class Series:
    """The energy of one plant over time."""

    def __init__(self, model: Model) -> None:
        """Compute nothing yet."""
        self.model = model
        self._first_day = model.sky.solar_day(model.start)
        self.first_slot = first_slot = model.sky.first_slot(self._first_day)
        """The slot that the first day begins with."""
        self._production = Track(first_slot)
        self._lit: list[tuple[int, int]] = []
        self._flows = {flow: Track(first_slot) for flow in FLOWS}
        self._stored: list[array[int]] = []
        self._charged = Track(first_slot)

    def production_until(self, slot: int) -> int:
        """Return the Wh produced from the beginning to the start of a slot."""
        self._grow(slot)
        return self._production.until(slot)

    def production(self, start: int, end: int) -> int:
        """Return the Wh produced in the slots from `start` up to, but not including, `end`."""
        return self.production_until(end) - self.production_until(start)

    def flow(self, flow: Flow, start: int, end: int) -> int:
        """Return the Wh of a flow in the slots from `start` up to, but not including, `end`."""
        if self.model.load is None:
            return 0
        self._grow_flows(end)
        track = self._flows[flow]
        return track.until(max(end, start)) - track.until(start)

    def stored_wh(self, slot: int) -> float:
        """Return the energy in the battery at the start of a slot."""
        if self.model.storage is None:
            return 0.0
        self._grow_flows(slot)
        day, index = divmod(slot - self.first_slot, SLOTS_PER_DAY)
        return self._stored[day][index] / 100 if day >= 0 else 0.0

    def charged(self, start: int, end: int) -> int:
        """Return the Wh of the load that charged the car, in the slots from `start` up to, but not including, `end`."""
        if self.model.load is None or self.model.load.ev is None:
            return 0
        first_slot = self.first_slot
        while first_slot + self._charged.days * SLOTS_PER_DAY <= end:
            solar_day = self._first_day + self._charged.days
            begin = self.model.sky.first_slot(solar_day)
            values = self.model.load.ev.day(solar_day)
            early = max(0, self.model.start - begin)
            self._charged.append([0] * early + values[early:])
        return self._charged.until(max(end, start)) - self._charged.until(start)

    def storage_day(self, number: int) -> tuple[dict[Flow, list[int]], array[int]]:
        """Return the flows of a day (counted from 0) in Wh, and the battery's 289 contents in hundredths of a Wh."""
        self._grow_flows(self.first_slot + number * SLOTS_PER_DAY)
        return {flow: track.day(number) for flow, track in self._flows.items()}, self._stored[number]

    def first_days(self, days: int) -> tuple[dict[Flow, Track], list[array[int]]]:
        """Return the flows and the battery's content on the first days, as a beginning for another series."""
        self._grow_flows(self.model.sky.first_slot(self._first_day + days))
        return {flow: track.head(days) for flow, track in self._flows.items()}, self._stored[:days]

    def lit(self, solar_day: int) -> tuple[int, int]:
        """Return the slots between which the inverters are awake on a solar day: first, and the one after the last."""
        day = solar_day - self._first_day
        if day < 0:
            return 0, 0
        self._grow(self.model.sky.first_slot(solar_day) + 1)
        return self._lit[day]

    def is_lit(self, slot: int) -> bool:
        """Return whether the inverters are awake in a slot."""
        first, end = self.lit(self.model.sky.solar_day(slot))
        return max(first, self.model.start) <= slot < end

    def last_lit(self, end: int) -> int | None:
        """Return the last slot before `end` in which the inverters were awake, if there is one."""
        sky = self.model.sky
        for solar_day in range(sky.solar_day(end - 1), max(self._first_day, sky.solar_day(end - 1) - 400) - 1, -1):
            first, stop = self.lit(solar_day)
            slot = min(end, stop) - 1
            if slot >= max(first, self.model.start):
                return slot
        return None

    def _grow(self, slot: int) -> None:
        """Compute production up to a slot."""
        while slot >= self.first_slot + self._production.days * SLOTS_PER_DAY:
            self._add_day(self._first_day + self._production.days)

    def _add_day(self, solar_day: int) -> None:
        model = self.model
        first_slot = model.sky.first_slot(solar_day)
        first, yields = model.sky.daylight(solar_day)
        last_slot = first_slot + SLOTS_PER_DAY - 1
        size = model.size_at(first_slot)
        changes = first_slot < model.start or any(first_slot < slot <= last_slot for slot, _ in model.sizes)
        values = [0] * SLOTS_PER_DAY
        total, counted = 0.0, 0
        for index, per_watt in enumerate(yields, first):
            if changes:
                slot = first_slot + index
                size = model.size_at(slot) if slot >= model.start else 0
            total += per_watt * size / SLOTS_PER_HOUR
            # The sum is rounded, not the slots: nothing gets lost over a day.
            now = int(total + 0.5)
            values[index] = now - counted
            counted = now
        self._production.append(values)
        self._lit.append((first_slot + first, first_slot + first + len(yields)))

    def _grow_flows(self, slot: int) -> None:
        """Compute the flows up to a slot; one day after another, because the battery remembers."""
        load = self.model.load
        if load is None:
            return
        tracks = self._flows
        while slot >= self.first_slot + tracks["load"].days * SLOTS_PER_DAY:
            self._add_flow_day(self._first_day + tracks["load"].days, load)

    def _add_flow_day(self, solar_day: int, load: Load) -> None:
        first_slot = self.model.sky.first_slot(solar_day)
        running = [self.production_until(first_slot + index) for index in range(SLOTS_PER_DAY + 1)]
        storage = self.model.storage or Storage(capacity_wh=0, power_w=0)
        most = storage.power_w // SLOTS_PER_HOUR
        capacity = storage.capacity_wh * 100
        stored = self._stored[-1][-1] if self._stored else 0
        day: dict[Flow, list[int]] = {flow: [0] * SLOTS_PER_DAY for flow in FLOWS}
        levels = [stored]
        day["load"] = load.day(solar_day)
        for index, used in enumerate(day["load"]):
            if first_slot + index < self.model.start:
                day["load"][index] = 0
                levels.append(stored)
                continue
            surplus = running[index + 1] - running[index] - used
            if surplus >= 0:
                charge = min(surplus, most, (capacity - stored) // storage.efficiency_percent)
                stored += charge * storage.efficiency_percent
                day["charge"][index] = charge
                day["export"][index] = surplus - charge
            else:
                discharge = min(-surplus, most, stored // 100)
                stored -= discharge * 100
                day["discharge"][index] = discharge
                day["import"][index] = -surplus - discharge
            levels.append(stored)
        for flow, values in day.items():
            self._flows[flow].append(values)
        self._stored.append(array("I", levels))


class Reduced(Series):
    """A series from whose production something is lost from a slot on; what the house does follows from the rest."""

    def __init__(self, whole: Series, first: int, lost_until: Callable[[int], int]) -> None:
        """Take what `lost_until` gives (Wh before a slot, never falling, never more than is produced) off `whole`."""
        super().__init__(whole.model)
        self._whole = whole
        self._first = first
        self._lost_until = lost_until
        same_days = whole.model.sky.solar_day(first) - self._first_day
        if whole.model.load is not None and same_days > 0:
            self._flows, self._stored = whole.first_days(same_days)

    @override
    def production_until(self, slot: int) -> int:
        made = self._whole.production_until(slot)
        return made if slot <= self._first else made - self._lost_until(slot)

    @override
    def lit(self, solar_day: int) -> tuple[int, int]:
        return self._whole.lit(solar_day)


@lru_cache(maxsize=64)
def series_of(model: Model) -> Series:
    """Return the series of a model; equal models share one."""
    return Series(model)
