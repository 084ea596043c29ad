"""Which instants a shown value can be of: the plant's truth in steps of five minutes, searched backwards."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simulator.plant.slots import SLOTS_PER_HOUR, slot_after, slot_of, slot_time

REACH = 30 * SLOTS_PER_HOUR
"""How far back a value is looked for."""
LENGTHS = (1, 3)
"""Of intervals, in slots: five minutes and a quarter of an hour."""

type Energy = Callable[[int, int], float]
"""Gives the Wh between two slots."""


class Track:
    """The energy of a flow, or of several with their signs, in Wh before each slot."""

    def __init__(self, terms: tuple[tuple[Energy, int], ...], first: int) -> None:
        self._terms = terms
        self.first = first
        self._sums = [0.0]

    def until(self, slot: int) -> float:
        """Return the Wh between the first slot and another one."""
        sums = self._sums
        while self.first + len(sums) <= slot:
            at = self.first + len(sums) - 1
            sums.append(sums[-1] + sum(sign * energy(at, at + 1) for energy, sign in self._terms))
        return sums[max(0, slot - self.first)]

    def wh(self, start: datetime, end: datetime) -> float:
        return self.until(slot_of(end)) - self.until(slot_of(start))


def ends_of_power(track: Track, watts: float, oldest: int, newest: int, *, all_of_them: bool = False) -> list[int]:
    """Return the slots before which an interval ends that has this mean power; the newest one first."""
    tolerance = 1.0 + 0.005 * abs(watts)
    found = []
    for end in range(newest, max(oldest, track.first + max(LENGTHS)) - 1, -1):
        for length in LENGTHS:
            mean = (track.until(end) - track.until(end - length)) * SLOTS_PER_HOUR / length
            if abs(mean - watts) <= tolerance:
                found.append(end)
                break
        if found and not all_of_them:
            break
    return found


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


def ends_of_energy(
    track: Track, start: int, energy_wh: float, oldest: int, newest: int, slack: Slack
) -> tuple[int, int] | None:
    """Return the first and the last slot up to which this energy can have been counted since a start, if any."""
    base = track.until(start)
    # What may be missing only grows: what lies beyond the most of it needs no closer look.
    most = slack.less(start, newest)
    found: list[int] = []
    for end in range(newest, max(oldest, start) - 1, -1):
        counted = track.until(end) - base
        if counted + slack.more + 1.0 < energy_wh:
            break
        if counted - most - 1.0 <= energy_wh and counted - slack.less(start, end) - 1.0 <= energy_wh:
            found.append(end)
    return (found[-1], found[0]) if found else None


def age(end: int, now: datetime) -> timedelta:
    """Return how long ago a slot began."""
    return now - slot_time(end)
