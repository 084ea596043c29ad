"""What the owner of a system is offered: the import of its past, at a price, and an older integration's statistic."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .issues import Offer, clear_offers, raise_offer, take_back_offer
from .setup import async_update_setup_issue, setup_of
from .takeover import async_overlap

if TYPE_CHECKING:
    from datetime import date

    from .system_statistics import SystemStatistics

LOOK_AGAIN = timedelta(days=1)
"""How often an old statistic is looked for; at once when our own begins elsewhere."""


class Offers:
    """The offers of one system: each stands as long as there is something to import."""

    def __init__(self, statistics: SystemStatistics) -> None:
        """Take the statistics to watch."""
        self._statistics = statistics
        self._looked: tuple[date | None, datetime] | None = None

    async def async_update(self, now: datetime) -> None:
        """Make the offers, or take them back; reads the database seldom and costs no request."""
        async_update_setup_issue(self._statistics.hass, self._statistics.coordinator.config_entry)
        self._update_import()
        first = self._statistics.state.first
        if self._looked is None or self._looked[0] != first or now - self._looked[1] >= LOOK_AGAIN:
            self._looked = (first, now)
            self._set(Offer.MOVE_HISTORY, is_there=await async_overlap(self._statistics) is not None)

    @callback
    def _update_import(self) -> None:
        archive, state, begin = self._statistics.archive, self._statistics.state, self._statistics.begin()
        self._set(
            Offer.IMPORT_HISTORY,
            is_there=archive is not None
            and not archive.is_free
            and state.wanted is None
            and state.first is not None
            and begin is not None
            and begin < state.first
            and not self._is_asked_elsewhere(),
        )

    def _is_asked_elsewhere(self) -> bool:
        """Return whether the dialog of the first steps asks the same, or has been answered."""
        setup = setup_of(self._statistics.coordinator)
        return setup is not None and (not setup.is_answered or setup.since is not None or setup.declines_past)

    @callback
    def _set(self, offer: Offer, *, is_there: bool) -> None:
        """Make an offer, or take it back."""
        one = self._statistics.coordinator
        if is_there:
            raise_offer(one.hass, offer, one.system.key, one.name, one.config_entry.entry_id, one.subentry_id)
        else:
            take_back_offer(one.hass, offer, one.system.key)

    @callback
    def shutdown(self) -> None:
        """Take the offers of a disabled account back; over a reload they stay, and an ignored one stays ignored."""
        one = self._statistics.coordinator
        if one.config_entry.disabled_by is not None:
            clear_offers(one.hass, one.system.key)
            async_update_setup_issue(one.hass, one.config_entry)
