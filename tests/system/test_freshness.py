"""How long a value stands: until its cloud has stopped reporting it while it reports others, and no longer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import logging
from types import MappingProxyType
from typing import override
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.cloud.base import JobTerms
from custom_components.solar_cloud.model.darkness import SURE
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    Flow,
    Interval,
    LifetimeBase,
    Momentary,
    Power,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge, recalled
from custom_components.solar_cloud.model.series import local_day, midnight
from custom_components.solar_cloud.model.value import Origin, Reason, Value
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.restore import dump, load
from custom_components.solar_cloud.system.schedule import Schedule
from custom_components.solar_cloud.system.sunlight import Sunlight
from custom_components.solar_cloud.system.values import SystemValues

P, C = Flow.PRODUCTION, Flow.CONSUMPTION
BUY, SELL = Flow.GRID_IMPORT, Flow.GRID_EXPORT
BERLIN = ZoneInfo("Europe/Berlin")
LIGHT = Sunlight(Place(52.5, 13.4, timedelta(minutes=15)), BERLIN)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
MORNING = datetime(2026, 6, 10, 8, tzinfo=UTC)
"""Ten o'clock at the system; the light ends at about 19:40 UTC, the day at 22:00."""
ROW_WH: Mapping[Flow, float] = {P: 500.0, BUY: 10.0, SELL: 300.0}


class Values(SystemValues):
    """The values of one system, without a coordinator's jobs."""

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(hass, logging.getLogger(__name__), config_entry=None, name="House")
        self.jobs = Schedule()

    @property
    @override
    def sunlight(self) -> Sunlight:
        return LIGHT

    @property
    @override
    def zone(self) -> ZoneInfo:
        return BERLIN

    @property
    @override
    def schedule(self) -> Schedule:
        return self.jobs


class House:
    """A system whose jobs answer when a test says so, with rows up to the quarter hour before."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.values = Values(hass)
        self.freezer = freezer
        system = System(
            vendor=Vendor.SOLAREDGE, id="1", name="House", timezone="Europe/Berlin", size_w=5000.0, last_report=MORNING
        )
        bases = {flow: LifetimeBase(day=MORNING.date(), before_wh=400_000.0) for flow in (BUY, SELL)}
        self.values.data = SystemData(system=system)
        self.at(MORNING)
        base = LifetimeBase(day=MORNING.date(), before_wh=1_000_000.0)
        self.answer("totals", Update(lifetime=base, bases=MappingProxyType(bases)))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def at(self, moment: datetime) -> None:
        self.freezer.move_to(moment)

    def answer(self, job: str, update: Update) -> None:
        """Let a job bring something now."""
        self.values.data = merge(self.values.data, update, self.now, BERLIN, LIGHT.is_dark, job)
        self.values.jobs = self.values.jobs.done(_terms(job), self.now)

    def fail(self, job: str) -> None:
        self.values.jobs = self.values.jobs.failed(_terms(job), self.now, "temporarily_unavailable")

    def energy(self, since: datetime | None = None) -> None:
        """Read production: rows since an instant, else since ten o'clock."""
        self.answer("energy", Update(intervals=rows(P, since or MORNING, self.now)))

    def meters(self, since: datetime | None = None, until: datetime | None = None) -> None:
        """Read the grid meter: rows since an instant, else since ten o'clock, up to now or an earlier instant."""
        flows = {flow: rows(flow, since or MORNING, until or self.now) for flow in (BUY, SELL)}
        self.answer("meters", Update(flows=MappingProxyType(flows)))

    def restart(self) -> None:
        """Begin again with what is stored."""
        data, jobs = load(SystemData, dump(self.values.data)), load(Schedule, dump(self.values.jobs))
        self.values.data, self.values.jobs = recalled(data, self.now, BERLIN, LIGHT.is_dark), jobs


def rows(flow: Flow, start: datetime, end: datetime) -> tuple[Interval, ...]:
    """Return the quarter hours between two instants; nothing is produced, nor sold, in the dark."""
    found = []
    while start + QUARTER <= end:
        dark = flow is not BUY and LIGHT.is_dark(start, start + QUARTER)
        found.append(Interval(start=start, end=start + QUARTER, energy_wh=0.0 if dark else ROW_WH[flow]))
        start += QUARTER
    return tuple(found)


def _terms(job: str) -> JobTerms:
    return JobTerms(name=job, cadence=QUARTER)


def power(value: Value) -> tuple[float | None, Reason | None]:
    return value.amount, value.reason


@pytest.fixture
def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> House:
    return House(hass, freezer)


def both_read(house: House, count: int, step: timedelta = QUARTER) -> datetime:
    """Let production and the meters be read some times, and return the time of the last reading."""
    for number in range(1, count + 1):
        house.at(MORNING + number * step)
        house.energy()
        house.meters()
    return house.now


def test_a_flow_that_is_silent_while_others_report_is_unknown_after_an_hour(house: House) -> None:
    last = both_read(house, 4)
    for number in range(1, 9):
        house.at(last + number * QUARTER)
        house.energy()
        house.meters(until=last)
        silent = number > 4
        expected = (None, Reason.NOT_REPORTED) if silent else (40.0, None)
        assert power(house.values.flow_power(BUY)) == expected, number
        assert power(house.values.flow_today(BUY)) == ((None, Reason.NOT_REPORTED) if silent else (40.0, None))
        computed = (None, Reason.INPUT_MISSING) if silent else (2000.0 + 40 - 1200, None)
        assert power(house.values.flow_power(C)) == computed, number
        assert power(house.values.grid_power())[0] == (None if silent else 40.0 - 1200)
        # What is still reported has nothing to do with it.
        assert power(house.values.production_power()) == (2000.0, None)
        assert power(house.values.production_today()) == ((number + 4) * 500.0, None)


def test_a_job_that_fails_lets_its_flows_become_unknown_too(house: House) -> None:
    last = both_read(house, 4)
    for number in range(1, 9):
        house.at(last + number * QUARTER)
        house.energy()
        house.fail("meters")
        assert (house.values.flow_power(BUY).amount is None) is (number > 4)


def test_a_flow_that_reports_again_is_known_again(house: House) -> None:
    last = both_read(house, 4)
    house.at(last + 2 * HOUR)
    house.energy()
    house.meters(until=last)
    assert power(house.values.flow_power(SELL)) == (None, Reason.NOT_REPORTED)
    house.meters()
    assert power(house.values.flow_power(SELL)) == (1200.0, None)


def test_a_lifetime_stands_for_a_day(house: House) -> None:
    last = both_read(house, 4)
    for hours, known in ((23, True), (24, True), (25, False)):
        house.at(last + hours * HOUR)
        house.energy()
        assert (house.values.flow_lifetime(BUY).amount == 400_040) is known, hours
    assert house.values.flow_lifetime(BUY).reason is Reason.NOT_REPORTED


def test_on_a_small_plan_a_value_stands_for_three_of_its_own_gaps(house: House) -> None:
    last = both_read(house, 4, step=2 * HOUR)
    for number in range(1, 9):
        house.at(last + number * HOUR)
        house.answer("alerts", Update())
        if number % 2 == 0:
            house.meters(until=last)
        assert (house.values.flow_power(BUY).amount is not None) is (number <= 6), number


def test_what_the_plan_has_not_asked_for_has_not_stopped_being_reported(house: House) -> None:
    last = both_read(house, 4)
    for number in range(1, 13):
        house.at(last + number * HOUR)
        house.answer("summary", Update(system=house.values.data.system))
        assert power(house.values.flow_power(BUY)) == (40.0, None), number
        assert power(house.values.flow_today(BUY)) == (40.0, None), number
    house.at(last + 13 * HOUR)
    house.answer("summary", Update(system=house.values.data.system))
    assert power(house.values.flow_power(BUY)) == (None, Reason.NOT_REPORTED)


def test_what_another_job_could_have_brought_is_not_waited_for(house: House) -> None:
    # A gateway that is silent must not profit from the job that brought its last quarter hour and has no turn now.
    latest = Momentary(measured_at=MORNING, powers=MappingProxyType({BUY: 50.0}))
    house.answer("latest", Update(momentary=latest))
    last = both_read(house, 4)
    assert power(house.values.flow_power(BUY)) == (40.0, None)
    for number in range(1, 8):
        house.at(last + number * QUARTER)
        house.answer("latest", Update())
        silent = number > 4
        assert power(house.values.flow_power(BUY)) == ((None, Reason.NOT_REPORTED) if silent else (40.0, None)), number
        # Nothing but the meters brings energies.
        assert power(house.values.flow_today(BUY)) == (40.0, None), number
        house.restart()


@pytest.mark.parametrize("rests", [False, True])
def test_what_was_asked_for_in_vain_is_not_waited_for(house: House, rests: bool) -> None:
    last = both_read(house, 4)
    house.at(last + QUARTER)
    terms = _terms("meters")
    if rests:
        house.values.jobs = house.values.jobs.rested(terms, house.now, last + timedelta(days=7), "not_allowed")
    else:
        house.fail("meters")
    house.at(last + 5 * QUARTER)
    house.energy()
    assert power(house.values.flow_power(BUY)) == (None, Reason.NOT_REPORTED)


def test_a_value_that_was_read_once_is_not_judged_before_it_is_read_again(house: House) -> None:
    last = both_read(house, 1)
    for number in range(1, 10):
        house.at(last + number * HOUR)
        house.answer("alerts", Update())
        if number % 3 == 0:
            house.meters(until=last)
        assert house.values.flow_power(BUY).amount == 40
    house.at(last + 10 * HOUR)
    house.answer("alerts", Update())
    assert house.values.flow_power(BUY).amount is None


@pytest.mark.parametrize("pause", [timedelta(hours=9), timedelta(days=12)])
def test_a_pause_of_everything_keeps_the_values(house: House, pause: timedelta) -> None:
    last = both_read(house, 4)
    house.at(last + pause)
    for value in (house.values.flow_power(BUY), house.values.flow_power(C), house.values.grid_power()):
        assert value.amount is not None
        assert value.end == last
    assert house.values.flow_lifetime(BUY).amount == 400_040
    assert house.values.production_lifetime().amount == 1_002_000


def test_an_outage_of_everything_keeps_the_values_too(house: House) -> None:
    last = both_read(house, 4)
    for number in range(1, 13):
        house.at(last + number * QUARTER)
        house.fail("energy")
        house.fail("meters")
    assert house.values.flow_power(BUY).amount == 40
    assert house.values.production_power().amount == 2000


def test_production_in_the_dark_is_nothing_and_fresh(house: House) -> None:
    house.at(MORNING + 11 * HOUR)
    house.energy()
    house.meters()
    evening = house.now
    for number in range(1, 25):
        house.at(evening + number * QUARTER)
        house.meters()
        if LIGHT.is_dark(house.now - QUARTER - SURE, house.now):
            value = house.values.production_power()
            assert (value.amount, value.end, value.origin) == (0, house.now, Origin.CARRIED)
            assert house.values.production_today().amount is not None
        assert house.values.production_lifetime().amount == 1_000_000 + 44 * 500
        assert house.values.flow_power(BUY).amount == 40
        if LIGHT.is_dark(house.now - QUARTER, house.now):
            assert house.values.flow_power(C).amount == 40


def test_a_new_day_begins_at_nothing_also_without_a_reading(house: House) -> None:
    both_read(house, 4, step=3 * HOUR)
    end = midnight(local_day(MORNING, BERLIN) + timedelta(days=1), BERLIN)
    house.at(end - timedelta(seconds=1))
    assert house.values.flow_today(BUY).amount == 480
    assert house.values.production_today().amount
    house.at(end)
    for value in (house.values.flow_today(BUY), house.values.flow_today(C), house.values.production_today()):
        assert (value.amount, value.start, value.reason) == (0, end, None)
    house.at(end + 2 * QUARTER)
    house.meters()
    assert house.values.flow_today(BUY).amount == 20
    assert house.values.flow_today(C).start == end


def test_a_day_that_was_withheld_begins_at_nothing_as_well(house: House) -> None:
    last = both_read(house, 4)
    house.answer(
        "meters", Update(flows=MappingProxyType({SELL: (Interval(start=last - HOUR, end=last, energy_wh=9_000.0),)}))
    )
    house.at(last + QUARTER)
    too_much = Interval(start=last, end=last + QUARTER, energy_wh=9_000.0)
    flows = {SELL: (too_much,), BUY: rows(BUY, MORNING, house.now)}
    house.energy()
    house.answer("meters", Update(flows=MappingProxyType(flows)))
    assert house.values.flow_today(C).reason is Reason.CONTRADICTION
    house.at(midnight(local_day(MORNING, BERLIN) + timedelta(days=1), BERLIN) + timedelta(minutes=5))
    assert power(house.values.flow_today(C)) == (0, None)


def test_a_gateway_that_sends_four_times_a_day_keeps_its_values_in_between(house: House) -> None:
    for sent in range(4):
        until = MORNING + sent * 6 * HOUR
        for number in range(24):
            house.at(until + (number + 1) * QUARTER)
            house.answer("summary", Update(system=house.values.data.system))
            house.meters(until=until)
            if sent > 1:
                assert house.values.flow_power(BUY).amount == 40, house.now
    for hours, known in ((7, True), (9, True), (10, False)):
        house.at(until + hours * HOUR)
        house.meters(until=until)
        assert (house.values.flow_power(BUY).amount is not None) is known, hours


def test_a_night_without_a_word_does_not_make_a_value_stand_for_days(house: House) -> None:
    last = both_read(house, 4)
    house.at(last + timedelta(days=2))
    house.energy(since=house.now - HOUR)
    house.meters(since=house.now - HOUR)
    back = house.now
    for number in range(1, 6):
        house.at(back + number * QUARTER)
        house.energy(since=back)
        house.meters(until=back)
        assert (house.values.flow_power(BUY).amount is None) is (number > 4)


def test_an_answer_from_the_future_makes_nothing_old(house: House) -> None:
    last = both_read(house, 4)
    house.at(last + timedelta(days=400))
    house.answer("alerts", Update())
    house.at(last + QUARTER)
    assert house.values.flow_power(BUY).amount == 40
    assert house.values.freshness.answered_at == last


def test_a_restart_forgets_no_age(house: House) -> None:
    last = both_read(house, 4, step=2 * HOUR)
    for hours in (2, 4, 6):
        house.at(last + hours * HOUR)
        house.meters(until=last)
    house.restart()
    assert house.values.flow_power(BUY).amount == 40
    house.at(last + 7 * HOUR)
    house.answer("alerts", Update())
    house.restart()
    assert power(house.values.flow_power(BUY)) == (None, Reason.NOT_REPORTED)


# Devices.


def devices(house: House, at: datetime, *serials: str) -> None:
    reading = DeviceReading(power_w=800.0, measured_at=at, level_percent=60.0)
    listed = (
        Device(kind=DeviceKind.INVERTER, serial="A"),
        Device(kind=DeviceKind.INVERTER, serial="B"),
        Device(kind=DeviceKind.BATTERY, serial="C"),
    )
    house.answer("devices", Update(devices=listed, readings=MappingProxyType(dict.fromkeys(serials, reading))))


def device(house: House, serial: str) -> float | None:
    kind = house.values.data.devices[serial].kind
    return house.values.device_power_w(house.values.data.readings[serial], kind)


def test_an_inverter_that_is_silent_beside_others_is_unknown_after_an_hour(house: House) -> None:
    devices(house, MORNING, "A", "B", "C")
    for number in range(1, 8):
        house.at(MORNING + number * QUARTER)
        devices(house, house.now, "A", "C")
        assert device(house, "A") == 800
        assert (device(house, "B") is not None) is (number <= 4)


def test_an_inverter_is_at_nothing_in_the_dark_and_a_battery_is_not(house: House) -> None:
    evening = MORNING + 11 * HOUR
    for number in range(1, 12):
        house.at(evening + number * QUARTER)
        devices(house, min(house.now, evening + 2 * QUARTER), "A")
        devices(house, house.now, "C")
    assert LIGHT.is_dark(house.now - QUARTER, house.now)
    assert device(house, "A") == 0
    assert device(house, "C") == 800


def test_the_charge_of_the_batteries_is_as_old_as_the_oldest_of_them(house: House) -> None:
    devices(house, MORNING, "C")
    assert house.values.battery_level() == Value(amount=60, end=MORNING)
    for number in range(1, 6):
        house.at(MORNING + number * QUARTER)
        house.energy()
        devices(house, MORNING, "C")
        assert house.values.battery_level().reason is (Reason.NOT_REPORTED if number > 4 else None)


def test_what_a_job_brings_without_a_time_stands_for_three_of_its_gaps(house: House) -> None:
    for number in range(3):
        house.at(MORNING + number * HOUR)
        house.answer("overview", Update())
    last = house.now
    for number in range(1, 6):
        house.at(last + number * HOUR)
        house.energy()
        assert house.values.job_holds("overview") is (number <= 3)
    assert house.values.job_holds("never_ran")


def test_the_newest_time_is_that_of_the_newest_known_power(house: House) -> None:
    last = both_read(house, 2)
    assert house.values.measured_at() == last
    house.at(last + QUARTER)
    house.answer("summary", Update(power=Power(power_w=900.0, measured_at=house.now - timedelta(minutes=3))))
    assert house.values.measured_at() == house.now - timedelta(minutes=3)
    assert house.values.day_energy_wh(DayEnergy(day=MORNING.date(), energy_wh=7.0)) == 7
