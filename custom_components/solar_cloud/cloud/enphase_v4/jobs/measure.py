"""What the jobs of the metered flows share: each reads the rows of one measure, together with those of production."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, override

from ....model.data import SystemData
from ....model.elements import DeviceReading, Update
from ....model.series import EMPTY
from ...base import Job, JobTerms
from ...errors import NoDataYet
from ..api import EnphaseV4Api
from ..capabilities import MISSING, READ, has_hardware, is_needed, was_reported
from ..facts import doubts
from ..measures import Measure, MeasuredRows
from ..reading import read_rows
from ..rows import final_rows, window
from ..settling import learned, settled
from .pace import DELAY, REPORTS_EVERY
from .refusals import NOT_THERE, REFUSALS, missing, refusal_update
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
            found, notes = await read_rows(measure, self.api, data, start, granularity, now)
        except NOT_THERE as err:
            reported = was_reported(measure, data)
            final = isinstance(err, (*REFUSALS, NoDataYet) if reported else REFUSALS)
            if reported and not final:
                raise
            return refusal_update(measure.note, measure.name, data, now, final=final)
        is_empty = not any(found.rows.values())
        if is_empty and not was_reported(measure, data):
            return refusal_update(measure.note, measure.name, data, now, final=False)
        # After the last rows of a meter that was taken out there is nothing more to come.
        state = READ if has_hardware(measure, data) else MISSING
        if measure.state(data) != state:
            notes = {**notes, measure.note: state}
        # A whole day without a row: the gateway is silent, or the meter has been taken out.
        contradicted = {measure.name: is_empty, missing(measure.name): False}
        whole = {flow: final_rows(part, found.total_devices, now) for flow, part in found.rows.items()}
        rows = {flow: settled(part, data, now) for flow, part in whole.items()}
        lesson: Mapping[str, str] = {}
        for flow, part in whole.items():
            lesson = learned(data, data.flows.get(flow, EMPTY), part, now) or lesson
        return Update(
            flows=MappingProxyType({flow: part for flow, part in rows.items() if part}),
            readings=self.readings(found, data),
            notes=MappingProxyType({**notes, **doubts(data, now, contradicted), **lesson}),
        )

    def readings(self, found: MeasuredRows, data: SystemData) -> Mapping[str, DeviceReading]:
        """Return what the answer says of single devices, by serial number."""
        return MappingProxyType({})
