"""SolarEdge sites with meters and batteries, lived through: what is published balances and is the plant's truth."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.model.balance import Balance
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import DeviceKind, Flow
from custom_components.solar_cloud.system.restore import dump, load
from simulator.systems.special import battery_without_meter_site, two_battery_site

from .house import ALL_JOBS, AUTUMN, FLOW_JOBS, LAG, QUARTER, SPRING, hide, house, paths

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=str)
async def test_every_set_of_a_day_lived_through_balances_and_is_the_plant_s_truth(day):
    zone = ZoneInfo("Europe/Berlin")
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with house(at=start + QUARTER) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        await it.live(end, *FLOW_JOBS, check=it.has_truth)
        assert it.balance.day == day
        assert it.balance.computed == {Flow.CONSUMPTION}
        assert dict(it.balance.today) == it.truth(start, end)
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
            assert {base.day for base in it.data.bases.values()} == {date(2026, 6, 1) + timedelta(days=day)}
        assert asked == [0, 0, 0, 0, 0, 0, 4, 0]


@pytest.mark.parametrize("family", ["meters", "storage"])
async def test_production_goes_on_without_meters_or_batteries_and_all_is_true_afterwards(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        it.has_truth()
        it.simulator.fail(f"*/{family}/telemetry", status=503, times=None)
        alone: list[datetime] = []

        def check() -> None:
            it.nothing_false()
            power = it.data.power
            assert power
            assert power.power_w == it.plant.energy_wh(power.measured_at - QUARTER, power.measured_at) * 4
            if it.data.balance is None:
                alone.append(it.clock.now)
                assert power.measured_at == it.clock.now - LAG

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        assert min(alone) == start + timedelta(hours=1) + LAG
        assert len(alone) == 9
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3, minutes=15), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("family", ["meters", "storage"])
@pytest.mark.parametrize("step", [QUARTER, 5 * QUARTER], ids=["each_quarter", "as_a_small_plan_allows"])
async def test_values_one_quarter_later_than_production_are_published_up_to_their_end(family, step):
    start = datetime(2026, 6, 1, 6, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        hide(it, family, lambda it: (it.clock.now - LAG - QUARTER, it.clock.now))
        await it.run(*ALL_JOBS)
        await it.run("totals")

        def check() -> None:
            it.has_truth()
            assert it.balance.measured_at == it.clock.now - LAG - QUARTER

        it.clock.now += step
        await it.run(*FLOW_JOBS)
        await it.live(start + timedelta(hours=14), *FLOW_JOBS, step=step, check=check)


@pytest.mark.parametrize("family", ["meters", "storage", "energy"])
async def test_a_gap_holds_the_sums_back_until_it_is_filled(family):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        hide(it, family, lambda _: (start + 2 * QUARTER, start + 4 * QUARTER))
        balances: list[Balance | None] = []

        def check() -> None:
            it.nothing_false()
            balances.append(it.data.balance)

        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=check)
        assert it.balance.power
        assert not it.balance.today
        assert not it.balance.lifetime
        hide(it, family, lambda _: (start, start))
        await it.live(start + timedelta(hours=4), *FLOW_JOBS, check=it.has_truth)


@pytest.mark.parametrize("switch", ["solaredge_meters_empty", "solaredge_storage_empty"])
async def test_an_empty_answer_of_a_family_that_has_reported_before_is_waited_out(switch):
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        setattr(it.simulator.switches, switch, True)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.nothing_false)
        assert it.data.balance is None
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
            it.nothing_false()
            late.append(it.clock.now - LAG - it.balance.measured_at)

        await it.live(end, *FLOW_JOBS, check=check)
        assert max(late) <= timedelta(minutes=90)
        assert sum(bool(one) for one in late) <= 16
        it.has_truth(lifetime=False)
        assert dict(it.balance.today) == it.truth(start, end)
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
            it.nothing_false()
            late.append(it.clock.now - LAG - it.balance.measured_at)
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
        assert it.balance.computed == frozenset()
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, check=it.has_truth)
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
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.has_truth)
        reported = {Flow.PRODUCTION, Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE}
        assert it.balance.power.keys() == it.balance.today.keys() == it.balance.lifetime.keys() == reported


async def test_a_battery_that_never_reports_does_not_cost_what_the_grid_meter_says():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        it.simulator.fail("*/storage/telemetry", status=404, times=None)
        await it.run(*ALL_JOBS)
        await it.live(start + timedelta(hours=2), *FLOW_JOBS, check=it.has_truth)
        reported = {Flow.PRODUCTION, Flow.GRID_IMPORT, Flow.GRID_EXPORT}
        assert it.balance.power.keys() == it.balance.today.keys() == it.balance.lifetime.keys() == reported
        it.simulator.clear_faults()
        await it.live(start + timedelta(hours=3), *FLOW_JOBS, "totals", check=it.nothing_false)
        it.has_truth()
        assert it.balance.lifetime.keys() == set(Flow)


async def test_a_restart_publishes_what_was_published_and_counts_on():
    start = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("UTC"))
    async with house(at=start) as it:
        await it.run(*ALL_JOBS)
        before = it.data.balance
        it.data = load(SystemData, dump(it.data))
        assert it.data.balance == before
        it.simulator.clear_requests()
        await it.live(start + timedelta(hours=1), *FLOW_JOBS, "totals", check=it.has_truth)
        assert len(it.simulator.requests) == 3 * 4
