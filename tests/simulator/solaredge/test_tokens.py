"""SolarEdge's tokens: they rotate, end, count in the plan, and leave no secret in the log."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from simulator import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH
from simulator.ready import (
    SOLAREDGE_API_KEY,
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    SOLAREDGE_REDIRECT_URL,
)

from ..conftest import NOON_IN_CALIFORNIA
from .conftest import BATTERY_SITE, CLIENT, PV_SITE, REVOKE, TOKEN, Home, invalid_grant


async def test_a_code_is_worth_a_pair_for_two_hours(home: Home):
    answer = await home.exchange((await home.consent()).query["code"])
    assert answer.status == 200
    assert set(answer.body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 7200)
    access = answer.body["access_token"]
    assert await home.site("", access) == 200
    home.later(seconds=7199)
    assert await home.site("", access) == 200
    home.later(seconds=1)
    assert await home.site("", access) == 401


async def test_a_code_works_once_and_for_five_minutes(home: Home):
    code = (await home.consent()).query["code"]
    assert (await home.exchange(code)).status == 200
    invalid_grant(await home.exchange(code), "invalid code")
    late = (await home.consent()).query["code"]
    home.later(minutes=5)
    invalid_grant(await home.exchange(late), "invalid code")


async def test_every_refresh_gives_a_new_pair_and_ends_the_old_one(home: Home):
    first = await home.tokens()
    second = (await home.refresh(first["refresh_token"])).body
    assert {first["access_token"], first["refresh_token"]}.isdisjoint(second.values())
    invalid_grant(await home.refresh(first["refresh_token"]), "invalid refresh_token")
    assert await home.site("", first["access_token"]) == 401
    assert await home.site("", second["access_token"]) == 200
    # The reuse is refused, but does no harm to those who have the new pair.
    assert (await home.refresh(second["refresh_token"])).status == 200


async def test_a_switch_lets_the_old_access_token_live_on(home: Home):
    home.simulator.switches.solaredge_old_access_refused = False
    first = await home.tokens()
    await home.refresh(first["refresh_token"])
    assert await home.site("", first["access_token"]) == 200


async def test_an_unused_refresh_token_dies_after_thirty_days(home: Home):
    pair = await home.tokens()
    home.later(days=29, hours=23)
    pair = (await home.refresh(pair["refresh_token"])).body
    home.later(days=30)
    invalid_grant(await home.refresh(pair["refresh_token"]), "invalid refresh_token")


@pytest.mark.parametrize("months", [1, 24])
async def test_a_consent_ends_after_its_months_however_often_it_was_refreshed(home: Home, months: int):
    pair = await home.tokens(access_duration=str(months))
    end = datetime(2026 + months // 24 * 2, 6 + months % 24, 21, 20, 3, tzinfo=UTC)
    while home.simulator.clock.now() + timedelta(days=20) < end:
        home.later(days=20)
        pair = (await home.refresh(pair["refresh_token"])).body
    home.drive.at(end - timedelta(minutes=1))
    pair = (await home.refresh(pair["refresh_token"])).body
    assert await home.site("", pair["access_token"]) == 200
    home.drive.at(end)
    assert await home.site("", pair["access_token"]) == 401
    invalid_grant(await home.refresh(pair["refresh_token"]), "invalid refresh_token")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "somebody"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"refresh_token": "made up"}, "invalid_grant"),
        ({"refresh_token": 3}, "invalid_grant"),
    ],
)
async def test_a_wrong_token_request_is_answered_with_what_is_wrong(home: Home, change: dict[str, Any], error: str):
    pair = await home.tokens()
    fields = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"], **CLIENT}
    answer = await home.ask(TOKEN, fields | change)
    assert (answer.status, answer.body["error"]) == (400, error)
    assert (await home.ask(TOKEN, fields)).status == 200


async def test_another_application_cannot_use_a_token_or_a_code(home: Home):
    home.simulator.add_solaredge_application("other", "secret", redirect_urls=["http://127.0.0.1/"])
    pair, code = await home.tokens(), (await home.consent()).query["code"]
    other = {"client_id": "other", "client_secret": "secret"}
    assert (await home.refresh(pair["refresh_token"], **other)).body["error"] == "invalid_grant"
    assert (await home.exchange(code, **other)).body["error"] == "invalid_grant"
    assert (await home.exchange(code)).status == 200


async def test_a_redirect_uri_in_the_exchange_is_refused_unless_switched(home: Home):
    code = (await home.consent()).query["code"]
    refused = await home.exchange(code, redirect_uri=SOLAREDGE_REDIRECT_URL)
    assert (refused.status, refused.body["error"]) == (400, "invalid_request")
    home.simulator.switches.solaredge_redirect_uri_rejected = False
    assert (await home.exchange(code, redirect_uri=SOLAREDGE_REDIRECT_URL)).status == 200


async def test_a_form_is_refused_unless_switched(home: Home):
    pair = await home.tokens()
    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"], **CLIENT}
    refused = await home.ask(TOKEN, None, data=form)
    assert (refused.status, refused.body["error"]) == (400, "invalid_request")
    home.simulator.switches.solaredge_form_rejected = False
    assert (await home.ask(TOKEN, None, data=form)).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"token"'])
async def test_a_body_that_is_no_object_is_refused(home: Home, body: bytes):
    answer = await home.ask(TOKEN, None, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


async def test_tokens_are_posted_to_two_paths_only(home: Home):
    assert (await home.drive.get(TOKEN)).status == 405
    assert (await home.ask(f"{SOLAREDGE_OAUTH_PATH}/introspect", {})).status == 404


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_one_token_ends_all_of_the_consent_and_no_other(home: Home, which: str):
    first = await home.tokens()
    pair = (await home.refresh(first["refresh_token"])).body
    other = await home.tokens()
    answer = await home.ask(REVOKE, {"token": pair[which]})
    assert (answer.status, answer.text) == (200, "")
    assert await home.site("", pair["access_token"]) == 401
    invalid_grant(await home.refresh(pair["refresh_token"]), "invalid refresh_token")
    assert await home.site("", other["access_token"]) == 200


async def test_revoking_what_nobody_knows_is_fine_and_revoking_nothing_is_not(home: Home):
    assert (await home.ask(REVOKE, {"token": "made up"})).status == 200
    assert (await home.ask(REVOKE, {"toke": "x"})).status == 400


async def test_the_homeowner_takes_a_consent_back(home: Home):
    pair = await home.tokens()
    home.simulator.solaredge_owner = SOLAREDGE_BATTERY_OWNER
    other = await home.tokens()
    assert home.simulator.revoke_solaredge_grant(SOLAREDGE_OWNER, SOLAREDGE_CLIENT_ID) == 1
    assert home.simulator.revoke_solaredge_grant(SOLAREDGE_OWNER) == 0
    assert await home.site("", pair["access_token"]) == 401
    assert await home.site("", other["access_token"], BATTERY_SITE) == 200


async def test_two_homeowners_of_an_application_share_its_credits(home: Home):
    first = await home.tokens()
    home.simulator.solaredge_owner = SOLAREDGE_BATTERY_OWNER
    second = await home.tokens()
    used = home.simulator.quotas["solaredge"].used(SOLAREDGE_CLIENT_ID, NOON_IN_CALIFORNIA)
    assert used == (2, 2)
    home.simulator.set_limits("solaredge", per_month=3)
    assert await home.site("", first["access_token"]) == 200
    assert await home.site("", second["access_token"], BATTERY_SITE) == 429
    assert (await home.drive.solaredge(f"sites/{PV_SITE}", key=SOLAREDGE_API_KEY)).status == 200
    # Where tokens are given out, the month is no obstacle unless it is switched so.
    pair = (await home.refresh(first["refresh_token"])).body
    home.simulator.switches.solaredge_tokens_limited = True
    assert (await home.refresh(pair["refresh_token"])).status == 429


async def test_token_calls_cost_nothing_when_switched_so(home: Home):
    home.simulator.switches.solaredge_tokens_count = False
    pair = await home.tokens()
    answer = await home.refresh(pair["refresh_token"])
    assert home.simulator.quotas["solaredge"].used(SOLAREDGE_CLIENT_ID, NOON_IN_CALIFORNIA) == (0, 0)
    assert answer.headers["x-ratelimit-limit-minute"] == "100000"


async def test_the_log_names_the_application_and_holds_no_secret(home: Home):
    pair = await home.tokens(state="the-state")
    refreshed = (await home.refresh(pair["refresh_token"])).body
    await home.site("", refreshed["access_token"])
    await home.ask(REVOKE, {"token": refreshed["refresh_token"]})
    log = home.simulator.requests
    assert [request.path for request in log] == [
        SOLAREDGE_AUTHORIZE_PATH,
        TOKEN,
        TOKEN,
        f"{SOLAREDGE_PATH}/sites/{PV_SITE}",
        REVOKE,
    ]
    assert {request.credential for request in log} == {SOLAREDGE_CLIENT_ID}
    kinds = [dict(request.query).get("grant_type") for request in log]
    assert kinds == [None, "authorization_code", "refresh_token", None, None]
    assert log[-1].query == ()
    text = repr(log)
    secrets = (SOLAREDGE_CLIENT_SECRET, *pair.values(), *refreshed.values(), "nonce", "the-state")
    assert not [secret for secret in secrets if isinstance(secret, str) and secret != "Bearer" and secret in text]


async def test_an_answer_that_is_lost_has_rotated_the_pair_all_the_same(home: Home):
    pair = await home.tokens()
    home.simulator.fail(TOKEN, drop=True)
    with pytest.raises(aiohttp.ClientError):
        await home.refresh(pair["refresh_token"])
    invalid_grant(await home.refresh(pair["refresh_token"]), "invalid refresh_token")


async def test_an_outage_of_the_token_endpoint_rotates_nothing(home: Home):
    pair = await home.tokens()
    home.simulator.fail(TOKEN, status=503, body={})
    assert (await home.refresh(pair["refresh_token"])).status == 503
    assert (await home.refresh(pair["refresh_token"])).status == 200
