"""What the actions answer about a copy: times are the system's own, sums in the target's unit."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .gaps import Gap
from .plan import CopyPlan
from .rows import HOUR


def answer_of(plan: CopyPlan, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a plan writes, as JSON types."""
    first_sum, last_sum = plan.sums
    percent = plan.agreement.percent
    filled = {gap.back for gap in plan.filled}
    return {
        "target": plan.target.statistic_id,
        "unit": plan.target.unit,
        "target_start": _local(plan.basis[0].start, zone),
        "target_end": _local(plan.basis[-1].start + HOUR, zone),
        "common_days": plan.agreement.days,
        "agreement": None if percent is None else round(percent, 1),
        "disagrees": plan.agreement.disagrees,
        "hours_before": plan.hours_before,
        "hours_in_gaps": plan.hours_in_gaps,
        "added_wh": round(plan.added_wh, 3),
        "spread_wh": round(plan.spread_wh, 3),
        "first_sum": round(first_sum, 6),
        "last_sum": round(last_sum, 6),
        "gaps": [_gap(gap, zone, is_filled=gap.back in filled) for gap in plan.gaps],
    }


def _gap(gap: Gap, zone: ZoneInfo, *, is_filled: bool) -> dict[str, Any]:
    return {
        "start": _local(gap.hours[0], zone),
        "end": _local(gap.back, zone),
        "lost_wh": round(gap.lost_wh, 3),
        "lump_wh": round(gap.lumped_wh, 3),
        "known": gap.is_known,
        "filled": is_filled,
    }


def _local(start: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(start, UTC).astimezone(zone).isoformat()
