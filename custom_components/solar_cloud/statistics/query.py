"""A system's past as intervals: from the statistics first, from the cloud what is missing there and may be paid.

Days and months are the system's own; energies are Wh.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from math import fsum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util

from ..cloud.archive import Archive
from ..history.hours import days_between, hours_of, series_of_hours
from ..model.elements import Flow, Interval
from ..model.series import local_day, midnight
from .allowance import Allowance
from .periods import Period
from .reading import async_read_detail, async_read_totals
from .recent_hours import is_flow_complete

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class QueriedDays:
    """The days of a query, and what is known of them."""

    zone: ZoneInfo
    days: Sequence[date]
    intervals: dict[Flow, dict[date, tuple[Interval, ...]]] = field(default_factory=dict)
    """Parts of days."""
    totals: dict[Flow, dict[date, float]] = field(default_factory=dict)
    """Days of which only the total is known."""
    missing: dict[Flow, list[date]] = field(default_factory=dict)
    """Finished days of the system's life of which nothing, or in fine intervals not all, is known."""


async def async_history(
    statistics: SystemStatistics, first: date, last: date, period: Period, flows: Sequence[Flow], max_requests: int
) -> dict[str, Any]:
    """Return intervals of a system's days, both included, by flow, and what is missing and what that would cost.

    Never spends more than `max_requests`. Raises `HomeAssistantError` when the cloud fails.
    """
    last = min(last, statistics.today())
    days = days_between(first, last)
    query = QueriedDays(zone=statistics.zone, days=days)
    if period is Period.FINE:
        await statistics.hass.async_add_executor_job(_take_recent, statistics, query, flows)
    else:
        await _async_take_rows(statistics, query, flows)
    allowance = Allowance(statistics.coordinator, statistics.metered, max_requests)
    unpaid = 0
    if (archive := statistics.archive) is not None:
        take = _async_take_totals if period in {Period.DAY, Period.MONTH} else _async_take_details
        unpaid = await take(statistics, archive, query, allowance)
    answer = await statistics.hass.async_add_executor_job(_answer, query, flows, period)
    closed = statistics.state.closed
    return {
        "system": statistics.name,
        "time_zone": statistics.zone.key,
        "period": str(period),
        "requests": allowance.spent,
        "missing_requests": unpaid,
        "missing": {str(flow): _ranges(absent) for flow, absent in query.missing.items() if absent},
        "unfinished": [day.isoformat() for day in days if closed is None or day > closed],
        "flows": answer,
    }


async def async_measured(statistics: SystemStatistics) -> list[Flow]:
    """Return the flows of which the statistics have a past, or the cloud reports one."""
    archive, data = statistics.archive, statistics.data
    reported = {*data.recent(), *(archive.flows(data) if archive else ())}
    return [flow for flow in Flow if flow in reported or await statistics.book.async_span(flow) is not None]


def _finished(statistics: SystemStatistics, query: QueriedDays) -> list[date]:
    """Return the days that are over and belong to the system's life, as far as its begin is known."""
    begin, today = statistics.begin(), statistics.today()
    return [day for day in query.days if day < today and (begin is None or day >= begin)]


async def _async_take_rows(statistics: SystemStatistics, query: QueriedDays, flows: Iterable[Flow]) -> None:
    """Take the hours that are in the statistics."""
    if not query.days:
        return
    start, end = midnight(query.days[0], query.zone), midnight(query.days[-1] + DAY, query.zone)
    finished = _finished(statistics, query)
    for flow in flows:
        rows = await statistics.book.async_rows(flow, start, end)
        parts = series_of_hours(rows).values()
        query.intervals[flow] = await statistics.hass.async_add_executor_job(_by_day, parts, query.zone)
        query.missing[flow] = [day for day in finished if day not in query.intervals[flow]]


def _take_recent(statistics: SystemStatistics, query: QueriedDays, flows: Iterable[Flow]) -> None:
    """Take the intervals that are kept of the last days."""
    recent = statistics.data.recent()
    finished = _finished(statistics, query)
    for flow in flows:
        kept = _by_day(recent.get(flow, {}).values(), query.zone)
        query.intervals[flow] = {day: parts for day, parts in kept.items() if day in query.days}
        # Beyond what is kept there is no need to look closely.
        query.missing[flow] = [
            day for day in finished if day not in kept or not is_flow_complete(statistics.coordinator, flow, day)
        ]


async def _async_take_totals(
    statistics: SystemStatistics, archive: Archive, query: QueriedDays, allowance: Allowance
) -> int:
    """Ask for the totals of missing days, the newest first; return the price of what could not be paid."""
    unpaid = 0
    absent = _askable(statistics, archive, query)
    for begin, end in archive.chunks(statistics.data, absent[0], absent[-1]) if absent else ():
        inside = [day for day in absent if begin <= day <= end]
        if not inside:
            continue
        price = archive.price(statistics.data, inside[0], inside[-1])
        if price > allowance.left:
            unpaid += price
            continue
        async with allowance.spend(price):
            totals = await async_read_totals(statistics, archive, inside[0], inside[-1], dt_util.utcnow())
        statistics.add_answer(totals)
        for flow, of_flow in totals.items():
            for day in set(query.missing.get(flow, ())) & of_flow.keys():
                query.totals.setdefault(flow, {})[day] = of_flow[day]
                query.missing[flow].remove(day)
    return unpaid


async def _async_take_details(
    statistics: SystemStatistics, archive: Archive, query: QueriedDays, allowance: Allowance
) -> int:
    """Ask for the intervals of missing days, the newest first; return the price of what could not be paid."""
    unpaid = 0
    for day in reversed(_askable(statistics, archive, query)):
        price = archive.detail_price(statistics.data, day, dt_util.utcnow())
        if price > allowance.left:
            unpaid += price
            continue
        async with allowance.spend(price):
            detail = await async_read_detail(statistics, archive, day, dt_util.utcnow())
        for flow, parts in detail.items():
            if parts and day in query.missing.get(flow, ()):
                query.intervals[flow][day] = parts
                query.missing[flow].remove(day)
    return unpaid


def _askable(statistics: SystemStatistics, archive: Archive, query: QueriedDays) -> list[date]:
    """Return the missing days that the cloud may have something of, ascending."""
    known = archive.flows(statistics.data)
    return sorted({day for flow, days in query.missing.items() if flow in known for day in days})


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


def _answer(query: QueriedDays, flows: Iterable[Flow], period: Period) -> dict[str, list[dict[str, Any]]]:
    """Write the intervals of each flow with the length of the period."""
    found: dict[str, list[dict[str, Any]]] = {}
    for flow in flows:
        days = dict(sorted(query.intervals.get(flow, {}).items()))
        if period is Period.FINE:
            parts = [(one.start, one.end, one.energy_wh) for day in days.values() for one in day]
        elif period is Period.HOUR:
            hours = hours_of(one for day in days.values() for one in day)
            parts = [(hour, hour + HOUR, energy) for hour, energy in hours.items()]
        else:
            sums = {day: fsum(one.energy_wh for one in parts) for day, parts in days.items()}
            parts = _sums(query, {**sums, **query.totals.get(flow, {})}, period)
        found[str(flow)] = [
            {
                "start": start.astimezone(query.zone).isoformat(),
                "end": end.astimezone(query.zone).isoformat(),
                "energy_wh": round(energy, 3),
            }
            for start, end, energy in parts
        ]
    return found


def _sums(query: QueriedDays, totals: Mapping[date, float], period: Period) -> list[tuple[datetime, datetime, float]]:
    """Return days or months of which something is known; the last month ends with the query."""
    found = []
    periods = groupby(query.days, key=lambda day: day if period is Period.DAY else day.replace(day=1))
    for _, days in periods:
        inside = list(days)
        known = [totals[day] for day in inside if day in totals]
        if known:
            found.append((midnight(inside[0], query.zone), midnight(inside[-1] + DAY, query.zone), fsum(known)))
    return found
