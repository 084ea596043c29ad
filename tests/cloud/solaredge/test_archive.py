"""The past of SolarEdge sites: one refusal costs no more than its own values, and what was answered is known."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import TemporarilyUnavailable
from custom_components.solar_cloud.cloud.solaredge.windows import Asked
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, Flow
from custom_components.solar_cloud.system.restore import dump, load

from .helpers import Bench, bench, quarters, system_data, utc
from .jobs.helpers import ENERGY, METERS, STORAGE, total, truth

pytestmark = pytest.mark.usefixtures("socket_enabled")

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 20)
FLOWS = {"meters_flows": "grid_export grid_import", "storage_flows": "battery_charge battery_discharge"}


def rows(request: web.Request, value: float) -> list[dict[str, Any]]:
    start = datetime.fromisoformat(request.query["from"])
    step = timedelta(days=1) if request.query["resolution"] == "DAY" else timedelta(hours=1)
    end = datetime.fromisoformat(request.query["to"])
    # The bucket that begins at `to` comes too.
    return [{"timestamp": (start + step * i).isoformat(), "value": value} for i in range((end - start) // step + 1)]


def serve(it: Bench) -> None:
    it.cloud.handlers[ENERGY] = lambda request: web.json_response(
        {"unit": "WH", "resolution": request.query["resolution"], "values": rows(request, 1000.0)}
    )
    it.cloud.handlers[METERS] = lambda request: web.json_response(
        {
            "meters": {
                serial: {"importEnergy": {"unit": "Wh", "values": rows(request, value)}}
                for serial, value in (("OLD", 7.0), ("NEW", 5.0))
            }
        }
    )


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_family_that_may_not_be_read_costs_nothing_but_its_own_past(status):
    async with bench() as it:
        serve(it)
        it.cloud.answer(STORAGE, {"detail": "no"}, status=status)
        data = replace(system_data(), notes=FLOWS)
        totals = await it.client.archive.totals(data, FIRST, LAST, it.clock.now)
        assert totals.keys() == {Flow.PRODUCTION, Flow.GRID_IMPORT}
        assert set(totals[Flow.PRODUCTION]) == {FIRST + timedelta(days=day) for day in range(20)}
        # Both meters count, whichever the inventory lists.
        assert set(totals[Flow.GRID_IMPORT].values()) == {12.0}
        detail = await it.client.archive.detail(data, LAST, it.clock.now)
        assert [len(detail[flow]) for flow in (Flow.PRODUCTION, Flow.GRID_IMPORT)] == [24, 24]


async def test_an_outage_of_one_family_is_tried_again_as_a_whole():
    async with bench() as it:
        serve(it)
        it.cloud.page(STORAGE, 503)
        with pytest.raises(TemporarilyUnavailable):
            await it.client.archive.totals(replace(system_data(), notes=FLOWS), FIRST, LAST, it.clock.now)


def silent_at_night(start: datetime) -> float | None:
    return truth(start) if 7 <= start.hour < 15 else None


async def test_the_time_that_was_asked_for_is_known_and_its_nulls_are_not_asked_for_again():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(silent_at_night, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 17, 1, 30)
        data = await it.run_and_merge("energy", system_data())
        assert len(it.cloud.asked) == 2
        # Up to the nulls of the last three hours: these may still come.
        assert Asked.of(data.notes["asked_energy"]) == Asked(utc(2026, 11, 20, 23), utc(2026, 11, 21, 15))
        # The same after a restart: the night is paid for once.
        it.job("energy")._windows._asked.clear()
        it.cloud.asked.clear()
        data = await it.run_and_merge("energy", load(SystemData, dump(data)))
        assert len(it.cloud.asked) == 1
        assert data.today.energy_wh == total(utc(2026, 11, 21, 7), utc(2026, 11, 21, 15))


@pytest.mark.parametrize(
    "note", ["", "x/y", "2026-11-20T23:00:00+00:00", "2026-11-20T23:00:00+00:00/2027-01-01T00:00:00Z"]
)
async def test_a_note_that_is_damaged_or_of_the_future_has_the_day_read_anew(note):
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(silent_at_night, clock=it.clock)
        it.clock.now = utc(2026, 11, 21, 17, 1, 30)
        data = await it.run_and_merge("energy", replace(system_data(), notes={"asked_energy": note}))
        assert len(it.cloud.asked) == 2
        assert Asked.of(data.notes["asked_energy"]) is not None


async def test_a_history_that_the_cloud_copies_to_a_new_meter_counts_once():
    def answer(request: web.Request) -> web.StreamResponse:
        values = rows(request, 250.0)
        half = len(values) // 2
        old = [row if number < half else row | {"value": None} for number, row in enumerate(values)]
        parts = {"OLD": old, "NEW": values}
        return web.json_response(
            {"meters": {serial: {"importEnergy": {"unit": "Wh", "values": part}} for serial, part in parts.items()}}
        )

    async with bench() as it:
        serve(it)
        it.cloud.handlers[METERS] = answer
        listed = {"NEW": Device(kind=DeviceKind.METER, serial="NEW")}
        data = replace(system_data(), devices=listed, notes={"meters_flows": "grid_import"})
        totals = await it.client.archive.totals(data, FIRST, LAST, it.clock.now)
        assert set(totals[Flow.GRID_IMPORT].values()) == {250.0}
        detail = await it.client.archive.detail(data, LAST, it.clock.now)
        assert {row.energy_wh for row in detail[Flow.GRID_IMPORT]} == {250.0}


async def test_while_families_may_still_be_found_a_price_is_at_most_that_with_all_of_them():
    async with bench() as it:
        archive = it.client.archive
        for data, price in ((system_data(), 1), (replace(system_data(), notes=FLOWS), 3)):
            assert archive.price(data, FIRST, LAST) == price
            assert archive.at_most(data, price) == 3
