"""Plans and what is used of them, on the simulated clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from .dates import add_months

type Period = Literal["minute", "month"]


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

    period: Period
    start: datetime
    end: datetime
    limit: int
    used: int

    @property
    def over(self) -> bool:
        """Whether more was sent than the plan allows."""
        return self.used > self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one credential has sent up to a request, that one included."""

    minute: Window
    month: Window
    in_flight: int
    """How many of its requests are being answered at this moment."""


@dataclass(slots=True)
class _Count:
    start: datetime | None = None
    used: int = 0

    def add(self, start: datetime) -> None:
        if self.start != start:
            self.start, self.used = start, 0
        self.used += 1


@dataclass(slots=True)
class Quota:
    """The counters of all credentials of one API."""

    plan: Plan
    plans: dict[str, Plan] = field(default_factory=dict)
    """Of credentials that have a plan of their own."""
    _minutes: dict[str, _Count] = field(default_factory=dict)
    _months: dict[str, _Count] = field(default_factory=dict)

    def plan_of(self, credential: str) -> Plan:
        """Return the plan of a credential."""
        return self.plans.get(credential, self.plan)

    def count(self, credential: str, now: datetime) -> tuple[Window, Window]:
        """Count one request, allowed or not, and return the minute and the month it falls into."""
        self._minutes.setdefault(credential, _Count()).add(_minute_start(now))
        self._months.setdefault(credential, _Count()).add(_month_start(self.plan_of(credential), now))
        return self.windows(credential, now)

    def windows(self, credential: str, now: datetime) -> tuple[Window, Window]:
        """Return the present minute and month with what was counted in them."""
        plan = self.plan_of(credential)
        minute, month = _minute_start(now), _month_start(plan, now)
        used_minute, used_month = self.used(credential, now)
        following = add_months(month.date(), 1)
        month_end = month.replace(year=following.year, month=following.month)
        return (
            Window("minute", minute, minute + timedelta(minutes=1), plan.per_minute, used_minute),
            Window("month", month, month_end, plan.per_month, used_month),
        )

    def used(self, credential: str, now: datetime) -> tuple[int, int]:
        """Return how many requests were counted in the present minute and month."""
        minute, month = self._minutes.get(credential, _Count()), self._months.get(credential, _Count())
        in_minute = minute.used if minute.start == _minute_start(now) else 0
        in_month = month.used if month.start == _month_start(self.plan_of(credential), now) else 0
        return in_minute, in_month


def _minute_start(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _month_start(plan: Plan, now: datetime) -> datetime:
    """Return the midnight on which the present month of a plan began; the reset day is at most the 28th."""
    day = now.date().replace(day=min(max(plan.reset_day, 1), 28))
    if day > now.date():
        day = add_months(day, -1)
    return now.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
