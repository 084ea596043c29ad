"""A site's production of its whole life up to today."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, day_energy_wh, local_day
from ....model.elements import LifetimeBase, System, Update
from ...base import Job, JobTerms
from ...errors import MalformedAnswer, NoDataYet
from ..api import SolarEdgeApi
from ..buckets import sum_of
from ..model import Series
from ..whole_life import WholeLife
from ..windows import Resolution, Window, day_so_far

AGAIN = timedelta(hours=1)
"""How often a lifetime is asked for that its cloud must have, and did not tell."""


class LifetimeJob(Job[SolarEdgeApi]):
    """Reads all years up to now, then today, and takes the one from the other: two requests.

    Nobody says whether a year is cut where the request ends; up to now there is nothing that could be cut.
    """

    terms = JobTerms(name="lifetime", cost=2, cadence=timedelta(hours=24))

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin with no site's whole life refused."""
        super().__init__(api, zone)
        self._life = WholeLife()

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms: where a site produces, and its cloud knew no year of it, that is tried again soon."""
        is_missing = data.lifetime_base is None and any(row.energy_wh > 0 for row in data.intervals.values())
        return replace(self.terms, cadence=AGAIN) if is_missing else self.terms

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the lifetime. Raises `NoDataYet` when the cloud has no value of any year, or none of today."""
        zone = self.zone(data)
        today = day_so_far(now, zone)

        async def fetch(life: Window) -> Series:
            return await self.api.energy(data.system.id, life.start, life.end, Resolution.YEAR, zone=zone)

        # The years are asked first: should a report come in between, the base is a quarter hour short until tomorrow
        # instead of too large for ever.
        years = await self._life.read(fetch, data.system, now, zone)
        if sum_of(years) is None and not _is_first_day(data, now, zone):
            raise NoDataYet("no year of the site's life has a value")
        day = None
        if today is not None:
            day = await self.api.energy(data.system.id, today.start, today.end, Resolution.DAY, zone=zone)
        return Update(lifetime=_base(years, day, data, now, zone), system=_with_first_year(data.system, years, zone))


def _base(years: Series, day: Series | None, data: SystemData, now: datetime, zone: ZoneInfo) -> LifetimeBase:
    """Return the energy up to the site's midnight: all years up to now without what `day` says of today.

    It is 0 where no year has a value, as on the day of the installation. Raises `NoDataYet` when the cloud has no value
    for a day whose intervals are known to have energy.
    """
    today = local_day(now, zone)
    total, day_wh = sum_of(years), sum_of(day)
    if total is None:
        return LifetimeBase(day=today, before_wh=0.0)
    if day_wh is None and (day_energy_wh(data.intervals.values(), today, zone) or 0) > 0:
        raise NoDataYet("today has no value, although there are intervals of it")
    before = total - (day_wh or 0.0)
    if before < 0:
        raise MalformedAnswer("lifetime energy: below zero")
    return LifetimeBase(day=today, before_wh=before)


def _is_first_day(data: SystemData, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether the site was installed today; else a lifetime of 0 that is none would become a jump."""
    installed = data.system.installed_at
    return installed is not None and local_day(installed, zone) == local_day(now, zone)


def _with_first_year(system: System, years: Series, zone: ZoneInfo) -> System | None:
    """Return the system with the start of the first year that has energy; `None` where that is known, or none has."""
    first = min((bucket.start for bucket in years.buckets if bucket.value), default=None)
    day = None if first is None else local_day(first, zone)
    return None if day is None or day == system.producing_since else replace(system, producing_since=day)
