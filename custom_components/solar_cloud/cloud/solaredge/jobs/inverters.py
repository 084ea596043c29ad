"""What each inverter of a site produces, in quarter hours, with its voltage, current and frequency."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from ....model.data import SystemData, local_day, midnight
from ....model.elements import DeviceKind, DeviceReading, Update
from ....model.series import EMPTY, Series, newest_end
from ...base import Job, JobTerms
from ...parse import as_time
from ..api import SolarEdgeApi
from ..buckets import complete_buckets, device_values, intervals_of, newest_bucket
from ..families import SILENT, SILENT_AGAIN, STORAGE
from ..inverter_telemetry import InverterTelemetry
from ..listing import FOUND, found_devices
from ..model import Bucket, Telemetry
from ..settling import SETTLES
from ..window_reader import Need, WindowReader, delayed
from ..windows import QUARTER, REPORT_DELAY, Window

SINGLE_WEIGHT = 0.3
"""Of an inverter whose production is the site's."""
SILENT_SINCE = "inverters_silent"
"""The note about since when answers have had nothing of any inverter."""


class InvertersJob(Job[SolarEdgeApi]):
    """Reads the inverters since the site's midnight.

    It sends one request, or several for each inverter where the cloud has no telemetry of all of them; more only for a
    time that was never read.
    """

    terms = JobTerms(name="inverters", cadence=QUARTER, delay=REPORT_DELAY, weight=1, optional=True)

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin without a memory of what was asked for."""
        super().__init__(api, zone)
        self._telemetry = InverterTelemetry(api)
        self._windows = WindowReader[Telemetry](self.name, partial(device_values, metrics=("energy",)))

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms with the requests of a run: many where inverters can be asked for one at a time only.

        A single inverter without a battery that has reported produces what the site does: little more is its own.
        """
        is_single = len(data.serials(DeviceKind.INVERTER)) == 1 and not STORAGE.is_installed(data)
        is_the_site = is_single and data.notes.get(SILENT_SINCE) == ""
        if self._is_silent(data):
            return replace(self.terms, cost=self._telemetry.cost(data), weight=0, cadence=SILENT_AGAIN)
        return replace(
            self.terms,
            cost=self._telemetry.cost(data),
            weight=SINGLE_WEIGHT if is_the_site else self.terms.weight,
            delay=delayed(self.terms.delay, data.notes.get(SETTLES)),
        )

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        zone = self.zone(data)
        notes: dict[str, str] = {}

        async def fetch(window: Window) -> Telemetry:
            return await self._telemetry.read(data, window, now, zone, notes)

        start = midnight(local_day(now, zone), zone)
        serials = data.serials(DeviceKind.INVERTER)
        known = [data.device_intervals[serial] for serial in serials if data.device_intervals.get(serial)]
        need = Need(start=start, oldest=start, known=known)
        read = await self._windows.read(data, need, fetch, now, zone)
        update = _update(read.answers, data.device_intervals)
        found = found_devices(data, DeviceKind.INVERTER, update.device_intervals)
        notes |= {**read.notes, **({FOUND: "1"} if found else {})}
        if update.device_intervals or not data.notes.get(SILENT_SINCE):
            notes[SILENT_SINCE] = "" if update.device_intervals else now.isoformat()
        return replace(update, devices=found, notes=MappingProxyType(notes))

    def _is_silent(self, data: SystemData) -> bool:
        """Return whether the inverters have long reported nothing new although the site has, and were asked."""
        site = newest_end(data.intervals)
        ends = (newest_end(series) for series in data.device_intervals.values())
        newest = max((end for end in ends if end is not None), default=as_time(data.notes.get(SILENT_SINCE)))
        return site is not None and newest is not None and site - newest >= SILENT


def _update(answers: Sequence[tuple[Window, Telemetry]], known: Mapping[str, Series]) -> Update:
    """Return intervals and newest values of every inverter from its telemetry, the windows in any order.

    `known` are the intervals so far.
    """
    buckets: dict[str, list[Bucket]] = {}
    readings: dict[str, DeviceReading] = {}
    for window, telemetry in sorted(answers, key=lambda answer: answer[0].start):
        for serial, metrics in telemetry.devices.items():
            if (energy := metrics.get("energy")) is not None:
                buckets.setdefault(serial, []).extend(complete_buckets(energy, window))
            newest = {name: bucket for name, series in metrics.items() if (bucket := newest_bucket(series, window))}
            if (reading := _reading(newest)) is not None:
                readings[serial] = reading
    return Update(
        readings=MappingProxyType(readings),
        device_intervals=MappingProxyType(
            {serial: intervals_of(found, known.get(serial, EMPTY)) for serial, found in buckets.items() if found}
        ),
    )


def _reading(known: Mapping[str, Bucket]) -> DeviceReading | None:
    """Return the newest values of the newest bucket of each metric.

    Voltage, current and frequency are only those of the bucket that is the newest of all.
    """
    newest = max((bucket.end for bucket in known.values()), default=None)
    if newest is None:
        return None
    at_newest = {name: bucket.value for name, bucket in known.items() if bucket.end == newest}
    power: float | None = None
    measured_at: datetime | None = None
    if found := known.get("power"):
        power, measured_at = found.value, found.end
    elif "energy" in known and (intervals := intervals_of([known["energy"]])):
        power, measured_at = intervals[-1].mean_power_w, intervals[-1].end
    return DeviceReading(
        last_report=newest,
        power_w=power,
        measured_at=measured_at,
        voltage_v=at_newest.get("voltage"),
        current_a=at_newest.get("current"),
        frequency_hz=at_newest.get("frequency"),
    )
