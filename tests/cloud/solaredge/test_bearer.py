"""SolarEdge sites read with an access token: as true as with a key, and bound to one site."""

from datetime import date, timedelta

import pytest

from custom_components.solar_cloud.cloud.errors import NotAllowed
from custom_components.solar_cloud.model.data import midnight
from custom_components.solar_cloud.model.elements import Flow, Vendor
from simulator import SOLAREDGE_PATH
from simulator.ready import SOLAREDGE_CLIENT_ID, ready_simulator

from .bearer_world import BATTERY_SITE, HOUR, PV_SITE, QUARTER, TOKEN, world
from .helpers import BERLIN, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_the_grant_s_site_is_the_only_system_for_one_request_and_knows_its_time_zone():
    async with world() as it:
        (system,) = await it.client.systems()
        assert (system.id, system.vendor, system.timezone) == (PV_SITE, Vendor.SOLAREDGE, "America/Los_Angeles")
        assert [(request.path, request.status) for request in it.simulator.requests] == [
            (f"{SOLAREDGE_PATH}/sites/{PV_SITE}", 200)
        ]


@pytest.mark.parametrize(
    ("site", "day"),
    [(BATTERY_SITE, date(2026, 10, 25)), (PV_SITE, date(2026, 3, 8)), (PV_SITE, date(2026, 6, 1))],
    ids=str,
)
async def test_a_day_lived_through_is_true_to_the_watt_hour_and_no_token_is_ever_refused(site, day):
    zone = ready_simulator().plants[f"solaredge_{site}"].zone
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    async with world(site, start=start - HOUR) as it:
        plant = it.simulator.plants[f"solaredge_{site}"]
        it.clock.now = start + timedelta(seconds=95)
        data = await it.run(await it.system(), "details", "lifetime", "inventory", "energy")
        it.simulator.clear_requests()
        runs = 0
        while it.clock.now < end:
            it.clock.now += QUARTER
            data = await it.run(data, "energy", "meters", "storage")
            runs += 1
            assert data.lifetime.published_wh == plant.lifetime_wh(it.clock.now - timedelta(seconds=95))
        requests = it.simulator.requests
        assert {request.status for request in requests} == {200}
        assert {request.credential for request in requests} == {SOLAREDGE_CLIENT_ID}
        # A token lasts two hours and is replaced by the first run of its last ten minutes.
        refreshes = [request for request in requests if request.path == TOKEN]
        assert 12 <= len(refreshes) <= 13
        jobs = 3 if site == BATTERY_SITE else 1
        assert len(requests) == runs * jobs + len(refreshes)
        kept = [interval for interval in data.intervals.values() if start <= interval.start and interval.end <= end]
        assert sum(interval.energy_wh for interval in kept) == plant.day_wh(day)


async def test_meters_and_batteries_are_read_with_a_token_too():
    evening = midnight(date(2026, 6, 2), BERLIN) - timedelta(hours=2) + timedelta(seconds=95)
    async with world(BATTERY_SITE, start=evening) as it:
        data = await it.run(await it.system(), "details", "energy", "inventory", "meters", "storage", "inverters")
        assert {Flow.GRID_IMPORT, Flow.GRID_EXPORT, Flow.BATTERY_CHARGE, Flow.BATTERY_DISCHARGE} <= data.flows.keys()
        assert {device.kind for device in data.devices.values()} >= {"inverter", "meter", "battery"}
        assert {status for _, status in it.asked()} == {200}


async def test_days_of_the_past_are_the_plant_s_too():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        plant = it.simulator.plants[f"solaredge_{PV_SITE}"]
        first, last = date(2026, 10, 1), date(2026, 10, 31)
        totals = await it.client.archive.totals(data, first, last, it.clock.now)
        assert totals[Flow.PRODUCTION] == {
            day: plant.day_wh(day) for day in (first + timedelta(days=n) for n in range(31))
        }


async def test_another_site_is_not_allowed_and_costs_one_request():
    async with world() as it:
        with pytest.raises(NotAllowed):
            await it.run(system_data(BATTERY_SITE), "energy")
        assert it.asked() == [("energy", 403)]


async def test_without_device_data_the_site_s_production_is_as_true_as_ever():
    async with world(BATTERY_SITE, scope="SITE_DATA") as it:
        data = await it.run(await it.system(), "details", "lifetime", "energy", "alerts", "overview")
        for name in ("inventory", "inverters"):
            it.asked()
            with pytest.raises(NotAllowed, match="DEVICE_DATA"):
                await it.run(data, name)
            assert [status for _, status in it.asked()] == [403]
        applicable = {job.name for job in it.client.jobs if job.applies_to(data)}
        assert "totals" not in applicable
        # Nobody can tell whether there are meters and batteries: they are asked once, and a refusal rests for a week.
        for name in ("meters", "storage"):
            it.asked()
            with pytest.raises(NotAllowed, match="DEVICE_DATA"):
                await it.run(data, name)
            assert [status for _, status in it.asked()] == [403]
        it.later(hours=1)
        data = await it.run(data, "energy")
        plant = it.simulator.plants[f"solaredge_{BATTERY_SITE}"]
        assert data.lifetime.published_wh == plant.lifetime_wh(data.power.measured_at)


async def test_without_site_data_the_main_jobs_say_what_is_missing():
    async with world(scope="DEVICE_DATA") as it:
        with pytest.raises(NotAllowed, match="SITE_DATA"):
            await it.client.systems()
        for name in ("details", "energy", "lifetime"):
            it.asked()
            with pytest.raises(NotAllowed, match="SITE_DATA"):
                await it.run(system_data(PV_SITE), name)
            assert [status for _, status in it.asked()] == [403]


async def test_what_is_ticked_later_is_read_without_a_new_consent():
    async with world() as it:
        data = await it.run(await it.system(), "details")
        it.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA"])
        with pytest.raises(NotAllowed):
            await it.run(data, "inventory")
        it.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, ["SITE_DATA", "DEVICE_DATA"])
        assert (await it.run(data, "inventory")).devices
