"""The token endpoints of both vendors: what is sent, how an answer is read, what a refusal means."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
import json
import logging
import traceback
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.addresses import enphase_oauth_url
from custom_components.solar_cloud.cloud.enphase_v4.tokens import EnphaseTokens
from custom_components.solar_cloud.cloud.errors import (
    ClientRefused,
    CloudError,
    CredentialRefused,
    InvalidRequest,
    MalformedAnswer,
    TemporarilyUnavailable,
    Throttled,
    ThrottleScope,
)
from custom_components.solar_cloud.cloud.solaredge.tokens import SolarEdgeTokens
from custom_components.solar_cloud.cloud.token_endpoint import TokenEndpoint

from .conftest import FakeClock
from .test_grant import pair

pytestmark = pytest.mark.usefixtures("socket_enabled")

CLIENT_ID, SECRET = "the-client", "s3cret/with+odd=characters"
CODE, REDIRECT = "the/c0de+", "http://127.0.0.1:8123/auth/external/callback"
ANSWER = {"access_token": "A", "refresh_token": "R", "token_type": "Bearer", "expires_in": 3600}
BOTH = pytest.mark.parametrize("vendor", [EnphaseTokens, SolarEdgeTokens])


@dataclass
class Sent:
    """One request as it arrived."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body))


@dataclass
class Office:
    """Gives the answers that are lined up, the last one again and again."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[tuple[int, Any, Mapping[str, str]]] = field(default_factory=lambda: [(200, ANSWER, {})])
    url: str = ""

    def answer(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.answers.append((status, body, headers or {}))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.sent.append(Sent(request.path, dict(request.query), request.headers, await request.text()))
        if len(self.answers) > 1:
            self.answers.pop(0)
        status, body, headers = self.answers[0]
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=status, headers=headers, content_type="application/json")


@dataclass
class Bench:
    office: Office
    account: Account
    clock: FakeClock
    session: aiohttp.ClientSession
    saved: list[dict[str, Any]]

    def endpoint[T: TokenEndpoint](self, vendor: type[T], path: str = "") -> T:
        return vendor(self.session, self.account, self.office.url + path, client_id=CLIENT_ID, client_secret=SECRET)


@asynccontextmanager
async def running(app: web.Application) -> AsyncGenerator[str]:
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def bench(
    session: aiohttp.ClientSession, account: Account, clock: FakeClock, saved: list[dict[str, Any]]
) -> AsyncGenerator[Bench]:
    office = Office()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", office.handle)
    async with running(app) as office.url:
        yield Bench(office, account, clock, session, saved)


# What is sent.


async def test_solaredge_gets_a_code_as_json_without_a_redirect_address_anywhere(bench):
    issued = await bench.endpoint(SolarEdgeTokens, "/v2").exchange(CODE, REDIRECT)
    (sent,) = bench.office.sent
    assert (sent.path, sent.query) == ("/v2/oauth2/token", {})
    assert sent.headers["Content-Type"].startswith("application/json")
    assert "Authorization" not in sent.headers
    assert json.loads(sent.body) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }
    assert (issued.tokens.access, issued.tokens.refresh, issued.owner) == ("A", "R", None)


async def test_solaredge_s_tokens_are_not_looked_for_at_the_older_base_address(bench):
    await bench.endpoint(SolarEdgeTokens, "/v2/monitoring/").exchange(CODE, None)
    assert bench.office.sent[0].path == "/v2/oauth2/token"


async def test_solaredge_gets_a_refresh_token_as_json(bench):
    await bench.endpoint(SolarEdgeTokens).refresh(pair(), vital=False)
    assert json.loads(bench.office.sent[0].body) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
    }


@pytest.mark.parametrize("answer", ["", "{}", "null", "OK"])
async def test_solaredge_revokes_by_the_refresh_token_whatever_it_answers(bench, answer):
    bench.office.answer(answer)
    bench.office.answers.pop(0)
    await bench.endpoint(SolarEdgeTokens, "/v2").revoke(pair())
    assert bench.office.sent[0].path == "/v2/oauth2/revoke-token"
    assert json.loads(bench.office.sent[0].body) == {"token": "refresh-1"}


async def test_that_a_token_could_not_be_revoked_is_raised(bench):
    bench.office.answers[:] = [(503, {}, {})]
    with pytest.raises(TemporarilyUnavailable):
        await bench.endpoint(SolarEdgeTokens).revoke(pair())


async def test_enphase_gets_a_code_as_a_form_and_the_application_as_basic(bench):
    bench.office.answers[:] = [(200, ANSWER | {"enl_uid": 247}, {})]
    issued = await bench.endpoint(EnphaseTokens, "/oauth").exchange(CODE, REDIRECT)
    (sent,) = bench.office.sent
    assert (sent.path, sent.query) == ("/oauth/token", {})
    assert sent.headers["Authorization"] == "Basic " + b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.form == {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": CODE}
    assert issued.owner == "247"


async def test_enphase_is_asked_in_the_query_from_then_on_where_it_refuses_the_form(bench):
    refused = {"error": "invalid_request", "error_description": "Missing grant type"}
    bench.office.answers[:] = [(0, None, {}), (400, refused, {}), (200, ANSWER, {})]
    endpoint = bench.endpoint(EnphaseTokens)
    await endpoint.refresh(pair(), vital=False)
    await endpoint.refresh(pair(), vital=False)
    expected = {"grant_type": "refresh_token", "refresh_token": "refresh-1"}
    assert [sent.form for sent in bench.office.sent] == [expected, {}, {}]
    assert [sent.query for sent in bench.office.sent] == [{}, expected, expected]


@pytest.mark.parametrize(
    ("base", "oauth"),
    [
        ("https://api.enphaseenergy.com/api/v4", "https://api.enphaseenergy.com/oauth"),
        ("https://api.enphaseenergy.com/api/v4/", "https://api.enphaseenergy.com/oauth"),
        ("http://127.0.0.1:8199/enphase/api/v4", "http://127.0.0.1:8199/enphase/oauth"),
        ("http://gateway.example", "http://gateway.example/oauth"),
    ],
)
def test_enphase_s_sign_in_is_beside_its_api(base, oauth):
    assert enphase_oauth_url(base) == oauth


# How an answer is read.


@BOTH
async def test_a_refresh_counts_the_pairs_of_the_same_consent(bench, vendor):
    endpoint = bench.endpoint(vendor)
    first = (await endpoint.exchange(CODE, None)).tokens
    second = await endpoint.refresh(first, vital=False)
    another = (await endpoint.exchange(CODE, None)).tokens
    assert (first.number, second.number) == (1, 2)
    assert first.consent == second.consent != another.consent
    assert first.consent


@BOTH
@pytest.mark.parametrize(
    ("reported", "life"),
    [
        (3600, timedelta(hours=1)),
        ("3600", timedelta(hours=1)),
        (0, timedelta(minutes=1)),
        (-5, timedelta(minutes=1)),
        (1e12, timedelta(days=31)),
        ("soon", None),
        (None, None),
        (True, None),
    ],
)
async def test_a_token_lives_as_long_as_reported_within_reason_or_as_documented(bench, vendor, reported, life):
    bench.office.answers[:] = [(200, ANSWER | {"expires_in": reported}, {})]
    tokens = (await bench.endpoint(vendor).exchange(CODE, None)).tokens
    assert tokens.issued_at == bench.clock.now
    assert tokens.expires_at - tokens.issued_at == (vendor.life if life is None else life)


@BOTH
async def test_a_refresh_that_gives_no_new_refresh_token_keeps_the_old_one(bench, vendor):
    bench.office.answers[:] = [(200, {"access_token": "A2"}, {})]
    tokens = await bench.endpoint(vendor).refresh(pair(), vital=False)
    assert (tokens.access, tokens.refresh, tokens.number) == ("A2", "refresh-1", 2)


@BOTH
@pytest.mark.parametrize("answer", [{}, {"access_token": "A"}, {"refresh_token": "R"}, ANSWER | {"access_token": None}])
async def test_an_answer_without_tokens_may_be_right_the_next_time(bench, vendor, answer):
    bench.office.answers[:] = [(200, answer, {})]
    with pytest.raises(TemporarilyUnavailable):
        await bench.endpoint(vendor).exchange(CODE, None)


@BOTH
@pytest.mark.parametrize("answer", ["[]", "null", "3", "{", ""])
async def test_an_answer_that_is_no_object_is_malformed(bench, vendor, answer):
    bench.office.answers[:] = [(200, answer, {})]
    with pytest.raises(MalformedAnswer):
        await bench.endpoint(vendor).refresh(pair(), vital=False)


# What a refusal means.


@BOTH
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "invalid refresh_token"}, CredentialRefused),
        (401, {"error": "invalid_grant"}, CredentialRefused),
        (400, {"error": "invalid_request", "error_description": "invalid refresh_token"}, CredentialRefused),
        (400, {"error": "invalid_request", "error_description": "Invalid authorization code"}, CredentialRefused),
        (400, {}, CredentialRefused),
        (401, "", CredentialRefused),
        (401, {"error": "invalid_client"}, ClientRefused),
        (400, {"error": "invalid_client"}, ClientRefused),
        (400, {"error": "unauthorized_client"}, ClientRefused),
        (400, {"error": "unsupported_grant_type"}, InvalidRequest),
        (400, {"error": "invalid_request", "error_description": "the body is odd"}, InvalidRequest),
        (403, {"message": "Forbidden"}, TemporarilyUnavailable),
        (403, "<html>Attention Required!</html>", TemporarilyUnavailable),
        (401, "<html>Sign in to the hotel's network</html>", TemporarilyUnavailable),
        (408, {}, TemporarilyUnavailable),
        (500, {"error": "invalid_grant"}, TemporarilyUnavailable),
        (503, {}, TemporarilyUnavailable),
        (302, "", TemporarilyUnavailable),
    ],
)
async def test_a_refusal_is_final_only_if_it_says_that_grant_or_application_is_wrong(
    bench, vendor, status, body, error
):
    bench.office.answers[:] = [(status, body, {})]
    with pytest.raises(error) as raised:
        await bench.endpoint(vendor).refresh(pair(), vital=False)
    assert type(raised.value) is error


@BOTH
async def test_no_secret_is_in_any_error_or_log_even_when_the_cloud_repeats_it(bench, vendor, caplog):
    texts: list[str] = []
    for status in (200, 400, 401, 403, 429, 500):
        endpoint = bench.endpoint(vendor)
        bench.clock.advance(hours=1)
        calls = {CODE: endpoint.exchange(CODE, None), "refresh-1": endpoint.refresh(pair(), vital=False)}
        for secret, call in calls.items():
            echo = {"error": "invalid_grant", "error_description": f"{secret} of {SECRET} is no good"}
            bench.office.answers[:] = [(status, echo, {})]
            with caplog.at_level(logging.DEBUG), pytest.raises(CloudError) as raised:
                await call
            texts.append("".join(traceback.format_exception(raised.value)))
            error: BaseException | None = raised.value
            while error is not None:
                texts.append(repr(error))
                error = error.__cause__ or error.__context__
    texts += [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    text = "\n".join(texts)
    assert "is no good" in text
    assert not [secret for secret in (CODE, "refresh-1", SECRET) if secret in text]


# Counting.


@BOTH
async def test_every_call_is_counted_and_on_disk_before_it_is_sent(bench, vendor):
    bench.office.answers[:] = [(503, {}, {})]
    with pytest.raises(TemporarilyUnavailable):
        await bench.endpoint(vendor).refresh(pair(), vital=False)
    assert bench.account.ledger.used(bench.clock.now) == 1
    assert bench.saved


@BOTH
async def test_a_spent_month_stops_every_refresh_but_the_vital_one(bench, vendor):
    bench.account.ledger.set_limits(Limits(per_minute=100, per_month=1), bench.clock.now)
    endpoint = bench.endpoint(vendor)
    await endpoint.refresh(pair(), vital=False)
    with pytest.raises(Throttled) as raised:
        await endpoint.refresh(pair(), vital=False)
    assert not raised.value.sent
    assert (await endpoint.refresh(pair(), vital=True)).access == "A"
    assert bench.account.ledger.used(bench.clock.now) == 2


async def test_solaredge_s_spent_credits_are_not_taken_for_the_limit_of_the_minute(bench):
    endpoint = bench.endpoint(SolarEdgeTokens)
    bench.office.answers[:] = [(429, {}, {"X-RateLimit-Remaining-Minute": "0", "Retry-After": "20"})]
    with pytest.raises(Throttled) as minute:
        await endpoint.refresh(pair(), vital=False)
    assert (minute.value.scope, minute.value.until) == (ThrottleScope.MINUTE, bench.clock.now + timedelta(seconds=20))
    bench.clock.advance(minutes=1)
    bench.office.answers[:] = [(429, {}, {"x-ratelimit-remaining-minute": "7"})]
    with pytest.raises(Throttled) as month:
        await endpoint.refresh(pair(), vital=False)
    assert (month.value.scope, month.value.until) == (ThrottleScope.MONTH, bench.clock.now + timedelta(hours=6))
