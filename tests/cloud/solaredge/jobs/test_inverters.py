"""The telemetry of all inverters of a SolarEdge site."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import NotAllowed
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, DeviceReading, Interval

from ..helpers import Bench, bench, fixture, quarters, system_data, text, utc
from .helpers import ENERGY, QUARTER, spans, total, truth

pytestmark = pytest.mark.usefixtures("socket_enabled")

HOUR = timedelta(hours=1)
TELEMETRY = "/sites/1234567/inverters/telemetry"


async def test_inverters_give_intervals_and_their_newest_values():
    async with bench() as it:
        it.cloud.answer(TELEMETRY, text("inverters_telemetry.json"))
        update = await it.run("inverters", _with_inverters())
        start = utc(2026, 11, 21, 8)
        assert update.device_intervals["7A000001-10"] == tuple(
            Interval(start=start + index * QUARTER, end=start + (index + 1) * QUARTER, energy_wh=energy)
            for index, energy in enumerate((125.0, 135.0, 140.0))
        )
        assert [interval.energy_wh for interval in update.device_intervals["7A000002-11"]] == [75.0, 77.5, 90.0, 100.0]
        assert update.readings == {
            "7A000001-10": DeviceReading(
                last_report=start + 3 * QUARTER,
                power_w=560.0,
                measured_at=start + 3 * QUARTER,
                voltage_v=236.2,
                current_a=2.37,
                frequency_hz=50.01,
            ),
            "7A000002-11": DeviceReading(
                last_report=start + 4 * QUARTER, power_w=400.0, measured_at=start + 4 * QUARTER
            ),
        }
        assert update.intervals == ()
        assert spans(it, TELEMETRY) == [("2026-11-21T00:00:00+01:00", "2026-11-21T10:00:00+01:00")]


def _with_inverters() -> SystemData:
    devices = {
        serial: Device(kind=DeviceKind.INVERTER, serial=serial) for serial in ("7A000001-10", "7A000002-11", "DEAD-00")
    }
    return system_data(devices=devices)


async def test_an_inverter_without_power_takes_it_from_its_energy():
    async with bench() as it:
        answer = fixture("inverters_telemetry.json")
        del answer["inverters"]["7A000001-10"]["power"]
        it.cloud.answer(TELEMETRY, answer)
        reading = (await it.run("inverters", _with_inverters())).readings["7A000001-10"]
        assert (reading.power_w, reading.measured_at) == (560.0, utc(2026, 11, 21, 8, 45))


async def test_the_voltage_of_an_earlier_quarter_does_not_go_with_a_newer_power():
    async with bench() as it:
        answer = fixture("inverters_telemetry.json")
        answer["inverters"]["7A000001-10"]["voltage"]["values"][2]["value"] = None
        it.cloud.answer(TELEMETRY, answer)
        reading = (await it.run("inverters", _with_inverters())).readings["7A000001-10"]
        assert (reading.voltage_v, reading.frequency_hz) == (None, 50.01)


def _telemetry(it: Bench, serials: tuple[str, ...]) -> Callable[[web.Request], web.StreamResponse]:
    def handle(request: web.Request) -> web.StreamResponse:
        start, end = (datetime.fromisoformat(request.query[name]).astimezone(UTC) for name in ("from", "to"))
        if end - start > 12 * HOUR:
            return web.Response(status=400)
        values = []
        while start < end:
            known = start + QUARTER <= it.clock.now
            values.append({"timestamp": start.isoformat(), "value": truth(start) if known else None})
            start += QUARTER
        return web.json_response(
            {"inverters": {serial: {"energy": {"unit": "WH", "values": values}} for serial in serials}}
        )

    return handle


async def test_a_dead_inverter_among_living_ones_costs_no_more_than_one_request_a_run():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 21, 15, 1, 30)
        it.cloud.handlers[TELEMETRY] = _telemetry(it, ("7A000001-10", "7A000002-11", "DEAD-00"))
        data = await it.run_and_merge("inverters", _with_inverters())
        assert len(it.cloud.asked) == 2
        it.cloud.handlers[TELEMETRY] = _telemetry(it, ("7A000001-10", "7A000002-11"))
        it.cloud.asked.clear()
        for _ in range(60):
            it.clock.now += QUARTER
            data = await it.run_and_merge("inverters", data)
        assert len(it.cloud.asked) == 60
        today = data.readings["7A000001-10"].energy_today
        assert today.day == date(2026, 11, 22)
        assert today.energy_wh == total(utc(2026, 11, 21, 23), utc(2026, 11, 22, 6))


async def test_inverters_without_the_scope_are_not_allowed_and_harm_nothing_else():
    async with bench() as it:
        it.cloud.answer(TELEMETRY, {}, status=403)
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        with pytest.raises(NotAllowed):
            await it.run("inverters", _with_inverters())
        assert (await it.run("energy", _with_inverters())).power is not None
