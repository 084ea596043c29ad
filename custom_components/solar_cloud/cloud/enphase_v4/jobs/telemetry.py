"""The job `telemetry`: rows of production; where meters measure other flows too, their jobs run with it."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import Flow, Power, Update
from ....model.series import EMPTY
from ...base import Job, JobTerms
from ...errors import NoDataYet
from ..api import EnphaseV4Api
from ..capabilities import READ, is_metered, is_needed, was_reported
from ..facts import doubts
from ..measures import PRODUCTION
from ..reading import read_rows
from ..rows import final_rows, quarters, silence_of, window, with_twilight
from ..settling import learned, settled, settling_delay
from .pace import DELAY, REPORTS_EVERY
from .refusals import REFUSALS, missing, refusal_update

STATISTICS_CADENCE = timedelta(hours=8)
"""How often rows are read that only statistics are made of."""


class TelemetryJob(Job[EnphaseV4Api]):
    """Reads the rows of production; one request."""

    terms = JobTerms(
        name="telemetry",
        cadence=REPORTS_EVERY,
        delay=DELAY,
        weight=0.55,
        optional=True,
        rows=True,
        settle=timedelta(hours=1),
        sunlit=True,
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the cloud is not known to keep production back."""
        return is_needed(PRODUCTION, data)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms; where only production is measured, the rows serve statistics alone.

        They come at their own pace in the dark too, until the day has been read to its end.
        """
        terms = replace(self.terms, delay=max(DELAY, settling_delay(data)))
        if is_metered(data):
            return terms
        return replace(terms, weight=0, cadence=STATISTICS_CADENCE, night=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return production: as intervals where other flows belong to it, else for statistics only."""
        # Production has a gap each night, so a gap behind its lifetime is no reason to read more.
        series = data.intervals or data.detail.get(Flow.PRODUCTION, EMPTY)
        start, granularity = window(series, None, now, self.zone(data))
        try:
            found, read = await read_rows(PRODUCTION, self.api, data, start, granularity, now)
        except (*REFUSALS, NoDataYet) as err:
            if isinstance(err, NoDataYet) and not was_reported(PRODUCTION, data):
                raise
            return refusal_update(PRODUCTION.note, PRODUCTION.name, data, now, final=True)
        state = {PRODUCTION.note: READ} if PRODUCTION.state(data) != READ else {}
        final = final_rows(found.rows[Flow.PRODUCTION], found.total_devices, now, sunlit=True)
        metered = is_metered(data)
        lesson = learned(data, series, quarters(final, now) if metered else final, now)
        notes = MappingProxyType({**read, **state, **doubts(data, now, {missing(PRODUCTION.name): False}), **lesson})
        rows = with_twilight(settled(final, data, now))
        if not metered:
            detail = {Flow.PRODUCTION: rows} if rows else {}
            return Update(detail=MappingProxyType(detail), silence=silence_of(final), notes=notes)
        intervals = quarters(rows, now)
        newest = intervals[-1] if intervals else None
        power = Power(power_w=newest.mean_power_w, measured_at=newest.end) if newest else None
        return Update(intervals=intervals, power=power, notes=notes)
