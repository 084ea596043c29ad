"""The open alerts of a SolarEdge site."""

from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.model.elements import Alert

from ..helpers import NOW, bench, system_data

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALERTS = "/sites/1234567/alerts"


def alert(number: int | None, **changes: Any) -> dict[str, Any]:
    return {
        "alertId": number,
        "siteId": 1234567,
        "category": "EQUIPMENT",
        "type": "SNOW_ON_SITE",
        "impact": 7,
        "status": "OPEN",
        "firstTrigger": "2026-11-21T06:00:00Z",
        "lastTrigger": "2026-11-21T08:00:00Z",
        "component": {"name": "Inverter 1", "serialNumber": "7A000001-10"},
        "errorCodes": ["3x6B"],
        **changes,
    }


async def test_open_alerts_are_reported_and_closed_ones_are_not():
    async with bench() as it:
        it.cloud.answer(ALERTS, [alert(1), alert(2, status="CLOSED"), alert(3, status=None, component=None)])
        data = await it.run_and_merge("alerts", system_data())
        assert data.alerts is not None
        assert data.alerts.keys() == {"1", "3"}
        assert data.alerts["1"] == Alert(
            id="1",
            type="SNOW_ON_SITE",
            category="equipment",
            impact=7,
            since=NOW.replace(hour=6, minute=0, second=0),
            component="Inverter 1",
            serial="7A000001-10",
        )
        it.cloud.answer(ALERTS, [])
        assert (await it.run_and_merge("alerts", data)).alerts == {}


async def test_an_alert_without_a_number_stays_the_same_alert_however_often_it_is_read():
    async with bench() as it:
        it.cloud.answer(ALERTS, [alert(None), alert(None, type="PANEL_COMMUNICATION_FAULT")])
        data = await it.run_and_merge("alerts", system_data())
        it.cloud.answer(ALERTS, [alert(None, lastTrigger="2026-11-21T08:30:00Z")])
        again = await it.run_and_merge("alerts", data)
        assert data.alerts is not None
        assert again.alerts is not None
        assert len(data.alerts) == 2
        assert again.alerts.keys() < data.alerts.keys()


async def test_more_than_a_page_of_alerts_is_read_page_by_page():
    async with bench() as it:
        rows = [alert(number) for number in range(1, 151)]

        def page(request: Any) -> Any:
            number, size = int(request.query["page"]), int(request.query["alerts-in-page"])
            return web.json_response(rows[(number - 1) * size : number * size])

        it.cloud.handlers[ALERTS] = page
        data = await it.run_and_merge("alerts", system_data())
        assert data.alerts is not None
        assert len(data.alerts) == 150
        assert [asked.one("page") for asked in it.cloud.asked] == ["1", "2"]
        assert {asked.one("only-open") for asked in it.cloud.asked} == {"true"}
