"""A cloud for each account, in frozen time, that sees what a request shows to be let in."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import Clock
from simulator.ready import ready_simulator
from tests.home.conftest import Cloud, clean_time, quick_loop, waiting_passes_frozen_time

from .worlds import BEGIN, WORLDS

__all__ = ["clean_time", "quick_loop", "waiting_passes_frozen_time"]


@dataclass
class Gate(Cloud):
    """A cloud, and what was shown to it."""

    shown: list[tuple[str, str]] = field(default_factory=list)
    """The header Authorization and the body of each request."""


@pytest.fixture(params=list(WORLDS))
def account(request: pytest.FixtureRequest) -> str:
    """Name one of the accounts."""
    return str(request.param)


@pytest.fixture
async def cloud(socket_enabled: None, freezer: FrozenDateTimeFactory, account: str) -> AsyncGenerator[Gate]:
    """Return an account's cloud as it is when the account is added."""
    freezer.move_to(BEGIN)
    simulator = ready_simulator(Clock(lambda: datetime.now(UTC)))
    WORLDS[account].prepare(simulator)
    shown: list[tuple[str, str]] = []

    @web.middleware
    async def look(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        answer = await handler(request)
        shown.append((request.headers.get("Authorization", ""), (await request.read()).decode()))
        return answer

    simulator.app.middlewares.append(look)
    server = TestServer(simulator.app, host="127.0.0.1")
    await server.start_server(access_log=None)
    yield Gate(simulator, str(server.make_url("")).rstrip("/"), shown)
    await server.close()
