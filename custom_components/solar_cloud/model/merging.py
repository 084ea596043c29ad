"""How what a job brought is laid over what was known: devices, readings, series. Pure functions, no vendor."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

from .clocks import without_future
from .counters import device_counters, recalled_counters, with_base
from .darkness import as_the_sun_has_it
from .data import KEEP_DEVICE_INTERVALS, KEEP_INTERVALS, SYSTEM, SystemData
from .day_start import FUTURE, day_starts, read_at
from .elements import (
    NO_READING,
    Breakdown,
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    System,
    Update,
)
from .lifetime import LifetimeCounter
from .limits import admitted, with_peak
from .performance import compared
from .published import book_of, publish, published_of
from .series import EMPTY, Dark, Series, day_energy_wh, local_day, merged, never_dark, rolled, with_late_rows
from .sources import sources_after


def merge(
    data: SystemData,
    update: Update,
    now: datetime,
    default_zone: ZoneInfo,
    dark: Dark = never_dark,
    source: str = "",
) -> SystemData:
    """Return what is known of a system with one job's update merged in.

    `now` is aware UTC; the zone stands in for a system whose own is unknown; `dark` knows the sun at the system;
    `source` is the name of the job.
    """
    system = overlay(data.system, update.system)
    update = as_the_sun_has_it(without_future(update, now), system.size_w, dark)
    zone = system.zone(default_zone)
    update, peak, rejected = admitted(update, system, data.peak, now, data.devices)
    devices, doubted = merge_devices(data.devices, data.doubted, update)
    device_intervals = merge_device_intervals(
        data.device_intervals, update.device_intervals, devices, now, KEEP_DEVICE_INTERVALS
    )
    intervals = merged(data.intervals, update.intervals, now, KEEP_INTERVALS)
    flows = merge_flows(data.flows, update.flows, now, KEEP_INTERVALS)
    detail = merge_flows(data.detail, update.detail, now, KEEP_INTERVALS)
    device_flows = merge_device_flows(data.device_flows, update.device_flows, devices, now, KEEP_INTERVALS)
    if update.intervals or update.detail:
        peak = with_peak(peak, (intervals or detail.get(Flow.PRODUCTION, EMPTY)).values(), now)
    merged_data = replace(
        data,
        system=system,
        momentary=newer(data.momentary, update.momentary, now),
        lifetime_base=merge_base(data, update, intervals, now, zone, dark),
        intervals=intervals,
        devices=devices,
        doubted=doubted,
        device_intervals=device_intervals,
        flows=flows,
        bases=merge_bases(data.bases, update.bases, data.flows, flows, now, zone),
        detail=detail,
        device_flows=device_flows,
        device_bases=MappingProxyType(
            {
                serial: merge_bases(
                    data.device_bases.get(serial, {}),
                    update.device_bases.get(serial, {}),
                    data.device_flows.get(serial, {}),
                    series,
                    now,
                    zone,
                )
                for serial, series in device_flows.items()
            }
        ),
        peak=peak,
        rejected=MappingProxyType({**data.rejected, **rejected}) if rejected else data.rejected,
        alerts=data.alerts if update.alerts is None else update.alerts,
        breakdown=merge_breakdown(data.breakdown, update.breakdown),
        notes=MappingProxyType({**data.notes, **update.notes}) if update.notes else data.notes,
    )
    counters = device_counters(data.device_counters, merged_data, update, now, zone)
    readings = merge_readings(data.readings, update, merged_data, counters, now, zone, dark)
    merged_data = replace(merged_data, device_counters=counters, readings=readings)
    published = publish(merged_data, data, update, now, zone, dark)
    performance = compared(
        data.performance,
        update,
        devices=devices,
        before=data.device_intervals,
        device_intervals=device_intervals,
        today=published.today,
        size_w=system.size_w,
        now=now,
        zone=zone,
    )
    return replace(
        published,
        performance=performance,
        reported=_ever_reported(data.reported, published),
        sources=sources_after(data.sources, update, devices, source, now),
    )


def recalled(data: SystemData, now: datetime, default_zone: ZoneInfo, dark: Dark = never_dark) -> SystemData:
    """Return stored data with what follows from them worked out anew, as of an instant (aware UTC)."""
    zone = data.system.zone(default_zone)
    data = replace(data, device_counters=recalled_counters(data, now, zone))
    return replace(data, published=published_of(data, book_of(data, dark), now, zone))


def _ever_reported(before: Mapping[str, frozenset[Flow]], data: SystemData) -> Mapping[str, frozenset[Flow]]:
    """Add the flows that are reported now: what was reported once keeps its entity while nothing is known of it."""
    reported = {serial: frozenset(flows) for serial, flows in data.device_flows.items()}
    reported[SYSTEM] = _reported_flows(data)
    if all(flows <= before.get(key, frozenset()) for key, flows in reported.items()) and before.keys() <= {
        SYSTEM,
        *data.devices,
    }:
        return before
    both = {key: before.get(key, frozenset()) | reported.get(key, frozenset()) for key in (SYSTEM, *data.devices)}
    return MappingProxyType({key: flows for key, flows in both.items() if flows})


def _reported_flows(data: SystemData) -> frozenset[Flow]:
    """Return the flows that there is a power of, production among them where there are others."""
    known = frozenset(flow for flow, value in data.published.power.items() if value.amount is not None)
    return known | {Flow.PRODUCTION} if known else known


def overlay[T: (System, Device, DeviceReading, Breakdown)](old: T, new: T | None) -> T:
    """Return the old object with every field that the new one knows."""
    if new is None:
        return old
    kind: Any = type(old)
    names, values_of = _fields_of(kind)
    before = values_of(old)
    after = tuple([one if other is None else other for one, other in zip(before, values_of(new), strict=True)])
    return old if after == before else cast("T", kind(**dict(zip(names, after, strict=True))))


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the names of the fields of a class of the model, and what returns the values of all of them."""
    names = tuple(item.name for item in fields(kind))
    return names, attrgetter(*names)


def newer(old: Momentary | None, new: Momentary | None, now: datetime) -> Momentary | None:
    """Return the powers of the later instant; those that were kept from the future are nobody's."""
    if old is not None and old.measured_at > now:
        return new
    return old if new is None or (old is not None and new.measured_at < old.measured_at) else new


def merge_devices(
    old: Mapping[str, Device], doubted: frozenset[DeviceKind], update: Update
) -> tuple[Mapping[str, Device], frozenset[DeviceKind]]:
    """Take an inventory in: new devices in, retired ones out.

    An inventory that leaves out a whole kind at once is more likely a hiccup than a house stripped bare:
    it takes two in a row.
    """
    if not update.devices and not update.complete:
        return old, doubted
    devices = dict(old)
    listed = {device.serial: device for device in update.devices}
    for serial, device in listed.items():
        devices[serial] = overlay(devices[serial], device) if serial in devices else device
    still_doubted = set(doubted)
    for kind in update.complete:
        known = [serial for serial, device in devices.items() if device.kind is kind]
        gone = [serial for serial in known if serial not in listed]
        if gone and len(gone) == len(known) and kind not in still_doubted:
            still_doubted.add(kind)
            continue
        still_doubted.discard(kind)
        for serial in gone:
            del devices[serial]
    return MappingProxyType(devices), frozenset(still_doubted)


def merge_readings(
    old_readings: Mapping[str, DeviceReading],
    update: Update,
    data: SystemData,
    counters: Mapping[str, Mapping[Flow, LifetimeCounter]],
    now: datetime,
    zone: ZoneInfo,
    dark: Dark,
) -> Mapping[str, DeviceReading]:
    """Merge the readings of the devices that are there; a day is the sum of its intervals, a lifetime its counter's.

    Without intervals today's sum is what the lifetime has grown by. `dark` knows the sun at the system.
    """
    devices, device_intervals, system = data.devices, data.device_intervals, data.system
    starts = day_starts(old_readings, update.readings, devices, system, now, zone, dark)
    readings = {serial: reading for serial, reading in old_readings.items() if serial in devices}
    for serial, new in update.readings.items():
        if serial not in devices:
            continue
        old = readings.get(serial, NO_READING)
        counter = counters.get(serial, {}).get(Flow.PRODUCTION)
        lifetime = old.energy_lifetime_wh if counter is None else counter.published_wh
        reading = _later(old, new, now)
        if reading.energy_lifetime_wh != lifetime:
            reading = replace(reading, energy_lifetime_wh=lifetime)
        if serial not in device_intervals and serial not in update.device_intervals:
            reading = starts.counted(reading, old, new, devices[serial].parent)
        readings[serial] = reading
    day = local_day(now, zone)
    for serial in update.device_intervals:
        if serial not in devices:
            continue
        total = day_energy_wh(device_intervals.get(serial, EMPTY).values(), day, zone)
        old = readings.get(serial, NO_READING)
        if total is None or (old.energy_today and old.energy_today.day == day and old.energy_today.energy_wh > total):
            continue
        readings[serial] = replace(old, energy_today=DayEnergy(day=day, energy_wh=total))
    return MappingProxyType(readings)


def _later(old: DeviceReading, new: DeviceReading, now: datetime) -> DeviceReading:
    """Return a reading with what a newer one knows; what is older than what is known says nothing of now.

    How full a battery is has a time of its own: it may come with other answers than the power.
    """
    filled = _no_older(old.filled_at, new.filled_at, now)
    found = overlay(old, new) if _no_older(read_at(old), read_at(new), now) else overlay(new, old)
    first, last = (old, new) if filled else (new, old)
    level = first.level_percent if last.level_percent is None else last.level_percent
    stored, level_at = first.stored_wh if last.stored_wh is None else last.stored_wh, last.filled_at or first.filled_at
    if (level, stored, level_at) == (found.level_percent, found.stored_wh, found.level_at):
        return found
    return replace(found, level_percent=level, stored_wh=stored, level_at=level_at)


def _no_older(before: datetime | None, at: datetime | None, now: datetime) -> bool:
    """Return whether one instant is not before another; one from the future counts as unknown: a clock was wrong."""
    return before is None or at is None or before > now + FUTURE or at >= before


def merge_device_intervals(
    old: Mapping[str, Series],
    new: Mapping[str, tuple[Interval, ...]],
    devices: Mapping[str, Device],
    now: datetime,
    keep: timedelta,
) -> Mapping[str, Series]:
    """Merge the series of each device that is there."""
    if not new and old.keys() <= devices.keys():
        return old
    series = {
        serial: merged(old.get(serial, EMPTY), new.get(serial, ()), now, keep)
        for serial in devices
        if serial in old or serial in new
    }
    return MappingProxyType({serial: intervals for serial, intervals in series.items() if intervals})


def merge_flows(
    old: Mapping[Flow, Series], new: Mapping[Flow, tuple[Interval, ...]], now: datetime, keep: timedelta
) -> Mapping[Flow, Series]:
    """Merge the series of each flow; one that nothing has reported for as long as series are kept goes."""
    if not new:
        return old
    flows = {flow: merged(old.get(flow, EMPTY), new.get(flow, ()), now, keep) for flow in (*old, *new)}
    return MappingProxyType({flow: series for flow, series in flows.items() if series})


def merge_device_flows(
    old: Mapping[str, Mapping[Flow, Series]],
    new: Mapping[str, Mapping[Flow, tuple[Interval, ...]]],
    devices: Mapping[str, Device],
    now: datetime,
    keep: timedelta,
) -> Mapping[str, Mapping[Flow, Series]]:
    """Merge the flows of each meter and battery that is there."""
    if not new and old.keys() <= devices.keys():
        return old
    found = {
        serial: merge_flows(old.get(serial, {}), new.get(serial, {}), now, keep)
        for serial in devices
        if serial in old or serial in new
    }
    return MappingProxyType({serial: flows for serial, flows in found.items() if flows})


def merge_bases(
    old: Mapping[Flow, LifetimeBase],
    new: Mapping[Flow, LifetimeBase],
    before: Mapping[Flow, Series],
    flows: Mapping[Flow, Series],
    now: datetime,
    zone: ZoneInfo,
) -> Mapping[Flow, LifetimeBase]:
    """Merge lifetime bases and carry each on by the whole days that its series knows: they need not be asked again.

    `before` are the series so far.
    """
    carried = {
        flow: with_late_rows(base, before.get(flow, EMPTY), flows.get(flow, EMPTY), zone) for flow, base in old.items()
    }
    bases = {**carried, **{flow: base for flow, base in new.items() if flow not in old or base.day >= old[flow].day}}
    return MappingProxyType({flow: rolled(base, flows.get(flow, EMPTY), now, zone) for flow, base in bases.items()})


def merge_base(
    data: SystemData, update: Update, intervals: Series, now: datetime, zone: ZoneInfo, dark: Dark
) -> LifetimeBase | None:
    """Merge the lifetime base of production and carry it on as `merge_bases` does: nobody tells it for a time.

    `intervals` are those of after the update; nothing is missing in the `dark`.
    """
    old = data.lifetime_base
    carried = None if old is None else with_late_rows(old, data.intervals, intervals, zone)
    base = with_base(carried, update.lifetime, intervals, zone)
    return None if base is None else rolled(base, intervals, now, zone, dark)


def merge_breakdown(old: Breakdown | None, new: Breakdown | None) -> Breakdown | None:
    """Lay a newer breakdown over an older one of the same day; no part of a day falls."""
    if new is None or old is None:
        return new or old
    if new.day != old.day:
        return new if new.day > old.day else old
    parts = ("self_consumed_wh", "to_battery_wh", "to_grid_wh", "from_production_wh", "from_battery_wh", "from_grid_wh")
    if any((getattr(new, part) or 0.0) < (getattr(old, part) or 0.0) for part in parts):
        return old
    return overlay(old, new)
