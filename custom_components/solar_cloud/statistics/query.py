"""A system's past as intervals: from the statistics first, from the cloud only what is missing there and may be paid.

Days and months are the system's own; energies are Wh.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from math import fsum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util

from ..cloud.archive import Archive
from ..history.hours import day_hours, days_between, hours_of, series_of_hours
from ..model.data import local_day, midnight
from ..model.elements import Flow, Interval
from .allowance import Purse

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .bookkeeper import Bookkeeper

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Period(StrEnum):
    """How long the intervals of an answer are."""

    FINE = "5minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


MOST_DAYS = {Period.FINE: 7, Period.HOUR: 93, Period.DAY: 3_660, Period.MONTH: 36_600}
"""How many days one answer may span: it is held in memory, and shown as text."""


@dataclass(slots=True, kw_only=True)
class Past:
    """What is known of the days that are asked for."""

    zone: ZoneInfo
    days: Sequence[date]
    intervals: dict[Flow, dict[date, tuple[Interval, ...]]] = field(default_factory=dict)
    """Parts of days."""
    totals: dict[Flow, dict[date, float]] = field(default_factory=dict)
    """Days of which only the total is known."""
    missing: dict[Flow, list[date]] = field(default_factory=dict)
    """Finished days of the system's life of which nothing, or in fine intervals not all, is known."""


async def async_history(
    coordinator: SystemCoordinator,
    bookkeeper: Bookkeeper,
    first: date,
    last: date,
    period: Period,
    flows: Sequence[Flow],
    max_requests: int,
) -> dict[str, Any]:
    """Return intervals of a system's days, both included, by flow, and what is missing and what that would cost.

    Never spends more than `max_requests`. Raises `HomeAssistantError` when the cloud fails.
    """
    last = min(last, coordinator.today())
    days = days_between(first, last)
    past = Past(zone=coordinator.zone, days=days)
    if period is Period.FINE:
        await coordinator.hass.async_add_executor_job(_take_recent, coordinator, bookkeeper, past, flows)
    else:
        await _async_take_rows(coordinator, bookkeeper, past, flows)
    purse = Purse(coordinator, max_requests)
    unpaid = 0
    if (archive := bookkeeper.archive) is not None:
        take = _async_take_totals if period in {Period.DAY, Period.MONTH} else _async_take_details
        unpaid = await take(coordinator, archive, past, purse)
    told = await coordinator.hass.async_add_executor_job(_answer, past, flows, period)
    closed = bookkeeper.state.closed
    return {
        "system": coordinator.name,
        "time_zone": coordinator.zone.key,
        "period": str(period),
        "requests": purse.spent,
        "missing_requests": unpaid,
        "missing": {str(flow): _ranges(absent) for flow, absent in past.missing.items() if absent},
        "unfinished": [day.isoformat() for day in days if closed is None or day > closed],
        "flows": told,
    }


async def async_measured(coordinator: SystemCoordinator, bookkeeper: Bookkeeper) -> list[Flow]:
    """Return the flows of which a system has, or its cloud tells, a past."""
    told = {*coordinator.data.recent(), *(bookkeeper.archive.flows(coordinator.data) if bookkeeper.archive else ())}
    return [flow for flow in Flow if flow in told or await bookkeeper.book.async_span(flow) is not None]


def _finished(coordinator: SystemCoordinator, bookkeeper: Bookkeeper, past: Past) -> list[date]:
    """Return the days that are over and belong to the system's life, as far as its begin is known."""
    begin, today = bookkeeper.begin(), coordinator.today()
    return [day for day in past.days if day < today and (begin is None or day >= begin)]


async def _async_take_rows(
    coordinator: SystemCoordinator, bookkeeper: Bookkeeper, past: Past, flows: Iterable[Flow]
) -> None:
    """Take the hours that are in the statistics."""
    if not past.days:
        return
    start, end = midnight(past.days[0], past.zone), midnight(past.days[-1] + DAY, past.zone)
    finished = _finished(coordinator, bookkeeper, past)
    for flow in flows:
        rows = await bookkeeper.book.async_rows(flow, start, end)
        parts = series_of_hours(rows).values()
        past.intervals[flow] = await coordinator.hass.async_add_executor_job(_by_day, parts, past.zone)
        past.missing[flow] = [day for day in finished if day not in past.intervals[flow]]


def _take_recent(coordinator: SystemCoordinator, bookkeeper: Bookkeeper, past: Past, flows: Iterable[Flow]) -> None:
    """Take the intervals that are kept of the last days."""
    recent = coordinator.data.recent()
    finished = _finished(coordinator, bookkeeper, past)
    for flow in flows:
        kept = _by_day(recent.get(flow, {}).values(), past.zone)
        past.intervals[flow] = {day: parts for day, parts in kept.items() if day in past.days}
        # Beyond what is kept there is no need to look closely.
        past.missing[flow] = [day for day in finished if day not in kept or not bookkeeper.is_told(flow, day)]


async def _async_take_totals(coordinator: SystemCoordinator, archive: Archive, past: Past, purse: Purse) -> int:
    """Ask for the totals of missing days, the newest first; return the price of what could not be paid."""
    unpaid = 0
    absent = _to_ask(archive, coordinator, past)
    for begin, end in archive.chunks(coordinator.data, absent[0], absent[-1]) if absent else ():
        inside = [day for day in absent if begin <= day <= end]
        if not inside:
            continue
        price = archive.price(coordinator.data, inside[0], inside[-1])
        if price > purse.left:
            unpaid += price
            continue
        async with purse.paying(price):
            totals = await archive.totals(coordinator.data, inside[0], inside[-1], dt_util.utcnow())
        for flow, of_flow in totals.items():
            for day in set(past.missing.get(flow, ())) & of_flow.keys():
                past.totals.setdefault(flow, {})[day] = of_flow[day]
                past.missing[flow].remove(day)
    return unpaid


async def _async_take_details(coordinator: SystemCoordinator, archive: Archive, past: Past, purse: Purse) -> int:
    """Ask for the intervals of missing days, the newest first; return the price of what could not be paid."""
    unpaid = 0
    for day in reversed(_to_ask(archive, coordinator, past)):
        # A day of 25 hours may take each request twice.
        price = archive.detail_price(coordinator.data) * (2 if len(day_hours(day, past.zone)) > 24 else 1)
        if price > purse.left:
            unpaid += price
            continue
        async with purse.paying(price):
            detail = await archive.detail(coordinator.data, day, dt_util.utcnow())
        for flow, parts in detail.items():
            if parts and day in past.missing.get(flow, ()):
                past.intervals[flow][day] = parts
                past.missing[flow].remove(day)
    return unpaid


def _to_ask(archive: Archive, coordinator: SystemCoordinator, past: Past) -> list[date]:
    """Return the days that the cloud could tell something of that is missing, ascending."""
    can = archive.flows(coordinator.data)
    return sorted({day for flow, days in past.missing.items() if flow in can for day in days})


def _by_day(intervals: Iterable[Interval], zone: ZoneInfo) -> dict[date, tuple[Interval, ...]]:
    """Divide ascending intervals into the days in which they begin."""
    return {day: tuple(parts) for day, parts in groupby(intervals, key=lambda one: local_day(one.start, zone))}


def _ranges(days: Iterable[date]) -> list[dict[str, str]]:
    """Write ascending days as spans without a gap."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and spans[-1][1] == day - DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return [{"start": first.isoformat(), "end": last.isoformat()} for first, last in spans]


def _answer(past: Past, flows: Iterable[Flow], period: Period) -> dict[str, list[dict[str, Any]]]:
    """Write the intervals of each flow with the length that is asked for."""
    found: dict[str, list[dict[str, Any]]] = {}
    for flow in flows:
        days = dict(sorted(past.intervals.get(flow, {}).items()))
        if period is Period.FINE:
            parts = [(one.start, one.end, one.energy_wh) for day in days.values() for one in day]
        elif period is Period.HOUR:
            hours = hours_of(one for day in days.values() for one in day)
            parts = [(hour, hour + HOUR, energy) for hour, energy in hours.items()]
        else:
            sums = {day: fsum(one.energy_wh for one in parts) for day, parts in days.items()}
            parts = _sums(past, {**sums, **past.totals.get(flow, {})}, period)
        found[str(flow)] = [
            {
                "start": start.astimezone(past.zone).isoformat(),
                "end": end.astimezone(past.zone).isoformat(),
                "energy_wh": round(energy, 3),
            }
            for start, end, energy in parts
        ]
    return found


def _sums(past: Past, totals: Mapping[date, float], period: Period) -> list[tuple[datetime, datetime, float]]:
    """Return days or months of which something is known; a month ends where what is asked for ends."""
    found = []
    asked = groupby(past.days, key=lambda day: day if period is Period.DAY else day.replace(day=1))
    for _, days in asked:
        inside = list(days)
        known = [totals[day] for day in inside if day in totals]
        if known:
            found.append((midnight(inside[0], past.zone), midnight(inside[-1] + DAY, past.zone), fsum(known)))
    return found
