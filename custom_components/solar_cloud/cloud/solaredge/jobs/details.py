"""A site's details: its time zone, size, status and last report."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from ....model.data import SystemData
from ....model.elements import Update
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..model import Site


class DetailsJob(Job[SolarEdgeApi]):
    """Reads the details of a site: one request."""

    terms = JobTerms(name="details", cadence=timedelta(hours=24), first=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        return _update(await self.api.site(data.system.id), data)


def _update(site: Site, data: SystemData) -> Update:
    """Return what a site's details say, without a report older than the one that is known."""
    system = site.system()
    if site.name is None:
        system = replace(system, name=data.system.name)
    known = data.system.last_report
    if known is not None and (system.last_report is None or system.last_report < known):
        system = replace(system, last_report=known)
    return Update(system=system)
