"""The terms of an import of a system's past: from which day on, and at what price in requests."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..budget.rates import budget_of
from ..cloud.vendor_text import in_markdown
from ..history.hours import HOUR, days_between, hour_of
from ..model.elements import Flow
from ..model.series import EMPTY, midnight, unbroken_wh

if TYPE_CHECKING:
    from .system_statistics import SystemStatistics

DAY = timedelta(days=1)


def import_price(statistics: SystemStatistics, since: date) -> int:
    """Return the requests that it takes to import everything from a day on which is not there yet."""
    return sum(_prices(statistics, since))


def detailed_days(statistics: SystemStatistics, first: date, last: date) -> list[date]:
    """Return the days whose rows a part of an import reads.

    Where midnight lies within an hour, the rows of the day after the last one know the rest of its last hour.
    """
    days = days_between(max(first, statistics.first_detailed_day), last)
    end = midnight(last + DAY, statistics.zone)
    if days and hour_of(end) != end and _lacks_rows(statistics, end, hour_of(end) + HOUR):
        days.append(last + DAY)
    return days


def _lacks_rows(statistics: SystemStatistics, start: datetime, end: datetime) -> bool:
    """Return whether the recent intervals do not know all of a time, in which nothing is produced in the dark."""
    recent, flows = statistics.data.recent(), statistics.missing_flows(date.min)
    return any(
        unbroken_wh(recent.get(flow, EMPTY), start, end) is None
        for flow in flows
        if flow is not Flow.PRODUCTION or not statistics.coordinator.sunlight.is_dark(start, end)
    )


def largest_step(statistics: SystemStatistics, since: date) -> int:
    """Return the requests that the dearest part of an import takes: a month that does not allow it never will."""
    return max(_prices(statistics, since), default=0)


def refusal(statistics: SystemStatistics) -> str | None:
    """Return the reason why there is nothing to import, as a translation key; `None` when there is something."""
    if not statistics.book.available:
        return "no_recorder"
    if statistics.archive is None or statistics.archive.is_free:
        return "history_is_free"
    if statistics.state.first is None:
        return "nothing_booked"
    begin = statistics.begin()
    return "nothing_to_import" if begin is not None and begin >= statistics.state.first else None


def has_past_to_import(statistics: SystemStatistics) -> bool:
    """Return whether something lies before what is booked that has its price, and is not being imported yet."""
    archive, state = statistics.archive, statistics.state
    if archive is None or archive.is_free or state.is_importing:
        return False
    return proposed_day(statistics) < (state.first or statistics.today())


def proposed_day(statistics: SystemStatistics) -> date:
    """Return the first day of the system's life, or one a year back where the cloud does not report it."""
    first = statistics.state.first or statistics.today()
    return statistics.begin() or first.replace(year=first.year - 1, day=1)


def chosen_day(statistics: SystemStatistics, since: str) -> date | None:
    """Return the day that the owner chose (ISO), not before the system's life; `None` where all is there already."""
    day = max(date.fromisoformat(since), statistics.begin() or date.min)
    return day if day < (statistics.state.first or statistics.today()) else None


def highest_price(statistics: SystemStatistics, price: int) -> int:
    """Return what a price becomes at most while it is not known which meters and batteries the system has."""
    return price if statistics.archive is None else statistics.archive.at_most(statistics.data, price)


def placeholders(statistics: SystemStatistics, since: date, *, is_known: bool = True) -> dict[str, str]:
    """Return what the forms say of an import from a day on.

    While it is not known what the system has, a price is two: without meters and batteries, and with all of them.
    """
    archive, year = statistics.archive, statistics.today().year - 1
    per_year = 0 if archive is None else archive.price(statistics.data, date(year, 1, 1), date(year, 12, 31))

    def requests(price: int) -> str:
        most = price if is_known else highest_price(statistics, price)
        return f"{price}" if most == price else f"{price}–{most}"

    return {
        "name": in_markdown(statistics.name),
        "since": since.isoformat(),
        "first": (statistics.state.first or statistics.today()).isoformat(),
        "price": requests(import_price(statistics, since)),
        "left": f"{budget_of(statistics.metered.ledger, dt_util.utcnow()).left}",
        "per_year": requests(per_year),
    }


def _prices(statistics: SystemStatistics, since: date) -> list[int]:
    """Return the requests that each part of an import from a day on costs: its totals, and the rows of the last days.

    Flows that are booked already are not read once more.
    """
    if (archive := statistics.archive) is None:
        return []
    last = (statistics.state.first or statistics.today()) - DAY
    found = []
    for first, until in archive.chunks(statistics.data, since, last):
        if not (missing := statistics.missing_flows(first)):
            continue
        limited = archive.limited_to(missing)
        detailed = detailed_days(statistics, first, until)
        details = sum(limited.detail_price(statistics.data, day) for day in detailed)
        found.append(limited.price(statistics.data, first, until) + details)
    return found
