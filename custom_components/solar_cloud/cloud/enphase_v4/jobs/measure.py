"""What the jobs of the metered flows share: each reads the rows of one measure, together with those of production."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, override

from ....model.data import SystemData
from ....model.elements import DeviceReading, Update
from ....model.series import EMPTY
from ...base import Job, JobTerms
from ..api import EnphaseV4Api
from ..capabilities import READ, is_needed, was_reported
from ..measures import Measure, MeasuredRows
from ..rows import final_rows, window
from .pace import DELAY, REPORTS_EVERY
from .refusals import NOT_THERE, REFUSALS, refusal_update
from .telemetry import TelemetryJob


def measure_terms(measure: Measure) -> JobTerms:
    """Return the terms of the job of a measure."""
    return JobTerms(
        name=measure.name,
        cadence=REPORTS_EVERY,
        delay=DELAY,
        night=True,
        optional=True,
        runs_with=TelemetryJob.terms.name,
        settle=timedelta(hours=1),
    )


class MeasureJob(Job[EnphaseV4Api]):
    """Reads what meters or batteries measured, and finds out whether the cloud reports it at all; one request."""

    measure: ClassVar[Measure]

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the system has the hardware, and its cloud is not known to keep the measure back."""
        return is_needed(self.measure, data)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the rows that are final; what never came with a row counts as missing the second time."""
        measure = self.measure
        known = [data.flows.get(flow, EMPTY) for flow in measure.flows]
        series = min(known, key=lambda one: max(one, default=datetime.min.replace(tzinfo=now.tzinfo)))
        base = next((data.bases[flow] for flow in measure.flows if flow in data.bases), None)
        start, granularity = window(series, base, now, self.zone(data))
        try:
            found = await measure.rows(self.api, data, start, granularity)
        except NOT_THERE as err:
            final = isinstance(err, REFUSALS)
            if was_reported(measure, data) and not final:
                raise
            return refusal_update(measure.note, measure.name, data, final=final)
        if not was_reported(measure, data) and not any(found.rows.values()):
            return refusal_update(measure.note, measure.name, data, final=False)
        rows = {flow: final_rows(part, found.total_devices, now) for flow, part in found.rows.items()}
        return Update(
            flows=MappingProxyType({flow: part for flow, part in rows.items() if part}),
            readings=self.readings(found, data),
            notes=MappingProxyType({measure.note: READ} if measure.state(data) != READ else {}),
        )

    def readings(self, found: MeasuredRows, data: SystemData) -> Mapping[str, DeviceReading]:
        """Return what the answer says of single devices, by serial number."""
        return MappingProxyType({})
