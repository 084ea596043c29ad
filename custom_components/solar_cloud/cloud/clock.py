"""The clock of code that knows no Home Assistant, and the one that times in answers are compared with."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TOLERATED = timedelta(minutes=5)
"""By how much a clock may differ from a cloud's."""
PROOF = 2
"""So many answers in a row have to say it: one may come from a cache, or from a server that is wrong itself."""

_reading: ContextVar[Callable[[], datetime] | None] = ContextVar("reading_clock", default=None)


def utcnow() -> datetime:
    """Return the time as aware UTC."""
    return datetime.now(UTC)


def compare_with(clock: Callable[[], datetime]) -> None:
    """Have the times that this task reads from now on compared with a clock (aware UTC): later ones are none."""
    _reading.set(clock)


def compared_with() -> datetime | None:
    """Return the time by the clock that times are compared with; `None` where no answer has been read yet."""
    clock = _reading.get()
    return None if clock is None else clock()


class CloudClock:
    """What the ``Date`` headers of a cloud's answers (RFC 9110, 6.6.1) say of our own clock."""

    def __init__(self) -> None:
        """Begin without an answer."""
        self._wrong = 0
        self._apart = timedelta(0)

    @property
    def apart(self) -> timedelta | None:
        """By how much the cloud's clock is ahead of ours, where that is more than can be; `None` where it is not."""
        return self._apart if self._wrong >= PROOF else None

    def heard(self, headers: Mapping[str, str], now: datetime) -> None:
        """Take the time of an answer that came at `now` (aware UTC, by our clock); one without a time says nothing."""
        if (said := _date_of(headers)) is None:
            return
        self._apart = said - now
        self._wrong = self._wrong + 1 if abs(self._apart) > TOLERATED else 0


def _date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return when an answer was sent; `None` where it does not say so, or lay in a cache."""
    if "Age" in headers or (text := headers.get("Date")) is None:
        return None
    try:
        said = parsedate_to_datetime(text)
        return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    except ValueError, OverflowError:
        return None
