"""The Envoys of an Enphase v2 system, and when each last reported."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, Update
from ...base import Job, JobTerms
from ...enphase.updates import states_update
from ..api import EnphaseV2Api


class EnvoysJob(Job[EnphaseV2Api]):
    """Reads ``envoys``."""

    terms = JobTerms(name="envoys", cadence=timedelta(hours=6), night=True, optional=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the active Envoys with their state and last report. Raises `CloudError`."""
        envoys = await self.api.envoys(data.system.id)
        complete = frozenset({DeviceKind.GATEWAY}) if envoys.complete else frozenset()
        return replace(states_update(envoys.states), complete=complete)
