"""The daylight of a place as stretches of time, and how much of it lies between two instants.

Instants are seconds since the Unix epoch: pacing asks so often that calendar arithmetic would be most of its cost.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from ..sky.sun import DAY, Place, solar_day, sun_hours

_BEFORE, _AFTER = 40, 80
"""Days around a moment that are worked out together: the running cycle, the next one, and what comes after it."""
_SEAM = 60.0
"""Seconds: solar midnights of neighbouring days do not fall together exactly."""


class Span(NamedTuple):
    """A stretch of light, the place's margin included; in the polar day it lasts for weeks."""

    rise: float
    set: float


class Daylight:
    """When it is light at one place, widened by the place's margin. Worked out once for some months at a time."""

    def __init__(self, place: Place) -> None:
        """Keep the place; its spans are computed when they are first needed."""
        self.place = place
        self._first = self._last = 0.0
        self._spans: list[Span] = []
        self._rises: list[float] = []
        self._before: list[float] = []
        """Seconds of light in all spans before the one with the same index."""

    def spans(self, moment: float) -> tuple[list[Span], int]:
        """Return the spans of the months around a moment and the index of the first that ends after it."""
        self._cover(moment, moment)
        index = bisect_right(self._rises, moment)
        if index and self._spans[index - 1].set > moment:
            index -= 1
        return self._spans, index

    def dark_since(self, moment: float) -> float | None:
        """Return when the darkness around a moment began; `None` in the light, and where it has lasted for weeks."""
        spans, index = self.spans(moment)
        if index < len(spans) and spans[index].rise <= moment:
            return None
        return spans[index - 1].set if index else None

    def dark_until(self, moment: float) -> float | None:
        """Return the last moment up to this one at which it was dark; `None` where it has been light for weeks."""
        spans, index = self.spans(moment)
        if index < len(spans) and spans[index].rise <= moment:
            return spans[index].rise if index else None
        return moment

    def dark_at(self, moment: float) -> float | None:
        """Return the next end of the light, `None` where none is near."""
        spans, index = self.spans(moment)
        return spans[index].set if index < len(spans) else None

    def seconds(self, start: float, end: float) -> float:
        """Return the seconds of light between two instants."""
        if end <= start:
            return 0.0
        self._cover(start, end)
        return self._until(end) - self._until(start)

    def _until(self, moment: float) -> float:
        index = bisect_right(self._rises, moment) - 1
        if index < 0:
            return 0.0
        rise, fall = self._spans[index]
        return self._before[index] + min(moment, fall) - rise

    def _cover(self, start: float, end: float) -> None:
        if self._first <= start and end < self._last:
            return
        longitude, margin = self.place.longitude, self.place.margin.total_seconds()
        spans: list[Span] = []
        for day in range(solar_day(longitude, start) - _BEFORE, solar_day(longitude, end) + _AFTER):
            if (hours := sun_hours(self.place, day)) is None:
                continue
            span = Span(hours.rise - margin, hours.set + margin)
            if spans and span.rise <= spans[-1].set + _SEAM:
                spans[-1] = Span(spans[-1].rise, max(span.set, spans[-1].set))
            else:
                spans.append(span)
        self._spans = spans
        self._rises = [span.rise for span in spans]
        self._before = []
        total = 0.0
        for span in spans:
            self._before.append(total)
            total += span.set - span.rise
        # The edges are left out: a span there may be cut.
        self._first = start - (_BEFORE - 3) * DAY
        self._last = end + _AFTER / 2 * DAY


def light_table(daylights: Iterable[tuple[Daylight, int]], start: float, end: float) -> LightTable:
    """Return the light of several places together, each counted as often as there are systems."""
    changes: dict[float, int] = {}
    for daylight, systems in daylights:
        spans, index = daylight.spans(start)
        while index < len(spans) and spans[index].rise < end:
            rise, fall = max(spans[index].rise, start), min(spans[index].set, end)
            changes[rise] = changes.get(rise, 0) + systems
            changes[fall] = changes.get(fall, 0) - systems
            index += 1
    return LightTable(sorted(changes.items()), end)


class LightTable:
    """System-seconds of light from any moment up to a fixed end, for all systems of a credential: a look-up."""

    def __init__(self, changes: list[tuple[float, int]], end: float) -> None:
        """Take when how many systems come into the light (or leave it), ascending."""
        self._times = [moment for moment, _ in changes]
        self._lit = [0]
        for _, systems in changes:
            self._lit.append(self._lit[-1] + systems)
        self._times.append(end)
        self._left = [0.0] * len(self._times)
        for index in range(len(self._times) - 2, -1, -1):
            length = self._times[index + 1] - self._times[index]
            self._left[index] = self._left[index + 1] + self._lit[index + 1] * length

    def left(self, moment: float) -> float:
        """Return the system-seconds of light from a moment to the end."""
        index = bisect_right(self._times, moment)
        if index >= len(self._times):
            return 0.0
        return self._left[index] + self._lit[index] * (self._times[index] - moment)
