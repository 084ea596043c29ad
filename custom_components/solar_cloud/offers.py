"""What the owner of a system may have for the asking: its past, at a price, and an older integration's statistic."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .issues import clear_offers, raise_import_offer, raise_move_offer, take_back_import_offer, take_back_move_offer
from .moving import async_overlap

if TYPE_CHECKING:
    from datetime import date

    from .bookkeeper import Bookkeeper
    from .coordinator import SystemCoordinator

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
        one, books = self._coordinator, self._bookkeeper
        first, begin = books.state.first, books.begin()
        if (
            books.archive is None
            or books.archive.is_free
            or books.state.wanted is not None
            or first is None
            or begin is None
            or begin >= first
        ):
            take_back_import_offer(one.hass, one.system.key)
        else:
            raise_import_offer(one.hass, one.system.key, one.name, one.config_entry.entry_id, one.subentry_id)

    async def _async_look_for_old(self) -> None:
        one = self._coordinator
        if await async_overlap(one) is not None:
            raise_move_offer(one.hass, one.system.key, one.name, one.config_entry.entry_id, one.subentry_id)
        else:
            take_back_move_offer(one.hass, one.system.key)

    @callback
    def shutdown(self) -> None:
        """Take the offers of a disabled account back; over a reload they stay, as does that one was ignored."""
        if self._coordinator.config_entry.disabled_by is not None:
            clear_offers(self._coordinator.hass, self._coordinator.system.key)
