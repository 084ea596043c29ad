"""The grants of this Home Assistant: who holds the tokens of an account, where they are kept, how they stay alive.

A pair of tokens may be used by one holder only, so there is one `Grant` for an account, whatever is reloaded or tried
meanwhile. The pair is written to a file of its own before it is used, and into the entry after that; what is read is
the later one of the two.
"""

from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers.config_entry_oauth2_flow import async_get_config_entry_implementation
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..cloud.errors import CloudError, CredentialRefused
from ..cloud.vendor_text import say
from ..const import CONF_CONSENTED_AT, DOMAIN
from .clients import async_token_endpoint
from .credentials import Application
from .issues import clear_consent_ends, raise_consent_ends
from .metered import is_signed_in, metered_account
from .storage import GrantStore

if TYPE_CHECKING:
    from ..cloud.grant import Grant, Tokens
    from ..cloud.token_endpoint import TokenEndpoint

_LOGGER = logging.getLogger(__name__)

CHECK_EVERY = timedelta(hours=12)
"""How often it is checked whether a pair has become too old."""
CONSENT_MONTHS = 24
"""The longest that SolarEdge lets a homeowner consent for (SolarEdge homeowner guide: ``access_duration``)."""
NOTICE = timedelta(days=30)
"""How long before a consent ends an issue is raised."""
GRANTS: HassKey[dict[str, Grant]] = HassKey(f"{DOMAIN}.grants")
"""By entry id."""


async def async_grant(hass: HomeAssistant, entry: ConfigEntry) -> Grant | None:
    """Return the one holder of an account's tokens; `None` for an account with a key.

    Raises `ConfigEntryAuthFailed` when there are no tokens, or when the application was removed, and
    `ConfigEntryNotReady` when it cannot be read now.
    """
    if not is_signed_in(entry.data):
        return None
    endpoint = await _async_endpoint(hass, entry)
    from ..cloud.grant import Grant, Tokens, newer  # it came with the endpoint, which no other account loads

    given = Tokens.from_dict(entry.data.get(CONF_TOKEN, {}))
    grants = hass.data.setdefault(GRANTS, {})
    held = grants.get(entry.entry_id)
    if held is not None and given is not None and held.tokens.consent == given.consent:
        held.use(endpoint)
        return held
    store = GrantStore(hass, entry.entry_id)
    tokens = newer(given, Tokens.from_dict(await store.async_read() or {}))
    if tokens is None:
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")

    def is_current(pair: Tokens) -> bool:
        """Return whether the account is still there, and its owner has not signed in anew."""
        known = Tokens.from_dict(entry.data.get(CONF_TOKEN, {}))
        is_there = hass.config_entries.async_get_entry(entry.entry_id) is not None
        return is_there and (known is None or known.consent == pair.consent)

    async def save(pair: Tokens) -> None:
        if not is_current(pair):
            return
        await store.async_save(pair.as_dict())
        # Much can have happened while it was written.
        if is_current(pair):
            hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_TOKEN: pair.as_dict()})

    def start(work: Coroutine[Any, Any, None]) -> Any:
        return hass.async_create_task(work, f"{DOMAIN} new tokens")

    # While the file was read, somebody else may have asked for the same.
    if (held := grants.get(entry.entry_id)) is None or held.tokens.consent != tokens.consent:
        held = grants[entry.entry_id] = Grant(endpoint, tokens, save, clock=dt_util.utcnow, start=start)
    return held


async def _async_endpoint(hass: HomeAssistant, entry: ConfigEntry) -> TokenEndpoint:
    # Raises what Home Assistant makes of it: an application that was removed has to be entered and signed in to anew.
    application = await async_get_config_entry_implementation(hass, entry)
    if not isinstance(application, Application):
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")
    return await async_token_endpoint(hass, entry.data, application.client_id, application.client_secret)


def async_follow_grant(hass: HomeAssistant, entry: ConfigEntry, grant: Grant) -> None:
    """Keep the tokens of a loaded account alive, also while nothing is read, and report when its consent ends."""

    async def check(now: datetime) -> None:
        _check_consent(hass, entry, now)
        try:
            await grant.keep_alive()
        except CredentialRefused:
            entry.async_start_reauth(hass)
        except CloudError as err:
            say(_LOGGER, logging.DEBUG, "The tokens of %s could not be renewed: %s", entry.title, err)

    pacing = metered_account(hass, entry.data).pacing
    pacing.keep_alive(entry.entry_id, grant.used_for)
    entry.async_on_unload(partial(pacing.let_go, entry.entry_id))
    _check_consent(hass, entry, dt_util.utcnow())
    entry.async_on_unload(async_track_time_interval(hass, check, CHECK_EVERY, name=f"{DOMAIN} tokens"))


def consent_ends(data: Mapping[str, Any]) -> datetime | None:
    """Return when an account's consent ends (aware UTC); `None` for a consent without an end."""
    if (text := data.get(CONF_CONSENTED_AT)) is None or (begin := dt_util.parse_datetime(text)) is None:
        return None
    months = begin.month - 1 + CONSENT_MONTHS
    # The 28th, so that the day is there in every month: rather three days early than one late.
    return begin.replace(year=begin.year + months // 12, month=months % 12 + 1, day=min(begin.day, 28))


def _check_consent(hass: HomeAssistant, entry: ConfigEntry, now: datetime) -> None:
    ends = consent_ends(entry.data)
    if ends is None or now < ends - NOTICE:
        clear_consent_ends(hass, entry.entry_id)
    else:
        raise_consent_ends(hass, entry.entry_id, entry.title, ends)


async def async_revoke_grant(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give up the grant of a removed account: where the vendor can revoke it, best effort, and here for good."""
    if not is_signed_in(entry.data):
        return
    clear_consent_ends(hass, entry.entry_id)
    try:
        if (grant := await async_grant(hass, entry)) is not None:
            await grant.revoke()
    except (CloudError, ConfigEntryAuthFailed, ConfigEntryNotReady) as err:
        say(
            _LOGGER, logging.INFO, "The sign-in of %s could not be revoked (%s); its portal can do it", entry.title, err
        )
    hass.data.get(GRANTS, {}).pop(entry.entry_id, None)
    await GrantStore(hass, entry.entry_id).async_remove()
