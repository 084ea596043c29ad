"""When it is worth a request to hear of each Envoy together with its sleeping microinverters. Pure functions.

An Envoy that reports in the dark makes the last words of its inverters final, and so the day's energy exact. The
system's own last report tells that of a single Envoy; of several it tells only the newest (Enphase v2 documentation).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...model.data import SystemData
from ...model.day_start import ASLEEP
from ...model.elements import DeviceKind
from ..enphase.model import DeviceState

ENOUGH = timedelta(hours=3)
"""An Envoy that was heard of in the same evening or morning need not be asked again."""


def wants_envoys(data: SystemData, inverters: Sequence[DeviceState], now: datetime) -> bool:
    """Tell whether all inverters sleep while some of several Envoys was last heard of before, or long ago."""
    gateways = data.serials(DeviceKind.GATEWAY)
    reports = [state.reading.last_report for state in inverters if state.reading.last_report is not None]
    newest, system = max(reports, default=None), data.system.last_report
    if len(gateways) < 2 or newest is None or system is None or system - newest < ASLEEP:
        return False
    least = max(newest + ASLEEP, now - ENOUGH)
    heard = [reading.last_report if (reading := data.readings.get(serial)) else None for serial in gateways]
    return any(moment is None or moment < least for moment in heard)


def known_before(states: Sequence[DeviceState], now: datetime) -> tuple[DeviceState, ...]:
    """Return the Envoys without a report that came while they were asked for: the inverters' words are older."""
    return tuple(
        replace(state, reading=replace(state.reading, last_report=None))
        if state.reading.last_report is not None and state.reading.last_report > now
        else state
        for state in states
    )
