"""What the telemetry of SolarEdge's meters and batteries means for a system: pure functions, answers to updates.

A meter's production is the device's own figure: the site's is what its `energy` tells (SolarEdge migration notes).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import SystemData, local_day, midnight
from ...model.elements import DeviceKind, DeviceReading, Flow, Interval, LifetimeBase, Update
from ...model.lifetime import RESTART_SHARE
from ...model.series import EMPTY, Series as Known
from ..parse import as_time
from .model import Bucket, Series, Telemetry
from .updates import complete_buckets, sum_of
from .windows import REACH, Window

CONFIRM_TOTALS = timedelta(days=7)
"""Lifetimes are carried on without a request; this often they are compared with what the cloud counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of device that has a telemetry of its own."""

    name: str
    """As in the path."""
    kind: DeviceKind
    metrics: Mapping[str, Flow]
    """The vendor's name of a metric, without ``Power`` or ``Energy``, to what it is."""

    @property
    def note(self) -> str:
        """The name of the note about when the totals were last read."""
        return f"totals_{self.name}"


METERS = Family(
    name="meters",
    kind=DeviceKind.METER,
    metrics=MappingProxyType(
        {
            "import": Flow.GRID_IMPORT,
            "export": Flow.GRID_EXPORT,
            "production": Flow.PRODUCTION,
            "consumption": Flow.CONSUMPTION,
        }
    ),
)
STORAGE = Family(
    name="storage",
    kind=DeviceKind.BATTERY,
    metrics=MappingProxyType({"charge": Flow.BATTERY_CHARGE, "discharge": Flow.BATTERY_DISCHARGE}),
)
FAMILIES = (METERS, STORAGE)


def has_family(data: SystemData, family: Family) -> bool:
    """Tell whether the site has a device of a kind."""
    return any(device.kind is family.kind for device in data.devices.values())


def system_flows(data: SystemData, family: Family) -> list[Known]:
    """Return the series of the system that a family tells."""
    return [
        data.flows[flow] for flow in family.metrics.values() if flow is not Flow.PRODUCTION and data.flows.get(flow)
    ]


def device_flows(data: SystemData, family: Family) -> list[Known]:
    """Return the series of the devices of a family: what has to be read to be complete."""
    return [
        series
        for serial, flows in data.device_flows.items()
        if (device := data.devices.get(serial)) is not None and device.kind is family.kind
        for series in flows.values()
    ]


def wanted_flows_from(data: SystemData, family: Family, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant from which every interval is needed: the day that the lifetimes are known up to."""
    today = midnight(local_day(now, zone), zone)
    days = [data.bases[flow].day for flow in family.metrics.values() if flow in data.bases]
    base = midnight(min(days), zone) if days else today
    return base if now - REACH <= base < today else today


def flows_update(answers: Sequence[tuple[Window, Telemetry]], family: Family, listed: Collection[str]) -> Update:
    """Return intervals of each device of a family and of all together, and the newest values of each device.

    `listed` are the serial numbers of the inventory: the others have been replaced, and count as far as they tell.
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
    """Return the intervals of one flow. Some meters tell only power, whose mean over a bucket is an energy too.

    A bucket below zero counts as nothing: batteries are seen to send such values.
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
    for flow in family.metrics.values():
        parts = {serial: flows[flow] for serial, flows in buckets.items() if flows.get(flow)}
        if flow is Flow.PRODUCTION or not parts:
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


def needs_totals(data: SystemData, family: Family, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a family's lifetimes have to be asked for: never read, not carried on, or long not compared."""
    flows = {flow for of_device in data.device_flows.values() for flow in of_device} & set(family.metrics.values())
    if not flows or not has_family(data, family):
        return False
    read = as_time(data.notes.get(family.note))
    if read is None or not timedelta(0) <= now - read < CONFIRM_TOTALS:
        return True
    days = [data.bases[flow].day for flow in flows if flow in data.bases]
    return bool(days) and midnight(min(days), zone) < now - REACH


def totals_update(
    years: Telemetry, day: Telemetry | None, data: SystemData, family: Family, now: datetime, zone: ZoneInfo
) -> Update:
    """Return the lifetimes up to the site's midnight: all years up to now without what `day` says of today.

    A flow whose day is not told, although intervals of it are known, is left out: its base would be too large for ever.
    """
    today = local_day(now, zone)
    bases: dict[str, dict[Flow, LifetimeBase]] = {}
    untold = False
    for serial, metrics in years.devices.items():
        for name, flow in family.metrics.items():
            whole = sum_of(metrics.get(f"{name}Energy"))
            since = sum_of(day.devices.get(serial, {}).get(f"{name}Energy")) if day else 0.0
            if whole is None:
                continue
            if since is None and _has_flown(data, serial, flow, midnight(today, zone)):
                untold = True
                continue
            before = max(0.0, whole - (since or 0.0))
            bases.setdefault(serial, {})[flow] = LifetimeBase(day=today, before_wh=before)
    total: dict[Flow, LifetimeBase] = {}
    for flow in family.metrics.values():
        before_wh = _of_all(flow, bases, data, family, today)
        if flow is not Flow.PRODUCTION and before_wh is not None:
            total[flow] = LifetimeBase(day=today, before_wh=before_wh)
    return Update(
        bases=MappingProxyType(total),
        device_bases=MappingProxyType(bases),
        # What is only late comes with the next try, what the cloud does not have is not asked for again soon.
        notes=MappingProxyType({} if untold else {family.note: now.isoformat()}),
    )


def _of_all(
    flow: Flow, bases: Mapping[str, Mapping[Flow, LifetimeBase]], data: SystemData, family: Family, today: date
) -> float | None:
    """Return what all devices of a family have counted up to today, those that were replaced included.

    `None` while one that tells the flow does not tell its lifetime: the sum of the others would be too low. Once known,
    the sum of a system only takes over what the cloud corrects: new hardware begins at 0, its system does not.
    """
    found = {serial: of_device[flow].before_wh for serial, of_device in bases.items() if flow in of_device}
    telling = {
        serial
        for serial, flows in data.device_flows.items()
        if flows.get(flow) and (device := data.devices.get(serial)) is not None and device.kind is family.kind
    }
    if not found or telling - found.keys():
        return None
    known = data.bases.get(flow)
    if known is None:
        return sum(found.values())
    own = {serial: of_device[flow] for serial, of_device in data.device_bases.items() if flow in of_device}
    if known.day < today:
        # Not carried on: days are missing.
        new = sum(energy for serial, energy in found.items() if serial not in own)
        return max(sum(found.values()), known.before_wh + new)
    corrections = (
        energy - own[serial].before_wh
        for serial, energy in found.items()
        if serial in own and own[serial].day == today and energy >= own[serial].before_wh * RESTART_SHARE
    )
    return max(0.0, known.before_wh + sum(corrections))


def _has_flown(data: SystemData, serial: str, flow: Flow, since: datetime) -> bool:
    series = data.device_flows.get(serial, {}).get(flow, EMPTY)
    return any(interval.energy_wh > 0 for start, interval in series.items() if start >= since)
