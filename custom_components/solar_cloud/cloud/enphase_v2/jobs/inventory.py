"""The hardware of an Enphase v2 system."""

from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ..api import EnphaseV2Api


class InventoryJob(Job[EnphaseV2Api]):
    """Reads ``inventory``."""

    terms = JobTerms(name="inventory", cadence=timedelta(hours=24), night=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the devices that are not retired, and which kinds are listed completely. Raises `CloudError`."""
        inventory = await self.api.inventory(data.system.id)
        return Update(devices=inventory.devices, complete=inventory.complete, readings=inventory.readings)
