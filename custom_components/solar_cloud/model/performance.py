"""How much each inverter yields beside its siblings, and which of them have fallen behind for days.

Siblings are the inverters of one model (where no model is known, of one part number) at one system, three at least: of
two nobody knows which one is at fault. An inverter is measured by the median of the whole group, itself included:
one number for all, which neither the inverter's own fault nor a nonsense value of one sibling can move far.

Only full sunny days count. On any other day snow on a few modules or a fog bank can make healthy inverters differ, so
such a day is passed over: it neither continues nor ends a row of low days. A day is compared when the first values of
the next one are there, either by the intervals of each inverter or, where a cloud reports lifetime counters only, by
what the counters say at the end of two days that follow one another. Energies are Wh, days are dates at the system.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .elements import DayEnergy, Device, DeviceKind, Update
from .performance_energy import FUTURE, Closing, Listed, changed, counted, measured, with_reports
from .series import Series, local_day, midnight

LOW_RATIO = 0.7
"""An inverter below this share of the median is low."""
LOW_DAYS = 3
"""So many low days in a row are no accident."""
LEAST_SIBLINGS = 3
SUNNY_WH_PER_W = 2.5
"""A day is sunny when the system has yielded so much for each W of its nameplate."""
SUNNY_SHARE = 0.6
"""Where the nameplate is unknown: the share of the best of the last days that makes a day sunny."""
REMEMBERED_DAYS = 14
LEAST_REMEMBERED = 5
"""With fewer days to compare with, the best of them may be a dull one."""
_DAY = timedelta(days=1)
_REMEMBERED_ENERGIES = 3


def _no_mapping[K, V]() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How an inverter did on its newest compared day."""

    day: date
    ratio: float
    """Its energy as a share of the median of its siblings; 0 is a dead or silent one."""
    low_days: int
    """Compared days in a row below `LOW_RATIO`, this one included."""
    low_before: int = 0
    """The same for the compared day before: what came late may still turn this one's verdict."""

    @property
    def underperforming(self) -> bool:
        """Return whether the row of low days is long enough to bother the owner."""
        return self.low_days >= LOW_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceState:
    """The verdicts and what the next ones need; it does not grow with time."""

    by_inverter: Mapping[str, Performance] = field(default_factory=_no_mapping)
    """By serial number; who has too few siblings or was never compared is not in it."""
    listed: Mapping[str, Listed] = field(default_factory=_no_mapping)
    closings: Mapping[date, Closing] = field(default_factory=_no_mapping)
    """Of the newest two days with a report; empty where the cloud gives intervals."""
    through: date | None = None
    """The newest day that was over, where the cloud gives intervals."""
    energies: Mapping[date, float] = field(default_factory=_no_mapping)
    """What the system itself reported of the last days, in Wh."""
    yields: Mapping[str, Mapping[date, float]] = field(default_factory=_no_mapping)
    """The median of each group on the last days, sunny or not, in Wh."""

    @property
    def underperforming(self) -> tuple[str, ...]:
        """The serial numbers of the inverters that were low on the last `LOW_DAYS` compared days, in order."""
        return tuple(sorted(serial for serial, found in self.by_inverter.items() if found.underperforming))


def compared(
    state: PerformanceState,
    update: Update,
    *,
    devices: Mapping[str, Device],
    before: Mapping[str, Series],
    device_intervals: Mapping[str, Series],
    today: DayEnergy | None,
    size_w: float | None,
    now: datetime,
    zone: ZoneInfo,
) -> PerformanceState:
    """Return the state after an update; the same object when the update says nothing of performance.

    `devices`, `device_intervals`, `today` and `size_w` are what is known with the update merged in, `before` the
    intervals without it. The counters are taken from the update itself, because merged ones never fall and would hide
    that new electronics have begun at zero. `now` is aware UTC, `zone` the system's. Raises nothing.
    """
    day = local_day(now, zone)
    state = _with_listed(state, update, devices, day)
    state = _with_energy(state, today, day)
    by_intervals = bool(update.device_intervals)
    if not by_intervals and (device_intervals or not update.readings):
        return state
    groups = _groups(devices)
    if not groups:
        return state
    if by_intervals:
        return _compared_by_intervals(state, update, groups, devices, before, device_intervals, size_w, now, zone)
    return _compared_by_counters(state, update, groups, devices, size_w, now, zone)


def _groups(devices: Mapping[str, Device]) -> dict[str, list[str]]:
    """Return the serial numbers of siblings by model, where there are enough of them.

    An inverter with a battery is nobody's sibling: what it gives by day is less by what the battery takes.
    """
    with_battery = {device.parent for device in devices.values() if device.kind is DeviceKind.BATTERY}
    groups: dict[str, list[str]] = {}
    for serial, device in devices.items():
        name = device.model or device.part_number
        if device.kind is DeviceKind.INVERTER and name and serial not in with_battery:
            groups.setdefault(name, []).append(serial)
    return {name: serials for name, serials in groups.items() if len(serials) >= LEAST_SIBLINGS}


def _with_listed(
    state: PerformanceState, update: Update, devices: Mapping[str, Device], today: date
) -> PerformanceState:
    """Note who is new or has moved today, and forget who is gone or has lost its siblings."""
    if state.listed and not update.devices and not update.complete:
        return state
    listed: dict[str, Listed] = {}
    for serial, device in devices.items():
        if device.kind is not DeviceKind.INVERTER:
            continue
        known = state.listed.get(serial)
        if known is None or known.parent != device.parent or known.since > today:
            known = Listed(since=today, parent=device.parent)
        listed[serial] = known
    judgeable = {serial for serials in _groups(devices).values() for serial in serials}
    kept = {serial: found for serial, found in state.by_inverter.items() if serial in judgeable}
    if listed == state.listed and len(kept) == len(state.by_inverter):
        return state
    return replace(state, listed=MappingProxyType(listed), by_inverter=MappingProxyType(kept))


def _with_energy(state: PerformanceState, reported: DayEnergy | None, today: date) -> PerformanceState:
    """Note the most that the system has reported of a day."""
    if reported is None or state.energies.get(reported.day, -1.0) >= reported.energy_wh:
        return state
    energies = {day: energy for day, energy in state.energies.items() if abs((today - day).days) < _REMEMBERED_ENERGIES}
    energies[reported.day] = reported.energy_wh
    return replace(state, energies=MappingProxyType(energies))


# By lifetime counters.


def _compared_by_counters(
    state: PerformanceState,
    update: Update,
    groups: Mapping[str, Sequence[str]],
    devices: Mapping[str, Device],
    size_w: float | None,
    now: datetime,
    zone: ZoneInfo,
) -> PerformanceState:
    """Take the counters in, and compare a day when the first report of a later one shows that it is over."""
    latest = local_day(now + FUTURE, zone)
    known = {day: closing for day, closing in state.closings.items() if day <= latest}
    closings = with_reports(known, update, devices, now, zone)
    if closings == state.closings:
        return state
    kept = MappingProxyType({day: closings[day] for day in sorted(closings)[-2:]})
    following = replace(state, closings=kept)
    last = max(known, default=None)
    if last is None or max(closings) <= last or last - _DAY not in closings:
        return following
    energies = counted(closings[last - _DAY], closings[last], state.listed, last)
    return _with_verdicts(following, groups, last, energies, size_w)


# By intervals.


def _compared_by_intervals(
    state: PerformanceState,
    update: Update,
    groups: Mapping[str, Sequence[str]],
    devices: Mapping[str, Device],
    before: Mapping[str, Series],
    device_intervals: Mapping[str, Series],
    size_w: float | None,
    now: datetime,
    zone: ZoneInfo,
) -> PerformanceState:
    """Compare the day before the one that the newest interval lies in, and again when some of it comes late."""
    starts = [
        interval.start
        for series in update.device_intervals.values()
        for interval in series
        if interval.start <= now + FUTURE
    ]
    if not starts:
        return state
    over = local_day(max(starts), zone) - _DAY
    # What was ahead of a clock that was wrong has not been compared.
    through = state.through if state.through is not None and state.through <= local_day(now, zone) else over - _DAY
    day = max(over, through)
    start, end = midnight(day, zone), midnight(day + _DAY, zone)
    if day == through and not changed(update, before, start, end):
        return state
    energies = measured(groups, devices, device_intervals, state.listed, day, start, end)
    return _with_verdicts(replace(state, through=day), groups, day, energies, size_w)


# Verdicts.


def _with_verdicts(
    state: PerformanceState,
    groups: Mapping[str, Sequence[str]],
    day: date,
    energies: Mapping[str, float | None],
    size_w: float | None,
) -> PerformanceState:
    """Compare siblings over a full day, where it was a sunny one."""
    known = {
        name: values
        for name, serials in groups.items()
        if len(values := [wh for serial in serials if (wh := energies.get(serial)) is not None]) >= LEAST_SIBLINGS
    }
    middles = {name: middle for name, values in known.items() if (middle := median(values)) > 0}
    if not middles:
        return state
    # The last reading of a day may have come too early for the system's own figure.
    system_wh = max(state.energies.get(day, 0.0), sum(middle * len(known[name]) for name, middle in middles.items()))
    yields = {
        name: _remembered(state.yields.get(name, {}), day, middles.get(name))
        for name in groups
        if name in middles or name in state.yields
    }
    performance = dict(state.by_inverter)
    for name, middle in middles.items():
        if not _sunny(system_wh, size_w, middle, yields[name]):
            continue
        for serial in groups[name]:
            if serial in energies:
                found = _followed(performance.get(serial), day, energies[serial], middle)
                if found is not None:
                    performance[serial] = found
    return replace(state, by_inverter=MappingProxyType(performance), yields=MappingProxyType(yields))


def _remembered(yields: Mapping[date, float], day: date, energy_wh: float | None) -> Mapping[date, float]:
    known = dict(yields) if energy_wh is None else {**yields, day: energy_wh}
    return MappingProxyType({day: known[day] for day in sorted(known)[-REMEMBERED_DAYS:]})


def _sunny(system_wh: float, size_w: float | None, middle_wh: float, yields: Mapping[date, float]) -> bool:
    """Return whether a day was sunny by the nameplate, or else by the days before it."""
    if size_w is not None and size_w > 0:
        return system_wh >= SUNNY_WH_PER_W * size_w
    return len(yields) >= LEAST_REMEMBERED and middle_wh >= SUNNY_SHARE * max(yields.values())


def _followed(last: Performance | None, day: date, energy_wh: float | None, middle_wh: float) -> Performance | None:
    """Return the verdict on a day after the last one, or instead of it where that was on the same day."""
    if last is not None and day < last.day:
        return last
    row = 0 if last is None else last.low_before if last.day == day else last.low_days
    if energy_wh is None:
        # Some of a silent inverter's day has come late: it was no zero, and what it was is still open.
        return replace(last, low_days=row) if last is not None and last.day == day else last
    ratio = max(0.0, energy_wh) / middle_wh
    return Performance(day=day, ratio=ratio, low_days=row + 1 if ratio < LOW_RATIO else 0, low_before=row)
