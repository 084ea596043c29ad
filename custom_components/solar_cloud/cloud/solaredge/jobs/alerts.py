"""A site's open alerts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import override
from zlib import crc32

from ....model.data import SystemData
from ....model.elements import Alert, Update
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..model import Alert as SiteAlert

_CLOSED = "closed"


class AlertsJob(Job[SolarEdgeApi]):
    """Reads the open alerts: one request for each hundred."""

    terms = JobTerms(name="alerts", cadence=timedelta(hours=12), night=True, optional=True)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        return _update(await self.api.alerts(data.system.id))


def _update(alerts: Iterable[SiteAlert]) -> Update:
    """Return the open alerts; one without an id is known by what it says."""
    found = (_alert(alert) for alert in alerts if alert.status != _CLOSED)
    return Update(alerts=MappingProxyType({alert.id: alert for alert in found}))


def _alert(alert: SiteAlert) -> Alert:
    said = f"{alert.type} {alert.component_serial} {alert.component} {alert.first_trigger}"
    return Alert(
        id=alert.id or f"{crc32(said.encode()):08x}",
        type=alert.type,
        category=alert.category,
        impact=alert.impact,
        since=alert.first_trigger,
        component=alert.component,
        serial=alert.component_serial,
    )
