"""The endpoints of sites over real HTTP: what is asked, and what is read from the documents' own samples."""

from datetime import timedelta

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import MalformedAnswer
from custom_components.solar_cloud.cloud.solaredge.model import Alert, DeviceType, Flows, Overview, Site, SiteDevice
from custom_components.solar_cloud.model.elements import System, Vendor

from .helpers import ACCOUNT_KEY, API_KEY, BERLIN, LOS_ANGELES, bench, fixture, text, utc

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_the_list_of_sites_of_the_2022_document_is_read():
    async with bench() as it:
        it.cloud.answer("/sites", text("seed_sites.json"))
        assert await it.client.systems() == (
            System(
                vendor=Vendor.SOLAREDGE,
                id="222881711",
                name="Doe, Jane JJ81234",
                status="active",
                size_w=8502.0,
                installed_at=utc(2013, 12, 23, 7),
            ),
            System(
                vendor=Vendor.SOLAREDGE,
                id="434232993",
                name="Smith, Mike UU221123",
                status="active",
                size_w=9990.0,
                installed_at=utc(2021, 11, 3, 7),
            ),
        )


async def test_the_list_of_sites_of_today_is_read_in_one_request():
    async with bench() as it:
        it.cloud.answer("/sites", text("sites.json"))
        sites = await it.client.api.sites()
        assert sites == (
            Site(
                id="1234567",
                name="Example House",
                status="active",
                peak_power_w=5680.0,
                installed_at=utc(2022, 8, 14, 23),
            ),
            Site(
                id="1234568",
                name="Example Barn",
                status="pending",
                peak_power_w=12000.0,
                installed_at=utc(2026, 10, 29, 23),
            ),
        )
        [asked] = it.cloud.asked
        assert asked.query == [("page", "1"), ("sites-in-page", "1000")]
        assert asked.headers["X-API-Key"] == API_KEY
        assert "X-Account-Key" not in asked.headers
        assert "Authorization" not in asked.headers


async def test_the_account_key_goes_along_when_there_is_one():
    async with bench(account_key=ACCOUNT_KEY) as it:
        it.cloud.answer("/sites", [])
        assert await it.client.systems() == ()
        assert it.cloud.asked[0].headers["X-Account-Key"] == ACCOUNT_KEY


async def test_the_older_base_address_works_with_the_same_paths():
    async with bench() as it:
        it.client.api._transport._base_url += "/monitoring"
        it.cloud.answer("/monitoring/sites", text("seed_sites.json"))
        assert len(await it.client.systems()) == 2


async def test_more_than_a_thousand_sites_take_a_request_for_each_thousand():
    async with bench() as it:
        sites = [{"siteId": number, "name": f"Site {number}"} for number in range(1, 2501)]

        def page(request):
            first = (int(request.query["page"]) - 1) * 1000
            return web.json_response({"sites": {"count": len(sites), "site": sites[first : first + 1000]}})

        it.cloud.handlers["/sites"] = page
        found = await it.client.systems()
        assert [system.id for system in found] == [str(number) for number in range(1, 2501)]
        assert [asked.one("page") for asked in it.cloud.asked] == ["1", "2", "3"]


async def test_a_cloud_that_ignores_the_page_is_not_asked_for_ever():
    async with bench() as it:
        it.cloud.answer("/sites", [{"siteId": number} for number in range(1000)])
        assert len(await it.client.systems()) == 1000
        assert len(it.cloud.asked) == 2


async def test_a_site_without_a_name_is_called_by_its_id_and_one_without_an_id_is_left_out():
    async with bench() as it:
        it.cloud.answer("/sites", [{"siteId": "77"}, {"name": "nobody"}, None, 3])
        assert [(system.id, system.name) for system in await it.client.systems()] == [("77", "77")]


async def test_a_full_page_with_unreadable_rows_is_still_followed_by_the_next():
    async with bench() as it:
        it.cloud.answer("/sites", [None, *({"siteId": number} for number in range(1, 1000))])
        assert len(await it.client.systems()) == 999
        assert len(it.cloud.asked) == 2


async def test_the_details_of_a_site_are_read():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", text("site.json"))
        assert await it.client.api.site("1234567") == Site(
            id="1234567",
            name="Example House",
            status="active",
            peak_power_w=5680.0,
            installed_at=utc(2022, 8, 14, 23),
            last_update=utc(2026, 11, 21, 9, 14, 12),
            timezone="Europe/Berlin",
            utc_offset=timedelta(hours=1),
        )


async def test_details_of_another_site_are_malformed():
    async with bench() as it:
        it.cloud.answer("/sites/1", text("site.json"))
        with pytest.raises(MalformedAnswer):
            await it.client.api.site("1")


async def test_dates_without_an_offset_are_in_the_site_s_zone():
    async with bench() as it:
        it.cloud.answer("/sites/1234567", {**fixture("site.json"), "installationDate": "2022-08-15T00:00:00"})
        assert (await it.client.api.site("1234567")).installed_at == utc(2022, 8, 14, 22)


async def test_the_overview_of_the_2022_document_is_read():
    async with bench() as it:
        it.cloud.answer("/sites/1148616/overview", text("seed_overview.json"))
        start, end = utc(2022, 1, 1, 8), utc(2023, 1, 1, 8)
        assert await it.client.api.overview("1148616", start, end, zone=LOS_ANGELES) == Overview(
            production=Flows(total_wh=17994812.0, parts_wh={"toStorage": 1974019.6}),
            consumption=Flows(total_wh=15884045.0, parts_wh={}),
            specific_yield=1405.8447,
            performance_ratio=None,
        )
        assert it.cloud.asked[0].query == [("from", "2022-01-01T00:00:00-08:00"), ("to", "2023-01-01T00:00:00-08:00")]


async def test_the_overview_of_today_is_read_and_asked_for_without_a_window():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/overview", text("overview.json"))
        overview = await it.client.api.overview("1234567", zone=BERLIN)
        assert overview.production.parts_wh == {"toSelfConsumption": 6200.0, "toStorage": 4100.0, "toGrid": 8150.0}
        assert overview.consumption == Flows(
            total_wh=11950.0, parts_wh={"fromPv": 6200.0, "fromStorage": 2750.0, "fromGrid": 3000.0}
        )
        assert it.cloud.asked[0].query == []


async def test_an_overview_in_another_unit_is_scaled_and_one_in_no_unit_says_nothing():
    async with bench() as it:
        it.cloud.answer(
            "/sites/1/overview", {"production": {"total": 18.45, "unit": "KWH"}, "consumption": {"total": 5}}
        )
        overview = await it.client.api.overview("1", zone=BERLIN)
        assert overview.production.total_wh == 18450.0
        assert overview.consumption.total_wh is None


async def test_an_overview_of_another_site_is_malformed():
    async with bench() as it:
        it.cloud.answer("/sites/1/overview", text("overview.json"))
        with pytest.raises(MalformedAnswer):
            await it.client.api.overview("1", zone=BERLIN)


async def test_the_inventory_of_the_2022_document_is_read():
    async with bench() as it:
        it.cloud.answer("/sites/1148616/devices", text("seed_devices.json"))
        assert await it.client.api.devices("1148616", [DeviceType.INVERTER]) == (
            SiteDevice(
                type="INVERTER",
                serial="7F16E777-F1",
                manufacturer="SolarEdge",
                model="SE7600",
                created_at=utc(2019, 6, 11, 23, 7, 59),
                active=True,
                communication="ETHERNET",
            ),
            SiteDevice(
                type="INVERTER",
                serial="731CD555-E9",
                manufacturer="SolarEdge",
                model="SE5000",
                created_at=utc(2019, 6, 11, 23, 40, 19),
                active=True,
                communication="RS485",
            ),
        )
        assert it.cloud.asked[0].query == [("types", "INVERTER")]


async def test_the_inventory_keeps_every_row_and_types_are_repeated():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/devices", text("devices.json"))
        rows = await it.client.api.devices("1234567", [DeviceType.INVERTER, DeviceType.METER])
        assert [(row.type, row.serial, row.meter_type, row.connected_to) for row in rows] == [
            ("INVERTER", "7A000001-10", None, None),
            ("METER", "5000001", "FeedIn", "7A000001-10"),
            ("METER", "5000001", "Purchased", "7A000001-10"),
            ("METER", None, "SelfConsumption", "7A000001-10"),
            ("BATTERY", "BAT-0001", None, "7A000001-10"),
        ]
        assert (rows[0].part_number, rows[0].model, rows[0].firmware) == ("SE5000H-EXAMPLE", None, "4.25.13")
        assert it.cloud.asked[0].raw.endswith("/devices?types=INVERTER&types=METER")


async def test_alerts_are_read_and_only_open_ones_asked_for():
    async with bench() as it:
        it.cloud.answer("/sites/1234567/alerts", text("alerts.json"))
        assert await it.client.api.alerts("1234567") == (
            Alert(
                id="900001",
                site_id="1234567",
                category="equipment",
                type="INVERTER_COMMUNICATION_FAULT",
                impact=7,
                status="open",
                first_trigger=utc(2026, 11, 20, 8),
                last_trigger=utc(2026, 11, 21, 8),
                component="Inverter 1",
                component_serial="7A000001-10",
                error_codes=("18x84",),
            ),
        )
        assert it.cloud.asked[0].query == [("only-open", "true"), ("page", "1"), ("alerts-in-page", "100")]


async def test_all_alerts_can_be_asked_for_and_pages_are_followed_until_a_short_one():
    async with bench() as it:
        pages = {"1": [{"alertId": number} for number in range(100)], "2": [{"alertId": 100}]}

        def page(request):
            return web.json_response(pages[request.query["page"]])

        it.cloud.handlers["/sites/1/alerts"] = page
        assert len(await it.client.api.alerts("1", only_open=False)) == 101
        assert [asked.one("only-open") for asked in it.cloud.asked] == ["false", "false"]


async def test_no_alert_is_a_normal_answer():
    async with bench() as it:
        it.cloud.answer("/sites/1/alerts", [])
        assert await it.client.api.alerts("1") == ()
