"""What is sent to SolarEdge with an access token, without the simulator."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import logging
import traceback
from typing import Any, override

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.auth import Auth
from custom_components.solar_cloud.cloud.errors import CloudError, TokenRefused
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge

from .helpers import API_KEY, BERLIN, FakeCloud, StillClock, fixture, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")


# What is sent, without the simulator.


@dataclass
class CountingAuth(Auth):
    """Gives out token after token."""

    number: int = 1
    worth: list[str] = field(default_factory=list)
    stuck: bool = False

    @property
    @override
    def secrets(self) -> Collection[str]:
        return [f"t0ken-{self.number}"]

    @override
    async def token(self) -> str:
        return f"t0ken-{self.number}"

    @override
    async def renewed(self, token: str) -> bool:
        if self.stuck:
            return False
        self.number += 1
        return True

    @override
    def worked(self, token: str) -> None:
        self.worth.append(token)


@dataclass
class Desk:
    cloud: FakeCloud
    auth: CountingAuth
    client: SolarEdge
    clock: StillClock

    async def energy(self) -> Any:
        job = next(job for job in self.client.jobs if job.name == "energy")
        return await job.run(system_data(), self.clock.now)


@asynccontextmanager
async def desk(**given: Any) -> AsyncGenerator[Desk]:
    cloud, clock, auth = FakeCloud(), StillClock(), CountingAuth()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", cloud.handle)

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(Limits(per_minute=1000, per_month=1000)), save, clock=clock, sleep=clock.sleep)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        base = str(server.make_url("/v2"))
        options: dict[str, Any] = {"auth": auth, "site_id": "1234567"} | given
        yield Desk(cloud, auth, SolarEdge(session, account, base_url=base, zone=BERLIN, **options), clock)


async def test_a_token_is_sent_as_bearer_and_no_key_with_it_even_where_one_is_left_over():
    async with desk(api_key=API_KEY, account_key="left over") as it:
        it.cloud.answer("/sites/1234567/energy", fixture("energy.json"))
        await it.energy()
        (asked,) = it.cloud.asked
        assert asked.headers["Authorization"] == "Bearer t0ken-1"
        assert not {"x-api-key", "x-account-key"} & {name.lower() for name in asked.headers}
        assert it.auth.worth == ["t0ken-1"]


async def test_a_key_is_sent_without_a_bearer():
    async with desk(auth=None, site_id=None, api_key=API_KEY) as it:
        it.cloud.answer("/sites/1234567/energy", fixture("energy.json"))
        await it.energy()
        assert it.cloud.asked[0].headers["X-API-Key"] == API_KEY
        assert "Authorization" not in it.cloud.asked[0].headers


async def test_a_refused_token_is_replaced_and_the_request_repeated_once():
    async with desk() as it:
        answers = iter([401, 200])

        def energy(request: web.Request) -> web.Response:
            return web.json_response(fixture("energy.json"), status=next(answers))

        it.cloud.handlers["/sites/1234567/energy"] = energy
        assert (await it.energy()).intervals
        assert [asked.headers["Authorization"] for asked in it.cloud.asked] == ["Bearer t0ken-1", "Bearer t0ken-2"]
        assert it.auth.worth == ["t0ken-2"]


async def test_details_of_another_site_than_the_grant_s_are_not_believed():
    async with desk() as it:
        it.cloud.answer("/sites/1234567", fixture("site.json") | {"siteId": 7})
        with pytest.raises(CloudError):
            await it.client.systems()


@pytest.mark.parametrize("given", [{"auth": None}, {"site_id": None}, {"auth": None, "site_id": None}])
async def test_a_client_with_half_a_credential_is_not_made(given):
    with pytest.raises(ValueError, match="needed"):
        async with desk(**given):
            pytest.fail("it was made")


@pytest.mark.parametrize("stuck", [False, True])
@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 429, 500])
async def test_no_token_is_in_any_error_or_log_even_when_the_cloud_repeats_it(status, stuck, caplog):
    texts = []
    async with desk() as it:
        it.auth.stuck = stuck

        def mirror(request: web.Request) -> web.Response:
            return web.json_response({"detail": request.headers["Authorization"], "unit": "W"}, status=status)

        for path in ("/sites/1234567", "/sites/1234567/energy"):
            it.cloud.handlers[path] = mirror
        with caplog.at_level(logging.DEBUG):
            for call in (it.client.systems(), it.energy()):
                with pytest.raises(CloudError) as raised:
                    await call
                assert not isinstance(raised.value, TokenRefused)
                texts.append("".join(traceback.format_exception(raised.value)))
                error: BaseException | None = raised.value
                while error is not None:
                    texts.append(repr(error))
                    error = error.__cause__ or error.__context__
        texts += [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert "t0ken" not in "\n".join(texts)
