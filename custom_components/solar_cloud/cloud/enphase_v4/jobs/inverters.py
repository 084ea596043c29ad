"""The job `inverters`: the power and lifetime energy of each microinverter."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, Update
from ...base import Job, JobTerms
from ...enphase.model import DeviceState
from ...enphase.updates import states_update
from ...errors import CloudError
from ..api import MOST_PAGES, PAGE_SIZE, EnphaseV4Api
from .pace import DELAY, REPORTS_EVERY


class InvertersJob(Job[EnphaseV4Api]):
    """Reads the microinverters; one request for each hundred."""

    terms = JobTerms(
        name="inverters", cadence=REPORTS_EVERY, delay=DELAY, weight=0.12, optional=True, settle=timedelta(hours=1)
    )

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms with the cost of the inverters that are listed."""
        return replace(self.terms, cost=max(1, -(-len(data.serials(DeviceKind.INVERTER)) // PAGE_SIZE)))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the microinverters with their newest values; a page that fails does not cost the ones before."""
        states: dict[str, DeviceState] = {}
        listed = len(data.serials(DeviceKind.INVERTER))
        for number in range(1, MOST_PAGES + 1):
            try:
                page = await self.api.inverters_summary(data.system.id, number)
            except CloudError:
                if not states:
                    raise
                break
            before = len(states)
            states |= {state.device.serial: state for state in page.states}
            if page.rows < PAGE_SIZE or len(states) == before or 0 < listed <= len(states):
                break
        return states_update(tuple(states.values()))
