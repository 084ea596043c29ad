"""The log of the requests that the vendors' services have received."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One line of the log."""

    time: datetime
    """Simulated time of arrival, aware UTC."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    credential: str | None
    """The key as it was sent: Enphase's `key`, SolarEdge's `X-API-Key`.

    Where somebody is signed in or signs in: the name of the application, because its plan pays. That is the API key
    with Enphase, the client id with SolarEdge.
    """
    status: int = 0
    """0 while it is not answered, and for ever when the connection was dropped, or the answer cut off."""


class RequestLog:
    """The requests in the order of arrival."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[Request] = []

    @property
    def entries(self) -> list[Request]:
        """A copy of all entries."""
        return list(self._entries)

    def add(self, entry: Request) -> None:
        """Append a request that has arrived."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests, those that are not answered yet too."""
        self._entries.clear()

    def answered(self, entry: Request, status: int) -> None:
        """Write into an entry how it was answered, if that is still there."""
        for index, logged in enumerate(self._entries):
            if logged is entry:
                self._entries[index] = replace(entry, status=status)
                return

    def refused(self, path: str, status: int) -> None:
        """Write the status into the newest entry with a path: its answer was changed to an error afterwards."""
        for index in range(len(self._entries) - 1, -1, -1):
            if self._entries[index].path == path:
                self._entries[index] = replace(self._entries[index], status=status)
                return
