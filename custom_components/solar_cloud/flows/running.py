"""Finds what a dialog works on: a system whose account is running."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..coordinator import SolarCloudConfigEntry
from ..statistics.bookkeeper import Bookkeeper


@callback
def running_bookkeeper(hass: HomeAssistant, entry_id: str, subentry_id: str) -> Bookkeeper | None:
    """Return who keeps the statistics of a system whose account is running and of which something is known."""
    entry: SolarCloudConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
        return None
    coordinator = entry.runtime_data.coordinators.get(subentry_id)
    return coordinator.bookkeeper if coordinator is not None and coordinator.has_data else None
