"""Enphase API v4: the jobs of a system, and what each asks for.

The free plan allows a thousand requests a month for everything. So power of now comes from one cheap request, the truth
of the energy a few times a day from rows of a whole day, and what changes seldom is asked for seldom.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

import aiohttp

from ...model.data import SystemData, midnight
from ...model.elements import DeviceKind, Flow, LifetimeBase, Power, System, Update, Vendor
from ...model.series import EMPTY
from ..account import Account
from ..auth import Auth
from ..base import Cloud, Job
from ..enphase.model import DeviceState
from ..enphase.updates import states_update
from ..errors import CloudError, InvalidRequest, NoDataYet, NotAllowed, NotFound, TemporarilyUnavailable
from ..parse import as_time
from .api import DEFAULT_BASE_URL, MOST_PAGES, PAGE_SIZE, EnphaseV4Api
from .archive import EnphaseV4Archive
from .capabilities import (
    AGAIN,
    BATTERY,
    EXPORT,
    IMPORT,
    LATEST as LATEST_NOTE,
    MISSING,
    OWN,
    READ,
    USE,
    Measure,
    after_refusal,
    is_metered,
    is_wanted,
    retried,
    tells_latest,
    told,
    was_told,
)
from .ev_chargers import EvChargerApi
from .latest import latest_update
from .lifetimes import Lifetimes, bases_of
from .rows import final_rows, production_window, quarters, window, with_twilight
from .telemetry import Flows, flows_of, production_of
from .updates import alerts_update, battery_readings, devices_update, system_update, type_name, type_note

__all__ = ["DEFAULT_BASE_URL", "EnphaseV4"]

_LOGGER = logging.getLogger(__name__)

_QUARTER = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_DELAY = timedelta(minutes=10)
"""What is told is often 25 minutes old; pacing learns how old it is here."""
CONFIRM_TOTALS = timedelta(days=28)
"""Lifetimes are carried on without a request; this often they are compared with what the cloud counts."""
CARRIED = timedelta(hours=60)
"""A lifetime that whole days do not carry on is asked for again when it is so old: the rows of three days are kept."""
MOST_TYPES = 2
"""Unknown event types that one look at the alarms asks for."""
_REFUSALS = (NotAllowed, NotFound, InvalidRequest)
_NOT_THERE = (*_REFUSALS, NoDataYet, TemporarilyUnavailable)
"""How the cloud says that something is not fitted (Enphase v4 documentation and field reports)."""

SUMMARY = Job(name="summary", cadence=_QUARTER, delay=_DELAY, weight=3, first=True)
DEVICES = Job(name="devices", cadence=7 * _DAY, night=True, first=True)
LATEST = Job(name="latest", cadence=_QUARTER, delay=_DELAY, weight=2, night=True, optional=True, asked=True)
TELEMETRY = Job(name="telemetry", cadence=_QUARTER, delay=_DELAY, weight=0.55, optional=True, settle=_HOUR, sunlit=True)
INVERTERS = Job(name="inverters", cadence=_QUARTER, delay=_DELAY, weight=0.12, optional=True, settle=_HOUR)
TOTALS = Job(name="totals", cadence=_DAY, night=True, optional=True, settle=2 * _HOUR)
ALERTS = Job(name="alerts", cadence=_DAY, night=True, optional=True, settle=3 * _HOUR)


def _rider(measure: Measure) -> Job:
    return Job(
        name=measure.name, cadence=_QUARTER, delay=_DELAY, night=True, rides="telemetry", optional=True, settle=_HOUR
    )


RIDERS = tuple(_rider(measure) for measure in (IMPORT, EXPORT, BATTERY, USE))

STATE_CADENCE = timedelta(hours=20)
"""Of the summary where others tell power and energy: no whole number of days, so that it never stays at midnight."""
DETAIL_CADENCE = timedelta(hours=8)
"""Of the rows that only statistics are made of."""


class EnphaseV4(Cloud):
    """The client for one owner's consent to one application.

    `auth` gives out its access tokens; `zone` stands in for a system whose own is unknown. Every method raises
    `CloudError`.
    """

    vendor = Vendor.ENPHASE
    jobs = (SUMMARY, DEVICES, LATEST, TELEMETRY, *RIDERS, INVERTERS, TOTALS, ALERTS)

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account: Account,
        *,
        api_key: str,
        auth: Auth,
        base_url: str = DEFAULT_BASE_URL,
        zone: ZoneInfo,
    ) -> None:
        """Prepare; nothing is sent."""
        self.account = account
        self.api = EnphaseV4Api(session, account, api_key=api_key, auth=auth, base_url=base_url, zone=zone)
        self.ev_chargers = EvChargerApi(self.api, zone)
        self.lifetimes = Lifetimes(self.api)
        self.archive = EnphaseV4Archive(self.api, self.lifetimes, zone)
        self._zone = zone
        self._runs: dict[str, Callable[[SystemData, datetime, ZoneInfo], Awaitable[Update]]] = {
            SUMMARY.name: self._summary,
            DEVICES.name: self._devices,
            LATEST.name: self._latest,
            TELEMETRY.name: self._telemetry,
            **{measure.name: partial(self._measure, measure) for measure in (IMPORT, EXPORT, BATTERY, USE)},
            INVERTERS.name: self._inverters,
            TOTALS.name: self._totals,
            ALERTS.name: self._alerts,
        }

    @property
    def last_success(self) -> datetime | None:
        """When the cloud last gave what was asked for (aware UTC)."""
        return self.api.last_success

    @override
    async def systems(self) -> tuple[System, ...]:
        """Return all systems that the owner has granted, in the cloud's order; one request for each 100 of them.

        The owner waits for this list, so it may use the last 5 % of the month.
        """
        systems: dict[str, System] = {}
        seen = 0
        for number in range(1, MOST_PAGES + 1):
            page = await self.api.systems(number, owner=True)
            fresh = [system for system in page.systems if system.id not in systems]
            systems |= {system.id: system for system in fresh}
            seen += page.rows
            # There is no link to the next page. A page that brings nothing new would come again for ever.
            if not fresh or (seen >= page.total if page.total is not None else page.rows < (page.size or PAGE_SIZE)):
                break
        return tuple(systems.values())

    @override
    async def run(self, job: Job, data: SystemData, now: datetime) -> Update:
        """Fetch one of `jobs` for a system; `now` is aware UTC.

        Each sends one request; `inverters` one for each hundred, `totals` none on most days and one for each measure
        else, `alerts` one more for each kind of alarm that was never seen. Raises `KeyError` for another client's job.
        """
        return await self._runs[job.name](data, now, data.system.zone(self._zone))

    @override
    def wants(self, job: Job, data: SystemData) -> bool:
        """Tell whether a system has what a job asks for, as far as its devices and earlier answers say."""
        match job.name:
            case "latest":
                return tells_latest(data)
            case "telemetry":
                return is_wanted(OWN, data)
            case "totals":
                return is_metered(data)
            case "import" | "export" | "battery" | "consumption":
                return any(is_wanted(one, data) for one in (IMPORT, EXPORT, BATTERY, USE) if one.name == job.name)
            case _:
                return True

    @override
    def form(self, job: Job, data: SystemData) -> Job:
        """Return a job at the pace that this system needs.

        Where meters measure all flows, the newest powers and the rows follow the sun, and the summary is about the
        system's state; elsewhere the summary tells everything, and rows serve statistics.
        """
        if job.name == SUMMARY.name and tells_latest(data):
            return replace(job, weight=0, cadence=STATE_CADENCE, delay=timedelta(0), night=True)
        if job.name == TELEMETRY.name and not is_metered(data):
            return replace(job, weight=0, cadence=DETAIL_CADENCE, sunlit=False, night=True)
        return job

    @override
    def cost(self, job: Job, data: SystemData) -> int:
        """Return the requests of a run: one for each hundred inverters."""
        if job.name != INVERTERS.name:
            return job.cost
        return max(1, -(-len(data.serials(DeviceKind.INVERTER)) // PAGE_SIZE))

    @override
    def anew(self, data: SystemData) -> Mapping[str, str]:
        """Return the notes that have what the plan did not tell asked for again."""
        return retried(data)

    async def _summary(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        return system_update(await self.api.summary(data.system.id, zone=zone), data, now, zone)

    async def _devices(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        return devices_update(await self.api.devices(data.system.id), data)

    async def _latest(self, data: SystemData, now: datetime, _zone: ZoneInfo) -> Update:
        try:
            latest = await self.api.latest_telemetry(data.system.id)
        except _REFUSALS:
            # The summary has to tell power then, so it is noted; a job that rests is known to the coordinator only.
            return _not_told(LATEST_NOTE, LATEST.name, data, final=True)
        return latest_update(latest, data, now)

    async def _telemetry(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Read production: as intervals where other flows belong to it, else for statistics only."""
        start, granularity = production_window(data, now, zone)
        try:
            telemetry = await production_of(self.api, data, start, granularity)
        except _REFUSALS:
            return _not_told(OWN.note, OWN.name, data, final=True)
        notes = MappingProxyType({OWN.note: READ} if OWN.state(data) != READ else {})
        rows = final_rows(telemetry.intervals, telemetry.total_devices, now)
        if not is_metered(data):
            detail = {Flow.PRODUCTION: with_twilight(rows)} if rows else {}
            return Update(detail=MappingProxyType(detail), notes=notes)
        intervals = quarters(rows, now)
        newest = intervals[-1] if intervals else None
        power = Power(power_w=newest.mean_power_w, measured_at=newest.end) if newest else None
        return Update(intervals=intervals, power=power, notes=notes)

    async def _measure(self, measure: Measure, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Read what meters or batteries measured; find out whether the cloud tells it at all."""
        known = [data.flows.get(flow, EMPTY) for flow in measure.flows]
        series = min(known, key=lambda one: max(one, default=datetime.min.replace(tzinfo=now.tzinfo)))
        base = next((data.bases[flow] for flow in measure.flows if flow in data.bases), None)
        start, granularity = window(series, base, now, zone)
        try:
            found = await flows_of(self.api, measure, data.system.id, start, granularity)
        except _NOT_THERE as err:
            final = isinstance(err, _REFUSALS)
            if was_told(measure, data) and not final:
                raise
            return _not_told(measure.note, measure.name, data, final=final)
        if not was_told(measure, data) and not any(found.rows.values()):
            return _not_told(measure.note, measure.name, data, final=False)
        return _told(measure, found, data, now)

    async def _inverters(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        states: dict[str, DeviceState] = {}
        listed = len(data.serials(DeviceKind.INVERTER))
        for number in range(1, MOST_PAGES + 1):
            try:
                page = await self.api.inverters_summary(data.system.id, number)
            except CloudError:
                if not states:
                    raise
                break  # what is paid for is kept
            before = len(states)
            states |= {state.device.serial: state for state in page.states}
            if page.rows < PAGE_SIZE or len(states) == before or 0 < listed <= len(states):
                break
        return states_update(tuple(states.values()))

    async def _totals(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Update:
        """Read the lifetimes of what meters and batteries measure where they are not known, or long not compared."""
        bases: dict[Flow, LifetimeBase] = {}
        notes: dict[str, str] = {}
        failure: CloudError | None = None
        for measure in (OWN, *told(data)):
            note = f"{measure.note}_totals"
            due = self._is_due(measure, note, data, now, zone)
            if not due and (seen := self.lifetimes.seen(data.system.id, measure, now)) is not None:
                # The statistics have asked: it costs nothing to compare.
                bases |= bases_of(seen, measure, zone)
            if not due:
                continue
            try:
                days = await self.lifetimes.read(data.system.id, measure, now, zone)
            except _REFUSALS as err:
                failure = err
                notes[note] = now.isoformat()
            except CloudError as err:
                failure = err
                break
            else:
                notes[note] = now.isoformat()
                bases |= bases_of(days, measure, zone)
        if failure is not None and not bases and not notes:
            raise failure
        own = bases.pop(Flow.PRODUCTION, None)
        return Update(lifetime=own, bases=MappingProxyType(bases), notes=MappingProxyType(notes))

    def _is_due(self, measure: Measure, note: str, data: SystemData, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether a lifetime is worth a request: never read, not carried on, or long not compared."""
        bases = [data.lifetime_base if measure is OWN else data.bases.get(flow) for flow in measure.flows]
        days = [base.day for base in bases if base is not None]
        carried = len(days) == len(bases) and midnight(min(days), zone) >= now - CARRIED
        if measure is OWN and carried:
            # The summary tells it.
            return False
        asked = as_time(data.notes.get(note))
        if asked is None:
            return True
        since = now - asked
        return not timedelta(0) <= since < (CONFIRM_TOTALS if carried else _DAY - _HOUR)

    async def _alerts(self, data: SystemData, _now: datetime, _zone: ZoneInfo) -> Update:
        alarms = await self.api.open_alarms(data.system.id)
        names = {type_note(one): "" for alarm in alarms if (one := alarm.type_id) is not None}
        names = {note: data.notes[note] for note in names if note in data.notes}
        unknown = {one for alarm in alarms if (one := alarm.type_id) is not None and type_note(one) not in names}
        for type_id in sorted(unknown)[:MOST_TYPES]:
            try:
                names[type_note(type_id)] = type_name(await self.api.event_types(type_id), type_id)
            except NotFound:
                names[type_note(type_id)] = ""
            except CloudError:
                break  # the alarms are paid for
        return alerts_update(alarms, names, data)


def _told(measure: Measure, found: Flows, data: SystemData, now: datetime) -> Update:
    rows = {flow: final_rows(rows, found.total_devices, now) for flow, rows in found.rows.items()}
    return Update(
        flows=MappingProxyType({flow: part for flow, part in rows.items() if part}),
        readings=battery_readings(found.battery, data) if found.battery else MappingProxyType({}),
        notes=MappingProxyType({measure.note: READ} if measure.state(data) != READ else {}),
    )


def _not_told(note: str, name: str, data: SystemData, *, final: bool) -> Update:
    """Note that something was not told."""
    before = data.notes.get(note)
    state = after_refusal(before, final=final)
    if state == MISSING and before != AGAIN:
        _LOGGER.info("%s: Enphase does not tell %s, it is asked for weekly", data.system.name, name)
    return Update(notes=MappingProxyType({note: state}))
