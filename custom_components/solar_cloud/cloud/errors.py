"""What can go wrong with a cloud, in words of no vendor.

No text here ever holds a credential: messages end up in logs and on pages.
"""

from datetime import datetime

from ..budget.limit import Scope as ThrottleScope

__all__ = [
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
    """Anything that keeps an answer of a cloud from us."""


class CredentialRefused(CloudError):
    """The credential is dead: it was refused where it must be accepted."""


class TokenRefused(CredentialRefused):
    """The access token is refused (401): it has ended, or a plan has not got what was asked for."""


class ClientRefused(CredentialRefused):
    """The application itself is refused where tokens are given out: its client id or secret is wrong."""


class WrongApplication(CredentialRefused):
    """The API key belongs to another application than the one that the owner signed in to."""


class NotAllowed(CloudError):
    """The credential is alive but may not read this: another owner's system, a plan's gate, a missing scope."""


class NotFound(CloudError):
    """There is no such system, device or path."""


class NoDataYet(CloudError):
    """The request is fine, but there is nothing to answer it with yet (Enphase's 422)."""


class InvalidRequest(CloudError):
    """The cloud calls our request wrong: a mistake of ours that trying again cannot mend."""


class TemporarilyUnavailable(CloudError):
    """The cloud cannot answer now: an outage, a time-out, a refused connection, a page instead of data."""


class MalformedAnswer(CloudError):
    """The answer came but cannot be what the vendor documents."""


class Throttled(CloudError):
    """No request may be sent before `until` (aware UTC).

    The cloud said so, or the ledger did before anything was sent.
    """

    def __init__(self, until: datetime, scope: ThrottleScope, *, sent: bool) -> None:
        """Remember when it ends, which limit it is, and whether a request was spent to find out."""
        super().__init__(f"{scope} limit reached until {until.isoformat()}")
        self.until = until
        self.scope = scope
        self.sent = sent
