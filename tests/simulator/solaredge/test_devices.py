"""SolarEdge sites with more meters and batteries, and what their clouds do one way or the other."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulator import SOLAREDGE_LEGACY_PATH, Plant, Simulator
from simulator.plant.devices import Battery, Gateway, Inverter, Meter
from simulator.plant.energy import Load, Storage
from simulator.plant.sun import Sky
from simulator.ready import SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY
from simulator.systems.special import battery_without_meter_site, thirty_inverter_site, two_battery_site

from ..conftest import Driver

SITE = "sites/1300001"
READY = "sites/1148616"
AFTERNOON = {"start": "2026-06-21T10:00:00+02:00", "end": "2026-06-21T22:00:00+02:00"}
NIGHT = {"start": "2026-06-21T00:00:00+02:00", "end": "2026-06-21T10:00:00+02:00"}
QUARTER = timedelta(minutes=15)
BATTERIES = ("BAT-2201", "BAT-2202")


@pytest.fixture
def site(simulator: Simulator) -> Plant:
    return simulator.add_plant(two_battery_site(), SOLAREDGE_API_KEY)


def values(series: dict) -> list:
    return [row["value"] for row in series["values"]]


async def test_meters_and_batteries_are_listed_replaced_ones_too(drive: Driver, site: Plant):
    rows = (await drive.solaredge(f"{SITE}/devices", ("types", "METER"), ("types", "BATTERY"))).body
    assert [(row["serialNumber"], row.get("meterType"), row["active"]) for row in rows] == [
        ("607140011", "FeedIn", True),
        ("607140011", "Purchased", True),
        (None, "SelfConsumption", True),
        ("607140012", "PRODUCTION", True),
        ("607140013", "Consumption", True),
        ("604990007", "Consumption", False),
        (None, "PRODUCTION", True),
        ("BAT-2201", None, True),
        ("BAT-1007", None, False),
        ("BAT-2202", None, True),
    ]
    assert [row["nameplate"] for row in rows[-3:]] == [9700, 4600, 4600]
    assert [row["form"] for row in rows[:7]] == ["physical", "physical", "virtual", *["physical"] * 3, "virtual"]


async def test_each_meter_measures_its_own_and_the_site_balances_in_every_quarter(drive: Driver, site: Plant):
    meters = (await drive.solaredge(f"{SITE}/meters/telemetry", **AFTERNOON)).body["meters"]
    assert {serial: set(series) for serial, series in meters.items()} == {
        "607140011": {"importPower", "importEnergy", "exportPower", "exportEnergy"},
        "607140012": {"productionPower", "productionEnergy"},
        "607140013": {"consumptionPower", "consumptionEnergy"},
    }
    storage = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body["storage"]
    assert set(storage) == set(BATTERIES)
    grid = meters["607140011"]
    charged = [sum(both) for both in zip(*(values(storage[one]["chargeEnergy"]) for one in BATTERIES), strict=True)]
    given = [sum(both) for both in zip(*(values(storage[one]["dischargeEnergy"]) for one in BATTERIES), strict=True)]
    made = values(meters["607140012"]["productionEnergy"])
    used = values(meters["607140013"]["consumptionEnergy"])
    assert made == values((await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body)
    for n, (imported, exported) in enumerate(
        zip(values(grid["importEnergy"]), values(grid["exportEnergy"]), strict=True)
    ):
        assert made[n] + imported + given[n] == used[n] + exported + charged[n]
    assert values(meters["607140013"]["consumptionPower"]) == [4 * wh for wh in used]
    assert min(sum(charged), sum(given), sum(used)) > 500


def test_batteries_share_the_plants_flows_exactly_and_fill_one_after_the_other():
    site = two_battery_site()
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    moments = [begin + QUARTER * n for n in range(14 * 96)]
    own: dict[str, list[float]] = {serial: [] for serial in BATTERIES}
    for start, end in pairwise(moments):
        for flow in ("charge", "discharge"):
            parts = [site.battery_flow_wh(serial, flow, start, end) for serial in BATTERIES]
            assert min(parts) >= 0
            assert sum(parts) == site.flow_wh(flow, start, end)
        for serial in BATTERIES:
            own[serial].append(site.battery_stored_wh(serial, end))
        assert own["BAT-2201"][-1] + own["BAT-2202"][-1] == pytest.approx(site.stored_wh(end))
    assert max(own["BAT-2201"]) <= 9700
    assert max(own["BAT-2202"]) <= 4600
    assert max(own["BAT-2202"]) > 1000
    assert all(first > 9699 for first, second in zip(*own.values(), strict=True) if second > 1)
    for serial, size in (("BAT-2201", 9700), ("BAT-2202", 4600)):
        charged = site.battery_flow_wh(serial, "charge", begin, moments[-1])
        given = site.battery_flow_wh(serial, "discharge", begin, moments[-1])
        gained = site.battery_stored_wh(serial, moments[-1]) - site.battery_stored_wh(serial, begin)
        assert charged * 0.94 - given == pytest.approx(gained, abs=3)
        assert charged > size


async def test_each_battery_has_its_own_state(drive: Driver, site: Plant):
    body = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body["storage"]
    begin = datetime.fromisoformat(AFTERNOON["start"])
    for serial, size in (("BAT-2201", 9700), ("BAT-2202", 4600)):
        held = [site.battery_stored_wh(serial, begin + QUARTER * (n + 1)) for n in range(48)]
        assert values(body[serial]["remainingEnergy"]) == held
        assert values(body[serial]["stateOfEnergy"]) == pytest.approx([wh / size for wh in held], abs=1e-5)
    assert body["BAT-2201"]["stateOfEnergy"] != body["BAT-2202"]["stateOfEnergy"]


def test_batteries_that_do_not_fit_the_storage_are_refused():
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    site = {
        "timezone": "UTC",
        "sky": Sky(50, 10),
        "operational_at": begin,
        "gateways": [Gateway(serial="G")],
        "inverters": [Inverter(serial="A", gateway="G", installed=begin)],
    }
    two = [Battery(serial=name, connected_to="A", capacity_wh=5000) for name in ("B1", "B2")]
    with pytest.raises(ValueError, match="needs"):
        Plant("solaredge", 1, "Odd", **site, load=Load(), batteries=two, storage=Storage(capacity_wh=9700))
    with pytest.raises(ValueError, match="needs"):
        Plant("solaredge", 1, "Odd", **site, meters=[Meter(serial="M", kind="feed_in", connected_to="A")])
    for battery in two:
        battery.retired = begin
    with pytest.raises(ValueError, match="needs"):
        Plant("solaredge", 1, "Odd", **site, load=Load(), batteries=two, storage=Storage(capacity_wh=10000))


async def test_an_inverters_output_may_have_the_batteries_in_it(drive: Driver, site: Plant):
    path = f"{SITE}/inverters/telemetry"
    truth = values((await drive.solaredge(path, **AFTERNOON)).body["inverters"]["7C20B1E4-9D"]["energy"])
    drive.simulator.switches.solaredge_dc_coupled = True
    reported = values((await drive.solaredge(path, **AFTERNOON)).body["inverters"]["7C20B1E4-9D"]["energy"])
    storage = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body["storage"]
    for n in range(48):
        charge, given = (sum(values(storage[s][f"{f}Energy"])[n] for s in BATTERIES) for f in ("charge", "discharge"))
        assert reported[n] == truth[n] + given - charge >= 0
    assert reported != truth
    assert values((await drive.solaredge(f"{SITE}/energy", **AFTERNOON)).body) == truth


async def test_a_replaced_device_tells_nothing(drive: Driver, site: Plant):
    for path in ("meters/604990007/telemetry", "storage/BAT-1007/telemetry", "storage/BAT-1007/charge-energy"):
        assert (await drive.solaredge(f"{SITE}/{path}", **AFTERNOON)).status == 404


async def test_a_site_with_a_battery_but_no_meter_tells_only_of_the_battery(drive: Driver):
    drive.simulator.add_plant(battery_without_meter_site(), SOLAREDGE_API_KEY)
    overview = (await drive.solaredge("sites/1300003/overview", **AFTERNOON)).body
    assert overview["production"]["toStorage"] > 0
    assert overview["consumption"]["fromStorage"] is not None
    empty = (overview["production"]["toGrid"], overview["production"]["toSelfConsumption"])
    assert {*empty, *(overview["consumption"][name] for name in ("total", "fromPv", "fromGrid"))} == {None}
    assert (await drive.solaredge("sites/1300003/meters/telemetry", **AFTERNOON)).body["meters"] == {}
    assert set((await drive.solaredge("sites/1300003/storage/telemetry", **AFTERNOON)).body["storage"]) == {"BAT-3301"}


async def test_a_site_with_thirty_inverters_adds_up(drive: Driver):
    plant = drive.simulator.add_plant(thirty_inverter_site(), SOLAREDGE_API_KEY)
    devices = (await drive.solaredge("sites/1300002/devices")).body
    assert len({device["serialNumber"] for device in devices}) == 30
    assert [device["connectedTo"] for device in devices].count(None) == 1
    telemetry = (await drive.solaredge("sites/1300002/inverters/telemetry", **AFTERNOON)).body["inverters"]
    begin, end = (datetime.fromisoformat(AFTERNOON[name]) for name in ("start", "end"))
    assert sum(sum(values(series["energy"])) for series in telemetry.values()) == plant.energy_wh(begin, end) > 1e6


@pytest.mark.parametrize(
    ("path", "family", "serial", "metric"),
    [
        ("meters/607140011/import-power", "meters", "607140011", "importPower"),
        ("meters/607140011/export-energy", "meters", "607140011", "exportEnergy"),
        ("meters/607140012/production-energy", "meters", "607140012", "productionEnergy"),
        ("meters/607140013/consumption-power", "meters", "607140013", "consumptionPower"),
        ("storage/BAT-2201/charge-power", "storage", "BAT-2201", "chargePower"),
        ("storage/BAT-2202/discharge-energy", "storage", "BAT-2202", "dischargeEnergy"),
        ("storage/BAT-2201/remaining-energy", "storage", "BAT-2201", "remainingEnergy"),
        ("storage/BAT-2201/state-of-energy", "storage", "BAT-2201", "stateOfEnergy"),
    ],
)
async def test_one_metric_of_one_device_equals_the_telemetry(drive: Driver, site: Plant, path, family, serial, metric):
    telemetry = (await drive.solaredge(f"{SITE}/{family}/telemetry", **AFTERNOON)).body[family][serial][metric]
    body = (await drive.solaredge(f"{SITE}/{path}", **AFTERNOON)).body
    assert set(body) == {"period", "unit", "resolution", "values"}
    assert (body["unit"], body["values"]) == (telemetry["unit"], telemetry["values"])
    drive.simulator.switches.solaredge_device_metrics = False
    assert (await drive.solaredge(f"{SITE}/{path}", **AFTERNOON)).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("meters/607140012/import-power", 404),
        ("meters/NOBODY/import-power", 404),
        ("storage/NOBODY/charge-power", 404),
        ("meters/607140011/import-voltage", 404),
        ("storage/BAT-2201/state-of-energy?unit=WH", 400),
        ("storage/BAT-2201/remaining-energy?unit=W", 400),
        ("storage/BAT-2201/charge-power?resolution=DAY", 400),
    ],
)
async def test_a_metric_that_is_not_there_is_refused(drive: Driver, site: Plant, path, status):
    path, _, query = path.partition("?")
    pairs = [tuple(query.split("="))] if query else []
    assert (await drive.solaredge(f"{SITE}/{path}", *pairs, **AFTERNOON)).status == status


async def test_the_state_of_energy_may_be_asked_for_or_reported_in_percentage_100(drive: Driver, site: Plant):
    path = f"{SITE}/storage/BAT-2201/state-of-energy"
    fraction = (await drive.solaredge(path, **AFTERNOON)).body
    asked = (await drive.solaredge(path, unit="PERCENTAGE_100", **AFTERNOON)).body
    assert (fraction["unit"], asked["unit"]) == ("PERCENTAGE", "PERCENTAGE_100")
    assert values(asked) == pytest.approx([100 * one for one in values(fraction)], abs=0.01)
    drive.simulator.switches.state_of_energy_percentage_100 = True
    body = (await drive.solaredge(f"{SITE}/storage/telemetry", **AFTERNOON)).body["storage"]["BAT-2201"]
    assert body["stateOfEnergy"]["unit"] == "PERCENTAGE_100"
    assert values(body["stateOfEnergy"]) == values(asked)
    assert 50 < max(values(asked)) <= 100


async def test_telemetry_may_be_empty_although_devices_are_listed(drive: Driver):
    switches = drive.simulator.switches
    switches.solaredge_meters_empty = switches.solaredge_storage_empty = True
    assert (await drive.solaredge(f"{READY}/meters/telemetry", **AFTERNOON)).body["meters"] == {}
    assert (await drive.solaredge(f"{READY}/storage/telemetry", **AFTERNOON)).body["storage"] == {}
    assert len((await drive.solaredge(f"{READY}/devices", types="METER")).body) == 3


async def test_dark_quarters_may_be_null(drive: Driver):
    plant = drive.simulator.plants["solaredge_1148616"]
    zeros = values((await drive.solaredge(f"{READY}/energy", **NIGHT)).body)
    drive.simulator.switches.solaredge_nights_null = True
    nulls = values((await drive.solaredge(f"{READY}/energy", **NIGHT)).body)
    dark = [number for number, value in enumerate(nulls) if value is None]
    assert dark == list(range(len(dark)))
    assert 12 < len(dark) < 24
    assert {zeros[number] for number in dark} == {0}
    assert zeros[len(dark) :] == nulls[len(dark) :]
    assert sum(value or 0 for value in nulls) == plant.energy_wh(
        *(datetime.fromisoformat(NIGHT[name]) for name in ("start", "end"))
    )
    body = (await drive.solaredge(f"{READY}/inverters/telemetry", **NIGHT)).body["inverters"]["731CD555-E9"]
    for metric in ("power", "energy", "voltage", "current", "frequency"):
        assert [number for number, value in enumerate(values(body[metric])) if value is None] == dark
    meter = (await drive.solaredge(f"{READY}/meters/telemetry", **NIGHT)).body["meters"]["606052971"]
    assert None not in values(meter["importEnergy"])


async def test_a_few_buckets_without_charge_may_be_negative(drive: Driver):
    window = {"start": "2026-06-20T22:00:00+02:00", "end": "2026-06-21T10:00:00+02:00"}
    path = f"{READY}/storage/telemetry"
    truth = (await drive.solaredge(path, **window)).body["storage"]["BAT-0001"]
    drive.simulator.switches.solaredge_negative_storage = True
    reported = (await drive.solaredge(path, **window)).body["storage"]["BAT-0001"]
    below = 0
    for flow in ("charge", "discharge"):
        for true, said in zip(values(truth[f"{flow}Energy"]), values(reported[f"{flow}Energy"]), strict=True):
            assert max(said, 0) == true
            below += said < 0
        assert values(reported[f"{flow}Power"]) == [4 * wh for wh in values(reported[f"{flow}Energy"])]
    assert 1 <= below <= 12


async def test_the_bulk_paths_may_be_unknown_while_single_devices_answer(drive: Driver):
    drive.simulator.switches.solaredge_bulk_telemetry = False
    for path in ("inverters/telemetry", "meters/telemetry", "storage/telemetry", "inverters/731CD555-E9/telemetry"):
        result = await drive.solaredge(f"{READY}/{path}", **AFTERNOON)
        assert (result.status, result.body["detail"]) == (404, "Unknown endpoint")
    for path in ("inverters/731CD555-E9/power", "meters/606052971/import-energy", "storage/BAT-0001/state-of-energy"):
        assert (await drive.solaredge(f"{READY}/{path}", **AFTERNOON)).status == 200


async def test_without_device_data_devices_and_what_they_measure_are_forbidden(drive: Driver):
    drive.simulator.switches.solaredge_device_data = False
    for path in ("devices", "inverters/telemetry", "meters/telemetry", "inverters/731CD555-E9/power"):
        assert (await drive.solaredge(f"{READY}/{path}", **AFTERNOON)).status == 403
    for path in ("", "/energy", "/overview", "/alerts"):
        query = AFTERNOON if path == "/energy" else {}
        assert (await drive.solaredge(READY + path, **query)).status == 200
    assert (await drive.solaredge(f"{READY}/inverters/x/temperature")).status == 404


async def test_telemetry_may_refuse_resolutions_above_a_day(drive: Driver):
    window = {"start": "2026-06-01T00:00:00", "end": "2026-06-10T00:00:00"}
    assert (await drive.solaredge(f"{READY}/meters/telemetry", resolution="WEEK", **window)).status == 200
    drive.simulator.switches.solaredge_telemetry_up_to_day = True
    for family in ("inverters", "meters", "storage"):
        for resolution in ("WEEK", "MONTH", "YEAR", "TOTAL"):
            result = await drive.solaredge(f"{READY}/{family}/telemetry", resolution=resolution, **window)
            assert result.status == 400
        assert (await drive.solaredge(f"{READY}/{family}/telemetry", resolution="DAY", **window)).status == 200
    assert (await drive.solaredge(f"{READY}/energy", resolution="MONTH", **window)).status == 200


async def test_the_overview_may_refuse_more_than_a_month(drive: Driver):
    longer = {"start": "2026-05-01T00:00:00", "end": "2026-06-01T00:00:01"}
    assert (await drive.solaredge(f"{READY}/overview", **longer)).status == 200
    drive.simulator.switches.solaredge_overview_month = True
    assert (await drive.solaredge(f"{READY}/overview", **longer)).status == 400
    month = {"start": "2026-05-01T00:00:00", "end": "2026-06-01T00:00:00"}
    assert (await drive.solaredge(f"{READY}/overview", **month)).status == 200


async def test_the_overview_may_tell_the_performance_which_falls_with_an_inverter(drive: Driver):
    plant = drive.simulator.plants["solaredge_1148616"]
    drive.simulator.switches.solaredge_performance = True
    body = (await drive.solaredge(f"{READY}/overview", **AFTERNOON)).body
    assert body["performance"]["specificYield"] == body["production"]["total"] / 12800
    assert body["performance"]["performanceRatio"] == 0.87
    plant.set_health("731CD555-E9", 0, datetime.fromisoformat(AFTERNOON["start"]))
    body = (await drive.solaredge(f"{READY}/overview", **AFTERNOON)).body
    assert 0.45 < body["performance"]["performanceRatio"] < 0.6
    headers = {"X-API-Key": SOLAREDGE_API_KEY, "X-Account-Key": SOLAREDGE_ACCOUNT_KEY}
    query = {"from": AFTERNOON["start"], "to": AFTERNOON["end"]}
    legacy = (await drive.get(f"{SOLAREDGE_LEGACY_PATH}/{READY}/overview", query, headers)).body
    assert legacy["performance"] == body["performance"]


async def test_a_further_system_is_added_over_the_control_api(drive: Driver):
    assert (await drive.post("/control/systems/add", {"name": "two_battery_site"})).body == {"key": "solaredge_1300001"}
    assert (await drive.solaredge(SITE)).body["name"] == "Fulda House"
    for data in ({"name": "two_battery_site"}, {"name": "castle"}, {}):
        assert (await drive.post("/control/systems/add", data)).status == 400
