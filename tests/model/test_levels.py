"""How full a battery is has a time of its own: it comes with rows, the battery's power with the newest values."""

from datetime import timedelta
from types import MappingProxyType

from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Update
from custom_components.solar_cloud.model.hardware import battery_level

from .test_published import MIDNIGHT, QUARTER, Life

BATTERIES = {"B": Device(kind=DeviceKind.BATTERY, serial="B")}


def given(**reading: object) -> Update:
    return Update(readings=MappingProxyType({"B": DeviceReading(**reading)}))  # type: ignore[arg-type]


def test_a_charge_is_replaced_by_a_newer_one_whatever_the_power_is_of():
    life = Life(devices=BATTERIES)
    life.now = MIDNIGHT + 20 * QUARTER
    life.take(given(level_percent=6.0, level_at=MIDNIGHT + QUARTER))
    power_at = MIDNIGHT + 12 * QUARTER
    life.take(given(power_w=300.0, measured_at=power_at, last_report=power_at))
    assert battery_level(life.data) == (6.0, MIDNIGHT + QUARTER)
    life.take(given(level_percent=50.0, level_at=MIDNIGHT + 11 * QUARTER))
    assert battery_level(life.data) == (50.0, MIDNIGHT + 11 * QUARTER)
    reading = life.data.readings["B"]
    assert (reading.power_w, reading.measured_at) == (300.0, power_at)
    # An older answer says nothing of now.
    life.take(given(level_percent=40.0, level_at=MIDNIGHT + 10 * QUARTER))
    assert battery_level(life.data) == (50.0, MIDNIGHT + 11 * QUARTER)


def test_a_charge_that_comes_with_the_power_is_of_its_time():
    life = Life(devices=BATTERIES)
    life.now = MIDNIGHT + 20 * QUARTER
    for number, level in ((4, 60.0), (6, 61.0), (5, 1.0)):
        at = MIDNIGHT + number * QUARTER
        life.take(given(power_w=300.0, measured_at=at, level_percent=level, stored_wh=level * 100))
    assert battery_level(life.data) == (61.0, MIDNIGHT + 6 * QUARTER)
    assert life.data.readings["B"].stored_wh == 6_100
    later = MIDNIGHT + 8 * QUARTER
    life.take(given(power_w=300.0, measured_at=later))
    assert battery_level(life.data) == (61.0, MIDNIGHT + 6 * QUARTER)
    # A clock that was wrong leaves no trace.
    life.take(given(level_percent=9.0, level_at=life.now + timedelta(days=300)))
    life.take(given(level_percent=62.0, level_at=later))
    assert battery_level(life.data) == (62.0, later)
