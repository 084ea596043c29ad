"""What a request of SolarEdge's is worth: what repeats another answer, or brings nothing new, is asked for seldom."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import NotFound
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow

from ..helpers import Bench, bench, quarters, system_data, utc
from .helpers import ENERGY, METERS, QUARTER, SITE, STORAGE, site, total, truth

pytestmark = pytest.mark.usefixtures("socket_enabled")

DAY = timedelta(days=1)
type Energy = Callable[[datetime], float | None]


def serve(it: Bench, path: str, family: str, devices: Mapping[str, Mapping[str, Energy]]) -> None:
    """Serve the quarter hours of devices, each metric from its own energies."""

    def handle(request: web.Request) -> web.StreamResponse:
        answer: dict[str, Any] = {}
        for serial, metrics in devices.items():
            for name, energy in metrics.items():
                rows = json.loads(quarters(energy, clock=it.clock)(request).text)["values"]
                answer.setdefault(serial, {})[name] = {"unit": "WH", "values": rows}
        return web.json_response({"resolution": "QUARTER_HOUR", family: answer})

    it.cloud.handlers[path] = handle


async def run(it: Bench, data: SystemData, *names: str) -> SystemData:
    for name in names:
        data = await it.run_and_merge(name, data)
    return data


async def test_meters_that_tell_the_production_only_are_read_once_a_day_and_lose_nothing():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, METERS, "meters", {"M": {"productionEnergy": truth}})
        data = site("M")
        assert it.job("meters").terms_for(data).runs_with == "energy"
        data = await run(it, data, "energy", "meters")
        terms = it.job("meters").terms_for(data)
        assert (terms.runs_with, terms.weight, terms.cadence) == (None, 0, timedelta(hours=23))
        it.cloud.asked.clear()
        it.clock.now += terms.cadence
        data = await run(it, data, "energy", "meters")
        assert [asked.path for asked in it.cloud.asked].count(METERS) == terms.cost == 2
        produced = data.device_flows["M"][Flow.PRODUCTION]
        known = sum(interval.energy_wh for interval in produced.values())
        assert known == total(utc(2026, 11, 20, 23), utc(2026, 11, 22, 8))


async def test_a_meter_that_tells_more_is_read_with_the_energy_from_then_on():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, METERS, "meters", {"M": {"productionEnergy": truth}})
        data = await run(it, site("M"), "energy", "meters")
        serve(it, METERS, "meters", {"M": {"productionEnergy": truth, "importEnergy": truth}})
        it.clock.now += DAY
        data = await run(it, data, "energy", "meters")
        assert it.job("meters").terms_for(data) == it.job("meters").terms


async def test_a_battery_that_tells_nothing_new_for_a_day_is_asked_four_times_a_day():
    stopped = utc(2026, 11, 21, 9)

    def until(start: datetime) -> float | None:
        return truth(start) if start < stopped else None

    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, STORAGE, "storage", {"B": {"chargeEnergy": until, "dischargeEnergy": until}})
        data = await run(it, site("B", kind=DeviceKind.BATTERY), "energy", "storage")
        job = it.job("storage")
        cadences = []
        for _ in range(8):
            it.clock.now += timedelta(hours=6)
            data = await run(it, data, "energy", "storage")
            cadences.append(job.terms_for(data).cadence)
        assert cadences == [QUARTER] * 3 + [timedelta(hours=6)] * 5
        assert job.terms_for(data).runs_with is None
        # Nor have its lifetimes changed.
        it.cloud.asked.clear()
        await run(it, data, "totals")
        assert not it.cloud.asked
        # It is back: nothing of the time is lost, and it is read as before.
        stopped = utc(2027, 1, 1)
        it.clock.now += timedelta(hours=6)
        data = await run(it, data, "energy", "storage")
        assert job.terms_for(data) == job.terms
        assert min(data.flows[Flow.BATTERY_CHARGE]) < utc(2026, 11, 21, 9)
        assert utc(2026, 11, 23, 8) in data.flows[Flow.BATTERY_CHARGE]


async def test_devices_that_are_listed_and_only_tell_nulls_are_no_reading_s_companion():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, STORAGE, "storage", {"B": {"chargeEnergy": lambda _: None}})
        data = await run(it, site("B", kind=DeviceKind.BATTERY), "energy", "storage")
        assert it.job("storage").terms_for(data).cadence == timedelta(hours=6)
        serve(it, STORAGE, "storage", {"B": {"chargeEnergy": truth}})
        data = await run(it, data, "energy", "storage")
        assert it.job("storage").terms_for(data) == it.job("storage").terms


async def test_an_outage_of_the_whole_site_makes_nobody_slower():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(lambda start: truth(start) if start < utc(2026, 11, 21, 9) else None)
        serve(it, METERS, "meters", {"M": {"importEnergy": lambda _: None}})
        data = await run(it, site("M"), "energy", "meters")
        serve(it, METERS, "meters", {"M": {"importEnergy": truth}})
        data = await run(it, data, "meters")
        serve(it, METERS, "meters", {"M": {"importEnergy": lambda _: None}})
        for _ in range(10):
            it.clock.now += timedelta(hours=6)
            data = await run(it, data, "energy", "meters")
        assert it.job("meters").terms_for(data) == it.job("meters").terms


async def test_a_single_inverter_without_a_battery_repeats_the_site_and_weighs_less():
    def weight(*devices: tuple[str, DeviceKind], silent: str | None = "") -> float:
        data = system_data(devices={serial: Device(kind=kind, serial=serial) for serial, kind in devices})
        return job.terms_for(replace(data, notes={} if silent is None else {"inverters_silent": silent})).weight

    async with bench() as it:
        job = it.job("inverters")
        one, two = ("A", DeviceKind.INVERTER), ("B", DeviceKind.INVERTER)
        assert weight(one) == 0.3
        # Before it has reported anything nobody can say so.
        assert weight(one, silent=None) == weight(one, silent=it.clock.now.isoformat()) == job.terms.weight
        assert weight(one, two) == weight() == weight(one, ("C", DeviceKind.BATTERY)) == job.terms.weight


async def test_a_family_that_has_never_reported_anything_is_not_found():
    async with bench() as it:
        it.cloud.answer(STORAGE, {"storage": {}})
        with pytest.raises(NotFound):
            await it.run("storage", site("B", kind=DeviceKind.BATTERY))
        known = replace(site("B", kind=DeviceKind.BATTERY), notes={"storage_flows": "battery_charge"})
        assert not (await it.run("storage", known)).flows


INVERTERS = f"{SITE}/inverters/telemetry"


async def test_inverters_that_tell_nothing_although_the_site_does_are_asked_four_times_a_day():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, INVERTERS, "inverters", {})
        data = site("A", "B", kind=DeviceKind.INVERTER)
        job = it.job("inverters")
        assert job.terms_for(data).weight == 1
        data = await run(it, data, "energy", "inverters")
        assert job.terms_for(data).weight == 1
        it.clock.now += DAY + QUARTER
        data = await run(it, data, "energy", "inverters")
        assert (job.terms_for(data).weight, job.terms_for(data).cadence) == (0, timedelta(hours=6))
        serve(it, INVERTERS, "inverters", {"A": {"energy": truth}})
        data = await run(it, data, "inverters")
        assert job.terms_for(data).weight == 1
        it.clock.now += DAY
        data = await run(it, data, "energy")
        assert job.terms_for(data).weight == 0
        data = await run(it, data, "inverters")
        assert job.terms_for(data).weight == 1


async def test_without_an_inventory_the_telemetry_tells_which_devices_there_are():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        serve(it, INVERTERS, "inverters", {"I": {"energy": truth}, "J": {"energy": lambda _: None}})
        serve(it, METERS, "meters", {"M": {"importEnergy": truth}, "": {"exportEnergy": truth}})
        data = await run(it, system_data(), "energy", "inverters", "meters")
        assert {serial: device.kind for serial, device in data.devices.items()} == {
            "I": DeviceKind.INVERTER,
            "M": DeviceKind.METER,
        }
        assert data.readings["I"].power_w == truth(utc(2026, 11, 21, 8, 45)) * 4
        assert data.flows.keys() == {Flow.GRID_IMPORT, Flow.GRID_EXPORT}
        # Batteries are still tried, and an inventory that comes after all says what there is.
        assert it.job("storage").applies_to(data)
        it.cloud.answer(f"{SITE}/devices", [{"type": "INVERTER", "serialNumber": "I", "name": "Inverter 1"}])
        data = await run(it, data, "inventory")
        assert data.devices["I"].name == "Inverter 1"
        assert not it.job("storage").applies_to(data)
