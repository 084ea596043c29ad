"""What an owner may ask for by hand: a tenth of the month, spread over the days that are left of it.

What is read because somebody asks, before it is due, must not take what the month's own readings need: an automation
may ask every minute. The first few requests of a day go at once, the others as the day goes on. Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .plan import Limits

PART = 0.1
"""The part of the month that may be asked for by hand."""
FIRST = 6
"""Requests of a day that go at once: two readings of a system with meters and batteries."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersShare:
    """How many requests may still be asked for by hand."""

    part: int
    """Those of a whole cycle."""
    before: int
    """Asked for in this cycle, before today."""
    today: int
    """Asked for today."""
    midnight: datetime
    """When today began (UTC)."""
    resets_at: datetime
    """When the cycle ends (aware UTC)."""

    @property
    def left(self) -> int:
        """Return how many are left in this cycle."""
        return max(0, self.part - self.before - self.today)

    def next_at(self, price: int, now: datetime) -> datetime:
        """Return when so many requests may go together (aware UTC): `now` at the earliest, at the latest next cycle.

        One reading a day goes at once whatever it costs, as long as the cycle has it left.
        """
        if price > self.left:
            return self.resets_at
        first = min(max(FIRST, price), self._most)
        if self.today + price <= first:
            return now
        later = self._of_day - first
        if self.today + price > first + later:
            return min(self.midnight + DAY, self.resets_at)
        return max(now, self.midnight + DAY * ((self.today + price - first) / later))

    @property
    def _most(self) -> int:
        """What was left this morning."""
        return max(0, self.part - self.before)

    @property
    def _of_day(self) -> float:
        """What this day may have of it."""
        return max(min(FIRST, self._most), self._most * (DAY / max(DAY, self.resets_at - self.midnight)))


def part_of(limits: Limits) -> int:
    """Return how many requests of a cycle may be asked for by hand under a plan; one at least."""
    return max(1, int(limits.per_month * PART))
