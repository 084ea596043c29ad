"""What disturbs a cloud's answers: the JSON of successful ones is changed or refused, by path, query, and time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
import json
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from .clock import Clock
from .log import RequestLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that has an answer."""

    path: str
    query: MultiMapping[str]
    now: datetime
    """Simulated time, aware UTC."""


type Change = Callable[[Any, Asked], Any]
"""Takes an answer's JSON and what was asked, and returns the JSON that is sent. Raises `Refused` to send an error."""


class Refused(Exception):
    """Ends a request with an error instead of its answer."""

    def __init__(self, status: int, body: Mapping[str, Any] | None = None) -> None:
        """Carry the status and the JSON of the error."""
        super().__init__(status)
        self.status = status
        self.body = body


class Disturbances:
    """The changes that answers of a simulator go through, oldest first."""

    def __init__(self, clock: Clock, log: RequestLog) -> None:
        """Begin without any; the log is told of the errors."""
        self._clock = clock
        self._log = log
        self._changes: list[tuple[str, Change]] = []
        self.refusals: list[tuple[datetime, str, MultiMapping[str]]] = []
        """What was answered with an error: when, path, query."""

    def add(self, path: str, change: Change) -> None:
        """Change the answers whose path matches a pattern."""
        self._changes.append((path, change))

    def clear(self) -> None:
        """Leave all answers as they are."""
        self._changes.clear()

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer a request, and change the answer."""
        response = await handler(request)
        changes = [change for path, change in self._changes if fnmatchcase(request.path, path)]
        if not changes or response.status != 200 or not isinstance(response, web.Response):
            return response
        if not isinstance(response.body, bytes):
            return response
        try:
            body = json.loads(response.body)
        except ValueError:
            return response
        asked = Asked(path=request.path, query=request.query, now=self._clock.now())
        try:
            for change in changes:
                body = change(body, asked)
        except Refused as refused:
            self.refusals.append((asked.now, asked.path, asked.query))
            self._log.refused(asked.path, refused.status)
            return web.json_response(refused.body or {}, status=refused.status, headers=_kept(response))
        response.body = json.dumps(body).encode()
        return response


def _kept(response: web.Response) -> dict[str, str]:
    """Return the headers of an answer that go with an error as well: those of the rate limit."""
    return {name: value for name, value in response.headers.items() if name.startswith("x-ratelimit")}
