"""The lifetime counters of a system: production, every flow that is measured or computed, and single devices."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .balance import BATTERY, GRID, Book
from .data import KEEP_INTERVALS, SystemData
from .elements import SOURCES, DayEnergy, DeviceReading, Flow, LifetimeBase, Update
from .lifetime import SAME_WH, LifetimeCounter, Most, most_of
from .limits import UNBOUNDED_W, limits_of
from .series import EMPTY, Dark, Series, complete_until, inside, midnight, newest_end, unbroken_wh

NEW = LifetimeCounter()


def most_production(data: SystemData) -> Most | None:
    """Return how much a time allows the system to produce; `None` while nobody knows."""
    most_w = limits_of(data.system, data.peak).production_w
    return None if most_w >= UNBOUNDED_W else most_of(most_w)


def production_counter(data: SystemData, update: Update, now: datetime, zone: ZoneInfo, dark: Dark) -> LifetimeCounter:
    """Return the counter of production after an update: the base plus everything since the start of the base's day."""
    base = data.lifetime_base
    if base is None:
        return data.lifetime
    known_until = data.power.measured_at if data.power else now
    if update.today is not None:
        # The cloud counts the day itself; a day that is not believed says nothing about the lifetime, unless both
        # together go on from where it was: then the cloud has only not turned its day over.
        if update.lifetime is None or update.today.day != update.lifetime.day:
            return data.lifetime
        if not _is_believed(update.today, data.today) and total_of(data.lifetime, update, data, now) is None:
            return data.lifetime
        base, since, complete = update.lifetime, update.today.energy_wh, None
        as_of = data.system.last_report or known_until
    elif update.lifetime is None and not data.intervals and Flow.PRODUCTION in update.detail:
        # The day goes on interval by interval between two of the cloud's own counts; they decide about anything else.
        counter, today = data.lifetime, data.today
        if today is None or today.day != base.day or today.as_of is None or counter.waits:
            return counter
        if base.before_wh + today.energy_wh + counter.offset_wh < (counter.published_wh or 0.0):
            return counter
        since, complete, as_of = today.energy_wh, None, today.as_of
    else:
        start = midnight(base.day, zone)
        since = sum_since(data.intervals, start)
        # Intervals end where they end, whatever else the system has reported to its cloud since.
        as_of = min(known_until, max(newest_end(data.intervals) or start, start))
        complete = complete_until(base, data.intervals, zone, dark)
    return data.lifetime.take(base.before_wh + since, min(as_of, now), now, most_production(data), complete)


def _is_believed(reported: DayEnergy, known: DayEnergy | None) -> bool:
    return known is not None and (reported.day, reported.energy_wh) == (known.day, known.energy_wh)


def total_of(counter: LifetimeCounter, update: Update, data: SystemData, now: datetime) -> float | None:
    """Return the lifetime in Wh that an update reports, as it would be published.

    `None` where it reports none, or one that does not go on from the published one.
    """
    today, base, published = update.today, update.lifetime, counter.published_wh
    if today is None or base is None or today.day != base.day or published is None or counter.waits:
        return None
    total = base.before_wh + today.energy_wh + counter.offset_wh
    since, most = counter.as_of, most_production(data)
    if total < published - SAME_WH or since is None or since > now:
        return None
    allowed = None if most is None else most(now - since)
    return total if allowed is None or total - published <= allowed else None


def flow_counters(data: SystemData, book: Book, now: datetime, zone: ZoneInfo) -> Mapping[Flow, LifetimeCounter]:
    """Return the counters of every flow beside production after an update.

    Each flow has its own; one that waits, or is not known, holds up nobody else.
    """
    limits = limits_of(data.system, data.peak)
    counters = dict(data.counters)
    for flow in book.measured:
        base = data.bases.get(flow)
        if base is None:
            continue
        series = book.flows[flow]
        start = midnight(base.day, zone)
        as_of = max(newest_end(series) or start, start)
        raw, complete = base.before_wh + sum_since(series, start), complete_until(base, series, zone)
        counters[flow] = counters.get(flow, NEW).take(raw, min(as_of, now), now, most_of(limits.of(flow)), complete)
    if Flow.CONSUMPTION in book.computed:
        counter = counters.get(Flow.CONSUMPTION, NEW)
        others = {**counters, Flow.PRODUCTION: data.lifetime}
        if (found := _consumption(data, book, counter, others, zone)) is not None:
            raw, as_of, complete = found
            most = most_of(limits.production_w + 2 * limits.flow_w)
            counters[Flow.CONSUMPTION] = counter.take(raw, min(as_of, now), now, most, complete)
    return MappingProxyType(counters)


def device_counters(
    old: Mapping[str, Mapping[Flow, LifetimeCounter]], data: SystemData, update: Update, now: datetime, zone: ZoneInfo
) -> Mapping[str, Mapping[Flow, LifetimeCounter]]:
    """Return the counters of single devices: of meters and batteries by flow, of inverters their production."""
    lifetimes = {
        serial: reading
        for serial, reading in update.readings.items()
        if reading.energy_lifetime_wh is not None and serial in data.devices
    }
    if not lifetimes and not update.device_flows and not update.device_bases:
        return old if old.keys() <= data.devices.keys() else _listed(old, data)
    found = {serial: dict(counters) for serial, counters in _listed(old, data).items()}
    most = most_production(data)
    for serial, reading in lifetimes.items():
        counters = found.setdefault(serial, {})
        counter = counters.get(Flow.PRODUCTION) or _recalled(data.readings.get(serial))
        at = min(reading.last_report or reading.measured_at or now, now)
        counters[Flow.PRODUCTION] = counter.take(reading.energy_lifetime_wh or 0.0, at, now, most)
    if update.device_flows or update.device_bases:
        _take_flows(found, data, now, zone)
    return MappingProxyType({serial: MappingProxyType(counters) for serial, counters in found.items()})


def _recalled(reading: DeviceReading | None) -> LifetimeCounter:
    """Return the counter of a device whose lifetime was published before it had one."""
    if reading is None or reading.energy_lifetime_wh is None:
        return NEW
    return LifetimeCounter(published_wh=reading.energy_lifetime_wh, as_of=reading.last_report or reading.measured_at)


def recalled_counters(data: SystemData, now: datetime, zone: ZoneInfo) -> Mapping[str, Mapping[Flow, LifetimeCounter]]:
    """Return the counters of stored devices, with those of meters and batteries that were stored without one."""
    known = _listed(data.device_counters, data)
    found = {serial: dict(counters) for serial, counters in known.items()}
    _take_flows(found, data, now, zone)
    return MappingProxyType(
        {serial: MappingProxyType({**counters, **known.get(serial, {})}) for serial, counters in found.items()}
    )


def _take_flows(found: dict[str, dict[Flow, LifetimeCounter]], data: SystemData, now: datetime, zone: ZoneInfo) -> None:
    most = most_of(limits_of(data.system, data.peak).flow_w)
    for serial, bases in data.device_bases.items():
        series = data.device_flows.get(serial, {})
        for flow, base in bases.items():
            start = midnight(base.day, zone)
            rows = series.get(flow, EMPTY)
            as_of = max(newest_end(rows) or start, start)
            counter = found.setdefault(serial, {}).get(flow, NEW)
            raw = base.before_wh + sum_since(rows, start)
            found[serial][flow] = counter.take(raw, min(as_of, now), now, most, complete_until(base, rows, zone))


def _listed(
    counters: Mapping[str, Mapping[Flow, LifetimeCounter]], data: SystemData
) -> Mapping[str, Mapping[Flow, LifetimeCounter]]:
    return MappingProxyType({serial: known for serial, known in counters.items() if serial in data.devices})


def sum_since(series: Series, start: datetime) -> float:
    """Return the energy of the intervals that begin at an instant or later, in Wh."""
    return sum(interval.energy_wh for at, interval in series.items() if at >= start)


def _consumption(
    data: SystemData, book: Book, counter: LifetimeCounter, others: Mapping[Flow, LifetimeCounter], zone: ZoneInfo
) -> tuple[float, datetime, datetime] | None:
    """Return the lifetime of a computed consumption in Wh, and the instants that it is of and is complete up to.

    `None` while it is unknown. Up to the start of a day it follows from the lifetimes of the others at that instant,
    from there on interval by interval. Where rows are missing between the days that these are of, or one of them waits,
    they do not go together, and it is carried on.
    """
    if book.storage.unknown or data.lifetime_base is None:
        return None
    flows = (*GRID, *(BATTERY if book.storage.installed else ()))
    bases = {Flow.PRODUCTION: data.lifetime_base} | {flow: data.bases[flow] for flow in flows if flow in data.bases}
    if len(bases) < len(flows) + 1:
        return None
    counters = {flow: others.get(flow, NEW) for flow in bases}
    if any(base.missing_since is not None or counters[flow].waits for flow, base in bases.items()):
        return _continued(book, counter)
    # A lifetime that began again in the cloud goes on here: what is computed from it does, too.
    bases = {flow: replace(base, before_wh=base.before_wh + counters[flow].offset_wh) for flow, base in bases.items()}
    days = sorted({base.day for base in bases.values()}, reverse=True)
    # What follows from lifetimes has everything: the later the day, the fewer intervals count, one by one.
    found = ((day, _counted(bases, day, book, zone)) for day in days)
    day, total = next(((day, total) for day, total in found if total is not None), (days[-1], None))
    if total is None:
        if counter.published_wh is not None:
            return _continued(book, counter)
        total = _counted(bases, day, book, zone, with_gaps=True) or 0.0
    energy, end, complete = _consumed(book, midnight(day, zone))
    # Below zero where hardware was replaced, and the cloud counts one of them anew.
    return _continued(book, counter) if total + energy < 0 else (total + energy, end, complete)


def _continued(book: Book, counter: LifetimeCounter) -> tuple[float, datetime, datetime] | None:
    """Return the counter carried on by what is known since: the lifetimes of the others do not go together now."""
    if counter.published_wh is None or counter.as_of is None:
        return None
    energy, end, _ = _consumed(book, counter.as_of)
    return counter.published_wh - counter.offset_wh + energy, end, counter.complete_until or counter.as_of


def _consumed(book: Book, start: datetime) -> tuple[float, datetime, datetime]:
    """Return the consumption that is known since an instant in Wh, and up to when it is known, and known completely."""
    total, end, complete = 0.0, start, start
    for span in book.known_between(Flow.CONSUMPTION, start, start + 2 * KEEP_INTERVALS):
        if (energy := span.energy_wh(Flow.CONSUMPTION)) is not None:
            complete = span.end if complete == end == span.start else complete
            total, end = total + energy, span.end
    return total, end, complete


def _counted(
    bases: Mapping[Flow, LifetimeBase], day: date, book: Book, zone: ZoneInfo, *, with_gaps: bool = False
) -> float | None:
    """Return the consumption up to the start of a day in Wh, from the lifetimes of the other flows.

    `None` where intervals between that day and the day of a lifetime are missing, unless that may be.
    """
    total = 0.0
    for flow, base in bases.items():
        if (before := _at_midnight(flow, base, day, book, zone, with_gaps=with_gaps)) is None:
            return None
        total += before if flow in SOURCES else -before
    return total


def _at_midnight(
    flow: Flow, base: LifetimeBase, day: date, book: Book, zone: ZoneInfo, *, with_gaps: bool
) -> float | None:
    """Return a lifetime in Wh at the start of another day, or of its own; `None` where rows are missing in between."""
    own, other = midnight(base.day, zone), midnight(day, zone)
    start, end = min(own, other), max(own, other)
    is_production = flow is Flow.PRODUCTION
    series = book.production if is_production else book.flows.get(flow, EMPTY)
    energy = _produced(book, start, end) if is_production else unbroken_wh(series, start, end)
    if energy is None:
        if not with_gaps:
            return None
        energy = sum(row.energy_wh for row in inside(series.values(), start, end))
    return base.before_wh + (energy if own < other else -energy)


def _produced(book: Book, start: datetime, end: datetime) -> float | None:
    """Return the production between two instants in Wh; `None` where it is not known of every part of the time."""
    total = 0.0
    for span in book.between(start, end):
        energy = span.measured.get(Flow.PRODUCTION)
        if span.start != start or energy is None:
            return None
        total, start = total + energy, span.end
    return total if start == end else None


def with_base(
    old: LifetimeBase | None, new: LifetimeBase | None, series: Series, zone: ZoneInfo
) -> LifetimeBase | None:
    """Return the base of the later day; the newer answer for the same day.

    One of a later day that is what it was, although the intervals of the days between have energy, is still of the
    earlier day: the cloud has not turned it over.
    """
    if new is None or (old is not None and new.day < old.day):
        return old
    if old is not None and new.day > old.day and abs(new.before_wh - old.before_wh) <= SAME_WH:
        between = inside(series.values(), midnight(old.day, zone), midnight(new.day, zone))
        if sum(row.energy_wh for row in between) > SAME_WH:
            return old
    return new
