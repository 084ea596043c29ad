"""A simulator over real HTTP on a clock that stands still unless a test moves it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from simulator import ENPHASE_PATH, SOLAREDGE_PATH, Clock, Simulator
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_API_KEY, ready_simulator

NOON_IN_CALIFORNIA = datetime(2026, 6, 21, 20, 3, tzinfo=UTC)


@dataclass
class Result:
    """What came back."""

    status: int
    body: Any
    text: str
    headers: Mapping[str, str]


@dataclass
class Driver:
    """Sends requests to a simulator and moves its clock."""

    simulator: Simulator
    session: ClientSession
    base: str

    def at(self, moment: datetime) -> None:
        self.simulator.clock.set(moment)

    async def get(self, path: str, query: Any = None, headers: Mapping[str, str] | None = None) -> Result:
        async with self.session.get(URL(self.base + path), params=query, headers=headers) as response:
            text = await response.text()
            try:
                body = json.loads(text)
            except ValueError:
                body = None
            return Result(response.status, body, text, response.headers)

    async def post(self, path: str, data: Any = None) -> Result:
        async with self.session.post(self.base + path, json=data) as response:
            text = await response.text()
            return Result(response.status, json.loads(text), text, response.headers)

    async def enphase(self, path: str, *pairs: tuple[str, str], user: str = ENPHASE_USER_ID, **query: Any) -> Result:
        sent = [("key", ENPHASE_API_KEY), ("user_id", user), *pairs, *((n, str(v)) for n, v in query.items())]
        return await self.get(f"{ENPHASE_PATH}/{path}", sent)

    async def solaredge(
        self,
        path: str,
        *pairs: tuple[str, str],
        start: str | None = None,
        end: str | None = None,
        key: str = SOLAREDGE_API_KEY,
        **query: Any,
    ) -> Result:
        sent = [*pairs, *((n, str(v)) for n, v in query.items())]
        sent += [("from", start)] if start else []
        sent += [("to", end)] if end else []
        return await self.get(f"{SOLAREDGE_PATH}/{path}", sent, {"X-API-Key": key})


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    clock = Clock(lambda: NOON_IN_CALIFORNIA)
    clock.set(NOON_IN_CALIFORNIA)
    return clock


@pytest.fixture
def simulator(clock: Clock) -> Simulator:
    """The ready systems, with limits that do not matter."""
    simulator = ready_simulator(clock)
    for cloud in ("enphase", "solaredge"):
        simulator.set_limits(cloud, per_minute=100_000, per_month=1_000_000)
    return simulator


@pytest.fixture
async def drive(socket_enabled: None, simulator: Simulator) -> AsyncIterator[Driver]:
    """The simulator behind HTTP."""
    server = TestServer(simulator.app, host="127.0.0.1")
    await server.start_server()
    async with ClientSession() as session:
        yield Driver(simulator, session, str(server.make_url("")).rstrip("/"))
    await server.close()
