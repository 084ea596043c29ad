"""The check that the hours in the statistics add up to what the cloud says of each day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from ..cloud.archive import Archive
from ..history.hours import SAME_WH, day_hours, day_total, days_between
from ..model.data import midnight
from ..model.elements import Flow
from .allowance import Purse

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .book import Book
    from .bookkeeper import Bookkeeper

DAY = timedelta(days=1)


async def async_verify(
    coordinator: SystemCoordinator, bookkeeper: Bookkeeper, archive: Archive, first: date, last: date
) -> dict[str, Any]:
    """Compare finished days of a system, both included, in every flow whose past its cloud tells.

    Totals that are known from the last reading cost nothing; for the others the cloud is asked, if the month allows.
    Raises `ServiceValidationError` when it does not, and `HomeAssistantError` when the cloud fails.
    """
    purse = Purse(coordinator)
    flows = [flow for flow in Flow if flow in archive.flows(coordinator.data)]
    totals = await _async_totals(coordinator, bookkeeper, archive, flows, first, last, purse)
    compared = []
    for flow in flows:
        compared += await _async_compare(coordinator, bookkeeper.book, flow, totals.get(flow, {}), first, last)
    compared.sort(key=lambda one: str(one["day"]))
    judged = [one["agrees"] for one in compared if one["agrees"] is not None]
    return {
        "system": coordinator.name,
        "time_zone": coordinator.zone.key,
        "requests": purse.spent,
        "agrees": all(judged) if judged else None,
        "days": compared,
    }


async def _async_totals(
    coordinator: SystemCoordinator,
    bookkeeper: Bookkeeper,
    archive: Archive,
    flows: list[Flow],
    first: date,
    last: date,
    purse: Purse,
) -> Mapping[Flow, Mapping[date, float]]:
    """Return the cloud's totals, asking for the span of days that are not known in every flow."""
    known = {flow: dict(bookkeeper.state.totals.get(flow, {})) for flow in flows}
    unknown = [day for day in days_between(first, last) if any(day not in known[flow] for flow in flows)]
    if not unknown:
        return known
    purse.demand(archive.price(coordinator.data, unknown[0], unknown[-1]))
    for begin, end in archive.chunks(coordinator.data, unknown[0], unknown[-1]):
        async with purse.paying(archive.price(coordinator.data, begin, end)):
            told = await archive.totals(coordinator.data, begin, end, dt_util.utcnow())
        for flow, of_flow in told.items():
            known.setdefault(flow, {}).update(of_flow)
    return known


async def _async_compare(
    coordinator: SystemCoordinator, book: Book, flow: Flow, totals: Mapping[date, float], first: date, last: date
) -> list[dict[str, Any]]:
    """Return both energies of each day; `None` where there is none, and nothing is judged without the cloud's."""
    zone = coordinator.zone
    rows = await book.async_rows(flow, midnight(first, zone), midnight(last + DAY, zone))
    found = []
    for day in days_between(first, last):
        booked = day_total(rows, day, zone) if any(hour in rows for hour in day_hours(day, zone)) else None
        told = totals.get(day)
        difference = None if booked is None or told is None else booked - told
        found.append(
            {
                "day": day.isoformat(),
                "flow": str(flow),
                "statistics_wh": None if booked is None else round(booked, 3),
                "vendor_wh": None if told is None else round(told, 3),
                "difference_wh": None if difference is None else round(difference, 3),
                "agrees": None if told is None else difference is not None and abs(difference) < SAME_WH,
            }
        )
    return found
