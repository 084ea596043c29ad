"""A counter that never falls, never jumps beyond what the time allows, and never stands still for long.

Clouds answer with a bogus 0, with yesterday's energy still in today's field just after midnight, with a counter that
began again because hardware was replaced, with one that was corrected for good. Home Assistant adds up differences, so
each of these would stay in its statistics. One counter serves systems, flows, meters, batteries and single inverters.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SLACK = timedelta(minutes=15)
"""Reports come in steps, so a little more energy than the time between two readings allows is normal."""
CONFIRM_READINGS = 3
CONFIRM_JUMP = timedelta(hours=1)
CONFIRM_RESTART = timedelta(hours=3)
"""A counter that has fallen far and grows again has begun again."""
CONFIRM_FALL = timedelta(hours=20)
"""One that has fallen a little is mostly overtaken by what is produced meanwhile; else it goes on from where it is."""
LONGEST = timedelta(days=366)
"""So long a time may lie between two readings where nobody knows how long it was: a clock was wrong."""
RESTART_SHARE = 0.5
SAME_WH = 0.5
"""What two figures of the same energy may differ by in binary."""

type Most = Callable[[timedelta], float | None]
"""Gives the most Wh that a time allows; `None` where nobody knows."""


def most_of(most_w: float) -> Most:
    """Return how much a power allows in a time."""

    def most(elapsed: timedelta) -> float:
        return most_w * (max(elapsed, timedelta(0)) + SLACK).total_seconds() / 3600

    return most


@dataclass(frozen=True, slots=True, kw_only=True)
class LifetimeCounter:
    """The published lifetime in Wh and what is needed to decide about the next raw value."""

    published_wh: float | None = None
    as_of: datetime | None = None
    """The instant that the published value describes (aware UTC)."""
    complete_until: datetime | None = None
    """Up to when nothing is missing in it, where that is earlier: what comes late of the time since is no jump."""
    offset_wh: float = 0.0
    """What the cloud's counter lacks of the published one since it fell or jumped."""
    suspect_wh: float | None = None
    suspect_since: datetime | None = None
    suspect_readings: int = 0
    reported_at: datetime | None = None
    """The instant of the newest raw value, believed or not: a counter that waits is still reported (aware UTC)."""

    @property
    def waits(self) -> bool:
        """Whether the newest raw value is held back until it has stood for a while."""
        return self.suspect_wh is not None

    @property
    def reported_until(self) -> datetime | None:
        """The instant up to which the cloud has reported the counter: while it waits, its value keeps standing."""
        return max((at for at in (self.as_of, self.reported_at) if at is not None), default=None)

    def take(
        self,
        raw_wh: float,
        as_of: datetime,
        now: datetime,
        most: Most | None = None,
        complete_until: datetime | None = None,
    ) -> LifetimeCounter:
        """Return the counter after one more raw value of the cloud, which describes the instant `as_of`.

        `complete_until`: up to when nothing is missing in it, where that is earlier.
        """
        before = self.reported_at if self.reported_at is not None and self.reported_at <= now else as_of
        taken = replace(self._take(raw_wh, as_of, now, most), reported_at=max(as_of, before))
        if taken.waits:
            return taken
        is_behind = complete_until is not None and complete_until < as_of
        return replace(taken, complete_until=complete_until if is_behind else None)

    def _take(self, raw_wh: float, as_of: datetime, now: datetime, most: Most | None) -> LifetimeCounter:
        value = raw_wh + self.offset_wh
        published = self.published_wh
        if published is None:
            # A first 0 may be a glitch; publishing it would make the true value a jump.
            return self._publish(raw_wh, as_of, now) if raw_wh > 0 else self._doubt(raw_wh, as_of, now, CONFIRM_JUMP)
        if value >= published - SAME_WH:
            # A clock was wrong where the last value is of the future.
            elapsed = LONGEST if self.as_of is None or self.as_of > now else as_of - (self.complete_until or self.as_of)
            allowed = None if most is None else most(elapsed)
            if allowed is None or value - published <= allowed:
                return self._publish(max(value, published), as_of, now)
            return self._doubt(raw_wh, as_of, now, CONFIRM_JUMP)
        fell_far = raw_wh < (published - self.offset_wh) * RESTART_SHARE
        return self._doubt(raw_wh, as_of, now, CONFIRM_RESTART if fell_far else CONFIRM_FALL)

    def _publish(self, value: float, as_of: datetime, now: datetime, offset_wh: float | None = None) -> LifetimeCounter:
        before = self.as_of if self.as_of is not None and self.as_of <= now else as_of
        return LifetimeCounter(
            published_wh=value,
            as_of=max(as_of, before),
            offset_wh=self.offset_wh if offset_wh is None else offset_wh,
        )

    def _is_other(self, raw_wh: float, first: float) -> bool:
        """Return whether a raw value lies above the published one, and the odd one so far below it, or at 0."""
        published = self.published_wh
        if published is None:
            return False
        return raw_wh + self.offset_wh >= published - SAME_WH > first + self.offset_wh

    def _doubt(self, raw_wh: float, as_of: datetime, now: datetime, confirm: timedelta) -> LifetimeCounter:
        """Hold the published value until the odd one has stood for long enough, and has grown if it fell."""
        first, since = self.suspect_wh, self.suspect_since
        if first is None or since is None or raw_wh < first - SAME_WH or since > now or self._is_other(raw_wh, first):
            return replace(self, suspect_wh=raw_wh, suspect_since=now, suspect_readings=1)
        readings, stood = self.suspect_readings + 1, now - since
        # What is read once a day does not wait for a third day.
        waited = stood >= CONFIRM_FALL or (readings >= CONFIRM_READINGS and stood >= confirm)
        if self.published_wh is None and waited:
            return self._publish(raw_wh, as_of, now)
        if self.published_wh is None or not waited or (confirm is not CONFIRM_JUMP and raw_wh <= first + SAME_WH):
            return replace(self, suspect_readings=readings)
        # It goes on from the published value by what it has grown since it was first seen where it is now: what it had
        # counted before belongs to other hardware, to another meaning of the figure, or to nobody.
        offset = self.published_wh - first
        return self._publish(raw_wh + offset, as_of, now, offset)
