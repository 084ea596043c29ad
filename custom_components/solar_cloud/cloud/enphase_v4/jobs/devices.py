"""The job `devices`: the hardware of a system, and what its meters are for."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, Update
from ...base import Job, JobTerms
from ..api import EnphaseV4Api
from ..capabilities import retried
from ..facts import DEVICES, REVIEW_EVERY, is_doubted, reviewed
from ..meters import meter_notes
from .storage import noted_storage


class DevicesJob(Job[EnphaseV4Api]):
    """Reads the list of devices; one request."""

    terms = JobTerms(name="devices", cadence=timedelta(days=7), night=True, first=True)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms; while something contradicts the list it is read again soon."""
        return replace(self.terms, cadence=REVIEW_EVERY) if is_doubted(data) else self.terms

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the devices; a measure that was missing is worth another try afterwards."""
        found = await self.api.devices(data.system.id)
        batteries = any(device.kind is DeviceKind.BATTERY for device in found.devices)
        system, storage_notes = noted_storage(data, DEVICES, seen=found.unknown_storage, batteries=batteries)
        notes = {**meter_notes(found), **retried(data), **storage_notes, **reviewed(data)}
        return Update(
            system=system,
            devices=found.devices,
            complete=found.complete,
            readings=found.readings,
            notes=MappingProxyType(notes),
        )
