"""What the system information page shows: the requests of each account. Looking costs none."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .runtime import SolarCloudConfigEntry


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what the page shows."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the accounts, their systems, and the requests used and allowed in this month, summed over credentials."""
    entries: list[SolarCloudConfigEntry] = [
        entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.state is ConfigEntryState.LOADED
    ]
    now = dt_util.utcnow()
    # Accounts of one credential share its ledger, which counts once.
    ledgers = {id(entry.runtime_data.metered): entry.runtime_data.metered.ledger for entry in entries}.values()
    return {
        "accounts": len(entries),
        "systems": sum(len(entry.runtime_data.systems) for entry in entries),
        "requests_used": sum(ledger.used(now) for ledger in ledgers),
        "requests_left": sum(ledger.left(now) for ledger in ledgers),
    }
