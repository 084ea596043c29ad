"""A site's production of its whole life up to today."""

from datetime import datetime, timedelta
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, day_energy_wh, local_day
from ....model.elements import LifetimeBase, Update
from ...base import Job, JobTerms
from ...errors import MalformedAnswer, NoDataYet
from ..api import SolarEdgeApi
from ..buckets import sum_of
from ..model import Series
from ..windows import Resolution, day_so_far, whole_life


class LifetimeJob(Job[SolarEdgeApi]):
    """Reads all years up to now, then today, and takes the one from the other: two requests.

    Nobody says whether a year is cut where the request ends; up to now there is nothing that could be cut.
    """

    terms = JobTerms(name="lifetime", cost=2, cadence=timedelta(hours=24))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        zone = self.zone(data)
        life, today = whole_life(data.system, now, zone), day_so_far(now, zone)
        # The years are asked first: should a report come in between, the base is a quarter hour short until tomorrow
        # instead of too large for ever.
        years = await self.api.energy(data.system.id, life.start, life.end, Resolution.YEAR, zone=zone)
        day = None
        if today is not None:
            day = await self.api.energy(data.system.id, today.start, today.end, Resolution.DAY, zone=zone)
        return Update(lifetime=_base(years, day, data, now, zone))


def _base(years: Series, day: Series | None, data: SystemData, now: datetime, zone: ZoneInfo) -> LifetimeBase:
    """Return the energy up to the site's midnight: all years up to now without what `day` says of today.

    Raises `NoDataYet` when the cloud has no value at all, unless the site was installed today: a lifetime of 0 that is
    none would become a jump when the true one comes. Raises it too when the cloud has no value for a day whose
    intervals are known to have energy.
    """
    today = local_day(now, zone)
    total, day_wh = sum_of(years), sum_of(day)
    if total is None:
        if data.system.installed_at is not None and local_day(data.system.installed_at, zone) >= today:
            return LifetimeBase(day=today, before_wh=0.0)
        raise NoDataYet("no year of the site's life has a value")
    if day_wh is None and (day_energy_wh(data.intervals.values(), today, zone) or 0) > 0:
        raise NoDataYet("today has no value, although there are intervals of it")
    before = total - (day_wh or 0.0)
    if before < 0:
        raise MalformedAnswer("lifetime energy: below zero")
    return LifetimeBase(day=today, before_wh=before)
