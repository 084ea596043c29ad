"""The production intervals that statistics are made of, for an Enphase v2 system measured by its microinverters."""

from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, Update
from ....model.series import EMPTY, newest_end
from ...base import Job, JobTerms
from ...enphase.model import METER_SOURCE
from ..api import EnphaseV2Api
from ..archive import production_detail

LATE = timedelta(hours=6)
"""How far back intervals are read again, because some Envoys report late; the one request costs no more for it."""
LONGEST = timedelta(days=1)
"""What one answer of ``stats`` holds at most."""


class DetailJob(Job[EnphaseV2Api]):
    """Reads ``stats``."""

    terms = JobTerms(name="detail", cadence=timedelta(hours=1), delay=timedelta(minutes=5), weight=0.5, optional=True)

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether microinverters measure the system; where a meter does, its own job reads the intervals."""
        return data.system.source != METER_SOURCE

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the intervals since the newest known one and of the hours before it. Raises `CloudError`."""
        zone = self.zone(data)
        known = newest_end(data.detail.get(Flow.PRODUCTION, EMPTY))
        start = midnight(local_day(now, zone), zone) if known is None else known - LATE
        return Update(detail=await production_detail(self.api, data, max(start, now - LONGEST), now))
