"""Enphase v4's energy: what is added up in one way equals what is added up in another, to the Wh."""

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator import Plant, Simulator
from simulator.plant.slots import epoch
from simulator.ready import ENPHASE_V4_OWNER_OF_BOTH

from ..conftest import NOON_IN_CALIFORNIA, Driver

PV, METERED, BATTERY = 4200001, 4200002, 4200003
GATEWAY = "122400000003"
DAYS = {
    PV: [date(2026, 6, 1), date(2026, 3, 29), date(2026, 10, 25)],
    METERED: [date(2026, 6, 1), date(2026, 4, 5), date(2026, 10, 4)],
    BATTERY: [date(2026, 6, 1), date(2026, 3, 29), date(2026, 10, 25)],
}
EACH_DAY = [(system, day) for system, days in DAYS.items() for day in days]
FLOWS = {
    "import": ("energy_import_telemetry", "wh_imported", "energy_import_lifetime"),
    "export": ("energy_export_telemetry", "wh_exported", "energy_export_lifetime"),
    "consumption": ("telemetry/consumption_meter", "enwh", "consumption_lifetime"),
}


def plant_of(drive: Driver, system: int) -> Plant:
    return drive.simulator.plants[f"enphase_{system}"]


def midnight(plant: Plant, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), plant.zone)


async def rows(drive: Driver, system: int, path: str, **query: object) -> list[dict]:
    result = await drive.v4(f"systems/{system}/{path}", **query)
    assert result.status == 200, result.text
    intervals = result.body["intervals"]
    return [row for part in intervals for row in (part if isinstance(part, list) else [part])]


async def values(drive: Driver, system: int, path: str, name: str, day: date) -> dict[int, int]:
    """Return the energy of each row of a day by the row's end."""
    return {row["end_at"]: row[name] for row in await rows(drive, system, path, start_date=day)}


async def after(drive: Driver, system: int, day: date) -> Plant:
    """Go to the morning after a day, when all of it is known."""
    plant = plant_of(drive, system)
    drive.at(midnight(plant, day + timedelta(days=1)) + timedelta(hours=9))
    await drive.sign_in()
    return plant


async def day_of(drive: Driver, system: int, path: str, day: date) -> dict[str, int]:
    """Return each flow of one day from a lifetime series."""
    body = (await drive.v4(f"systems/{system}/{path}", start_date=day, end_date=day)).body
    return {name: values[0] for name, values in body.items() if isinstance(values, list)}


@pytest.mark.parametrize(("system", "day"), EACH_DAY)
async def test_rows_of_micros_add_up_to_the_day(drive: Driver, system, day):
    plant = await after(drive, system, day)
    micro = await rows(drive, system, "telemetry/production_micro", start_date=day)
    assert sum(row["enwh"] for row in micro) == plant.day_wh(day) > 3000
    assert (await day_of(drive, system, "energy_lifetime", day))["production"] == plant.day_wh(day)
    assert all(row["powr"] == row["enwh"] * 12 for row in micro)
    summary = (await drive.v4(f"systems/{system}/summary", summary_date=day)).body
    assert summary["energy_today"] == plant.day_wh(day)
    assert summary["energy_lifetime"] == plant.lifetime_wh(midnight(plant, day))


@pytest.mark.parametrize(("system", "day"), [(system, day) for system, day in EACH_DAY if system != PV])
async def test_rows_of_meters_add_up_to_the_day_and_to_the_odometers(drive: Driver, system, day):
    plant = await after(drive, system, day)
    begin, end = midnight(plant, day), midnight(plant, day + timedelta(days=1))
    quarters = (end - begin.astimezone(UTC)) // timedelta(minutes=15)
    meter = await rows(drive, system, "telemetry/production_meter", start_date=day)
    assert [row["end_at"] for row in meter] == [epoch(begin) + 900 * number for number in range(1, quarters + 1)]
    assert sum(row["wh_del"] for row in meter) == plant.day_wh(day)
    rgm = await rows(drive, system, "rgm_stats", start_at=epoch(begin), end_at=epoch(end))
    assert [row["wh_del"] for row in rgm] == [row["wh_del"] for row in meter]
    counted = []
    for moment in (begin, end):
        reading = (await drive.v4(f"systems/{system}/production_meter_readings", end_at=epoch(moment))).body
        assert reading["meter_readings"][0]["read_at"] == epoch(moment)
        counted.append(reading["meter_readings"][0]["value"])
    assert counted[1] - counted[0] == plant.day_wh(day)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(("system", "day"), [(system, day) for system, day in EACH_DAY if system != PV])
async def test_rows_of_the_grid_and_the_house_add_up_to_the_day(drive: Driver, system, day, flow):
    plant = await after(drive, system, day)
    telemetry, name, lifetime = FLOWS[flow]
    truth = plant.flow_wh(
        "load" if flow == "consumption" else flow, midnight(plant, day), midnight(plant, day + timedelta(days=1))
    )
    assert sum((await values(drive, system, telemetry, name, day)).values()) == truth
    # The batteries cover a whole day in June, and take all that there is on one in October.
    assert truth > 500 or system == BATTERY
    assert await day_of(drive, system, lifetime, day) == {flow: truth}


@pytest.mark.parametrize("day", DAYS[BATTERY])
async def test_rows_of_the_batteries_add_up_to_the_day_and_to_the_odometers(drive: Driver, day):
    plant = await after(drive, BATTERY, day)
    begin, end = midnight(plant, day), midnight(plant, day + timedelta(days=1))
    found = await rows(drive, BATTERY, "telemetry/battery", start_date=day)
    sums = {flow: sum(row[flow]["enwh"] for row in found) for flow in ("charge", "discharge")}
    assert sums == await day_of(drive, BATTERY, "battery_lifetime", day)
    assert sums == {flow: plant.flow_wh(flow, begin, end) for flow in ("charge", "discharge")}
    assert sums["charge"] > 1000
    counted = []
    for moment in (begin, end):
        (reading,) = (await drive.v4(f"systems/{BATTERY}/storage_meter_readings", end_at=epoch(moment))).body[
            "meter_readings"
        ]
        counted.append(reading)
    for flow in ("charge", "discharge"):
        assert counted[1][f"value_{flow}d"] - counted[0][f"value_{flow}d"] == sums[flow]
    assert counted[0]["serial_num"] == f"{GATEWAY}EIM4"


@pytest.mark.parametrize(("system", "day"), [(system, day) for system, day in EACH_DAY if system != PV])
async def test_what_comes_in_goes_out_in_every_quarter_of_an_hour(drive: Driver, system, day):
    await after(drive, system, day)
    made = {
        row["end_at"]: row["wh_del"] for row in await rows(drive, system, "telemetry/production_meter", start_date=day)
    }
    used = {
        row["end_at"]: row["enwh"] for row in await rows(drive, system, "telemetry/consumption_meter", start_date=day)
    }
    taken = {
        row["end_at"]: row["wh_imported"]
        for row in await rows(drive, system, "energy_import_telemetry", start_date=day)
    }
    given = {
        row["end_at"]: row["wh_exported"]
        for row in await rows(drive, system, "energy_export_telemetry", start_date=day)
    }
    stored = dict.fromkeys(made, (0, 0))
    if system == BATTERY:
        found = await rows(drive, system, "telemetry/battery", start_date=day)
        stored = {row["end_at"]: (row["charge"]["enwh"], row["discharge"]["enwh"]) for row in found}
    assert set(made) == set(used) == set(taken) == set(given) == set(stored)
    for end, produced in made.items():
        charge, discharge = stored[end]
        assert produced + taken[end] + discharge == used[end] + given[end] + charge


@pytest.mark.parametrize(("system", "config", "flow"), [(METERED, "Total", "load"), (BATTERY, "Net", "import")])
async def test_the_consumption_meter_counts_the_load_or_the_import(drive: Driver, system, config, flow):
    plant = plant_of(drive, system)
    assert plant.consumption_meter is not None
    assert plant.consumption_meter.config == config
    (reading,) = (await drive.v4(f"systems/{system}/consumption_meter_readings")).body["meter_readings"]
    read_at = datetime.fromtimestamp(reading["read_at"], UTC)
    assert reading["value"] == plant.flow_wh(flow, plant.operational_at, read_at)
    assert timedelta(0) < NOON_IN_CALIFORNIA - read_at < timedelta(minutes=10)


async def test_where_the_consumption_meter_sits_can_be_changed(drive: Driver):
    order = {"key": f"enphase_{METERED}", "config": "Net"}
    assert (await drive.post("/control/meter", order)).status == 200
    meter = (await drive.v4(f"systems/{METERED}/devices")).body["devices"]["meters"][1]
    assert meter["config_type"] == "Net"
    assert (await drive.post("/control/meter", order | {"config": "Gross"})).status == 400
    assert (await drive.post("/control/meter", order | {"key": f"enphase_{PV}"})).status == 400


@pytest.mark.parametrize("system", [PV, METERED, BATTERY])
async def test_lifetime_micros_summary_and_days_agree(drive: Driver, system):
    plant = await after(drive, system, date(2026, 6, 1))
    body = (await drive.v4(f"systems/{system}/energy_lifetime", production="all")).body
    assert date.fromisoformat(body["start_date"]) == plant.operational_at.astimezone(plant.zone).date()
    assert len(body["production"]) == (date(2026, 6, 2) - date.fromisoformat(body["start_date"])).days
    total = plant.lifetime_wh(midnight(plant, date(2026, 6, 2)))
    assert sum(body["production"]) == sum(body["micro_production"]) == total
    assert sum(body["meter_production"]) == (0 if system == PV else total)
    assert ("meter_start_date" in body) is (system != PV)
    summary = (await drive.v4(f"systems/{system}/summary")).body
    assert summary["energy_lifetime"] == total
    drive.at(midnight(plant, date(2026, 6, 2)) + timedelta(hours=23, minutes=30))
    await drive.sign_in()
    summary = (await drive.v4(f"systems/{system}/summary")).body
    micros = (await drive.v4("systems/inverters_summary_by_envoy_or_site", site_id=system, size=100)).body
    energies = [micro["energy"]["value"] for group in micros for micro in group["micro_inverters"]]
    assert sum(energies) == summary["energy_lifetime"] + summary["energy_today"]


@pytest.mark.parametrize("system", [PV, METERED, BATTERY])
async def test_a_week_is_seven_days(drive: Driver, system):
    day = DAYS[system][1]
    await after(drive, system, day)
    week = await rows(
        drive, system, "telemetry/production_micro", start_date=day - timedelta(days=6), granularity="week"
    )
    days = []
    for number in range(6, -1, -1):
        days += await rows(drive, system, "telemetry/production_micro", start_date=day - timedelta(days=number))
    assert week == days


async def test_power_now_is_the_summarys_and_the_gross_of_the_meters(drive: Driver):
    for system, charging in ((METERED, False), (BATTERY, True)):
        drive.at(datetime(2026, 6, 1, 2 if system == METERED else 9, 3, tzinfo=UTC))
        await drive.sign_in()
        plant = plant_of(drive, system)
        body = (await drive.v4(f"systems/{system}/latest_telemetry")).body["devices"]
        power: dict[str, int] = {}
        for row in body["meters"]:
            power[row["name"]] = power.get(row["name"], 0) + (row["power"] or 0)
        assert power["production"] == (await drive.v4(f"systems/{system}/summary")).body["current_power"] > 0
        end = datetime.fromtimestamp(body["meters"][0]["last_report_at"], UTC)
        flows = {
            flow: plant.flow_wh(flow, end - timedelta(minutes=5), end) * 12
            for flow in ("load", "import", "export", "charge", "discharge")
        }
        stored = -sum(row["power"] for row in body.get("encharges", []))
        assert stored == flows["charge"] - flows["discharge"]
        # Net transformers cannot separate the battery from the house, Total ones can.
        assert power["consumption"] == flows["load"] + stored
        assert bool(stored) is charging
        assert [row["power"] is None for row in body["meters"]] == [False, system == BATTERY, system == BATTERY] * 2


async def test_a_car_is_charged_from_what_the_house_uses(drive: Driver):
    day = date(2026, 6, 1)
    plant = await after(drive, BATTERY, day)
    serial = "202400000001"
    below = f"systems/{BATTERY}/ev_charger/{serial}"
    sessions = (await drive.v4(f"{below}/sessions", limit=100)).body["sessions"]
    assert 20 < len(sessions) <= 100
    assert sessions == sorted(sessions, key=lambda one: -one["start_time"])
    last = datetime.fromtimestamp(sessions[0]["start_time"], plant.zone).date()
    body = (await drive.v4(f"{below}/telemetry", start_date=f"{last:%Y%m%d}")).body
    charged = sum(row["consumption"] for row in body["consumption"])
    assert charged == round(sessions[0]["energy_added"] * 1000) > 5000
    assert (await drive.v4(f"{below}/lifetime", start_date=f"{last:%Y%m%d}")).body["consumption"][0] == charged
    begin, end = (datetime.fromtimestamp(sessions[0][name], UTC) for name in ("start_time", "end_time"))
    assert plant.flow_wh("load", begin, end) > charged
    used = {
        row["end_at"]: row["enwh"] for row in await rows(drive, BATTERY, "telemetry/consumption_meter", start_date=last)
    }
    assert all(used[row["end_at"]] >= row["consumption"] for row in body["consumption"])
    events = (await drive.v4(f"systems/{BATTERY}/ev_charger/events", serial_num=serial, limit=2)).body
    assert [event["triggered_date"] for event in events["events"]] == [
        sessions[0]["end_time"],
        sessions[0]["start_time"],
    ]
    drive.at(begin + timedelta(minutes=30))
    await drive.sign_in()
    (evse,) = (await drive.v4(f"systems/{BATTERY}/latest_telemetry")).body["devices"]["evse"]
    assert evse["operational_mode"] == "CHARGING"
    drive.at(end + timedelta(minutes=30))
    (evse,) = (await drive.v4(f"systems/{BATTERY}/latest_telemetry")).body["devices"]["evse"]
    assert evse["operational_mode"] == "IDLE"


async def test_single_devices_add_up_to_the_site(drive: Driver):
    day = date(2026, 6, 1)
    drive.simulator.set_enphase_plan("9b1d5e7f3a2c46808e4f6a0c2d4b6e81", "Kilowatt")
    drive.simulator.set_limits("enphase_v4", per_minute=1000)
    plant = await after(drive, BATTERY, day)
    site = {
        row["end_at"]: row["enwh"] for row in await rows(drive, BATTERY, "telemetry/production_micro", start_date=day)
    }
    path = f"systems/{BATTERY}/devices/micros/telemetry"
    first, second = [(await drive.v4(path, start_date=day, size=10, page=page)).body for page in (1, 2)]
    assert (first["page_size"], second["page_size"], first["total_devices"]) == (10, 6, 16)
    sums = dict.fromkeys(site, 0)
    for device in first["devices"] + second["devices"]:
        for row in device["intervals"]:
            sums[row["end_at"]] = sums.get(row["end_at"], 0) + row["enwh"]
    assert sum(sums.values()) == plant.day_wh(day)
    assert {end: energy for end, energy in sums.items() if end in site} == site
    alone = (await drive.v4(f"systems/{BATTERY}/devices/micros/482400002001/telemetry", start_date=day)).body
    assert alone["intervals"] == first["devices"][0]["intervals"]
    together = await rows(drive, BATTERY, "telemetry/battery", start_date=day)
    parts = [
        (await drive.v4(f"systems/{BATTERY}/devices/encharges/{battery.serial}/telemetry", start_date=day)).body
        for battery in plant.used_batteries
    ]
    for flow in ("charge", "discharge"):
        each = [[row[flow]["enwh"] for row in part["intervals"]] for part in parts]
        assert [sum(pair) for pair in zip(*each, strict=True)] == [row[flow]["enwh"] for row in together]


async def test_v2s_systems_tell_the_same_days_in_v4(drive: Driver):
    drive.at(NOON_IN_CALIFORNIA)
    await drive.sign_in(ENPHASE_V4_OWNER_OF_BOTH)
    for system in (67, 72):
        old = (await drive.enphase(f"systems/{system}/energy_lifetime")).body
        new = (await drive.v4(f"systems/{system}/energy_lifetime")).body
        assert new == old
        day = {"start_at": epoch(NOON_IN_CALIFORNIA) - 6 * 3600, "end_at": epoch(NOON_IN_CALIFORNIA) // 300 * 300}
        stats = (await drive.enphase(f"systems/{system}/stats", **day)).body["intervals"]
        assert await rows(drive, system, "telemetry/production_micro", **day) == stats


def test_a_charger_needs_a_car_and_a_car_a_charger(simulator: Simulator):
    plant = simulator.plants[f"enphase_{BATTERY}"]
    common = {
        "timezone": "UTC",
        "sky": plant.sky,
        "operational_at": plant.operational_at,
        "gateways": list(plant.gateways.values()),
        "inverters": list(plant.inverters.values()),
    }
    with pytest.raises(ValueError, match="charger needs a car"):
        Plant("enphase", 1, "x", ev_charger=plant.ev_charger, **common)
    with pytest.raises(ValueError, match="charger needs a car"):
        Plant("enphase", 1, "x", load=plant.load, **common)
