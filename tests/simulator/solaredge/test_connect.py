"""SolarEdge Connect: the consent page, and where it sends the homeowner back to."""

import pytest
from yarl import URL

from simulator.ready import SOLAREDGE_BATTERY_OWNER, SOLAREDGE_CLIENT_ID, SOLAREDGE_OWNER, SOLAREDGE_REDIRECT_URL

from .conftest import BATTERY_SITE, PV_SITE, Home


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
