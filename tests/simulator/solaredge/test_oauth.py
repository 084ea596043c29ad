"""SolarEdge's Site Access in the simulator: consent, tokens that rotate, and what a token opens."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from simulator import SOLAREDGE_AUTHORIZE_PATH, SOLAREDGE_LEGACY_PATH, SOLAREDGE_OAUTH_PATH, SOLAREDGE_PATH, Simulator
from simulator.systems.ready import (
    SOLAREDGE_API_KEY,
    SOLAREDGE_BATTERY_OWNER,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
    SOLAREDGE_OWNER,
    SOLAREDGE_REDIRECT_URL,
)

from ..conftest import NOON_IN_CALIFORNIA, Driver, Result

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


# Consent.


async def test_a_person_sees_who_asks_for_what_and_can_allow_or_deny(home: Home):
    response = await home.page(scope="SITE_DATA")
    text = await response.text()
    assert response.status == 200
    assert response.content_type == "text/html"
    assert "Home Assistant" in text
    assert "SITE_DATA" in text
    assert "DEVICE_DATA" not in text
    assert 'value="allow"' in text
    assert 'value="deny"' in text
    assert SOLAREDGE_OWNER in text
    assert SOLAREDGE_BATTERY_OWNER in text


async def test_the_form_sends_the_homeowner_back_with_a_code_and_the_site_but_no_state(home: Home):
    response = await home.page("POST", {"decision": "allow", "home": SOLAREDGE_BATTERY_OWNER}, state="s")
    target = URL(response.headers["Location"])
    assert response.status == 302
    assert str(target.with_query(None)) == SOLAREDGE_REDIRECT_URL
    assert set(target.query) == {"code", "site_id", "external_id"}
    assert target.query["site_id"] == str(BATTERY_SITE)
    assert target.query["external_id"] == "nonce"


@pytest.mark.parametrize("home_and_decision", [{"home": SOLAREDGE_OWNER}, {"decision": "perhaps"}, {}])
async def test_a_form_without_a_decision_sends_nobody_anywhere(home: Home, home_and_decision: dict[str, str]):
    assert (await home.page("POST", home_and_decision)).status == 400


async def test_a_refusal_comes_back_with_the_external_id(home: Home):
    response = await home.page("POST", {"decision": "deny", "home": SOLAREDGE_OWNER})
    assert dict(URL(response.headers["Location"]).query) == {"error": "access_denied", "external_id": "nonce"}
    assert dict(URL(home.simulator.authorize(home.url(), allow=False)).query) == {
        "error": "access_denied",
        "external_id": "nonce",
    }


async def test_without_an_external_id_none_comes_back(home: Home):
    url = URL(home.url()).without_query_params("external_id")
    assert set(URL(home.simulator.authorize(str(url))).query) == {"code", "site_id"}


async def test_switches_echo_the_state_and_drop_the_external_id(home: Home):
    home.simulator.switches.solaredge_state_echoed = True
    home.simulator.switches.solaredge_external_id_dropped = True
    target = await home.consent(state="s")
    assert set(target.query) == {"code", "site_id", "state"}
    assert target.query["state"] == "s"


async def test_the_switch_allows_without_a_click(home: Home):
    home.simulator.switches.solaredge_auto_consent = True
    response = await home.page()
    assert "code" in URL(response.headers["Location"]).query


async def test_only_allowed_redirect_urls_are_gone_to_and_the_first_is_the_default(home: Home):
    other = "http://homeassistant.local:8123/api/solar_cloud/solaredge/callback?from=connect"
    assert (await home.page(auto="allow", redirect_uri=other)).status == 400
    home.simulator.add_solaredge_redirect(SOLAREDGE_CLIENT_ID, other)
    asked = await home.consent(redirect_uri=other)
    assert asked.host == "homeassistant.local"
    assert asked.query["from"] == "connect"
    assert (await home.consent()).host == "127.0.0.1"


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "somebody"},
        {"access_duration": "25"},
        {"access_duration": "0"},
        {"access_duration": "long"},
        {"redirect_uri": "/relative"},
    ],
)
async def test_a_wrong_request_is_a_page_and_not_a_redirect(home: Home, query: dict[str, str]):
    for more in ({}, {"auto": "allow"}):
        response = await home.page(**query, **more)
        assert response.status == 400
        assert response.content_type == "text/html"
    with pytest.raises(ValueError, match="Something is wrong"):
        home.simulator.authorize(home.url(**query))


async def test_a_login_with_several_sites_is_refused_as_the_live_service_does(home: Home):
    home.simulator.add_solaredge_owner("Many", [PV_SITE, BATTERY_SITE])
    home.simulator.solaredge_owner = "Many"
    response = await home.page(auto="allow")
    assert response.status == 403
    assert "Multi-site access is not yet supported" in await response.text()
    with pytest.raises(ValueError, match="Multi-site"):
        home.simulator.authorize(home.url())


async def test_with_the_switch_one_of_several_sites_is_chosen(home: Home):
    home.simulator.switches.solaredge_multi_site = True
    home.simulator.add_solaredge_owner("Many", [PV_SITE, BATTERY_SITE])
    assert f"Many, site {BATTERY_SITE}" in await (await home.page()).text()
    response = await home.page("POST", {"decision": "allow", "home": f"{BATTERY_SITE} Many"})
    assert URL(response.headers["Location"]).query["site_id"] == str(BATTERY_SITE)
    assert (await home.page("POST", {"decision": "allow", "home": "1300001 Many"})).status == 401


async def test_nobody_signs_in_without_a_site_or_a_login(home: Home):
    home.simulator.add_solaredge_owner("Nobody", [])
    assert (await home.page("POST", {"decision": "allow", "home": "Nobody"})).status == 401
    assert (await home.page("POST", {"decision": "allow", "home": "Unknown"})).status == 401


async def test_another_path_is_not_connect_s(home: Home):
    assert (await home.drive.get("/solaredge/login")).status == 404
    with pytest.raises(ValueError, match="not the consent page"):
        home.simulator.authorize("http://127.0.0.1/solaredge/login?client_id=x")


# Tokens.


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
async def test_a_wrong_token_request_is_told_what_is_wrong(home: Home, change: dict[str, Any], error: str):
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


# What a token opens.


async def test_a_token_opens_its_site_alone_and_no_lists(home: Home):
    access = (await home.tokens())["access_token"]
    for path in ("", "/energy", "/overview", "/devices", "/alerts", "/inverters/telemetry"):
        assert await home.site(path, access) == 200, path
        assert await home.site(path, access, BATTERY_SITE) == 403, path
    for path in ("/sites", "/alerts"):
        assert (await home.read(SOLAREDGE_PATH + path, access)).status == 403
    assert (await home.read(f"{SOLAREDGE_LEGACY_PATH}/sites/{PV_SITE}", access)).status == 401


async def test_a_token_reads_the_same_numbers_as_a_key(home: Home):
    access = (await home.tokens())["access_token"]
    path = f"{SOLAREDGE_PATH}/sites/{PV_SITE}/overview"
    with_key = await home.drive.solaredge(f"sites/{PV_SITE}/overview")
    assert (await home.read(path, access)).body == with_key.body


async def test_an_unknown_token_is_told_so_in_the_gateway_s_words(home: Home):
    answer = await home.read(f"{SOLAREDGE_PATH}/sites/{PV_SITE}", "made-up")
    assert (answer.status, answer.body["error"]) == (401, "invalid_token")


SITE_PATHS = ("", "/overview", "/power", "/energy", "/alerts")
DEVICE_PATHS = ("/devices", "/inverters/telemetry", "/meters/telemetry", "/storage/telemetry")


@pytest.mark.parametrize(
    ("asked", "allowed", "refused"),
    [("SITE_DATA", SITE_PATHS, DEVICE_PATHS), ("DEVICE_DATA", DEVICE_PATHS, SITE_PATHS)],
)
async def test_what_was_not_consented_to_is_forbidden(
    home: Home, asked: str, allowed: tuple[str, ...], refused: tuple[str, ...]
):
    access = (await home.tokens(scope=asked))["access_token"]
    assert [await home.site(path, access) for path in allowed] == [200] * len(allowed)
    assert [await home.site(path, access) for path in refused] == [403] * len(refused)


async def test_what_is_not_ticked_in_the_console_is_forbidden_whatever_was_asked_for(home: Home):
    access = (await home.tokens(scope="SITE_DATA DEVICE_DATA"))["access_token"]
    home.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA"])
    assert await home.site("/devices", access) == 403
    assert await home.site("/energy", access) == 200
    home.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA", "DEVICE_DATA"])
    assert await home.site("/devices", access) == 200


# Counting and logging.


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


# The control API.


async def test_applications_and_homeowners_are_made_over_the_control_api(home: Home):
    post, get = home.drive.post, home.drive.get
    application = {"client_id": "c", "client_secret": "s", "redirect_urls": ["http://127.0.0.1:1/"]}
    assert (await post("/control/solaredge/applications/add", application)).status == 200
    url = "http://127.0.0.1:2/"
    assert (await post("/control/solaredge/applications/redirect", {"client_id": "c", "url": url})).status == 200
    scopes = {"client_id": "c", "scopes": ["SITE_DATA"]}
    assert (await post("/control/solaredge/applications/scopes", scopes)).status == 200
    assert (await post("/control/solaredge/owners/add", {"name": "New", "sites": [PV_SITE]})).status == 200
    assert (await post("/control/solaredge/owners/sign-in", {"owner": "New"})).body["signed_in"] == "New"
    (made,) = [one for one in (await get("/control/solaredge/applications")).body if one["client_id"] == "c"]
    assert made["redirect_urls"] == ["http://127.0.0.1:1/", url]
    assert (made["scopes"], made["used"]) == (["SITE_DATA"], {"minute": 0, "month": 0})
    owners = (await get("/control/solaredge/owners")).body["owners"]
    assert {"name": "New", "sites": [PV_SITE]} in owners
    target = await home.consent(client_id="c", redirect_uri=url)
    tokens = await home.exchange(target.query["code"], client_id="c", client_secret="s")
    assert await home.site("/devices", tokens.body["access_token"]) == 403
    assert await home.site("", tokens.body["access_token"]) == 200
    assert (await post("/control/solaredge/grants/revoke", {"owner": "New"})).body == {"revoked": 1}
    assert await home.site("", tokens.body["access_token"]) == 401


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("applications/add", {"client_id": "c"}),
        ("applications/add", {"client_id": "c", "client_secret": "s", "redirect_urls": "http://127.0.0.1/"}),
        ("applications/add", {"client_id": SOLAREDGE_CLIENT_ID, "client_secret": "s", "redirect_urls": []}),
        ("applications/redirect", {"client_id": SOLAREDGE_CLIENT_ID, "url": "/relative"}),
        ("applications/redirect", {"client_id": "unknown", "url": "http://127.0.0.1/"}),
        ("applications/scopes", {"client_id": SOLAREDGE_CLIENT_ID, "scopes": ["EVERYTHING"]}),
        ("owners/add", {"name": SOLAREDGE_OWNER}),
        ("owners/add", {"name": "New", "sites": ["1"]}),
        ("owners/sign-in", {"owner": "unknown"}),
        ("owners/sign-in", {}),
        ("grants/revoke", {"everything": True}),
    ],
)
async def test_the_control_api_refuses_what_makes_no_sense_and_changes_nothing(
    home: Home, path: str, data: dict[str, Any]
):
    before = [(await home.drive.get(f"/control/solaredge/{name}")).body for name in ("applications", "owners")]
    assert (await home.drive.post(f"/control/solaredge/{path}", data)).status == 400
    after = [(await home.drive.get(f"/control/solaredge/{name}")).body for name in ("applications", "owners")]
    assert after == before
