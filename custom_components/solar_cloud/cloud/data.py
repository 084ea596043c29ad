"""All that is known of one system, and how an update of a job is merged into it. Pure functions, no vendor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from .lifetime import LifetimeCounter, most_energy_wh
from .model import DayEnergy, Device, DeviceKind, DeviceReading, Interval, LifetimeBase, Power, System, Update

KEEP_INTERVALS = timedelta(hours=72)
"""How much of the past is kept to add up days and to take in late values."""


def _no_mapping[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemData:
    """The newest known values of a system and its devices; what entities show."""

    system: System
    power: Power | None = None
    today: DayEnergy | None = None
    lifetime_base: LifetimeBase | None = None
    lifetime: LifetimeCounter = field(default_factory=LifetimeCounter)
    intervals: Mapping[datetime, Interval] = field(default_factory=_no_mapping)
    """Production by the start of the interval, ascending."""
    devices: Mapping[str, Device] = field(default_factory=_no_mapping)
    """By serial number."""
    doubted: frozenset[DeviceKind] = frozenset()
    """Kinds that one whole inventory has left out altogether; a second one in a row is believed."""
    readings: Mapping[str, DeviceReading] = field(default_factory=_no_mapping)
    device_intervals: Mapping[str, Mapping[datetime, Interval]] = field(default_factory=_no_mapping)

    def merge(self, update: Update, now: datetime, default_zone: ZoneInfo) -> SystemData:
        """Return this data with one job's update merged in.

        `now` is aware UTC; the zone stands in for a system whose own is unknown.
        """
        system = _overlay(self.system, update.system)
        zone = system.zone(default_zone)
        devices, doubted = _merge_devices(self, update)
        intervals = _merge_intervals(self.intervals, update.intervals, now)
        device_intervals = _merge_device_intervals(self.device_intervals, update.device_intervals, devices, now)
        base = update.lifetime or self.lifetime_base
        if update.lifetime and self.lifetime_base and update.lifetime.day < self.lifetime_base.day:
            base = self.lifetime_base
        today = _merge_today(self, update, intervals, now, zone, system.size_w)
        readings = _merge_readings(self, update, devices, device_intervals, now, zone)
        power = update.power or self.power
        if update.power and self.power and update.power.measured_at < self.power.measured_at:
            power = self.power
        merged = replace(
            self,
            system=system,
            power=power,
            today=today,
            lifetime_base=base,
            intervals=intervals,
            devices=MappingProxyType(devices),
            doubted=doubted,
            readings=MappingProxyType(readings),
            device_intervals=MappingProxyType(device_intervals),
        )
        if update.lifetime is None and not update.intervals and update.today is None:
            return merged
        return replace(merged, lifetime=_lifetime(merged, update, now, zone))

    def energy_today_wh(self, now: datetime, default_zone: ZoneInfo) -> float | None:
        """Return the energy since the system's midnight in Wh; `None` when nothing of this day is known yet."""
        if self.today is None or self.today.day != local_day(now, self.system.zone(default_zone)):
            return None
        return self.today.energy_wh


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the date at the system."""
    return now.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a system's day, as aware UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_energy_wh(intervals: Iterable[Interval], day: date, zone: ZoneInfo) -> float | None:
    """Sum up the intervals that lie in a system's day, in Wh; `None` where there is none."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    parts = [interval.energy_wh for interval in intervals if start <= interval.start and interval.end <= end]
    return sum(parts) if parts else None


def _overlay[T: (System, Device, DeviceReading)](old: T, new: T | None) -> T:
    """Return the old object with every field that the new one knows."""
    if new is None:
        return old
    known: dict[str, Any] = {item.name: value for item in fields(new) if (value := getattr(new, item.name)) is not None}
    return replace(old, **known)


def _merge_intervals(
    old: Mapping[datetime, Interval], new: Iterable[Interval], now: datetime
) -> Mapping[datetime, Interval]:
    """Merge both, the newer answer winning, ascending, without what is too old to matter."""
    both = {**old, **{interval.start: interval for interval in new}}
    oldest = now - KEEP_INTERVALS
    return MappingProxyType({start: both[start] for start in sorted(both) if both[start].end > oldest})


def _merge_device_intervals(
    old: Mapping[str, Mapping[datetime, Interval]],
    new: Mapping[str, tuple[Interval, ...]],
    devices: Mapping[str, Device],
    now: datetime,
) -> dict[str, Mapping[datetime, Interval]]:
    """Merge the series of each device that is there."""
    series = {
        serial: _merge_intervals(old.get(serial, {}), new.get(serial, ()), now)
        for serial in devices
        if serial in old or serial in new
    }
    return {serial: intervals for serial, intervals in series.items() if intervals}


def _merge_devices(data: SystemData, update: Update) -> tuple[dict[str, Device], frozenset[DeviceKind]]:
    """Take an inventory in: new devices in, retired ones out.

    An inventory that leaves out a whole kind at once is more likely a hiccup than a house stripped bare:
    it takes two in a row.
    """
    devices = dict(data.devices)
    listed = {device.serial: device for device in update.devices}
    for serial, device in listed.items():
        devices[serial] = _overlay(devices[serial], device) if serial in devices else device
    doubted = set(data.doubted)
    for kind in update.complete:
        known = [serial for serial, device in devices.items() if device.kind is kind]
        gone = [serial for serial in known if serial not in listed]
        if gone and len(gone) == len(known) and kind not in doubted:
            doubted.add(kind)
            continue
        doubted.discard(kind)
        for serial in gone:
            del devices[serial]
    return devices, frozenset(doubted)


def _merge_today(
    data: SystemData,
    update: Update,
    intervals: Mapping[datetime, Interval],
    now: datetime,
    zone: ZoneInfo,
    size_w: float | None,
) -> DayEnergy | None:
    """Tell today's energy: what the cloud says, else the sum of its intervals; it never falls within a day.

    A value that the time since midnight cannot have yielded is yesterday's, not yet turned over by the cloud.
    """
    day = local_day(now, zone)
    new = update.today
    if new is None and update.intervals and (total := day_energy_wh(intervals.values(), day, zone)) is not None:
        new = DayEnergy(day=day, energy_wh=total)
    if new is None or new.day > day or (data.today and new.day < data.today.day):
        return data.today
    end = min(now, midnight(new.day + timedelta(days=1), zone))
    most = most_energy_wh(size_w, end - midnight(new.day, zone))
    if new.energy_wh < 0 or (most is not None and new.energy_wh > most):
        return data.today
    if data.today and data.today.day == new.day and data.today.energy_wh > new.energy_wh:
        return data.today
    return new


def _merge_readings(
    data: SystemData,
    update: Update,
    devices: Mapping[str, Device],
    device_intervals: Mapping[str, Mapping[datetime, Interval]],
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, DeviceReading]:
    """Merge the readings of the devices that are there: today's sum from their intervals, no lifetime that falls."""
    readings = {serial: reading for serial, reading in data.readings.items() if serial in devices}
    for serial, new in update.readings.items():
        if serial not in devices:
            continue
        old = readings.get(serial, DeviceReading())
        known = [wh for wh in (old.energy_lifetime_wh, new.energy_lifetime_wh) if wh is not None]
        readings[serial] = replace(_overlay(old, new), energy_lifetime_wh=max(known, default=None))
    day = local_day(now, zone)
    for serial in update.device_intervals:
        if serial not in devices:
            continue
        total = day_energy_wh(device_intervals.get(serial, {}).values(), day, zone)
        old = readings.get(serial, DeviceReading())
        if total is None or (old.energy_today and old.energy_today.day == day and old.energy_today.energy_wh > total):
            continue
        readings[serial] = replace(old, energy_today=DayEnergy(day=day, energy_wh=total))
    return readings


def _lifetime(data: SystemData, update: Update, now: datetime, zone: ZoneInfo) -> LifetimeCounter:
    """Feed the lifetime counter: the base plus everything since the start of the base's day."""
    base = data.lifetime_base
    if base is None:
        return data.lifetime
    if update.today is not None:
        # The cloud counts the day itself; a day we did not believe says nothing about the lifetime either.
        if update.lifetime is None or update.today.day != update.lifetime.day or update.today != data.today:
            return data.lifetime
        since = update.today.energy_wh
    else:
        start = midnight(base.day, zone)
        since = sum(interval.energy_wh for interval in data.intervals.values() if interval.start >= start)
    # Intervals end where they end, whatever else the system has told its cloud since.
    known_until = data.power.measured_at if data.power else now
    as_of = known_until if update.today is None else data.system.last_report or known_until
    return data.lifetime.take(base.before_wh + since, min(as_of, now), now, data.system.size_w)
