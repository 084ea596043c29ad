"""The clock of code that knows no Home Assistant, and the one that times in answers are compared with."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

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
