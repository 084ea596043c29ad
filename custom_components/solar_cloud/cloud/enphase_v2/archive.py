"""The past of an Enphase v2 system: the days of its whole life in one request, intervals day by day.

Facts are from the Enphase v2 documentation: ``energy_lifetime``, ``stats``, ``rgm_stats``.
"""

from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import Flow
from ...model.series import inside
from ..archive import Archive, Detail, Totals
from ..enphase.days import known_days
from ..enphase.model import METER_SOURCE
from ..errors import NoDataYet
from .api import EnphaseV2Api

_DAY = timedelta(days=1)


class EnphaseV2Archive(Archive):
    """Reads the past of systems; `zone` stands in for a system whose own is unknown."""

    is_free = True
    late = True
    possible_flows = frozenset({Flow.PRODUCTION})

    def __init__(self, api: EnphaseV2Api, zone: ZoneInfo) -> None:
        """Read through these endpoints."""
        self._api = api
        self._zone = zone

    @override
    def flows(self, data: SystemData) -> frozenset[Flow]:
        """Return production: the only flow whose past version 2 gives to every account."""
        return self.possible_flows

    @override
    def chunks(self, data: SystemData, first: date, last: date) -> tuple[tuple[date, date], ...]:
        """Return the days as one part, or none."""
        return ((first, last),) if first <= last else ()

    @override
    def price(self, data: SystemData, first: date, last: date) -> int:
        """Return one request for any number of days."""
        return len(self.chunks(data, first, last))

    @override
    async def totals(self, data: SystemData, first: date, last: date, now: datetime) -> Totals:
        """Return the production of each finished day in Wh. Raises `CloudError`.

        Days at whose end the system was silent are left out while they are 0.
        """
        zone = data.system.zone(self._zone)
        last = min(last, local_day(now, zone) - _DAY)
        if last < first:
            return {}
        try:
            lifetime = await self._api.energy_lifetime(data.system.id, first, last)
        except NoDataYet:
            return {}
        known = known_days(lifetime.days(), lifetime.meta, now, zone)
        days = {day: energy for day, energy in known.items() if first <= day <= last}
        return MappingProxyType({Flow.PRODUCTION: MappingProxyType(days)})

    @override
    def detail_price(self, data: SystemData, day: date | None = None, now: datetime | None = None) -> int:
        """Return the one request that the intervals of a day cost."""
        return 1

    @override
    async def detail(self, data: SystemData, day: date, now: datetime) -> Detail:
        """Return the production intervals of a day; of a day of 25 hours the first 24. Raises `CloudError`."""
        zone = data.system.zone(self._zone)
        start, end = midnight(day, zone), min(midnight(day + _DAY, zone), now)
        return await production_detail(self._api, data, start, end)


async def production_detail(api: EnphaseV2Api, data: SystemData, start: datetime, end: datetime) -> Detail:
    """Return the production intervals between two instants, from the meter or inverters that measure the system.

    Sends one request, or none for an empty span. Raises `CloudError`.
    """
    if end <= start:
        return {}
    request = api.rgm_stats if data.system.source == METER_SOURCE else api.stats
    try:
        stats = await request(data.system.id, start, end)
    except NoDataYet:
        return {}
    return MappingProxyType({Flow.PRODUCTION: tuple(inside(stats.intervals, start, end))})
