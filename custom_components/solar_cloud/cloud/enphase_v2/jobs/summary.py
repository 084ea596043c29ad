"""The summary of an Enphase v2 system: its state, its power, its energy today and before."""

from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ...enphase.updates import summary_update
from ..api import EnphaseV2Api


class SummaryJob(Job[EnphaseV2Api]):
    """Reads ``summary``."""

    terms = JobTerms(name="summary", cadence=timedelta(minutes=5), delay=timedelta(minutes=2), weight=3, first=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the state of the system, its power, and its energy today and before. Raises `CloudError`."""
        # Without ``summary_date``, because with it the cloud leaves out power, size and modules.
        summary = await self.api.summary(data.system.id, zone=self.zone(data))
        return summary_update(summary, data.system, now)
