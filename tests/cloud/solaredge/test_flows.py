"""What the telemetry of SolarEdge's meters and batteries means: intervals, readings, lifetimes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer, NotFound, TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow, Interval, LifetimeBase, Update

from .helpers import BERLIN, NOW, Bench, bench, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")

SITE = "/sites/1234567"
METERS, STORAGE = f"{SITE}/meters/telemetry", f"{SITE}/storage/telemetry"
QUARTER = timedelta(minutes=15)
TODAY = NOW.date()
AT = datetime(2026, 11, 21, 8, 45, tzinfo=UTC)
"""The newest complete quarter hour at `NOW`."""

type Metrics = Mapping[str, tuple[str, list[float | None]]]
"""The unit, and the values of quarter hours up to the newest complete one."""


def site(*serials: str, kind: DeviceKind = DeviceKind.METER) -> SystemData:
    return system_data(devices={serial: Device(kind=kind, serial=serial) for serial in serials})


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


async def test_a_meter_that_tells_only_power_tells_an_energy_too():
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


async def test_a_production_meter_tells_its_own_figure_and_nothing_of_the_site():
    update = await meters({"M": {"productionEnergy": ("WH", [500.0]), "productionPower": ("W", [2000.0])}})
    assert not update.flows
    assert not update.intervals
    assert energies(update.device_flows["M"][Flow.PRODUCTION]) == [500.0]


async def test_two_meters_add_up_where_both_tell():
    update = await meters(
        {"A": {"importEnergy": ("WH", [1.0, 2.0, 3.0])}, "B": {"importEnergy": ("WH", [10.0, None, 30.0])}}
    )
    assert [(one.start, one.energy_wh) for one in update.flows[Flow.GRID_IMPORT]] == [
        (AT - 2 * QUARTER, 11.0),
        (AT, 33.0),
    ]


async def test_a_meter_that_was_replaced_counts_as_far_as_it_tells_and_nobody_waits_for_it():
    old, new = [10.0, 20.0, None, None], [None, 2.0, 3.0, 4.0]
    answer: dict[str, Metrics] = {"OLD": {"importEnergy": ("WH", old)}, "NEW": {"importEnergy": ("WH", new)}}
    update = await meters(answer, site("NEW"))
    assert energies(update.flows[Flow.GRID_IMPORT]) == [22.0, 3.0, 4.0]
    both = await meters(answer, site("OLD", "NEW"))
    assert energies(both.flows[Flow.GRID_IMPORT]) == [22.0]


async def test_meters_that_never_told_anything_are_reported_as_not_there():
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


async def test_a_battery_tells_its_state_what_is_left_and_its_power_with_a_sign():
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


async def test_two_rows_with_one_serial_are_one_device_and_rows_without_or_not_in_use_are_none():
    async with bench() as it:
        meter = {"type": "METER", "serialNumber": "5000001", "connectedTo": "I", "active": True}
        it.cloud.answer(
            f"{SITE}/devices",
            [
                {**meter, "name": "Export Meter", "meterType": "FeedIn"},
                {**meter, "name": "Import Meter", "meterType": "Purchased"},
                {**meter, "serialNumber": None, "name": "Self Consumption", "meterType": "SelfConsumption"},
                {**meter, "serialNumber": "4000001", "active": False},
            ],
        )
        data = await it.run_and_merge("inventory", system_data())
        assert data.devices.keys() == {"5000001"}
        assert data.devices["5000001"].name is None


# Lifetimes.


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
    """Let meters have told an interval of today, and lifetimes be known up to today's midnight."""
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
    assert update.notes == {"totals_meters": NOW.isoformat()}


async def test_a_lifetime_of_one_of_two_meters_is_not_the_system_s():
    data = known(site("A", "B"), "A", "B")
    assert base(await read_totals(data, {"A": imported(1000.0)}, {"A": imported(10.0)})) is None
    assert base(await read_totals(data, {"A": imported(1000.0), "B": imported(None)}, {"A": imported(10.0)})) is None


async def test_a_day_that_is_not_told_although_it_is_known_is_asked_for_again_and_not_counted_twice():
    data = known(site("A"), "A")
    update = await read_totals(data, {"A": imported(1000.0)}, {"A": imported(None)})
    assert base(update) is None
    assert not update.notes


async def test_what_the_cloud_corrects_is_taken_over():
    data = known(site("A"), "A", base=1000.0, own={"A": 1000.0})
    assert base(await read_totals(data, {"A": imported(1042.0)}, {"A": imported(12.0)})) == 1030.0


async def test_a_replaced_meter_s_history_stays_in_the_system_s_lifetime():
    data = known(site("NEW"), "NEW", base=50_000.0)
    assert base(await read_totals(data, {"NEW": imported(300.0)}, {"NEW": imported(20.0)})) == 50_000.0
    # The same after days that nobody could read.
    data = replace(data, bases={Flow.GRID_IMPORT: LifetimeBase(day=date(2026, 11, 10), before_wh=50_000.0)})
    assert base(await read_totals(data, {"NEW": imported(300.0)}, {"NEW": imported(20.0)})) == 50_280.0


async def test_a_meter_whose_own_counter_began_again_does_not_take_the_system_s_lifetime_back():
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
        assert update.notes.keys() == {"totals_meters"}
        it.cloud.page(METERS, 503)
        with pytest.raises(TemporarilyUnavailable):
            await it.run("totals", data)


async def test_a_site_without_meters_and_batteries_is_asked_for_neither():
    async with bench() as it:
        data = site("I", kind=DeviceKind.INVERTER)
        assert [job.name for job in it.client.jobs if not job.applies_to(data)] == ["meters", "storage", "totals"]
        assert await it.run("totals", data) == Update()
        assert not it.cloud.asked
