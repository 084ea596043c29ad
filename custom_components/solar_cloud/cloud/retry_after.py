"""When a request may be sent again after a limit was reached."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE_RETRY = timedelta(seconds=65)
"""How long a minute's limit lasts at most where the cloud does not say, with a little for clocks that differ."""
LONGEST_RETRY = timedelta(days=31)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read the header Retry-After, in seconds or as an HTTP date, as aware UTC; `None` where it says nothing usable."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        if text.isascii() and text.isdigit():
            return now + min(timedelta(seconds=int(text[:9])), LONGEST_RETRY)
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, TypeError, OverflowError:
        return None
    return min(moment, now + LONGEST_RETRY) if moment > now else None
