"""What meters and batteries have counted in their whole life up to today."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, local_day, midnight
from ....model.elements import Flow, LifetimeBase, Update
from ....model.lifetime import RESTART_SHARE
from ....model.series import EMPTY, newest_end, unbroken_wh
from ...base import Job, JobTerms
from ...errors import CloudError
from ...parse import as_time
from ..api import SolarEdgeApi
from ..buckets import sum_of
from ..counted import Counted
from ..families import FAMILIES, Family
from ..model import Series, Telemetry
from ..site_flows import PATIENCE
from ..whole_life import WholeLife
from ..window_reader import MAY_PASS
from ..windows import REACH, Resolution, Window, day_so_far

NEW = timedelta(days=2)
"""Hardware that has been reporting for less is new: its lifetime may come a little later."""
CONFIRM_TOTALS = timedelta(days=7)
"""Lifetimes are carried on without a request; this often they are compared with what the cloud counts."""


AGAIN = timedelta(hours=3)
"""How often they are asked for where they are late."""


class TotalsJob(Job[SolarEdgeApi]):
    """Reads the lifetimes of meters and batteries, where they are not known, as `lifetime` reads the site's.

    It sends nothing on most days: four requests a week at most.
    """

    terms = JobTerms(name="totals", cadence=timedelta(hours=24), night=True, optional=True)

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin with no family's whole life refused."""
        super().__init__(api, zone)
        self._lives = {family.name: WholeLife() for family in FAMILIES}

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the site has a meter or a battery."""
        return any(family.is_installed(data) or family.reported(data) for family in FAMILIES)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms: a lifetime that its cloud must have, and did not tell, is asked for again the same day."""
        is_late = any(
            data.notes.get(family.counted_note) and not data.notes.get(family.totals_note) for family in FAMILIES
        )
        return replace(self.terms, cadence=AGAIN) if is_late else self.terms

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
        today = day_so_far(now, zone)
        notes: dict[str, str] = {}

        async def fetch(life: Window) -> Telemetry:
            return await family.telemetry(self.api, data, life, Resolution.YEAR, zone, notes)

        years = await self._lives[family.name].read(fetch, data.system, now, zone)
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
    reporting = _reporting(data, family)
    if not reporting or family.is_silent(data):
        return False
    read = as_time(data.notes.get(family.totals_note))
    if read is None or not timedelta(0) <= now - read < CONFIRM_TOTALS:
        return True
    counted = Counted.of(data.notes.get(family.counted_note))
    if counted is not None and reporting - counted.asked:
        # New hardware, or a flow that nothing has reported before.
        return True
    bases = [data.bases[flow] for flow in family.system_flows if data.flows.get(flow) and flow in data.bases]
    return any(base.missing_since is not None or midnight(base.day, zone) < now - REACH for base in bases)


def _reporting(data: SystemData, family: Family) -> frozenset[str]:
    """Return what is being reported: each flow of the site, and of each device with its serial number."""
    of_site = {str(flow) for flow in family.system_flows if data.flows.get(flow)}
    return frozenset(of_site) | {
        f"{flow} {serial}"
        for serial, flows in data.device_flows.items()
        if family.includes(data, serial)
        for flow, series in flows.items()
        if series and flow in family.metrics.values()
    }


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
            if whole is None and _counts_nothing(data, serial, flow, metrics):
                whole = 0.0
            if whole is None or (whole == 0 and _has_flown(data, serial, flow, now - REACH)):
                # Of no use is a lifetime of 0, either, where energy is known to have flown.
                continue
            if since is None and _has_flown(data, serial, flow, midnight(today, zone)):
                is_late = True
                continue
            before = max(0.0, whole - (since or 0.0))
            bases.setdefault(serial, {})[flow] = LifetimeBase(day=today, before_wh=before)
    counted = Counted.of(data.notes.get(family.counted_note))
    site: dict[Flow, float] = {}
    for flow in family.system_flows:
        found = {serial: of_device[flow].before_wh for serial, of_device in bases.items() if flow in of_device}
        if missing := _missing(flow, found, data, family):
            is_late = is_late or _is_new(missing, flow, data, now)
        elif found:
            site[flow] = max(0.0, _of_all(flow, found, data, counted, today, zone))
    notes = {family.counted_note: _counted(site, bases, counted, today, _reporting(data, family)).text()}
    if not is_late:
        # What is only late comes with the next try, what the cloud does not have is not asked for again soon.
        notes[family.totals_note] = now.isoformat()
    return Update(
        bases=MappingProxyType({flow: LifetimeBase(day=today, before_wh=energy) for flow, energy in site.items()}),
        device_bases=MappingProxyType(bases),
        notes=MappingProxyType(notes),
    )


def _missing(flow: Flow, found: Collection[str], data: SystemData, family: Family) -> frozenset[str]:
    """Return the devices that report a flow and whose lifetime the cloud does not: the sum of the others is too low."""
    newest = newest_end(data.flows.get(flow, EMPTY))
    return frozenset(
        serial
        for serial, flows in data.device_flows.items()
        if serial not in found
        and family.includes(data, serial)
        and (end := newest_end(flows.get(flow, EMPTY))) is not None
        and (newest is None or newest - end < PATIENCE)
    )


def _is_new(serials: Collection[str], flow: Flow, data: SystemData, now: datetime) -> bool:
    """Return whether devices began to report a flow a short time ago: their lifetimes will come."""
    return all(min(data.device_flows[serial][flow]) > now - NEW for serial in serials)


def _of_all(
    flow: Flow, found: Mapping[str, float], data: SystemData, counted: Counted | None, today: date, zone: ZoneInfo
) -> float:
    """Return what all devices of a family have counted up to today, those that were replaced included.

    Once known, the sum of a system only takes over what the cloud corrects: new hardware begins at 0, its system does
    not. With new hardware it goes on by its intervals; where some are missing, by what each device has counted since it
    was last read.
    """
    whole, known = sum(found.values()), data.bases.get(flow)
    if known is None:
        return whole
    own = {serial: of_device[flow] for serial, of_device in data.device_bases.items() if flow in of_device}
    if known.day < today:
        is_new = counted is None or any(flow not in counted.devices.get(serial, {}) for serial in found)
        rows = unbroken_wh(data.flows.get(flow, EMPTY), midnight(known.day, zone), midnight(today, zone))
        if is_new and rows is not None:
            return known.before_wh + rows
        if counted is not None and (total := counted.carried_on(flow, found, today, data.system.size_w)) is not None:
            return total
        if whole >= known.before_wh * RESTART_SHARE:
            return max(whole, known.before_wh)
        return known.before_wh + sum(energy for serial, energy in found.items() if serial not in own)
    corrections = (
        energy - own[serial].before_wh
        for serial, energy in found.items()
        if serial in own and own[serial].day == today and energy >= own[serial].before_wh * RESTART_SHARE
    )
    return known.before_wh + sum(corrections)


def _counted(
    site: Mapping[Flow, float],
    bases: Mapping[str, Mapping[Flow, LifetimeBase]],
    before: Counted | None,
    today: date,
    reporting: frozenset[str],
) -> Counted:
    """Return what is counted now; a flow whose sum is not known, and a device that is not listed, stay as they were."""
    devices: dict[str, Mapping[Flow, float]] = dict(before.devices) if before else {}
    for serial, of_device in bases.items():
        known = {flow: base.before_wh for flow, base in of_device.items() if flow in site}
        devices[serial] = {**devices.get(serial, {}), **known}
    return Counted(today, {**(before.site if before else {}), **site}, devices, reporting)


def _counts_nothing(data: SystemData, serial: str, flow: Flow, metrics: Mapping[str, Series]) -> bool:
    """Return whether a device has rows of a flow, all of them 0, and a lifetime of another flow: null stands for 0."""
    series = data.device_flows.get(serial, {}).get(flow, EMPTY)
    is_told = any(sum_of(one) is not None for one in metrics.values())
    return is_told and bool(series) and not any(interval.energy_wh for interval in series.values())


def _has_flown(data: SystemData, serial: str, flow: Flow, since: datetime) -> bool:
    series = data.device_flows.get(serial, {}).get(flow, EMPTY)
    return any(interval.energy_wh > 0 for start, interval in series.items() if start >= since)
