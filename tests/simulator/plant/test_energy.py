"""The energy integral: what is added up in one way equals what is added up in another, to the Wh."""

from datetime import UTC, date, datetime, timedelta
import time
from zoneinfo import ZoneInfo

import pytest

from simulator import Plant
from simulator.plant.devices import Battery, Gateway, GridMeter, Inverter
from simulator.plant.energy import FLOWS, Load, Model, Series, Storage
from simulator.plant.slots import SLOTS_PER_DAY, slot_of, slot_time
from simulator.plant.sun import Sky
from simulator.ready import ready_simulator
from simulator.systems.enphase_v2 import eich_residence, sample_residence
from simulator.systems.solaredge import battery_site, pv_site

READY = (eich_residence, sample_residence, battery_site, pv_site)
SLOT = timedelta(minutes=5)
MARCH = datetime(2025, 3, 1, tzinfo=UTC)


def small_plant(sky: Sky, timezone: str, *, years: int = 1) -> Plant:
    begin = datetime(2026 - years, 1, 1, 12, tzinfo=UTC)
    return Plant(
        "solaredge",
        1,
        "Somewhere",
        timezone=timezone,
        sky=sky,
        operational_at=begin,
        gateways=[Gateway(serial="G")],
        inverters=[Inverter(serial=serial, gateway="G", installed=begin, size_w=4000) for serial in ("A1", "A2")],
    )


@pytest.mark.parametrize("make", READY)
def test_slots_add_up_to_hours_days_months_and_lifetime(make):
    plant = make()
    start = datetime.combine(date(2025, 3, 1), datetime.min.time(), plant.zone)
    end = datetime.combine(date(2025, 4, 1), datetime.min.time(), plant.zone)
    count = round((end - start) / SLOT)
    slots = [plant.energy_wh(start + SLOT * n, start + SLOT * (n + 1)) for n in range(count)]
    days = [plant.day_wh(date(2025, 3, 1) + timedelta(days=n)) for n in range(31)]
    assert sum(slots) == sum(days) == plant.energy_wh(start, end) == plant.lifetime_wh(end) - plant.lifetime_wh(start)
    assert sum(slots) > 10_000
    assert min(slots) == 0


@pytest.mark.parametrize("make", READY)
def test_rounding_to_whole_watt_hours_loses_nothing_over_a_day(make):
    plant = make()
    model = plant.series.model
    for number in range(30):
        day = model.sky.solar_day(slot_of(MARCH)) + number
        first = model.sky.first_slot(day)
        exact = sum(model.sky.daylight(day)[1]) * model.size_at(first) / 12
        assert plant.series.production(first, first + SLOTS_PER_DAY) == pytest.approx(exact, abs=0.51)


@pytest.mark.parametrize("make", READY)
def test_the_inverters_add_up_to_the_plant_in_every_slot(make):
    plant = make()
    begin = slot_of(MARCH)
    for slot in range(begin, begin + SLOTS_PER_DAY * 2):
        parts = [plant.inverter_until(s, slot + 1) - plant.inverter_until(s, slot) for s in plant.inverters]
        assert min(parts) >= 0
        assert sum(parts) == plant.series.production(slot, slot + 1)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    assert sum(plant.inverter_lifetime_wh(s, moment) for s in plant.inverters) == plant.lifetime_wh(moment)


def test_equal_inverters_yield_nearly_but_not_quite_the_same():
    plant = eich_residence()
    end = datetime(2026, 1, 1, tzinfo=UTC)
    yields = [plant.inverter_lifetime_wh(serial, end) for serial in plant.inverters]
    assert len(set(yields)) > 5
    assert max(yields) < 1.08 * min(yields)


def test_a_retired_inverter_keeps_its_energy_and_a_new_one_begins_at_zero():
    plant = eich_residence()
    before = plant.lifetime_wh(MARCH)
    shares = {serial: plant.inverter_lifetime_wh(serial, MARCH) for serial in plant.inverters}
    plant.retire_inverter("121100000003", MARCH)
    plant.add_inverter(Inverter(serial="999", gateway="010731000003", installed=MARCH + timedelta(days=2)))
    later = MARCH + timedelta(days=30)
    assert plant.lifetime_wh(MARCH) == before
    assert {serial: plant.inverter_lifetime_wh(serial, MARCH) for serial in shares} == shares
    assert plant.inverter_lifetime_wh("121100000003", later) == shares["121100000003"]
    assert plant.inverter_lifetime_wh("999", MARCH + timedelta(days=2)) == 0
    assert plant.inverter_lifetime_wh("999", later) > 0
    assert sum(plant.inverter_lifetime_wh(s, later) for s in plant.inverters) == plant.lifetime_wh(later)
    assert len(plant.active_inverters(later)) == 31
    assert plant.size_w(MARCH) == 5250 - 170
    assert plant.size_w(later) == 5250


def test_the_day_of_a_change_keeps_the_energy_before_it():
    plant, untouched = eich_residence(), eich_residence()
    noon = datetime(2025, 6, 1, 20, 0, tzinfo=UTC)
    for serial in list(plant.inverters)[:16]:
        plant.retire_inverter(serial, noon)
    day = date(2025, 6, 1)
    start = slot_time(plant.day_slots(day)[0])
    assert plant.energy_wh(start, noon) == untouched.energy_wh(start, noon)
    ratio = plant.energy_wh(noon, noon + timedelta(hours=4)) / untouched.energy_wh(noon, noon + timedelta(hours=4))
    assert 0.45 < ratio < 0.52


def test_a_retired_inverter_cannot_be_retired_again_nor_a_serial_be_used_twice():
    plant = eich_residence()
    plant.retire_inverter("121100000003", MARCH)
    with pytest.raises(KeyError):
        plant.retire_inverter("121100000003", MARCH)
    with pytest.raises(ValueError, match="121100000004"):
        plant.add_inverter(Inverter(serial="121100000004", gateway="010731000003", installed=MARCH))


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2025, 3, 30), 92), (date(2025, 10, 26), 100), (date(2025, 6, 1), 96)]
)
def test_days_have_the_length_that_the_time_zone_gives_them(day, quarters):
    plant = battery_site()
    first, end = plant.day_slots(day)
    assert (end - first) / 3 == quarters
    assert plant.day_wh(day) == sum(plant.series.production(slot, slot + 1) for slot in range(first, end)) > 0


@pytest.mark.parametrize("make", READY)
def test_it_is_dark_at_midnight_and_light_at_noon(make):
    plant = make()
    for month in range(1, 13):
        midnight = datetime(2025, month, 12, 0, 0, tzinfo=plant.zone)
        assert plant.energy_wh(midnight - timedelta(hours=2), midnight + timedelta(hours=3)) == 0
        assert plant.energy_wh(midnight + timedelta(hours=11), midnight + timedelta(hours=14)) > 0


def test_nothing_is_produced_before_the_plant_is_there():
    plant = eich_residence()
    assert plant.lifetime_wh(plant.operational_at) == 0
    assert plant.day_wh(date(2024, 2, 7)) == 0
    assert 0 < plant.day_wh(date(2024, 2, 8)) < plant.lifetime_wh(MARCH)
    assert plant.inverter_lifetime_wh("121100000001", plant.operational_at - timedelta(days=900)) == 0


def test_the_southern_summer_is_in_january():
    plant = small_plant(Sky(latitude=-33.9, longitude=151.2, tilt=25, seed=5), "Australia/Sydney")
    january = sum(plant.day_wh(date(2025, 1, day)) for day in range(2, 31))
    july = sum(plant.day_wh(date(2025, 7, day)) for day in range(2, 31))
    assert january > 1.2 * july > 0
    noon = datetime(2025, 7, 1, 12, 0, tzinfo=plant.zone)
    assert plant.energy_wh(noon - timedelta(hours=1), noon + timedelta(hours=1)) > 0


def test_the_sun_is_highest_at_solar_noon():
    sky = Sky(latitude=52.39, longitude=13.06, seed=1, clear_days=1.0)
    day = sky.solar_day(slot_of(datetime(2025, 11, 3, 11, 0, tzinfo=UTC)))
    first, yields = sky.daylight(day)
    middle = slot_time(sky.first_slot(day) + first) + SLOT * len(yields) / 2
    # On 3 November the equation of time is +16.4 minutes and the site lies 52.2 minutes east of Greenwich.
    assert abs(middle - datetime(2025, 11, 3, 10, 51, tzinfo=UTC)) < timedelta(minutes=4)
    # Sunrise 6:59 to sunset 16:27 local time, less the first and last degree over the horizon.
    assert timedelta(hours=8, minutes=50) < SLOT * len(yields) < timedelta(hours=9, minutes=28)


def test_polar_day_and_polar_night_are_possible():
    plant = small_plant(Sky(latitude=78.2, longitude=15.6, tilt=40, seed=5), "Arctic/Longyearbyen")
    assert plant.day_wh(date(2025, 12, 21)) == 0
    midnight = datetime(2025, 6, 21, 0, 0, tzinfo=plant.zone)
    assert plant.series.is_lit(slot_of(midnight))
    assert plant.day_wh(date(2025, 6, 21)) > 0


@pytest.mark.parametrize(("place", "low", "high"), [(pv_site, 1300, 1700), (battery_site, 850, 1200)])
def test_a_year_yields_what_it_does_in_such_a_place(place, low, high):
    plant = place()
    year = plant.energy_wh(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert low < year / plant.size_w(datetime(2026, 1, 1, tzinfo=UTC)) < high


def test_the_house_balances_in_every_slot():
    plant = battery_site()
    begin = slot_of(MARCH)
    seen = dict.fromkeys(FLOWS, 0)
    for slot in range(begin, begin + 14 * SLOTS_PER_DAY):
        made = plant.series.production(slot, slot + 1)
        flow = {name: plant.series.flow(name, slot, slot + 1) for name in FLOWS}
        assert made + flow["import"] + flow["discharge"] == flow["load"] + flow["export"] + flow["charge"]
        assert min(flow.values()) >= 0
        assert 0 in {flow["import"], flow["export"]}
        assert 0 in {flow["charge"], flow["discharge"]}
        seen = {name: seen[name] + wh for name, wh in flow.items()}
    assert min(seen.values()) > 1000


def test_the_battery_holds_what_was_charged_less_the_loss():
    plant = battery_site()
    storage = plant.storage
    for day in range(20):
        moment = MARCH + timedelta(days=day, hours=7)
        later = moment + timedelta(hours=9)
        gained = plant.flow_wh("charge", moment, later) * storage.efficiency_percent / 100
        lost = plant.flow_wh("discharge", moment, later)
        assert plant.stored_wh(later) == pytest.approx(plant.stored_wh(moment) + gained - lost, abs=0.001)
        assert 0 <= plant.stored_wh(later) <= storage.capacity_wh


def test_without_a_load_there_are_no_flows():
    plant = pv_site()
    assert {plant.flow_wh(name, MARCH, MARCH + timedelta(days=3)) for name in FLOWS} == {0}


def test_equal_plants_have_equal_energy_and_other_weather_has_not():
    model = eich_residence().series.model
    again, other = Series(model), Series(Model(Sky(38.4, -122.82, 22, seed=68), model.start, model.sizes))
    slot = slot_of(MARCH)
    assert again.production_until(slot) == eich_residence().series.production_until(slot)
    assert other.production_until(slot) != again.production_until(slot)


def test_ten_years_take_seconds_and_then_milliseconds():
    plant = small_plant(Sky(latitude=40, longitude=-100, seed=99), "America/Chicago", years=10)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    started = time.process_time()
    plant.lifetime_wh(moment)
    cold = time.process_time() - started
    started = time.process_time()
    plant.lifetime_wh(moment)
    warm = time.process_time() - started
    assert cold < 3
    assert warm < 0.05


@pytest.mark.parametrize(
    "missing",
    [
        {"storage": Storage()},
        {"battery": Battery(serial="B", connected_to="A1"), "load": Load()},
        {"grid_meter": GridMeter(serial="M", connected_to="A1")},
        {"gateways": []},
    ],
)
def test_a_plant_that_does_not_fit_together_is_refused(missing):
    given = {"gateways": [Gateway(serial="G")], **missing}
    with pytest.raises(ValueError, match="needs"):
        Plant(
            "solaredge",
            1,
            "Odd",
            timezone="UTC",
            sky=Sky(50, 10),
            operational_at=MARCH,
            inverters=[Inverter(serial="A1", gateway="G", installed=MARCH)],
            **given,
        )


def test_the_ready_systems_are_the_promised_ones():
    plants = ready_simulator().plants
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    ours = {"enphase_67", "enphase_72", "solaredge_1148616", "solaredge_222881711"}
    assert set(plants) == ours | {"enphase_4200001", "enphase_4200002", "enphase_4200003"}
    eich = plants["enphase_67"]
    assert (len(eich.active_inverters(moment)), len(eich.gateways), eich.size_w(moment)) == (31, 2, 5250)
    assert [meter.serial for meter in eich.revenue_meters] == ["123123123123"]
    assert len(plants["enphase_72"].active_inverters(moment)) == 12
    assert plants["enphase_72"].zone == ZoneInfo("Europe/Amsterdam")
    assert len(plants["solaredge_1148616"].active_inverters(moment)) == 2
    assert plants["solaredge_1148616"].battery
    assert not plants["solaredge_222881711"].grid_meter
    for plant in (plants[key] for key in ours):
        assert timedelta(days=700) < moment - plant.operational_at < timedelta(days=1100)
