"""Meters that no inventory can name: without a serial number, with another device's, or with no inventory at all."""

from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import InvalidRequest, NotFound
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import DeviceKind, Flow

from ..helpers import Bench, bench, quarters, system_data, utc
from .helpers import ENERGY, METERS, SITE, STORAGE, truth
from .test_flow import telemetry
from .test_overview import OVERVIEW, overview

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICES = f"{SITE}/devices"
INVERTER = {"type": "INVERTER", "serialNumber": "I", "active": True}
S0 = [{"type": "METER", "serialNumber": None, "active": True, "name": name} for name in ("Import", "Export")]


async def known(it: Bench, rows: list[dict[str, Any]]) -> SystemData:
    """Read a site's energy and inventory."""
    it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
    it.cloud.answer(DEVICES, rows)
    return await it.run_and_merge("inventory", await it.run_and_merge("energy", system_data()))


def applicable(it: Bench, data: SystemData) -> set[str]:
    return {job.name for job in it.client.jobs if job.applies_to(data)}


async def test_meters_without_a_serial_number_are_tried_and_what_they_report_is_the_site_s():
    async with bench() as it:
        data = await known(it, [INVERTER, *S0])
        assert {"meters", "totals"} <= applicable(it, data)
        assert "storage" not in applicable(it, data)
        both = {"importEnergy": ("WH", [7.0, 30.0]), "exportEnergy": ("WH", [0.0, 20.0])}
        it.cloud.answer(METERS, telemetry("meters", {"null": both}))
        data = await it.run_and_merge("meters", data)
        assert data.flows[Flow.GRID_IMPORT][utc(2026, 11, 21, 8, 45)].energy_wh == 30.0
        assert data.flows.keys() == {Flow.GRID_IMPORT, Flow.GRID_EXPORT}
        assert data.devices.keys() == {"I"}
        assert it.job("meters").terms_for(data) == it.job("meters").terms
        assert it.client.archive.flows(data) == {Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT}


@pytest.mark.parametrize("key", ["", " ", "5000001 ", "Import Meter"])
async def test_whatever_the_telemetry_calls_a_meter_it_counts(key):
    async with bench() as it:
        data = await known(it, [INVERTER, *S0])
        it.cloud.answer(METERS, telemetry("meters", {key: {"importEnergy": ("WH", [30.0])}}))
        update = await it.run("meters", data)
        assert [interval.energy_wh for interval in update.flows[Flow.GRID_IMPORT]] == [30.0]


async def test_where_the_telemetry_knows_no_meter_it_is_not_offered():
    async with bench() as it:
        data = await known(it, [INVERTER, *S0])
        it.cloud.answer(METERS, {"meters": {}})
        with pytest.raises(NotFound):
            await it.run("meters", data)


async def test_the_breakdown_of_a_site_whose_meters_have_no_names_is_read_on():
    async with bench() as it:
        data = await known(it, [INVERTER])
        it.cloud.answer(OVERVIEW, overview({"toSelfConsumption": 8000, "toGrid": 10450}, {"fromPv": 8000}))
        data = await it.run_and_merge("overview", data)
        assert "overview" in applicable(it, data)
        assert data.breakdown.read_at == it.clock.now


async def test_a_breakdown_that_ends_is_asked_for_another_day():
    async with bench() as it:
        data = await known(it, [INVERTER])
        it.cloud.answer(OVERVIEW, overview({"toGrid": 10450}, {}))
        data = await it.run_and_merge("overview", data)
        it.cloud.answer(OVERVIEW, overview({}, {}))
        hours = 0
        while "overview" in applicable(it, data) and hours < 50:
            data = await it.run_and_merge("overview", data)
            it.clock.now = it.clock.now.replace(hour=(9 + hours) % 24, day=21 + (9 + hours) // 24)
            hours += 1
        assert 24 <= hours <= 27


async def test_parts_that_repeat_the_whole_are_no_reason_to_read_on():
    async with bench() as it:
        data = await known(it, [INVERTER])
        it.cloud.answer(OVERVIEW, overview({"toSelfConsumption": 18450}, {}))
        data = await it.run_and_merge("overview", data)
        assert "overview" not in applicable(it, data)


async def test_without_an_inventory_meters_and_batteries_are_tried_once():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await it.run_and_merge("energy", system_data())
        assert {"meters", "storage"} <= applicable(it, data)
        it.cloud.answer(METERS, telemetry("meters", {"5000001": {"importEnergy": ("WH", [30.0])}}))
        it.cloud.answer(STORAGE, {"storage": {}})
        data = await it.run_and_merge("meters", data)
        assert Flow.GRID_IMPORT in data.flows
        with pytest.raises(NotFound):
            await it.run("storage", data)
        # An inventory that has neither ends it for the one that has never reported.
        it.cloud.answer(DEVICES, [INVERTER])
        data = await it.run_and_merge("inventory", data)
        assert applicable(it, data).isdisjoint({"storage"})
        assert "meters" in applicable(it, data)


async def test_a_meter_with_the_serial_number_of_its_inverter_counts_for_the_site_only():
    async with bench() as it:
        rows = [INVERTER, {"type": "METER", "serialNumber": "I", "connectedTo": "I", "active": True}]
        data = await known(it, rows)
        assert data.devices["I"].kind is DeviceKind.INVERTER
        assert "meters" in applicable(it, data)
        it.cloud.answer(METERS, telemetry("meters", {"I": {"importEnergy": ("WH", [30.0])}}))
        update = await it.run("meters", data)
        assert update.flows.keys() == {Flow.GRID_IMPORT}
        # The inverter's own values are none of the meter's business.
        assert not update.readings
        assert not update.device_flows


async def test_types_that_the_cloud_refuses_are_left_out_and_that_is_remembered():
    async with bench() as it:
        refuse_types(it, "GATEWAY")
        data = await it.run_and_merge("inventory", system_data())
        assert data.devices.keys() == {"I", "M"}
        assert types(it) == [["INVERTER", "METER", "BATTERY", "GATEWAY"], ["INVERTER", "METER", "BATTERY"]]
        it.cloud.asked.clear()
        it.clock.now = it.clock.now.replace(day=22)
        data = await it.run_and_merge("inventory", data)
        assert types(it) == [["INVERTER", "METER", "BATTERY"]]
        # Once a week all of them are asked for: the cloud may have been mended.
        it.cloud.asked.clear()
        it.cloud.answer(DEVICES, [INVERTER])
        it.clock.now = it.clock.now.replace(day=29)
        data = await it.run_and_merge("inventory", data)
        assert types(it) == [["INVERTER", "METER", "BATTERY", "GATEWAY"]]
        assert data.notes["inventory_form"] == ""


async def test_without_types_only_inverters_are_known_and_nothing_else_is_retired():
    async with bench() as it:
        refuse_types(it, "GATEWAY", "METER")
        update = await it.run("inventory", system_data())
        assert types(it)[-1] == []
        assert update.complete == {DeviceKind.INVERTER}
        data = await it.run_and_merge("inventory", system_data())
        # Whether there are meters and batteries nobody can tell: they are tried.
        assert {"meters", "storage"} <= applicable(it, data)


async def test_an_inventory_that_is_refused_in_every_form_says_what_is_wrong(caplog):
    async with bench() as it:
        it.cloud.answer(DEVICES, {"detail": "Invalid value"}, status=400)
        with pytest.raises(InvalidRequest, match="Invalid value"):
            await it.run("inventory", system_data())
        assert len(it.cloud.asked) == 3
        # From then on one request shows whether that has changed.
        with pytest.raises(InvalidRequest, match="Invalid value"):
            await it.run("inventory", system_data())
        assert len(it.cloud.asked) == 4
        assert any("asks for fewer types" in record.message for record in caplog.records)


def refuse_types(it: Bench, *refused: str) -> None:
    """Refuse some types as the vendor words it."""

    def handle(request: web.Request) -> web.StreamResponse:
        asked = request.query.getall("types", [])
        if wrong := [kind for kind in refused if kind in asked]:
            return web.json_response({"detail": f"Invalid value '{wrong[0]}' for types"}, status=400)
        rows = [INVERTER, {"type": "METER", "serialNumber": "M", "active": True}]
        return web.json_response([row for row in rows if row["type"] in (asked or ["INVERTER"])])

    it.cloud.handlers[DEVICES] = handle


def types(it: Bench) -> list[list[str]]:
    """Return the types that each request for devices named."""
    return [[value for _, value in asked.query] for asked in it.cloud.asked if asked.path == DEVICES]
