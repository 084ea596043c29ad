"""The past of an Enphase v4 system: the days of its whole life in one request for each measure, rows by the week.

Facts are from the Enphase v4 documentation: ``*_lifetime``, telemetry with ``granularity=week``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Flow, Interval
from ...model.series import inside
from ..archive import Archive, Detail, Totals
from ..enphase.days import known_days
from ..errors import InvalidRequest, NoDataYet, NotAllowed, NotFound
from .api import EnphaseV4Api
from .capabilities import is_needed, known_since, reported_measures, was_reported
from .lifetimes import SETTLED
from .measures import METERED, Measure
from .model import Granularity
from .reading import REFUSED_SPANS, reads_by_days
from .rows import floor_quarter

SETTLE = timedelta(hours=2)
"""How long the past of a new system waits: setting up shall cost little."""
UNDECIDED = timedelta(hours=1)
"""How long it waits again while it is not known yet what the system reports."""
KEPT = timedelta(hours=1)
"""How long the rows of a week serve its other days."""
_DAY = timedelta(days=1)
_NOT_REPORTED = (NoDataYet, NotFound, NotAllowed, InvalidRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Week:
    """The rows of one measure, from when to when they were asked for, and when."""

    start: datetime
    end: datetime
    read_at: datetime
    rows: Mapping[Flow, tuple[Interval, ...]]


class EnphaseV4Archive(Archive):
    """Reads the past of systems; `zone` stands in for a system whose own is unknown."""

    is_free = True
    keeps_rows = timedelta(days=729)
    """Telemetry begins no more than two years ago (Enphase v4 specification)."""
    settled = SETTLED
    """Rows are read a few times a day: the morning's first reading has the rest of the day before."""

    def __init__(self, api: EnphaseV4Api, zone: ZoneInfo) -> None:
        """Read through these endpoints."""
        self._api = api
        self._zone = zone
        self._weeks: dict[tuple[str, str], _Week] = {}
        self._by_days: set[tuple[str, str]] = set()
        """Measures of systems of which a week was refused and a day was not."""

    @override
    def waits_until(self, data: SystemData, now: datetime, patience: float) -> datetime | None:
        """Return until when the past of a new system waits: the present comes first.

        It is imported once, with all measures that there are.
        """
        since, settle = known_since(data), SETTLE * patience
        if since is None or timedelta(0) <= now - since < settle:
            return (since or now) + settle
        undecided = any(is_needed(measure, data) and not was_reported(measure, data) for measure in METERED)
        return now + UNDECIDED if undecided and timedelta(0) <= now - since < _DAY else None

    @override
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return production and what meters and batteries have ever reported."""
        return frozenset(flow for measure in self._measures(data) for flow in measure.flows)

    @override
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into one part."""
        return ((first, last),) if first <= last else ()

    @override
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return one request for each measure, for any number of days."""
        return len(self.chunks(data, first, last)) * len(self._measures(data))

    @override
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the energy of each finished day; what a plan does not allow any more is left out.

        Days at whose end the system was silent are left out too, while they are 0.
        """
        zone = data.system.zone(self._zone)
        last = min(last, local_day(now, zone) - _DAY)
        if last < first:
            return {}
        found: dict[Flow, Mapping[date, float]] = {}
        for measure in self._measures(data):
            try:
                days = await measure.days(self._api, data.system.id, now, zone)
            except _NOT_REPORTED:
                continue
            for flow in measure.flows:
                energies = known_days(days.series.days(flow), days.series.meta, days.read_at, zone)
                found[flow] = MappingProxyType({day: wh for day, wh in energies.items() if first <= day <= last})
        return MappingProxyType(found)

    @override
    def detail_price(self, data: SystemData, day: date | None = None, now: datetime | None = None) -> int:
        """Return one request for each measure of which no week that was just read has the day."""
        measures = self._measures(data)
        if day is None or now is None:
            return len(measures)
        start, end = self._span(data, day, now)
        return sum(self._known_week(measure, data, start, end, now) is None for measure in measures)

    @override
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return a day's rows of each measure."""
        start, end = self._span(data, day, now)
        if end <= start:
            return {}
        found: dict[Flow, tuple[Interval, ...]] = {}
        for measure in self._measures(data):
            try:
                week = await self._week(measure, data, start, end, now)
            except _NOT_REPORTED:
                continue
            found |= {flow: tuple(inside(rows, start, end)) for flow, rows in week.rows.items()}
        return MappingProxyType(found)

    def _measures(self, data: SystemData) -> tuple[Measure, ...]:
        """Return what the system reports, as far as it is to be read."""
        return tuple(measure for measure in reported_measures(data) if self.reads(measure.flows))

    def _span(self, data: SystemData, day: date, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when a day has rows by now."""
        zone = data.system.zone(self._zone)
        return midnight(day, zone), min(midnight(day + _DAY, zone), floor_quarter(now))

    def _known_week(
        self, measure: Measure, data: SystemData, start: datetime, end: datetime, now: datetime
    ) -> _Week | None:
        """Return a week that was just read and has the rows between two instants."""
        known = self._weeks.get((data.system.id, measure.name))
        fits = known is not None and known.start <= start and end <= known.end and _is_young(known, now)
        return known if fits else None

    async def _week(self, measure: Measure, data: SystemData, start: datetime, end: datetime, now: datetime) -> _Week:
        """Return rows that have those between two instants, without a request if a week was read that has them.

        Weeks of the microinverters are not documented; what an answer does not reach up to is asked for by itself.
        """
        if (known := self._known_week(measure, data, start, end, now)) is not None:
            return known
        key = (data.system.id, measure.name)
        if key in self._by_days or reads_by_days(measure, data, now):
            return await self._day(measure, data, start, end, now)
        try:
            found = await measure.rows(self._api, data, start, Granularity.WEEK)
        except REFUSED_SPANS:
            week = await self._day(measure, data, start, end, now)
            self._by_days.add(key)
            return week
        asked = min(start + Granularity.WEEK.length, floor_quarter(now))
        reached = max((row.end for rows in found.rows.values() for row in rows), default=asked)
        full = reached - start > Granularity.DAY.length or asked - start <= Granularity.DAY.length
        until = min(asked, found.end or asked) if full else start + Granularity.DAY.length
        week = _Week(start=start, end=until, read_at=now, rows=found.rows)
        self._weeks[data.system.id, measure.name] = week
        return week

    async def _day(self, measure: Measure, data: SystemData, start: datetime, end: datetime, now: datetime) -> _Week:
        """Return the rows of one day, of a measure of which the cloud refuses a week; two requests for 25 hours."""
        rows = dict((await measure.rows(self._api, data, start, Granularity.DAY)).rows)
        if end - start > Granularity.DAY.length:
            last = (await measure.rows(self._api, data, end - Granularity.DAY.length, Granularity.DAY)).rows
            for flow, more in last.items():
                both = {row.start: row for row in (*rows.get(flow, ()), *more)}
                rows[flow] = tuple(both[at] for at in sorted(both))
        return _Week(start=start, end=end, read_at=now, rows=MappingProxyType(rows))


def _is_young(week: _Week, now: datetime) -> bool:
    return timedelta(0) <= now - week.read_at <= KEPT
