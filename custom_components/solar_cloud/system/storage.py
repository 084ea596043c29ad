"""Where the data of a system are kept over restarts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..account.storage import OwnStore, own_store
from ..model.data import SystemData
from .restore import dump, load
from .schedule import Schedule
from .state import SystemState

_LOGGER = logging.getLogger(__name__)

SAVE_DELAY = 10
"""Seconds; writes of one refresh become one. A clean stop writes at once."""

type Snapshot = Callable[[], dict[str, Any]]
"""Turns what was known at one moment into JSON data, in any thread."""


def system_store(hass: HomeAssistant, system_key: str) -> OwnStore:
    """Return where the last data of a system are kept."""
    # All that is stored is frozen, so another thread may turn it into JSON: a large system takes its time.
    return own_store(hass, f"system.{system_key}", serialize_in_event_loop=False)


class SystemStorage:
    """Reads and writes what is known of one system."""

    def __init__(self, hass: HomeAssistant, state: SystemState) -> None:
        """Name the file; nothing is read yet."""
        self._hass = hass
        self._state = state
        self._store = system_store(hass, state.data.system.key)

    async def async_load(self) -> None:
        """Fill the state with what was stored; what cannot be read is left out, and asked for anew."""
        if not (stored := await self._store.async_read()):
            return
        state = self._state
        try:
            # Days of quarter hours of each inverter: too much for the event loop.
            schedule, data = await self._hass.async_add_executor_job(_load, stored)
        except Exception as err:  # noqa: BLE001 - whatever is in the file, it must not keep the account away
            _LOGGER.debug("The stored data of %s are damaged: %s", state.data.system.name, type(err).__name__)
            await self._store.async_set_aside()
            return
        pacing = stored.get("pacing")
        state.pacing = pacing if isinstance(pacing, Mapping) else {}
        state.schedule = schedule
        own = state.data.system
        state.data = replace(data, system=replace(data.system, vendor=own.vendor, id=own.id))

    @callback
    def snapshot(self, pacing: Mapping[str, Any]) -> Snapshot:
        """Return what is known now, with what pacing is to know after a restart."""
        return partial(_dump, self._state.schedule, self._state.data, pacing)

    @callback
    def async_save_later(self, snapshot: Snapshot) -> None:
        """Write a snapshot soon, or when Home Assistant stops."""
        self._store.async_delay_save(snapshot, SAVE_DELAY)

    async def async_save(self, snapshot: Snapshot) -> None:
        """Write a snapshot at once."""
        await self._store.async_save(await self._hass.async_add_executor_job(snapshot))


def _load(stored: Mapping[str, Any]) -> tuple[Schedule, SystemData]:
    return load(Schedule, stored["schedule"]), load(SystemData, stored["data"])


def _dump(schedule: Schedule, data: SystemData, pacing: Mapping[str, Any]) -> dict[str, Any]:
    return {"schedule": dump(schedule), "data": dump(data), "pacing": pacing}
