"""What Home Assistant asks about the owner's own applications at the vendors."""

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.core import HomeAssistant

from .account.credentials import Application
from .account.urls import ENPHASE_PORTAL, SOLAREDGE_PORTAL, SOME_CALLBACK_URL, callback_url


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> Application:
    """Return an application that was entered."""
    return Application(hass, auth_domain, credential)


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return the addresses that the dialog for a new application names."""
    return {
        "enphase_portal": ENPHASE_PORTAL,
        "solaredge_portal": SOLAREDGE_PORTAL,
        "redirect_url": callback_url(hass) or SOME_CALLBACK_URL,
    }
