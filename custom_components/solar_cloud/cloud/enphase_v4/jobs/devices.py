"""The job `devices`: the hardware of a system, and what its meters are for."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ..api import EnphaseV4Api
from ..capabilities import retried
from ..meters import METERS_NOTE, meters_note


class DevicesJob(Job[EnphaseV4Api]):
    """Reads the list of devices; one request."""

    terms = JobTerms(name="devices", cadence=timedelta(days=7), night=True, first=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the devices; a measure that was missing is worth another try afterwards."""
        found = await self.api.devices(data.system.id)
        notes = {METERS_NOTE: meters_note(found.meters), **retried(data)}
        return Update(
            devices=found.devices, complete=found.complete, readings=found.readings, notes=MappingProxyType(notes)
        )
