"""Calendar arithmetic."""

from datetime import date


def add_months(day: date, months: int) -> date:
    """Return the same day some months later; the last day of the month where it has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(years, month + 1, 1)
    following = date(years + (month == 11), (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))
