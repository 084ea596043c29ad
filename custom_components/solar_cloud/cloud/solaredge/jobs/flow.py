"""What meters and batteries measure: a telemetry in quarter hours becomes flows of the system and of each device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import ClassVar, override
from zoneinfo import ZoneInfo

from ....model.data import SystemData
from ....model.elements import DeviceReading, Flow, Interval, Update
from ....model.series import EMPTY
from ...base import Job, JobTerms
from ...errors import NotFound
from ..api import SolarEdgeApi
from ..buckets import complete_buckets, device_values, newest_bucket
from ..families import SILENT_AGAIN, Family
from ..listing import FOUND, found_devices
from ..model import Bucket, Series, Telemetry
from ..site_flows import site_intervals
from ..window_reader import Need, WindowReader
from ..windows import REACH, Resolution, Window, needed_from

SELDOM = timedelta(hours=23)
"""How often meters are read that report the production only, which `energy` has already: two requests reach so far."""


BY_POWER = "{}_by_power"
"""The note that names the devices whose energies are 0 although they have power."""
TELLING_WH, TELLING = 10.0, 2
"""A power of so many quarter hours with that much energy is no noise."""


class FlowJob(Job[SolarEdgeApi]):
    """Reads one family of devices, as `energy` is read, and together with it: both speak of the same quarter hours."""

    family: ClassVar[Family]

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin without a memory of what was asked for."""
        super().__init__(api, zone)
        energies = [f"{name}Energy" for name in self.family.metrics]
        self._windows = WindowReader[Telemetry](self.name, partial(device_values, metrics=energies))

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the site has a device of the family, or nobody knows."""
        return self.family.may_be_installed(data)

    @override
    def terms_for(self, data: SystemData) -> JobTerms:
        """Return the terms: a reading is worth little where it brings nothing new, or nothing that `energy` lacks."""
        reported = self.family.reported(data)
        if reported and not reported.intersection(self.family.system_flows):
            return replace(self.terms, cadence=SELDOM, runs_with=None, cost=2)
        if self.family.is_silent(data):
            return replace(self.terms, cadence=SILENT_AGAIN, runs_with=None)
        return self.terms

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return what the devices report.

        Raises `NotFound` where none of them has ever reported anything: it makes no sense to ask again soon.
        """
        family, zone = self.family, self.zone(data)
        before = family.reported(data)
        notes: dict[str, str] = {}

        async def fetch(window: Window) -> Telemetry:
            telemetry = await family.telemetry(self.api, data, window, Resolution.QUARTER_HOUR, zone, notes)
            if not telemetry.devices and not before:
                raise NotFound(f"no device of {family.name} reports anything")
            return telemetry

        days = [data.bases[flow].day for flow in family.metrics.values() if flow in data.bases]
        start = needed_from(min(days, default=None), now, zone)
        known = [*family.system_series(data), *family.device_series(data)]
        need = Need(start=start, oldest=min(start, now - REACH), known=known)
        read = await self._windows.read(data, need, fetch, now, zone)
        by_power = frozenset(data.notes.get(BY_POWER.format(family.name), "").split())
        uncounted = by_power_after(by_power, read.answers, family)
        buckets, readings = _by_device(read.answers, family, uncounted)
        reported = before | {flow for flows in buckets.values() for flow, series in flows.items() if series}
        notes |= {**read.notes, family.flows_note: " ".join(sorted(reported))}
        notes |= {BY_POWER.format(family.name): " ".join(sorted(uncounted))} if uncounted != by_power else {}
        found = found_devices(data, family.kind, (serial for serial in readings if any(buckets[serial].values())))
        notes |= {FOUND: "1"} if found else {}
        return replace(_update(buckets, readings, family, data, notes), devices=found)


type _Buckets = dict[str, dict[Flow, dict[datetime, Interval]]]


def by_power_after(
    before: frozenset[str], answers: Sequence[tuple[Window, Telemetry]], family: Family
) -> frozenset[str]:
    """Return the devices whose energies are 0 although they have power: their energy is that of their power.

    It stays so in a time without power, until one of their energies is more than 0.
    """
    found = set(before)
    for window, telemetry in answers:
        for serial, metrics in telemetry.devices.items():
            energies = [
                bucket.value
                for name in family.metrics
                if (series := metrics.get(f"{name}Energy")) is not None
                for bucket in complete_buckets(series, window)
                if bucket.value is not None
            ]
            if any(energies):
                found.discard(serial)
            elif energies and _has_power(metrics, window, family):
                found.add(serial)
    return frozenset(found)


def _has_power(metrics: Mapping[str, Series], window: Window, family: Family) -> bool:
    """Return whether a device has power again and again, and much more than noise."""
    powers = [
        bucket.value * (bucket.end - bucket.start).total_seconds() / 3600
        for name in family.metrics
        if (series := metrics.get(f"{name}Power")) is not None
        for bucket in complete_buckets(series, window)
        if bucket.value is not None
    ]
    return sum(energy_wh >= TELLING_WH for energy_wh in powers) >= TELLING


def _by_device(
    answers: Sequence[tuple[Window, Telemetry]], family: Family, by_power: frozenset[str]
) -> tuple[_Buckets, dict[str, DeviceReading]]:
    """Return the intervals of each device by flow, and its newest values."""
    buckets: _Buckets = {}
    readings: dict[str, DeviceReading] = {}
    for window, telemetry in sorted(answers, key=lambda answer: answer[0].start):
        for serial, metrics in telemetry.devices.items():
            of_device = buckets.setdefault(serial, {})
            for name, flow in family.metrics.items():
                energy = None if serial in by_power else metrics.get(f"{name}Energy")
                found = _intervals(energy, metrics.get(f"{name}Power"), window)
                of_device.setdefault(flow, {}).update({interval.start: interval for interval in found})
            if (reading := _reading(of_device, metrics, window)) is not None:
                readings[serial] = reading
    return buckets, readings


def _update(
    buckets: _Buckets,
    readings: Mapping[str, DeviceReading],
    family: Family,
    data: SystemData,
    notes: Mapping[str, str],
) -> Update:
    """Return intervals of each device of a family and of all together, and the newest values of each device.

    What has its serial number from another kind of device, as a meter inside an inverter, counts for the site only.
    """
    own = [serial for serial in buckets if serial not in data.devices or family.includes(data, serial)]
    by_device = {
        serial: {flow: tuple(series.values()) for flow, series in buckets[serial].items() if series} for serial in own
    }
    listed = {serial for serial in data.devices if family.includes(data, serial)}
    flows: dict[Flow, tuple[Interval, ...]] = {}
    for flow in family.system_flows:
        parts = {serial: of_device[flow] for serial, of_device in buckets.items() if of_device.get(flow)}
        known = {serial: series for serial in listed if (series := data.device_flows.get(serial, {}).get(flow))}
        if found := site_intervals(parts, known, listed, data.flows.get(flow, EMPTY)):
            flows[flow] = found
    return Update(
        readings=MappingProxyType({serial: reading for serial, reading in readings.items() if serial in own}),
        flows=MappingProxyType(flows),
        device_flows=MappingProxyType({serial: of_device for serial, of_device in by_device.items() if of_device}),
        notes=MappingProxyType(dict(notes)),
    )


def _intervals(energy: Series | None, power: Series | None, window: Window) -> list[Interval]:
    """Return the intervals of one flow.

    Some meters report power only, whose mean over a bucket is an energy too. A bucket below zero counts as
    nothing: batteries are seen to send such values.
    """
    powers = {bucket.start: bucket.value for bucket in complete_buckets(power, window)} if power else {}
    energies: Iterable[Bucket] = complete_buckets(energy, window) if energy else ()
    found = [
        Interval(
            start=bucket.start,
            end=bucket.end,
            energy_wh=max(0.0, bucket.value),
            power_w=_positive(powers, bucket.start),
        )
        for bucket in energies
        if bucket.value is not None
    ]
    if found or energy is not None or power is None:
        return found
    return [
        Interval(
            start=bucket.start,
            end=bucket.end,
            energy_wh=max(0.0, bucket.value) * (bucket.end - bucket.start).total_seconds() / 3600,
            power_w=max(0.0, bucket.value),
        )
        for bucket in complete_buckets(power, window)
        if bucket.value is not None
    ]


def _positive(powers: Mapping[datetime, float | None], start: datetime) -> float | None:
    power = powers.get(start)
    return None if power is None else max(0.0, power)


def _reading(
    flows: Mapping[Flow, Mapping[datetime, Interval]], metrics: Mapping[str, Series], window: Window
) -> DeviceReading | None:
    """Return the newest values of a device: when it was last heard of, and of a battery its state."""
    newest = max((interval.end for series in flows.values() for interval in series.values()), default=None)
    level, stored = (_newest(metrics.get(name), window) for name in ("stateOfEnergy", "remainingEnergy"))
    ends = [bucket.end for bucket in (level, stored) if bucket is not None]
    ends += [newest] if newest is not None else []
    if not ends:
        return None
    power: float | None = None
    given = _at_end(flows.get(Flow.BATTERY_DISCHARGE, {}), newest)
    taken = _at_end(flows.get(Flow.BATTERY_CHARGE, {}), newest)
    if given is not None and taken is not None:
        power = given.mean_power_w - taken.mean_power_w
    percent = level.value if level is not None else None
    return DeviceReading(
        last_report=max(ends),
        power_w=power,
        measured_at=max(ends),
        level_percent=None if percent is None else min(100.0, max(0.0, percent)),
        stored_wh=stored.value if stored is not None and stored.value is not None and stored.value >= 0 else None,
    )


def _newest(series: Series | None, window: Window) -> Bucket | None:
    return newest_bucket(series, window) if series else None


def _at_end(series: Mapping[datetime, Interval], end: datetime | None) -> Interval | None:
    return next((interval for interval in series.values() if interval.end == end), None)
