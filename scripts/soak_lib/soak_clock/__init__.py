"""Lets the time of a soak leap: where Home Assistant would only wait, its fake clock goes on to the next timer.

This runs inside Home Assistant. Time flows as it does while anything works: a request, a thread, the database.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
import gc
import os
from pathlib import Path
import sys
import threading
import time
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.typing import ConfigType

sys.path.insert(0, os.environ["SOAK_LIBRARY"])
from soak_lib.clocks import FakeClock, SharedNumber

DOMAIN = "soak_clock"
OURS = "custom_components.solar_cloud"
LOOK = 0.02
"""Seconds between two looks while something works, or the end of a leap is reached."""
LEAST = 10.0
"""Seconds that are leapt over at least, so that no timer is later than that."""
LONGEST_WORK = 20.0
"""Seconds after which time leaps although something works: it waits for the time, then."""


class Leaper:
    """Stands before the event loop's selector: what the loop would wait for is leapt over."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take over the selector; nothing leaps before `started`."""
        folder = Path(hass.config.config_dir)
        self._hass = hass
        self._clocks = [FakeClock(folder / "home.clock"), FakeClock(folder / "cloud.clock")]
        self._until = SharedNumber(folder / "until")
        self._speed = float(os.environ.get("SOAK_SPEED", "inf"))
        self._target = 0.0
        self._worked = 0.0
        self._leaps = False
        selector: Any = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]  # noqa: SLF001
        self._select = selector.select
        selector.select = self.select

    def select(self, timeout: float | None = None) -> Any:
        """Return what is ready; instead of waiting, leap to the next timer."""
        events = self._select(0)
        if events or (timeout is not None and timeout <= 0) or not self._leaps:
            self._worked = 0.0 if events else self._worked
            return events or self._select(timeout)
        if self._works() and self._worked < LONGEST_WORK:
            self._worked += LOOK
            return self._select(LOOK if timeout is None else min(timeout, LOOK))
        self._worked = 0.0
        left = self._left()
        if left <= 0:
            return self._select(LOOK if timeout is None else min(timeout, LOOK))
        self._leap(min(left, 60.0 if timeout is None else max(timeout, LEAST)))
        return self._select(0)

    @callback
    def start(self, _event: Event) -> None:
        """Let time leap from now on."""
        self._leaps = True

    @callback
    def stop(self, _event: Event) -> None:
        """Let time flow from now on."""
        self._leaps = False

    def _left(self) -> float:
        """Return how many seconds may be leapt over until something is to happen."""
        now = time.time() + self._clocks[1].get() - self._clocks[0].get()
        if now >= self._target:
            self._target = self._until.get()
        return self._target - now

    def _leap(self, seconds: float) -> None:
        for clock in self._clocks:
            clock.leap(seconds)
        if self._speed < float("inf"):
            self._select(seconds / self._speed)

    def _works(self) -> bool:
        """Return whether anything is under way that time should not run away from."""
        connectors = self._hass.data.get("aiohttp_connector", {}).values()
        if any(connector._acquired for connector in connectors):  # noqa: SLF001
            return True
        recorder = get_instance(self._hass)
        if recorder.backlog:
            return True
        executors = (asyncio.get_running_loop()._default_executor, recorder._db_executor)  # type: ignore[attr-defined]  # noqa: SLF001
        return any(_is_busy(executor) for executor in executors if executor is not None)


def _is_busy(executor: ThreadPoolExecutor) -> bool:
    idle: Any = executor._idle_semaphore  # noqa: SLF001
    return executor._work_queue.qsize() > 0 or idle._value < len(executor._threads)  # noqa: SLF001


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Take over the clock, and offer to count what is in memory."""
    leaper = Leaper(hass)
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, leaper.start)
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, leaper.stop)

    @callback
    def count(_call: ServiceCall) -> dict[str, Any]:
        gc.collect()
        names = list(_type_names())
        timers = sum(not handle.cancelled() for handle in asyncio.get_running_loop()._scheduled)  # type: ignore[attr-defined]  # noqa: SLF001
        ours = [name for name in names if name.startswith(OURS)]
        return {
            "all": len(names),
            "ours": len(ours),
            "timers": timers,
            "tasks": len(asyncio.all_tasks()),
            "threads": threading.active_count(),
            "types": {name: ours.count(name) for name in sorted(set(ours))},
        }

    hass.services.async_register(DOMAIN, "count", count, supports_response=SupportsResponse.ONLY)
    return True


def _type_names() -> Iterator[str]:
    for one in gc.get_objects():
        kind = type(one)
        yield f"{kind.__module__}.{kind.__qualname__}"
