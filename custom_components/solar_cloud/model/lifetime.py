"""A lifetime counter that never falls, never counts twice and never believes a jump at once.

Clouds answer with a bogus 0, with yesterday's energy still in today's field just after midnight, with a counter that
began again because hardware was replaced. Home Assistant adds up differences, so each of these would stay in its
statistics.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ALLOWANCE = 1.25
"""Modules exceed their nameplate for a while (cold, edge of cloud); more than this is not sunshine."""
SLACK = timedelta(minutes=15)
"""Reports come in steps, so a little more energy than the time between two readings allows is normal."""
CONFIRM_READINGS = 3
CONFIRM_JUMP = timedelta(hours=1)
CONFIRM_RESTART = timedelta(hours=24)
RESTART_SHARE = 0.5
"""A counter below half of what it was has begun again; anything above is a correction, and waits to be overtaken."""


def most_energy_wh(size_w: float | None, elapsed: timedelta) -> float | None:
    """Return the most Wh that a system of this nameplate can yield in a time; `None` where the size is unknown."""
    if not size_w or size_w <= 0:
        return None
    return size_w * ALLOWANCE * (max(elapsed, timedelta(0)) + SLACK).total_seconds() / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeCounter:
    """The published lifetime in Wh and what is needed to judge the next raw value."""

    published_wh: float | None = None
    as_of: datetime | None = None
    """The instant that the published value describes (aware UTC)."""
    offset_wh: float = 0.0
    """What earlier counters of the same system had reached before they began again."""
    suspect_wh: float | None = None
    suspect_since: datetime | None = None
    suspect_readings: int = 0

    def take(self, raw_wh: float, as_of: datetime, now: datetime, size_w: float | None) -> LifetimeCounter:
        """Return the counter after one more raw value of the cloud, which describes the instant `as_of`."""
        value = raw_wh + self.offset_wh
        published = self.published_wh
        if published is None:
            # A first 0 may be a glitch; publishing it would make the true value a jump.
            return self._publish(value, as_of) if value > 0 else self._doubt(raw_wh, as_of, now, CONFIRM_JUMP)
        if value >= published:
            most = most_energy_wh(size_w, as_of - (self.as_of or as_of))
            if most is None or value - published <= most:
                return self._publish(value, as_of)
            return self._doubt(raw_wh, as_of, now, CONFIRM_JUMP)
        if 0 < raw_wh < (published - self.offset_wh) * RESTART_SHARE:
            return self._doubt(raw_wh, as_of, now, CONFIRM_RESTART)
        return replace(self, suspect_wh=None, suspect_since=None, suspect_readings=0)

    def _publish(self, value: float, as_of: datetime, offset_wh: float | None = None) -> LifetimeCounter:
        return LifetimeCounter(
            published_wh=value,
            as_of=max(as_of, self.as_of) if self.as_of else as_of,
            offset_wh=self.offset_wh if offset_wh is None else offset_wh,
        )

    def _doubt(self, raw_wh: float, as_of: datetime, now: datetime, confirm: timedelta) -> LifetimeCounter:
        """Hold the published value until the odd one has stood for long enough."""
        if self.suspect_wh is None or self.suspect_since is None or raw_wh < self.suspect_wh:
            return replace(self, suspect_wh=raw_wh, suspect_since=now, suspect_readings=1)
        readings = self.suspect_readings + 1
        if readings < CONFIRM_READINGS or now - self.suspect_since < confirm:
            return replace(self, suspect_readings=readings)
        if confirm is CONFIRM_RESTART and self.published_wh is not None:
            # What the new counter showed first belongs to the new hardware's past, not to this system's.
            offset = self.published_wh - self.suspect_wh
            return self._publish(raw_wh + offset, as_of, offset)
        return self._publish(raw_wh + self.offset_wh, as_of)
