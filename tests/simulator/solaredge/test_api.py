"""SolarEdge V2: who may ask, sites, devices and alerts, errors."""

import pytest

from simulator import SOLAREDGE_LEGACY_PATH, SOLAREDGE_PATH
from simulator.ready import (
    SOLAREDGE_ACCOUNT_KEY,
    SOLAREDGE_API_KEY,
    SOLAREDGE_SINGLE_ACCOUNT_KEY,
    SOLAREDGE_SINGLE_API_KEY,
)

from ..conftest import Driver

SITE = "sites/1148616"
BOTH = {"X-API-Key": SOLAREDGE_API_KEY, "X-Account-Key": SOLAREDGE_ACCOUNT_KEY}
SUMMARY = {"siteId", "name", "peakPower", "installationDate", "location", "activationStatus", "note"}


async def test_the_list_of_sites_is_wrapped_and_belongs_to_the_key(drive: Driver):
    body = (await drive.solaredge("sites")).body
    assert body["sites"]["count"] == 2
    assert [site["siteId"] for site in body["sites"]["site"]] == [1148616, 222881711]
    assert set(body["sites"]["site"][0]) == SUMMARY
    assert set(body["sites"]["site"][0]["location"]) == {"address", "city", "state", "zip", "country"}
    single = (await drive.solaredge("sites", key=SOLAREDGE_SINGLE_API_KEY)).body
    assert [site["siteId"] for site in single["sites"]["site"]] == [222881711]


async def test_the_list_of_sites_was_bare_once(drive: Driver):
    wrapped = (await drive.solaredge("sites")).body["sites"]["site"]
    drive.simulator.switches.solaredge_sites_as_list = True
    assert (await drive.solaredge("sites")).body == wrapped
    drive.simulator.switches.solaredge_sites_as_list = False
    assert (await drive.get(f"{SOLAREDGE_LEGACY_PATH}/sites", headers=BOTH)).body == wrapped


async def test_sites_come_in_pages_counted_from_one(drive: Driver):
    pages = [(await drive.solaredge("sites", ("sites-in-page", "1"), page=n)).body["sites"] for n in (1, 2, 3)]
    assert [[site["siteId"] for site in page["site"]] for page in pages] == [[1148616], [222881711], []]
    assert {page["count"] for page in pages} == {2}


@pytest.mark.parametrize("query", [("page", "0"), ("page", "x"), ("sites-in-page", "1001"), ("sites-in-page", "0")])
async def test_an_impossible_page_is_400(drive: Driver, query):
    assert (await drive.solaredge("sites", query)).status == 400


async def test_site_details_have_the_time_zone_and_the_last_update(drive: Driver):
    body = (await drive.solaredge(SITE)).body
    assert set(body) == SUMMARY | {"accountId", "lastUpdateTime"}
    assert body["location"]["timezone"] == "Europe/Berlin"
    assert body["lastUpdateTime"] == "2026-06-21T22:01:30+02:00"
    assert body["peakPower"] == 12.8
    assert body["activationStatus"] == "ACTIVE"
    drive.simulator.set_status("solaredge_1148616", "PENDING")
    assert (await drive.solaredge(SITE)).body["activationStatus"] == "PENDING"


async def test_devices_are_inverters_unless_others_are_asked_for(drive: Driver):
    body = (await drive.solaredge(f"{SITE}/devices")).body
    assert [(one["type"], one["serialNumber"], one["active"]) for one in body] == [
        ("INVERTER", "7F16E777-F1", True),
        ("INVERTER", "731CD0A2-41", False),
        ("INVERTER", "731CD555-E9", True),
    ]
    assert set(body[0]) >= {
        "type",
        "serialNumber",
        "manufacturer",
        "model",
        "createdAt",
        "connectedTo",
        "active",
        "communicationType",
    }
    types = [("types", "METER"), ("types", "BATTERY")]
    others = (await drive.solaredge(f"{SITE}/devices", *types)).body
    assert [(one["type"], one["serialNumber"], one.get("meterType")) for one in others] == [
        ("METER", "606052971", "FeedIn"),
        ("METER", "606052971", "Purchased"),
        ("METER", None, "SelfConsumption"),
        ("BATTERY", "BAT-0001", None),
    ]
    assert (await drive.solaredge(f"{SITE}/devices", types="GATEWAY")).body == []
    assert (await drive.solaredge(f"{SITE}/devices", types="TOASTER")).status == 400


async def test_alerts_are_a_list_in_pages(drive: Driver):
    (alert,) = (await drive.solaredge(f"{SITE}/alerts")).body
    assert set(alert) == {
        "alertId",
        "siteId",
        "category",
        "type",
        "impact",
        "status",
        "firstTrigger",
        "lastTrigger",
        "component",
        "errorCodes",
    }
    assert alert["firstTrigger"] == "2024-09-16T04:15:00Z"
    assert (await drive.solaredge(f"{SITE}/alerts", ("only-open", "true"))).body == []
    assert (await drive.solaredge(f"{SITE}/alerts", page=2)).body == []
    assert (await drive.solaredge("sites/222881711/alerts")).body == []
    assert (await drive.solaredge("alerts")).body == [alert]
    assert (await drive.solaredge("alerts", key=SOLAREDGE_SINGLE_API_KEY)).body == []
    assert (await drive.solaredge(f"{SITE}/alerts", ("alerts-in-page", "101"))).status == 400
    assert (await drive.solaredge(f"{SITE}/alerts", ("only-open", "maybe"))).status == 400


async def test_a_missing_or_wrong_key_is_401(drive: Driver):
    missing = await drive.get(f"{SOLAREDGE_PATH}/sites")
    assert (missing.status, missing.body) == (
        401,
        {"error": "invalid_request", "error_description": "The access token is missing"},
    )
    wrong = await drive.solaredge("sites", key="wrong")
    assert (wrong.status, wrong.headers["Content-Type"]) == (401, "application/problem+json")
    drive.simulator.revoke(SOLAREDGE_API_KEY)
    assert (await drive.solaredge(SITE)).status == 401


async def test_the_older_base_demands_both_headers_that_belong_together(drive: Driver):
    path = f"{SOLAREDGE_LEGACY_PATH}/sites"
    one = {"X-API-Key": SOLAREDGE_API_KEY}
    assert (await drive.get(path, headers=one)).status == 401
    assert (await drive.get(path, headers={**one, "X-Account-Key": SOLAREDGE_SINGLE_ACCOUNT_KEY})).status == 401
    assert (await drive.get(path, headers=BOTH)).status == 200
    assert (await drive.solaredge("sites")).status == 200
    drive.simulator.switches.solaredge_demand_both_headers = True
    assert (await drive.solaredge("sites")).status == 401
    assert (await drive.get(f"{SOLAREDGE_PATH}/sites", headers=BOTH)).status == 200


async def test_foreign_sites_are_403_and_unknown_ones_404(drive: Driver):
    assert (await drive.solaredge(SITE, key=SOLAREDGE_SINGLE_API_KEY)).status == 403
    assert (await drive.solaredge("sites/5")).status == 404
    drive.simulator.remove_system("solaredge_1148616")
    assert (await drive.solaredge(SITE)).status == 404
    assert (await drive.solaredge("sites")).body["sites"]["count"] == 1


@pytest.mark.parametrize(
    "path", ["powerFlow", "storage", "battery", "summary", "environmentalBenefits", "inverters/x/temperature"]
)
async def test_paths_that_v2_does_not_have_are_404(drive: Driver, path):
    result = await drive.solaredge(f"{SITE}/{path}")
    assert result.status == 404
    assert result.body["title"] == "Not Found"
    assert result.body["detail"] == "Unknown endpoint"
    assert result.headers["x-ratelimit-limit-minute"] == "100000"


async def test_the_power_flow_is_not_in_the_plan_and_only_get_is_served(drive: Driver):
    assert (await drive.solaredge(f"{SITE}/power-flow")).status == 403
    url = f"{drive.base}{SOLAREDGE_PATH}/sites"
    async with drive.session.post(url, headers={"X-API-Key": SOLAREDGE_API_KEY}) as response:
        assert response.status == 405
