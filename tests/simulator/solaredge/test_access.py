"""SolarEdge's applications and homeowners over the control API."""

from typing import Any

import pytest

from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_OWNER

from .conftest import PV_SITE, Home


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
