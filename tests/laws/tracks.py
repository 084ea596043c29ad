"""Which instants a shown value can be of: the plant's truth in steps of five minutes, searched backwards."""

from datetime import datetime, timedelta

from simulator.plant.slots import SLOTS_PER_HOUR, slot_after, slot_of, slot_time
from simulator.scenarios import FlowName, Truth

REACH = 30 * SLOTS_PER_HOUR
"""How far back a value is looked for."""
LENGTHS = (1, 3)
"""Of intervals, in slots: five minutes and a quarter of an hour."""


class Track:
    """The energy of one flow in Wh before each slot, or of a difference of two."""

    def __init__(self, truth: Truth, plus: FlowName, minus: FlowName | None, first: int) -> None:
        self._truth = truth
        self._plus, self._minus = plus, minus
        self.first = first
        self._sums = [0.0]

    def until(self, slot: int) -> float:
        """Return the Wh between the first slot and another one."""
        sums = self._sums
        while self.first + len(sums) <= slot:
            at = self.first + len(sums) - 1
            energy = self._truth.between(self._plus, at, at + 1)
            if self._minus is not None:
                energy -= self._truth.between(self._minus, at, at + 1)
            sums.append(sums[-1] + energy)
        return sums[slot - self.first]

    def wh(self, start: datetime, end: datetime) -> float:
        return self.until(slot_of(end)) - self.until(slot_of(start))


def ends_of_power(
    track: Track, watts: float, oldest: int, newest: int, *, all_of_them: bool = False, lengths: tuple[int, ...] = LENGTHS
) -> list[int]:
    """Return the slots before which an interval ends that has this mean power; the newest one first."""
    tolerance = 1.0 + 0.005 * abs(watts)
    found = []
    for end in range(newest, max(oldest, track.first + max(lengths)) - 1, -1):
        for length in lengths:
            mean = (track.until(end) - track.until(end - length)) * SLOTS_PER_HOUR / length
            if abs(mean - watts) <= tolerance:
                found.append(end)
                break
        if found and not all_of_them:
            break
    return found


def ends_of_energy(track: Track, start: int, energy_wh: float, oldest: int, newest: int, slack: Slack) -> list[int]:
    """Return the first and the last slot up to which this energy can have been counted since a start."""
    base = track.until(start)
    found: list[int] = []
    for end in range(newest, max(oldest, start) - 1, -1):
        counted = track.until(end) - base
        less, more = slack.less(start, end), slack.more
        if counted - less - 1.0 <= energy_wh <= counted + more + 1.0:
            found.append(end)
        elif counted + more + 1.0 < energy_wh:
            break
    return [found[-1], found[0]] if found else []


class Slack:
    """What a value may lack, and what it may have too much, after what its cloud told."""

    def __init__(self) -> None:
        self.more = 0.0
        self._lost: list[tuple[int, int, Track]] = []

    def lose(self, track: Track, start: datetime, end: datetime) -> None:
        self._lost.append((slot_of(start), slot_after(end), track))

    def less(self, start: int, end: int) -> float:
        """Return how many Wh between two slots may be missing."""
        return sum(
            abs(track.until(min(end, last)) - track.until(max(start, first)))
            for first, last, track in self._lost
            if max(start, first) < min(end, last)
        )


def age(end: int, now: datetime) -> timedelta:
    """Return how long ago a slot began."""
    return now - slot_time(end)
