"""The metered credentials of this Home Assistant: one ledger each, whichever entries use it, kept on disk for ever."""

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
import logging
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.const import CONF_API_KEY, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant
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


class MeteredAccount:
    """One metered credential: its `Account`, where its ledger is stored, and which systems draw on it."""

    def __init__(self, hass: HomeAssistant, key: str) -> None:
        """Prepare; `async_load` makes it ready."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(
            hass, STORAGE_VERSION, f"{DOMAIN}.ledger.{key}", private=True, atomic_writes=True
        )
        self._loading = asyncio.Lock()
        self._account: Account | None = None
        self.pacing = Pacing()
        """When what is worth a request, for all systems that live on this credential now."""

    @property
    def ledger(self) -> Ledger:
        """Return the ledger; the account has been loaded before."""
        if self._account is None:
            raise RuntimeError("the ledger is asked for before it was loaded")
        return self._account.ledger

    async def async_load(self, limits: Limits, cycle_day: int | None = None) -> Account:
        """Return the account with its ledger as it is on disk, under the given limits.

        `cycle_day` is the day of the month that the vendor's count begins again on; `None` leaves it as it is.
        """
        async with self._loading:
            if self._account is None:
                self._account = Account(
                    Ledger(limits, await self._async_stored()), self._store.async_save, clock=dt_util.utcnow
                )
                self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write)
        self._account.ledger.set_limits(limits, dt_util.utcnow())
        if cycle_day is not None:
            self._account.ledger.set_cycle_day(cycle_day)
        return self._account

    async def _async_stored(self) -> dict[str, Any] | None:
        try:
            return await self._store.async_load()
        except Exception:  # noqa: BLE001 - whatever a broken file raises, it must not keep the owner's data away
            _LOGGER.warning("The stored request count cannot be read and begins anew; the file is kept beside it")
            return None

    async def _async_final_write(self, _event: Event) -> None:
        """Give back what was leased and not spent, so that a clean restart counts to the request."""
        if self._account is not None:
            await self._store.async_save(self._account.ledger.as_dict())


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
    """Build the client that an account's data describe, on the shared session and the shared ledger."""
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
