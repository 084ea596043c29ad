"""A site's production in quarter hours, and the power that follows from the newest of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData
from ....model.elements import Power, Update
from ...base import Job, JobTerms
from ..api import SolarEdgeApi
from ..buckets import complete_buckets, intervals_of
from ..model import Bucket
from ..window_reader import Need, WindowReader
from ..windows import QUARTER, REACH, REPORT_DELAY, Window, needed_from


class EnergyJob(Job[SolarEdgeApi]):
    """Reads what a site produced.

    It sends one request, and more only for a time before it that was never read: after a pause, or where values arrive
    that were late by more than the one request covers.
    """

    terms = JobTerms(name="energy", cadence=QUARTER, delay=REPORT_DELAY, weight=2, first=True, sunlit=True)

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin without a memory of what was asked for."""
        super().__init__(api, zone)
        self._windows = WindowReader[tuple[Bucket, ...]](_starts)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        zone = self.zone(data)

        async def fetch(window: Window) -> tuple[Bucket, ...]:
            series = await self.api.energy(data.system.id, window.start, window.end, zone=zone)
            return complete_buckets(series, window)

        start = needed_from(data.lifetime_base.day if data.lifetime_base else None, now, zone)
        need = Need(start=start, oldest=min(start, now - REACH), known=[data.intervals])
        answers = await self._windows.read(data.system, need, fetch, now, zone)
        return _update([bucket for _, buckets in answers for bucket in buckets], data)


def _starts(buckets: tuple[Bucket, ...], _window: Window) -> list[datetime]:
    return [bucket.start for bucket in buckets]


def _update(buckets: Iterable[Bucket], data: SystemData) -> Update:
    """Return the site's intervals, and the newest one's mean power.

    The end of the newest interval is also proof that the site has talked to its cloud by then.
    """
    intervals = intervals_of(buckets)
    if not intervals:
        return Update()
    newest = intervals[-1]
    report = max(newest.end, data.system.last_report or newest.end)
    return Update(
        system=replace(data.system, last_report=report),
        power=Power(power_w=newest.mean_power_w, measured_at=newest.end),
        intervals=intervals,
    )
