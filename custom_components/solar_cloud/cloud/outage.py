"""Whether a cloud answers anything that is asked under one credential, and who waits until it does again.

A job that has failed pauses on its own, and longer each time. When the first of all requests under the credential is
answered again, the others need not wait any longer for what is lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
import logging

_LOGGER = logging.getLogger(__name__)

LEAST = timedelta(minutes=15)
"""What is shorter is a lost request: each job is tried again soon enough by itself."""


class Outage:
    """A time in which no request under one credential is answered."""

    def __init__(self) -> None:
        """Begin with a cloud that is well."""
        self.since: datetime | None = None
        """When a request was not answered for the first time since one was (aware UTC); `None` while it is well."""
        self._told: str | None = None
        self._waiting: list[Callable[[], None]] = []

    def covers(self, moment: datetime | None) -> bool:
        """Return whether nothing has been answered since an instant (aware UTC), and something has failed."""
        return self.since is not None and moment is not None and self.since <= moment

    def wait(self, then: Callable[[], None]) -> Callable[[], None]:
        """Call a function whenever an outage has ended; returns how to stop that."""
        self._waiting.append(then)
        return partial(self._waiting.remove, then)

    def failed(self, now: datetime) -> None:
        """Note that a request was not answered at an instant (aware UTC)."""
        if self.since is None or self.since > now:
            self.since = now

    def answered(self, now: datetime) -> None:
        """Note that a request for data was answered at an instant (aware UTC): the outage is over."""
        since, self.since = self.since, None
        told, self._told = self._told, None
        if told is not None:
            _LOGGER.info("%s: the service can be reached again", told)
        if since is not None and now - since >= LEAST:
            for then in tuple(self._waiting):
                then()

    def tell(self, name: str, error: str | None) -> None:
        """Say once in the log that an account of that name cannot be read, however many systems and jobs it has."""
        if self._told is None:
            self._told = name
            _LOGGER.warning("%s: the service cannot be reached, so nothing can be read (%s)", name, error)
