"""How long the event loop works: every callback that it runs is timed.

What a callback takes is processor time of the event loop's thread, so that neighbours on the machine do not matter; the
longest one is told by the clock as well. Python's garbage collector stops whatever happens to run: its time is counted
by itself, and not as that callback's.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
from time import perf_counter, process_time, thread_time
from typing import Any

from homeassistant.helpers.update_coordinator import DataUpdateCoordinator


@dataclass(slots=True)
class Window:
    """What the event loop did in a stretch of time; seconds."""

    wall: float = 0.0
    busy: float = 0.0
    """All callbacks together, without the garbage collector."""
    longest: float = 0.0
    """The longest single callback, and what it was."""
    longest_name: str = ""
    longest_by_clock: float = 0.0
    writing: float = 0.0
    """What of it went into telling the entities that there is something new, and into their states."""
    collecting: float = 0.0
    """What the garbage collector took."""
    longest_collecting: float = 0.0
    other_threads: float = 0.0
    """Processor time outside the event loop's thread."""


class LoopMeter:
    """Times the callbacks of every event loop of this process; made once."""

    def __init__(self) -> None:
        """Begin to time."""
        self._windows: list[Window] = []
        self._collected = self._collected_by_clock = 0.0
        self._collecting_since = 0.0, 0.0
        gc.callbacks.append(self._collecting)
        original: Callable[[asyncio.Handle], None] = asyncio.Handle._run  # noqa: SLF001 - the one place all pass

        def timed(handle: asyncio.Handle) -> None:
            begin, begin_clock = thread_time(), perf_counter()
            collected, collected_by_clock = self._collected, self._collected_by_clock
            original(handle)
            by_clock = perf_counter() - begin_clock - (self._collected_by_clock - collected_by_clock)
            took = thread_time() - begin - (self._collected - collected)
            for window in self._windows:
                window.busy += took
                window.longest_by_clock = max(window.longest_by_clock, by_clock)
                if took > window.longest:
                    window.longest, window.longest_name = took, _name(handle)

        asyncio.Handle._run = timed  # type: ignore[assignment, method-assign]  # noqa: SLF001

    def time_writing(self) -> None:
        """Time from now on what coordinators need to tell their entities."""
        original = DataUpdateCoordinator.async_update_listeners

        def timed(coordinator: DataUpdateCoordinator[Any]) -> None:
            begin, collected = thread_time(), self._collected
            original(coordinator)
            took = thread_time() - begin - (self._collected - collected)
            for window in self._windows:
                window.writing += took

        DataUpdateCoordinator.async_update_listeners = timed  # type: ignore[assignment, method-assign]

    def _collecting(self, phase: str, _info: dict[str, int]) -> None:
        """Take the time of the garbage collector."""
        if phase == "start":
            self._collecting_since = thread_time(), perf_counter()
            return
        since, since_by_clock = self._collecting_since
        took = thread_time() - since
        self._collected_by_clock += perf_counter() - since_by_clock
        self._collected += took
        for window in self._windows:
            window.collecting += took
            window.longest_collecting = max(window.longest_collecting, took)

    @contextmanager
    def window(self) -> Iterator[Window]:
        """Measure what lies in a block; blocks may lie in each other.

        The callback that ends a block is not over yet and not counted: let the loop turn before.
        """
        window = Window()
        self._windows.append(window)
        wall, cpu, own = perf_counter(), process_time(), thread_time()
        try:
            yield window
        finally:
            self._windows.remove(window)
            window.wall = perf_counter() - wall
            window.other_threads = max(0.0, process_time() - cpu - (thread_time() - own))


def _name(handle: asyncio.Handle) -> str:
    """Return what a callback is; of a task its coroutine."""
    function = getattr(handle, "_callback", None)
    task = getattr(function, "__self__", None)
    if isinstance(task, asyncio.Task):
        function = task.get_coro()
    return str(getattr(function, "__qualname__", function))
