"""What is published of what is known: power, the day and the lifetime of each flow.

What is measured is published as measured, whatever the other flows say. What is computed is withheld for a reason where
the flows that it follows from are missing or contradict each other. Each value has its own time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .balance import BATTERY, GRID, Book, Span, Storage, disagreement, inputs_of, tolerance, with_drawn
from .counters import flow_counters, production_counter
from .data import SystemData
from .elements import DeviceKind, Flow, Interval, Momentary, Update
from .production import day_before_after, day_start_after, power_after, today_after
from .series import Dark, Series, backward, local_day, midnight, newest_end
from .shares import self_consumption_rate, self_sufficiency
from .value import NOTHING_PUBLISHED, NOTHING_YET, Origin, Published, Reason, Value

RECENT_SPANS = 24
"""So many of the newest intervals are looked through for the newest one that has everything."""
MOST_MISSING = timedelta(hours=1)
"""A computed energy of the day may lack that much; more is too much to be called the day's energy."""
_MEASURED = Value()
_LATE = frozenset({Reason.INPUT_MISSING, Reason.NOT_YET})
"""A value that waits for something is not there yet; until then an older one is."""


def publish(
    data: SystemData, before: SystemData, update: Update, now: datetime, zone: ZoneInfo, dark: Dark
) -> SystemData:
    """Return the data with everything that follows from an update worked out anew."""
    power, day_start = power_after(before, update, data.intervals, now), day_start_after(before, now, zone)
    data = replace(data, power=power, day_start=day_start)
    today = today_after(data, before, update, now, zone, dark)
    data = replace(data, today=today, day_before=day_before_after(before, today))
    book = book_of(data, dark)
    if update.lifetime is not None or update.today is not None or update.intervals or Flow.PRODUCTION in update.detail:
        data = replace(data, lifetime=production_counter(data, update, now, zone, dark))
    if update.flows or update.bases or update.intervals or update.lifetime:
        data = replace(data, counters=flow_counters(data, book, now, zone))
    if _is_published(data, before, now, midnight(local_day(now, zone), zone)):
        return replace(data, published=before.published)
    return replace(data, published=published_of(data, book, now, zone, before.published))


def _is_published(data: SystemData, before: SystemData, now: datetime, start: datetime) -> bool:
    """Return whether what is published of the day that began then follows from the same: most jobs read other things.

    A power that was kept from the future has to be looked at again.
    """
    return (
        before.published.day_start == start
        and data.intervals is before.intervals
        and data.flows is before.flows
        and data.momentary is before.momentary
        and data.counters is before.counters
        and data.today is before.today
        and data.devices is before.devices
        and data.system.unknown_storage == before.system.unknown_storage
        and all(value.end is None or value.end <= now for value in before.published.power.values())
    )


def book_of(data: SystemData, dark: Dark) -> Book:
    """Return the series of a system with what its storage and the sun say of them."""
    momentary = frozenset() if data.momentary is None else data.momentary.powers.keys()
    installed = bool(data.serials(DeviceKind.BATTERY)) or bool(BATTERY & (data.flows.keys() | momentary))
    return Book(
        production=data.intervals,
        flows=data.flows,
        storage=Storage(installed=installed, unknown=bool(data.system.unknown_storage)),
        dark=dark,
    )


def published_of(
    data: SystemData, book: Book, now: datetime, zone: ZoneInfo, before: Published = NOTHING_PUBLISHED
) -> Published:
    """Return the values of all flows, as of an instant (aware UTC); `before` are the values so far."""
    day = local_day(now, zone)
    spans = list(islice(book.backward(), RECENT_SPANS))
    powers = _powers(data, book, spans)
    power = MappingProxyType(
        {flow: _newer(before.power.get(flow), powers.get(flow), now) for flow in {**before.power, **powers}}
    )
    grid = _net(Flow.GRID_IMPORT, Flow.GRID_EXPORT, power, spans)
    battery = _net(Flow.BATTERY_DISCHARGE, Flow.BATTERY_CHARGE, power, spans)
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    today, differs = _energies(data, book, day, start, end)
    of_day = list(book.between(start, end))
    return Published(
        power=power,
        grid=_newer(before.grid, grid, now),
        battery=_newer(before.battery, battery, now),
        today=today,
        day_start=start,
        lifetime=_lifetimes(data, book),
        self_sufficiency=self_sufficiency(of_day, start),
        self_consumption_rate=self_consumption_rate(of_day, start),
        disagreement=differs,
    )


def _powers(data: SystemData, book: Book, spans: list[Span]) -> Mapping[Flow, Value]:
    """Return the newest power of each flow beside production, measured or computed."""
    values = {flow: _measured_power(book.flows[flow]) for flow in book.measured}
    values |= {flow: _computed_power(flow, book, spans) for flow in book.computed}
    if data.momentary is not None:
        values = _with_momentary(values, data.momentary, book)
    return MappingProxyType(values)


def _newer(old: Value | None, new: Value | None, now: datetime) -> Value:
    """Return the newer one of two powers: what lacks something, or is of an earlier time, takes no known one away.

    One that was kept from the future is nobody's: a clock was wrong.
    """
    if new is None:
        return old or NOTHING_YET
    if old is None or old.amount is None or old.end is None or old.end > now:
        return new
    if new.reason in _LATE or (new.reason is not Reason.UNKNOWN_STORAGE and new.end is not None and new.end < old.end):
        return old
    return new


def _measured_power(series: Series) -> Value:
    newest = series[next(backward(series))]
    return Value(amount=max(0.0, newest.mean_power_w), start=newest.start, end=newest.end)


def _computed_power(flow: Flow, book: Book, spans: list[Span]) -> Value:
    """Return the power of the newest interval in which a flow follows from the others.

    An interval that lacks something is late; one that contradicts itself is the newest word.
    """
    value = Value(origin=Origin.COMPUTED, inputs=inputs_of(flow, book.storage), reason=Reason.INPUT_MISSING)
    for span in spans:
        found = span.computed[flow]
        if isinstance(found, Reason):
            value = replace(value, reason=found, start=value.start or span.start, end=value.end or span.end)
            if found is not Reason.INPUT_MISSING:
                return replace(value, start=span.start, end=span.end)
            continue
        drawn = with_drawn({**span.measured, flow: found}, frozenset({flow}))
        hours = (span.end - span.start).total_seconds() / 3600
        return replace(value, amount=max(0.0, drawn[flow]) / hours, start=span.start, end=span.end, reason=None)
    return value


def _with_momentary(values: dict[Flow, Value], momentary: Momentary, book: Book) -> dict[Flow, Value]:
    """Return the values with the powers of an instant where these are newer; a computed one may contradict them."""
    at, found = momentary.measured_at, dict(values)
    for flow in {*momentary.powers, *momentary.computed} - {Flow.PRODUCTION}:
        old, power = found.get(flow, NOTHING_YET), momentary.powers.get(flow)
        # What lacks something is late, and takes no older value away.
        late = old.reason is Reason.INPUT_MISSING
        if old.end is not None and old.end > at and not late:
            continue
        if flow not in momentary.computed:
            if power is not None:
                found[flow] = Value(amount=max(0.0, power), start=at, end=at)
            continue
        value = Value(start=at, end=at, origin=Origin.COMPUTED, inputs=inputs_of(flow, book.storage))
        if book.storage.unknown:
            found[flow] = value.without(Reason.UNKNOWN_STORAGE)
        elif power is not None:
            found[flow] = replace(value, amount=max(0.0, power))
        elif momentary.powers.keys() >= value.inputs:
            found[flow] = value.without(Reason.CONTRADICTION)
        elif old is NOTHING_YET:
            found[flow] = value.without(Reason.INPUT_MISSING)
    return found


def _net(plus: Flow, minus: Flow, power: Mapping[Flow, Value], spans: Iterable[Span]) -> Value:
    """Return the difference of two powers of one and the same time: the newest that both are known of."""
    one, other = power.get(plus), power.get(minus)
    if one is None or other is None:
        return Value(reason=Reason.NOT_YET)
    computed = one.is_computed or other.is_computed
    value = Value(
        origin=Origin.COMPUTED if computed else Origin.MEASURED,
        inputs=frozenset((one.inputs or {plus}) | (other.inputs or {minus})) if computed else frozenset(),
    )
    if one.end == other.end:
        value = replace(value, start=one.start, end=one.end)
        if one.amount is None or other.amount is None:
            return replace(value, reason=one.reason or other.reason)
        return replace(value, amount=one.amount - other.amount)
    for span in spans:
        given, taken = span.mean_power_w(plus), span.mean_power_w(minus)
        if given is not None and taken is not None:
            return replace(value, amount=given - taken, start=span.start, end=span.end)
    return replace(value, reason=Reason.INPUT_MISSING)


def _energies(
    data: SystemData, book: Book, day: date, start: datetime, end: datetime
) -> tuple[Mapping[Flow, Value], float | None]:
    """Return the energy of the day of each flow beside production, and by what share what is measured disagrees."""
    values = {flow: _measured_energy(book.flows[flow], start, end) for flow in book.measured}
    differs = None
    if book.computed:
        values |= {flow: _computed_energy(flow, book, start, end) for flow in book.computed}
    elif Flow.CONSUMPTION in book.measured:
        sums = {flow: value.amount for flow, value in values.items() if value.amount is not None}
        if data.today is not None and data.today.day == day:
            differs = disagreement({**sums, Flow.PRODUCTION: data.today.energy_wh})
    return MappingProxyType(values), differs


def _measured_energy(series: Series, start: datetime, end: datetime) -> Value:
    """Return the sum of what is measured of a day: 0 from midnight on until the first interval of the day is known."""
    rows = list(_rows(series, start, end))
    if not rows:
        return Value(amount=0.0, start=start, end=min(newest_end(series) or start, start), origin=Origin.CARRIED)
    return Value(amount=max(0.0, sum(row.energy_wh for row in rows)), start=start, end=rows[-1].end)


def _rows(series: Series, start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield the intervals that lie in a time, oldest first."""
    newest_first = []
    for at in backward(series):
        if at < start:
            break
        if series[at].end <= end:
            newest_first.append(series[at])
    return reversed(newest_first)


def _computed_energy(flow: Flow, book: Book, start: datetime, until: datetime) -> Value:
    """Return the sum of a flow over the intervals of a day that it follows from the others in.

    It is the sum up to the first interval that may still become known.
    """
    value = Value(origin=Origin.COMPUTED, inputs=inputs_of(flow, book.storage), start=start)
    spans = list(book.known_between(flow, start, until)) or list(book.between(start, until))
    if not spans:
        newest = max((end for series in book.flows.values() if (end := newest_end(series))), default=start)
        return replace(value, amount=0.0, end=min(newest, start))
    total, excess, moved, missing, end = 0.0, 0.0, 0.0, timedelta(0), start
    reasons: set[Reason] = set()
    # What is late at the end of the day is no gap in it.
    known = [span for span in spans if not isinstance(span.computed[flow], Reason)]
    last = known[-1].end if known else spans[-1].end
    for span in spans:
        if span.end > last:
            break
        found = span.computed[flow]
        if isinstance(found, Reason):
            reasons.add(found)
            if found is Reason.CONTRADICTION:
                excess += _excess_wh(flow, span, book.storage)
            else:
                missing += span.end - span.start
            continue
        total += with_drawn({**span.measured, flow: found}, frozenset({flow}))[flow]
        moved += sum(abs(energy) for energy in span.measured.values())
        end = span.end
    value = replace(value, end=end if known else spans[-1].end)
    if Reason.UNKNOWN_STORAGE in reasons:
        return value.without(Reason.UNKNOWN_STORAGE)
    if excess > tolerance(moved):
        return value.without(Reason.CONTRADICTION)
    if missing > MOST_MISSING or not known:
        return value.without(Reason.INPUT_MISSING)
    return replace(value, amount=max(0.0, total - excess))


def _excess_wh(flow: Flow, span: Span, storage: Storage) -> float:
    """Return by how much a contradicting interval has a flow below zero, in Wh: all that it follows from is known."""
    known = span.measured
    stored = known[Flow.BATTERY_DISCHARGE] - known[Flow.BATTERY_CHARGE] if storage.installed else 0.0
    supply = known[Flow.PRODUCTION] + stored
    if flow is Flow.CONSUMPTION:
        return known[Flow.GRID_EXPORT] - supply - known[Flow.GRID_IMPORT]
    net = known[Flow.CONSUMPTION] - supply
    return -(net + known[Flow.GRID_EXPORT]) if flow is Flow.GRID_IMPORT else net - known[Flow.GRID_IMPORT]


def _lifetimes(data: SystemData, book: Book) -> Mapping[Flow, Value]:
    """Return the lifetime of each flow beside production that has a counter.

    Import and export that are computed have none: they are netted interval by interval, and the sums of a life cannot
    keep them apart.
    """
    found: dict[Flow, Value] = {}
    for flow in (*book.measured, *(book.computed - GRID)):
        computed = flow in book.computed
        origin = Origin.COMPUTED if computed else Origin.MEASURED
        counter = data.counters.get(flow)
        if counter is None or counter.published_wh is None:
            unknown = computed and book.storage.unknown
            reason = Reason.UNKNOWN_STORAGE if unknown else Reason.INPUT_MISSING if computed else Reason.NOT_YET
            found[flow] = Value(origin=origin, reason=reason)
            continue
        carried = Origin.CARRIED if counter.waits else origin
        found[flow] = Value(amount=counter.published_wh, end=counter.reported_until, origin=carried)
        if computed:
            found[flow] = replace(found[flow], inputs=inputs_of(flow, book.storage), origin=Origin.COMPUTED)
    return MappingProxyType(found)
