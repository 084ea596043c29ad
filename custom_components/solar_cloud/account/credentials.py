"""The owner's own application at a vendor: its client id and secret, as Home Assistant keeps them."""

from typing import override

from homeassistant.components.application_credentials import AuthImplementation, AuthorizationServer, ClientCredential
from homeassistant.core import HomeAssistant


class Application(AuthImplementation):
    """One application.

    It serves either vendor: which one, only the flow or the entry that uses it knows, and fills in the address.
    """

    token_auth_method = "client_secret_basic"  # noqa: S105
    """What Enphase asks for (Enphase v4 quick start)."""
    redirect: str | None = None
    """Where the vendor sends the browser, if not to Home Assistant's usual address."""

    def __init__(self, hass: HomeAssistant, auth_domain: str, credential: ClientCredential) -> None:
        """Take the credential; the addresses of its vendor are not known here."""
        super().__init__(hass, auth_domain, credential, AuthorizationServer(authorize_url="", token_url=""))

    @property
    @override
    def redirect_uri(self) -> str:
        """Return where the vendor sends the browser."""
        return self.redirect or super().redirect_uri
