"""The rhythm that one cloud reports one system in: when the next report ends, and when it can be read.

It starts from what the vendor's documents say and learns from every answer: the phase is the end of the newest interval
that was read; a report that is not there when it should be makes the delay longer; reports that keep coming in larger
steps than documented (a gateway that uploads every 15 minutes what it measures every 5) make the cadence longer.
Both are forgotten again, because a slow week of a cloud must not cost freshness for ever.

All times are seconds, instants since the Unix epoch.
"""

from collections import deque
from collections.abc import Mapping
from math import gcd
from typing import Any

from .stored import number

REMEMBER = 86_400.0
"""How long a proven delay or cadence holds; then the documented one is tried again, for a request or two."""
CUT_OFF = 3600.0
"""How often at least a system is asked that brings nothing new."""
LATE_READINGS = 3
STEPS = 4
LONGEST_STEP = 12
"""Cadences: a longer step is a night or an outage and shows nothing of the rhythm."""
MOST_SILENT = 100
"""More answers without anything newer say no more."""
TOLERANCE = 0.2
"""Of a cadence: reports of a gateway do not come to the second."""
TUNING = 0.05
"""Of the cadence: how far a clock of a gateway may run fast or slow."""


class Rhythm:
    """When a cloud's reports of one system end and can be read."""

    __slots__ = (
        "_adopted_at",
        "_documented",
        "_late",
        "_missed_at",
        "_missed_by",
        "_probing",
        "_steps",
        "_tune",
        "_whole",
        "anchor",
        "delay",
        "silent",
    )

    def __init__(self, cadence: float, delay: float) -> None:
        """Begin with what the vendor documents."""
        self._documented = (cadence, delay)
        self.anchor: float | None = None
        """The end of the newest interval that was read."""
        self.delay = delay
        """How long after its end a report can be read."""
        self.silent = 0
        """How many answers in a row brought nothing newer."""
        self._whole = 1
        """Documented cadences between two reports."""
        self._tune = 1.0
        self._adopted_at = 0.0
        self._probing = False
        """Whether the next report is expected as documented, to see whether a longer cadence still holds."""
        self._missed_by = 0.0
        self._missed_at = -REMEMBER
        self._late = 0
        self._steps: deque[int] = deque(maxlen=STEPS)

    @property
    def cadence(self) -> float:
        """Return the seconds between the ends of two reports."""
        return self._documented[0] * (1 if self._probing else self._whole) * self._tune

    def near(self, moment: float) -> float:
        """Return the end of the report nearest to a moment, always one that has not been read."""
        if self.anchor is None:
            return moment
        return self.anchor + max(1, round((moment - self.anchor) / self.cadence)) * self.cadence

    def after(self, moment: float) -> float:
        """Return the end of the first unread report that ends at a moment or later."""
        if self.anchor is None:
            return moment
        return self.anchor + max(1, -((self.anchor - moment) // self.cadence)) * self.cadence

    def pause(self, gap: float, *, steady: bool) -> float:
        """Return how long to wait at least after an answer that brought nothing newer.

        A system that is cut off from its cloud is asked less and less: in the end once an hour, or, where its readings
        are `gap` apart and that is long, at every third of them. Around sunrise and sunset silence is no sign of that.
        """
        if self.silent == 0:
            return 0.0
        if not steady:
            return self.cadence * min(self.silent, 2)
        if self.silent <= 2:
            return self.cadence / 4 if self.silent == 1 else self.cadence
        longest = max(CUT_OFF, 3 * gap, self.cadence)
        return float(min(max(self.cadence, gap / 2) * 2 ** min(self.silent - 2, 10), longest))

    def learn(self, now: float, end: float, *, steady: bool) -> None:
        """Take in that at `now` the newest interval ended at `end`.

        `steady`: the sun is well up, so that reports are to be expected. Otherwise only the phase is taken over.
        """
        end = min(end, now)
        if self.anchor is None:
            self.anchor = end
            return
        if self._probing and steady:
            self._probing = False
            self._adopted_at = now
            if end <= self.anchor:
                return
        elif steady:
            self._learn_delay(now, max(end, self.anchor))
        if end <= self.anchor:
            self.silent += 1
            return
        self.silent = 0
        if steady:
            self._learn_cadence(now, end - self.anchor)
        self.anchor = end

    def _learn_delay(self, now: float, end: float) -> None:
        cadence, documented = self._documented
        missing = now - end - self.cadence
        if missing >= self.delay:
            self._late += 1
            if missing < documented + cadence:
                self._missed_by, self._missed_at = missing, now
                self.delay = min(documented + cadence, missing + cadence / 10)
            return
        floor = documented
        if 0 <= now - self._missed_at < REMEMBER:
            floor = min(max(documented, self._missed_by + cadence / 20), documented + cadence)
        self.delay = max(floor, min(floor + (self.delay - floor) * 0.9, now - end))

    def _learn_cadence(self, now: float, step: float) -> None:
        cadence, delay = self._documented
        exact = step / cadence
        steps = round(exact)
        if steps < 1 or abs(exact - steps) > TOLERANCE or steps % self._whole:
            self._forget()
            return
        if steps > LONGEST_STEP:
            return
        self._probing = self._whole > 1 and not 0 <= now - self._adopted_at < REMEMBER
        self._tune += (min(1 + TUNING, max(1 - TUNING, exact / steps)) - self._tune) * 0.1
        self._steps.append(steps)
        if steps == 1:
            self._late = 0
        elif self._late >= LATE_READINGS and len(self._steps) == STEPS and (whole := gcd(*self._steps)) > self._whole:
            self._whole, self._adopted_at, self._late = whole, now, 0
            self.delay, self._missed_at = delay, -REMEMBER

    def _forget(self) -> None:
        self._whole, self._tune, self._late, self._probing = 1, 1.0, 0, False
        self._steps.clear()

    def as_dict(self) -> dict[str, Any]:
        """Return what is worth keeping over a restart, as plain JSON data."""
        return {
            "anchor": self.anchor,
            "delay": self.delay,
            "missed_by": self._missed_by,
            "missed_at": self._missed_at,
            "whole": self._whole,
            "adopted_at": self._adopted_at,
            "tune": self._tune,
            "silent": self.silent,
        }

    def recall(self, stored: Mapping[str, Any]) -> None:
        """Take over what `as_dict` gave out; what is damaged or out of bounds stays as documented."""
        cadence, delay = self._documented
        self.anchor = number(stored.get("anchor"))
        self.delay = min(max(number(stored.get("delay")) or delay, delay), delay + cadence)
        self._missed_by = min(max(number(stored.get("missed_by")) or 0.0, 0.0), cadence)
        self._missed_at = number(stored.get("missed_at")) or -REMEMBER
        self._adopted_at = number(stored.get("adopted_at")) or 0.0
        whole = stored.get("whole")
        self._whole = whole if isinstance(whole, int) and 1 <= whole <= LONGEST_STEP else 1
        self._tune = min(max(number(stored.get("tune")) or 1.0, 1 - TUNING), 1 + TUNING)
        # It says how long an answer is waited for: what is damaged must not stop a system.
        self.silent = int(min(max(number(stored.get("silent")) or 0.0, 0.0), MOST_SILENT)) if self.anchor else 0
