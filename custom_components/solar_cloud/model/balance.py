"""The energy balance of a system: production + import + discharge = consumption + export + charge, or nothing is told.

What meters and batteries measure is taken as it is; what nobody measures follows from the rest (the rule of the
SolarEdge migration notes: only values of the same buckets are combined). Energies are Wh, powers W, instants aware UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from .elements import SOURCES, Flow, Interval
from .series import EMPTY, Dark, Series, backward

MOST_LAG = timedelta(minutes=30)
"""How far the slowest of the series may lie behind production before production goes on without the others."""
TOLERANCE = 0.03
"""Meters of different make differ by that share of what flows; more is a contradiction."""
LEAST_TOLERANCE_WH = 5.0
DIM = timedelta(minutes=90)
"""After first and before last light inverters may sleep, and some clouds then tell nothing instead of 0."""
SETTLED = timedelta(hours=1)
"""What is missing for so long beside values of meters is not late."""
_MOMENT = timedelta(minutes=1)
GRID = frozenset({Flow.GRID_IMPORT, Flow.GRID_EXPORT})
_BATTERY = frozenset({Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE})

type Energies = Mapping[Flow, float]


def _nothing() -> Energies:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Values that agree with each other: each of the three sets balances. A flow that nobody can tell is missing."""

    # No alias for the mappings: what is kept over restarts is read by the types that stand here.
    measured_at: datetime
    """The instant that `power` is of: the end of the interval that today and lifetime go up to, or a later one."""
    power: Mapping[Flow, float]
    """W."""
    day: date
    today: Mapping[Flow, float] = field(default_factory=_nothing)
    """Since the system's midnight; empty while a part of the day is missing."""
    lifetime: Mapping[Flow, float] = field(default_factory=_nothing)
    computed: frozenset[Flow] = frozenset()
    """The flows that nobody measures."""


def agrees(values: Energies) -> bool:
    """Tell whether sources and sinks are equal, as far as meters can be; also where not every flow is told."""
    if not {Flow.PRODUCTION, Flow.CONSUMPTION, *GRID} <= values.keys():
        return True
    sources = sum(value for flow, value in values.items() if flow in SOURCES)
    sinks = sum(value for flow, value in values.items() if flow not in SOURCES)
    return abs(sources - sinks) <= _tolerance(sources, sinks)


def solve(measured: Energies, *, battery: bool) -> Energies | None:
    """Return what is measured in one stretch of time, and what follows from it.

    `None` when production or the battery of a system that has one is not told, or when the values contradict each
    other. A computed consumption may be a little below zero: sums over many stretches need it as it is.
    """
    if Flow.PRODUCTION not in measured or (battery and not measured.keys() >= _BATTERY):
        return None
    values = dict(measured)
    if not battery:
        for flow in _BATTERY:
            values.pop(flow, None)
    rest = values[Flow.PRODUCTION] + values.get(Flow.BATTERY_DISCHARGE, 0.0) - values.get(Flow.BATTERY_CHARGE, 0.0)
    consumption, bought, sold = (values.get(flow) for flow in (Flow.CONSUMPTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT))
    if consumption is None and bought is not None and sold is not None:
        values[Flow.CONSUMPTION] = rest + bought - sold
    elif consumption is not None and (bought is None or sold is None):
        net = consumption - rest
        if bought is None and sold is None:
            bought = max(net, 0.0)
        elif bought is None:
            bought = net + (sold or 0.0)
        values[Flow.GRID_IMPORT] = bought
        values[Flow.GRID_EXPORT] = bought - net
    least = -_tolerance(*(abs(value) for value in values.values()))
    if not agrees(values) or any(value < least for flow, value in values.items() if flow not in measured):
        return None
    return values


def with_production(values: Energies, production: float, computed: Iterable[Flow]) -> Energies:
    """Return the values with another production: a computed consumption takes the difference up.

    At night inverters draw a little themselves, which the cloud tells as a production below zero; what is published as
    zero, or stays as high as it was, is consumption then.
    """
    changed = {**values, Flow.PRODUCTION: production}
    if Flow.CONSUMPTION in changed and Flow.CONSUMPTION in computed:
        changed[Flow.CONSUMPTION] += production - values[Flow.PRODUCTION]
    return changed


def shown(values: Energies) -> Energies:
    """Return the values as they are published: none is below zero."""
    return MappingProxyType({flow: max(0.0, value) for flow, value in values.items()})


def _tolerance(*values: float) -> float:
    return max(LEAST_TOLERANCE_WH, TOLERANCE * max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The series of one system, and how its battery and the sun decide what a missing value means."""

    production: Series
    flows: Mapping[Flow, Series]
    battery: bool
    dark: Dark

    @property
    def measured(self) -> frozenset[Flow]:
        """The flows other than production that something measures."""
        return frozenset(flow for flow, series in self.flows.items() if series)

    @property
    def _reference(self) -> Series:
        """The series that says how long an interval is: meters and batteries report alike."""
        return next((series for series in self.flows.values() if series), EMPTY)

    def at(self, start: datetime) -> tuple[datetime, Energies] | None:
        """Return the end of the interval that begins at an instant, and its balance; `None` if it is not known."""
        span = self._reference.get(start)
        if span is None:
            return None
        measured: dict[Flow, float] = {}
        for flow, series in self.flows.items():
            if not series:
                continue
            interval = series.get(start)
            if interval is None or interval.end != span.end:
                return None
            measured[flow] = interval.energy_wh
        production = self._production(span)
        if production is None:
            return None
        values = self.solve({Flow.PRODUCTION: production, **measured})
        return None if values is None else (span.end, values)

    def solve(self, measured: Energies) -> Energies | None:
        """Return what is measured in one stretch of time, and what follows from it, as the function does.

        As long as a battery tells nothing, nobody can tell the consumption; what goes through the meter is true anyway.
        """
        if not self.battery or self.measured & _BATTERY:
            return solve(measured, battery=self.battery)
        told: dict[Flow, float] = {flow: value for flow, value in measured.items() if flow is not Flow.CONSUMPTION}
        return told if told.keys() & GRID and Flow.PRODUCTION in told else None

    def newest(self) -> tuple[Interval, Energies] | None:
        """Return the newest interval whose balance is known, and the balance in Wh."""
        for start in backward(self._reference):
            if (found := self.at(start)) is not None:
                end, values = found
                return Interval(start=start, end=end, energy_wh=values[Flow.PRODUCTION]), values
        return None

    def between(self, start: datetime, end: datetime) -> Energies | None:
        """Return the balance of a time; `None` unless every interval of it is known."""
        total: dict[Flow, float] = {}
        while start < end:
            found = self.at(start)
            if found is None or found[0] > end:
                return None
            start, values = found
            for flow, value in values.items():
                total[flow] = total.get(flow, 0.0) + value
        return total

    def is_production_told(self, start: datetime, end: datetime) -> bool:
        """Tell whether the production of every interval of a time is known."""
        while start < end:
            span = self._reference.get(start) or self.production.get(start)
            if span is None or self._production(span) is None:
                return False
            start = span.end
        return start == end

    def _production(self, span: Interval) -> float | None:
        """Return the production in an interval; nothing is produced in the dark, whether the cloud says so or not."""
        interval = self.production.get(span.start)
        if interval is not None and interval.end == span.end:
            return interval.energy_wh
        parts = 0.0
        start = span.start
        while start < span.end:
            interval = self.production.get(start)
            if interval is None or interval.end > span.end:
                return parts if self._asleep(span) else None
            parts += interval.energy_wh
            start = interval.end
        return parts

    def _asleep(self, span: Interval) -> bool:
        """Tell whether the inverters may sleep although the meters tell something: in the dark, and beside it."""
        if self.dark(span.start, span.end):
            return True
        if next(backward(self._reference)) - span.end < SETTLED:
            return False
        return self.dark(span.start - DIM, span.start - DIM + _MOMENT) or self.dark(
            span.end + DIM - _MOMENT, span.end + DIM
        )


def mean_power(interval: Interval, values: Energies) -> Energies:
    """Return the mean power in W of each flow over an interval."""
    hours = (interval.end - interval.start).total_seconds() / 3600
    return {flow: value / hours for flow, value in values.items()}


def computed_of(values: Iterable[Flow], measured: frozenset[Flow]) -> frozenset[Flow]:
    """Return the flows that are told without being measured."""
    return frozenset(values) - measured - {Flow.PRODUCTION}
