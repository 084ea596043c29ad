"""What each inverter of a system has yielded on a day, so that siblings can be compared. Pure functions.

There are two sources: lifetime counters, of which the last words of two days are compared, and intervals. What is not
known for certain is left out, because a value that is merely late must not look like a fault. Energies are Wh, instants
aware UTC, days dates at the system.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median, median_low
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .elements import Device, DeviceKind, Interval, Update
from .series import Series, local_day

SAME_TIME = timedelta(hours=1)
"""Counters that were reported further apart in time cannot be compared."""
DAY_SLACK = timedelta(hours=4)
"""By how much the time between the last reports of two days may differ from a day."""
DUSK_SHARE = 0.1
"""A day is known from dawn to dusk when its first and last interval bring at most this share of its best one."""
UNBROKEN_SHARE = 0.9
"""How much of the time between the first and the last interval has to be known."""
LEAST_COVERAGE = 0.5
"""An inverter whose known intervals are worth less than this share of a day is not compared."""
FUTURE = timedelta(hours=1)
"""A report from further ahead is nobody's."""
_DAY = timedelta(days=1)


def _no_mapping[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Since when an inverter has been there, reporting through the same parent."""

    since: date
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What the lifetime counters said when they last reported on a day."""

    reported: Mapping[str, datetime] = field(default_factory=_no_mapping)
    """The newest report of any inverter, by the parent that they report through (empty: unknown); aware UTC."""
    counters: Mapping[str, float] = field(default_factory=_no_mapping)
    """By serial number."""


# By lifetime counters.


def with_reports(
    closings: Mapping[date, Closing], update: Update, devices: Mapping[str, Device], now: datetime, zone: ZoneInfo
) -> Mapping[date, Closing]:
    """Return the closings with the counters of an update, each under the day of its report.

    A later report of a parent replaces all of an earlier one of the day: who is missing from it is unknown.
    """
    result = dict(closings)
    for parent, (at, counters) in _reports(update, devices, now).items():
        day = local_day(at, zone)
        closing = result.get(day, Closing())
        if at < closing.reported.get(parent, at):
            continue
        others = {
            serial: energy
            for serial, energy in closing.counters.items()
            if serial in devices and (devices[serial].parent or "") != parent
        }
        result[day] = Closing(
            reported=MappingProxyType({**closing.reported, parent: at}),
            counters=MappingProxyType({**others, **counters}),
        )
    return result


def _reports(
    update: Update, devices: Mapping[str, Device], now: datetime
) -> dict[str, tuple[datetime, dict[str, float]]]:
    """Return the newest report and the counters by parent.

    The parent reports for all of its inverters: the counter of one that has fallen silent beside others stands still,
    and that is what it has yielded. Where all of them are silent their counters are of the day when that began.
    """
    newest: dict[str, datetime] = {}
    counters: dict[str, dict[str, float]] = {}
    for serial, reading in update.readings.items():
        device = devices.get(serial)
        if device is None or device.kind is not DeviceKind.INVERTER:
            continue
        parent = device.parent or ""
        at = reading.last_report
        if at is not None and at <= now + FUTURE:
            newest[parent] = max(at, newest.get(parent, at))
        if reading.energy_lifetime_wh is not None:
            counters.setdefault(parent, {})[serial] = reading.energy_lifetime_wh
    return {parent: (newest[parent], found) for parent, found in counters.items() if parent in newest}


def counted(start: Closing, end: Closing, listed: Mapping[str, Listed], day: date) -> dict[str, float | None]:
    """Return what each inverter has yielded between the ends of two days; nothing unless a day lies between them.

    Left out is who came or moved on the day, whose parent has not reported until the end of both days as the others'
    have, and whose counter has fallen: it has new electronics.
    """
    spans = {
        serial: (start.reported[parent], end.reported[parent])
        for serial, known in listed.items()
        if known.since < day and (parent := known.parent or "") in start.reported and parent in end.reported
    }
    if not spans:
        return {}
    first, last = (median_low(moments) for moments in zip(*spans.values(), strict=True))
    if abs(last - first - _DAY) > DAY_SLACK:
        return {}
    return {
        serial: end.counters[serial] - start.counters[serial]
        for serial, (opened, closed) in spans.items()
        if abs(opened - first) <= SAME_TIME
        and abs(closed - last) <= SAME_TIME
        and serial in start.counters
        and end.counters.get(serial, -1.0) >= start.counters[serial]
    }


# By intervals.


def changed(update: Update, before: Mapping[str, Series], start: datetime, end: datetime) -> bool:
    """Return whether an update says anything new of the time between two instants: it mostly repeats what is known."""
    return any(
        start <= interval.start < end and (serial not in before or before[serial].get(interval.start) != interval)
        for serial, series in update.device_intervals.items()
        for interval in series
    )


type _Span = tuple[datetime, datetime]


def measured(
    groups: Mapping[str, Sequence[str]],
    devices: Mapping[str, Device],
    device_intervals: Mapping[str, Series],
    listed: Mapping[str, Listed],
    day: date,
    start: datetime,
    end: datetime,
) -> dict[str, float | None]:
    """Return the energy of each inverter between the midnights of a day; nothing of a group that is not known all day.

    An inverter without a single interval beside siblings that have some yields 0, unless it shares its parent's
    silence. One that came or moved on the day is left out, and `None` is one of which too little is known (yet).
    """
    reported = {serial: _between(series.values(), start, end) for serial, series in device_intervals.items()}
    reporting = {serial for serial, spans in reported.items() if spans}
    heard = reporting | {device.parent for serial, device in devices.items() if serial in reporting and device.parent}
    result: dict[str, float | None] = {}
    for serials in groups.values():
        there = [serial for serial in serials if serial in listed and listed[serial].since < day]
        known = {serial: reported[serial] for serial in there if serial in reporting}
        usual = _usual(known)
        if not _whole(usual):
            continue
        for serial in there:
            parent = devices[serial].parent
            if serial in known:
                result[serial] = _completed(known[serial], usual)
            else:
                result[serial] = 0.0 if parent is None or parent in heard else None
    return result


def _between(intervals: Iterable[Interval], start: datetime, end: datetime) -> dict[_Span, float]:
    return {
        (interval.start, interval.end): interval.energy_wh
        for interval in intervals
        if start <= interval.start and interval.end <= end
    }


def _usual(known: Mapping[str, Mapping[_Span, float]]) -> dict[_Span, float]:
    """Return the median of each interval that most siblings have reported, ascending; at least 0."""
    values: dict[_Span, list[float]] = {}
    for spans in known.values():
        for span, energy in spans.items():
            values.setdefault(span, []).append(energy)
    return {span: max(0.0, median(values[span])) for span in sorted(values) if 2 * len(values[span]) > len(known)}


def _whole(usual: Mapping[_Span, float]) -> bool:
    """Return whether the intervals of a day reach from dawn to dusk without a long gap."""
    if not usual:
        return False
    spans, energies = list(usual), list(usual.values())
    length = spans[-1][1] - spans[0][0]
    covered = sum((until - since for since, until in spans), timedelta(0))
    dusk = DUSK_SHARE * max(energies)
    return energies[0] <= dusk and energies[-1] <= dusk and covered >= UNBROKEN_SHARE * length


def _completed(spans: Mapping[_Span, float], usual: Mapping[_Span, float]) -> float | None:
    """Return an inverter's energy of a day, what it has not reported yet reckoned at the same share of the usual.

    `None` where it has reported too little for that.
    """
    reported = sum(spans[span] for span in usual if span in spans)
    covered = sum(energy for span, energy in usual.items() if span in spans)
    whole = sum(usual.values())
    return reported * whole / covered if whole > 0 and covered >= LEAST_COVERAGE * whole else None
