"""SolarEdge sites with meters and batteries, lived through: each value that is published is the plant's truth."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import DeviceKind, Flow
from custom_components.solar_cloud.model.merging import recalled
from custom_components.solar_cloud.model.value import Reason
from custom_components.solar_cloud.system.restore import dump, load
from simulator.systems.special import battery_without_meter_site, two_battery_site

from .house import ALL_JOBS, AUTUMN, FLOW_JOBS, LAG, QUARTER, SPRING, UTC_ZONE, hide, house, paths

pytestmark = pytest.mark.usefixtures("socket_enabled")

GRID = frozenset({Flow.GRID_IMPORT, Flow.GRID_EXPORT})
BATTERY = frozenset({Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE})
SILENT = {"meters": GRID, "storage": BATTERY, "energy": frozenset({Flow.PRODUCTION})}
"""What a family of telemetry measures; consumption is computed from all of them."""


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=str)
async def test_every_value_of_a_day_lived_through_is_the_plant_s_truth(day):
    zone = ZoneInfo("Europe/Berlin")
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with house(at=start + QUARTER) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        await it.live(end - QUARTER, *FLOW_JOBS, check=it.has_truth)
        today = it.data.published.today
        assert {flow for flow, value in today.items() if value.is_computed} == {Flow.CONSUMPTION}
        truth = it.truth(start, end - QUARTER)
        assert {flow: value.amount for flow, value in today.items()} == {flow: truth[flow] for flow in today}
        await it.live(end, *FLOW_JOBS, check=it.has_truth)
        assert {value.amount for value in it.data.published.today.values()} == {0}
        assert {request.status for request in it.simulator.requests} == {200}


async def test_lifetimes_go_over_midnight_without_a_request_and_are_compared_weekly():
    zone = ZoneInfo("Europe/Berlin")
    start = midnight(date(2026, 6, 1), zone) + timedelta(hours=6)
    async with house(at=start) as it:
        await it.run(*FLOW_JOBS, "lifetime")
        it.simulator.clear_requests()
        await it.run("totals")
        assert paths(it) == ["meters/telemetry"] * 2 + ["storage/telemetry"] * 2
        it.has_truth()
        asked = []
        for day in range(1, 9):
            it.clock.now = start + timedelta(days=day - 1, hours=6) + LAG
            for _ in range(4):
                await it.run(*FLOW_JOBS)
                it.clock.now += timedelta(hours=6)
            it.clock.now = start + timedelta(days=day) + LAG
            await it.run(*FLOW_JOBS, "lifetime")
            it.has_truth()
            it.simulator.clear_requests()
            await it.run("totals")
            asked.append(len(it.simulator.requests))
            it.has_truth()
            # Yesterday stays correctable; what was just read is of today.
            carried = day if asked[-1] else day - 1
            assert {base.day for base in it.data.bases.values()} == {date(2026, 6, 1) + timedelta(days=carried)}
        assert asked == [0, 0, 0, 0, 0, 0, 4, 0]


@pytest.mark.parametrize("family", ["meters", "storage"])
async def test_what_else_is_measured_goes_on_without_meters_or_batteries(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        it.simulator.fail(f"*/{family}/telemetry", status=503, times=None)
        silent = SILENT[family] | {Flow.CONSUMPTION}

        def check() -> None:
            it.nothing_false()
            now = it.clock.now - LAG
            assert it.ends() == {flow: start if flow in silent else now for flow in Flow}

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3, minutes=15), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("family", ["meters", "storage"])
@pytest.mark.parametrize("step", [QUARTER, 5 * QUARTER], ids=["each_quarter", "as_a_small_plan_allows"])
async def test_values_one_quarter_later_than_production_hold_up_only_consumption(family, step):
    start = datetime(2026, 6, 1, 6, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        hide(it, family, lambda it: (it.clock.now - LAG - QUARTER, it.clock.now))
        await it.run(*ALL_JOBS)
        await it.run("totals")
        late = SILENT[family] | {Flow.CONSUMPTION}

        def check() -> None:
            it.nothing_false()
            now = it.clock.now - LAG
            assert it.ends() == {flow: now - QUARTER if flow in late else now for flow in Flow}
            for values in (it.data.published.today, it.data.published.lifetime):
                assert {flow: value.end for flow, value in values.items()} == {
                    flow: now - QUARTER if flow in late else now for flow in Flow if flow is not Flow.PRODUCTION
                }

        it.clock.now += step
        await it.run(*FLOW_JOBS)
        await it.live(start + timedelta(hours=14), *FLOW_JOBS, step=step, check=check)


@pytest.mark.parametrize("family", ["meters", "storage", "energy"])
async def test_a_gap_is_missing_from_its_own_sums_alone_until_it_is_filled(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        it.lost = (start + 2 * QUARTER, start + 4 * QUARTER)
        it.lossy = SILENT[family] | {Flow.CONSUMPTION}
        hide(it, family, lambda _: it.lost)

        def check() -> None:
            it.nothing_false()
            now = it.clock.now - LAG
            at_gap = min(now, it.lost[0]) if now <= it.lost[1] else now
            assert it.ends() == {flow: at_gap if flow in it.lossy else now for flow in Flow}

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        it.has_truth()
        hide(it, family, lambda _: (start, start))
        it.lost = None
        await it.live(start + timedelta(hours=4), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize(
    ("switch", "family"), [("solaredge_meters_empty", "meters"), ("solaredge_storage_empty", "storage")]
)
async def test_an_empty_answer_of_a_family_that_has_reported_before_is_waited_out(switch, family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        setattr(it.simulator.switches, switch, True)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.nothing_false)
        silent = SILENT[family] | {Flow.CONSUMPTION}
        assert it.ends() == {flow: start if flow in silent else it.clock.now - LAG for flow in Flow}
        setattr(it.simulator.switches, switch, False)
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 11, 21)], ids=str)
async def test_a_night_that_is_reported_as_null_is_a_night_without_production(day):
    zone = ZoneInfo("Europe/Berlin")
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with house(at=start + QUARTER) as it:
        it.simulator.switches.solaredge_nights_null = True
        await it.run(*ALL_JOBS)
        late: list[timedelta] = []

        def check() -> None:
            it.nothing_false(settling=timedelta(minutes=90))
            now, ends = it.clock.now - LAG, it.ends()
            assert {ends[flow] for flow in GRID | BATTERY} == {now}
            late.append(now - ends[Flow.CONSUMPTION])

        await it.live(end - QUARTER, *FLOW_JOBS, check=check)
        today, truth = it.data.published.today, it.truth(start, end - QUARTER)
        assert {flow: value.amount for flow, value in today.items()} == {flow: truth[flow] for flow in today}
        await it.live(end, *FLOW_JOBS, check=check)
        assert max(late) <= timedelta(minutes=90)
        assert sum(bool(one) for one in late) <= 16
        it.simulator.clear_requests()
        await it.run("totals")
        assert not it.simulator.requests
        await it.run("lifetime")
        await it.live(end + timedelta(hours=10), *FLOW_JOBS, check=check)
        it.has_truth()


@pytest.mark.parametrize("null", [False, True], ids=["zeros", "null"])
async def test_a_night_in_which_production_is_not_asked_for_goes_on_and_ends_true(null):
    start = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.switches.solaredge_nights_null = null
        await it.run(*ALL_JOBS)
        late: list[timedelta] = []
        while it.clock.now < start + timedelta(hours=24):
            it.clock.now += QUARTER
            asleep = it.dark(it.clock.now - 3 * QUARTER, it.clock.now)
            await it.run(*FLOW_JOBS[1 if asleep else 0 :])
            it.nothing_false(settling=timedelta(minutes=90))
            now, ends = it.clock.now - LAG, it.ends()
            assert {ends[flow] for flow in GRID | BATTERY} == {now}
            late.append(now - ends[Flow.CONSUMPTION])
            if it.clock.now.hour == 0 and it.clock.now.minute < QUARTER.seconds // 60:
                await it.run("lifetime")
        assert max(late) <= timedelta(minutes=45)
        it.has_truth()


async def test_odd_units_negative_buckets_and_a_partial_open_one_change_nothing():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.switches.solaredge_units_scaled = True
        it.simulator.switches.solaredge_open_bucket_partial = True
        it.simulator.switches.solaredge_negative_storage = True
        it.simulator.switches.solaredge_whole_buckets = True
        await it.run(*ALL_JOBS)
        await it.live(start + timedelta(hours=14), *FLOW_JOBS, check=it.has_truth)


async def test_several_meters_and_batteries_with_replaced_ones_add_up_to_the_house():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(two_battery_site, at=start) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        assert not any(value.is_computed for value in it.data.published.power.values())
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=it.has_truth)
        assert it.data.published.disagreement == pytest.approx(0)
        batteries = {serial for serial, device in it.data.devices.items() if device.kind is DeviceKind.BATTERY}
        assert batteries == {"BAT-2201", "BAT-2202"}
        for serial in batteries:
            flows = it.data.device_flows[serial]
            reported = sum(interval.energy_wh for interval in flows[Flow.BATTERY_CHARGE].values())
            assert reported == it.plant.battery_flow_wh(
                serial, "charge", next(iter(flows[Flow.BATTERY_CHARGE])), it.clock.now
            )


async def test_a_battery_without_a_meter_reports_its_own_flows_only():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(battery_without_meter_site, at=start) as it:
        await it.run(*ALL_JOBS)
        reported = BATTERY | {Flow.PRODUCTION}
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=lambda: it.has_truth(flows=reported))
        assert it.data.published.power.keys() == it.data.published.lifetime.keys() == BATTERY


async def test_a_battery_that_never_reports_costs_only_what_the_house_uses():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.fail("*/storage/telemetry", status=404, times=None)
        await it.run(*ALL_JOBS)
        reported = GRID | {Flow.PRODUCTION}
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=lambda: it.has_truth(flows=reported))
        published = it.data.published
        for values in (published.power, published.today, published.lifetime):
            assert values[Flow.CONSUMPTION].reason is Reason.INPUT_MISSING
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, "totals", check=it.nothing_false)
        it.has_truth()


async def test_a_restart_publishes_what_was_published_and_counts_on():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        before = it.data.published
        it.data = recalled(load(SystemData, dump(it.data)), it.clock.now, UTC_ZONE, it.dark)
        assert it.data.published == before
        it.simulator.clear_requests()
        await it.live(start + timedelta(hours=1), *FLOW_JOBS, "totals", check=it.has_truth)
        assert len(it.simulator.requests) == 3 * 4
