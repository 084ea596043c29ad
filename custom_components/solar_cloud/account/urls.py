"""Addresses that an owner goes to or registers."""

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

PORTALS = {
    "enphase_portal": ENPHASE_PORTAL,
    "enphase_v2_portal": ENPHASE_V2_PORTAL,
    "solaredge_portal": SOLAREDGE_PORTAL,
}


def connect_url(base_url: str) -> str:
    """Return where an owner signs in to SolarEdge: for any address but the vendor's own, the same server."""
    url = URL(base_url)
    if url.host is not None and (url.host == "solaredge.com" or url.host.endswith(".solaredge.com")):
        return SOLAREDGE_CONNECT
    path = url.path.rstrip("/").removesuffix("/monitoring").removesuffix("/v2")
    return str(url.with_path(f"{path}/authorize"))


def callback_url(hass: HomeAssistant) -> str | None:
    """Return the address that SolarEdge is to send the browser back to: Home Assistant's, as the browser sees it."""
    request = current_request.get()
    base = request.headers.get(HEADER_FRONTEND_BASE) if request is not None else None
    if not base:
        try:
            base = get_url(hass, prefer_external=True)
        except NoURLAvailableError:
            return None
    return f"{base.rstrip('/')}{CALLBACK_PATH}"
