"""What follows from what is measured: production + import + discharge = consumption + export + charge.

What meters and batteries measure is taken as it is. What nobody measures follows from the rest of the same interval:
only values of the same buckets are combined (SolarEdge migration notes). Where the rest contradicts itself, only what
is computed from it is withheld. Energies are Wh, powers W, instants aware UTC.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .elements import SOURCES, Flow, Interval
from .series import EMPTY, Dark, Series, backward, newest_end
from .value import Reason

TOLERANCE = 0.03
"""Meters of different make differ by that share of what flows; more is a contradiction."""
LEAST_TOLERANCE_WH = 5.0
DIM = timedelta(minutes=90)
"""After first and before last light inverters may sleep, and some clouds then report nothing instead of 0."""
SETTLED = timedelta(hours=1)
"""What is missing for so long beside values of meters is mostly not late."""
LATE = timedelta(hours=3)
"""What is missing for so long is not late."""
DUSK_W, DUSK_SHARE = 20.0, 0.005
"""With no more power than that, or than that share of the highest, inverters fall asleep."""
DAWN_W, DAWN_SHARE = 100.0, 0.02
"""The same for what they give when they have woken up: a first interval may be a bright one."""
_MOMENT = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
GRID = frozenset({Flow.GRID_IMPORT, Flow.GRID_EXPORT})
BATTERY = frozenset({Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE})

type Energies = Mapping[Flow, float]
type Solution = Mapping[Flow, float | Reason]
"""A figure for each flow that is computed, or why there is none."""


def tolerance(*values: float) -> float:
    """Return by how much sums of these values may differ without contradicting each other."""
    return max(LEAST_TOLERANCE_WH, TOLERANCE * max(values))


def disagreement(values: Energies) -> float | None:
    """Return by what share of the larger side sources and sinks differ; `None` where not every flow is known."""
    if not {Flow.PRODUCTION, Flow.CONSUMPTION, *GRID} <= values.keys():
        return None
    sources = sum(value for flow, value in values.items() if flow in SOURCES)
    sinks = sum(value for flow, value in values.items() if flow not in SOURCES)
    larger = max(sources, sinks)
    return abs(sources - sinks) / larger if larger > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What stores energy at a system."""

    installed: bool = False
    """There is a battery whose charge and discharge the cloud reports, or may report."""
    unknown: bool = False
    """There is storage of a kind that the cloud reports nothing of."""


def computed_flows(measured: frozenset[Flow]) -> frozenset[Flow]:
    """Return the flows that follow from others where these are measured."""
    if Flow.CONSUMPTION not in measured:
        return frozenset({Flow.CONSUMPTION}) if measured >= GRID else frozenset()
    return GRID - measured


def inputs_of(flow: Flow, storage: Storage) -> frozenset[Flow]:
    """Return the flows that a computed one follows from."""
    inputs = {Flow.PRODUCTION, *(BATTERY if storage.installed else ())}
    return frozenset(inputs | (GRID if flow is Flow.CONSUMPTION else {Flow.CONSUMPTION}))


def solve(known: Energies, computed: frozenset[Flow], storage: Storage) -> Solution:
    """Return the computed flows of one stretch of time.

    A computed consumption may be a little below zero: sums over many intervals need it as it is.
    """
    if not computed:
        return {}
    if storage.unknown:
        return dict.fromkeys(computed, Reason.UNKNOWN_STORAGE)
    if Flow.PRODUCTION not in known or (storage.installed and not known.keys() >= BATTERY):
        return dict.fromkeys(computed, Reason.INPUT_MISSING)
    stored = known[Flow.BATTERY_DISCHARGE] - known[Flow.BATTERY_CHARGE] if storage.installed else 0.0
    supply = known[Flow.PRODUCTION] + stored
    if Flow.CONSUMPTION in computed:
        if not known.keys() >= GRID:
            return {Flow.CONSUMPTION: Reason.INPUT_MISSING}
        used = supply + known[Flow.GRID_IMPORT] - known[Flow.GRID_EXPORT]
        return {Flow.CONSUMPTION: _not_negative(used, known)}
    if Flow.CONSUMPTION not in known:
        return dict.fromkeys(computed, Reason.INPUT_MISSING)
    net = known[Flow.CONSUMPTION] - supply
    return _grid(net, known, computed)


def _grid(net: float, known: Energies, computed: frozenset[Flow]) -> Solution:
    """Return import and export, or the one of them that nobody measures; `net` is import less export."""
    if computed == GRID:
        return {Flow.GRID_IMPORT: max(net, 0.0), Flow.GRID_EXPORT: max(-net, 0.0)}
    if Flow.GRID_IMPORT in computed:
        sold = known.get(Flow.GRID_EXPORT)
        return {Flow.GRID_IMPORT: Reason.INPUT_MISSING if sold is None else _not_negative(net + sold, known)}
    bought = known.get(Flow.GRID_IMPORT)
    return {Flow.GRID_EXPORT: Reason.INPUT_MISSING if bought is None else _not_negative(bought - net, known)}


def _not_negative(value: float, known: Energies) -> float | Reason:
    return value if value >= -tolerance(*map(abs, known.values())) else Reason.CONTRADICTION


def with_drawn(values: Energies, computed: frozenset[Flow]) -> Energies:
    """Return the values without a production below zero: at night inverters draw a little, which is consumption."""
    production = values.get(Flow.PRODUCTION, 0.0)
    if production >= 0:
        return values
    changed = {**values, Flow.PRODUCTION: 0.0}
    if Flow.CONSUMPTION in computed and Flow.CONSUMPTION in changed:
        changed[Flow.CONSUMPTION] -= production
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One interval: what is measured in it, and what follows from that; Wh."""

    start: datetime
    end: datetime
    measured: Energies
    computed: Solution

    def energy_wh(self, flow: Flow) -> float | None:
        """Return the energy of a flow, measured or computed; `None` where it is not known."""
        known = self.measured.get(flow)
        if known is not None:
            return known
        found = self.computed.get(flow)
        return None if found is None or isinstance(found, Reason) else found

    def mean_power_w(self, flow: Flow) -> float | None:
        """Return the mean power of a flow in W, not below zero; `None` where its energy is not known."""
        energy = self.energy_wh(flow)
        return None if energy is None else max(0.0, energy) * 3600 / (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The series of one system, and how its storage and the sun decide what a missing value means."""

    production: Series
    flows: Mapping[Flow, Series]
    storage: Storage
    dark: Dark
    _spans: dict[datetime, Span | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The intervals that were looked at, by start: several figures of a day follow from each."""

    @property
    def measured(self) -> frozenset[Flow]:
        """The flows other than production that something measures."""
        return frozenset(flow for flow, series in self.flows.items() if series)

    @property
    def computed(self) -> frozenset[Flow]:
        """The flows that follow from the measured ones."""
        return computed_flows(self.measured)

    def backward(self) -> Iterator[Span]:
        """Yield the intervals that any meter or battery has reported, newest first."""
        starts = sorted({start for series in self.flows.values() for start in series}, reverse=True)
        for start in starts:
            if (span := self.at(start)) is not None:
                yield span

    def between(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the intervals that lie in a time and that any meter or battery has reported, oldest first."""
        starts = sorted({one for series in self.flows.values() for one in series if start <= one < end})
        for one in starts:
            if (span := self.at(one)) is not None and span.end <= end:
                yield span

    def known_between(self, flow: Flow, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the intervals of a time up to the first one in which a computed flow may still become known.

        It may for an hour, and as long as one of the flows that it follows from is behind as a whole, or nobody knows
        whether the inverters sleep.
        """
        reached = min(self._reach(one) for one in inputs_of(flow, self.storage))
        for span in self.between(start, end):
            is_missing = span.computed.get(flow, Reason.INPUT_MISSING) is Reason.INPUT_MISSING
            if is_missing and (
                self._newest() - span.end < SETTLED or span.start >= reached or self._may_yet_be_asleep(span)
            ):
                return
            yield span

    def at(self, start: datetime) -> Span | None:
        """Return the interval that begins at an instant, as far as it is known; `None` where no flow has one."""
        if start not in self._spans:
            self._spans[start] = self._at(start)
        return self._spans[start]

    def _at(self, start: datetime) -> Span | None:
        found = [series[start] for series in self.flows.values() if start in series]
        if not found:
            return None
        # Meters and batteries report alike; one that reports in shorter intervals is no part of a longer one.
        end = max(interval.end for interval in found)
        measured = {
            flow: series[start].energy_wh
            for flow, series in self.flows.items()
            if start in series and series[start].end == end
        }
        production = self._production(start, end)
        if production is not None:
            measured[Flow.PRODUCTION] = production
        return Span(start=start, end=end, measured=measured, computed=solve(measured, self.computed, self.storage))

    def _production(self, start: datetime, end: datetime) -> float | None:
        parts, at = 0.0, start
        while at < end:
            interval = self.production.get(at)
            if interval is None or interval.end > end:
                return parts if self._asleep(start, end) else None
            parts += interval.energy_wh
            at = interval.end
        return parts

    def _asleep(self, start: datetime, end: datetime) -> bool:
        """Return whether the inverters may sleep although the meters report something: in the dark, and beside it.

        Beside it they do where the row before, or after, has hardly any power: else rows may be late.
        """
        if self.dark(start, end):
            return True
        since = self._newest() - end
        if since < SETTLED:
            return False
        before = next((self.production[at] for at in backward(self.production) if at < start), None)
        if self.dark(end + DIM - _MOMENT, end + DIM):
            return (
                before is not None
                and start - before.end <= DIM
                and (self._is_dim(before, DUSK_W, DUSK_SHARE) or since >= LATE)
            )
        if self.dark(start - DIM, start - DIM + _MOMENT):
            after = next((row for at, row in self.production.items() if at >= end), None)
            if after is not None:
                return after.start - end <= DIM and (self._is_dim(after, DAWN_W, DAWN_SHARE) or since >= LATE)
            # What reports in the dark does not sleep.
            return before is not None and not self.dark(before.start, before.end)
        return False

    def _may_yet_be_asleep(self, span: Span) -> bool:
        """Return whether a time without production is beside the dark, and too new to know sleep from a late row."""
        if Flow.PRODUCTION in span.measured or self._newest() - span.end >= LATE:
            return False
        start, end = span.start - DIM, span.end + DIM
        return self.dark(end - _MOMENT, end) or self.dark(start, start + _MOMENT)

    def _is_dim(self, row: Interval, watts: float, share: float) -> bool:
        most = max(one.mean_power_w for one in self.production.values())
        return row.mean_power_w <= max(watts, share * most)

    def _newest(self) -> datetime:
        """Return when the newest interval of any meter or battery began; there is one."""
        return max(next(backward(series)) for series in self.flows.values() if series)

    def _reach(self, flow: Flow) -> datetime:
        """Return up to when a flow is reported."""
        series = self.production if flow is Flow.PRODUCTION else self.flows.get(flow, EMPTY)
        return newest_end(series) or _NEVER


def interval_of(span: Span, flow: Flow) -> Interval | None:
    """Return a flow of an interval as an interval of its own; `None` where it is not known."""
    energy = span.energy_wh(flow)
    return None if energy is None else Interval(start=span.start, end=span.end, energy_wh=energy)


EMPTY_BOOK = Book(production=EMPTY, flows={}, storage=Storage(), dark=lambda _start, _end: False)
"""The book of a system of which only production is known."""
