"""What cannot be is not taken: each row is checked once, before power, day, lifetime and statistics part ways.

A row beyond what the system can yield counts as missing, and so does a negative one. A good row, or the day's total,
takes its place later. Small negative figures are what electronics draw themselves, and count as nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from .elements import Flow, Interval, Momentary, Power, System, Update
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
STANDS = timedelta(hours=24)
"""So old an interval is believed to stand."""
DOUBT_ROWS = 8
"""So many rows of a day beyond the nameplate, but not far beyond it, show that the nameplate is wrong."""
DOUBT_FACTOR = 10.0


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
    """The highest mean power of an interval that was still there a day later."""
    size_w: float | None = None
    """The nameplate that the doubt is about."""
    size_doubted: bool = False
    beyond: Mapping[datetime, Interval] = field(default_factory=lambda: EMPTY)
    """Production of the last day beyond the nameplate, by start: taken in once the nameplate is doubted."""


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
    size_w = system.size_w if system.size_w and system.size_w > 0 else None
    flow_w = max(LEAST_FLOW_W, FLOW_OVER_NAMEPLATE * (size_w or 0.0))
    if size_w is not None and not (peak.size_doubted and peak.size_w == size_w):
        return Limits(production_w=OVER_NAMEPLATE * size_w, flow_w=flow_w)
    known = [one.mean_power_w for one in peak.beyond.values()] + [peak.stood_w or 0.0]
    highest = max(known)
    return Limits(production_w=OVER_PEAK * highest if highest > 0 else UNBOUNDED_W, flow_w=flow_w)


def admitted(update: Update, system: System, peak: Peak, now: datetime) -> tuple[Update, Peak, Mapping[str, Rejection]]:
    """Return an update without the rows that cannot be, what is known of the peak now, and the rows that were left out.

    The rejections are by the name of the flow, `device` for those of single devices; each stands for the largest one.
    """
    peak = _reviewed(peak, update.intervals, system, now)
    limits = limits_of(system, peak)
    checks = _Checks(limits=limits)
    intervals = update.intervals
    if intervals and peak.size_doubted:
        intervals = (*peak.beyond.values(), *intervals)
    new = replace(
        update,
        power=checks.power(update.power),
        momentary=checks.momentary(update.momentary),
        intervals=checks.rows(Flow.PRODUCTION, intervals),
        flows=checks.flows(update.flows),
        detail=checks.flows(update.detail),
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
            if mean_w > most_w or mean_w < -DRAWN_W:
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
        if power is None or power.power_w > self.limits.production_w or power.power_w < -DRAWN_W:
            return None
        return power if power.power_w >= 0 else replace(power, power_w=0.0)

    def momentary(self, momentary: Momentary | None) -> Momentary | None:
        """Return the possible ones of the powers of an instant."""
        if momentary is None:
            return None
        powers = {flow: power for flow, power in momentary.powers.items() if 0 <= power <= self.limits.of(flow)}
        if len(powers) == len(momentary.powers):
            return momentary
        return replace(momentary, powers=MappingProxyType(powers)) if powers else None

    def _reject(self, name: str, flow: Flow, row: Interval) -> None:
        before = self.rejected.get(name)
        if before is None or abs(row.energy_wh) > abs(before.energy_wh):
            most_wh = self.limits.energy_wh(flow, row.end - row.start)
            self.rejected[name] = Rejection(start=row.start, end=row.end, energy_wh=row.energy_wh, most_wh=most_wh)


def with_peak(peak: Peak, rows: Iterable[Interval], now: datetime) -> Peak:
    """Return the peak after a look at the production that is known: what has stood for a day counts."""
    stood = max((one.mean_power_w for one in rows if one.end <= now - STANDS), default=0.0)
    return replace(peak, stood_w=stood) if stood > (peak.stood_w or 0.0) else peak


def _reviewed(peak: Peak, rows: Iterable[Interval], system: System, now: datetime) -> Peak:
    """Return the peak with the doubt about the nameplate reviewed: a human has typed it."""
    size_w = system.size_w
    if size_w is None or size_w <= 0:
        return peak
    if peak.size_w != size_w:
        peak = Peak(stood_w=peak.stood_w, size_w=size_w)
    beyond = [
        row for row in rows if OVER_NAMEPLATE * size_w < row.mean_power_w <= DOUBT_FACTOR * size_w and row.end <= now
    ]
    if not beyond and not peak.beyond:
        return peak
    known: Series = merged(peak.beyond, beyond, now, STANDS)
    return replace(peak, beyond=known, size_doubted=peak.size_doubted or len(known) >= DOUBT_ROWS)
