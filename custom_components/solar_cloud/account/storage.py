"""The files of this integration: what cannot be read is set aside, and what has to be on disk is, or it raises."""

import asyncio
from collections.abc import Mapping
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any, override

from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..home_assistant_internals import ReportingStore
from .disk import disk_of

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION = 1
DAMAGED: Mapping[str, Any] = MappingProxyType({"days": None})
"""What a ledger is given for a file that cannot be read: a count that it has to assume."""
RETRY = 60
"""Seconds after which a write that failed is tried again."""


class OwnStore(ReportingStore):
    """A file of ours. One that cannot be read keeps no account away: it is set aside, and worked out anew.

    What cannot be written now is kept, and written as soon as the disk takes it.
    """

    def __init__(self, hass: HomeAssistant, key: str, *, serialize_in_event_loop: bool = True) -> None:
        """Name the file. Where it takes its time to become JSON, it may do so in another thread."""
        super().__init__(
            hass,
            STORAGE_VERSION,
            f"{DOMAIN}.{key}",
            private=True,
            atomic_writes=True,
            serialize_in_event_loop=serialize_in_event_loop,
        )
        self._disk = disk_of(hass)

    @override
    @callback
    def async_on_written(self) -> None:
        """Note that the disk takes this file."""
        self._disk.written(self.key)

    @override
    @callback
    def async_on_refused(self, content: dict[str, Any], error: Exception) -> None:
        """Try again later, unless something newer is to be written anyway."""
        self._disk.failed(self.key, error)
        if not self.is_waiting:
            self.async_delay_save(lambda: content, RETRY)

    @override
    async def async_remove(self) -> None:
        """Remove the file, and forget what was still to be written."""
        self.async_forget_waiting()
        await super().async_remove()
        self._disk.written(self.key)

    async def async_read(self) -> Mapping[str, Any] | None:
        """Return what was saved; `None` when nothing ever was, or when it cannot be read and was set aside."""
        was_there = await self.hass.async_add_executor_job(Path(self.path).exists)
        try:
            stored: Any = await self.async_load()
        except Exception as err:  # noqa: BLE001 - a newer version, a folder, a disk that fails: none keeps an account away
            _LOGGER.debug("%s cannot be loaded: %s", self.key, type(err).__name__)
            stored = None
        if isinstance(stored, dict):
            return stored
        if was_there:
            await self.async_set_aside()
        return None

    async def async_set_aside(self) -> None:
        """Move a file that cannot be used out of the way, and say so: it is worked out anew."""
        # Home Assistant keeps a file that is no JSON under such a name itself.
        aside = f"{self.path}.corrupt.{dt_util.utcnow():%Y%m%dT%H%M%S}"
        kept = await self.hass.async_add_executor_job(_moved, self.path, aside)
        where = f"A copy is kept as {Path(aside).name}" if kept else "It cannot be moved away"
        _LOGGER.warning("The file %s cannot be used. %s. Solar Cloud rebuilds its content", self.key, where)


STORES: HassKey[dict[str, OwnStore]] = HassKey(f"{DOMAIN}.stores")


@callback
def own_store(hass: HomeAssistant, key: str, *, serialize_in_event_loop: bool = True) -> OwnStore:
    """Return the one store of a file: whoever comes after a reload reads what could not be written yet."""
    stores = hass.data.setdefault(STORES, {})
    if key not in stores:
        stores[key] = OwnStore(hass, key, serialize_in_event_loop=serialize_in_event_loop)
    return stores[key]


def _moved(path: str, aside: str) -> bool:
    """Return whether a file is out of the way now."""
    try:
        Path(path).rename(aside)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


class StrictStore(OwnStore):
    """A store that raises when it could not write.

    Home Assistant's own only logs a write that failed and puts it off while Home Assistant stops: good for settings,
    but requests are only sent, and tokens are only used, when they are on disk.
    """

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Name the file."""
        super().__init__(hass, key)
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
    @callback
    def async_on_refused(self, content: dict[str, Any], error: Exception) -> None:
        """Leave it to whoever waits for the write: what is worth writing is theirs to say."""
        self._disk.failed(self.key, error)
        self._failed = True

    @override
    @callback
    def async_on_failed(self) -> None:
        """Note that nothing was written."""
        self._failed = True


class LedgerStore(StrictStore):
    """Where a request count is kept; a file that is no JSON is not taken for none."""

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Name the file after the metered credential."""
        super().__init__(hass, f"ledger.{key}")

    @override
    async def async_read(self) -> Mapping[str, Any] | None:
        """Return what was saved, `None` when nothing ever was, and `DAMAGED` when that cannot be read any more."""
        was_there = await self.hass.async_add_executor_job(self._was_there)
        if (stored := await super().async_read()) or not was_there:
            return stored
        _LOGGER.warning(
            "The stored request count cannot be read. Solar Cloud assumes an even pace so far, and that your own share "
            "of the requests is used up"
        )
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
            await OwnStore.async_save(self, data)
        else:
            await super().async_save(data)
