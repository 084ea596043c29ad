"""Finds what a dialog works on: the systems of an account that is running."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..runtime import AccountRuntime, SolarCloudConfigEntry, SystemRuntime

if TYPE_CHECKING:
    from ..statistics.bookkeeper import Bookkeeper


@callback
def running_systems(entry: SolarCloudConfigEntry | None) -> Mapping[str, SystemRuntime]:
    """Return what runs for the systems of an account, by subentry id; nothing when the account is not running."""
    if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
        return {}
    runtime: AccountRuntime | None = getattr(entry, "runtime_data", None)
    return {} if runtime is None else runtime.systems


@callback
def running_bookkeeper(hass: HomeAssistant, entry_id: str, subentry_id: str) -> Bookkeeper | None:
    """Return who keeps the statistics of a system whose account is running and of which something is known."""
    system = running_systems(hass.config_entries.async_get_entry(entry_id)).get(subentry_id)
    return system.bookkeeper if system is not None and system.coordinator.has_data else None
