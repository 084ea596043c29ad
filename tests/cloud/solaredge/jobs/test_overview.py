"""The overview of a SolarEdge site: how the cloud divides a day."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.solar_cloud.model.elements import Breakdown, Device, DeviceKind

from ..helpers import NOW, bench, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")

OVERVIEW = "/sites/1234567/overview"
WHOLE = {"toSelfConsumption": 6200.0, "toStorage": 4100.0, "toGrid": 8150.0}
USED = {"fromPv": 6200.0, "fromStorage": 2750.0, "fromGrid": 3000.0}


def overview(made: dict[str, Any], used: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "siteId": 1234567,
        "production": {"total": 18450.0, "unit": "WH", **made},
        "consumption": {"total": 11950.0, "unit": "WH", **used},
        **more,
    }


async def breakdown(body: Any) -> Breakdown:
    async with bench() as it:
        it.cloud.answer(OVERVIEW, body)
        data = await it.run_and_merge("overview", system_data())
        assert data.breakdown is not None
        return data.breakdown


async def test_parts_that_add_up_are_reported():
    assert await breakdown(overview(WHOLE, USED)) == Breakdown(
        day=NOW.date(),
        read_at=NOW,
        self_consumed_wh=6200.0,
        to_battery_wh=4100.0,
        to_grid_wh=8150.0,
        from_production_wh=6200.0,
        from_battery_wh=2750.0,
        from_grid_wh=3000.0,
    )


async def test_a_side_whose_parts_are_not_its_total_is_left_out_and_the_other_stays():
    found = await breakdown(overview({**WHOLE, "toGrid": 9150.0}, USED))
    assert (found.self_consumed_wh, found.to_battery_wh, found.to_grid_wh) == (None, None, None)
    assert found.from_grid_wh == 3000.0
    found = await breakdown(overview(WHOLE, {**USED, "fromGrid": 2000.0}))
    assert (found.from_production_wh, found.from_battery_wh, found.from_grid_wh) == (None, None, None)
    assert found.to_grid_wh == 8150.0


async def test_without_a_battery_two_parts_are_all_and_one_alone_is_within_the_total():
    found = await breakdown(
        overview({"toSelfConsumption": 10000.0, "toStorage": None, "toGrid": 8450.0}, {"fromPv": 12500})
    )
    assert (found.self_consumed_wh, found.to_battery_wh, found.to_grid_wh) == (10000.0, None, 8450.0)
    assert found.from_production_wh is None
    found = await breakdown(overview({"toSelfConsumption": 10000.0, "toGrid": 7000.0}, {"fromPv": 6000.0}))
    assert (found.self_consumed_wh, found.to_grid_wh, found.from_production_wh) == (None, None, 6000.0)


async def test_kilowatt_hours_are_scaled_and_a_part_below_zero_or_in_no_unit_is_left_out():
    production = {"total": 18.45, "unit": "KWH", "toSelfConsumption": 6.2, "toStorage": 4.1, "toGrid": 8.15}
    found = await breakdown({"production": production, "consumption": {"total": 5, "unit": "VOLT", "fromPv": 5}})
    assert (found.to_grid_wh, found.from_production_wh) == (8150.0, None)
    found = await breakdown(overview({**WHOLE, "toStorage": -4100.0}, {"fromPv": None}))
    assert found.to_grid_wh is None


async def test_a_site_with_panels_only_is_asked_once_unless_it_has_a_performance():
    async with bench() as it:
        job = it.job("overview")
        nulls = overview(dict.fromkeys(WHOLE), dict.fromkeys(USED))
        it.cloud.answer(OVERVIEW, nulls)
        assert job.applies_to(system_data())
        data = await it.run_and_merge("overview", system_data())
        assert not job.applies_to(data)
        battery = {"B": Device(kind=DeviceKind.BATTERY, serial="B")}
        assert job.applies_to(replace(data, devices=battery))
        it.cloud.answer(OVERVIEW, {**nulls, "performance": {"specificYield": 3.2, "performanceRatio": None}})
        data = await it.run_and_merge("overview", system_data())
        assert job.applies_to(data)
        assert data.breakdown is not None
        assert (data.breakdown.specific_yield, data.breakdown.performance_ratio) == (3.2, None)


async def test_no_part_of_a_day_falls_and_a_new_day_begins_anew():
    async with bench() as it:
        it.cloud.answer(OVERVIEW, overview(WHOLE, USED))
        data = await it.run_and_merge("overview", system_data())
        it.cloud.answer(OVERVIEW, overview(dict.fromkeys(WHOLE), USED))
        later = await it.run_and_merge("overview", data)
        assert later.breakdown == data.breakdown
        it.clock.now = it.clock.now.replace(day=22)
        later = await it.run_and_merge("overview", data)
        assert later.breakdown is not None
        assert (later.breakdown.day, later.breakdown.to_grid_wh) == (it.clock.now.date(), None)
