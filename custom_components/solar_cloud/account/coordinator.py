"""The requests of an account, as its sensors publish them: whoever spends them, but seldom enough for the recorder."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .issues import clear_clock_wrong, raise_clock_wrong
from .metered import MeteredAccount

_LOGGER = logging.getLogger(__name__)

PUBLISH_EVERY = timedelta(minutes=15)
"""A plan with many requests would write a state for each."""
SET_UP = timedelta(minutes=1)
"""After so long set-up has sent what it sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What a ledger says at one moment."""

    used: int
    left: int
    resets_at: datetime


class AccountCoordinator(DataUpdateCoordinator[Requests]):
    """The requests of one account; accounts of one credential publish the same."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, metered: MeteredAccount) -> None:
        """Follow the credential's ledger until the account is unloaded."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=entry.title, always_update=False)
        self._metered = metered
        self._unsub_publish: CALLBACK_TYPE | None = None
        self._is_clock_wrong = False
        self._published_at = dt_util.utcnow() + SET_UP - PUBLISH_EVERY
        self.data = self._requests()
        entry.async_on_unload(metered.async_add_watcher(self._ledger_changed))
        entry.async_on_unload(self._stop)

    @override
    async def _async_update_data(self) -> Requests:
        """Return what the ledger says now: somebody asked for it, and it costs nothing."""
        self._published_at = dt_util.utcnow()
        return self._requests()

    @callback
    def _ledger_changed(self) -> None:
        """Publish at once what has not changed for a while, else when it is time again."""
        self._check_clock()
        if self._unsub_publish is not None or self._requests() == self.data:
            return
        wait = self._published_at + PUBLISH_EVERY - dt_util.utcnow()
        if timedelta(0) < wait <= PUBLISH_EVERY:
            self._unsub_publish = async_call_later(self.hass, wait, self._publish)
        else:
            self._publish()

    @callback
    def _publish(self, _now: datetime | None = None) -> None:
        self._unsub_publish = None
        self._published_at = dt_util.utcnow()
        if (requests := self._requests()) != self.data:
            self.async_set_updated_data(requests)

    def _check_clock(self) -> None:
        """Report, once, that Home Assistant's clock is wrong, and when it is right again."""
        is_wrong = (apart := self._metered.clock_apart) is not None
        if is_wrong == self._is_clock_wrong:
            return
        self._is_clock_wrong = is_wrong
        entry = self.config_entry
        if apart is None:
            clear_clock_wrong(self.hass, entry.entry_id)
        else:
            _LOGGER.warning(
                "Home Assistant's clock differs from the servers of %s by %s. Until you set it right, the statistics "
                "complete no day",
                entry.title,
                apart,
            )
            raise_clock_wrong(self.hass, entry.entry_id, entry.title, apart)

    @callback
    def _stop(self) -> None:
        clear_clock_wrong(self.hass, self.config_entry.entry_id)
        if self._unsub_publish is not None:
            self._unsub_publish()
            self._unsub_publish = None

    def _requests(self) -> Requests:
        now, ledger = dt_util.utcnow(), self._metered.ledger
        return Requests(used=ledger.used(now), left=ledger.left(now), resets_at=ledger.resets_at(now))
