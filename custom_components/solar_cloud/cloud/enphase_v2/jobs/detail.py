"""The production intervals that statistics are made of, for an Enphase v2 system measured by its microinverters."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, Update
from ....model.series import EMPTY, Series, newest_end
from ...base import Job, JobTerms
from ...enphase.model import METER_SOURCE
from ...enphase.parse_energy import METER_LENGTH
from ...errors import CloudError
from ..api import EnphaseV2Api
from ..archive import production_detail
from ..lateness import LATE as LATE_NOTE, lateness, seen_lateness, whole_power

LATE = timedelta(hours=6)
"""How far back intervals are read again, because some Envoys report late; the one request costs no more for it."""
LONGEST = timedelta(days=1)
"""What one answer of ``stats`` holds at most."""
OFTEN, POWER_WEIGHT = timedelta(minutes=15), 2.5
"""How often intervals are read that the power comes from, and what they are worth then."""


class DetailJob(Job[EnphaseV2Api]):
    """Reads ``stats``."""

    terms = JobTerms(
        name="detail", cadence=timedelta(hours=1), delay=timedelta(minutes=5), weight=0.5, optional=True, rows=True
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether microinverters measure the system; where a meter does, its own job reads the intervals."""
        return data.system.source != METER_SOURCE

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms; where the summary's power lacks what comes late, the power is that of the intervals."""
        return replace(self.terms, cadence=OFTEN, weight=POWER_WEIGHT) if lateness(data) else self.terms

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the intervals since the newest known one and of the hours before it. Raises `CloudError`.

        Sends a second request for the beginning of yesterday once a system is back that was silent for more than a day.
        """
        zone, day_ago = self.zone(data), now - LONGEST
        series = data.detail.get(Flow.PRODUCTION, EMPTY)
        known = newest_end(series)
        start = midnight(local_day(now, zone), zone) if known is None else known - LATE
        detail = await production_detail(self.api, data, max(start, day_ago), now)
        if known is not None and known < day_ago and any(detail.values()):
            with suppress(CloudError):  # what is paid for stays
                morning, seam = midnight(local_day(day_ago, zone), zone), day_ago + METER_LENGTH
                earlier = await production_detail(self.api, data, morning, seam)
                detail = {flow: (*earlier.get(flow, ()), *rows) for flow, rows in detail.items()}
        return _with_power(Update(detail=MappingProxyType(detail)), series, data)


def _with_power(update: Update, before: Series, data: SystemData) -> Update:
    """Return an update with the power of the newest whole row, where the newest ones lack what comes late."""
    rows = update.detail.get(Flow.PRODUCTION, ())
    seen, known = seen_lateness(before, rows), lateness(data)
    late = known if seen is None else seen
    if late != known:
        update = replace(update, notes=MappingProxyType({LATE_NOTE: str(late.total_seconds())}))
    power = whole_power(rows, late) if late else None
    return update if power is None else replace(update, power=power, whole_until=power.measured_at)
