"""What the summary of Enphase v2 says about power, which is less than it seems.

``current_power`` belongs to the last interval with energy (``last_interval_end_at``), and on some systems it never
returns to 0 in the evening: no interval comes any more that could change it.
"""

from datetime import datetime, timedelta

from ...model.elements import Power
from .model import Summary

DARK_AFTER = timedelta(minutes=20)
"""Envoys report every 5 to 15 minutes; one that reports for longer without an interval with energy sits in the dark."""
MUTE = frozenset({"comm", "micro", "power"})
"""States in which missing intervals can have another cause than darkness (Enphase v2 documentation)."""
_STEP = timedelta(minutes=5)


def power_of(summary: Summary) -> Power | None:
    """Return the power and when it was measured; `None` where the summary does not tell.

    An Envoy that still reports, but no interval with energy any more, says 0. With a status that explains the silence
    otherwise, nobody knows.
    """
    interval_end, report = summary.last_interval_end, summary.last_report
    if interval_end is None:
        return None
    if report is not None and report - interval_end > DARK_AFTER:
        return None if summary.status in MUTE else Power(power_w=0.0, measured_at=_floored(report))
    if summary.power_w is None:
        return None
    return Power(power_w=summary.power_w, measured_at=interval_end)


def _floored(moment: datetime) -> datetime:
    """Return the end of the last whole interval of 5 minutes."""
    return moment - timedelta(seconds=moment.timestamp() % _STEP.total_seconds())
