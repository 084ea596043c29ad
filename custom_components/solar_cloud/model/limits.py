"""What cannot be is not taken: each row is checked once, before power, day, lifetime and statistics part ways.

A row beyond what the system can yield counts as missing, and so does a negative one. A good row, or the day's total,
takes its place later. Small negative figures are what electronics draw themselves, and count as nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from .elements import Device, DeviceKind, DeviceReading, Flow, Interval, Momentary, Power, System, Update
from .series import EMPTY, Series, merged

OVER_NAMEPLATE = 1.5
"""Modules exceed their nameplate for a while (cold, edge of a cloud); more than this is not sunshine."""
OVER_PEAK = 3.0
"""The same without a nameplate, over the highest interval that has stood for a day."""
UNBOUNDED_W = 10_000_000.0
"""Before anything is known of a system: larger ones do not have a homeowner's account."""
LEAST_FLOW_W = 100_000.0
"""Below that no flow of the grid or of a battery is impossible."""
FLOW_OVER_NAMEPLATE = 10.0
DRAWN_W = 100.0
"""What electronics draw themselves: a mean power that is not further below zero counts as zero."""
LEAST_SIZE_W = 100.0
"""A nameplate below that is none: somebody has typed kW where W belong."""
STANDS = timedelta(hours=24)
"""So old an interval is believed to stand."""
DOUBT_ROWS = 8
"""So many rows of a day beyond what was possible, but not far beyond it, show that more is possible."""
DOUBT_FACTOR = 10.0

NO_DEVICES: Mapping[str, Device] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A row that was not taken."""

    start: datetime
    end: datetime
    energy_wh: float
    most_wh: float
    """What was possible in that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """What is known of how much a system can yield, besides its nameplate."""

    stood_w: float | None = None
    """The highest mean power of an interval that was still there a day later, or of one of many that go together."""
    size_w: float | None = None
    """The nameplate that the doubt is about."""
    size_doubted: bool = False
    beyond: Mapping[datetime, Interval] = field(default_factory=lambda: EMPTY)
    """Production of the last day beyond what was possible, by start: taken in once more is possible."""
    powers_beyond: Mapping[datetime, float] = field(default_factory=lambda: MappingProxyType({}))
    """The same of powers (W), by the time that they were measured at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a system can yield and move, in W."""

    production_w: float
    flow_w: float

    def of(self, flow: Flow) -> float:
        """Return the most W that a flow can have."""
        return self.production_w if flow is Flow.PRODUCTION else self.flow_w

    def energy_wh(self, flow: Flow, length: timedelta) -> float:
        """Return the most Wh that a flow can have in a time."""
        return self.of(flow) * length.total_seconds() / 3600


def limits_of(system: System, peak: Peak) -> Limits:
    """Return the limits of a system as well as they are known."""
    size_w, stood_w = _believed_size_w(system, peak), peak.stood_w or 0.0
    flow_w = max(LEAST_FLOW_W, FLOW_OVER_NAMEPLATE * max(size_w or 0.0, stood_w))
    if size_w is not None:
        return Limits(production_w=OVER_NAMEPLATE * size_w, flow_w=flow_w)
    return Limits(production_w=OVER_PEAK * stood_w if stood_w > 0 else UNBOUNDED_W, flow_w=flow_w)


def _believed_size_w(system: System, peak: Peak) -> float | None:
    """Return the nameplate in W; `None` where there is none that can be believed."""
    size_w = system.size_w
    if size_w is None or size_w < LEAST_SIZE_W or (peak.size_doubted and peak.size_w == size_w):
        return None
    return size_w


def admitted(
    update: Update, system: System, peak: Peak, now: datetime, devices: Mapping[str, Device] = NO_DEVICES
) -> tuple[Update, Peak, Mapping[str, Rejection]]:
    """Return an update without the rows that cannot be, what is known of the peak now, and the rows that were left out.

    The rejections are by the name of the flow, `device` for those of single devices; each stands for the largest one.
    `devices` are those that were known before, by serial number.
    """
    update, peak = _reviewed(update, system, peak, now)
    limits = limits_of(system, peak)
    checks = _Checks(limits=limits)
    new = replace(
        update,
        power=checks.power(update.power),
        momentary=checks.momentary(update.momentary),
        intervals=checks.rows(Flow.PRODUCTION, update.intervals),
        flows=checks.flows(update.flows),
        detail=checks.flows(update.detail),
        readings=checks.readings(update.readings, {**devices, **{one.serial: one for one in update.devices}}),
        device_intervals=MappingProxyType(
            {serial: checks.rows(Flow.PRODUCTION, rows, "device") for serial, rows in update.device_intervals.items()}
        ),
        device_flows=MappingProxyType(
            {serial: checks.flows(flows, "device") for serial, flows in update.device_flows.items()}
        ),
    )
    return new, peak, checks.rejected


@dataclass(slots=True, kw_only=True)
class _Checks:
    """Checks rows against the limits of one system, and remembers the largest that it rejected."""

    limits: Limits
    rejected: dict[str, Rejection] = field(default_factory=dict)

    def flows(self, flows: Mapping[Flow, tuple[Interval, ...]], name: str = "") -> Mapping[Flow, tuple[Interval, ...]]:
        """Return the possible rows of each flow."""
        if not flows:
            return flows
        return MappingProxyType({flow: self.rows(flow, rows, name or flow) for flow, rows in flows.items()})

    def rows(self, flow: Flow, rows: Iterable[Interval], name: str = "") -> tuple[Interval, ...]:
        """Return the possible rows of a flow; a little below zero is zero."""
        most_w, found = self.limits.of(flow), []
        for row in rows:
            mean_w = row.energy_wh * 3600 / (row.end - row.start).total_seconds() if row.end > row.start else most_w + 1
            if not -DRAWN_W <= mean_w <= most_w:
                self._reject(name or flow, flow, row)
            elif row.energy_wh < 0:
                found.append(replace(row, energy_wh=0.0, power_w=None if row.power_w is None else 0.0))
            elif row.power_w is not None and not 0 <= row.power_w <= most_w:
                found.append(replace(row, power_w=None))
            else:
                found.append(row)
        return tuple(found)

    def power(self, power: Power | None) -> Power | None:
        """Return a possible power of production, not below zero."""
        if power is None or not -DRAWN_W <= power.power_w <= self.limits.production_w:
            return None
        return power if power.power_w >= 0 else replace(power, power_w=0.0)

    def readings(
        self, readings: Mapping[str, DeviceReading], devices: Mapping[str, Device]
    ) -> Mapping[str, DeviceReading]:
        """Return the readings of devices without the powers that cannot be.

        A battery that takes is below zero. One inverter yields no more than all of them, and a little below zero is
        what it draws itself.
        """
        changed: dict[str, DeviceReading] = {}
        for serial, reading in readings.items():
            if (power_w := reading.power_w) is None:
                continue
            least_w = -max(self.limits.production_w, self.limits.flow_w)
            most_w = -least_w
            if serial in devices and devices[serial].kind is DeviceKind.INVERTER:
                least_w, most_w = -DRAWN_W, self.limits.production_w
                power_w = max(0.0, power_w) if power_w >= least_w else power_w
            if not least_w <= power_w <= most_w:
                changed[serial] = replace(reading, power_w=None, measured_at=None)
            elif power_w != reading.power_w:
                changed[serial] = replace(reading, power_w=power_w)
        return MappingProxyType({**readings, **changed}) if changed else readings

    def momentary(self, momentary: Momentary | None) -> Momentary | None:
        """Return the possible ones of the powers of an instant; nothing follows from one that cannot be."""
        if momentary is None:
            return None
        powers = {
            flow: max(0.0, power)
            for flow, power in momentary.powers.items()
            if -DRAWN_W <= power <= self.limits.of(flow)
        }
        if powers == momentary.powers:
            return momentary
        if len(powers) < len(momentary.powers):
            # What was computed from an impossible power is no better.
            powers = {flow: power for flow, power in powers.items() if flow not in momentary.computed}
            momentary = replace(momentary, computed=frozenset())
        return replace(momentary, powers=MappingProxyType(powers)) if powers else None

    def _reject(self, name: str, flow: Flow, row: Interval) -> None:
        before = self.rejected.get(name)
        if before is None or abs(row.energy_wh) > abs(before.energy_wh):
            most_wh = self.limits.energy_wh(flow, row.end - row.start)
            self.rejected[name] = Rejection(start=row.start, end=row.end, energy_wh=row.energy_wh, most_wh=most_wh)


def possible(flow: Flow, rows: Iterable[Interval], limits: Limits) -> tuple[Interval, ...]:
    """Return the rows of a flow that can be; a little below zero is zero."""
    return _Checks(limits=limits).rows(flow, rows)


def with_peak(peak: Peak, rows: Iterable[Interval], now: datetime) -> Peak:
    """Return the peak after a look at the production that is known: what has stood for a day counts."""
    stood = max((one.mean_power_w for one in rows if one.end <= now - STANDS), default=0.0)
    return replace(peak, stood_w=stood) if stood > (peak.stood_w or 0.0) else peak


def _reviewed(update: Update, system: System, peak: Peak, now: datetime) -> tuple[Update, Peak]:
    """Return the peak with the doubt about what is possible reviewed, and the update with the rows that waited for it.

    A human has typed the nameplate, and the highest interval may be one of a dark winter's day.
    """
    if peak.size_w != system.size_w:
        peak = replace(peak, size_w=system.size_w, size_doubted=False)
    limit_w = limits_of(system, peak).production_w
    size_w = _believed_size_w(system, peak)
    far_w = DOUBT_FACTOR * (size_w or peak.stood_w or 0.0)
    rows = (*update.intervals, *update.detail.get(Flow.PRODUCTION, ()))
    beyond = _beyond_rows(peak.beyond, rows, limit_w, far_w, now)
    powers = _beyond_powers(peak.powers_beyond, update, limit_w, far_w, now)
    if max(len(beyond), len(powers)) < DOUBT_ROWS:
        if beyond == peak.beyond and powers == peak.powers_beyond:
            return update, peak
        return update, replace(peak, beyond=beyond, powers_beyond=powers)
    highest_w = max(peak.stood_w or 0.0, *powers.values(), *(row.mean_power_w for row in beyond.values()))
    peak = Peak(stood_w=highest_w, size_w=system.size_w, size_doubted=size_w is not None or peak.size_doubted)
    return _with_rows(update, beyond), peak


def _beyond_rows(old: Series, rows: Iterable[Interval], limit_w: float, far_w: float, now: datetime) -> Series:
    """Return the intervals of the last day beyond a limit, but not far beyond it; the newer answer counts."""
    latest = {row.start: row for row in rows if row.end <= now}
    if not old and not latest:
        return old
    known = merged(old, latest.values(), now, STANDS)
    return MappingProxyType({start: row for start, row in known.items() if limit_w < row.mean_power_w <= far_w})


def _beyond_powers(
    old: Mapping[datetime, float], update: Update, limit_w: float, far_w: float, now: datetime
) -> Mapping[datetime, float]:
    """Return the powers of the last day beyond a limit, but not far beyond it, by time (W)."""
    found = dict(old)
    if update.power is not None:
        found[update.power.measured_at] = update.power.power_w
    if update.momentary is not None and (power_w := update.momentary.powers.get(Flow.PRODUCTION)) is not None:
        found[update.momentary.measured_at] = power_w
    return MappingProxyType(
        {at: power_w for at, power_w in found.items() if now - STANDS < at <= now and limit_w < power_w <= far_w}
    )


def _with_rows(update: Update, waiting: Series) -> Update:
    """Return an update with production that was beyond what was possible before, as far as it has none of its own."""
    if update.intervals:
        return replace(update, intervals=_together(waiting, update.intervals))
    if own := update.detail.get(Flow.PRODUCTION):
        detail = {**update.detail, Flow.PRODUCTION: _together(waiting, own)}
        return replace(update, detail=MappingProxyType(detail))
    return update


def _together(waiting: Series, own: tuple[Interval, ...]) -> tuple[Interval, ...]:
    starts = {row.start for row in own}
    return (*(row for start, row in waiting.items() if start not in starts), *own)
