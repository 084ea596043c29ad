"""A homeowner's browser, and the application that he connects."""

from dataclasses import dataclass
from datetime import timedelta
import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from simulator import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH, Simulator
from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET

from ..conftest import Driver, Result

PV_SITE, BATTERY_SITE = 222881711, 1148616
TOKEN, REVOKE = f"{SOLAREDGE_OAUTH_PATH}/token", f"{SOLAREDGE_OAUTH_PATH}/revoke-token"
CLIENT = {"client_id": SOLAREDGE_CLIENT_ID, "client_secret": SOLAREDGE_CLIENT_SECRET}


@dataclass
class Home:
    """A homeowner's browser and the application beside it."""

    drive: Driver

    @property
    def simulator(self) -> Simulator:
        return self.drive.simulator

    def later(self, **by: float) -> None:
        self.simulator.clock.advance(timedelta(**by))

    def url(self, **query: str) -> str:
        asked = {"client_id": SOLAREDGE_CLIENT_ID, "external_id": "nonce", "access_duration": "24"} | query
        return str(URL(self.drive.base + SOLAREDGE_AUTHORIZE_PATH).with_query(asked))

    async def page(self, method: str = "GET", form: Any = None, **query: str) -> aiohttp.ClientResponse:
        response = await self.drive.session.request(method, self.url(**query), data=form, allow_redirects=False)
        await response.read()
        return response

    async def consent(self, **query: str) -> URL:
        response = await self.page(auto="allow", **query)
        assert response.status == 302
        return URL(response.headers["Location"])

    async def ask(self, path: str, fields: Any, **kind: Any) -> Result:
        sent = kind or {"json": fields}
        async with self.drive.session.post(self.drive.base + path, **sent) as response:
            text = await response.text()
            return Result(response.status, json.loads(text) if text else None, text, response.headers)

    async def exchange(self, code: str, **more: str) -> Result:
        return await self.ask(TOKEN, {"grant_type": "authorization_code", "code": code, **CLIENT, **more})

    async def refresh(self, token: str, **more: str) -> Result:
        return await self.ask(TOKEN, {"grant_type": "refresh_token", "refresh_token": token, **CLIENT, **more})

    async def tokens(self, **query: str) -> dict[str, Any]:
        answer = await self.exchange((await self.consent(**query)).query["code"])
        assert answer.status == 200
        return answer.body

    async def read(self, path: str, access_token: str, **headers: str) -> Result:
        return await self.drive.get(path, None, {"Authorization": f"Bearer {access_token}", **headers})

    async def site(self, path: str, access_token: str, site: int = PV_SITE) -> int:
        return (await self.read(f"{SOLAREDGE_PATH}/sites/{site}{path}?resolution=HOUR", access_token)).status


@pytest.fixture
def home(drive: Driver) -> Home:
    return Home(drive)


def invalid_grant(answer: Result, description: str) -> None:
    assert (answer.status, answer.body) == (400, {"error": "invalid_grant", "error_description": description})
