"""Faults that a test or the control API asks for: errors, delays, dropped connections, cut and changed bodies."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

type Body = str | bytes | Mapping[str, Any] | list[Any]
type Mutation = Callable[[Any], Any]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong with requests whose path matches, and how often yet (None: always)."""

    path: str
    status: int | None = None
    """Answered instead of the true status; with no body given, the body is empty."""
    body: Body | None = None
    headers: dict[str, str] | None = None
    delay: float = 0
    """Seconds before anything happens: real ones, unless a test has frozen the event loop's time."""
    times: int | None = 1
    drop: bool = False
    """Close the connection without an answer."""
    truncate: bool = False
    """Send half of the body; together with `drop`, promise all of it and close the connection in the midst."""


@dataclass(slots=True, kw_only=True)
class _Mutator:
    path: str
    function: Mutation
    times: int | None


class Faults:
    """The faults that are due, oldest first."""

    def __init__(self) -> None:
        """Begin without any."""
        self._faults: list[Fault] = []
        self._mutators: list[_Mutator] = []
        self._closing: asyncio.Event | None = None

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        self._faults.append(fault)

    def add_mutation(self, path: str, function: Mutation, times: int | None) -> None:
        """Queue a change of the JSON of successful answers."""
        self._mutators.append(_Mutator(path=path, function=function, times=times))

    def clear(self) -> None:
        """Let everything work again."""
        self._faults.clear()
        self._mutators.clear()

    def take(self, path: str) -> Fault | None:
        """Return the oldest fault for a path, used up by one."""
        for fault in self._faults:
            if fnmatchcase(path, fault.path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def mutate(self, path: str, body: Any) -> Any:
        """Return an answer's JSON with all changes that are due for a path."""
        for mutator in tuple(self._mutators):
            if fnmatchcase(path, mutator.path):
                if mutator.times is not None:
                    mutator.times -= 1
                    if mutator.times <= 0:
                        self._mutators.remove(mutator)
                body = mutator.function(body)
        return body

    def opened(self) -> None:
        """Remember that the server runs."""
        self._closing = asyncio.Event()

    def closing(self) -> None:
        """End all delays: the server stops."""
        if self._closing:
            self._closing.set()

    async def wait(self, seconds: float) -> None:
        """Wait for seconds of the event loop, or until the server stops."""
        if seconds <= 0:
            return
        if self._closing is None:
            self._closing = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return
