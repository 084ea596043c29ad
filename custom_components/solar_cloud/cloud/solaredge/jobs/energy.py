"""A site's production in quarter hours, and the power that follows from the newest of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData
from ....model.elements import Power, System, Update
from ....model.zones import is_offset
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..buckets import complete_buckets, intervals_of, values_of
from ..families import FAMILIES
from ..model import Bucket
from ..settling import SETTLES, Values
from ..site_zone import SiteZones
from ..window_reader import Need, Read, WindowReader, delayed
from ..windows import QUARTER, REACH, REPORT_DELAY, Window, needed_from, not_ahead


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one window brought."""

    buckets: tuple[Bucket, ...]
    utc_offset: timedelta | None
    labelled_at: datetime
    """The instant of the newest label, which has that offset."""


class EnergyJob(Job[SolarEdgeApi]):
    """Reads what a site produced.

    It sends one request, and more only for a time before it that was never read: after a pause, or where values arrive
    that were late by more than the one request covers.
    """

    terms = JobTerms(name="energy", cadence=QUARTER, delay=REPORT_DELAY, weight=2, first=True, sunlit=True)

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin without a memory of what was asked for."""
        super().__init__(api, zone)
        self._windows = WindowReader[_Answer](self.name, _values)
        self._zones = SiteZones()

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms with the delay that the site's newest quarter hour has been seen to need."""
        return replace(self.terms, delay=delayed(self.terms.delay, data.notes.get(SETTLES)))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        zone = self.zone(data)
        read = await self._read(data, now, zone)
        newest = read.answers[0][1]
        system = self._zones.corrected(data.system, newest.utc_offset, newest.labelled_at)
        learned = system.zone(zone)
        if now.astimezone(learned).utcoffset() != now.astimezone(zone).utcoffset():
            # The site's day begins at another instant than was thought: what lies between is asked for too.
            more = await self._read(replace(data, system=system), now, learned)
            read = Read(answers=(*read.answers, *more.answers), notes=more.notes)
        return _update(read, system, data.system, now)

    async def _read(self, data: SystemData, now: datetime, zone: ZoneInfo) -> Read[_Answer]:
        async def fetch(window: Window) -> _Answer:
            series = await self.api.energy(data.system.id, window.start, window.end, zone=zone)
            labelled_at = series.buckets[-1].start if series.buckets else window.end
            return _Answer(complete_buckets(series, window), series.utc_offset, labelled_at)

        start = needed_from(data.lifetime_base.day if data.lifetime_base else None, now, zone)
        need = Need(start=start, oldest=min(start, now - REACH), known=[data.intervals])
        return await self._windows.read(data, need, fetch, now, zone)


def _values(answer: _Answer, _window: Window) -> Values:
    return {"": values_of(answer.buckets)}


def _update(read: Read[_Answer], system: System, before: System, now: datetime) -> Update:
    """Return the site's intervals, and the newest one's mean power.

    The end of the newest interval is also proof that the site has talked to its cloud by then.
    """
    notes = dict(read.notes)
    if is_offset(before.timezone) and system.timezone != before.timezone:
        # Clocks have changed, and with them the midnight up to which meters and batteries have been counted.
        notes |= {family.totals_note: "" for family in FAMILIES}
    intervals = intervals_of(_full_buckets(read.answers))
    if not intervals:
        return Update(system=None if system == before else system, notes=MappingProxyType(notes))
    newest = intervals[-1]
    reported = not_ahead(system.last_report, now) or newest.end
    return Update(
        system=replace(system, last_report=max(newest.end, reported)),
        power=Power(power_w=newest.mean_power_w, measured_at=newest.end),
        intervals=intervals,
        notes=MappingProxyType(notes),
    )


def _full_buckets(answers: Sequence[tuple[Window, _Answer]]) -> list[Bucket]:
    """Return the buckets that are not filling any more, one for each start."""
    full = (bucket for window, answer in answers for bucket in answer.buckets if bucket.end <= window.end)
    return list({bucket.start: bucket for bucket in full}.values())
