"""What the summary of Enphase says about power, which is less than it seems.

``current_power`` belongs to the last interval with energy (``last_interval_end_at``), and on some systems it never
returns to 0 in the evening: no interval comes any more that could change it.
"""

from datetime import datetime, timedelta

from ...model.elements import Power, Silence
from .model import Summary

SILENT_AFTER = timedelta(minutes=20)
"""Envoys report every 5 to 15 minutes; one that reports for longer without an interval with energy is silent of it."""
MUTE = frozenset({"comm", "micro", "power"})
"""States in which missing intervals can have another cause than darkness (Enphase v2 documentation)."""
_STEP = timedelta(minutes=5)


def power_of(summary: Summary, now: datetime) -> Power | None:
    """Return the power and when it was measured; `None` where the summary does not say.

    With a status that explains why no interval comes any more, nobody knows. Where the time cannot be read it is that
    of the last report, or now (aware UTC).
    """
    interval_end = summary.last_interval_end
    if summary.is_undated:
        interval_end = min(_floored(summary.last_report or now), now)
    if interval_end is None or summary.power_w is None or (_is_silent(summary) and summary.status in MUTE):
        return None
    return Power(power_w=summary.power_w, measured_at=interval_end)


def silence_of(summary: Summary) -> Silence | None:
    """Return since when an Envoy reports without an interval with energy; `None` where that is no word of darkness."""
    interval_end, report = summary.last_interval_end, summary.last_report
    if interval_end is None or report is None or not _is_silent(summary) or summary.status in MUTE:
        return None
    return Silence(since=interval_end, until=_floored(report))


def _is_silent(summary: Summary) -> bool:
    interval_end, report = summary.last_interval_end, summary.last_report
    return interval_end is not None and report is not None and report - interval_end > SILENT_AFTER


def _floored(moment: datetime) -> datetime:
    """Return the end of the last whole interval of 5 minutes."""
    return moment - timedelta(seconds=moment.timestamp() % _STEP.total_seconds())
