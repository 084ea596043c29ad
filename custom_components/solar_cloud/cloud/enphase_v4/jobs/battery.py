"""The job `battery`: rows of what the batteries took and gave, and how full they are."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import override

from ....model.data import SystemData
from ....model.elements import DeviceKind, DeviceReading
from ..measures import BATTERY, MeasuredRows
from .measure import MeasureJob, measure_terms


class BatteryJob(MeasureJob):
    """Reads what all batteries together took and gave."""

    measure = BATTERY
    terms = replace(measure_terms(BATTERY), settle=timedelta(0))
    """How full the batteries are is what an owner looks for first, so it waits for nothing."""

    @override
    def readings(self, found: MeasuredRows, data: SystemData) -> Mapping[str, DeviceReading]:
        """Return the state of charge (%): the cloud reports that of all together, so each battery has it."""
        if found.level_percent is None:
            return MappingProxyType({})
        reading = DeviceReading(level_percent=found.level_percent, level_at=found.level_at)
        return MappingProxyType(dict.fromkeys(data.serials(DeviceKind.BATTERY), reading))
