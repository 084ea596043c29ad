"""Client id and secret of the owner's own applications at the vendors, as Home Assistant keeps them."""

from typing import override

from homeassistant.components.application_credentials import AuthImplementation, AuthorizationServer, ClientCredential
from homeassistant.core import HomeAssistant

from .account.urls import ENPHASE_PORTAL, SOLAREDGE_PORTAL, SOME_CALLBACK_URL, callback_url


class Application(AuthImplementation):
    """One application.

    It serves either vendor: which one, only the flow or the entry that uses it knows, and fills in the address.
    """

    token_auth_method = "client_secret_basic"  # noqa: S105
    """What Enphase asks for (Enphase v4 quick start)."""
    redirect: str | None = None
    """Where the vendor sends the browser, if not to Home Assistant's usual address."""

    @property
    @override
    def redirect_uri(self) -> str:
        """Return where the vendor sends the browser."""
        return self.redirect or super().redirect_uri


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> Application:
    """Return an application that was entered."""
    return Application(hass, auth_domain, credential, AuthorizationServer(authorize_url="", token_url=""))


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return what the dialog for a new application names."""
    return {
        "enphase_portal": ENPHASE_PORTAL,
        "solaredge_portal": SOLAREDGE_PORTAL,
        "redirect_url": callback_url(hass) or SOME_CALLBACK_URL,
    }
