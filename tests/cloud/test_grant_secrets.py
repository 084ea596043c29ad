"""Tokens and secrets appear in no error and no log, however a cloud repeats them: in pieces, escaped, encoded."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
import json
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.errors import V4ErrorReader
from custom_components.solar_cloud.cloud.enphase_v4.tokens import EnphaseTokens
from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.cloud.grant import Grant, Tokens
from custom_components.solar_cloud.cloud.solaredge.tokens import SolarEdgeTokens
from custom_components.solar_cloud.cloud.token_endpoint import TokenEndpoint
from custom_components.solar_cloud.cloud.transport import Transport

from .conftest import FakeCloud
from .test_grant import pair

REFRESH = "eyJhbGciOiJSUzI1NiJ9." + "UmVmcmVzaA" * 70
ACCESS = "eyJhbGciOiJSUzI1NiJ9." + "QWNjZXNz/+" * 70
"""As long as real ones: longer than any message that is kept."""
SECRET = "s3cret/with+odd=characters"
PIECE = 12
"""Characters of a secret that may appear by chance."""


def tokens() -> Tokens:
    return replace(pair(), access=ACCESS, refresh=REFRESH)


def leaked(text: str, *secrets: str) -> list[str]:
    """Return the pieces of secrets that a text has."""
    return [
        secret[start : start + PIECE]
        for secret in secrets
        for start in range(0, len(secret) - PIECE, PIECE)
        if secret[start : start + PIECE] in text
    ]


def everything(err: BaseException, caplog: pytest.LogCaptureFixture) -> str:
    """Return all that an error shows, and the log."""
    texts = [caplog.text]
    seen: BaseException | None = err
    while seen is not None:
        texts += [str(seen), repr(seen)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("vendor", [EnphaseTokens, SolarEdgeTokens])
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
@pytest.mark.parametrize(
    "echo",
    [
        lambda body, sent: {"error": "invalid_grant", "error_description": f"Invalid refresh token: {REFRESH}"},
        lambda body, sent: {"error": f"{REFRESH} of {SECRET}", "message": [REFRESH, REFRESH]},
        lambda body, sent: {"message": f"cannot parse {body}", "details": body},
        lambda body, sent: {"message": f"no client: {sent}"},
        lambda body, sent: f'{{"message": "client {SECRET.replace("/", chr(92) + "/")} sent {REFRESH}"}}',
    ],
)
async def test_a_token_endpoint_may_repeat_what_it_was_sent(
    session: aiohttp.ClientSession,
    account: Account,
    cloud: FakeCloud,
    caplog: pytest.LogCaptureFixture,
    vendor: type[TokenEndpoint],
    status: int,
    echo: Callable[[str, str], Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    basic = b64encode(f"client:{SECRET}".encode()).decode()
    sent = json.dumps({"refresh_token": REFRESH, "client_secret": SECRET})
    cloud.answer("*", echo(sent, basic if vendor is EnphaseTokens else SECRET), status=status)
    endpoint = vendor(session, account, cloud.url, client_id="client", client_secret=SECRET)
    with pytest.raises(CloudError) as caught:
        await endpoint.refresh(tokens(), vital=False)
    assert not leaked(
        everything(caught.value, caplog), REFRESH, ACCESS, SECRET, *([basic] if vendor is EnphaseTokens else [])
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422, 429, 500])
@pytest.mark.parametrize(
    "body",
    [
        {"message": f"Bearer {ACCESS} is not authorized"},
        {"error": {"message": f"x {ACCESS}", "details": [ACCESS]}},
        {"message": "Not Authorized", "details": f"{'reason ' * 20}{ACCESS}", "code": 401},
        {"errorMessages": [f"{ACCESS}"], "reason": ACCESS.replace("/", "%2F").replace("+", "%2B")},
    ],
)
async def test_an_endpoint_may_repeat_the_access_token(
    session: aiohttp.ClientSession,
    account: Account,
    cloud: FakeCloud,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer("*", body, status=status)

    async def keep_nothing(_pair: Tokens) -> None:
        pass

    endpoint = EnphaseTokens(session, account, cloud.url, client_id="client", client_secret=SECRET)
    auth = Grant(endpoint, tokens(), keep_nothing, clock=account.clock)
    transport = Transport(
        session, cloud.url, account, secrets=("the-api-key",), translate=V4ErrorReader(account), auth=auth
    )
    with pytest.raises(CloudError) as caught:
        await transport.get("/systems/1/summary")
    assert not leaked(everything(caught.value, caplog), ACCESS, REFRESH, SECRET)
