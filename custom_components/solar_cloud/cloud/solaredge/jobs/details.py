"""A site's details: its time zone, size, status and last report."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..model import Site
from ..site_zone import zone_of_details
from ..windows import not_ahead


class DetailsJob(Job[SolarEdgeApi]):
    """Reads the details of a site: one request."""

    terms = JobTerms(name="details", cadence=timedelta(hours=24), first=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        return _update(await self.api.site(data.system.id), data, now)


def _update(site: Site, data: SystemData, now: datetime) -> Update:
    """Return what a site's details say, without an older report than the known one, or a time that lies ahead."""
    reports = [not_ahead(moment, now) for moment in (site.last_update, data.system.last_report)]
    return Update(
        system=replace(
            site.system(),
            name=site.name or data.system.name,
            timezone=zone_of_details(site, data.system.timezone),
            installed_at=not_ahead(site.installed_at, now),
            last_report=max(filter(None, reports), default=None),
        )
    )
