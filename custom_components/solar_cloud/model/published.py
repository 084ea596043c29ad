"""What may be shown of what is known: power, the day, the lifetime, and the balance that they are part of.

Where a system has meters or a battery, everything is told up to the same instant, so that the values agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .balance import GRID, MOST_LAG, Balance, Book, Energies, agrees, computed_of, mean_power, shown, with_production
from .data import SystemData
from .elements import DayEnergy, DeviceKind, Flow, Interval, Power, Update
from .lifetime import LifetimeCounter, most_energy_wh
from .series import Dark, day_energy_wh, inside, local_day, midnight, newest_end, unbroken_wh

SAME_WH = 0.5
"""What two figures of the same energy may differ by in binary."""
PATIENCE = timedelta(minutes=10)
"""How long production waits for flows that lie far behind: they are asked one after another, in one go."""
_MOMENT = timedelta(microseconds=1)


def publish(
    data: SystemData, before: SystemData, update: Update, now: datetime, zone: ZoneInfo, dark: Dark
) -> SystemData:
    """Return the data with everything that follows from the series worked out anew, and with powers that are newer."""
    return _with_momentary(_published(data, before, update, now, zone, dark), zone)


def _published(
    data: SystemData, before: SystemData, update: Update, now: datetime, zone: ZoneInfo, dark: Dark
) -> SystemData:
    """Return the data with everything that follows from the series worked out anew."""
    book = _book(data, dark)
    newest = book.newest() if book.measured else None
    behind_since: datetime | None = None
    if newest is not None and _production_runs_ahead(data, update, newest[0]):
        behind_since = before.behind_since or now
        if before.balance is None or not now - PATIENCE < behind_since <= now:
            newest = None
    data = replace(data, behind_since=behind_since)
    until = newest[0].end if newest else None
    power = _power(before, update, data.intervals, newest[0] if newest else None)
    today = _today(data, before, update, now, zone, until)
    data = replace(data, power=power, today=today)
    if update.lifetime is not None or update.intervals or update.today is not None or update.flows:
        data = replace(data, lifetime=_lifetime(data, update, now, zone, until))
    if newest is None:
        return replace(data, balance=None)
    interval, values = newest
    computed = computed_of(values, book.measured)
    if update.flows or update.bases or update.intervals or update.lifetime:
        data = replace(data, counters=_counters(data, book, interval.end, now, zone))
    return replace(
        data,
        balance=Balance(
            measured_at=interval.end,
            power=shown(mean_power(interval, with_production(values, max(0.0, values[Flow.PRODUCTION]), computed))),
            day=local_day(interval.end - _MOMENT, zone),
            today=_balanced_day(data, book, computed, interval.end, zone),
            lifetime=_balanced_lifetime(data, before.balance, book, values, interval.end),
            computed=computed,
        ),
    )


def _with_momentary(data: SystemData, zone: ZoneInfo) -> SystemData:
    """Return the data with the powers of an instant that is later than the newest interval of all flows.

    Energies stay those of the intervals, up to the end of the newest one.
    """
    momentary, balance = data.momentary, data.balance
    if momentary is None or (balance is not None and balance.measured_at >= momentary.measured_at):
        return data
    at, powers = momentary.measured_at, MappingProxyType(dict(momentary.powers))
    produced = powers.get(Flow.PRODUCTION)
    if produced is not None and (data.power is None or data.power.measured_at <= at):
        data = replace(data, power=Power(power_w=produced, measured_at=at))
    if Flow.CONSUMPTION not in powers:
        return data
    if balance is None:
        production = newest_end(data.intervals)
        if production is not None and production - at > MOST_LAG:
            return data
        balance = Balance(measured_at=at, power=powers, day=local_day(at, zone))
    return replace(data, balance=replace(balance, measured_at=at, power=powers, computed=momentary.computed))


def _book(data: SystemData, dark: Dark) -> Book:
    has_battery = bool(data.serials(DeviceKind.BATTERY))
    return Book(
        production=data.intervals,
        flows=data.flows,
        battery=has_battery or Flow.BATTERY_CHARGE in data.flows or Flow.BATTERY_DISCHARGE in data.flows,
        dark=dark,
    )


def _production_runs_ahead(data: SystemData, update: Update, newest: Interval) -> bool:
    """Tell whether the other flows are so late that production goes on without them."""
    production = newest_end(data.intervals)
    if production is not None:
        return production - newest.end > MOST_LAG
    return update.power is not None and update.power.measured_at - newest.end > MOST_LAG


def _power(
    before: SystemData, update: Update, intervals: Mapping[datetime, Interval], newest: Interval | None
) -> Power | None:
    """Return the newest power, or the one of the interval that the balance is of."""
    power = update.power or before.power
    if update.power and before.power and update.power.measured_at < before.power.measured_at:
        power = before.power
    if newest is None or power is None or power.measured_at <= newest.end:
        own = intervals.get(newest.start) if newest else None
        if own is not None and (power is None or own.end >= power.measured_at):
            return Power(power_w=max(0.0, own.mean_power_w), measured_at=own.end)
        return power
    return Power(power_w=max(0.0, newest.mean_power_w), measured_at=newest.end)


def _today(
    data: SystemData, before: SystemData, update: Update, now: datetime, zone: ZoneInfo, until: datetime | None
) -> DayEnergy | None:
    """Tell today's energy: what the cloud says, else the sum of its intervals; it never falls within a day.

    A value that the time since midnight cannot have yielded is yesterday's, not yet turned over by the cloud.
    """
    day = local_day(now, zone)
    new = update.today
    if new is None and (update.intervals or update.flows):
        total = day_energy_wh(data.intervals.values(), day, zone, until)
        new = None if total is None else DayEnergy(day=day, energy_wh=total)
    if new is None or new.day > day or (before.today and new.day < before.today.day):
        return before.today
    end = min(now, midnight(new.day + timedelta(days=1), zone))
    most = most_energy_wh(data.system.size_w, end - midnight(new.day, zone))
    if new.energy_wh < 0 or (most is not None and new.energy_wh > most):
        return before.today
    if before.today and before.today.day == new.day and before.today.energy_wh > new.energy_wh:
        return before.today
    return new


def _lifetime(
    data: SystemData, update: Update, now: datetime, zone: ZoneInfo, until: datetime | None
) -> LifetimeCounter:
    """Feed the lifetime counter: the base plus everything since the start of the base's day."""
    base = data.lifetime_base
    if base is None:
        return data.lifetime
    known_until = data.power.measured_at if data.power else now
    if update.today is not None:
        # The cloud counts the day itself; a day we did not believe says nothing about the lifetime either.
        if update.lifetime is None or update.today.day != update.lifetime.day or update.today != data.today:
            return data.lifetime
        since = update.today.energy_wh
        as_of = data.system.last_report or known_until
    else:
        start = midnight(base.day, zone)
        since = sum(
            interval.energy_wh
            for interval in data.intervals.values()
            if interval.start >= start and (until is None or interval.end <= until)
        )
        # Intervals end where they end, whatever else the system has told its cloud since.
        as_of = min(known_until, max(until or newest_end(data.intervals) or start, start))
    return data.lifetime.take(base.before_wh + since, min(as_of, now), now, data.system.size_w)


def _balanced_day(data: SystemData, book: Book, computed: Iterable[Flow], until: datetime, zone: ZoneInfo) -> Energies:
    """Return the day's energies if they agree with the production that is shown for it."""
    day = local_day(until - _MOMENT, zone)
    start = midnight(day, zone)
    values = book.between(start, until)
    produced = data.today.energy_wh if data.today and data.today.day == day else 0.0
    if values is None:
        return MappingProxyType({})
    if abs(values[Flow.PRODUCTION] - produced) > SAME_WH:
        # A day's production stays where it was when a little of it is taken back; one that has run ahead is no match.
        if abs(_highest(data.intervals.values(), start, until) - produced) > SAME_WH:
            return MappingProxyType({})
        values = with_production(values, produced, computed)
    return shown(values) if agrees(values) else MappingProxyType({})


def _highest(intervals: Iterable[Interval], start: datetime, until: datetime) -> float:
    """Return the most that the sum of the intervals between two instants has been on the way, in Wh."""
    energies = (one.energy_wh for one in inside(intervals, start, until))
    return max(accumulate(energies, initial=0.0))


def _counters(
    data: SystemData, book: Book, until: datetime, now: datetime, zone: ZoneInfo
) -> Mapping[Flow, LifetimeCounter]:
    """Feed the lifetime counters of everything but production with what is known up to an instant."""
    if not _is_of(data, book, until, zone):
        return data.counters
    raw = {Flow.PRODUCTION: data.lifetime.published_wh}
    for flow in book.measured:
        base = data.bases.get(flow)
        since = unbroken_wh(book.flows[flow], midnight(base.day, zone), until) if base else None
        raw[flow] = None if base is None or since is None else base.before_wh + since
    if any(value is None for value in raw.values()) or data.lifetime.suspect_wh is not None:
        return data.counters
    solved = book.solve({flow: value for flow, value in raw.items() if value is not None})
    if solved is None:
        return data.counters
    taken = {
        flow: data.counters.get(flow, LifetimeCounter()).take(max(0.0, solved[flow]), until, now, None)
        for flow in _of_life(solved, book)
    }
    return MappingProxyType({**data.counters, **taken})


def _of_life(flows: Iterable[Flow], book: Book) -> frozenset[Flow]:
    """Return the flows beside production whose lifetimes are known."""
    known = frozenset(flows) - {Flow.PRODUCTION}
    # Import and export are netted interval by interval; the sums of a life cannot tell them apart.
    return known if book.measured & GRID else known - GRID


def _is_of(data: SystemData, book: Book, until: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the lifetime of production is that of an instant: it has not run ahead, and lacks nothing."""
    if data.lifetime_base is None or data.lifetime.as_of is None or data.lifetime.as_of > until:
        return False
    return book.is_production_told(midnight(data.lifetime_base.day, zone), until)


def _balanced_lifetime(
    data: SystemData, before: Balance | None, book: Book, told: Iterable[Flow], until: datetime
) -> Energies:
    """Return the lifetime of each flow if together they agree; else what was shown last, while production stands."""
    produced = data.lifetime.published_wh
    flows = _of_life(told, book)
    known = {
        flow: counter.published_wh
        for flow in flows
        if (counter := data.counters.get(flow)) and counter.as_of == until and counter.published_wh is not None
    }
    if produced is not None and flows and known.keys() == flows:
        known[Flow.PRODUCTION] = produced
        if _is_exact(known, book):
            return MappingProxyType(known)
    if before is None or produced is None or abs(before.lifetime.get(Flow.PRODUCTION, -1.0) - produced) > SAME_WH:
        return MappingProxyType({})
    return before.lifetime


def _is_exact(values: Energies, book: Book) -> bool:
    """Tell whether what is computed of a life is still what follows from the rest of it."""
    if not agrees(values):
        return False
    if Flow.CONSUMPTION in book.measured or Flow.CONSUMPTION not in values:
        return True
    solved = book.solve({flow: value for flow, value in values.items() if flow is not Flow.CONSUMPTION})
    return solved is not None and abs(max(0.0, solved[Flow.CONSUMPTION]) - values[Flow.CONSUMPTION]) <= SAME_WH
