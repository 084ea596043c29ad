"""What is known of production: its newest power, and the energy of the day. Pure functions; W, Wh, aware UTC.

Two witnesses speak of the day: what its cloud reports, and the sum of its intervals. A report that cannot be after what
was known before it is left out, and so is one of which the lifetime knows nothing: the cloud's day has not turned over
then. The day never falls.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .counters import most_production, total_of
from .darkness import light_between
from .data import SystemData
from .elements import DayEnergy, Flow, Power, Update
from .lifetime import SLACK
from .limits import UNBOUNDED_W
from .series import EMPTY, Dark, Series, backward, inside, local_day, midnight

SAME_WH, SAME_SHARE = 50.0, 0.02
"""By how much a day may exceed what the lifetime has grown by: clouds round, and count late intervals anew."""


def power_after(before: SystemData, update: Update, intervals: Series, now: datetime) -> Power | None:
    """Return the newest power: it is replaced by a later one, or by a correction of the same time.

    One that was kept from the future is nobody's: a clock was wrong. So is one that turns out to lack something.
    """
    latest = now if update.whole_until is None else min(now, update.whole_until)
    found = [power for power in (before.power,) if power is not None and power.measured_at <= latest]
    if update.power is not None:
        found.append(update.power)
    if update.momentary is not None and (produced := update.momentary.powers.get(Flow.PRODUCTION)) is not None:
        found.append(Power(power_w=produced, measured_at=update.momentary.measured_at))
    if (start := next(backward(intervals), None)) is not None:
        newest = intervals[start]
        found.append(Power(power_w=max(0.0, newest.mean_power_w), measured_at=newest.end))
    best: Power | None = None
    for power in found:
        if best is None or power.measured_at >= best.measured_at:
            best = power
    return best


def day_start_after(before: SystemData, now: datetime, zone: ZoneInfo) -> DayEnergy | None:
    """Return the lifetime as it was known before the system's day began; `None` where nobody read it then."""
    day, known = local_day(now, zone), before.day_start
    if known is not None and known.day == day:
        return known
    counter = before.lifetime
    if counter.published_wh is None or counter.as_of is None or counter.as_of > midnight(day, zone):
        return None
    return DayEnergy(day=day, energy_wh=counter.published_wh, as_of=counter.as_of)


def day_before_after(before: SystemData, today: DayEnergy | None) -> DayEnergy | None:
    """Return the energy of the day before the newest one."""
    old = before.today
    return old if old is not None and today is not None and old.day < today.day else before.day_before


def today_after(
    data: SystemData, before: SystemData, update: Update, now: datetime, zone: ZoneInfo, dark: Dark
) -> DayEnergy | None:
    """Return the energy of the newest day: what the cloud reports, or the sum of the intervals where that is more.

    `data` has the intervals and the start of the day of after the update.
    """
    day = local_day(now, zone)
    best = None if before.today is not None and before.today.day > day else before.today
    reported = update.today
    if (
        reported is not None
        and reported.energy_wh > 0
        and reported.as_of is not None
        and reported.as_of <= midnight(reported.day, zone)
    ):
        # What it counts up to cannot be before it began.
        reported = replace(reported, as_of=None)
    if (
        reported is not None
        and reported.day <= day
        and not _is_yesterdays(reported, best, data.day_before)
        and _can_be(reported, best, data, now, zone, dark)
        and not _exceeds_lifetime(reported, data, update, now)
    ):
        best = _later(best, reported)
    if (counted := _counted(data, update, day, zone)) is not None and _can_be(counted, None, data, now, zone, dark):
        best = _later(best, counted)
    return best


def _counted(data: SystemData, update: Update, day: date, zone: ZoneInfo) -> DayEnergy | None:
    """Return the sum of the intervals of a day, where an update has brought some."""
    if update.intervals:
        series = data.intervals
    elif Flow.PRODUCTION in update.detail:
        series = data.detail.get(Flow.PRODUCTION, EMPTY)
    else:
        return None
    rows = list(inside(series.values(), midnight(day, zone), midnight(day + timedelta(days=1), zone)))
    if not rows:
        return None
    return DayEnergy(day=day, energy_wh=sum(row.energy_wh for row in rows), as_of=rows[-1].end)


def _later(old: DayEnergy | None, new: DayEnergy) -> DayEnergy:
    """Return the newer day, and of one day the larger energy: one that has not grown is of the later time."""
    if old is None or new.day > old.day:
        return new
    if new.day < old.day or new.energy_wh < old.energy_wh:
        return old
    ends = [end for end in (old.as_of, new.as_of) if end is not None]
    return replace(new, as_of=max(ends, default=None))


def _is_yesterdays(new: DayEnergy, *known: DayEnergy | None) -> bool:
    """Return whether a day has exactly the energy of an earlier one."""
    return any(old is not None and old.day < new.day and old.energy_wh == new.energy_wh > 0 for old in known)


def _can_be(new: DayEnergy, old: DayEnergy | None, data: SystemData, now: datetime, zone: ZoneInfo, dark: Dark) -> bool:
    """Return whether the time since the last known energy, or since midnight, can have yielded this one.

    What it cannot is yesterday's energy, not yet turned over by the cloud, or a field that holds something else.
    """
    if new.energy_wh < 0:
        return False
    since, known, slack = midnight(new.day, zone), 0.0, timedelta(0)
    if (most := most_production(data)) is None:
        # Nobody knows its size, but there is no system so large.
        time = max(SLACK, (new.as_of or now) - since + SLACK)
        return new.energy_wh <= UNBOUNDED_W * time.total_seconds() / 3600
    end = min(new.as_of or now, midnight(new.day + timedelta(days=1), zone))
    if old is not None and old.day == new.day and old.as_of is not None:
        since, known, slack = max(since, old.as_of), old.energy_wh, SLACK
    lit = light_between(since, max(since, end), dark)
    allowed = most(lit) if lit or slack else 0.0
    return allowed is None or new.energy_wh - known <= allowed


def _exceeds_lifetime(new: DayEnergy, data: SystemData, update: Update, now: datetime) -> bool:
    """Return whether the same answer has a lifetime that has grown by less since the day before."""
    start, total = data.day_start, total_of(data.lifetime, update, data, now)
    if start is None or start.day != new.day or total is None:
        return False
    grown = total - start.energy_wh
    return new.energy_wh > grown + max(SAME_WH, SAME_SHARE * grown)
