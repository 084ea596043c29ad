"""Enphase v2: who may ask, systems and devices, forms, errors."""

from datetime import UTC, datetime
import json

import pytest

from simulator import Simulator
from simulator.accounts import encode_id
from simulator.plant.devices import Gateway, Inverter
from simulator.plant.plant import Plant
from simulator.plant.sun import Sky
from simulator.ready import ENPHASE_API_KEY, ENPHASE_SINGLE_USER_ID, ENPHASE_USER_ID

from ..conftest import NOON_IN_CALIFORNIA, Driver

META = {"status", "last_report_at", "last_energy_at", "operational_at"}


def add_plain(simulator: Simulator, number: int, name: str, **details: object) -> Plant:
    begin = datetime(2026, 6, 1, 12, tzinfo=UTC)
    plant = Plant(
        "enphase",
        number,
        name,
        timezone="America/Denver",
        sky=Sky(39.7, -105, seed=number),
        operational_at=begin,
        gateways=[Gateway(serial=f"G{number}")],
        inverters=[Inverter(serial=f"I{number}", gateway=f"G{number}", installed=begin)],
        **details,
    )
    return simulator.add_plant(plant, ENPHASE_USER_ID)


def test_user_ids_and_cursors_are_written_as_in_the_documentation():
    assert encode_id(247) == "4d6a51330a"
    assert encode_id(181110) == "4d5467784d5445770a"
    assert encode_id(71) == "4e7a453d0a"


async def test_systems_have_the_documented_keys_and_belong_to_the_user(drive: Driver):
    body = (await drive.enphase("systems")).body
    assert [system["system_id"] for system in body["systems"]] == [67, 72]
    assert "next" not in body
    assert set(body["systems"][0]) == {
        "system_id",
        "system_name",
        "system_public_name",
        "status",
        "timezone",
        "country",
        "state",
        "city",
        "postal_code",
        "connection_type",
        "meta",
    }
    assert set(body["systems"][0]["meta"]) == META
    single = (await drive.enphase("systems", user=ENPHASE_SINGLE_USER_ID)).body
    assert [system["system_id"] for system in single["systems"]] == [72]


async def test_pages_follow_each_other_until_the_list_is_whole(drive: Driver):
    for number in range(100, 205):
        add_plain(drive.simulator, number, f"House {number}")
    first = (await drive.enphase("systems")).body
    second = (await drive.enphase("systems", next=first["next"])).body
    assert [len(first["systems"]), len(second["systems"])] == [100, 7]
    assert "next" not in second
    whole = (await drive.enphase("systems", limit=5000)).body
    assert whole["systems"] == first["systems"] + second["systems"]
    assert "next" not in whole
    assert "next" not in (await drive.enphase("systems", limit=107)).body
    assert len((await drive.enphase("systems", limit=106)).body["systems"]) == 106
    pages = []
    query = {"limit": 40}
    while True:
        body = (await drive.enphase("systems", **query)).body
        pages.append(len(body["systems"]))
        if "next" not in body:
            break
        query["next"] = body["next"]
    assert pages == [40, 40, 27]


@pytest.mark.parametrize("query", [{"next": "zz"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "many"}])
async def test_a_bad_cursor_or_limit_is_422_with_the_parameter(drive: Driver, query):
    result = await drive.enphase("systems", **query)
    assert result.status == 422
    assert set(query) <= set(result.body)
    assert result.body["reason"]


async def test_filters_choose_systems(drive: Driver):
    add_plain(drive.simulator, 80, "John and Jane Green's PV Installation", reference="Ab-17", installer="Acme")
    add_plain(
        drive.simulator, 81, "Green Valley Community Center", other_references=["ZZ9"], connection_type="cellular"
    )
    drive.simulator.set_status("enphase_80", "micro")
    drive.simulator.silence("121703014455")

    async def found(*pairs: tuple[str, str]) -> list[int]:
        return [system["system_id"] for system in (await drive.enphase("systems", *pairs)).body["systems"]]

    assert await found(("system_name", "green")) == [80, 81]
    assert await found(("status", "comm")) == [72]
    assert await found(("status[]", "comm"), ("status[]", "micro")) == [72, 80]
    assert await found(("reference", "AB-17")) == [80]
    assert await found(("reference", "zz9")) == [81]
    assert await found(("installer", "Acme")) == [80]
    assert await found(("connection_type", "cellular")) == [81]
    assert await found(("system_id", "67")) == [67]
    assert await found(("status[]", "comm"), ("status[]", "micro"), ("limit", "1"), ("next", encode_id(72))) == [80]
    assert await found(("colour", "red")) == [67, 72, 80, 81]


async def test_references_appear_only_where_there_are_some(drive: Driver):
    add_plain(drive.simulator, 80, "Green", reference="Ab-17", other_references=["x"])
    eich, _, green = (await drive.enphase("systems")).body["systems"]
    assert not {"reference", "other_references"} & set(eich)
    assert (green["reference"], green["other_references"]) == ("Ab-17", ["x"])


async def test_envoys_tell_when_each_last_reported(drive: Driver):
    plant = drive.simulator.plants["enphase_67"]
    plant.gateways["010814000001"].never_reported = True
    body = (await drive.enphase("systems/67/envoys")).body
    assert body["envoys"] == [
        {
            "envoy_id": 512,
            "last_report_at": int(NOON_IN_CALIFORNIA.timestamp()) - 60,
            "name": "Envoy 010731000003",
            "part_number": "800-00002-r00",
            "serial_number": "010731000003",
            "status": "normal",
        },
        {
            "envoy_id": 841,
            "last_report_at": None,
            "name": "Envoy 010814000001",
            "part_number": "910-10000-r01",
            "serial_number": "010814000001",
            "status": "normal",
        },
    ]


async def test_inventory_leaves_out_what_the_system_has_none_of(drive: Driver):
    eich = (await drive.enphase("systems/67/inventory")).body
    sample = (await drive.enphase("systems/72/inventory")).body
    assert set(eich) == {"system_id", "envoys", "inverters", "meters"}
    assert set(sample) == {"system_id", "envoys", "inverters"}
    assert eich["inverters"][0] == {"sn": "121100000001", "model": "M215"}
    assert eich["meters"] == [{"sn": "123123123123", "manufacturer": "GE", "model": "I-210+"}]
    drive.simulator.retire_inverter("enphase_67", "121100000001")
    new = drive.simulator.add_inverter("enphase_67")
    serials = [one["sn"] for one in (await drive.enphase("systems/67/inventory")).body["inverters"]]
    assert "121100000001" not in serials
    assert (len(serials), serials[-1], new.serial) == (31, "121100000032", "121100000032")


async def test_inverters_summary_gives_each_inverters_power_and_energy(drive: Driver):
    path = "systems/inverters_summary_by_envoy_or_site"
    groups = (await drive.enphase(path, site_id=67)).body
    plant = drive.simulator.plants["enphase_67"]
    assert [len(group["micro_inverters"]) for group in groups] == [19, 12]
    end = datetime(2026, 6, 21, 20, 0, tzinfo=UTC)
    micros = [micro for group in groups for micro in group["micro_inverters"]]
    for micro in micros:
        assert micro["energy"] == {
            "value": plant.inverter_lifetime_wh(micro["serial_number"], end),
            "units": "Wh",
            "precision": 0,
        }
        assert micro["last_report_date"] == int(end.timestamp())
    summary = (await drive.enphase("systems/67/summary")).body
    assert sum(micro["power_produced"]["value"] for micro in micros) == summary["current_power"]
    assert sum(micro["energy"]["value"] for micro in micros) == summary["energy_lifetime"] + summary["energy_today"]
    assert {micro["envoy_serial_number"] for micro in micros} == set(plant.gateways)


async def test_switches_change_the_form_of_the_inverters_summary(drive: Driver):
    path, switches = "systems/inverters_summary_by_envoy_or_site", drive.simulator.switches
    plain = (await drive.enphase(path, site_id=72)).body[0]["micro_inverters"][0]
    switches.inverters_summary_as_object = switches.inverters_power_as_int = switches.inverters_energy_in_kj = True
    micros = (await drive.enphase(path, site_id=72)).body["micro_inverters"]
    assert len(micros) == 12
    assert micros[0]["power_produced"] == plain["power_produced"]["value"]
    assert micros[0]["energy"]["value"] == pytest.approx(plain["energy"]["value"] * 3.6)
    assert micros[0]["energy"]["units"] == "kJ"
    switches.enphase_inverters_summary = False
    assert (await drive.enphase(path, site_id=72)).status == 404


async def test_inverters_summary_needs_a_site(drive: Driver):
    path = "systems/inverters_summary_by_envoy_or_site"
    assert (await drive.enphase(path)).status == 422
    assert (await drive.enphase(path, site_id="x")).status == 422
    assert (await drive.enphase(path, site_id=5)).status == 404


async def test_iso8601_makes_dates_local_midnights_and_epoch_makes_them_numbers(drive: Driver):
    iso = (await drive.enphase("systems/67/summary", datetime_format="iso8601")).body
    assert iso["summary_date"] == "2026-06-21T00:00:00-07:00"
    assert iso["last_report_at"] == "2026-06-21T13:02:00-07:00"
    number = (await drive.enphase("systems/67/summary", datetime_format="epoch")).body
    assert number["summary_date"] == int(datetime(2026, 6, 21, 7, tzinfo=UTC).timestamp())
    for path in ("systems", "systems/67/stats", "systems/67/energy_lifetime", "systems/67/envoys"):
        text = (await drive.enphase(path, datetime_format="iso8601")).text
        assert "-07:00" in text
        assert str(number["last_report_at"]) not in text
    assert (await drive.enphase("systems/67/summary", datetime_format="roman")).status == 422


async def test_a_callback_wraps_the_body(drive: Driver):
    result = await drive.enphase("systems/72/envoys", callback="my_method")
    assert result.text.startswith("my_method({")
    assert json.loads(result.text[len("my_method(") : -1]) == (await drive.enphase("systems/72/envoys")).body
    assert "javascript" in result.headers["Content-Type"]
    assert (await drive.enphase("systems/72/envoys", callback="<script>")).body["system_id"] == 72


async def test_who_may_not_read_gets_401(drive: Driver):
    body = {"reason": "401", "message": ["Not authorized to access requested resource."]}
    path = "/enphase/api/v2/systems"
    for query in (
        {},
        {"key": ENPHASE_API_KEY},
        {"user_id": ENPHASE_USER_ID},
        {"key": "x", "user_id": ENPHASE_USER_ID},
        {"key": ENPHASE_API_KEY, "user_id": "x"},
    ):
        result = await drive.get(path, query)
        assert (result.status, result.body) == (401, body)
    assert (await drive.enphase("systems/67/summary", user=ENPHASE_SINGLE_USER_ID)).body == body
    drive.simulator.revoke(ENPHASE_USER_ID)
    assert (await drive.enphase("systems")).status == 401


async def test_what_does_not_exist_is_404_and_other_methods_405(drive: Driver):
    for path in ("systems/5/summary", "systems/67/colour", "sites", "systems/67", "systems/x/summary", ""):
        assert (await drive.enphase(path)).status == 404
    drive.simulator.remove_system("enphase_72")
    assert (await drive.enphase("systems/72/summary")).status == 404
    assert [s["system_id"] for s in (await drive.enphase("systems")).body["systems"]] == [67]
    url = f"{drive.base}/enphase/api/v2/systems"
    query = {"key": ENPHASE_API_KEY, "user_id": ENPHASE_USER_ID}
    async with drive.session.post(url, params=query) as response:
        assert response.status == 405
