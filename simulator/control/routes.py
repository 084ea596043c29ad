"""The routes of the control API."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from ..clouds import Clouds
from . import enphase, plants, server, solaredge
from .data import Action, Reader

_READERS: dict[str, Reader] = {**server.READERS, **plants.READERS, **enphase.READERS, **solaredge.READERS}
_ACTIONS: dict[str, Action] = {**server.ACTIONS, **plants.ACTIONS, **enphase.ACTIONS, **solaredge.ACTIONS}


def routes(clouds: Clouds) -> list[web.RouteDef]:
    """Return the routes that read and change both clouds."""
    return [
        *(web.get(f"/control/{name}", _reader(partial(read, clouds))) for name, read in _READERS.items()),
        *(web.post(f"/control/{name}", _writer(partial(action, clouds))) for name, action in _ACTIONS.items()),
    ]


def _reader(read: Callable[[], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(read())

    return handle


def _writer(act: Callable[[dict[str, Any]], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            data = await request.json() if request.can_read_body else {}
            if not isinstance(data, dict):
                raise TypeError("the body must be an object")  # noqa: TRY301 - one way out for all bad bodies
            return web.json_response(act(data) or {})
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle
