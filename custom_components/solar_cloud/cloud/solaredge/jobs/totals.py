"""What meters and batteries have counted in their whole life up to today."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, LifetimeBase, Update
from ....model.lifetime import RESTART_SHARE
from ....model.series import EMPTY
from ...base import Job, JobTerms
from ...errors import CloudError
from ...parse import as_time
from ..api import SolarEdgeApi
from ..buckets import sum_of
from ..families import FAMILIES, Family
from ..model import Telemetry
from ..window_reader import MAY_PASS
from ..windows import REACH, Resolution, day_so_far, whole_life

CONFIRM_TOTALS = timedelta(days=7)
"""Lifetimes are carried on without a request; this often they are compared with what the cloud counts."""


class TotalsJob(Job[SolarEdgeApi]):
    """Reads the lifetimes of meters and batteries, where they are not known, as `lifetime` reads the site's.

    It sends nothing on most days: four requests a week at most.
    """

    terms = JobTerms(name="totals", cadence=timedelta(hours=24), night=True, optional=True)

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the inventory has a meter or a battery."""
        return any(family.is_installed(data) for family in FAMILIES)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the lifetimes of each family; one that fails does not cost the other's."""
        zone = self.zone(data)
        updates: list[Update] = []
        failure: CloudError | None = None
        for family in FAMILIES:
            if not _is_due(data, family, now, zone):
                continue
            try:
                updates.append(await self._read(family, data, now, zone))
            except CloudError as err:
                failure = err
                if isinstance(err, MAY_PASS):
                    break
        if failure is not None and not updates:
            # What was paid for is kept; what failed is asked for the next time.
            raise failure
        return _joined(updates)

    async def _read(self, family: Family, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        life, today = whole_life(data.system, now, zone), day_so_far(now, zone)
        notes: dict[str, str] = {}
        years = await family.telemetry(self.api, data, life, Resolution.YEAR, zone, notes)
        day = None
        if today is not None:
            day = await family.telemetry(self.api, data, today, Resolution.DAY, zone, notes)
        return _update(years, day, data, family, now, zone)


def _joined(updates: Sequence[Update]) -> Update:
    """Return one update for the lifetimes of all families."""
    return Update(
        bases=MappingProxyType({flow: base for update in updates for flow, base in update.bases.items()}),
        device_bases=MappingProxyType(
            {serial: bases for update in updates for serial, bases in update.device_bases.items()}
        ),
        notes=MappingProxyType({name: note for update in updates for name, note in update.notes.items()}),
    )


def _is_due(data: SystemData, family: Family, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether a family's lifetimes have to be asked for: never read, not carried on, or long not compared."""
    flows = {flow for of_device in data.device_flows.values() for flow in of_device} & set(family.metrics.values())
    if not flows or not family.is_installed(data):
        return False
    read = as_time(data.notes.get(family.totals_note))
    if read is None or not timedelta(0) <= now - read < CONFIRM_TOTALS:
        return True
    days = [data.bases[flow].day for flow in flows if flow in data.bases]
    return bool(days) and midnight(min(days), zone) < now - REACH


def _update(
    years: Telemetry, day: Telemetry | None, data: SystemData, family: Family, now: datetime, zone: ZoneInfo
) -> Update:
    """Return the lifetimes up to the site's midnight: all years up to now without what `day` says of today.

    A flow whose day has no value, although intervals of it are known, is left out: its base would be too large for
    ever.
    """
    today = local_day(now, zone)
    bases: dict[str, dict[Flow, LifetimeBase]] = {}
    is_late = False
    for serial, metrics in years.devices.items():
        for name, flow in family.metrics.items():
            whole = sum_of(metrics.get(f"{name}Energy"))
            since = sum_of(day.devices.get(serial, {}).get(f"{name}Energy")) if day else 0.0
            if whole is None:
                continue
            if since is None and _has_flown(data, serial, flow, midnight(today, zone)):
                is_late = True
                continue
            before = max(0.0, whole - (since or 0.0))
            bases.setdefault(serial, {})[flow] = LifetimeBase(day=today, before_wh=before)
    total: dict[Flow, LifetimeBase] = {}
    for flow in family.system_flows:
        before_wh = _of_all(flow, bases, data, family, today)
        if before_wh is not None:
            total[flow] = LifetimeBase(day=today, before_wh=before_wh)
    return Update(
        bases=MappingProxyType(total),
        device_bases=MappingProxyType(bases),
        # What is only late comes with the next try, what the cloud does not have is not asked for again soon.
        notes=MappingProxyType({} if is_late else {family.totals_note: now.isoformat()}),
    )


def _of_all(
    flow: Flow, bases: Mapping[str, Mapping[Flow, LifetimeBase]], data: SystemData, family: Family, today: date
) -> float | None:
    """Return what all devices of a family have counted up to today, those that were replaced included.

    `None` while one that reports the flow does not report its lifetime: the sum of the others would be too low. Once
    known, the sum of a system only takes over what the cloud corrects: new hardware begins at 0, its system does not.
    """
    found = {serial: of_device[flow].before_wh for serial, of_device in bases.items() if flow in of_device}
    reporting = {
        serial for serial, flows in data.device_flows.items() if flows.get(flow) and family.includes(data, serial)
    }
    if not found or reporting - found.keys():
        return None
    known = data.bases.get(flow)
    if known is None:
        return sum(found.values())
    own = {serial: of_device[flow] for serial, of_device in data.device_bases.items() if flow in of_device}
    if known.day < today:
        # Not carried on: days are missing.
        new = sum(energy for serial, energy in found.items() if serial not in own)
        return max(sum(found.values()), known.before_wh + new)
    corrections = (
        energy - own[serial].before_wh
        for serial, energy in found.items()
        if serial in own and own[serial].day == today and energy >= own[serial].before_wh * RESTART_SHARE
    )
    return max(0.0, known.before_wh + sum(corrections))


def _has_flown(data: SystemData, serial: str, flow: Flow, since: datetime) -> bool:
    series = data.device_flows.get(serial, {}).get(flow, EMPTY)
    return any(interval.energy_wh > 0 for start, interval in series.items() if start >= since)
