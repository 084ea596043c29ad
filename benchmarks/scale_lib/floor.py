"""The least that anybody could do for the same refreshes: fetch the URLs, parse them, write the states that changed.

What a refresh of ours asks and changes is noted while it is measured. Afterwards it is done again in the same process
with nothing around it: bare aiohttp, orjson, and Home Assistant's state machine.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from unittest.mock import patch

import aiohttp
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
import orjson
from yarl import URL

from .loop import LoopMeter, Window
from .world import async_quiet


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was sent."""

    method: str
    url: URL
    headers: Mapping[str, str]


@dataclass(slots=True)
class Noted:
    """What one refresh has asked, and which states it has changed."""

    asked: list[Asked] = field(default_factory=list)
    changed: list[tuple[State, State]] = field(default_factory=list)
    """The old and the new state of each entity; one that is written as it was is none of them."""


@contextmanager
def noting(hass: HomeAssistant) -> Iterator[Noted]:
    """Note what is asked and changed in a block."""
    noted = Noted()
    send = aiohttp.ClientSession._request  # noqa: SLF001 - the one place that all requests pass

    async def sent(session: aiohttp.ClientSession, method: str, url: URL, **options: Any) -> aiohttp.ClientResponse:
        noted.asked.append(Asked(method, URL(url), dict(options.get("headers") or {})))
        return await send(session, method, url, **options)

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if old is not None and new is not None:
            noted.changed.append((old, new))

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
    try:
        with patch.object(aiohttp.ClientSession, "_request", sent):
            yield noted
    finally:
        stop()


class Floor:
    """Does again what refreshes have done."""

    def __init__(self, hass: HomeAssistant, meter: LoopMeter) -> None:
        """Take where states are written, and what measures it."""
        self._hass = hass
        self._meter = meter

    async def __aenter__(self) -> Self:
        """Open a connection of its own."""
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self._session.close()

    async def measure(self, noted: Noted) -> Window:
        """Return what the event loop does for a refresh; the states are those of entities beside the real ones."""
        for old, _ in noted.changed:
            self._write(old)
        await async_quiet()
        with self._meter.window() as window:
            await self._hass.async_create_task(self._refresh(noted))
            await async_quiet()
        return window

    async def _refresh(self, noted: Noted) -> None:
        for asked in noted.asked:
            async with self._session.request(asked.method, asked.url, headers=asked.headers) as response:
                orjson.loads(await response.read())
        for _, new in noted.changed:
            self._write(new)

    def _write(self, state: State) -> None:
        self._hass.states.async_set(f"{state.entity_id}_floor", state.state, state.attributes)

    def forget(self, noted: Noted) -> None:
        """Take the states away again."""
        for old, _ in noted.changed:
            self._hass.states.async_remove(f"{old.entity_id}_floor")
