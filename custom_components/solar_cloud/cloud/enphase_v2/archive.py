"""The past of an Enphase v2 system: the days of its whole life in one request, five-minute rows by the day.

Facts are from the Enphase v2 documentation: ``energy_lifetime``, ``stats``, ``rgm_stats``.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol, override
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Flow, Interval
from ...model.series import inside
from ..archive import Archive, Detail, Totals
from ..enphase.model import METER_SOURCE, EnergyLifetime, Stats
from ..errors import NoDataYet

_DAY = timedelta(days=1)


class Endpoints(Protocol):
    """The endpoints that tell of the past."""

    def energy_lifetime(
        self, system_id: str, start: date | None = None, end: date | None = None
    ) -> Awaitable[EnergyLifetime]:
        """Return the production of each day."""

    def stats(self, system_id: str, start: datetime | None = None, end: datetime | None = None) -> Awaitable[Stats]:
        """Return the microinverters' rows."""

    def rgm_stats(self, system_id: str, start: datetime | None = None, end: datetime | None = None) -> Awaitable[Stats]:
        """Return the meters' rows."""


class EnphaseV2Archive(Archive):
    """Reads the past of systems; `zone` stands in for a system whose own is unknown."""

    is_free = True
    late = True

    def __init__(self, endpoints: Endpoints, zone: ZoneInfo) -> None:
        """Read through these endpoints."""
        self._endpoints = endpoints
        self._zone = zone

    @override
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return production: the only measure whose past version 2 tells to everyone."""
        return frozenset({Flow.PRODUCTION})

    @override
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Divide days into one part."""
        return ((first, last),) if first <= last else ()

    @override
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return one request for any number of days."""
        return len(self.chunks(data, first, last))

    @override
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the production of each finished day."""
        last = min(last, local_day(now, data.system.zone(self._zone)) - _DAY)
        if last < first:
            return {}
        try:
            lifetime = await self._endpoints.energy_lifetime(data.system.id, first, last)
        except NoDataYet:
            return {}
        days = {day: energy for day, energy in lifetime.days().items() if first <= day <= last}
        return MappingProxyType({Flow.PRODUCTION: MappingProxyType(days)})

    @override
    def detail_price(self, data: SystemData) -> int:
        """Return the one request that a day's rows cost."""
        return 1

    @override
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return a day's rows of what the system's production is measured with; on a day of 25 hours the first 24."""
        zone = data.system.zone(self._zone)
        start, end = midnight(day, zone), min(midnight(day + _DAY, zone), now)
        return await rows(self._endpoints, data, start, end)


async def rows(
    endpoints: Endpoints, data: SystemData, start: datetime, end: datetime
) -> Mapping[Flow, tuple[Interval, ...]]:
    """Return the rows between two instants of what the system's production is measured with."""
    ask: Callable[[str, datetime, datetime], Awaitable[Stats]] = (
        endpoints.rgm_stats if data.system.source == METER_SOURCE else endpoints.stats
    )
    if end <= start:
        return {}
    try:
        stats = await ask(data.system.id, start, end)
    except NoDataYet:
        return {}
    return MappingProxyType({Flow.PRODUCTION: tuple(inside(stats.intervals, start, end))})
