"""The production intervals that statistics are made of, for an Enphase v2 system measured by its microinverters."""

from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, Update
from ....model.series import EMPTY, newest_end
from ...base import Job, JobTerms
from ...enphase.model import METER_SOURCE
from ...enphase.parse_energy import METER_LENGTH
from ...errors import CloudError
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
        """Return the intervals since the newest known one and of the hours before it. Raises `CloudError`.

        Sends a second request for the beginning of yesterday once a system is back that was silent for more than a day.
        """
        zone, day_ago = self.zone(data), now - LONGEST
        known = newest_end(data.detail.get(Flow.PRODUCTION, EMPTY))
        start = midnight(local_day(now, zone), zone) if known is None else known - LATE
        detail = await production_detail(self.api, data, max(start, day_ago), now)
        if known is not None and known < day_ago and any(detail.values()):
            with suppress(CloudError):  # what is paid for stays
                morning, seam = midnight(local_day(day_ago, zone), zone), day_ago + METER_LENGTH
                earlier = await production_detail(self.api, data, morning, seam)
                detail = {flow: (*earlier.get(flow, ()), *rows) for flow, rows in detail.items()}
        return Update(detail=MappingProxyType(detail))
