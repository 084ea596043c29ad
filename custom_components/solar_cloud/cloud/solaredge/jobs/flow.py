"""What meters and batteries measure: a telemetry in quarter hours becomes flows of the system and of each device."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import ClassVar, override
from zoneinfo import ZoneInfo

from ....model.data import SystemData
from ....model.elements import DeviceReading, Flow, Interval, Update
from ...base import Job
from ...errors import NotFound
from ..api import SolarEdgeApi
from ..buckets import bucket_starts, complete_buckets
from ..families import Family
from ..model import Bucket, Series, Telemetry
from ..window_reader import Need, WindowReader
from ..windows import REACH, Resolution, Window, needed_from


class FlowJob(Job[SolarEdgeApi]):
    """Reads one family of devices, as `energy` is read, and together with it: both speak of the same quarter hours."""

    family: ClassVar[Family]

    def __init__(self, api: SolarEdgeApi, zone: ZoneInfo) -> None:
        """Begin without a memory of what was asked for."""
        super().__init__(api, zone)
        energies = [f"{name}Energy" for name in self.family.metrics]
        self._windows = WindowReader[Telemetry](partial(bucket_starts, metrics=energies))

    @override
    def applies_to(self, data: SystemData) -> bool:
        """Return whether the inventory has a device of the family."""
        return self.family.is_installed(data)

    @override
    async def run(self, data: SystemData, now: datetime) -> Update:
        """Return what the devices report.

        Raises `NotFound` where none of them has ever reported anything: it makes no sense to ask again soon.
        """
        family, zone = self.family, self.zone(data)
        of_system = family.system_series(data)
        notes: dict[str, str] = {}

        async def fetch(window: Window) -> Telemetry:
            telemetry = await family.telemetry(self.api, data, window, Resolution.QUARTER_HOUR, zone, notes)
            if not telemetry.devices and not of_system:
                raise NotFound(f"no device of {family.name} reports anything")
            return telemetry

        days = [data.bases[flow].day for flow in family.metrics.values() if flow in data.bases]
        start = needed_from(min(days, default=None), now, zone)
        need = Need(start=start, oldest=min(start, now - REACH), known=[*of_system, *family.device_series(data)])
        answers = await self._windows.read(data.system, need, fetch, now, zone)
        return replace(_update(answers, family, data.devices), notes=MappingProxyType(notes))


def _update(answers: Sequence[tuple[Window, Telemetry]], family: Family, listed: Collection[str]) -> Update:
    """Return intervals of each device of a family and of all together, and the newest values of each device.

    `listed` are the serial numbers of the inventory: the others have been replaced, and count as far as they report.
    """
    buckets: dict[str, dict[Flow, dict[datetime, Interval]]] = {}
    readings: dict[str, DeviceReading] = {}
    for window, telemetry in sorted(answers, key=lambda answer: answer[0].start):
        for serial, metrics in telemetry.devices.items():
            of_device = buckets.setdefault(serial, {})
            for name, flow in family.metrics.items():
                found = _intervals(metrics.get(f"{name}Energy"), metrics.get(f"{name}Power"), window)
                of_device.setdefault(flow, {}).update({interval.start: interval for interval in found})
            if (reading := _reading(of_device, metrics, window)) is not None:
                readings[serial] = reading
    by_device = {
        serial: {flow: tuple(series.values()) for flow, series in flows.items() if series}
        for serial, flows in buckets.items()
    }
    return Update(
        readings=MappingProxyType(readings),
        flows=MappingProxyType(_together(buckets, family, listed)),
        device_flows=MappingProxyType({serial: flows for serial, flows in by_device.items() if flows}),
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
    found = complete_buckets(series, window) if series else ()
    return found[-1] if found else None


def _at_end(series: Mapping[datetime, Interval], end: datetime | None) -> Interval | None:
    return next((interval for interval in series.values() if interval.end == end), None)


def _together(
    buckets: Mapping[str, Mapping[Flow, Mapping[datetime, Interval]]], family: Family, listed: Collection[str]
) -> dict[Flow, tuple[Interval, ...]]:
    """Add the devices of a family up; an interval that one of those in use lacks is not known of all of them."""
    total: dict[Flow, tuple[Interval, ...]] = {}
    for flow in family.system_flows:
        parts = {serial: flows[flow] for serial, flows in buckets.items() if flows.get(flow)}
        if not parts:
            continue
        used = [part for serial, part in parts.items() if serial in listed] or list(parts.values())
        ends = {start: interval.end for part in parts.values() for start, interval in part.items()}
        total[flow] = tuple(
            Interval(
                start=start,
                end=ends[start],
                energy_wh=sum(part[start].energy_wh for part in parts.values() if start in part),
            )
            for start in sorted(ends)
            if all(start in part for part in used)
        )
    return total
