"""The vendor's month: a UTC calendar month, or a billing cycle that begins on another day of the month."""

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=64)
def cycle_start(day: date, cycle_day: int) -> date:
    """Return the first day of the cycle that a day lies in; in a month too short for it, that is the last one."""
    this = _in_month(day.year, day.month, cycle_day)
    if day >= this:
        return this
    last = day.replace(day=1) - timedelta(days=1)
    return _in_month(last.year, last.month, cycle_day)


@lru_cache(maxsize=64)
def next_cycle(day: date, cycle_day: int) -> date:
    """Return the first day of the cycle after the one that a day lies in."""
    start = cycle_start(day, cycle_day)
    after = start.replace(day=1) + timedelta(days=32)
    return _in_month(after.year, after.month, cycle_day)


def _in_month(year: int, month: int, cycle_day: int) -> date:
    return date(year, month, max(1, min(cycle_day, monthrange(year, month)[1])))
