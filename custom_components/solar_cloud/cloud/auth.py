"""The access token that a request carries: the interface between a transport and a grant."""

from abc import ABC, abstractmethod
from collections.abc import Collection


class Auth(ABC):
    """Provides the access token that a request carries as ``Authorization: Bearer``."""

    @property
    @abstractmethod
    def secrets(self) -> Collection[str]:
        """Return what must be in no message at this moment."""

    @abstractmethod
    async def token(self) -> str:
        """Return an access token that should work; raise `CloudError` when there is none."""

    @abstractmethod
    async def renewed(self, token: str) -> bool:
        """Get another token after the cloud refused this one (401); return whether another try makes sense.

        Raises `CloudError` when there is no other token: `CredentialRefused` when the grant itself is dead.
        """

    @abstractmethod
    def worked(self, token: str) -> None:
        """Record that a request with this token was answered."""
