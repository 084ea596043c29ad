"""Enphase v4: who may ask, plans, how it refuses, systems and devices."""

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator import ENPHASE_V4_PATH
from simulator.ready import (
    ENPHASE_SINGLE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_OWNER,
    ENPHASE_V4_OWNER_OF_BOTH,
)
from simulator.systems.enphase_v2 import eich_residence

from ..conftest import NOON_IN_CALIFORNIA, Driver

PV, METERED, BATTERY = 4200001, 4200002, 4200003
NOT_AUTHORIZED = {"message": "Not Authorized", "details": "User is not authorized", "code": 401}
INVERTERS = "systems/inverters_summary_by_envoy_or_site"
NOON_IN_UTRECHT = datetime(2026, 6, 1, 11, 2, tzinfo=UTC)


async def send(drive: Driver, method: str, path: str, **arguments):
    headers = {"Authorization": f"Bearer {await drive.sign_in()}", "key": ENPHASE_V4_API_KEY}
    url = f"{drive.base}{ENPHASE_V4_PATH}/{path}"
    async with drive.session.request(method, url, headers=headers, **arguments) as response:
        return response.status, await response.json() if method != "HEAD" else None


# Signing in.


async def test_the_key_is_taken_from_the_header_or_the_query(drive: Driver):
    assert (await drive.v4("systems")).status == 200
    headers = {"Authorization": f"Bearer {drive.access_token}"}
    result = await drive.get(f"{ENPHASE_V4_PATH}/systems", {"key": ENPHASE_V4_API_KEY}, headers)
    assert result.status == 200


@pytest.mark.parametrize("missing", ["key", "token", "wrong key", "wrong token", "basic"])
async def test_a_missing_or_wrong_key_or_token_is_401(drive: Driver, missing):
    token = await drive.sign_in()
    headers = {"Authorization": f"Bearer {token}", "key": ENPHASE_V4_API_KEY}
    match missing:
        case "key":
            del headers["key"]
        case "token":
            del headers["Authorization"]
        case "wrong key":
            headers["key"] = "wrong"
        case "wrong token":
            headers["Authorization"] = "Bearer wrong"
        case "basic":
            headers["Authorization"] = f"Basic {token}"
    result = await drive.get(f"{ENPHASE_V4_PATH}/systems", headers=headers)
    assert (result.status, result.body) == (401, NOT_AUTHORIZED)


async def test_a_token_of_another_application_than_the_key_is_a_mismatch(drive: Driver):
    drive.simulator.add_enphase_application("second", "s", "second key")
    result = await drive.v4("systems", key="second key")
    assert (result.status, result.body["message"]) == (401, "API Key -Client mismatch")


async def test_systems_of_others_are_403_and_unknown_ones_404(drive: Driver):
    refused = await drive.v4("systems/72/summary")
    assert (refused.status, refused.body["message"]) == (403, "Forbidden")
    missing = await drive.v4("systems/1/summary")
    assert missing.status == 404
    assert missing.body == {"message": "Not Found", "details": 'System not found for {:id=>"1"}', "code": 404}
    assert (await drive.v4("systems/1148616/summary")).status == 404
    assert (await drive.v4("nothing")).status == 404


async def test_methods_are_405_or_501_in_the_array_form(drive: Driver):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        status, body = await send(drive, method, f"systems/{PV}/summary")
        assert (status, body) == (405, {"reason": "405", "message": ["Method not allowed"]})
    assert (await send(drive, "GET", "systems/search"))[0] == 405
    assert await send(drive, "PROPFIND", "systems") == (501, {"reason": "501", "message": ["Not Implemented"]})


# Plans.


@pytest.mark.parametrize(
    ("plan", "per_minute", "per_month"),
    [("Watt", 10, 1_000), ("Kilowatt", 50, 50_000), ("Megawatt", 100, 300_000), ("Partner", 300, 1_500_000)],
)
def test_the_plans_are_the_vendors(simulator, plan, per_minute, per_month):
    simulator.set_enphase_plan(ENPHASE_V4_CLIENT_ID, plan)
    found = simulator.v4_quota.plan_of(ENPHASE_V4_API_KEY)
    assert (found.name, found.per_minute, found.per_month) == (plan, per_minute, per_month)


async def test_beyond_the_minute_it_is_429_in_the_long_or_the_short_form(drive: Driver):
    await drive.sign_in()
    drive.simulator.set_limits("enphase_v4", per_minute=3)
    results = [await drive.v4(path) for path in ("systems", f"systems/{PV}/summary", "systems")]
    assert [result.status for result in results] == [200, 200, 429]
    short = {"message": "Too Many Requests", "details": "Usage limit exceeded for plan Watt", "code": 429}
    assert results[-1].body == short
    start = int(NOON_IN_CALIFORNIA.replace(second=0).timestamp())
    long = short | {"period": "minute", "period_start": start, "period_end": start + 60, "limit": 3}
    assert (await drive.v4(f"systems/{PV}/summary")).body == long
    drive.simulator.switches.enphase_429 = "short"
    assert (await drive.v4(f"systems/{PV}/summary")).body == short
    drive.simulator.switches.enphase_429 = "long"
    refused = await drive.v4("systems")
    assert refused.body == long
    assert not {name.casefold() for name in refused.headers} & {"retry-after", "ratelimit-limit"}
    drive.at(NOON_IN_CALIFORNIA + timedelta(minutes=1))
    assert (await drive.v4("systems")).status == 200


async def test_beyond_the_utc_month_it_is_429_until_the_first(drive: Driver):
    await drive.sign_in()
    drive.simulator.set_limits("enphase_v4", per_month=2)
    assert (await drive.v4("systems")).status == 200
    refused = await drive.v4(f"systems/{PV}/summary")
    first = [int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (6, 7)]
    assert (refused.status, refused.body["period"], refused.body["limit"]) == (429, "month", 2)
    assert [refused.body["period_start"], refused.body["period_end"]] == first
    drive.at(datetime(2026, 7, 1, tzinfo=UTC))
    await drive.sign_in()
    assert (await drive.v4("systems")).status == 200


async def test_each_application_has_a_quota_of_its_own_and_v2_another(drive: Driver):
    drive.simulator.add_enphase_application("second", "s", "second key", plan="Kilowatt")
    await drive.v4("systems")
    await drive.sign_in(client_id="second")
    await drive.v4("systems", key="second key")
    await drive.v4("systems", key="second key")
    await drive.enphase("systems")
    now = drive.simulator.clock.now()
    assert drive.simulator.v4_quota.used(ENPHASE_V4_API_KEY, now) == (2, 2)
    assert drive.simulator.v4_quota.used("second key", now) == (3, 3)


# Systems.


async def test_the_owners_systems_are_listed_with_what_v4_no_longer_reports(drive: Driver):
    body = (await drive.v4("systems")).body
    heads = {name: body[name] for name in ("total", "current_page", "size", "count", "items")}
    assert heads == {"total": 3, "current_page": 1, "size": 10, "count": 3, "items": "systems"}
    assert [one["system_id"] for one in body["systems"]] == [PV, METERED, BATTERY]
    first = body["systems"][0]
    assert {first[name] for name in ("energy_lifetime", "energy_today", "system_size")} == {-1}
    assert first["timezone"] == "Europe/Madrid"
    assert first["address"]["country"] == "ES"
    alone = (await drive.v4(f"systems/{PV}")).body
    assert alone == first


async def test_systems_come_in_pages_and_in_either_order(drive: Driver):
    page = (await drive.v4("systems", size=2, page=2)).body
    assert (page["total"], page["count"], [one["system_id"] for one in page["systems"]]) == (3, 1, [BATTERY])
    assert (await drive.v4("systems", size=2, page=3)).body["systems"] == []
    assert (await drive.v4("systems", sort_by="-id")).body["systems"][0]["system_id"] == BATTERY
    assert (await drive.v4("systems", size=500)).body["size"] == 100
    for query in ({"sort_by": "name"}, {"page": 0}, {"size": "many"}):
        refused = await drive.v4("systems", **query)
        assert (refused.status, refused.body["message"]) == (422, "Unprocessable Entity")


async def test_a_silent_or_new_system_has_no_times(drive: Driver):
    plant = drive.simulator.plants[f"enphase_{PV}"]
    plant.gateways["122400000001"].never_reported = True
    body = (await drive.v4(f"systems/{PV}")).body
    assert body["last_report_at"] is None
    drive.at(plant.operational_at - timedelta(days=1))
    await drive.sign_in()
    body = (await drive.v4(f"systems/{PV}")).body
    assert (body["operational_at"], body["last_energy_at"]) == (None, None)


async def test_search_takes_ids_names_statuses_and_references(drive: Driver):
    drive.simulator.set_status("enphase_4200002", "micro")
    drive.simulator.plants["enphase_4200003"].reference = "R-3"

    async def found(**system) -> list[int]:
        status, body = await send(drive, "POST", "systems/search", json={"sort_by": "-id", "system": system})
        assert status == 200
        return [one["system_id"] for one in body["systems"]]

    assert await found() == [BATTERY, METERED, PV]
    assert await found(ids=[PV, 72]) == [PV]
    assert await found(name="street") == [METERED]
    assert await found(statuses=["micro", "comm"]) == [METERED]
    assert await found(reference="R-3") == [BATTERY]
    status, body = await send(drive, "POST", "systems/search", json={"sort_by": "id"})
    assert (status, body["details"]) == (422, "system is missing at Json body location")
    assert (await send(drive, "POST", "systems/search", data=b"{"))[0] == 422


async def test_the_summary_agrees_with_the_plant(drive: Driver):
    drive.at(NOON_IN_UTRECHT)
    plant = drive.simulator.plants[f"enphase_{BATTERY}"]
    body = (await drive.v4(f"systems/{BATTERY}/summary")).body
    midnight = datetime.combine(date(2026, 6, 1), datetime.min.time(), plant.zone)
    assert body["energy_lifetime"] == plant.lifetime_wh(midnight)
    assert 0 < body["energy_today"] <= plant.energy_wh(midnight, NOON_IN_UTRECHT)
    assert (body["source"], body["modules"], body["summary_date"]) == ("meter", 16, "2026-06-01")
    assert (body["battery_charge_w"], body["battery_capacity_wh"]) == (7680, 9920)
    assert body["evse_power"] == [{"202400000001": {"evse_max_charge_w": 7200, "evse_min_charge_w": 1380}}]
    bare = (await drive.v4(f"systems/{PV}/summary")).body
    assert (bare["source"], bare["battery_capacity_wh"], bare["evse_power"]) == ("microinverters", None, [])


async def test_the_summary_of_a_day_past_has_no_power_and_a_future_one_is_422(drive: Driver):
    plant = drive.simulator.plants[f"enphase_{PV}"]
    body = (await drive.v4(f"systems/{PV}/summary", summary_date="2026-05-01")).body
    assert (body["current_power"], body["modules"], body["size_w"]) == (0, 0, 0)
    assert body["energy_today"] == plant.day_wh(date(2026, 5, 1))
    refused = await drive.v4(f"systems/{PV}/summary", summary_date="2027-05-01")
    assert (refused.status, refused.body["details"]) == (422, "Requested date is in the future")
    assert (await drive.v4(f"systems/{PV}/summary", summary_date="soon")).status == 422


async def test_a_gateway_leads_to_its_system(drive: Driver):
    assert (await drive.v4("systems/retrieve_system_id", serial_num="122400000003")).body == {"system_id": BATTERY}
    assert (await drive.v4("systems/retrieve_system_id", serial_num="5")).status == 404
    assert (await drive.v4("systems/retrieve_system_id", serial_num="010731000003")).status == 401
    assert (await drive.v4("systems/retrieve_system_id")).status == 422


# Devices.


async def test_devices_are_listed_by_kind_and_missing_kinds_are_left_out(drive: Driver):
    body = (await drive.v4(f"systems/{BATTERY}/devices")).body
    counts = {kind: len(devices) for kind, devices in body["devices"].items()}
    assert counts == {"micros": 16, "meters": 2, "gateways": 1, "q_relays": 1, "encharges": 2, "ev_chargers": 1}
    assert body["total_devices"] == sum(counts.values())
    meters = {meter["name"]: meter for meter in body["devices"]["meters"]}
    assert meters["production"]["config_type"] == "Production"
    assert (meters["consumption"]["config_type"], meters["consumption"]["config_phase"]) == ("Net", "single")
    total = (await drive.v4(f"systems/{METERED}/devices")).body["devices"]["meters"][1]
    assert (total["config_type"], total["config_phase"]) == ("Total", "three")
    bare = (await drive.v4(f"systems/{PV}/devices")).body["devices"]
    assert {kind: len(devices) for kind, devices in bare.items()} == {"micros": 14, "gateways": 1}
    ids = [device["id"] for devices in body["devices"].values() for device in devices]
    assert len(set(ids)) == len(ids)


async def test_devices_tell_what_is_silent_retired_or_hidden(drive: Driver):
    simulator, path = drive.simulator, f"systems/{PV}/devices"
    simulator.retire_inverter(f"enphase_{PV}", "482400000001")
    simulator.set_health("482400000002", 0, mute=True)
    simulator.hide_device("482400000003")
    simulator.silence("122400000001")
    drive.at(NOON_IN_CALIFORNIA + timedelta(hours=1))
    devices = (await drive.v4(path)).body["devices"]
    micros = {micro["serial_number"]: micro for micro in devices["micros"]}
    assert not {"482400000001", "482400000003"} & set(micros)
    assert micros["482400000002"]["status"] == "micro"
    assert devices["gateways"][0]["status"] == "comm"
    assert devices["gateways"][0]["last_report_at"] < NOON_IN_CALIFORNIA.timestamp()
    assert "482400000003" in {one["serial_number"] for one in (await drive.v4(path)).body["devices"]["micros"]}


async def test_micros_add_up_and_know_their_gateway(drive: Driver):
    drive.at(datetime(2026, 6, 1, 22, 30, tzinfo=UTC))
    (group,) = (await drive.v4(INVERTERS, site_id=PV, size=100)).body
    plant = drive.simulator.plants[f"enphase_{PV}"]
    assert sum(micro["energy"]["value"] for micro in group["micro_inverters"]) == plant.lifetime_wh(
        drive.simulator.clock.now()
    )
    assert {micro["envoy_serial_number"] for micro in group["micro_inverters"]} == {"122400000001"}


async def test_micros_come_in_pages_of_ten_and_of_one_gateway(drive: Driver):
    (group,) = (await drive.v4(INVERTERS, site_id=PV)).body
    (rest,) = (await drive.v4(INVERTERS, site_id=PV, page=2)).body
    assert (len(group["micro_inverters"]), len(rest["micro_inverters"])) == (10, 4)
    assert (await drive.v4(INVERTERS, site_id=PV, page=3)).body == []
    (same,) = (await drive.v4(INVERTERS, envoy_serial_number="122400000001", site_id=72, size=100)).body
    assert len(same["micro_inverters"]) == 14
    await drive.sign_in(ENPHASE_V4_OWNER_OF_BOTH)
    groups = (await drive.v4(INVERTERS, site_id=67, size=100)).body
    assert [len(one["micro_inverters"]) for one in groups] == [19, 12]


async def test_micros_without_a_system_are_422_and_of_others_401(drive: Driver):
    assert (await drive.v4(INVERTERS)).status == 422
    assert (await drive.v4(INVERTERS, site_id=1)).status == 422
    assert (await drive.v4(INVERTERS, site_id=72)).status == 401


async def test_power_of_micros_comes_as_an_object_or_as_a_number(drive: Driver):
    drive.at(NOON_IN_UTRECHT)
    (group,) = (await drive.v4(INVERTERS, site_id=PV)).body
    power = group["micro_inverters"][0]["power_produced"]
    assert (power["units"], power["value"] > 0) == ("W", True)
    drive.simulator.switches.inverters_power_as_int = True
    (group,) = (await drive.v4(INVERTERS, site_id=PV)).body
    assert group["micro_inverters"][0]["power_produced"] == power["value"]
    drive.simulator.switches.inverters_summary_as_object = True
    assert len((await drive.v4(INVERTERS, site_id=PV)).body["micro_inverters"]) == 10


async def test_a_system_that_is_removed_is_gone_for_its_owner(drive: Driver):
    drive.simulator.remove_system(f"enphase_{PV}")
    assert (await drive.v4(f"systems/{PV}")).status == 404
    assert PV not in drive.simulator.accounts.enphase_owners[ENPHASE_V4_OWNER].systems


async def test_v2_does_not_see_what_is_read_through_v4_only(drive: Driver):
    assert (await drive.enphase(f"systems/{PV}/summary")).status == 401
    assert len((await drive.enphase("systems")).body["systems"]) == 2
    assert len((await drive.enphase("systems", user=ENPHASE_SINGLE_USER_ID)).body["systems"]) == 1


async def test_the_same_system_tells_both_apis_the_same(drive: Driver):
    await drive.sign_in(ENPHASE_V4_OWNER_OF_BOTH)
    old, new = (await drive.enphase("systems/67/summary")).body, (await drive.v4("systems/67/summary")).body
    assert {name: new[name] for name in old} == old
    assert list(eich_residence().gateways) == [
        one["serial_number"] for one in (await drive.v4("systems/67/devices")).body["devices"]["gateways"]
    ]
