"""Enphase v4's applications and owners over the control API."""

import json

import pytest

from simulator.ready import ENPHASE_V4_API_KEY, ENPHASE_V4_CLIENT_ID, ENPHASE_V4_OWNER

from ..conftest import REDIRECT, Driver
from .sign_in import consent


async def test_applications_and_owners_are_made_over_the_control_api(drive: Driver):
    new = {"client_id": "c", "client_secret": "s", "api_key": "k", "plan": "Kilowatt", "redirect_uris": [REDIRECT]}
    await drive.post("/control/enphase/applications/add", new)
    await drive.post("/control/enphase/owners/add", {"name": "Kim", "number": 9, "systems": [72]})
    signed = (await drive.post("/control/enphase/owners/sign-in", {"owner": "Kim"})).body
    assert signed["signed_in"] == "Kim"
    assert {"name": "Kim", "number": 9, "systems": [72]} in signed["owners"]
    assert (await drive.get("/control/enphase/owners")).body == signed
    await drive.sign_in("Kim", "c")
    assert (await drive.v4("systems", key="k")).body["systems"][0]["system_id"] == 72
    (listed,) = (one for one in (await drive.get("/control/enphase/applications")).body if one["client_id"] == "c")
    assert (listed["plan"]["name"], listed["plan"]["per_month"]) == ("Kilowatt", 50_000)
    assert (listed["redirect_uris"], listed["used"]) == ([REDIRECT], {"minute": 2, "month": 2})
    await drive.post("/control/enphase/applications/plan", {"client_id": "c", "plan": "Watt"})
    assert drive.simulator.v4_quota.plan_of("k").per_month == 1000
    assert (await drive.post("/control/enphase/grants/revoke", {"owner": "Kim"})).body == {"revoked": 1}
    assert (await drive.v4("systems", key="k")).status == 401
    await drive.post("/control/revoke", {"credential": "k"})
    assert (await consent(drive, client_id="c"))[0] == 401


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("applications/add", {"client_id": ENPHASE_V4_CLIENT_ID, "client_secret": "s", "api_key": "k"}),
        ("applications/add", {"client_id": "c", "client_secret": "s", "api_key": ENPHASE_V4_API_KEY}),
        ("applications/add", {"client_id": "c", "client_secret": "s", "api_key": "k", "plan": "Gigawatt"}),
        ("applications/add", {"client_id": "c", "client_secret": "s", "api_key": "k", "redirect_uris": "x"}),
        ("applications/add", {"client_id": "c", "client_secret": 5, "api_key": "k"}),
        ("applications/plan", {"client_id": "c", "plan": "Watt"}),
        ("owners/add", {"name": ENPHASE_V4_OWNER, "number": 1}),
        ("owners/add", {"name": "Kim", "number": 247}),
        ("owners/add", {"name": "Kim", "number": 1, "systems": ["72"]}),
        ("owners/sign-in", {"owner": "nobody"}),
    ],
)
async def test_bad_applications_and_owners_are_400_and_change_nothing(drive: Driver, path, data):
    before = [(await drive.get(f"/control/enphase/{kind}")).body for kind in ("applications", "owners")]
    refused = await drive.post(f"/control/enphase/{path}", data)
    assert (refused.status, bool(refused.body["error"])) == (400, True)
    after = [(await drive.get(f"/control/enphase/{kind}")).body for kind in ("applications", "owners")]
    assert json.dumps(before) == json.dumps(after)
