"""What an error of SolarEdge means (SolarEdge Monitoring API V2 documentation, tiers and rate limits)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from ...budget.ledger import Ledger
from ..errors import (
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    NotAllowed,
    NotFound,
    Throttled,
    ThrottleScope,
)
from ..parse import as_int, error_text, status_text
from ..retry_after import MINUTE_RETRY, retry_after

MONTH_RETRY = timedelta(hours=6)
"""No answer says when a spent month ends, so it is tried again after this time."""
LONGEST_MINUTE = timedelta(hours=1)
"""A longer wait is no minute limit, whatever the answer calls it."""
SHORTEST = timedelta(seconds=1)

_REMAINING = "x-ratelimit-remaining-minute"
_LIMIT = "x-ratelimit-limit-minute"
_MEANINGS: Mapping[int, type[CloudError]] = MappingProxyType(
    {400: InvalidRequest, 401: CredentialRefused, 403: NotAllowed, 404: NotFound, 410: NotFound}
)


class Translator:
    """Reads the errors of one client, and records in the ledger the minute's limit that every response names.

    What is not special to this vendor (outages, pages, redirects) is left to the transport.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        """Take where limits are learned and the time now (aware UTC)."""
        self._ledger = ledger
        self._clock = clock
        self._limit: int | None = None

    def __call__(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        """Return the error that a response means; `None` where it means none or nothing special."""
        known = {name.lower(): value for name, value in headers.items()}
        self._learn_limit(known)
        if status == 429:
            now = self._clock()
            return throttled(known, now, self._ledger.resets_at(now))
        if (meaning := _MEANINGS.get(status)) is None:
            return None
        return meaning(status_text(status, error_text(body)))

    def _learn_limit(self, headers: Mapping[str, str]) -> None:
        """Record the minute's limit in the ledger, whenever it changes."""
        limit = as_int(headers.get(_LIMIT))
        if limit is not None and limit >= 1 and limit != self._limit:
            self._limit = limit
            self._ledger.learn(None, ThrottleScope.MINUTE, self._clock(), limit=limit)


def throttled(headers: Mapping[str, str], now: datetime, resets_at: datetime) -> Throttled:
    """Return which limit a 429 means: the calls of the minute, or the credits of the month.

    The month's has calls of the minute left and names no time; it lasts until the billing cycle turns (`resets_at`, as
    far as the ledger knows).
    """
    until = retry_after(headers, now)
    remaining = as_int(next((value for name, value in headers.items() if name.lower() == _REMAINING), None))
    if until is None and remaining is not None and remaining > 0:
        return Throttled(min(now + MONTH_RETRY, resets_at), ThrottleScope.MONTH, sent=True)
    until = max(until or now + MINUTE_RETRY, now + SHORTEST)
    scope = ThrottleScope.MINUTE if until - now <= LONGEST_MINUTE else ThrottleScope.MONTH
    return Throttled(until, scope, sent=True)


def is_inconclusive(error: CloudError) -> bool:
    """Return whether an error leaves open if the credential is alive, though every live one may read what failed."""
    return isinstance(error, InvalidRequest | NotFound | MalformedAnswer)
