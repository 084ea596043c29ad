"""The simulator's clock: it follows a source of time, may run faster than it, and may be set."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _real_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Keeps the simulated time.

    `source` gives the time that passes outside (aware); tests hand in one that follows their frozen time.
    """

    def __init__(self, source: Callable[[], datetime] = _real_now, *, speed: float = 1.0) -> None:
        """Begin at the source's present time and run `speed` times as fast as it."""
        self._source = source
        self._speed = speed
        self._anchor = source()
        self._base = self._anchor.astimezone(UTC)

    def now(self) -> datetime:
        """Return the simulated time as aware UTC."""
        return self._base + (self._source() - self._anchor) * self._speed

    def set(self, moment: datetime) -> None:
        """Jump to an aware instant; time goes on from there. Raise ValueError for a naive one."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs an aware time")
        self._anchor = self._source()
        self._base = moment.astimezone(UTC)

    def advance(self, step: timedelta) -> None:
        """Jump ahead, or back with a negative step."""
        self.set(self.now() + step)

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in one second of the source."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if speed < 0:
            raise ValueError("time does not run backwards")
        self.set(self.now())
        self._speed = speed
