"""The metered credentials of this Home Assistant: one ledger each, whichever entries use it, kept on disk for ever."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any, override
from zoneinfo import ZoneInfo

from homeassistant.const import CONF_API_KEY, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .budget.ledger import Ledger
from .budget.pacing import Pacing
from .budget.plan import PLANS, Limits
from .cloud import enphase_v2, solaredge
from .cloud.base import Cloud
from .cloud.model import Vendor
from .cloud.transport import Account
from .const import (
    CLOUD_ENPHASE_V2,
    CLOUD_SOLAREDGE,
    CONF_ACCOUNT_KEY,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_PER_MINUTE,
    CONF_PER_MONTH,
    CONF_PLAN,
    CONF_USER_ID,
    DOMAIN,
    PLAN_CUSTOM,
)

_LOGGER = logging.getLogger(__name__)

STORAGE_VERSION = 1
DAMAGED: Mapping[str, Any] = MappingProxyType({"days": None})
"""What a ledger is given for a file that cannot be read: a count that it has to assume."""

CLOUD_VENDOR = {CLOUD_ENPHASE_V2: Vendor.ENPHASE, CLOUD_SOLAREDGE: Vendor.SOLAREDGE}
DEFAULT_BASE_URL = {CLOUD_ENPHASE_V2: enphase_v2.DEFAULT_BASE_URL, CLOUD_SOLAREDGE: solaredge.DEFAULT_BASE_URL}


def fingerprint(*parts: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of what names something, so that no file or id shows it."""
    return sha256(":".join(parts).encode()).hexdigest()[:16]


def entry_unique_id(data: Mapping[str, Any]) -> str:
    """Return an account's unique id: the cloud and the fingerprint of what names the account there."""
    cloud = data[CONF_CLOUD]
    parts = [data[CONF_API_KEY]]
    if cloud == CLOUD_ENPHASE_V2:
        parts.append(data[CONF_USER_ID])
    return f"{cloud}_{fingerprint(*parts)}"


def limits_of(data: Mapping[str, Any]) -> Limits:
    """Return the limits of the plan that an account's data name."""
    if data[CONF_PLAN] == PLAN_CUSTOM:
        return Limits(per_minute=data[CONF_PER_MINUTE], per_month=data[CONF_PER_MONTH])
    return PLANS[data[CONF_CLOUD]][data[CONF_PLAN]]


class LedgerStore(Store[dict[str, Any]]):
    """A store that tells when it could not write, and what it could not read.

    Home Assistant's own only logs a write that failed and puts it off while Home Assistant stops, and takes a file that
    is no JSON for none: good for settings, but requests are only sent when they are on disk.
    """

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Name the file after the metered credential."""
        super().__init__(hass, STORAGE_VERSION, f"{DOMAIN}.ledger.{key}", private=True, atomic_writes=True)
        self._saving = asyncio.Lock()
        self._failed = False

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
        """Tell whether there is a file, or the copy that Home Assistant keeps beside of one that is no JSON."""
        file = Path(self.path)
        return file.exists() or any(file.parent.glob(f"{file.name}.corrupt.*"))

    @override
    async def async_save(self, data: dict[str, Any]) -> None:
        """Write to disk; raise `HomeAssistantError` when it is not there on return."""
        if self.hass.state is CoreState.stopping:
            raise HomeAssistantError("Home Assistant is stopping")
        # Whoever waits may be cancelled, the write may not: a later one would overtake it, and the older count stay.
        if not await asyncio.shield(self.hass.async_create_task(self._async_saved(data), f"{DOMAIN} request count")):
            raise HomeAssistantError("the request count cannot be written")

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


class MeteredAccount:
    """One metered credential: its `Account`, where its ledger is stored, and which systems draw on it."""

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Prepare; `async_load` makes it ready."""
        self._hass = hass
        self._store = LedgerStore(hass, key)
        self._loading = asyncio.Lock()
        self._account: Account | None = None
        self._watchers: list[CALLBACK_TYPE] = []
        self.pacing = Pacing()
        """When what is worth a request, for all systems that live on this credential now."""

    @callback
    def async_add_watcher(self, watcher: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call somebody when requests were spent; returns how to stop that."""
        self._watchers.append(watcher)
        return partial(self._watchers.remove, watcher)

    @callback
    def async_tell(self) -> None:
        """Tell all watchers that requests were spent."""
        for watcher in list(self._watchers):
            watcher()

    @property
    def ledger(self) -> Ledger:
        """Return the ledger; the account has been loaded before."""
        if self._account is None:
            raise RuntimeError("the ledger is asked for before it was loaded")
        return self._account.ledger

    async def async_load(self, limits: Limits, cycle_day: int | None = None) -> Account:
        """Return the account with its ledger as it is on disk, under the given limits.

        `cycle_day` is the day of the month that the vendor's count begins again on. `None` stands for a trial, which
        changes nothing for the systems that live on this credential already: a dialog may be given up.
        """
        async with self._loading:
            if self._account is None:
                self._account = Account(
                    Ledger(limits, await self._store.async_read()), self._store.async_save, clock=dt_util.utcnow
                )
                self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write)
        if cycle_day is not None or not self.pacing.systems:
            self._account.ledger.set_limits(limits, dt_util.utcnow())
        if cycle_day is not None:
            self._account.ledger.set_cycle_day(cycle_day)
        return self._account

    async def _async_final_write(self, _event: Event) -> None:
        """Give back what was leased and not spent, so that a clean restart counts to the request."""
        if self._account is not None:
            try:
                await self._store.async_save(self._account.ledger.as_dict())
            except HomeAssistantError:
                _LOGGER.warning("The request count could not be written: a few requests too many count as used")


METERED: HassKey[dict[str, MeteredAccount]] = HassKey(f"{DOMAIN}.metered")


def metered_account(hass: HomeAssistant, cloud: str, api_key: str) -> MeteredAccount:
    """Return the metered credential that a request with this key is counted under."""
    key = f"{CLOUD_VENDOR[cloud]}.{fingerprint(api_key)}"
    accounts = hass.data.setdefault(METERED, {})
    if key not in accounts:
        accounts[key] = MeteredAccount(hass, key)
    return accounts[key]


def default_zone(hass: HomeAssistant) -> ZoneInfo:
    """Return the zone of last resort, for a system whose cloud does not tell its own."""
    return ZoneInfo(hass.config.time_zone)


async def async_client(hass: HomeAssistant, data: Mapping[str, Any], cycle_day: int | None = None) -> Cloud:
    """Build the client that an account's data describe, on the shared session and the shared ledger.

    Without a `cycle_day` it is for a trial: see `MeteredAccount.async_load`.
    """
    cloud: str = data[CONF_CLOUD]
    account = await metered_account(hass, cloud, data[CONF_API_KEY]).async_load(limits_of(data), cycle_day)
    return CLIENTS[cloud](hass, account, data)


def _enphase_v2(hass: HomeAssistant, account: Account, data: Mapping[str, Any]) -> Cloud:
    return enphase_v2.EnphaseV2(
        async_get_clientsession(hass),
        account,
        api_key=data[CONF_API_KEY],
        user_id=data[CONF_USER_ID],
        base_url=data[CONF_BASE_URL],
        zone=default_zone(hass),
    )


def _solaredge(hass: HomeAssistant, account: Account, data: Mapping[str, Any]) -> Cloud:
    return solaredge.SolarEdge(
        async_get_clientsession(hass),
        account,
        api_key=data[CONF_API_KEY],
        account_key=data.get(CONF_ACCOUNT_KEY),
        base_url=data[CONF_BASE_URL],
        zone=default_zone(hass),
    )


CLIENTS: dict[str, Callable[[HomeAssistant, Account, Mapping[str, Any]], Cloud]] = {
    CLOUD_ENPHASE_V2: _enphase_v2,
    CLOUD_SOLAREDGE: _solaredge,
}
