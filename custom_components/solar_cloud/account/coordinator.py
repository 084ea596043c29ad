"""The requests of an account, as its sensors publish them: pushed whenever a system has been read, never polled."""

from dataclasses import dataclass
from datetime import datetime
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .metered import MeteredAccount

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What a ledger says at one moment."""

    used: int
    left: int
    resets_at: datetime


class AccountCoordinator(DataUpdateCoordinator[Requests]):
    """The requests of one account; accounts of one credential publish the same."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, metered: MeteredAccount) -> None:
        """Follow the credential's ledger until the account is unloaded."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title, always_update=False)
        self._metered = metered
        self.data = self._requests()
        entry.async_on_unload(metered.async_add_watcher(self._ledger_changed))

    @callback
    def _ledger_changed(self) -> None:
        if (requests := self._requests()) != self.data:
            self.async_set_updated_data(requests)

    def _requests(self) -> Requests:
        now, ledger = dt_util.utcnow(), self._metered.ledger
        return Requests(used=ledger.used(now), left=ledger.left(now), resets_at=ledger.resets_at(now))
