"""When the energy of a day is known although the cloud reports a lifetime only: words of one inverter, by hand."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import (
    DayEnergy,
    Device,
    DeviceKind,
    DeviceReading,
    System,
    Update,
    Vendor,
)
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.sky.sun import Place
from custom_components.solar_cloud.system.sunlight import Sunlight

DAY = timedelta(days=1)
MARGIN = timedelta(minutes=5)
UTC_ZONE = ZoneInfo("UTC")
BERLIN = Place(52.5, 13.4, MARGIN)
LOFOTEN = Place(68.0, 14.0, MARGIN)


SYSTEM = SystemData(
    system=System(vendor=Vendor.ENPHASE, id="1", name="Roof", timezone="UTC"),
    devices={
        "e": Device(kind=DeviceKind.GATEWAY, serial="e"),
        "i": Device(kind=DeviceKind.INVERTER, serial="i", parent="e"),
    },
)


@dataclass
class Roof:
    """One inverter at one Envoy whose words are written by hand; hours are those of a day in UTC."""

    place: Place = BERLIN
    day: date = date(2026, 4, 13)
    status: str | None = "normal"
    data: SystemData = SYSTEM

    def at(self, hours: float) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) + timedelta(hours=hours)

    def envoy(self, hours: float) -> None:
        """Hear the Envoy."""
        self._merge(Update(readings={"e": DeviceReading(last_report=self.at(hours))}), hours)

    def says(self, asked: float, reported: float, lifetime: float) -> DayEnergy | None:
        """Read the inverter and return the energy of its day."""
        reading = DeviceReading(status=self.status, last_report=self.at(reported), energy_lifetime_wh=lifetime)
        self._merge(Update(readings={"i": reading}), asked)
        return self.data.readings["i"].energy_today

    def _merge(self, update: Update, hours: float) -> None:
        sunlight = Sunlight(self.place, UTC_ZONE)
        self.data = merge(self.data, update, self.at(hours), UTC_ZONE, sunlight.is_dark)

    def energy(self, wh: float, days: int = 0) -> DayEnergy:
        return DayEnergy(day=self.day + days * DAY, energy_wh=wh)


def test_a_word_from_the_dark_before_midnight_is_what_the_day_begins_with() -> None:
    roof = Roof()
    roof.says(22, 21, 1000)
    assert roof.says(36, 36, 1700) == roof.energy(700, days=1)


def test_a_word_from_the_dark_after_midnight_is_too() -> None:
    roof = Roof()
    assert roof.says(2, 1, 1000) == roof.energy(0)
    assert roof.says(12, 12, 1700) == roof.energy(700)


def test_a_word_from_the_light_is_not() -> None:
    roof = Roof()
    roof.says(16, 16, 1000)
    assert roof.says(36, 36, 1700) is None


def test_neither_is_one_before_an_envoy_that_fell_silent_in_the_light() -> None:
    roof = Roof()
    roof.envoy(16.5)
    roof.says(22, 16, 1000)
    assert roof.says(36, 36, 1700) is None


def test_an_envoy_in_the_dark_makes_the_last_report_of_an_inverter_final() -> None:
    roof = Roof()
    roof.envoy(21.5)
    roof.says(22, 17, 1000)
    assert roof.says(36, 36, 1700) == roof.energy(700, days=1)


def test_what_comes_late_belongs_to_the_evening_before() -> None:
    roof = Roof()
    roof.says(2, 1, 1000)
    roof.says(17, 17, 1700)
    roof.envoy(21.5)
    assert roof.says(22, 17, 1700) == roof.energy(700)
    assert roof.says(23, 17.25, 1710) == roof.energy(710)
    roof.envoy(28)
    assert roof.says(28.5, 17.5, 1715) == roof.energy(0, days=1)
    assert roof.says(36, 36, 1800) == roof.energy(85, days=1)


def test_what_comes_late_without_the_envoys_word_makes_the_day_unknown() -> None:
    roof = Roof()
    roof.says(2, 1, 1000)
    roof.envoy(21.5)
    assert roof.says(22, 17, 1700) == roof.energy(700)
    roof.status = "micro"
    assert roof.says(28.5, 17.5, 1715) == roof.energy(715)
    assert roof.says(36, 36, 1800) == roof.energy(715)


@pytest.mark.parametrize("status", ["micro", "comm"])
def test_an_inverter_that_cannot_be_heard_may_produce(status: str) -> None:
    roof = Roof(status=status)
    roof.envoy(21.5)
    roof.says(22, 17, 1000)
    assert roof.says(36, 36, 1700) is None


def test_where_the_sun_does_not_set_no_day_has_a_beginning() -> None:
    roof = Roof(place=LOFOTEN, day=date(2026, 6, 20))
    for hours in range(48):
        roof.envoy(hours)
        assert roof.says(hours, hours - 0.1, 1000 + 10 * hours) is None


def test_new_electronics_make_the_day_unknown_until_it_is_dark() -> None:
    roof = Roof()
    roof.says(2, 1, 5000)
    assert roof.says(12, 12, 5700) == roof.energy(700)
    assert roof.says(13, 13, 40) is None
    assert roof.data.readings["i"].energy_lifetime_wh == 5700
    assert roof.says(16, 16, 400) is None
    roof.envoy(21.5)
    assert roof.says(22, 17, 450) is None
    assert roof.says(36, 36, 1150) == roof.energy(700, days=1)
    # The published lifetime goes on by what the new ones have counted since they were first heard of.
    assert roof.data.readings["i"].energy_lifetime_wh == 5700 + 1150 - 40


def test_an_older_answer_counts_for_nothing() -> None:
    roof = Roof()
    roof.says(2, 1, 5000)
    assert roof.says(12, 12, 5700) == roof.energy(700)
    assert roof.says(12.2, 11, 5600) == roof.energy(700)
    assert roof.says(12.4, 12.3, 5750) == roof.energy(750)


def test_a_word_from_the_future_counts_for_nothing() -> None:
    roof = Roof()
    roof.says(2, 1, 5000)
    assert roof.says(12, 14, 5700) == roof.energy(0)


def test_without_a_sun_nothing_is_known_of_the_dark() -> None:
    roof = Roof()
    data = roof.data
    for hours in (1, 12):
        reading = DeviceReading(last_report=roof.at(hours), energy_lifetime_wh=1000.0 + hours)
        data = merge(data, Update(readings={"i": reading}), roof.at(hours), UTC_ZONE)
    assert data.readings["i"].energy_today is None
    assert data.readings["i"].day_start is None


def test_an_envoy_beside_another_one_is_not_heard_through_it() -> None:
    roof = Roof()
    second = Device(kind=DeviceKind.GATEWAY, serial="f")
    report = roof.at(21.5)
    roof.data = replace(
        roof.data, devices={**roof.data.devices, "f": second}, system=replace(roof.data.system, last_report=report)
    )
    roof.says(22, 17, 1000)
    assert roof.says(36, 36, 1700) is None
