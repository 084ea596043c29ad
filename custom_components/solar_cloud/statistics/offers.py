"""What the owner of a system may have for the asking: its past, at a price, and an older integration's statistic."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .issues import Offer, clear_offers, raise_offer, take_back_offer
from .takeover import async_overlap

if TYPE_CHECKING:
    from datetime import date

    from ..coordinator import SystemCoordinator
    from .bookkeeper import Bookkeeper

LOOK_AGAIN = timedelta(days=1)
"""How often it is looked for an old statistic; at once when our own begins elsewhere."""


class Offers:
    """The offers of one system: each is made while there is something to have."""

    def __init__(self, coordinator: SystemCoordinator, bookkeeper: Bookkeeper) -> None:
        """Watch a system's statistics."""
        self._coordinator = coordinator
        self._bookkeeper = bookkeeper
        self._looked: tuple[date | None, datetime] | None = None

    async def async_look(self, now: datetime) -> None:
        """Make the offers, or take them back; reads the database seldom and costs no request."""
        self._look_for_past()
        first = self._bookkeeper.state.first
        if self._looked is None or self._looked[0] != first or now - self._looked[1] >= LOOK_AGAIN:
            self._looked = (first, now)
            await self._async_look_for_old()

    @callback
    def _look_for_past(self) -> None:
        books = self._bookkeeper
        first, begin = books.state.first, books.begin()
        self._set(
            Offer.IMPORT_HISTORY,
            is_there=books.archive is not None
            and not books.archive.is_free
            and books.state.wanted is None
            and first is not None
            and begin is not None
            and begin < first,
        )

    async def _async_look_for_old(self) -> None:
        self._set(
            Offer.MOVE_HISTORY, is_there=await async_overlap(self._coordinator, self._bookkeeper.book) is not None
        )

    @callback
    def _set(self, offer: Offer, *, is_there: bool) -> None:
        """Make an offer, or take it back."""
        one = self._coordinator
        if is_there:
            raise_offer(one.hass, offer, one.system.key, one.name, one.config_entry.entry_id, one.subentry_id)
        else:
            take_back_offer(one.hass, offer, one.system.key)

    @callback
    def shutdown(self) -> None:
        """Take the offers of a disabled account back; over a reload they stay, as does that one was ignored."""
        if self._coordinator.config_entry.disabled_by is not None:
            clear_offers(self._coordinator.hass, self._coordinator.system.key)
