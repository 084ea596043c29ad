"""The check that the hours in the statistics add up to what the cloud says of each day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from ..cloud.archive import Archive
from ..history.hours import HOUR, adds_up, day_hours, day_total, days_between
from ..model.elements import Flow
from ..model.series import midnight
from .allowance import Allowance
from .reading import async_read_totals

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)


async def async_verify(statistics: SystemStatistics, archive: Archive, first: date, last: date) -> dict[str, Any]:
    """Compare finished days of a system, both included, in every flow that has a past.

    Totals that are known from the last reading cost nothing; the others are read from the cloud, if the month allows.
    Raises `ServiceValidationError` when it does not, and `HomeAssistantError` when the cloud fails.
    """
    allowance = Allowance(statistics.coordinator, statistics.metered)
    flows = [flow for flow in Flow if flow in archive.flows(statistics.data)]
    totals = await _async_totals(statistics, archive, flows, first, last, allowance)
    compared = []
    for flow in flows:
        compared += await _async_compare(statistics, flow, totals.get(flow, {}), first, last)
    compared.sort(key=lambda one: str(one["day"]))
    known = [one["agrees"] for one in compared if one["agrees"] is not None]
    return {
        "system": statistics.name,
        "time_zone": statistics.zone.key,
        "requests": allowance.spent,
        "agrees": all(known) if known else None,
        "days": compared,
    }


async def _async_totals(
    statistics: SystemStatistics, archive: Archive, flows: list[Flow], first: date, last: date, allowance: Allowance
) -> Mapping[Flow, Mapping[date, float]]:
    """Return the cloud's totals, reading the span of days that are not known in every flow."""
    known = {flow: dict(statistics.state.totals.get(flow, {})) for flow in flows}
    unknown = [day for day in days_between(first, last) if any(day not in known[flow] for flow in flows)]
    if not unknown:
        return known
    allowance.require(archive.price(statistics.data, unknown[0], unknown[-1]))
    for begin, end in archive.chunks(statistics.data, unknown[0], unknown[-1]):
        async with allowance.spend(archive.price(statistics.data, begin, end)):
            totals = await async_read_totals(statistics, archive, begin, end, dt_util.utcnow())
        statistics.add_answer(totals)
        for flow, of_flow in totals.items():
            known.setdefault(flow, {}).update(of_flow)
    return known


async def _async_compare(
    statistics: SystemStatistics, flow: Flow, totals: Mapping[date, float], first: date, last: date
) -> list[dict[str, Any]]:
    """Return both energies of each day; `None` where there is none, and `agrees` is `None` without the cloud's."""
    zone, book = statistics.zone, statistics.book
    rows = await book.async_rows(flow, midnight(first, zone) - HOUR, midnight(last + DAY, zone) + HOUR)
    found = []
    for day in days_between(first, last):
        booked = day_total(rows, day, zone) if any(hour in rows for hour in day_hours(day, zone)) else None
        reported = totals.get(day)
        difference = None if booked is None or reported is None else booked - reported
        agrees = booked is not None and reported is not None and adds_up(rows, day, zone, reported)
        found.append(
            {
                "day": day.isoformat(),
                "flow": str(flow),
                "statistics_wh": None if booked is None else round(booked, 3),
                "vendor_wh": None if reported is None else round(reported, 3),
                "difference_wh": None if difference is None else round(difference, 3),
                "agrees": None if reported is None else agrees,
            }
        )
    return found
