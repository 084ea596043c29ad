"""The lifetimes of SolarEdge's meters and batteries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow, Interval, LifetimeBase, Update

from ..helpers import NOW, Bench, bench, system_data
from .helpers import AT, METERS, QUARTER, SITE, STORAGE, Metrics, site

pytestmark = pytest.mark.usefixtures("socket_enabled")

TODAY = NOW.date()


def totals(it: Bench, family: str, years: Mapping[str, Metrics], day: Mapping[str, Metrics]) -> None:
    """Serve the sums of years and of today."""

    def handle(request: web.Request) -> web.StreamResponse:
        by_year = request.query["resolution"] == "YEAR"
        start, devices = ("2026-01-01T00:00:00+01:00", years) if by_year else (request.query["from"], day)
        answer = {
            serial: {
                name: {"unit": unit, "values": [{"timestamp": start, "value": value} for value in values]}
                for name, (unit, values) in metrics.items()
            }
            for serial, metrics in devices.items()
        }
        return web.json_response({"resolution": request.query["resolution"], family: answer})

    it.cloud.handlers[f"{SITE}/{family}/telemetry"] = handle


def imported(energy: float | None, unit: str = "WH") -> Metrics:
    return {"importEnergy": (unit, [energy])}


def known(data: SystemData, *serials: str, base: float | None = None, own: Mapping[str, float] | None = None) -> Any:
    """Let meters have reported an interval of today, and lifetimes be known up to today's midnight."""
    interval = Interval(start=AT, end=AT + QUARTER, energy_wh=5.0)
    return replace(
        data,
        flows={Flow.GRID_IMPORT: {AT: interval}},
        device_flows={serial: {Flow.GRID_IMPORT: {AT: interval}} for serial in serials},
        bases={} if base is None else {Flow.GRID_IMPORT: LifetimeBase(day=TODAY, before_wh=base)},
        device_bases={
            serial: {Flow.GRID_IMPORT: LifetimeBase(day=TODAY, before_wh=wh)} for serial, wh in (own or {}).items()
        },
    )


async def read_totals(data: SystemData, years: Mapping[str, Metrics], day: Mapping[str, Metrics]) -> Update:
    async with bench() as it:
        totals(it, "meters", years, day)
        return await it.run("totals", data)


def base(update: Update) -> float | None:
    found = update.bases.get(Flow.GRID_IMPORT)
    assert found is None or found.day == TODAY
    return found and found.before_wh


async def test_a_lifetime_is_all_years_without_today():
    data = known(site("A", "B"), "A", "B")
    update = await read_totals(
        data, {"A": imported(1.5, "MWH"), "B": imported(200.0)}, {"A": imported(0.5, "KWH"), "B": imported(50.0)}
    )
    assert base(update) == 1_499_500.0 + 150.0
    assert update.device_bases["B"][Flow.GRID_IMPORT].before_wh == 150.0
    assert update.notes["totals_meters"] == NOW.isoformat()


async def test_a_lifetime_of_one_of_two_meters_is_not_the_system_s():
    data = known(site("A", "B"), "A", "B")
    assert base(await read_totals(data, {"A": imported(1000.0)}, {"A": imported(10.0)})) is None
    assert base(await read_totals(data, {"A": imported(1000.0), "B": imported(None)}, {"A": imported(10.0)})) is None


async def test_a_known_day_without_a_value_is_asked_for_again_and_not_counted_twice():
    data = known(site("A"), "A")
    update = await read_totals(data, {"A": imported(1000.0)}, {"A": imported(None)})
    assert base(update) is None
    assert "totals_meters" not in update.notes


async def test_lifetimes_that_are_late_are_asked_for_again_the_same_day():
    data = known(site("A"), "A")
    async with bench() as it:
        job = it.job("totals")
        totals(it, "meters", {"A": imported(None)}, {"A": imported(None)})
        assert job.terms_for(data).cadence == timedelta(hours=24)
        data = replace(data, notes={**data.notes, **(await it.run("totals", data)).notes})
        assert job.terms_for(data).cadence == timedelta(hours=3)
        totals(it, "meters", {"A": imported(700.0)}, {"A": imported(5.0)})
        data = replace(data, notes={**data.notes, **(await it.run("totals", data)).notes})
        assert job.terms_for(data).cadence == timedelta(hours=24)


async def test_what_the_cloud_corrects_is_taken_over():
    data = known(site("A"), "A", base=1000.0, own={"A": 1000.0})
    assert base(await read_totals(data, {"A": imported(1042.0)}, {"A": imported(12.0)})) == 1030.0


async def test_a_replaced_meter_s_history_stays_in_the_system_s_lifetime():
    data = known(site("NEW"), "NEW", base=50_000.0)
    assert base(await read_totals(data, {"NEW": imported(300.0)}, {"NEW": imported(20.0)})) == 50_000.0
    # The same after days that nobody could read.
    data = replace(data, bases={Flow.GRID_IMPORT: LifetimeBase(day=date(2026, 11, 10), before_wh=50_000.0)})
    assert base(await read_totals(data, {"NEW": imported(300.0)}, {"NEW": imported(20.0)})) == 50_280.0


async def test_a_meter_whose_counter_began_again_does_not_take_the_lifetime_back():
    data = known(site("A", "B"), "A", "B", base=9000.0, own={"A": 4000.0, "B": 5000.0})
    years, day = {"A": imported(100.0), "B": imported(5010.0)}, {"A": imported(0.0), "B": imported(0.0)}
    assert base(await read_totals(data, years, day)) == 9010.0


async def test_after_days_that_nobody_could_read_the_lifetime_is_what_the_cloud_counts():
    data = known(site("A"), "A", own={"A": 1000.0})
    data = replace(data, bases={Flow.GRID_IMPORT: LifetimeBase(day=date(2026, 11, 10), before_wh=1000.0)})
    assert base(await read_totals(data, {"A": imported(7000.0)}, {"A": imported(500.0)})) == 6500.0


async def test_one_family_s_failure_does_not_cost_the_other_s_lifetimes():
    meter, battery = (Device(kind=kind, serial=kind.value) for kind in (DeviceKind.METER, DeviceKind.BATTERY))
    data = known(system_data(devices={"meter": meter, "battery": battery}), "meter")
    interval = next(iter(data.flows[Flow.GRID_IMPORT].values()))
    data = replace(
        data, device_flows={**data.device_flows, "battery": {Flow.BATTERY_CHARGE: {interval.start: interval}}}
    )
    async with bench() as it:
        totals(it, "meters", {"meter": imported(1000.0)}, {"meter": imported(10.0)})
        it.cloud.page(STORAGE, 503)
        update = await it.run("totals", data)
        assert base(update) == 990.0
        assert update.notes.keys() == {"totals_meters", "counted_meters"}
        it.cloud.page(METERS, 503)
        with pytest.raises(TemporarilyUnavailable):
            await it.run("totals", data)


async def test_a_site_without_meters_and_batteries_is_asked_for_neither():
    async with bench() as it:
        data = site("I", kind=DeviceKind.INVERTER)
        assert [job.name for job in it.client.jobs if not job.applies_to(data)] == ["meters", "storage", "totals"]
        assert await it.run("totals", data) == Update()
        assert not it.cloud.asked
