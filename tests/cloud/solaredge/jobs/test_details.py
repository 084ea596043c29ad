"""The details of a SolarEdge site."""

import pytest

from ..helpers import bench, fixture, quarters, system_data, text, utc
from .helpers import with_system

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_the_details_give_zone_size_status_and_the_last_report():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", text("site.json"))
        update = await it.run("details", system_data(timezone="UTC"))
        assert update.system == (await it.client.api.site("1234567")).system()
        assert update.system.timezone == "Europe/Berlin"
        assert update.system.last_report == utc(2026, 11, 21, 9, 14, 12)
        assert it.cloud.paths() == ["/sites/1234567"] * 2


async def test_details_do_not_set_the_last_report_back_nor_rename_a_site_to_its_number():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", {"siteId": 1234567, "lastUpdateTime": "2026-11-20T00:00:00Z"})
        data = await it.run_and_merge("details", system_data())
        assert data.system.name == "Example House"
        reported = utc(2026, 11, 21, 9)
        assert (await it.run("details", with_system(last_report=reported))).system.last_report == reported


@pytest.mark.parametrize(
    "typed", ["2062-02-01T00:00:00+01:00", "2026-11-23T00:00:00+01:00", "1970-01-01", "soon", None, 5]
)
async def test_an_installation_that_lies_ahead_or_is_no_date_is_unknown(typed):
    async with bench() as it:
        it.cloud.answer("/sites/1234567", {**fixture("site.json"), "installationDate": typed})
        assert (await it.run("details", system_data())).system.installed_at is None


async def test_a_report_that_lies_ahead_is_none_and_leaves_no_trace():
    async with bench() as it:
        site = fixture("site.json")
        it.cloud.answer("/sites/1234567", {**site, "lastUpdateTime": "2027-03-01T00:00:00Z"})
        reported = utc(2026, 11, 21, 9)
        assert (await it.run("details", with_system(last_report=reported))).system.last_report == reported
        # One from a time when the clock was wrong goes when the cloud tells another.
        it.cloud.answer("/sites/1234567", site)
        stored = with_system(last_report=utc(2027, 3, 1))
        assert (await it.run("details", stored)).system.last_report == utc(2026, 11, 21, 9, 14, 12)
        it.cloud.handlers["/sites/1234567/energy"] = quarters(lambda _: 10.0)
        assert (await it.run("energy", stored)).system.last_report == utc(2026, 11, 21, 9)
