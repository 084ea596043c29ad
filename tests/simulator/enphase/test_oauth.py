"""Enphase v4's sign-in: consent, codes, and tokens that rotate."""

from datetime import timedelta
import re

from aiohttp import ClientConnectionError
import pytest
from yarl import URL

from simulator import ENPHASE_OAUTH_PATH
from simulator.ready import (
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    ENPHASE_V4_OWNER,
    ENPHASE_V4_OWNER_OF_BOTH,
)

from ..conftest import NOON_IN_CALIFORNIA, REDIRECT, Driver
from .sign_in import ASKED, AUTHORIZE, TOKEN, code_for, consent, press, refresh, status_with, tokens


async def test_the_consent_page_shows_who_asks_and_who_may_sign_in(drive: Driver):
    status, location, page = await consent(drive)
    assert (status, location) == (200, None)
    assert "<strong>Home Assistant</strong>" in page
    assert re.findall(r'<option value="([^"]+)"', page) == [ENPHASE_V4_OWNER, ENPHASE_V4_OWNER_OF_BOTH]
    assert f'"{ENPHASE_V4_OWNER}" selected' in page
    assert re.findall(r'<button name="decision" value="(\w+)"', page) == ["allow", "deny"]


async def test_allowing_leads_back_with_a_code_and_the_state(drive: Driver):
    target = await press(drive, owner=ENPHASE_V4_OWNER_OF_BOTH, decision="allow")
    assert str(target.with_query(None)) == REDIRECT
    assert target.query["state"] == ASKED["state"]
    exchange = {"grant_type": "authorization_code", "code": target.query["code"], "redirect_uri": REDIRECT}
    assert (await drive.token(**exchange)).body["enl_uid"] == "247"


async def test_denying_leads_back_with_access_denied_and_the_state(drive: Driver):
    target = await press(drive, owner=ENPHASE_V4_OWNER, decision="deny")
    assert dict(target.query) == {"error": "access_denied", "state": ASKED["state"]}


async def test_the_page_is_skipped_on_request_or_by_a_switch(drive: Driver):
    _, location, _ = await consent(drive, auto="allow")
    assert location is not None
    assert set(location.query) == {"code", "state"}
    _, location, _ = await consent(drive, auto="deny")
    assert location is not None
    assert location.query["error"] == "access_denied"
    drive.simulator.switches.enphase_auto_consent = True
    status, location, _ = await consent(drive, state=None)
    assert location is not None
    assert (status, set(location.query)) == (302, {"code"})


async def test_the_signed_in_owner_decides_the_systems(drive: Driver):
    await drive.sign_in(ENPHASE_V4_OWNER_OF_BOTH)
    assert [one["system_id"] for one in (await drive.v4("systems")).body["systems"]] == [67, 72]
    with pytest.raises(KeyError):
        drive.simulator.enphase_owner = "nobody"


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"client_id": "unknown"}, 401, "no application"),
        ({"client_id": None}, 401, "no application"),
        ({"response_type": "token"}, 400, "response type"),
        ({"redirect_uri": None}, 400, "redirect URI is missing"),
        ({"redirect_uri": "/relative"}, 400, "redirect URI is missing"),
    ],
)
async def test_what_cannot_lead_back_ends_on_a_page(drive: Driver, changes, status, says):
    found, location, page = await consent(drive, **changes)
    assert (found, location) == (status, None)
    assert says in page
    url = URL(drive.base + AUTHORIZE).with_query({n: v for n, v in (ASKED | changes).items() if v})
    with pytest.raises(ValueError, match=says):
        drive.simulator.authorize(str(url))


async def test_a_redirect_that_is_not_registered_ends_on_a_page_unless_switched_off(drive: Driver):
    drive.simulator.add_enphase_application("second", "s", "k", redirect_uris=["https://other.example/back"])
    status, location, page = await consent(drive, client_id="second")
    assert (status, location) == (400, None)
    assert "not registered" in page
    _, location, _ = await consent(drive, client_id="second", redirect_uri="https://other.example/back", auto="allow")
    assert location is not None
    drive.simulator.switches.enphase_redirects_registered = False
    _, location, _ = await consent(drive, client_id="second", auto="allow")
    assert location is not None


async def test_the_default_redirect_shows_the_code_for_copying(drive: Driver):
    code_page = f"{drive.base}{ENPHASE_OAUTH_PATH}/redirect_uri"
    url = URL(drive.base + AUTHORIZE).with_query(ASKED | {"redirect_uri": code_page, "auto": "allow"})
    async with drive.session.get(url) as response:
        page = await response.text()
        assert response.url.path == f"{ENPHASE_OAUTH_PATH}/redirect_uri"
    found = re.search(r'id="code">([^<]+)<', page)
    assert found
    assert (await drive.token(grant_type="authorization_code", code=found[1], redirect_uri=code_page)).status == 200
    async with drive.session.get(url.update_query(auto="deny")) as response:
        assert "access_denied" in await response.text()


@pytest.mark.parametrize("in_query", [True, False])
async def test_a_code_is_exchanged_for_tokens_by_query_and_by_form(drive: Driver, in_query):
    code = code_for(drive)
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    result = await drive.token(in_query=in_query, **sent)
    assert result.status == 200
    assert result.headers["Cache-Control"] == "no-store"
    body = result.body
    assert {name: type(value) for name, value in body.items()} == {
        "access_token": str,
        "token_type": str,
        "refresh_token": str,
        "expires_in": int,
        "scope": str,
        "enl_uid": str,
        "enl_cid": str,
        "enl_password_last_changed": str,
        "is_internal_app": bool,
        "app_type": str,
        "jti": str,
    }
    assert (body["token_type"], body["expires_in"], body["enl_uid"]) == ("bearer", 86393, "4217")
    assert len({body["access_token"], body["refresh_token"]}) == 2
    assert await status_with(drive, body["access_token"]) == 200


async def test_a_code_works_once_and_for_ten_minutes_and_with_its_redirect_only(drive: Driver):
    first, second, third, fourth = (code_for(drive) for _ in range(4))

    async def exchange(code: str, redirect: str = REDIRECT) -> tuple[int, str | None]:
        result = await drive.token(grant_type="authorization_code", code=code, redirect_uri=redirect)
        return result.status, result.body.get("error")

    assert await exchange(first) == (200, None)
    assert await exchange(first) == (400, "invalid_grant")
    assert await exchange(second, "https://elsewhere.example/") == (400, "invalid_grant")
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=9, seconds=59))
    assert await exchange(third) == (200, None)
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=10))
    assert await exchange(fourth) == (400, "invalid_grant")
    assert await exchange("made up") == (400, "invalid_grant")


@pytest.mark.parametrize(
    "basic",
    ["", "unknown:secret", f"{ENPHASE_V4_CLIENT_ID}:wrong", ENPHASE_V4_CLIENT_ID, f"{ENPHASE_V4_CLIENT_ID}:"],
)
async def test_a_wrong_client_is_401_invalid_client_and_uses_no_code_up(drive: Driver, basic):
    sent = {"grant_type": "authorization_code", "code": code_for(drive), "redirect_uri": REDIRECT}
    refused = await drive.token(basic=basic, **sent)
    assert (refused.status, refused.body["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert (await drive.token(**sent)).status == 200


async def test_the_secret_in_the_form_is_no_sign_in(drive: Driver):
    form = {
        "grant_type": "authorization_code",
        "client_id": ENPHASE_V4_CLIENT_ID,
        "client_secret": ENPHASE_V4_CLIENT_SECRET,
        "code": code_for(drive),
        "redirect_uri": REDIRECT,
    }
    async with drive.session.post(drive.base + TOKEN, data=form) as response:
        assert (response.status, (await response.json())["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "c"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid_grant"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unauthorized_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
async def test_bad_token_requests_are_400_in_oauths_words(drive: Driver, sent, error):
    refused = await drive.token(**sent)
    assert (refused.status, refused.body["error"]) == (400, error)
    assert refused.body["error_description"]


async def test_a_token_request_that_is_no_post_is_405(drive: Driver):
    refused = await drive.get(TOKEN)
    assert (refused.status, refused.body) == (405, {"reason": "405", "message": ["Method not allowed"]})
    assert (await drive.get(f"{ENPHASE_OAUTH_PATH}/nothing")).status == 404


async def test_parameters_in_a_form_can_be_ignored(drive: Driver):
    drive.simulator.switches.enphase_token_form_refused = True
    sent = {"grant_type": "authorization_code", "code": code_for(drive), "redirect_uri": REDIRECT}
    refused = await drive.token(**sent)
    assert (refused.status, refused.body["error"]) == (400, "invalid_request")
    assert (await drive.token(in_query=True, **sent)).status == 200


async def test_an_access_token_lives_for_86393_seconds(drive: Driver):
    access = (await tokens(drive))["access_token"]
    drive.at(NOON_IN_CALIFORNIA + timedelta(seconds=86392))
    assert await status_with(drive, access) == 200
    drive.at(NOON_IN_CALIFORNIA + timedelta(seconds=86393))
    assert await status_with(drive, access) == 401


async def test_a_refresh_gives_a_new_pair_and_ends_the_old_refresh_token_only(drive: Driver):
    first = await tokens(drive)
    second = (await refresh(drive, first["refresh_token"])).body
    assert len({pair[name] for pair in (first, second) for name in ("access_token", "refresh_token")}) == 4
    refused = await refresh(drive, first["refresh_token"])
    assert (refused.status, refused.body["error"]) == (400, "invalid_grant")
    assert await status_with(drive, first["access_token"]) == 200
    assert await status_with(drive, second["access_token"]) == 200
    assert (await refresh(drive, second["refresh_token"])).status == 200


async def test_a_refresh_token_lives_for_thirty_days(drive: Driver):
    first, second = await tokens(drive), await tokens(drive)
    drive.at(NOON_IN_CALIFORNIA + timedelta(days=30) - timedelta(seconds=1))
    renewed = await refresh(drive, first["refresh_token"])
    assert renewed.status == 200
    drive.at(NOON_IN_CALIFORNIA + timedelta(days=30))
    assert (await refresh(drive, second["refresh_token"])).body["error"] == "invalid_grant"
    drive.at(NOON_IN_CALIFORNIA + timedelta(days=59))
    assert (await refresh(drive, renewed.body["refresh_token"])).status == 200


async def test_a_refresh_token_is_worth_nothing_to_another_application(drive: Driver):
    drive.simulator.add_enphase_application("second", "other", "k2")
    first = await tokens(drive)
    sent = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert (await drive.token(basic="second:other", **sent)).body["error"] == "invalid_grant"
    assert (await drive.token(**sent)).status == 200


async def test_switches_change_what_rotation_ends(drive: Driver):
    switches = drive.simulator.switches
    first = await tokens(drive)
    switches.enphase_old_refresh_works = True
    await refresh(drive, first["refresh_token"])
    assert (await refresh(drive, first["refresh_token"])).status == 200
    assert await status_with(drive, first["access_token"]) == 200
    switches.enphase_old_access_refused = True
    assert await status_with(drive, first["access_token"]) == 401
    switches.enphase_old_refresh_works, switches.enphase_invalid_grant_401 = False, True
    refused = await refresh(drive, first["refresh_token"])
    assert (refused.status, refused.body["error"]) == (401, "invalid_grant")


async def test_a_lost_answer_to_a_refresh_has_rotated_all_the_same(drive: Driver):
    first = await tokens(drive)
    drive.simulator.fail(TOKEN, drop=True)
    with pytest.raises(ClientConnectionError):
        await refresh(drive, first["refresh_token"])
    assert (await refresh(drive, first["refresh_token"])).body["error"] == "invalid_grant"


async def test_a_failing_token_endpoint_has_not_rotated(drive: Driver):
    first = await tokens(drive)
    drive.simulator.fail(TOKEN, status=503, body={"message": "later"})
    assert (await refresh(drive, first["refresh_token"])).status == 503
    assert (await refresh(drive, first["refresh_token"])).status == 200


async def test_a_withdrawn_consent_ends_all_its_tokens(drive: Driver):
    mine = await tokens(drive)
    drive.simulator.enphase_owner = ENPHASE_V4_OWNER_OF_BOTH
    other = await tokens(drive)
    assert drive.simulator.revoke_grant(ENPHASE_V4_OWNER) == 1
    assert await status_with(drive, mine["access_token"]) == 401
    assert (await refresh(drive, mine["refresh_token"])).body["error"] == "invalid_grant"
    assert await status_with(drive, other["access_token"]) == 200
    assert drive.simulator.revoke_grant(client_id="unknown") == 0
    assert drive.simulator.revoke_grant(client_id=ENPHASE_V4_CLIENT_ID) == 1
    assert await status_with(drive, other["access_token"]) == 401


async def test_the_log_names_the_application_and_no_secret(drive: Driver):
    code, _ = code_for(drive), await consent(drive, auto="allow")
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    pair = (await drive.token(in_query=True, **sent)).body
    await refresh(drive, pair["refresh_token"])
    await status_with(drive, pair["access_token"])
    await drive.get(f"{ENPHASE_OAUTH_PATH}/redirect_uri", {"code": "abc"})
    page, exchanged, refreshed, asked, code_page = drive.simulator.requests
    assert {request.credential for request in (exchanged, refreshed, asked)} == {ENPHASE_V4_API_KEY}
    assert {request.credential for request in (page, code_page)} == {None}
    assert dict(page.query) == {name: ASKED[name] for name in ("response_type", "client_id", "redirect_uri")}
    assert (exchanged.path, exchanged.query) == (TOKEN, (("grant_type", "authorization_code"),))
    assert (refreshed.query, code_page.query) == ((("grant_type", "refresh_token"),), ())
    log = (await drive.get("/control/requests")).text
    for secret in (code, ENPHASE_V4_CLIENT_SECRET, pair["access_token"], pair["refresh_token"], ASKED["state"]):
        assert secret not in log


async def test_token_calls_count_in_the_plan_unless_switched_off(drive: Driver):
    def used() -> int:
        return drive.simulator.v4_quota.used(ENPHASE_V4_API_KEY, drive.simulator.clock.now())[1]

    await consent(drive)
    assert used() == 0
    pair = await tokens(drive)
    pair = (await refresh(drive, pair["refresh_token"])).body
    await refresh(drive, "made up")
    assert used() == 3
    drive.simulator.switches.enphase_tokens_count = False
    await refresh(drive, pair["refresh_token"])
    assert used() == 3


async def test_tokens_are_given_beyond_the_plan_unless_switched_on(drive: Driver):
    drive.simulator.set_limits("enphase_v4", per_month=1)
    pair = await tokens(drive)
    pair = (await refresh(drive, pair["refresh_token"])).body
    drive.simulator.switches.enphase_tokens_limited = True
    refused = await refresh(drive, pair["refresh_token"])
    assert (refused.status, refused.body["period"]) == (429, "month")
