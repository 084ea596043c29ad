"""Underperformance against simulated plants: faults are found, and a year without any raises no alarm."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
import json
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Interval,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.performance import Performance, PerformanceState, compared
from custom_components.solar_cloud.system import restore
from simulator.plant.devices import Gateway, Inverter, Silence
from simulator.plant.plant import Plant
from simulator.plant.sun import Sky
from simulator.systems.enphase_v2 import eich_residence, sample_residence

from .performance_helpers import House, device_of

SUMMER = date(2025, 6, 1)
FEW = (time(10), time(16))


def solaredge_plant(timezone: str = "Europe/Berlin", latitude: float = 48.1, longitude: float = 11.6) -> Plant:
    """Return a site with five equal inverters and one of another model; the first has the network cable."""
    operational = datetime(2024, 3, 1, 10, tzinfo=UTC)
    sizes = [(f"7E00000{number}-AA", "SE10K", 11000) for number in range(1, 6)] + [("7E000009-AA", "SE4K", 3000)]
    return Plant(
        "solaredge",
        4711,
        "Barn",
        timezone=timezone,
        sky=Sky(latitude=latitude, longitude=longitude, tilt=30, seed=4711),
        operational_at=operational,
        gateways=[Gateway(serial="7E000001-AA")],
        inverters=[
            Inverter(serial=serial, gateway="7E000001-AA", installed=operational, model=model, size_w=size)
            for serial, model, size in sizes
        ],
    )


# A year without faults.


def test_a_year_of_twelve_microinverters_raises_no_alarm():
    house = House(sample_residence())
    house.run(date(2025, 1, 1), 365)
    assert house.alarms == {}
    assert len(house.judged_days) > 150
    assert len(house.state.by_inverter) == 12
    assert all(0.9 < ratio < 1.1 for ratios in house.ratios.values() for ratio in ratios)


def test_a_year_with_an_envoy_silent_for_a_week_and_a_half_day_raises_no_alarm():
    house = House(eich_residence())
    envoy = list(house.plant.gateways.values())[1]
    for start, end in (("2025-07-02T19:10", "2025-07-09T18:40"), ("2025-08-04T19:00", "2025-08-05T02:00")):
        envoy.silences.append(Silence(datetime.fromisoformat(f"{start}Z"), datetime.fromisoformat(f"{end}Z")))
    house.run(date(2025, 1, 1), 365, (time(11), time(17), time(22)))
    assert house.alarms == {}
    assert len(house.judged_days) > 200
    assert len(house.state.by_inverter) == 31
    assert all(0.9 < ratio < 1.1 for ratios in house.ratios.values() for ratio in ratios)


def test_a_year_of_equal_solaredge_inverters_raises_no_alarm():
    house = House(solaredge_plant())
    house.run(date(2025, 1, 1), 365, (time(8), time(14), time(22)))
    assert house.alarms == {}
    assert len(house.judged_days) > 150
    assert len(house.state.by_inverter) == 5
    assert all(0.9 < ratio < 1.1 for ratios in house.ratios.values() for ratio in ratios)


@pytest.mark.parametrize("know_size", [True, False])
def test_few_readings_and_an_unknown_nameplate_raise_no_alarm_either(know_size):
    house = House(sample_residence(), know_size=know_size)
    house.run(SUMMER, 60, FEW)
    assert house.alarms == {}
    assert len(house.judged_days) > 20
    assert all(0.9 < ratio < 1.1 for ratios in house.ratios.values() for ratio in ratios)


# Faults.


@pytest.mark.parametrize("make", [eich_residence, sample_residence, solaredge_plant])
@pytest.mark.parametrize("know_size", [True, False])
def test_a_shaded_and_a_dead_inverter_are_found_and_no_other(make, know_size):
    house = House(make(), know_size=know_size)
    shaded, dead = list(house.plant.inverters)[2:4]
    begin = SUMMER + timedelta(days=10)
    house.fault(shaded, 0.6, begin)
    house.fault(dead, 0.0, begin)
    house.run(SUMMER, 30)
    assert set(house.alarms) == {shaded, dead}
    sunny = sorted(day for day in house.judged_days if day >= begin)
    # The third day is over when the first values of the next one are there.
    assert set(house.alarms.values()) == {sunny[2] + timedelta(days=1)}
    assert house.state.by_inverter[shaded].ratio == pytest.approx(0.6, abs=0.03)
    assert house.state.by_inverter[dead].ratio == 0.0
    assert house.state.underperforming == tuple(sorted((shaded, dead)))


@pytest.mark.parametrize("make", [sample_residence, solaredge_plant])
def test_an_inverter_that_has_recovered_is_forgiven_on_the_first_good_day(make):
    house = House(make())
    shaded = list(house.plant.inverters)[2]
    recovered = SUMMER + timedelta(days=12)
    house.fault(shaded, 0.5, SUMMER, recovered)
    house.run(SUMMER, 12)
    assert house.state.underperforming == (shaded,)
    house.run(recovered, 10)
    assert house.state.underperforming == ()
    assert house.state.by_inverter[shaded].low_days == 0


def test_a_solaredge_inverter_that_tells_nothing_beside_others_is_dead():
    house = House(solaredge_plant())
    dead = list(house.plant.inverters)[2]
    house.run(SUMMER, 2)
    for day in (SUMMER + timedelta(days=number) for number in range(2, 14)):
        for hour in (8, 14, 22):
            now = house.at(day, time(hour))
            update = house.by_intervals(now)
            told = {serial: series for serial, series in update.device_intervals.items() if serial != dead}
            house.take(
                Update(devices=update.devices, complete=update.complete, device_intervals=told, today=update.today),
                now,
            )
            house.read_at = now
    assert set(house.alarms) == {dead}
    assert house.state.by_inverter[dead].ratio == 0.0


# By lifetime counters, day by day.

ZONE = ZoneInfo("America/Los_Angeles")
DAY = date(2025, 6, 1)
SIZE_W = 300.0


class Roof:
    """Microinverters whose counters a test writes itself; all of 300 W, read at one time of each day."""

    def __init__(self, count=4, *, zone=ZONE, size_w=None, parents=None, models=None):
        self.zone = zone
        self.serials = [f"{number:03d}" for number in range(count)]
        self.parents = parents or {}
        self.models = models or {}
        self.size_w = count * SIZE_W if size_w is None else size_w
        self.counters = dict.fromkeys(self.serials, 1000.0)
        self.silent = {}
        self.state = PerformanceState()
        self.devices = {}

    def device(self, serial):
        return Device(
            kind=DeviceKind.INVERTER,
            serial=serial,
            model=self.models.get(serial, "IQ7"),
            parent=self.parents.get(serial, "envoy"),
        )

    def close(self, day, energies=None, *, at=time(20), usual=1500.0, missing=()):
        """Let every inverter yield energy on a day, and read the counters at its end."""
        moment = datetime.combine(day, at, self.zone).astimezone(UTC)
        for serial in self.serials:
            self.counters[serial] += (energies or {}).get(serial, usual)
        readings = {
            serial: DeviceReading(last_report=self.silent.get(serial, moment), energy_lifetime_wh=self.counters[serial])
            for serial in self.serials
            if serial not in missing
        }
        self.devices = {serial: self.device(serial) for serial in self.serials}
        self.take(Update(devices=tuple(self.devices.values()), readings=readings), moment + timedelta(minutes=20))

    def take(self, update, now):
        self.state = compared(
            self.state,
            update,
            devices=self.devices,
            before={},
            device_intervals={},
            today=update.today,
            size_w=self.size_w,
            now=now,
            zone=self.zone,
        )

    def days(self, count, energies=None, *, start=DAY, **kwargs):
        for number in range(count):
            self.close(start + timedelta(days=number), energies, **kwargs)

    def ratio(self, serial):
        found = self.state.by_inverter.get(serial)
        return None if found is None else found.ratio


def test_69_percent_on_three_days_is_an_alarm_and_71_percent_is_none():
    roof = Roof(8)
    # Five readings: the first day is not whole, and the last one is over with the next.
    roof.days(5, {"001": 1500 * 0.69, "002": 1500 * 0.71, "003": 1500 * 0.70})
    assert roof.state.underperforming == ("001",)
    assert roof.ratio("001") == pytest.approx(0.69)
    assert roof.ratio("002") == pytest.approx(0.71)
    assert roof.state.by_inverter["001"] == Performance(
        day=DAY + timedelta(days=3), ratio=roof.ratio("001"), low_days=3, low_before=2
    )


def test_two_low_days_are_no_alarm_yet():
    roof = Roof(4)
    roof.days(4, {"001": 900})
    assert roof.state.by_inverter["001"].low_days == 2
    assert roof.state.underperforming == ()


def test_a_day_that_is_not_sunny_neither_continues_nor_ends_the_row():
    roof = Roof(4)
    roof.days(4, {"001": 900})
    roof.days(2, {"001": 0}, start=DAY + timedelta(days=4), usual=300)
    assert roof.state.by_inverter["001"].low_days == 3, "the last sunny day was over with the first dull one"
    roof.days(3, {"002": 0}, start=DAY + timedelta(days=6), usual=300)
    assert roof.state.by_inverter["001"].low_days == 3
    assert roof.ratio("002") == 1.0


def test_the_systems_own_energy_tells_a_sunny_day_of_which_few_inverters_are_heard():
    roof = Roof(3, size_w=30 * SIZE_W)
    roof.days(2)
    told = DayEnergy(day=DAY + timedelta(days=1), energy_wh=2.5 * roof.size_w)
    roof.take(Update(today=told), datetime.combine(told.day, time(21), ZONE).astimezone(UTC))
    roof.close(DAY + timedelta(days=2))
    assert roof.ratio("000") == 1.0
    roof.close(DAY + timedelta(days=3))
    assert roof.state.by_inverter["000"].day == told.day, "the day after was told to be dull"


def test_without_a_nameplate_a_day_is_judged_when_it_is_bright_beside_enough_others():
    roof = Roof(4, size_w=0.0)
    roof.days(6, {"001": 0})
    assert roof.state.by_inverter == {}, "four days may all be dull"
    roof.days(2, {"001": 0}, start=DAY + timedelta(days=6), usual=0.59 * 1500)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=5)
    roof.days(2, {"001": 0}, start=DAY + timedelta(days=8), usual=0.61 * 1500)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=8)
    assert roof.state.by_inverter["001"].low_days == 2


def test_only_siblings_of_one_model_are_compared():
    models = {"000": "small", "001": "small", "002": "small", "006": "odd", "007": "odd"}
    roof = Roof(8, models=models)
    roof.days(4, {"000": 700, "001": 700, "002": 400, "006": 10, "007": 20}, usual=2200)
    assert [roof.ratio(serial) for serial in roof.serials[:6]] == pytest.approx([1, 1, 400 / 700, 1, 1, 1])
    assert roof.ratio("006") is None, "of two siblings nobody can tell which one is at fault"
    assert roof.ratio("007") is None


def test_where_no_model_is_known_the_part_number_tells_siblings():
    devices = {
        f"{number}": Device(kind=DeviceKind.INVERTER, serial=f"{number}", part_number="800-1" if number < 3 else None)
        for number in range(6)
    }
    roof = Roof(6)
    roof.serials = list(devices)
    roof.counters = dict.fromkeys(devices, 0.0)
    roof.device = devices.get
    roof.days(3, {"1": 750.0}, usual=1800)
    assert {serial: found.ratio for serial, found in roof.state.by_inverter.items()} == pytest.approx(
        {"0": 1, "1": 750 / 1800, "2": 1}
    )


def test_an_inverter_with_a_battery_is_nobodys_sibling():
    roof = Roof(4)
    roof.days(2)
    battery = Device(kind=DeviceKind.BATTERY, serial="battery", parent="000")
    roof.device = lambda serial, plain=roof.device: battery if serial == "battery" else plain(serial)
    roof.serials.append("battery")
    roof.counters["battery"] = 0.0
    roof.days(3, {"000": 500}, start=DAY + timedelta(days=2))
    assert roof.ratio("000") is None
    assert roof.ratio("001") == 1.0


def test_a_new_inverter_is_not_judged_on_its_first_day():
    roof = Roof(4)
    roof.days(2)
    roof.serials.append("new")
    roof.counters["new"] = 0.0
    roof.days(2, {"new": 400}, start=DAY + timedelta(days=2))
    assert roof.ratio("new") is None
    roof.close(DAY + timedelta(days=4))
    assert roof.state.by_inverter["new"].day == DAY + timedelta(days=3)
    assert roof.ratio("new") == pytest.approx(400 / 1500)


def test_a_retired_inverter_is_forgotten_and_its_siblings_go_on():
    roof = Roof(5)
    roof.days(5, {"001": 0})
    assert roof.state.underperforming == ("001",)
    roof.serials.remove("001")
    roof.close(DAY + timedelta(days=5))
    assert roof.state.underperforming == ()
    assert set(roof.state.by_inverter) == {"000", "002", "003", "004"}


def test_an_inverter_without_enough_siblings_left_loses_its_ratio():
    roof = Roof(3)
    roof.days(5, {"001": 0})
    assert roof.state.underperforming == ("001",)
    roof.serials.remove("002")
    roof.close(DAY + timedelta(days=5))
    assert roof.state.by_inverter == {}


def test_new_electronics_under_the_same_serial_number_are_no_fault():
    roof = Roof(4)
    roof.days(3)
    roof.counters["001"] = -1490.0
    roof.close(DAY + timedelta(days=3))
    roof.close(DAY + timedelta(days=4))
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=2), "the counter has fallen on the day after"
    roof.days(2, start=DAY + timedelta(days=5))
    assert roof.ratio("001") == 1.0
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=5)


def test_an_inverter_that_moves_to_another_envoy_is_not_judged_on_that_day():
    roof = Roof(8, parents={f"{number:03d}": "other" for number in range(4, 8)})
    roof.days(3)
    roof.parents["001"] = "other"
    roof.days(2, {"001": 200}, start=DAY + timedelta(days=3))
    assert roof.ratio("001") == 1.0
    assert roof.state.by_inverter["002"].day == DAY + timedelta(days=3)
    roof.close(DAY + timedelta(days=5))
    assert roof.ratio("001") == pytest.approx(200 / 1500), "from its second day on it is compared again"


def test_nobody_is_judged_whose_whole_envoy_is_silent_nor_when_it_sends_its_store():
    parents = {f"{number:03d}": "other" for number in range(4, 8)}
    roof = Roof(8, parents=parents)
    roof.days(3)
    stopped = datetime.combine(DAY + timedelta(days=2), time(20), ZONE).astimezone(UTC)
    roof.silent = dict.fromkeys(parents, stopped)
    roof.days(5, dict.fromkeys(parents, 0.0), start=DAY + timedelta(days=3))
    assert roof.state.by_inverter["005"] == Performance(day=DAY + timedelta(days=2), ratio=1.0, low_days=0)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=6)
    roof.silent = {}
    roof.close(DAY + timedelta(days=8), dict.fromkeys(parents, 6 * 1500.0))
    roof.days(2, start=DAY + timedelta(days=9))
    assert {found.ratio for found in roof.state.by_inverter.values()} == {1.0}
    assert {found.day for found in roof.state.by_inverter.values()} == {DAY + timedelta(days=9)}


def test_an_envoy_that_falls_silent_at_noon_is_not_compared_with_one_that_reports():
    parents = {f"{number:03d}": "other" for number in range(5, 8)}
    roof = Roof(8, parents=parents)
    roof.days(2)
    roof.silent = dict.fromkeys(parents, datetime.combine(DAY + timedelta(days=2), time(12), ZONE).astimezone(UTC))
    roof.days(2, dict.fromkeys(parents, 600.0), start=DAY + timedelta(days=2))
    assert roof.state.by_inverter["006"].day == DAY + timedelta(days=1)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=2)


def test_a_single_silent_inverter_beside_its_envoys_others_is_dead():
    roof = Roof(4)
    roof.days(2)
    roof.silent = {"002": datetime.combine(DAY + timedelta(days=1), time(11), ZONE).astimezone(UTC)}
    roof.days(4, {"002": 0.0}, start=DAY + timedelta(days=2))
    assert roof.ratio("002") == 0.0
    assert roof.state.underperforming == ("002",)


def test_an_inverter_that_an_answer_leaves_out_is_not_judged():
    roof = Roof(4)
    roof.days(3)
    roof.close(DAY + timedelta(days=3), missing={"002"})
    roof.days(2, start=DAY + timedelta(days=4))
    assert roof.state.by_inverter["002"].day == DAY + timedelta(days=2)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=4)


def test_an_inverter_that_a_days_last_answer_omits_is_not_compared_by_an_earlier_one():
    roof = Roof(4)
    roof.days(3)
    roof.close(DAY + timedelta(days=3), {"002": 700.0}, usual=700, at=time(13))
    roof.close(DAY + timedelta(days=3), usual=800, missing={"002"})
    roof.close(DAY + timedelta(days=4))
    assert roof.state.by_inverter["002"].day == DAY + timedelta(days=2)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=3)


def test_an_older_answer_does_not_replace_a_newer_one():
    roof = Roof(4)
    roof.days(3)
    known = roof.state
    roof.close(DAY + timedelta(days=2), at=time(15))
    assert roof.state.closings == known.closings


def test_after_days_without_a_reading_no_span_of_several_days_is_judged():
    roof = Roof(4)
    roof.days(3)
    roof.close(DAY + timedelta(days=6), {"001": 0.0}, usual=6000)
    roof.close(DAY + timedelta(days=7))
    assert roof.state.by_inverter["001"] == Performance(day=DAY + timedelta(days=2), ratio=1.0, low_days=0)
    roof.close(DAY + timedelta(days=8))
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=7)


def test_a_last_reading_at_noon_after_one_in_the_evening_is_no_full_day():
    roof = Roof(4)
    roof.days(2)
    roof.close(DAY + timedelta(days=2), {"001": 0.0}, at=time(12))
    roof.close(DAY + timedelta(days=3))
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=1)


def test_nulls_negative_and_future_values_do_not_count():
    roof = Roof(4)
    roof.days(3)
    moment = datetime.combine(DAY + timedelta(days=2), time(21), ZONE).astimezone(UTC)
    known = roof.state
    for reading in (
        DeviceReading(),
        DeviceReading(last_report=moment),
        DeviceReading(energy_lifetime_wh=5.0),
        DeviceReading(last_report=moment + timedelta(days=3), energy_lifetime_wh=99999.0),
    ):
        roof.take(Update(readings=dict.fromkeys(roof.serials, reading)), moment)
        assert roof.state is known
    roof.take(Update(readings={"unknown": DeviceReading(last_report=moment, energy_lifetime_wh=1.0)}), moment)
    assert roof.state is known


def test_a_clock_that_was_years_ahead_does_not_stop_the_verdicts():
    roof = Roof(4)
    roof.devices = {serial: roof.device(serial) for serial in roof.serials}
    ahead = datetime(2035, 1, 1, 20, tzinfo=UTC)
    reading = DeviceReading(last_report=ahead, energy_lifetime_wh=1.0)
    told = DayEnergy(day=date(2035, 1, 1), energy_wh=1.0)
    roof.take(Update(today=told, readings=dict.fromkeys(roof.serials, reading)), ahead)
    assert roof.state.listed["000"].since == date(2035, 1, 1)
    roof.days(3)
    assert roof.state.by_inverter["001"].day == DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/Los_Angeles", date(2025, 3, 6)),
        ("America/Los_Angeles", date(2025, 10, 30)),
        ("Australia/Lord_Howe", date(2025, 10, 1)),
        ("Asia/Kathmandu", date(2025, 10, 1)),
        ("Pacific/Auckland", date(2025, 4, 2)),
    ],
)
def test_every_day_is_judged_in_zones_with_odd_offsets_and_days_of_odd_length(zone, start):
    roof = Roof(4, zone=ZoneInfo(zone))
    days = []
    for number in range(8):
        roof.close(start + timedelta(days=number))
        days += [found.day for serial, found in roof.state.by_inverter.items() if serial == "001"]
    assert days == [start + timedelta(days=number) for number in range(1, 7)]
    assert roof.ratio("001") == 1.0


def test_what_is_kept_does_not_grow():
    roof = Roof(200)
    roof.days(40)
    assert sorted(roof.state.closings) == [DAY + timedelta(days=38), DAY + timedelta(days=39)]
    assert len(roof.state.yields["IQ7"]) == 14
    assert len(json.dumps(restore.dump(roof.state))) < 60_000


def test_an_update_of_something_else_leaves_the_very_same_state():
    roof = Roof(4)
    roof.days(3)
    known = roof.state
    system = System(vendor=Vendor.ENPHASE, id="67", name="Roof")
    roof.take(Update(system=system), datetime.combine(DAY + timedelta(days=3), time(9), ZONE).astimezone(UTC))
    assert roof.state is known


# By intervals, in what way they come.


class Barn:
    """A simulated SolarEdge site whose answers a test changes."""

    def __init__(self, **kwargs):
        self.house = House(solaredge_plant(**kwargs))
        self.serials = [serial for serial, one in self.house.plant.inverters.items() if one.model == "SE10K"]

    def read(self, day, clock, keep=lambda _serial, _interval: True):
        now = self.house.at(day, clock)
        update = self.house.by_intervals(now)
        series = {
            serial: tuple(interval for interval in intervals if keep(serial, interval))
            for serial, intervals in update.device_intervals.items()
        }
        self.house.take(
            Update(
                devices=update.devices,
                complete=update.complete,
                today=update.today,
                device_intervals={serial: found for serial, found in series.items() if found},
            ),
            now,
        )
        self.house.read_at = now

    def run(self, days, *, keep=lambda _serial, _interval: True, start=SUMMER):
        for number in range(days):
            for clock in (time(8), time(14), time(22)):
                self.read(start + timedelta(days=number), clock, keep)

    def late(self, serial, day, now):
        """Give what an inverter has not told of a day."""
        one = self.house.plant.inverters[serial]
        intervals = tuple(self.house.quarters(one, *self.house.plant.day_slots(day)))
        self.house.take(Update(device_intervals={serial: intervals}), now)

    @property
    def found(self):
        return self.house.state.by_inverter


def sunny_day(plant, start, least=4.5):
    """Return the first day with so many Wh for each W of the modules."""
    day = start
    while plant.day_wh(day) < least * plant.size_w(datetime(2025, 6, 1, tzinfo=UTC)):
        day += timedelta(days=1)
    return day


def test_intervals_that_are_missing_here_and_there_do_not_look_like_a_fault():
    barn = Barn()
    barn.run(14, keep=lambda serial, interval: not (serial == barn.serials[2] and 9 <= interval.start.hour <= 11))
    assert len(barn.house.judged_days) > 6
    assert all(0.9 < ratio < 1.1 for ratio in barn.house.ratios[barn.serials[2]])


def test_an_inverter_of_which_little_is_known_is_not_judged():
    barn = Barn()
    barn.run(14, keep=lambda serial, interval: serial != barn.serials[2] or interval.start.hour < 7)
    assert len(barn.house.judged_days) > 6
    assert barn.serials[2] not in barn.found


def test_late_intervals_turn_the_verdict_of_the_day():
    barn = Barn()
    late, day = barn.serials[2], sunny_day(barn.house.plant, SUMMER)
    barn.run(2, start=day - timedelta(days=2))
    barn.run(1, start=day, keep=lambda serial, _interval: serial != late)
    barn.read(day + timedelta(days=1), time(8), lambda serial, _interval: serial != late)
    assert barn.found[late].day == day
    assert (barn.found[late].ratio, barn.found[late].low_days) == (0.0, 1)
    barn.late(late, day, barn.house.at(day + timedelta(days=1), time(9)))
    assert barn.found[late].ratio == pytest.approx(1.0, abs=0.05)
    assert (barn.found[late].day, barn.found[late].low_days) == (day, 0)


def test_a_silent_inverter_of_which_a_little_has_come_late_is_no_longer_low():
    barn = Barn()
    late, day = barn.serials[2], sunny_day(barn.house.plant, SUMMER)
    barn.run(2, start=day - timedelta(days=2))
    barn.run(1, start=day, keep=lambda serial, _interval: serial != late)
    barn.read(day + timedelta(days=1), time(8), lambda serial, _interval: serial != late)
    assert barn.found[late].low_days == 1
    start, _ = barn.house.plant.day_slots(day)
    first = barn.house.plant.inverters[late]
    morning = tuple(barn.house.quarters(first, start, start + 12 * 8))
    barn.house.take(Update(device_intervals={late: morning}), barn.house.at(day + timedelta(days=1), time(9)))
    assert barn.found[late].low_days == 0


def test_what_is_told_again_is_not_judged_again():
    barn = Barn()
    day = sunny_day(barn.house.plant, SUMMER)
    barn.run(3, start=day - timedelta(days=2))
    barn.read(day + timedelta(days=1), time(8))
    known = barn.house.state
    assert known.through == day
    now = barn.house.at(day + timedelta(days=1), time(8, 1))
    again = {serial: tuple(series.values()) for serial, series in barn.house.data.device_intervals.items()}
    barn.house.take(Update(device_intervals=again), now)
    assert barn.house.state is known


def test_a_new_inverter_that_is_still_silent_on_its_first_day_is_not_dead():
    barn = Barn()
    day = sunny_day(barn.house.plant, SUMMER)
    barn.run(2, start=day - timedelta(days=2))
    new = Inverter(
        serial="7E000007-AA",
        gateway="7E000001-AA",
        installed=barn.house.at(day, time(13)),
        model="SE10K",
        size_w=11000,
    )
    barn.house.plant.add_inverter(new)
    barn.run(1, start=day, keep=lambda serial, _interval: serial != new.serial)
    barn.read(day + timedelta(days=1), time(8), lambda serial, _interval: serial != new.serial)
    assert barn.found[barn.serials[1]].day == day
    assert new.serial not in barn.found


def test_a_day_that_was_not_read_to_its_end_is_not_judged():
    barn = Barn()
    day = sunny_day(barn.house.plant, SUMMER)
    barn.run(1, start=day - timedelta(days=1))
    barn.read(day, time(8))
    barn.read(day, time(14))
    cut = barn.house.at(day + timedelta(days=1), time())
    barn.read(day + timedelta(days=1), time(14), lambda _serial, interval: interval.start >= cut)
    assert day not in barn.house.judged_days


def test_a_clock_that_was_years_ahead_does_not_stop_the_verdicts_by_intervals():
    barn = Barn()
    barn.run(3)
    barn.house.state = replace(barn.house.state, through=date(2035, 1, 1))
    barn.run(10, start=SUMMER + timedelta(days=3))
    assert len([day for day in barn.house.judged_days if day > SUMMER + timedelta(days=3)]) > 4


def test_two_inverters_behind_one_that_is_silent_with_them_are_not_judged():
    barn = Barn()
    followers = set(barn.serials[3:])
    plain = barn.house.by_intervals

    def with_other_leader(now):
        update = plain(now)
        devices = tuple(
            device_of(barn.house.plant.inverters[device.serial], "7E0000FF-AA" if device.serial in followers else None)
            for device in update.devices
        )
        return Update(
            devices=devices, complete=update.complete, device_intervals=update.device_intervals, today=update.today
        )

    barn.house.by_intervals = with_other_leader
    barn.run(12, keep=lambda serial, _interval: serial not in followers)
    assert len(barn.house.judged_days) > 5
    assert set(barn.found) == set(barn.serials[:3])
    assert barn.house.alarms == {}


def test_an_interval_far_below_zero_counts_as_missing():
    barn = Barn()
    odd, day = barn.serials[2], sunny_day(barn.house.plant, SUMMER)
    barn.run(3, start=day - timedelta(days=2))
    at = barn.house.at(day, time(12))
    update = Update(device_intervals={odd: (Interval(start=at, end=at + timedelta(minutes=15), energy_wh=-1e6),)})
    barn.house.take(update, barn.house.at(day, time(22, 30)))
    barn.read(day + timedelta(days=1), time(8), lambda _serial, interval: interval.start > at + timedelta(hours=6))
    assert barn.found[odd].ratio == pytest.approx(1, abs=0.05)


def test_an_inverter_that_draws_a_little_all_day_has_yielded_nothing():
    barn = Barn()
    odd, day = barn.serials[2], sunny_day(barn.house.plant, SUMMER)
    barn.run(2, start=day - timedelta(days=2))
    for clock in (time(8), time(14), time(22)):
        barn.read(day, clock, lambda serial, _interval: serial != odd)
    inverter = barn.house.plant.inverters[odd]
    drawn = tuple(
        replace(interval, energy_wh=-20.0)
        for interval in barn.house.quarters(inverter, *barn.house.plant.day_slots(day))
    )
    barn.house.take(Update(device_intervals={odd: drawn}), barn.house.at(day, time(22, 30)))
    barn.read(day + timedelta(days=1), time(8), lambda serial, _interval: serial != odd)
    assert barn.found[odd] == Performance(day=day, ratio=0.0, low_days=1, low_before=0)
    assert barn.house.data.readings[odd].energy_today == DayEnergy(day=day, energy_wh=0)


@pytest.mark.parametrize(
    ("zone", "latitude", "longitude", "start"),
    [
        ("Asia/Kolkata", 18.5, 73.9, date(2025, 2, 1)),
        ("Australia/Adelaide", -34.9, 138.6, date(2025, 9, 28)),
        ("Europe/Berlin", 48.1, 11.6, date(2025, 3, 25)),
    ],
)
def test_a_dead_inverter_is_found_in_other_parts_of_the_world(zone, latitude, longitude, start):
    barn = Barn(timezone=zone, latitude=latitude, longitude=longitude)
    barn.house.fault(barn.serials[1], 0.0, start)
    barn.run(14, start=start)
    assert set(barn.house.alarms) == {barn.serials[1]}


# Over a restart.


@pytest.mark.parametrize("make", [sample_residence, solaredge_plant])
def test_the_state_survives_a_restart(make):
    house = House(make())
    shaded = list(house.plant.inverters)[2]
    house.fault(shaded, 0.5, SUMMER)
    for number in range(12):
        house.run(SUMMER + timedelta(days=number), 1)
        stored = json.loads(json.dumps(restore.dump(house.state)))
        loaded = restore.load(PerformanceState, stored)
        assert loaded == house.state
        house.state = loaded
    assert set(house.alarms) == {shaded}


def test_an_empty_state_survives_too():
    assert (
        restore.load(PerformanceState, json.loads(json.dumps(restore.dump(PerformanceState())))) == PerformanceState()
    )
