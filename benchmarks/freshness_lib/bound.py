"""The bound: what no way to spend 95 % of the plan can beat, even if it knew everything beforehand."""

from functools import cache
from math import floor

from .world import Cell, Result


def bound(cell: Cell) -> Result:
    """Spread 95 % of the plan over the daylight so that the mean age is the least possible.

    Every request is sent in the instant a report becomes readable, never twice for the same. Each system gets the same
    part of the share. Within a day the readings lie evenly (the exact optimum on the grid of reports); how many each
    day gets is the exact optimum too, so an even spread over all daylight is never better.
    """
    share = cell.cloud.limits.month_share // cell.systems
    cadence, delay = cell.cloud.cadence.total_seconds(), cell.cloud.delay.total_seconds()
    days = [_Day(span.rise, span.set, cadence, delay, open_start=span.rise <= cell.start) for span in cell.spans]
    most = [day.reports for day in days]
    if sum(most) <= share:
        counts = most
    else:
        counts = [min(day.reports, floor(share * day.length / cell.light)) for day in days]
        for _ in range(share - sum(counts)):
            _give(days, counts)
        while _improve(days, counts):
            pass
    area = sum(day.area(number) for day, number in zip(days, counts, strict=True))
    return Result(area / cell.light, sum(counts) * cell.systems)


def _give(days: list[_Day], counts: list[int]) -> None:
    gains = [day.gain(number) for day, number in zip(days, counts, strict=True)]
    counts[gains.index(max(gains))] += 1


def _improve(days: list[_Day], counts: list[int]) -> bool:
    """Move one reading from the day that misses it least to the one that wins most, if that helps."""
    gains = [day.gain(number) for day, number in zip(days, counts, strict=True)]
    losses = [day.gain(number - 1) if number else float("inf") for day, number in zip(days, counts, strict=True)]
    to, source = gains.index(max(gains)), losses.index(min(losses))
    if to == source or gains[to] <= losses[source] + 1e-6:
        return False
    counts[to] += 1
    counts[source] -= 1
    return True


class _Day:
    """One stretch of daylight, and the least area under its age for any number of readings."""

    def __init__(self, rise: float, fall: float, cadence: float, delay: float, *, open_start: bool) -> None:
        self.length = fall - rise
        self._cadence, self._delay = cadence, delay
        # The reports that tell something of this day and can be read in it.
        first = floor(rise / cadence) + 1
        last = floor((fall - delay) / cadence)
        self.reports = max(0, last - first + 1)
        self._before = first * cadence - rise
        self._after = fall - delay - last * cadence
        if open_start:
            # The month begins in the light: what could be read then is known.
            self._before = cadence
        self.area = cache(self._area)

    def gain(self, number: int) -> float:
        """Return by how much one more reading lessens the area."""
        return self.area(number) - self.area(number + 1) if number < self.reports else 0.0

    def _area(self, number: int) -> float:
        """Return the least area under the age, in square seconds, with so many readings."""
        if number == 0:
            return self.length**2 / 2
        even = (self.length - self._delay) / (number + 1) / self._cadence
        best = float("inf")
        for head in _around(even - self._before / self._cadence, self.reports - number):
            rest = self.reports - number - head
            # With a single reading all other reports lie before or after it.
            tails = _around(even - self._after / self._cadence, rest) if number > 1 else (rest,)
            for tail in tails:
                best = min(best, self._area_of(number, head, tail))
        return best

    def _area_of(self, number: int, head: int, tail: int) -> float:
        """Return the area if so many reports are left out before the first reading and after the last one."""
        cadence, delay = self._cadence, self._delay
        first = self._before + head * cadence + delay
        area = first**2 / 2
        units, gaps = self.reports - 1 - head - tail, number - 1
        if gaps:
            short, longer = divmod(units, gaps)
            for gap, times in ((short, gaps - longer), (short + 1, longer)):
                length = gap * cadence
                area += times * (delay * length + length**2 / 2)
        rest = self._after + tail * cadence
        return area + delay * rest + rest**2 / 2


def _around(value: float, most: int) -> range:
    """Return the whole numbers near a value, 0 … most."""
    middle = min(max(0, round(value)), max(0, most))
    return range(max(0, middle - 2), min(max(0, most), middle + 2) + 1)
