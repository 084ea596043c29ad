"""From what an account's data say to the client that reads its cloud, and to the endpoint that gives out its tokens."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..cloud.enphase_v2.addresses import DEFAULT_BASE_URL as ENPHASE_V2_URL
from ..cloud.enphase_v4.addresses import DEFAULT_BASE_URL as ENPHASE_V4_URL, enphase_oauth_url
from ..cloud.solaredge.addresses import DEFAULT_BASE_URL as SOLAREDGE_URL
from ..const import (
    CLOUD_ENPHASE_V2,
    CLOUD_ENPHASE_V4,
    CLOUD_SOLAREDGE,
    CONF_ACCOUNT_KEY,
    CONF_BASE_URL,
    CONF_CLOUD,
    CONF_SITE_ID,
    CONF_USER_ID,
)
from .metered import async_metered, default_zone

if TYPE_CHECKING:
    from ..cloud.account import Account
    from ..cloud.auth import Auth
    from ..cloud.base import Cloud
    from ..cloud.enphase_v4.tokens import EnphaseTokens
    from ..cloud.solaredge.tokens import SolarEdgeTokens
    from ..cloud.token_endpoint import TokenEndpoint

type Builder = Callable[[HomeAssistant, Account, Mapping[str, Any], Auth | None], Cloud]
"""Makes the client of an account."""

DEFAULT_BASE_URL = {
    CLOUD_ENPHASE_V2: ENPHASE_V2_URL,
    CLOUD_ENPHASE_V4: ENPHASE_V4_URL,
    CLOUD_SOLAREDGE: SOLAREDGE_URL,
}


async def async_client(
    hass: HomeAssistant, data: Mapping[str, Any], cycle_day: int | None = None, auth: Auth | None = None
) -> Cloud:
    """Build the client that an account's data describe, on the shared session and the shared ledger.

    Without a `cycle_day` it is for a trial: see `MeteredAccount.async_load`. `auth` is the grant of an account that is
    signed in to.
    """
    build = await hass.async_add_import_executor_job(LOADERS[data[CONF_CLOUD]])
    account = await async_metered(hass, data, cycle_day)
    return build(hass, account, data, auth)


async def async_token_endpoint(
    hass: HomeAssistant, data: Mapping[str, Any], client_id: str, client_secret: str
) -> TokenEndpoint:
    """Return where the tokens of an account are given out; what is asked there counts in the account's ledger."""
    enphase_tokens, solaredge_tokens = await hass.async_add_import_executor_job(_token_endpoints)
    account, session = await async_metered(hass, data), async_get_clientsession(hass)
    if data[CONF_CLOUD] == CLOUD_ENPHASE_V4:
        return enphase_tokens(
            session,
            account,
            enphase_oauth_url(data[CONF_BASE_URL]),
            client_id=client_id,
            client_secret=client_secret,
        )
    return solaredge_tokens(session, account, data[CONF_BASE_URL], client_id=client_id, client_secret=client_secret)


def _enphase_v2() -> Builder:
    from ..cloud.enphase_v2.client import EnphaseV2

    def build(hass: HomeAssistant, account: Account, data: Mapping[str, Any], _auth: Auth | None) -> Cloud:
        return EnphaseV2(
            async_get_clientsession(hass),
            account,
            api_key=data[CONF_API_KEY],
            user_id=data[CONF_USER_ID],
            base_url=data[CONF_BASE_URL],
            zone=default_zone(hass),
        )

    return build


def _enphase_v4() -> Builder:
    from ..cloud.enphase_v4.client import EnphaseV4

    def build(hass: HomeAssistant, account: Account, data: Mapping[str, Any], auth: Auth | None) -> Cloud:
        if auth is None:
            raise ValueError("Enphase's version 4 is signed in to")
        return EnphaseV4(
            async_get_clientsession(hass),
            account,
            api_key=data[CONF_API_KEY],
            auth=auth,
            base_url=data[CONF_BASE_URL],
            zone=default_zone(hass),
        )

    return build


def _solaredge() -> Builder:
    from ..cloud.solaredge.client import SolarEdge

    def build(hass: HomeAssistant, account: Account, data: Mapping[str, Any], auth: Auth | None) -> Cloud:
        return SolarEdge(
            async_get_clientsession(hass),
            account,
            api_key=data.get(CONF_API_KEY),
            account_key=data.get(CONF_ACCOUNT_KEY),
            auth=auth,
            site_id=data.get(CONF_SITE_ID),
            base_url=data[CONF_BASE_URL],
            zone=default_zone(hass),
        )

    return build


LOADERS: dict[str, Callable[[], Builder]] = {
    CLOUD_ENPHASE_V2: _enphase_v2,
    CLOUD_ENPHASE_V4: _enphase_v4,
    CLOUD_SOLAREDGE: _solaredge,
}
"""Each imports the client of one cloud: an account reads one, and the others are never loaded for it."""


def _token_endpoints() -> tuple[type[EnphaseTokens], type[SolarEdgeTokens]]:
    from ..cloud.enphase_v4.tokens import EnphaseTokens
    from ..cloud.solaredge.tokens import SolarEdgeTokens

    return EnphaseTokens, SolarEdgeTokens
