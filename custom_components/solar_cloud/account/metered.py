"""The metered credentials of this Home Assistant: one ledger each, whichever entries use it, kept on disk for ever."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from hashlib import sha256
import logging
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_TOKEN, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..budget.ledger import Ledger
from ..budget.plan import PLANS, Limits
from ..cloud.account import Account
from ..cloud.outage import Outage
from ..cloud.redaction import Secrets
from ..cloud.vendor_text import VendorLog
from ..const import (
    CLOUD_ENPHASE_V2,
    CLOUD_ENPHASE_V4,
    CLOUD_SOLAREDGE,
    CONF_ACCOUNT_KEY,
    CONF_CLOUD,
    CONF_OWNER,
    CONF_PER_MINUTE,
    CONF_PER_MONTH,
    CONF_PLAN,
    CONF_USER_ID,
    DOMAIN,
    PLAN_CUSTOM,
)
from ..model.names import Vendor
from .storage import LedgerStore

if TYPE_CHECKING:
    from ..budget.pacing import Pacing

_LOGGER = logging.getLogger(__name__)

CLOUD_VENDOR = {
    CLOUD_ENPHASE_V2: Vendor.ENPHASE,
    CLOUD_ENPHASE_V4: Vendor.ENPHASE,
    CLOUD_SOLAREDGE: Vendor.SOLAREDGE,
}


def fingerprint(*parts: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of what names something, so that no file or id shows it."""
    return sha256(":".join(parts).encode()).hexdigest()[:16]


def is_signed_in(data: Mapping[str, Any]) -> bool:
    """Return whether an account is one that its owner signs in to, not one with a key."""
    return CONF_CLIENT_ID in data


def entry_unique_id(data: Mapping[str, Any]) -> str:
    """Return an account's unique id: the cloud and the fingerprint of what names the account there."""
    cloud = data[CONF_CLOUD]
    if is_signed_in(data):
        parts = [data[CONF_CLIENT_ID], data[CONF_OWNER]]
    else:
        parts = [data[CONF_API_KEY], *([data[CONF_USER_ID]] if cloud == CLOUD_ENPHASE_V2 else [])]
    return f"{cloud}_{fingerprint(*parts)}"


def secrets_of(data: Mapping[str, Any]) -> list[str]:
    """Return the keys and tokens among an account's data."""
    tokens = data.get(CONF_TOKEN, {})
    texts = [data.get(key) for key in (CONF_API_KEY, CONF_ACCOUNT_KEY, CONF_USER_ID)]
    return [text for text in (*texts, tokens.get("access_token"), tokens.get("refresh_token")) if text]


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
        self._store = LedgerStore(hass, key)
        self._loading = asyncio.Lock()
        self._account: Account | None = None
        self._watchers: list[CALLBACK_TYPE] = []
        self._pacing: Pacing | None = None

    @property
    def pacing(self) -> Pacing:
        """Return when which job is worth a request, for all systems that draw on this credential now.

        Who has a system has loaded its code: an account without one does not.
        """
        if self._pacing is None:
            from ..budget.pacing import Pacing

            self._pacing = Pacing()
        return self._pacing

    @callback
    def async_add_watcher(self, watcher: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call a function when requests were spent; returns how to stop that."""
        self._watchers.append(watcher)
        return partial(self._watchers.remove, watcher)

    @callback
    def async_notify_watchers(self) -> None:
        """Call all watchers: a request was spent, or another plan holds."""
        for watcher in list(self._watchers):
            watcher()

    @property
    def ledger(self) -> Ledger:
        """Return the ledger; the account has been loaded before."""
        return self._loaded().ledger

    @property
    def outage(self) -> Outage:
        """Return whether anything is answered under the credential; the account has been loaded before."""
        return self._loaded().outage

    @property
    def vendor_log(self) -> VendorLog:
        """Return what says what the cloud says; the account has been loaded before."""
        return self._loaded().vendor_log

    @property
    def secrets(self) -> Secrets:
        """Return what must be on no page; the account has been loaded before."""
        return self._loaded().secrets

    def _loaded(self) -> Account:
        if self._account is None:
            raise RuntimeError("the ledger is asked for before it was loaded")
        return self._account

    @property
    def clock_apart(self) -> timedelta | None:
        """By how much the cloud's clock is ahead of ours, where ours must be wrong; else `None`."""
        return None if self._account is None else self._account.cloud_clock.apart

    async def async_load(self, limits: Limits, cycle_day: int | None = None) -> Account:
        """Return the account with its ledger as it is on disk, under the given limits.

        `cycle_day` is the day of the month that the vendor's count begins again on. `None` stands for a trial, which
        changes nothing for the systems that draw on this credential already: a dialog may be given up.
        """
        async with self._loading:
            if self._account is None:
                self._account = Account(
                    Ledger(limits, await self._store.async_read()),
                    self._store.async_save,
                    clock=dt_util.utcnow,
                    on_spent=self.async_notify_watchers,
                )
                self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write)
        if cycle_day is not None or self._pacing is None or not self._pacing.systems:
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
                _LOGGER.warning("The request count could not be written. A few requests too many will count as used")


METERED: HassKey[dict[str, MeteredAccount]] = HassKey(f"{DOMAIN}.metered")


def metered_account(hass: HomeAssistant, data: Mapping[str, Any]) -> MeteredAccount:
    """Return the metered credential that the requests of an account are counted under: its key, else its client id."""
    name = data[CONF_API_KEY] if CONF_API_KEY in data else data[CONF_CLIENT_ID]
    key = f"{CLOUD_VENDOR[data[CONF_CLOUD]]}.{fingerprint(name)}"
    accounts = hass.data.setdefault(METERED, {})
    if key not in accounts:
        accounts[key] = MeteredAccount(hass, key)
    return accounts[key]


async def async_metered(hass: HomeAssistant, data: Mapping[str, Any], cycle_day: int | None = None) -> Account:
    """Return an account's ledger and what sends under it; without a `cycle_day` for a trial."""
    return await metered_account(hass, data).async_load(limits_of(data), cycle_day)


def default_zone(hass: HomeAssistant) -> ZoneInfo:
    """Return the zone of last resort, for a system whose cloud does not report its own."""
    return ZoneInfo(hass.config.time_zone)
