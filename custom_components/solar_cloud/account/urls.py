"""Addresses that an owner goes to or registers."""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import hdrs
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import HEADER_FRONTEND_BASE
from homeassistant.helpers.http import current_request
from homeassistant.helpers.network import NoURLAvailableError, get_url
from yarl import URL

ENPHASE_PORTAL = "https://developer-v4.enphase.com"
ENPHASE_V2_PORTAL = "https://developer.enphase.com"
SOLAREDGE_PORTAL = "https://developer.solaredge.com"
SOLAREDGE_CONNECT = "https://connect.solaredge.com/authorize"
CALLBACK_PATH = "/api/solar_cloud/solaredge/callback"
SOME_CALLBACK_URL = f"https://…{CALLBACK_PATH}"
"""What a form names where Home Assistant's own address is not known."""

_GUIDES = "https://github.com/solar-cloud/solar_cloud/blob/main/docs"
GUIDES: Mapping[str, str] = MappingProxyType(
    {
        "enphase_v4": f"{_GUIDES}/enphase.md",
        "enphase_v2": f"{_GUIDES}/enphase-v2.md",
        "solaredge_oauth": f"{_GUIDES}/solaredge.md#homeowners-sign-in",
        "solaredge_key": f"{_GUIDES}/solaredge.md#installers-api-key",
    }
)
"""The page about each way to set up an account, by its step."""
PORTALS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "enphase_v4": {"enphase_portal": ENPHASE_PORTAL},
        "enphase_v2": {"enphase_v2_portal": ENPHASE_V2_PORTAL},
        "solaredge_oauth": {"solaredge_portal": SOLAREDGE_PORTAL},
        "solaredge_key": {"solaredge_portal": SOLAREDGE_PORTAL},
    }
)
"""Where the owner makes an application or a key, by the step that asks for it."""


def connect_url(base_url: str) -> str:
    """Return where an owner signs in to SolarEdge: for any address but the vendor's own, the same server."""
    url = URL(base_url)
    if url.host is not None and (url.host == "solaredge.com" or url.host.endswith(".solaredge.com")):
        return SOLAREDGE_CONNECT
    path = url.path.rstrip("/").removesuffix("/monitoring").removesuffix("/v2")
    return str(url.with_path(f"{path}/authorize"))


def callback_url(hass: HomeAssistant) -> str | None:
    """Return the address that SolarEdge is to send the browser back to; `None` where no address is known.

    SolarEdge wants it registered, so it must be the same whatever address a dialog is opened by: the external one that
    Home Assistant is configured with, that of its cloud, or the internal one. Only where none is configured it is the
    one that the browser uses.
    """
    base = _configured(hass) or _of_browser() or _found(hass)
    return None if base is None else f"{base.rstrip('/')}{CALLBACK_PATH}"


def _configured(hass: HomeAssistant) -> str | None:
    """Return the address that the owner has given Home Assistant, or that of its cloud."""
    try:
        return get_url(hass, allow_internal=False)
    except NoURLAvailableError:
        return hass.config.internal_url


def _of_browser() -> str | None:
    """Return the address that the browser uses, as far as it says so: in a header of ours, or of its WebSocket."""
    if (request := current_request.get()) is None:
        return None
    base = request.headers.get(HEADER_FRONTEND_BASE) or request.headers.get(hdrs.ORIGIN) or ""
    return base if base.startswith(("http://", "https://")) else None


def _found(hass: HomeAssistant) -> str | None:
    """Return the address that Home Assistant has found out itself."""
    try:
        return get_url(hass)
    except NoURLAvailableError:
        return None
