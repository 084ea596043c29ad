"""Solar Cloud: Enphase systems and SolarEdge sites through the vendors' official cloud APIs."""

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .account.callback_view import async_register_callback
from .account.clients import async_client
from .account.coordinator import AccountCoordinator
from .account.device import register_account
from .account.grants import async_follow_grant, async_grant, async_revoke_grant
from .account.issues import clear_devices_missing
from .account.metered import CLOUD_VENDOR, async_metered, metered_account
from .account.reauth import async_reauth_while_refused
from .account.reload import settings_of, take_changed
from .const import CONF_CLOUD, CONF_CYCLE_DAY, CONF_SETUP, CONF_SYSTEM_ID, DOMAIN, SUBENTRY_TYPE_SYSTEM
from .frontend.dashboard import async_serve_dashboard, async_update_dashboard
from .runtime import AccountRuntime, SolarCloudConfigEntry, async_load_systems, build_system
from .services import async_setup_services
from .statistics.issues import clear_finish_setup, clear_offers

if TYPE_CHECKING:
    from .account.storage import OwnStore
    from .coordinator import SystemCoordinator

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
ACCOUNT_PLATFORMS = [Platform.SENSOR]
PLATFORMS = [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, *ACCOUNT_PLATFORMS]
"""The platforms of an account with systems. One without has entities of its own only, and loads no more."""
TRIES = 3
"""How many systems are asked at set-up before the account counts as unreachable."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, the page of the sign-in and the dashboard; they are there before the first account is."""
    async_setup_services(hass)
    async_register_callback(hass)
    await async_serve_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> bool:
    """Set up an account with its systems; raises when none of them can be read and nothing was known before."""
    async_update_dashboard(hass)
    grant = await async_grant(hass, entry)
    subentries = list(entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM))
    if subentries:
        await async_load_systems(hass)
    # With a key and without systems nothing is read. Tokens have one client, whoever asks.
    has_client, cycle_day = bool(subentries) or grant is not None, entry.options.get(CONF_CYCLE_DAY, 1)
    client = await async_client(hass, entry.data, cycle_day, grant) if has_client else None
    if client is None:
        await async_metered(hass, entry.data, cycle_day)
    metered = metered_account(hass, entry.data)
    account_device_id = register_account(hass, entry, CLOUD_VENDOR[entry.data[CONF_CLOUD]])
    systems = {
        subentry.subentry_id: build_system(hass, entry, subentry, client, metered, account_device_id)
        for subentry in subentries
        if client is not None  # it is there, as there are systems
    }
    if retry_refused := take_changed(hass, entry.entry_id):
        metered.ledger.confirm_limits(dt_util.utcnow())
    for system in systems.values():
        await system.async_restore(retry_refused=retry_refused)
    await _async_prove([system.coordinator for system in systems.values()])
    entry.runtime_data = AccountRuntime(
        client=client, metered=metered, account=AccountCoordinator(hass, entry, metered), systems=systems
    )
    entry.async_on_unload(entry.add_update_listener(_ChangeListener(entry)))
    if client is not None:
        async_reauth_while_refused(hass, entry, client)
    if grant is not None:
        async_follow_grant(hass, entry, grant)
    await hass.config_entries.async_forward_entry_setups(entry, _platforms(entry))
    for system in systems.values():
        system.async_start()
        await asyncio.sleep(0)  # of a hundred systems each takes some milliseconds
    return True  # 2026.10 demands it; from 2026.11 on it is custom integrations only that still may


async def _async_prove(coordinators: Collection[SystemCoordinator]) -> None:
    """Read one system, unless a system is known from before; the others follow in the background."""
    if not coordinators or any(coordinator.has_data for coordinator in coordinators):
        return
    failure: ConfigEntryNotReady | None = None
    for coordinator in list(coordinators)[:TRIES]:
        try:
            await coordinator.async_config_entry_first_refresh()
        except ConfigEntryNotReady as err:
            failure = failure or err
        else:
            return
    if failure is not None:
        raise failure


class _ChangeListener:
    """Reloads the account when its credential, plan, options or set of systems changed, and only then."""

    def __init__(self, entry: SolarCloudConfigEntry) -> None:
        self._seen = self._state(entry)

    @staticmethod
    def _state(entry: SolarCloudConfigEntry) -> tuple[dict[str, Any], dict[str, Any]]:
        return {**settings_of(entry.data), **entry.options}, {
            key: {name: value for name, value in subentry.data.items() if name != CONF_SETUP}
            for key, subentry in entry.subentries.items()
        }

    async def __call__(self, hass: HomeAssistant, entry: SolarCloudConfigEntry) -> None:
        """Compare with what was loaded."""
        seen, self._seen = self._seen, self._state(entry)
        if seen == self._seen:
            return
        removed = [data[CONF_SYSTEM_ID] for key, data in seen[1].items() if key not in self._seen[1]]
        await hass.config_entries.async_reload(entry.entry_id)
        await _async_forget(hass, entry, removed)
        (await hass.async_add_import_executor_job(_setup_issue))(hass, entry)


def _setup_issue() -> Callable[[HomeAssistant, SolarCloudConfigEntry], None]:
    """Import what asks for the first steps of systems, and return it."""
    from .statistics.setup import async_update_setup_issue

    return async_update_setup_issue


async def async_unload_entry(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> bool:
    """Unload an account; its data and its request count stay on disk."""
    async_update_dashboard(hass)
    return await hass.config_entries.async_unload_platforms(entry, _platforms(entry))


def _platforms(entry: SolarCloudConfigEntry) -> list[Platform]:
    """Return the platforms of an account as it was set up; a system that was added or removed since does not count."""
    return PLATFORMS if entry.runtime_data.systems else ACCOUNT_PLATFORMS


async def async_remove_entry(hass: HomeAssistant, entry: SolarCloudConfigEntry) -> None:
    """Forget the data of an account's systems and revoke its grant.

    Its request count stays: the vendor does not forget it either.
    """
    async_update_dashboard(hass)
    clear_devices_missing(hass, entry.entry_id)
    clear_finish_setup(hass, entry.entry_id)
    await async_revoke_grant(hass, entry)
    await _async_forget(
        hass, entry, [subentry.data[CONF_SYSTEM_ID] for subentry in entry.get_subentries_of_type(SUBENTRY_TYPE_SYSTEM)]
    )


async def _async_forget(hass: HomeAssistant, entry: SolarCloudConfigEntry, system_ids: Collection[str]) -> None:
    if not system_ids:
        return
    clear_underperforming, system_store = await hass.async_add_import_executor_job(_forgetting)
    vendor = CLOUD_VENDOR[entry.data[CONF_CLOUD]]
    for system_id in system_ids:
        clear_underperforming(hass, f"{vendor}_{system_id}")
        clear_offers(hass, f"{vendor}_{system_id}")
        await system_store(hass, f"{vendor}_{system_id}").async_remove()


def _forgetting() -> tuple[Callable[[HomeAssistant, str], None], Callable[[HomeAssistant, str], OwnStore]]:
    """Import what clears a system's issue, and what knows its file, and return both."""
    from .system.storage import system_store
    from .upkeep.issues import clear_underperforming

    return clear_underperforming, system_store


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Let the owner delete a device that its cloud no longer lists."""
    if (DOMAIN, entry.entry_id) in device.identifiers:
        return False
    system = entry.runtime_data.systems.get(device.config_subentry_id or "")
    if system is None or not system.coordinator.has_data:
        return True
    return not device.identifiers & system.devices.identifiers()
