"""What an error of Enphase means: the part that both generations of its API have in common."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..account import Account
from ..errors import (
    CloudError,
    CredentialRefused,
    InvalidRequest,
    NoDataYet,
    NotFound,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)
from ..parse import as_code, as_deadline, as_int, as_map, error_text, status_text
from ..retry_after import MINUTE_RETRY, retry_after

UNAVAILABLE_CODE = 7
"""``errorCode`` of "Data temporarily unavailable" (Enphase v2 documentation: stats, rgm_stats, monthly_production)."""
_LONGEST_MINUTE = timedelta(hours=1)
_LONGEST_MONTH = timedelta(days=32)


class ErrorReader:
    """Reads the errors of one client, and records in the account's ledger what they say about its limits."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._vague_before = False
        """Whether the last response was a throttle that did not say which limit it meant."""

    def __call__(self, status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        """Return the error that a response means, `None` where it means none.

        A 401 or 403 may still come from a plan's gate: finding that out takes another request of the client's.
        """
        if status in {409, 429}:
            return self._throttled(headers, as_map(body))
        self._vague_before = False
        text = status_text(status, error_text(body))
        if as_int(as_map(body).get("errorCode")) == UNAVAILABLE_CODE or status >= 500:
            return TemporarilyUnavailable(text)
        match status:
            case 401 | 403:
                return CredentialRefused(text)
            case 404:
                return NotFound(text)
            case 422:
                return NoDataYet(text)
            case 400 | 405:
                return InvalidRequest(text)
        return None

    def _throttled(self, headers: Mapping[str, str], body: Mapping[str, Any]) -> Throttled:
        """Read a throttle: ``period`` is minute or month, ``period_end`` when it is over, ``limit`` what it allows."""
        account, now = self._account, self._account.clock()
        period = as_code(body.get("period"))
        end = as_deadline(body.get("period_end")) or retry_after(headers, now)
        vague = period is None and end is None
        scope = ThrottleScope.MONTH if self._is_month(period, end, now) else ThrottleScope.MINUTE
        if scope is ThrottleScope.MONTH:
            until = end if end and now < end <= now + _LONGEST_MONTH else account.ledger.resets_at(now)
        else:
            # An end that has passed is the difference between two clocks.
            until = end if end and now < end <= now + _LONGEST_MINUTE else now + MINUTE_RETRY
        self._vague_before = vague
        limit = as_int(body.get("limit")) if period in set(ThrottleScope) else None
        account.ledger.learn(until, scope, now, limit)
        return Throttled(until, scope, sent=True)

    def _is_month(self, period: str | None, end: datetime | None, now: datetime) -> bool:
        """Return whether it is the month's limit that was reached, not the minute's.

        Where the cloud does not say, it is the month's when the ledger has it spent, or when the pause for a minute's
        limit has not helped.
        """
        if period is not None:
            return period == ThrottleScope.MONTH
        if end is not None:
            return end > now + _LONGEST_MINUTE
        ledger = self._account.ledger
        return self._vague_before or ledger.used(now) >= ledger.limits.per_month
