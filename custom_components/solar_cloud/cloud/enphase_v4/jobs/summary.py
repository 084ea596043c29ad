"""The job `summary`: how a system is; where only production is measured, also its power and energy."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, midnight
from ....model.elements import Device, DeviceKind, LifetimeBase, Update
from ...base import Job, JobTerms
from ...enphase.updates import summary_update
from ..api import EnphaseV4Api
from ..capabilities import KNOWN_SINCE_NOTE, is_metered, latest_again, reports_latest
from ..facts import SUMMARY, doubts, has_battery, is_listed, saw_storage, source_doubts
from ..model import SystemSummary
from ..rows import LATE
from .pace import DELAY, REPORTS_EVERY
from .storage import noted_storage

STATE_CADENCE = timedelta(hours=20)
"""How often the state alone is read: no whole number of days, so that it never stays at midnight."""


class SummaryJob(Job[EnphaseV4Api]):
    """Reads the summary of a system; one request."""

    terms = JobTerms(name="summary", cadence=REPORTS_EVERY, delay=DELAY, weight=3, first=True)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms; where other jobs read power and energy it is about the state, once a day."""
        if not reports_latest(data):
            return self.terms
        return replace(self.terms, weight=0, cadence=STATE_CADENCE, delay=timedelta(0), night=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the state of a system, its power and its energy today and before."""
        zone = self.zone(data)
        return system_update(await self.api.summary(data.system.id, zone=zone), data, now, zone)


def system_update(found: SystemSummary, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
    """Return what a summary says of a system.

    Where more than production is measured, the energies are those of the quarter hours. Then the summary gives the
    state and the lifetime before today, and its power and energy today only where no other job has a power of now.
    """
    update = _with_facts(summary_update(found.summary, data.system, now), found, data, now)
    if not is_metered(data):
        return update
    update = replace(update, lifetime=update.lifetime if _is_final(update.lifetime, found, zone) else None)
    return replace(update, power=None, silence=None, today=None) if reports_latest(data) else update


def _with_facts(update: Update, found: SystemSummary, data: SystemData, now: datetime) -> Update:
    """Return the update with what the summary says of the system's hardware, as far as it contradicts what is known."""
    notes: dict[str, str] = {} if KNOWN_SINCE_NOTE in data.notes else {KNOWN_SINCE_NOTE: now.isoformat()}
    known, storage_notes = noted_storage(data, SUMMARY, seen=found.has_storage)
    notes |= storage_notes
    notes |= latest_again(data, found.summary.source, found.summary.last_interval_end)
    if is_listed(data):
        listed, seen = has_battery(data), found.has_storage
        gone = listed and not seen and saw_storage(data, SUMMARY)
        contradicted = {"storage": (seen and not listed) or gone, **source_doubts(data, found.summary.source)}
        notes |= doubts(data, now, contradicted)
    system = update.system and replace(update.system, unknown_storage=known.unknown_storage)
    return replace(update, system=system, notes=MappingProxyType(notes), devices=_battery_capacity(found, data))


def _is_final(lifetime: LifetimeBase | None, found: SystemSummary, zone: ZoneInfo) -> bool:
    """Return whether the days before a day can be believed: the system has reported for hours since."""
    report = found.summary.last_report
    return lifetime is not None and report is not None and report >= midnight(lifetime.day, zone) + LATE


def _battery_capacity(found: SystemSummary, data: SystemData) -> tuple[Device, ...]:
    """Return the only battery with its capacity; of several the cloud reports only the sum."""
    batteries = data.serials(DeviceKind.BATTERY)
    if len(batteries) != 1 or found.battery_capacity_wh is None:
        return ()
    return (replace(data.devices[batteries[0]], capacity_wh=found.battery_capacity_wh),)
