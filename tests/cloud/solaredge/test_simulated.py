"""SolarEdge sites of the simulator, lived through: what the client reads is the plant's truth to the watt-hour."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.errors import CredentialRefused, Throttled, ThrottleScope
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import DeviceKind
from custom_components.solar_cloud.model.merging import merge
from simulator import SOLAREDGE_LEGACY_PATH, SOLAREDGE_PATH, Simulator
from simulator.clock import Clock
from simulator.ready import SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY, ready_simulator

from .helpers import StillClock

pytestmark = pytest.mark.usefixtures("socket_enabled")

UTC_ZONE = ZoneInfo("UTC")
QUARTER = timedelta(minutes=15)
BATTERY_SITE, PV_SITE = "1148616", "222881711"


@dataclass
class World:
    simulator: Simulator
    client: SolarEdge
    clock: StillClock

    async def run(self, data: SystemData, *names: str) -> SystemData:
        for job in self.client.jobs:
            if job.name in names and job.applies_to(data):
                data = merge(data, await job.run(data, self.clock.now), self.clock.now, UTC_ZONE)
        return data

    async def system(self, site_id: str) -> SystemData:
        found = await self.client.systems()
        return SystemData(system=next(system for system in found if system.id == site_id))


@asynccontextmanager
async def world(*, path: str = SOLAREDGE_PATH, account_key: str | None = None) -> AsyncGenerator[World]:
    clock = StillClock()
    simulator = ready_simulator(Clock(lambda: clock.now))
    simulator.set_limits("solaredge", per_minute=100_000, per_month=100_000)

    async def save(_: dict[str, Any]) -> None:
        return None

    account = Account(Ledger(Limits(per_minute=100_000, per_month=100_000)), save, clock=clock, sleep=clock.sleep)
    async with TestServer(simulator.app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        client = SolarEdge(
            session,
            account,
            api_key=SOLAREDGE_API_KEY,
            account_key=account_key,
            base_url=str(server.make_url(path)),
            zone=UTC_ZONE,
        )
        yield World(simulator, client, clock)


@pytest.mark.parametrize(
    ("site_id", "day"),
    [
        (BATTERY_SITE, date(2026, 3, 29)),
        (BATTERY_SITE, date(2026, 10, 25)),
        (PV_SITE, date(2026, 3, 8)),
        (PV_SITE, date(2026, 11, 1)),
        (PV_SITE, date(2026, 6, 1)),
    ],
    ids=str,
)
async def test_a_day_lived_through_is_the_plant_s_day_and_lifetime_to_the_watt_hour(site_id, day):
    async with world() as it:
        plant = it.simulator.plants[f"solaredge_{site_id}"]
        start, end = midnight(day, plant.zone), midnight(day + timedelta(days=1), plant.zone)
        it.clock.now = start + timedelta(seconds=95)
        data = await it.run(await it.system(site_id), "details", "lifetime", "energy")
        it.simulator.clear_requests()
        runs = 0
        while it.clock.now < end:
            it.clock.now += QUARTER
            data = await it.run(data, "energy")
            runs += 1
            read_until = it.clock.now - timedelta(seconds=95)
            assert data.lifetime.published_wh == plant.lifetime_wh(read_until)
        assert len(it.simulator.requests) == runs
        assert {request.status for request in it.simulator.requests} == {200}
        kept = [interval for interval in data.intervals.values() if start <= interval.start and interval.end <= end]
        assert len(kept) == (end - start) / QUARTER
        assert sum(interval.energy_wh for interval in kept) == plant.day_wh(day)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("hour", [0.02, 5, 13, 23.9])
async def test_the_lifetime_is_true_at_any_hour_whether_or_not_the_cloud_cuts_its_years(hour, whole):
    async with world() as it:
        it.simulator.switches.solaredge_whole_buckets = whole
        plant = it.simulator.plants[f"solaredge_{PV_SITE}"]
        it.clock.now = midnight(date(2026, 6, 1), plant.zone) + timedelta(hours=hour, seconds=10)
        data = await it.run(await it.system(PV_SITE), "details", "energy", "lifetime")
        assert data.lifetime.published_wh == plant.lifetime_wh(data.power.measured_at)


async def test_inverters_of_a_day_add_up_to_the_plant():
    async with world() as it:
        plant = it.simulator.plants[f"solaredge_{BATTERY_SITE}"]
        day = date(2026, 10, 25)
        it.clock.now = midnight(day + timedelta(days=1), plant.zone) - timedelta(hours=3) + timedelta(seconds=95)
        data = await it.run(await it.system(BATTERY_SITE), "details", "inventory", "energy", "inverters")
        inverters = {serial for serial, device in data.devices.items() if device.kind is DeviceKind.INVERTER}
        assert inverters == {"7F16E777-F1", "731CD555-E9"}
        begin, end = midnight(day, plant.zone), it.clock.now - timedelta(seconds=95)
        for serial in inverters:
            assert data.readings[serial].energy_today.energy_wh == plant.inverter_energy_wh(serial, begin, end)
            assert 230 < data.readings[serial].voltage_v < 245
        total = sum(data.readings[serial].energy_today.energy_wh for serial in inverters)
        assert total == data.energy_today_wh(it.clock.now, UTC_ZONE) == plant.energy_wh(begin, end)


async def test_the_inventory_of_the_battery_site_hangs_together():
    async with world() as it:
        data = await it.run(await it.system(BATTERY_SITE), "inventory")
        assert {(device.kind, device.serial, device.parent) for device in data.devices.values()} == {
            (DeviceKind.INVERTER, "7F16E777-F1", None),
            (DeviceKind.INVERTER, "731CD555-E9", "7F16E777-F1"),
            (DeviceKind.METER, "606052971", "7F16E777-F1"),
            (DeviceKind.BATTERY, "BAT-0001", "7F16E777-F1"),
        }


async def test_a_system_is_set_up_in_few_requests():
    async with world() as it:
        it.clock.now = it.clock.now.replace(hour=16)
        await it.run(await it.system(BATTERY_SITE), *(job.name for job in it.client.jobs))
        paths = [request.path.removeprefix(f"{SOLAREDGE_PATH}/sites") for request in it.simulator.requests]
        site = f"/{BATTERY_SITE}"
        assert paths == [
            "",
            site,
            *[f"{site}/energy"] * 2,
            *[f"{site}/energy"] * 2,
            f"{site}/devices",
            *[f"{site}/meters/telemetry"] * 2,
            *[f"{site}/storage/telemetry"] * 2,
            *[f"{site}/meters/telemetry"] * 2,
            *[f"{site}/storage/telemetry"] * 2,
            *[f"{site}/inverters/telemetry"] * 2,
            f"{site}/overview",
            f"{site}/alerts",
        ]


async def test_the_older_address_with_both_keys_gives_the_same():
    async with world() as today, world(path=SOLAREDGE_LEGACY_PATH, account_key=SOLAREDGE_ACCOUNT_KEY) as older:
        names = [job.name for job in today.client.jobs]
        data = [await it.run(await it.system(PV_SITE), *names) for it in (today, older)]
        comparable = [replace(one, breakdown=None, notes={}) for one in data]
        assert comparable[0] == comparable[1]
        # Only the older address says how well a site does.
        assert [one.breakdown and one.breakdown.specific_yield is not None for one in data] == [False, True]


async def test_the_older_address_without_the_account_key_refuses():
    async with world(path=SOLAREDGE_LEGACY_PATH) as it:
        with pytest.raises(CredentialRefused):
            await it.client.systems()


async def test_units_that_the_cloud_picks_and_a_partial_open_quarter_change_nothing():
    async with world() as plain, world() as odd:
        odd.simulator.switches.solaredge_units_scaled = True
        odd.simulator.switches.solaredge_open_bucket_partial = True
        odd.simulator.switches.solaredge_sites_as_list = True
        names = [job.name for job in plain.client.jobs]
        data = [await it.run(await it.system(BATTERY_SITE), *names) for it in (plain, odd)]
        assert data[0] == data[1]


async def test_data_that_come_hours_late_are_all_there_in_the_end():
    async with world() as it:
        plant = it.simulator.plants[f"solaredge_{PV_SITE}"]
        day = date(2026, 6, 1)
        it.clock.now = midnight(day, plant.zone) + timedelta(hours=8, seconds=95)
        data = await it.run(await it.system(PV_SITE), "details", "lifetime", "energy")
        it.simulator.delay_data(plant.key, timedelta(hours=5))
        for _ in range(20):
            it.clock.now += QUARTER
            data = await it.run(data, "energy")
        it.simulator.delay_data(plant.key, timedelta(0))
        it.clock.now += QUARTER
        data = await it.run(data, "energy")
        read_until = it.clock.now - timedelta(seconds=95)
        assert data.energy_today_wh(it.clock.now, UTC_ZONE) == plant.energy_wh(midnight(day, plant.zone), read_until)


async def test_both_limits_of_the_plan_are_distinguished():
    async with world() as it:
        data = await it.run(await it.system(PV_SITE), "details")
        it.clock.now += timedelta(minutes=1)
        it.simulator.set_limits("solaredge", per_minute=1)
        await it.client.jobs[0].run(data, it.clock.now)
        it.client.account.ledger.set_limits(Limits(per_minute=100, per_month=99_000), it.clock.now)
        with pytest.raises(Throttled) as raised:
            await it.client.jobs[0].run(data, it.clock.now)
        assert raised.value.scope is ThrottleScope.MINUTE
        it.clock.now = raised.value.until
        it.simulator.set_limits("solaredge", per_minute=100, per_month=1)
        with pytest.raises(Throttled) as raised:
            await it.client.jobs[0].run(data, it.clock.now)
        assert (raised.value.scope, raised.value.sent) == (ThrottleScope.MONTH, True)
        assert raised.value.until == it.clock.now + timedelta(hours=6)


async def test_a_key_that_is_withdrawn_is_found_out_by_any_job():
    async with world() as it:
        data = await it.run(await it.system(PV_SITE), "details", "energy")
        it.clock.now += QUARTER
        it.simulator.revoke(SOLAREDGE_API_KEY)
        with pytest.raises(CredentialRefused):
            await it.run(replace(data), "energy")
