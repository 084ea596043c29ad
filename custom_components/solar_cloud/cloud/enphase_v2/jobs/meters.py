"""The revenue-grade meters of an Enphase v2 system, and which intervals belong to which meter.

Facts are from the Enphase v2 documentation (``rgm_stats``) and its late release notes (``meter_intervals``). Energies
are Wh, instants aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import KEEP_INTERVALS, SystemData, local_day, midnight
from ....model.elements import DeviceReading, Flow, Interval, System, Update
from ...base import Job, JobTerms
from ...enphase.model import METER_SOURCE, Stats
from ...errors import InvalidRequest, NoDataYet, NotFound
from ...parse import as_time
from ...vendor_text import say
from ..api import EnphaseV2Api
from ..known_meters import listed_meters, production_series

ONLY_METER = "only_meter"
"""The note about the serial number of a system's only meter: the intervals of the system are its own."""
ONLY_SINCE = "only_meter_since"
"""The note about when it replaced another one; intervals before that may hold the other one's energy."""
SHORT_SINCE = "meters_short_since"
"""The note about when a span of more than a day was refused."""
SHORT_FOR = timedelta(days=28)
"""How long that is remembered; then it is tried again."""
_DAY = timedelta(days=1)
_LOGGER = logging.getLogger(__name__)


class MetersJob(Job[EnphaseV2Api]):
    """Reads ``rgm_stats``."""

    terms = JobTerms(
        name="meters", cadence=timedelta(minutes=15), delay=timedelta(minutes=2), weight=0.5, optional=True, rows=True
    )

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the inventory lists a meter."""
        return bool(listed_meters(data))

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return the intervals and newest values of each meter, and how many meters there are.

        A span that is refused is not asked for again; one of a day is. Raises `CloudError`; `NotFound` where no meter
        measures production.
        """
        start, day = _start(data, now, self.zone(data)), now - _DAY
        if _is_short(data, now):
            start = max(start, day)
        try:
            stats = await self.api.rgm_stats(data.system.id, start)
        except NoDataYet, InvalidRequest:
            if start >= day:
                raise
            return await self._short(data, day, now)
        return _checked(stats, data, now)

    async def _short(self, data: SystemData, day: datetime, now: datetime) -> Update:
        """Return the intervals of a day, and the note that more was refused; the day may be refused as well."""
        notes = {SHORT_SINCE: now.isoformat()}
        try:
            stats = await self.api.rgm_stats(data.system.id, day)
        except NoDataYet, InvalidRequest:
            return Update(notes=MappingProxyType(notes))
        say(_LOGGER, logging.INFO, "%s: Enphase gives no more than a day of the meters at once", data.system.name)
        update = _checked(stats, data, now)
        return replace(update, notes=MappingProxyType({**update.notes, **notes}))


def _checked(stats: Stats, data: SystemData, now: datetime) -> Update:
    """Return what the meters' answer changes; raises `NotFound` where no meter measures production."""
    if not stats.total_devices and not stats.intervals:
        # The meters of the inventory measure consumption; there is no point in reading them again soon.
        raise NotFound("no revenue-grade meter")
    return _update(stats, data, now)


def _is_short(data: SystemData, now: datetime) -> bool:
    """Return whether a span of more than a day was refused lately."""
    since = as_time(data.notes.get(SHORT_SINCE))
    return since is not None and timedelta(0) <= now - since < SHORT_FOR


def _start(data: SystemData, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant from which intervals are read: yesterday's midnight, or that of an older known register.

    Today alone is not enough: the last intervals of a day can only be read on the next one, and a meter that was silent
    reports later what it kept. A register is carried forward from its own day. One answer holds seven days.
    """
    start = midnight(local_day(now, zone) - _DAY, zone)
    bases = [data.device_bases.get(serial, {}).get(Flow.PRODUCTION) for serial in production_series(data)]
    known = min((midnight(base.day, zone) for base in bases if base is not None), default=start)
    return min(start, known) if known >= now - KEEP_INTERVALS else start


def _update(stats: Stats, data: SystemData, now: datetime) -> Update:
    """Return what the meters' answer changes."""
    flows, notes = _by_meter(stats, data, now)
    newest = stats.intervals[-1] if stats.intervals else None
    return Update(
        system=System(
            vendor=data.system.vendor,
            id=data.system.id,
            name=data.system.name,
            meters=stats.total_devices,
            meters_reporting=newest.devices_reporting if newest else None,
        ),
        readings=MappingProxyType(
            {
                serial: DeviceReading(last_report=rows[-1].end, power_w=rows[-1].mean_power_w, measured_at=rows[-1].end)
                for serial, rows in flows.items()
                if not _is_older(rows[-1], data.readings.get(serial))
            }
        ),
        device_flows=MappingProxyType({serial: {Flow.PRODUCTION: tuple(rows)} for serial, rows in flows.items()}),
        # Where a meter measures the system, statistics are made of its intervals.
        detail=MappingProxyType({Flow.PRODUCTION: stats.intervals} if data.system.source == METER_SOURCE else {}),
        notes=MappingProxyType(notes),
    )


def _by_meter(
    stats: Stats, data: SystemData, now: datetime
) -> tuple[Mapping[str, Sequence[Interval]], Mapping[str, str]]:
    """Return the intervals of each listed meter, and the notes that change.

    Where the cloud only has the sum of several meters, there are none.
    """
    listed = listed_meters(data)
    if stats.by_meter:
        return {serial: rows for serial in listed if (rows := stats.by_meter.get(serial))}, {}
    if len(listed) != 1 or stats.total_devices not in {1, None}:
        return {}, {}
    (serial,) = listed
    notes: dict[str, str] = {}
    since = as_time(data.notes.get(ONLY_SINCE))
    if (before := data.notes.get(ONLY_METER)) != serial:
        since = None if before is None else now
        notes = {ONLY_METER: serial, ONLY_SINCE: since.isoformat() if since else ""}
    # An interval of several meters holds the energy of one that has been replaced since.
    own = [
        row for row in stats.intervals if row.devices_reporting in {1, None} and (since is None or row.start >= since)
    ]
    return {serial: own} if own else {}, notes


def _is_older(row: Interval, known: DeviceReading | None) -> bool:
    return known is not None and known.measured_at is not None and row.end < known.measured_at
