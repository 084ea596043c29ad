"""The readings of one stretch of daylight, laid so that the newest value is as young as possible on average.

At sunrise the power is known without a request (there was none), and a reading reports the state of `delay` ago. So
n readings cut the time from sunrise to sunset minus the delay into n + 1 equal parts. Where readings are plenty, one
more after sunset finishes the day's energy; then n readings by day cut the time up to sunset.
"""

from dataclasses import dataclass
from typing import Any

from ..sky.sun import DAY
from .daylight import Span
from .stored import number

DRIFT = 1.5
"""Readings that a plan may be off the present rate before it is drawn anew."""


@dataclass(slots=True)
class DayPlan:
    """Which reports of a stretch of light are to be read; instants in seconds since the Unix epoch."""

    span: Span
    stop: float
    """Where the last part ends."""
    cut: bool
    """Whether a cycle ends before the light does: age runs on beyond `stop`."""
    finishes: bool
    """Whether one more reading follows after sunset."""
    full: bool
    """Whether every report is read."""
    left: int
    """Readings that are still to come by day; unlimited if `full`."""
    base: float
    """The end of the report that the parts are counted from."""
    step: float = 0.0
    """The length of a part."""
    done: int = 0
    """Parts since `base` that are over."""

    def begin(self, base: float, cadence: float) -> None:
        """Lay the readings that are left evenly after a report; no closer than the reports come."""
        self.base, self.done = max(base, self.span.rise), 0
        parts = max(self.left, 0) + (0.5 if self.cut else 1)
        self.step = max(cadence, (self.stop - self.base) / parts)

    def target(self) -> float | None:
        """Return where the next report should end, `None` if there is no further one."""
        return self.base + (self.done + 1) * self.step if self.full or self.left > 0 else None

    def read(self, end: float | None, cadence: float) -> None:
        """Note an answer: the end of a report that is new, else `None`."""
        self.left -= 1
        if end is None or self.full:
            return
        if abs(end - (self.base + (self.done + 1) * self.step)) <= cadence:
            self.done += 1
        else:
            self.begin(end, cadence)

    def fits(self, rate: float, start: float, *, full: bool) -> bool:
        """Return whether the plan is still near what a rate (readings a second) gives from an instant on."""
        if full or self.full:
            return full and self.full
        return abs(self.left + self.finishes - rate * (self.stop - start)) <= DRIFT

    def as_list(self) -> list[float]:
        """Return it as plain JSON data."""
        flags = [float(flag) for flag in (self.cut, self.finishes, self.full)]
        return [*self.span, self.stop, *flags, self.left, self.base, self.step, self.done]


def read_plan(stored: Any, cadence: float) -> DayPlan | None:
    """Read what `DayPlan.as_list` gave out; `None` for anything that cannot be a plan."""
    match [number(item) for item in stored] if isinstance(stored, list) else None:
        case [
            float() as rise,
            float() as fall,
            float() as stop,
            float() as cut,
            float() as finishes,
            float() as full,
            float() as left,
            float() as base,
            float() as step,
            float() as done,
        ] if rise - DAY <= base <= stop <= fall and step >= cadence and done >= 0:
            return DayPlan(
                span=Span(rise, fall),
                stop=stop,
                cut=bool(cut),
                finishes=bool(finishes),
                full=bool(full),
                left=int(left),
                base=base,
                step=step,
                done=int(done),
            )
    return None
