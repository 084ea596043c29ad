"""What the flows ask and tell before the past of a system is imported: since when, and at what price."""

from datetime import date
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..budget.rates import budget_of

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator
    from .bookkeeper import Bookkeeper


def why_not(books: Bookkeeper) -> str | None:
    """Return the reason for which there is nothing to agree to; `None` when there is."""
    if not books.book.available:
        return "no_recorder"
    if books.archive is None or books.archive.is_free:
        return "history_is_free"
    if books.state.first is None:
        return "nothing_booked"
    begin = books.begin()
    return "nothing_to_import" if begin is not None and begin >= books.state.first else None


def earliest(coordinator: SystemCoordinator, books: Bookkeeper) -> date:
    """Return the day that is proposed: the first of the system's life, or a year back where nobody knows that."""
    first = books.state.first or coordinator.today()
    return books.begin() or first.replace(year=first.year - 1, day=1)


def chosen(coordinator: SystemCoordinator, books: Bookkeeper, since: str) -> date | None:
    """Return the day that the owner chose, not before the system's life; `None` where all that is there already."""
    day = max(date.fromisoformat(since), books.begin() or date.min)
    first = books.state.first
    return day if first is not None and day < first else None


def told(coordinator: SystemCoordinator, books: Bookkeeper, since: date) -> dict[str, str]:
    """Return what the forms say of an import from a day on."""
    year = coordinator.today().year - 1
    per_year = 0 if books.archive is None else books.archive.price(books.data, date(year, 1, 1), date(year, 12, 31))
    return {
        "name": coordinator.name,
        "since": since.isoformat(),
        "first": (books.state.first or coordinator.today()).isoformat(),
        "price": f"{books.price(since):,}",
        "left": f"{budget_of(coordinator.ledger, dt_util.utcnow()).left:,}",
        "per_year": f"{per_year:,}",
    }
