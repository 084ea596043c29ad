"""Files that something must be in before it is used: a store that raises when it could not write."""

import asyncio
from collections.abc import Mapping
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any, override

from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION = 1
DAMAGED: Mapping[str, Any] = MappingProxyType({"days": None})
"""What a ledger is given for a file that cannot be read: a count that it has to assume."""


class StrictStore(Store[dict[str, Any]]):
    """A store that raises when it could not write.

    Home Assistant's own only logs a write that failed and puts it off while Home Assistant stops: good for settings,
    but requests are only sent, and tokens are only used, when they are on disk.
    """

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Name the file."""
        super().__init__(hass, STORAGE_VERSION, f"{DOMAIN}.{key}", private=True, atomic_writes=True)
        self._saving = asyncio.Lock()
        self._failed = False

    @override
    async def async_save(self, data: dict[str, Any]) -> None:
        """Write to disk; raise `HomeAssistantError` when it is not there on return."""
        if self.hass.state is CoreState.stopping:
            raise HomeAssistantError("Home Assistant is stopping")
        # Whoever waits may be cancelled, the write may not: a later one would overtake it, and the older data stay.
        if not await asyncio.shield(self.hass.async_create_task(self._async_saved(data), f"{DOMAIN} {self.key}")):
            raise HomeAssistantError("the file cannot be written")

    async def _async_saved(self, data: dict[str, Any]) -> bool:
        async with self._saving:
            self._failed = False
            await super().async_save(data)
            return not self._failed

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        try:
            await super()._async_write_data(data)
        except Exception:
            self._failed = True
            raise


class LedgerStore(StrictStore):
    """Where a request count is kept; a file that is no JSON is not taken for none."""

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Name the file after the metered credential."""
        super().__init__(hass, f"ledger.{key}")

    async def async_read(self) -> Mapping[str, Any] | None:
        """Return what was saved, `None` when nothing ever was, and `DAMAGED` when that cannot be read any more."""
        was_there = await self.hass.async_add_executor_job(self._was_there)
        try:
            stored = await self.async_load()
        except Exception:  # noqa: BLE001 - whatever a broken file raises, it must not keep the owner's data away
            stored = None
        if stored or not was_there:
            return stored
        _LOGGER.warning("The stored request count cannot be read: an even pace and the owner's share count as used")
        return DAMAGED

    def _was_there(self) -> bool:
        """Return whether there is a file, or the copy that Home Assistant keeps beside of one that is no JSON."""
        file = Path(self.path)
        return file.exists() or any(file.parent.glob(f"{file.name}.corrupt.*"))


class GrantStore(StrictStore):
    """Where the tokens of an account are kept; the entry has them too, but is written a second later."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the file after the account's entry."""
        super().__init__(hass, f"grant.{entry_id}")

    @override
    async def async_save(self, data: dict[str, Any]) -> None:
        """Write to disk; raise `HomeAssistantError` when it is not there on return.

        While Home Assistant stops, the write is its last act: a pair that came just then must not be lost.
        """
        if self.hass.state is CoreState.stopping:
            await Store.async_save(self, data)
        else:
            await super().async_save(data)

    async def async_read(self) -> Mapping[str, Any]:
        """Return what was saved; nothing where that cannot be read."""
        try:
            stored: Any = await self.async_load()
        except Exception:  # noqa: BLE001 - whatever a broken file raises, the entry still has tokens to try
            return {}
        return stored if isinstance(stored, dict) else {}
