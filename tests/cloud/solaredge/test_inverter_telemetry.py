"""SolarEdge inverters asked for one after another, where the cloud has no telemetry of all of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import NotFound
from custom_components.solar_cloud.cloud.solaredge.inverter_telemetry import BULK, VOLTAGE
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind
from custom_components.solar_cloud.system.restore import dump, load

from .helpers import Bench, bench, quarters, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALL = "/sites/1234567/inverters/telemetry"
QUARTER = timedelta(minutes=15)


def path(serial: str, metric: str = "energy") -> str:
    return f"/sites/1234567/inverters/{serial}/{metric}"


def site(count: int) -> SystemData:
    serials = [f"I{number}" for number in range(1, count + 1)]
    return system_data(devices={serial: Device(kind=DeviceKind.INVERTER, serial=serial) for serial in serials})


def serve(it: Bench, *serials: str, voltage: bool = True) -> None:
    def volts(request: web.Request) -> web.StreamResponse:
        end = datetime.fromisoformat(request.query["to"])
        values = [{"timestamp": end.isoformat(), "value": 233.0}]
        return web.json_response({"unit": "VOLT", "resolution": "QUARTER_HOUR", "values": values})

    for serial in serials:
        it.cloud.handlers[path(serial)] = quarters(lambda _: 100.0, clock=it.clock)
        if voltage:
            it.cloud.handlers[path(serial, "voltage")] = volts


def bulk(it: Bench, count: int) -> None:
    def handle(request: web.Request) -> web.StreamResponse:
        stamp = (datetime.fromisoformat(request.query["to"]) - QUARTER).isoformat()
        series = {"unit": "WH", "resolution": "QUARTER_HOUR", "values": [{"timestamp": stamp, "value": 50.0}]}
        return web.json_response({"inverters": {f"I{number}": {"energy": series} for number in range(1, count + 1)}})

    it.cloud.handlers[ALL] = handle


async def turn(it: Bench, data: SystemData) -> tuple[SystemData, list[str]]:
    """Run the job once more and return what was asked for, without the base of the path."""
    it.cloud.asked.clear()
    data = await it.run_and_merge("inverters", data)
    it.clock.now += QUARTER
    return data, [asked.removeprefix("/sites/1234567/inverters/") for asked in it.cloud.paths()]


async def test_energy_and_voltage_of_each_inverter_stand_in_for_the_telemetry_of_all():
    async with bench() as it:
        serve(it, "I1", "I2")
        job = it.job("inverters")
        data = site(2)
        assert job.terms_for(data).cost == 1
        data, asked = await turn(it, data)
        assert asked == ["telemetry", "I1/energy", "I1/voltage", "I2/energy", "I2/voltage"]
        for serial in ("I1", "I2"):
            assert data.readings[serial].power_w == 400.0
            assert data.readings[serial].voltage_v == 233.0
        assert job.terms_for(data).cost == 4
        data, asked = await turn(it, data)
        assert asked == ["I1/energy", "I1/voltage", "I2/energy", "I2/voltage"]


async def test_more_than_four_inverters_take_turns_and_all_are_read():
    async with bench() as it:
        serve(it, *(f"I{number}" for number in range(1, 11)))
        data = site(10)
        seen = []
        for _ in range(5):
            data, asked = await turn(it, data)
            seen.append({one.partition("/")[0] for one in asked} - {"telemetry"})
            assert it.client.job("inverters").terms_for(data).cost == 8
        assert [len(one) for one in seen] == [4] * 5
        assert set.union(*seen[:3]) == {f"I{number}" for number in range(1, 11)}
        assert data.readings.keys() == data.devices.keys()


async def test_inverters_that_never_report_do_not_keep_the_others_from_their_turn():
    async with bench() as it:
        serve(it, *(f"I{number}" for number in range(5, 9)))
        for number in range(1, 5):
            it.cloud.handlers[path(f"I{number}")] = quarters(lambda _: None)
        data = site(8)
        for _ in range(2):
            data, _ = await turn(it, data)
        assert {serial for serial, one in data.readings.items() if one.power_w} == {"I5", "I6", "I7", "I8"}


async def test_one_that_the_cloud_does_not_know_costs_the_others_nothing():
    async with bench() as it:
        serve(it, "I2")
        data, _ = await turn(it, site(2))
        assert data.readings.keys() == {"I2"}
        it.cloud.handlers.clear()
        with pytest.raises(NotFound):
            await turn(it, data)


async def test_a_cloud_without_voltage_is_asked_for_energy_only():
    async with bench() as it:
        serve(it, "I1", "I2", voltage=False)
        data, asked = await turn(it, site(2))
        assert asked == ["telemetry", "I1/energy", "I1/voltage", "I2/energy"]
        data, asked = await turn(it, data)
        assert asked == ["I1/energy", "I2/energy"]
        assert it.client.job("inverters").terms_for(data).cost == 2
        assert data.readings["I1"].voltage_v is None


async def test_what_is_missing_is_remembered_over_a_restart_for_a_week_then_tried_again():
    async with bench() as it:
        serve(it, "I1", voltage=False)
        data, _ = await turn(it, site(1))
        data = load(SystemData, dump(data))
        it.clock.now += timedelta(days=6, hours=23)
        data, asked = await turn(it, data)
        assert set(asked) == {"I1/energy"}
        it.clock.now += timedelta(hours=1)
        data, asked = await turn(it, data)
        assert asked[:3] == ["telemetry", "I1/energy", "I1/voltage"]
        data, asked = await turn(it, data)
        assert asked == ["I1/energy"]


async def test_once_the_telemetry_of_all_is_back_every_window_is_read_with_one_request():
    async with bench() as it:
        serve(it, *(f"I{number}" for number in range(1, 6)), voltage=False)
        data, _ = await turn(it, site(5))
        bulk(it, 5)
        it.clock.now += timedelta(days=7, hours=9)
        data, asked = await turn(it, data)
        assert asked == ["telemetry"] * 2
        assert data.notes[BULK] == ""
        assert it.client.job("inverters").terms_for(data).cost == 1


async def test_voltage_that_has_come_back_counts_in_the_cost_again():
    async with bench() as it:
        serve(it, "I1", voltage=False)
        data, _ = await turn(it, site(1))
        serve(it, "I1")
        it.clock.now += timedelta(days=7)
        data, _ = await turn(it, data)
        assert data.notes[VOLTAGE] == ""
        assert data.readings["I1"].voltage_v == 233.0
        assert it.client.job("inverters").terms_for(data).cost == 2


@pytest.mark.parametrize("note", ["soon", "2026-13-45T00:00:00", "2030-01-01T00:00:00+00:00"])
async def test_a_damaged_note_does_not_keep_the_telemetry_of_all_from_being_read(note: str):
    async with bench() as it:
        bulk(it, 1)
        data: Any = replace(site(1), notes={BULK: note})
        data, asked = await turn(it, data)
        assert asked == ["telemetry"]
        assert data.readings["I1"].power_w == 200.0
