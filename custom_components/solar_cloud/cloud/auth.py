"""How a request shows who asks, where that changes over time: the interface between a transport and a grant."""

from abc import ABC, abstractmethod
from collections.abc import Collection


class Auth(ABC):
    """Gives out the access token that a request carries as ``Authorization: Bearer``."""

    @property
    @abstractmethod
    def secrets(self) -> Collection[str]:
        """Return what must appear in no message now."""

    @abstractmethod
    async def token(self) -> str:
        """Return an access token that should work; raise `CloudError` when there is none."""

    @abstractmethod
    async def renewed(self, token: str) -> bool:
        """Get another token after the cloud refused this one (401); tell whether asking once more makes sense.

        Raises `CloudError` when no other token is to be had: `CredentialRefused` when the grant itself is dead.
        """

    @abstractmethod
    def worked(self, token: str) -> None:
        """Take note that a request with this token was answered."""
