"""A simulator over real HTTP on a clock that stands still unless a test moves it."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from simulator import ENPHASE_OAUTH_PATH, ENPHASE_PATH, ENPHASE_V4_PATH, SOLAREDGE_PATH, Clock, Simulator
from simulator.ready import (
    ENPHASE_API_KEY,
    ENPHASE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    SOLAREDGE_API_KEY,
    ready_simulator,
)

REDIRECT = "https://home.example/auth/external/callback"
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
    access_token: str | None = None

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

    async def token(self, *, basic: str | None = None, in_query: bool = False, **sent: str) -> Result:
        """Ask the token endpoint, as the ready application unless another credential is given."""
        credential = basic if basic is not None else f"{ENPHASE_V4_CLIENT_ID}:{ENPHASE_V4_CLIENT_SECRET}"
        headers = {"Authorization": f"Basic {b64encode(credential.encode()).decode()}"}
        place = {"params" if in_query else "data": sent}
        url = f"{self.base}{ENPHASE_OAUTH_PATH}/token"
        async with self.session.post(url, headers=headers, **place) as response:
            text = await response.text()
            return Result(response.status, json.loads(text), text, response.headers)

    async def sign_in(self, owner: str = ENPHASE_V4_OWNER, client_id: str = ENPHASE_V4_CLIENT_ID) -> str:
        """Return an access token of v4 for an owner of systems, and use it from now on."""
        self.simulator.enphase_owner = owner
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT}
        url = URL(f"{self.base}{ENPHASE_OAUTH_PATH}/authorize").with_query(query)
        code = URL(self.simulator.authorize(str(url))).query["code"]
        secret = self.simulator.accounts.enphase_applications[client_id].client_secret
        exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        tokens = (await self.token(basic=f"{client_id}:{secret}", **exchange)).body
        self.access_token = tokens["access_token"]
        return self.access_token

    async def v4(self, path: str, *, key: str | None = ENPHASE_V4_API_KEY, **query: Any) -> Result:
        """Ask v4; the owner of its ready systems signs in first where nobody has."""
        token = self.access_token or await self.sign_in()
        headers = {"Authorization": f"Bearer {token}", **({"key": key} if key else {})}
        sent = [(name, str(value)) for name, value in query.items()]
        return await self.get(f"{ENPHASE_V4_PATH}/{path}", sent, headers)

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
    for cloud in ("enphase", "enphase_v4", "solaredge"):
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
