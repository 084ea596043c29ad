"""The past of a SolarEdge site: days by the month, hours by the day, each family of devices with its own requests."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Flow, Interval
from ..archive import Archive, Detail, Totals
from ..errors import InvalidRequest, NotAllowed, NotFound
from .api import SolarEdgeApi
from .families import FAMILIES, Family
from .model import Series, Telemetry
from .window_reader import asked_note
from .windows import Asked, Resolution, Window

_LOGGER = logging.getLogger(__name__)

ENERGY = "energy"
"""The job that reads the production."""

_DAY = timedelta(days=1)


class SolarEdgeArchive(Archive):
    """Reads the past of sites; `zone` stands in for a site whose own is unknown."""

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Read through these endpoints."""
        self._api = api
        self._zone = zone

    @override
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return production and what the site's meters and batteries have ever reported."""
        return frozenset({Flow.PRODUCTION, *(flow for family in _families(data) for flow in _flows(data, family))})

    @override
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into calendar months, newest first: the most that one request may span at days."""
        found: list[tuple[date, date]] = []
        while last >= first:
            begin = max(first, last.replace(day=1))
            found.append((begin, last))
            last = begin - _DAY
        return tuple(found)

    @override
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return one request for each month and each of site, meters and batteries."""
        return len(self.chunks(data, first, last)) * (1 + len(_families(data)))

    @override
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the energy of each finished day of a month at most."""
        zone = data.system.zone(self._zone)
        last = min(last, local_day(now, zone) - _DAY)
        if last < first:
            return {}
        window = Window(midnight(first, zone), midnight(last + _DAY, zone))
        energy = await self._api.energy(data.system.id, window.start, window.end, Resolution.DAY, zone=zone)
        found: dict[Flow, Mapping[date, float]] = {Flow.PRODUCTION: _days([energy], window, zone)}
        for family in _families(data):
            telemetry = await self._telemetry(family, data, window, Resolution.DAY, zone)
            for flow, series in _by_flow(telemetry, family).items():
                found[flow] = _days(series, window, zone)
        return MappingProxyType(found)

    @override
    def detail_price(self, data: SystemData) -> int:
        """Return one request for each of site, meters and batteries."""
        return 1 + len(_families(data))

    @override
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return the whole hours of a day; on the day with 25 hours site and families take two requests each."""
        zone = data.system.zone(self._zone)
        start, end = midnight(day, zone), min(midnight(day + _DAY, zone), now.astimezone(UTC))
        if end <= start:
            return {}
        window = Window(start, end)
        energy = await self._api.energy(data.system.id, start, end, Resolution.HOUR, zone=zone)
        found: dict[Flow, tuple[Interval, ...]] = {Flow.PRODUCTION: _hours([energy], window)}
        for family in _families(data):
            of_family: dict[Flow, list[Series]] = {}
            for part in _spans(window):
                telemetry = await self._telemetry(family, data, part, Resolution.HOUR, zone)
                for flow, series in _by_flow(telemetry, family).items():
                    of_family.setdefault(flow, []).extend(series)
            for flow, series in of_family.items():
                found[flow] = _hours(series, window)
        return MappingProxyType(found)

    @override
    def answered(self, data: SystemData, flow: Flow) -> tuple[datetime, datetime] | None:
        """Return the time whose quarter hours have been asked for and answered; what it lacks of them is null there."""
        jobs = [family.name for family in FAMILIES if flow in family.system_flows] or [ENERGY]
        asked = Asked.of(data.notes.get(asked_note(jobs[0])))
        return None if asked is None else (asked.start, asked.end)

    async def _telemetry(
        self, family: Family, data: SystemData, window: Window, resolution: Resolution, zone: ZoneInfo
    ) -> Telemetry:
        """Return what a family reports of a window; nothing where the cloud does not let that be read.

        What the site has produced, which is paid for already, does not depend on it. Raises `CloudError`.
        """
        try:
            return await family.telemetry(self._api, data, window, resolution, zone, {})
        except (NotAllowed, NotFound, InvalidRequest) as err:
            _LOGGER.debug("The past of %s cannot be read: %s", family.name, err)
            return Telemetry(devices=MappingProxyType({}))


def _families(data: SystemData) -> list[Family]:
    """Return the families that report something, or once did."""
    return [family for family in FAMILIES if _flows(data, family)]


def _flows(data: SystemData, family: Family) -> list[Flow]:
    """Return the flows that devices of a family ever reported: after weeks without a reading no interval is known."""
    return [flow for flow in family.system_flows if flow in family.reported(data)]


def _by_flow(telemetry: Telemetry, family: Family) -> dict[Flow, list[Series]]:
    """Return the energies of all devices of a family by flow; production of meters is not the site's."""
    found: dict[Flow, list[Series]] = {}
    for metrics in telemetry.devices.values():
        for name, flow in family.metrics.items():
            if flow is not Flow.PRODUCTION and (series := metrics.get(f"{name}Energy")) is not None:
                found.setdefault(flow, []).append(series)
    return found


def _days(series: Iterable[Series], window: Window, zone: ZoneInfo) -> Mapping[date, float]:
    """Add devices up by day; a day below zero is noise of a battery that did nothing."""
    totals: dict[date, float] = {}
    for one in series:
        for bucket in one.buckets:
            if bucket.value is not None and window.start <= bucket.start < window.end:
                day = bucket.start.astimezone(zone).date()
                totals[day] = totals.get(day, 0.0) + bucket.value
    return MappingProxyType({day: max(0.0, total) for day, total in sorted(totals.items())})


def _hours(series: Iterable[Series], window: Window) -> tuple[Interval, ...]:
    """Add devices up by bucket, those that lie wholly in the window."""
    totals: dict[tuple[datetime, datetime], float] = {}
    for one in series:
        for bucket in one.buckets:
            if bucket.value is not None and window.start <= bucket.start and bucket.end <= window.end:
                span = (bucket.start, bucket.end)
                totals[span] = totals.get(span, 0.0) + max(0.0, bucket.value)
    return tuple(Interval(start=start, end=end, energy_wh=total) for (start, end), total in sorted(totals.items()))


def _spans(window: Window) -> Iterable[Window]:
    """Cut a day into what one request for hours may span: 24 of them."""
    start = window.start
    while start < window.end:
        end = min(window.end, start + _DAY)
        yield Window(start, end)
        start = end
