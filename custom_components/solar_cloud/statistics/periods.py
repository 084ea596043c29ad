"""How long the intervals of an answer of `get_history` may be, and how many days it may span."""

from enum import StrEnum


class Period(StrEnum):
    """How long the intervals of an answer are."""

    FINE = "5minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


MOST_DAYS = {Period.FINE: 7, Period.HOUR: 93, Period.DAY: 3_660, Period.MONTH: 36_600}
"""How many days one answer may span: it is held in memory, and displayed as text."""
