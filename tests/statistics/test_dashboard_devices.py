"""What the Energy dashboard's devices look like after the EV chargers of a system were brought in."""

import pytest

from custom_components.solar_cloud.statistics.dashboard_devices import (
    Charger,
    ConsumingDevice,
    devices_there,
    with_devices,
)

FIELDS = frozenset({"stat_consumption", "stat_rate", "name", "included_in_stat"})
CAR = Charger(name="enphase_1", lifetime="sensor.car_lifetime", today="sensor.car_today", power="sensor.car_power")
VAN = Charger(name="enphase_2", lifetime="sensor.van_lifetime", today=None, power=None)
BOTH: ConsumingDevice = {"stat_consumption": "sensor.car_lifetime", "stat_rate": "sensor.car_power"}


def test_each_charger_becomes_a_device_behind_those_of_the_owner() -> None:
    owners: list[ConsumingDevice] = [{"stat_consumption": "sensor.dishwasher", "name": "Dishes"}]
    assert with_devices(owners, [CAR, VAN], FIELDS) == [*owners, BOTH, {"stat_consumption": "sensor.van_lifetime"}]
    assert owners == [{"stat_consumption": "sensor.dishwasher", "name": "Dishes"}]


def test_the_same_once_more_changes_nothing() -> None:
    devices = with_devices([], [CAR, VAN], FIELDS)
    assert with_devices(devices, [CAR, VAN], FIELDS) == devices
    assert devices_there(devices, [CAR, VAN]) == ["sensor.car_lifetime", "sensor.van_lifetime"]


@pytest.mark.parametrize(
    "owners",
    [
        {"stat_consumption": "sensor.car_lifetime", "stat_rate": "sensor.clamp"},
        {"stat_consumption": "sensor.car_today", "stat_rate": "sensor.clamp", "name": "My car"},
        {**BOTH, "included_in_stat": "sensor.garage"},
    ],
)
def test_what_the_owner_has_set_stays(owners: ConsumingDevice) -> None:
    assert with_devices([owners], [CAR], FIELDS) == [owners]


def test_what_is_there_gets_the_power_that_it_lacks() -> None:
    (device,) = with_devices([{"stat_consumption": "sensor.car_today", "name": "My car"}], [CAR], FIELDS)
    assert device == {"stat_consumption": "sensor.car_today", "name": "My car", "stat_rate": "sensor.car_power"}


def test_a_power_that_another_device_has_is_not_there_twice() -> None:
    owners: ConsumingDevice = {"stat_consumption": "sensor.own_counter", "stat_rate": "sensor.car_power"}
    assert with_devices([owners], [CAR], FIELDS) == [owners, {"stat_consumption": "sensor.car_lifetime"}]


def test_a_dashboard_that_knows_no_power_of_devices_gets_none() -> None:
    assert with_devices([], [CAR], FIELDS - {"stat_rate"}) == [{"stat_consumption": "sensor.car_lifetime"}]
