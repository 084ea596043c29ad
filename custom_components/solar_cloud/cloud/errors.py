"""What can go wrong with a cloud, the same for every vendor.

No text here ever holds a credential: messages end up in logs and on pages.
"""

from datetime import datetime

from ..budget.limit import Scope as ThrottleScope
from .vendor_text import shown

__all__ = [
    "AllRefused",
    "ClientRefused",
    "CloudError",
    "CredentialRefused",
    "InvalidRequest",
    "MalformedAnswer",
    "NoDataYet",
    "NotAllowed",
    "NotFound",
    "TemporarilyUnavailable",
    "ThrottleScope",
    "Throttled",
    "TokenRefused",
    "WrongApplication",
]


class CloudError(Exception):
    """A cloud could not be read. What its texts have of the cloud's words is one short line without odd characters."""

    def __init__(self, *args: object) -> None:
        """Take the texts."""
        super().__init__(*(shown(arg) if isinstance(arg, str) else arg for arg in args))


class CredentialRefused(CloudError):
    """The credential is dead: it was refused where it must be accepted."""


class TokenRefused(CredentialRefused):
    """The access token is refused (401): it has expired, or the plan does not include what was asked for."""


class ClientRefused(CredentialRefused):
    """The token endpoint refuses the application itself: its client id or secret is wrong."""


class WrongApplication(CredentialRefused):
    """The API key belongs to another application than the one that the owner signed in to."""


class AllRefused(CloudError):
    """Whatever is asked for is refused, though the credential is not: a suspended key, a system that is not shared."""


class NotAllowed(CloudError):
    """The credential is alive but may not read this: another owner's system, a plan's gate, a missing scope."""


class NotFound(CloudError):
    """There is no such system, device or path."""


class NoDataYet(CloudError):
    """The request is right, but the cloud has no data for it yet (Enphase's 422)."""


class InvalidRequest(CloudError):
    """The cloud calls the request wrong; trying again cannot help."""


class TemporarilyUnavailable(CloudError):
    """The cloud cannot answer now: an outage, a time-out, a refused connection, a page instead of data."""

    is_forbidden = False
    """Whether no tokens are given out (403), by a firewall, or because the application is suspended."""


class MalformedAnswer(CloudError):
    """An answer came that is not what the vendor documents."""


class Throttled(CloudError):
    """A limit is reached: no request may be sent before `until` (aware UTC).

    Reported by the cloud, or by the ledger before anything was sent.
    """

    def __init__(self, until: datetime, scope: ThrottleScope, *, sent: bool) -> None:
        """Take when it ends, which limit it is, and whether a request was spent to find out."""
        super().__init__(f"{scope} limit reached until {until.isoformat()}")
        self.until = until
        self.scope = scope
        self.sent = sent
