"""The summary of an Enphase v2 system: its state, its power, its energy today and before."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ...enphase.updates import summary_update
from ..api import EnphaseV2Api
from ..lateness import lateness


class SummaryJob(Job[EnphaseV2Api]):
    """Reads ``summary``."""

    terms = JobTerms(name="summary", cadence=timedelta(minutes=5), delay=timedelta(minutes=2), weight=3, first=True)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms; where the power comes from the intervals, the summary is worth less."""
        return replace(self.terms, weight=2.0) if lateness(data) else self.terms

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the state of the system, its power, and its energy today and before. Raises `CloudError`."""
        # Without ``summary_date``, because with it the cloud leaves out power, size and modules.
        summary = await self.api.summary(data.system.id, zone=self.zone(data))
        update = summary_update(summary, data.system, now)
        # Some microinverters report late: this power lacks theirs, that of the intervals does not.
        return replace(update, power=None) if lateness(data) else update
