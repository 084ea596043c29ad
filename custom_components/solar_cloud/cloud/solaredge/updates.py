"""What the answers of SolarEdge's cloud mean for a system: pure functions from parsed answers to updates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import SystemData, day_energy_wh, local_day, midnight
from ...model.elements import Device, DeviceKind, DeviceReading, Interval, LifetimeBase, Power, System, Update
from ..errors import MalformedAnswer, NoDataYet
from .model import Bucket, DeviceType, Series, Site, SiteDevice, Telemetry
from .scale import SMALLEST_WH
from .windows import REACH, Window

INVENTORY_TYPES = (DeviceType.INVERTER, DeviceType.METER, DeviceType.BATTERY, DeviceType.GATEWAY)
"""Asked for by name, because the default answer lists inverters only."""
_KINDS: Mapping[str, DeviceKind] = MappingProxyType(
    {
        DeviceType.INVERTER: DeviceKind.INVERTER,
        DeviceType.BATTERY: DeviceKind.BATTERY,
        DeviceType.METER: DeviceKind.METER,
        DeviceType.GATEWAY: DeviceKind.GATEWAY,
    }
)
_RANK = {kind: rank for rank, kind in enumerate(_KINDS.values())}
_MINUTE = timedelta(minutes=1)
_FIRST_YEAR = 2000
"""Where an installation date is missing; SolarEdge was founded in 2006."""


def wanted_from(data: SystemData, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant from which every interval is needed: the start of the day that the lifetime is known up to."""
    today = midnight(local_day(now, zone), zone)
    if data.lifetime_base is None:
        return today
    base = midnight(data.lifetime_base.day, zone)
    return base if now - REACH <= base < today else today


def complete_buckets(series: Series, window: Window) -> tuple[Bucket, ...]:
    """Return the buckets that have a value and lie wholly in what was asked for, which ends in the past.

    The open bucket is partial, and a bucket that a window's edge cuts may be: neither is an interval.
    """
    return tuple(
        bucket
        for bucket in series.buckets
        if bucket.value is not None and window.start <= bucket.start and bucket.end <= window.end
    )


def intervals_of(buckets: Iterable[Bucket]) -> tuple[Interval, ...]:
    """Return energy buckets as intervals, oldest first.

    A negative value stays as it is: production is net of the inverters' own use and of a battery's losses, and only the
    values as they come add up to the vendor's own totals.
    """
    return tuple(
        Interval(start=bucket.start, end=bucket.end, energy_wh=bucket.value)
        for bucket in sorted(buckets, key=lambda bucket: bucket.start)
        if bucket.value is not None
    )


def energy_update(buckets: Iterable[Bucket], data: SystemData) -> Update:
    """Return the site's production: its intervals, and the newest one's mean power.

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


def details_update(site: Site, data: SystemData) -> Update:
    """Return what a site's details say, without a report older than one already known of."""
    system = site.system()
    if site.name is None:
        system = replace(system, name=data.system.name)
    known = data.system.last_report
    if known is not None and (system.last_report is None or system.last_report < known):
        system = replace(system, last_report=known)
    return Update(system=system)


def lifetime_window(system: System, now: datetime, zone: ZoneInfo) -> Window:
    """Return the whole life of a system up to now.

    It begins with the year of the installation, because the day is what an installer typed: some sites produced before.
    """
    year = min(system.installed_at, now).astimezone(zone).year if system.installed_at else _FIRST_YEAR
    start = midnight(date(year, 1, 1), zone)
    return Window(start, max(now, start + _MINUTE))


def today_window(now: datetime, zone: ZoneInfo) -> Window | None:
    """Return the site's day up to now; `None` in its first minute."""
    start = midnight(local_day(now, zone), zone)
    return Window(start, now) if now - start >= _MINUTE else None


def lifetime_base(years: Series, day: Series | None, data: SystemData, now: datetime, zone: ZoneInfo) -> LifetimeBase:
    """Return the energy up to the site's midnight: all years up to now without what `day` says of today.

    Raises `NoDataYet` when the cloud has no value at all, unless the site was installed today: a lifetime of 0 that is
    none would become a jump when the true one comes; and when it does not tell a day that is known to have energy.
    """
    today = local_day(now, zone)
    total, day_wh = sum_of(years), sum_of(day)
    if total is None:
        if data.system.installed_at is not None and local_day(data.system.installed_at, zone) >= today:
            return LifetimeBase(day=today, before_wh=0.0)
        raise NoDataYet("no year of the site's life has a value")
    if day_wh is None and (day_energy_wh(data.intervals.values(), today, zone) or 0) > 0:
        raise NoDataYet("today is not told, although there are intervals of it")
    before = total - (day_wh or 0.0)
    if before < 0:
        raise MalformedAnswer("lifetime energy: below zero")
    return LifetimeBase(day=today, before_wh=before)


def sum_of(series: Series | None) -> float | None:
    """Return the sum of a series' values; `None` where it has none."""
    values = [bucket.value for bucket in series.buckets if bucket.value is not None] if series else []
    return sum(values) if values else None


def inventory_update(rows: Sequence[SiteDevice]) -> Update:
    """Return the devices of an inventory, without hardware that was replaced and without virtual meters.

    One device for each serial number: the two rows of a meter (feed-in and purchase) become one, and where kinds share
    a number the inverter wins. Nothing is retired on a row that cannot be read: its kind is not `complete`, and where
    not even the kind can be told, none is.
    """
    complete = set(_KINDS.values())
    found: dict[str, Device] = {}
    for row in rows:
        if row.type is None:
            complete.clear()
        kind = _KINDS.get(row.type or "")
        if kind is None or row.active is False:
            continue
        if row.serial is None:
            # Virtual meters have none.
            if kind is not DeviceKind.METER:
                complete.discard(kind)
            continue
        before = found.get(row.serial)
        if before is not None and before.kind is kind and before.name != row.name:
            # One meter with a row for each direction is neither an import meter nor an export meter.
            found[row.serial] = replace(before, name=None)
        if before is None or _RANK[kind] < _RANK[before.kind]:
            found[row.serial] = _device(row, kind, row.serial)
    return Update(devices=tuple(found.values()), complete=frozenset(complete))


def inverters_update(answers: Sequence[tuple[Window, Telemetry]]) -> Update:
    """Return intervals and newest values of every inverter from its telemetry, the windows in any order."""
    buckets: dict[str, list[Bucket]] = {}
    readings: dict[str, DeviceReading] = {}
    for window, telemetry in sorted(answers, key=lambda answer: answer[0].start):
        for serial, metrics in telemetry.devices.items():
            known = {name: complete_buckets(series, window) for name, series in metrics.items()}
            buckets.setdefault(serial, []).extend(known.get("energy", ()))
            if (reading := _reading(known)) is not None:
                readings[serial] = reading
    return Update(
        readings=MappingProxyType(readings),
        device_intervals=MappingProxyType({serial: intervals_of(found) for serial, found in buckets.items() if found}),
    )


def _reading(known: Mapping[str, Sequence[Bucket]]) -> DeviceReading | None:
    """Return the newest values; voltage, current and frequency only of the bucket that is the newest of all."""
    newest = max((found[-1].end for found in known.values() if found), default=None)
    if newest is None:
        return None
    at_newest = {name: found[-1].value for name, found in known.items() if found and found[-1].end == newest}
    power: float | None = None
    measured_at: datetime | None = None
    if found := known.get("power"):
        power, measured_at = found[-1].value, found[-1].end
    elif intervals := intervals_of(known.get("energy", ())):
        power, measured_at = intervals[-1].mean_power_w, intervals[-1].end
    return DeviceReading(
        last_report=newest,
        power_w=power,
        measured_at=measured_at,
        voltage_v=at_newest.get("voltage"),
        current_a=at_newest.get("current"),
        frequency_hz=at_newest.get("frequency"),
    )


def known_of_all(data: SystemData) -> Mapping[datetime, Interval]:
    """Return the intervals that are known of every inverter that has told any."""
    kept = [
        intervals for serial, intervals in data.device_intervals.items() if _is_inverter(data, serial) and intervals
    ]
    if not kept:
        return {}
    shortest = min(kept, key=len)
    return {start: interval for start, interval in shortest.items() if all(start in other for other in kept)}


def known_of_any(data: SystemData) -> Mapping[datetime, Interval]:
    """Return the intervals that are known of some inverter."""
    return {
        start: interval
        for serial, intervals in data.device_intervals.items()
        if _is_inverter(data, serial)
        for start, interval in intervals.items()
    }


def _is_inverter(data: SystemData, serial: str) -> bool:
    device = data.devices.get(serial)
    return device is not None and device.kind is DeviceKind.INVERTER


def _device(row: SiteDevice, kind: DeviceKind, serial: str) -> Device:
    return Device(
        kind=kind,
        serial=serial,
        name=row.name,
        manufacturer=row.manufacturer or "SolarEdge",
        model=row.model or row.part_number,
        part_number=row.part_number,
        firmware=row.firmware,
        parent=row.connected_to if row.connected_to != serial else None,
        communication=row.communication,
        optimizers=row.optimizers if kind is DeviceKind.INVERTER else None,
        capacity_wh=_capacity_wh(row.nameplate) if kind is DeviceKind.BATTERY else None,
    )


def _capacity_wh(nameplate: float | None) -> float | None:
    """Return a battery's capacity in Wh: the cloud does not name the unit, but no house has a battery of 100 Wh."""
    if nameplate is None or nameplate <= 0:
        return None
    return nameplate if nameplate >= SMALLEST_WH else nameplate * 1000
