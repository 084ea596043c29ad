"""Plans and what is used of them, on the simulated clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .slots import add_months


@dataclass(slots=True, kw_only=True)
class Plan:
    """What a credential may send: in each minute of the wall clock (UTC) and in each month."""

    name: str
    per_minute: int
    per_month: int
    reset_day: int = 1
    """The day of the month (UTC) on which the month's count begins again."""


@dataclass(frozen=True, slots=True)
class Window:
    """A limit's present time window."""

    period: str
    start: datetime
    end: datetime
    limit: int
    used: int

    @property
    def over(self) -> bool:
        """Whether more was sent than the plan allows."""
        return self.used > self.limit


@dataclass(slots=True)
class _Count:
    start: datetime | None = None
    used: int = 0

    def add(self, start: datetime) -> int:
        if self.start != start:
            self.start, self.used = start, 0
        self.used += 1
        return self.used


@dataclass(slots=True)
class Quota:
    """The counters of all credentials of one vendor."""

    plan: Plan
    _minutes: dict[str, _Count] = field(default_factory=dict)
    _months: dict[str, _Count] = field(default_factory=dict)

    def count(self, credential: str, now: datetime) -> tuple[Window, Window]:
        """Count one request, allowed or not, and return the minute and the month it falls into."""
        minute = now.replace(second=0, microsecond=0)
        month = self._month_start(now)
        used_minute = self._minutes.setdefault(credential, _Count()).add(minute)
        used_month = self._months.setdefault(credential, _Count()).add(month)
        following = add_months(month.date(), 1)
        month_end = month.replace(year=following.year, month=following.month)
        return (
            Window("minute", minute, minute + timedelta(minutes=1), self.plan.per_minute, used_minute),
            Window("month", month, month_end, self.plan.per_month, used_month),
        )

    def used(self, credential: str, now: datetime) -> tuple[int, int]:
        """Return how many requests were counted in the present minute and month."""
        minute, month = self._minutes.get(credential, _Count()), self._months.get(credential, _Count())
        in_minute = minute.used if minute.start == now.replace(second=0, microsecond=0) else 0
        in_month = month.used if month.start == self._month_start(now) else 0
        return in_minute, in_month

    def _month_start(self, now: datetime) -> datetime:
        """Return the midnight on which the present month of the plan began; the reset day is at most the 28th."""
        day = now.date().replace(day=min(max(self.plan.reset_day, 1), 28))
        if day > now.date():
            day = add_months(day, -1)
        return now.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
