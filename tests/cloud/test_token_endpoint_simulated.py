"""The token endpoints of both vendors, at the simulated clouds."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.tokens import EnphaseTokens
from custom_components.solar_cloud.cloud.errors import ClientRefused, CredentialRefused
from custom_components.solar_cloud.cloud.solaredge.tokens import SolarEdgeTokens
from custom_components.solar_cloud.cloud.token_endpoint import TokenEndpoint
from simulator import ENPHASE_OAUTH_PATH, SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_PATH
from simulator.clock import Clock
from simulator.ready import (
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER_NUMBER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    ready_simulator,
)

from .conftest import FakeClock
from .test_token_endpoint import REDIRECT, running

pytestmark = pytest.mark.usefixtures("socket_enabled")


@dataclass
class Real:
    endpoint: TokenEndpoint
    code: Callable[[], str]
    redirect: str | None
    owner: str | None
    life: timedelta
    credential: str
    clock: FakeClock


@asynccontextmanager
async def simulated(name: str) -> AsyncGenerator[tuple[Real, Any]]:
    clock = FakeClock(datetime(2026, 6, 21, 20, 3, tzinfo=UTC))
    simulator = ready_simulator(Clock(clock))

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(Limits(per_minute=1000, per_month=100_000)), save, clock=clock, sleep=clock.sleep)
    async with running(simulator.app) as base, aiohttp.ClientSession() as session:
        if name == "solaredge":
            asked = {"client_id": SOLAREDGE_CLIENT_ID, "external_id": "nonce"}
            url = URL(base + SOLAREDGE_AUTHORIZE_PATH).with_query(asked)
            endpoint: TokenEndpoint = SolarEdgeTokens(
                session,
                account,
                base + SOLAREDGE_PATH,
                client_id=SOLAREDGE_CLIENT_ID,
                client_secret=SOLAREDGE_CLIENT_SECRET,
            )
            fixed: tuple[Any, ...] = (None, None, timedelta(hours=2), SOLAREDGE_CLIENT_ID)
        else:
            asked = {"response_type": "code", "client_id": ENPHASE_V4_CLIENT_ID, "redirect_uri": REDIRECT, "state": "s"}
            url = URL(f"{base}{ENPHASE_OAUTH_PATH}/authorize").with_query(asked)
            endpoint = EnphaseTokens(
                session,
                account,
                base + ENPHASE_OAUTH_PATH,
                client_id=ENPHASE_V4_CLIENT_ID,
                client_secret=ENPHASE_V4_CLIENT_SECRET,
            )
            fixed = (REDIRECT, str(ENPHASE_V4_OWNER_NUMBER), timedelta(seconds=86_393), ENPHASE_V4_API_KEY)
        yield (
            Real(endpoint, lambda: URL(simulator.authorize(str(url))).query["code"], *fixed, clock=clock),
            simulator,
        )


VENDORS = pytest.mark.parametrize("name", ["enphase", "solaredge"])


@VENDORS
async def test_a_consent_becomes_a_pair_and_a_pair_the_next_at_the_simulated_cloud(name):
    async with simulated(name) as (it, simulator):
        issued = await it.endpoint.exchange(it.code(), it.redirect)
        assert issued.owner == it.owner
        assert issued.tokens.expires_at - issued.tokens.issued_at == it.life
        following = await it.endpoint.refresh(issued.tokens, vital=False)
        assert following.refresh != issued.tokens.refresh
        with pytest.raises(CredentialRefused):
            await it.endpoint.refresh(issued.tokens, vital=False)
        assert [request.status for request in simulator.requests] == [200, 200, 400]
        assert {request.credential for request in simulator.requests} == {it.credential}


@VENDORS
async def test_a_code_is_worth_nothing_the_second_time_or_after_a_while(name):
    async with simulated(name) as (it, _):
        code = it.code()
        await it.endpoint.exchange(code, it.redirect)
        late = it.code()
        it.clock.advance(minutes=11)
        for dead in (code, late, "made up"):
            with pytest.raises(CredentialRefused) as raised:
                await it.endpoint.exchange(dead, it.redirect)
            assert type(raised.value) is CredentialRefused


@VENDORS
async def test_a_wrong_secret_is_the_application_s_fault(name):
    async with simulated(name) as (it, _):
        it.endpoint._client_secret = "another"
        with pytest.raises(ClientRefused):
            await it.endpoint.exchange(it.code(), it.redirect)


@VENDORS
async def test_a_refresh_token_is_dead_after_thirty_days_without_use(name):
    async with simulated(name) as (it, _):
        tokens = (await it.endpoint.exchange(it.code(), it.redirect)).tokens
        it.clock.advance(days=29)
        tokens = await it.endpoint.refresh(tokens, vital=False)
        it.clock.advance(days=30)
        with pytest.raises(CredentialRefused):
            await it.endpoint.refresh(tokens, vital=False)


async def test_enphase_s_endpoint_that_reads_no_form_costs_one_more_request_once():
    async with simulated("enphase") as (it, simulator):
        simulator.switches.enphase_token_form_refused = True
        tokens = (await it.endpoint.exchange(it.code(), it.redirect)).tokens
        await it.endpoint.refresh(tokens, vital=False)
        assert [request.status for request in simulator.requests] == [400, 200, 200]


async def test_solaredge_s_endpoint_may_read_forms_and_redirect_addresses_it_gets_neither():
    async with simulated("solaredge") as (it, simulator):
        assert simulator.switches.solaredge_form_rejected
        assert simulator.switches.solaredge_redirect_uri_rejected
        await it.endpoint.exchange(it.code(), REDIRECT)
        assert [request.status for request in simulator.requests] == [200]
