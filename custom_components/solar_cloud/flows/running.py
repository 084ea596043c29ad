"""Finds what a dialog works on: a system whose account is running."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..runtime import SolarCloudConfigEntry
from ..statistics.bookkeeper import Bookkeeper


@callback
def running_bookkeeper(hass: HomeAssistant, entry_id: str, subentry_id: str) -> Bookkeeper | None:
    """Return who keeps the statistics of a system whose account is running and of which something is known."""
    entry: SolarCloudConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
        return None
    system = entry.runtime_data.systems.get(subentry_id)
    return system.bookkeeper if system is not None and system.coordinator.has_data else None
