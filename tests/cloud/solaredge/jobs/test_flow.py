"""What the telemetry of SolarEdge's meters and batteries means: intervals and readings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer, NotFound
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import DeviceKind, Flow, Interval, Update

from ..helpers import BERLIN, bench
from .helpers import AT, METERS, QUARTER, STORAGE, Metrics, site

pytestmark = pytest.mark.usefixtures("socket_enabled")


def series(unit: str, values: list[float | None], end: datetime = AT + QUARTER) -> dict[str, Any]:
    first = end - QUARTER * len(values)
    return {
        "unit": unit,
        "values": [
            {"timestamp": (first + QUARTER * number).astimezone(BERLIN).isoformat(), "value": value}
            for number, value in enumerate(values)
        ],
    }


def telemetry(family: str, devices: Mapping[str, Metrics]) -> dict[str, Any]:
    return {
        "resolution": "QUARTER_HOUR",
        family: {
            serial: {name: series(unit, values) for name, (unit, values) in metrics.items()}
            for serial, metrics in devices.items()
        },
    }


async def meters(devices: Mapping[str, Metrics], data: SystemData | None = None) -> Update:
    async with bench() as it:
        it.cloud.answer(METERS, telemetry("meters", devices))
        return await it.run("meters", data or site(*devices))


async def batteries(devices: Mapping[str, Metrics]) -> Update:
    async with bench() as it:
        it.cloud.answer(STORAGE, telemetry("storage", devices))
        return await it.run("storage", site(*devices, kind=DeviceKind.BATTERY))


def energies(intervals: tuple[Interval, ...]) -> list[float]:
    return [interval.energy_wh for interval in intervals]


async def test_energy_of_a_meter_is_the_system_s_and_its_power_comes_along():
    update = await meters({"M": {"importEnergy": ("WH", [30.0]), "importPower": ("W", [121.0])}})
    expected = Interval(start=AT, end=AT + QUARTER, energy_wh=30.0, power_w=121.0)
    assert update.device_flows == {"M": {Flow.GRID_IMPORT: (expected,)}}
    assert update.flows == {Flow.GRID_IMPORT: (replace(expected, power_w=None),)}
    assert update.readings["M"].measured_at == update.newest == AT + QUARTER


async def test_kilowatts_and_kilowatt_hours_are_watts_and_watt_hours():
    update = await meters({"M": {"importEnergy": ("KWH", [0.0301]), "importPower": ("KW", [0.1204])}})
    (interval,) = update.device_flows["M"][Flow.GRID_IMPORT]
    assert (interval.energy_wh, interval.power_w) == (30.1, 120.4)


async def test_a_meter_that_reports_only_power_has_an_energy_too():
    update = await meters({"M": {"exportPower": ("W", [400.0, -8.0])}})
    assert energies(update.flows[Flow.GRID_EXPORT]) == [100.0, 0.0]


async def test_power_does_not_stand_in_for_energies_that_are_only_late():
    update = await meters({"M": {"exportPower": ("W", [400.0, 800.0]), "exportEnergy": ("WH", [100.0, None])}})
    assert energies(update.flows[Flow.GRID_EXPORT]) == [100.0]


async def test_below_zero_is_nothing_and_null_is_not_known():
    update = await batteries({"B": {"chargeEnergy": ("WH", [-3.0, None, 7.0]), "dischargeEnergy": ("WH", [5, 0, -1])}})
    assert [(one.start, one.energy_wh) for one in update.flows[Flow.BATTERY_CHARGE]] == [
        (AT - 2 * QUARTER, 0.0),
        (AT, 7.0),
    ]
    assert energies(update.flows[Flow.BATTERY_DISCHARGE]) == [5.0, 0.0, 0.0]


async def test_a_bucket_that_is_not_over_is_no_interval():
    async with bench() as it:
        body = {"meters": {"M": {"importEnergy": series("WH", [30.0, 8.0], AT + 2 * QUARTER)}}}
        it.cloud.answer(METERS, body)
        update = await it.run("meters", site("M"))
        assert energies(update.flows[Flow.GRID_IMPORT]) == [30.0]


async def test_a_production_meter_reports_its_own_figure_and_nothing_of_the_site():
    update = await meters({"M": {"productionEnergy": ("WH", [500.0]), "productionPower": ("W", [2000.0])}})
    assert not update.flows
    assert not update.intervals
    assert energies(update.device_flows["M"][Flow.PRODUCTION]) == [500.0]


async def test_two_meters_add_up_where_both_report():
    update = await meters(
        {"A": {"importEnergy": ("WH", [1.0, 2.0, 3.0])}, "B": {"importEnergy": ("WH", [10.0, None, 30.0])}}
    )
    assert [(one.start, one.energy_wh) for one in update.flows[Flow.GRID_IMPORT]] == [
        (AT - 2 * QUARTER, 11.0),
        (AT, 33.0),
    ]


async def test_a_replaced_meter_counts_as_far_as_it_reports_and_nobody_waits_for_it():
    old, new = [10.0, 20.0, None, None], [None, 2.0, 3.0, 4.0]
    answer: dict[str, Metrics] = {"OLD": {"importEnergy": ("WH", old)}, "NEW": {"importEnergy": ("WH", new)}}
    update = await meters(answer, site("NEW"))
    assert energies(update.flows[Flow.GRID_IMPORT]) == [10.0, 22.0, 3.0, 4.0]
    # The inventory is read once a day: until then the old one is listed, the new one is not, or both are.
    for listed in (("OLD",), ("OLD", "NEW"), ()):
        before = await meters(answer, site(*listed))
        assert before.flows == update.flows


async def test_meters_that_never_reported_anything_are_not_found():
    with pytest.raises(NotFound):
        await meters({}, site("M"))


async def test_an_odd_metric_takes_down_nothing_but_itself():
    async with bench() as it:
        it.cloud.answer(
            METERS,
            {
                "meters": {
                    "M": {
                        "importEnergy": series("WH", [30.0]),
                        "exportEnergy": "none",
                        "exportPower": series("VOLT", [5.0]),
                        "chargeLevel": series("WH", [1.0]),
                    },
                    "N": None,
                }
            },
        )
        update = await it.run("meters", site("M", "N"))
        assert update.flows.keys() == {Flow.GRID_IMPORT}
        it.cloud.answer(METERS, {"meters": []})
        with pytest.raises(MalformedAnswer):
            await it.run("meters", site("M"))


async def test_a_battery_reports_its_state_what_is_left_and_its_power_with_a_sign():
    update = await batteries(
        {
            "B": {
                "chargeEnergy": ("WH", [100.0, 0.0]),
                "dischargeEnergy": ("WH", [0.0, 250.0]),
                "stateOfEnergy": ("PERCENTAGE", [70.0, 65.2]),
                "remainingEnergy": ("KWH", [6.8, 6.5]),
            },
            "C": {"chargeEnergy": ("WH", [None, 100.0]), "dischargeEnergy": ("WH", [None, 0.0])},
        }
    )
    reading = update.readings["B"]
    assert (reading.power_w, reading.level_percent, reading.stored_wh) == (1000.0, 65.2, 6500.0)
    assert (update.readings["C"].power_w, update.readings["C"].level_percent) == (-400.0, None)


async def test_a_battery_half_of_which_is_late_has_no_power():
    update = await batteries({"B": {"chargeEnergy": ("WH", [100.0, 0.0]), "dischargeEnergy": ("WH", [0.0, None])}})
    assert update.readings["B"].power_w is None
