"""How the cloud itself divides a site's day: production to house, battery and grid, consumption from them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData, local_day
from ....model.elements import Breakdown, Update
from ...base import Job, JobTerms
from ...parse import as_time
from ..api import SolarEdgeApi
from ..families import FAMILIES
from ..model import Flows, Overview
from ..windows import REPORT_DELAY

TOLERANCE = 0.02
LEAST_TOLERANCE_WH = 10.0
PERFORMANCE = "performance"
"""The note about whether the overview of a site has its performance."""
PARTS = "breakdown"
"""The note about whether it divides the day: meters without a serial number show in nothing else."""
MISSED = timedelta(hours=24)
"""What has been missing from the answers for so long is not reported any more."""
_PRESENT = "told"
_MISSING = "missing"
_TELLING = frozenset({"toStorage", "toGrid", "fromStorage", "fromGrid"})
"""Parts that only a meter or a battery knows; the others may be no more than the whole."""


class OverviewJob(Job[SolarEdgeApi]):
    """Reads the overview of today: one request."""

    terms = JobTerms(name="overview", cadence=timedelta(hours=1), delay=REPORT_DELAY, weight=0.5, optional=True)

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether there is something to divide, or a performance, or nobody has asked yet."""
        performance, parts = (data.notes.get(note) for note in (PERFORMANCE, PARTS))
        if performance != _MISSING or parts not in {None, _MISSING}:
            return True
        if parts is None and data.breakdown is not None and data.breakdown.is_divided:
            return True
        return any(family.is_installed(data) or family.reported(data) for family in FAMILIES)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        zone = self.zone(data)
        overview = await self.api.overview(data.system.id, zone=zone)
        return _update(overview, local_day(now, zone), data.notes, now)


def _update(overview: Overview, day: date, notes: Mapping[str, str], now: datetime) -> Update:
    """Return how the cloud divides a day's energy; a side whose parts do not add up to its total is left out."""
    made, used = _parts(overview.production), _parts(overview.consumption)
    has_performance = overview.specific_yield is not None or overview.performance_ratio is not None
    has_parts = not _TELLING.isdisjoint({*overview.production.parts_wh, *overview.consumption.parts_wh})
    return Update(
        breakdown=Breakdown(
            day=day,
            read_at=now,
            self_consumed_wh=made.get("toSelfConsumption"),
            to_battery_wh=made.get("toStorage"),
            to_grid_wh=made.get("toGrid"),
            from_production_wh=used.get("fromPv"),
            from_battery_wh=used.get("fromStorage"),
            from_grid_wh=used.get("fromGrid"),
            specific_yield=overview.specific_yield,
            performance_ratio=overview.performance_ratio,
        ),
        notes=MappingProxyType(
            {
                PERFORMANCE: _presence(notes.get(PERFORMANCE), now, is_there=has_performance),
                PARTS: _presence(notes.get(PARTS), now, is_there=has_parts),
            }
        ),
    )


def _presence(before: str | None, now: datetime, *, is_there: bool) -> str:
    """Return the note about a part of the answer: there, missing since an instant, or missing for good.

    What was never there is missing at once; what was there has a day to come back.
    """
    if is_there:
        return _PRESENT
    if before in {None, _MISSING}:
        return _MISSING
    since = as_time(before)
    if since is None or since > now:
        return now.isoformat()
    return _MISSING if now - since >= MISSED else since.isoformat()


def _parts(side: Flows) -> Mapping[str, float]:
    """Return the parts of one side in Wh; some alone cannot be checked, all together have to be the total."""
    parts = side.parts_wh
    if any(value < -LEAST_TOLERANCE_WH for value in parts.values()):
        return {}
    positive = {name: max(0.0, value) for name, value in parts.items()}
    if side.total_wh is None:
        return positive
    total, added = side.total_wh, sum(parts.values())
    limit = max(LEAST_TOLERANCE_WH, TOLERANCE * abs(total))
    # Without a battery its part is missing; without a meter hardly any is there. More than the total no part can be.
    complete = len(parts) >= 3 or (len(parts) == 2 and not any("Storage" in name for name in parts))
    if added - total > limit or (complete and total - added > limit):
        return {}
    return positive
