"""The microinverters of an Enphase v2 system, in the evening and morning together with their Envoys.

A report of an Envoy in the dark makes the last readings of its inverters final, and so the energy of the day exact. The
system's own last report is enough for a single Envoy; of several Envoys it is only the newest report (Enphase v2
documentation).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.day_start import ASLEEP
from ....model.elements import DeviceKind, Update
from ...base import Job, JobTerms
from ...enphase.model import DeviceState
from ...enphase.updates import states_update
from ...errors import CloudError
from ..api import EnphaseV2Api

RECENT = timedelta(hours=3)
"""An Envoy that reported in the same evening or morning need not be read again."""


class InvertersJob(Job[EnphaseV2Api]):
    """Reads ``inverters_summary_by_envoy_or_site``, and ``envoys`` where that makes the day's energy exact."""

    terms = JobTerms(name="inverters", cadence=timedelta(minutes=15), weight=1, optional=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the microinverters with power and lifetime energy, and maybe the Envoys. Raises `CloudError`.

        Sends a second request in the evening and in the morning where there are several Envoys.
        """
        states = await self.api.inverters_summary(data.system.id)
        if _needs_envoys(data, states, now):
            with suppress(CloudError):  # the inverters' answer is paid for and stays
                envoys = await self.api.envoys(data.system.id)
                states = (*states, *_without_later_reports(envoys.states, now))
        return states_update(states)


def _needs_envoys(data: SystemData, inverters: Sequence[DeviceState], now: datetime) -> bool:
    """Return whether all inverters sleep while one of several Envoys last reported before that, or long ago."""
    gateways = data.serials(DeviceKind.GATEWAY)
    reports = [state.reading.last_report for state in inverters if state.reading.last_report is not None]
    newest, system = max(reports, default=None), data.system.last_report
    if len(gateways) < 2 or newest is None or system is None or system - newest < ASLEEP:
        return False
    oldest = max(newest + ASLEEP, now - RECENT)
    reported = [reading.last_report if (reading := data.readings.get(serial)) else None for serial in gateways]
    return any(moment is None or moment < oldest for moment in reported)


def _without_later_reports(envoys: Sequence[DeviceState], now: datetime) -> tuple[DeviceState, ...]:
    """Return the Envoys without reports that came after the inverters were read: those readings are older."""
    return tuple(
        replace(state, reading=replace(state.reading, last_report=None))
        if state.reading.last_report is not None and state.reading.last_report > now
        else state
        for state in envoys
    )
