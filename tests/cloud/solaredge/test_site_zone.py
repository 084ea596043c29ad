"""A SolarEdge site whose details name no zone that can be used: its days follow the offset of the cloud's answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
import json
import logging
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.solaredge.families import METERS
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Flow, LifetimeBase
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.model.zones import zone_named

from .helpers import BERLIN, LOS_ANGELES, Bench, bench, fixture, quarters, system_data, utc
from .jobs.helpers import ENERGY, SITE, total, truth

pytestmark = pytest.mark.usefixtures("socket_enabled")

TOKYO = ZoneInfo("Asia/Tokyo")
UNREADABLE = [None, "", "GMT+1", "W. Europe Standard Time", "Etc/Unknown", "+01:00", "UTC+01:00", "Factory", 7, {}]


def details(timezone: Any, reported: str | None = "2026-11-21T09:14:12Z", **changes: Any) -> dict[str, Any]:
    site = fixture("site.json")
    site["location"]["timezone"] = timezone
    return {**site, "lastUpdateTime": reported, **changes}


async def run(it: Bench, data: SystemData, *names: str, home: ZoneInfo) -> SystemData:
    for name in names:
        data = merge(data, await it.run(name, data), it.clock.now, home)
    return data


def new_site() -> SystemData:
    return replace(system_data(), system=replace(system_data().system, timezone=None))


@pytest.mark.parametrize("timezone", UNREADABLE)
@pytest.mark.parametrize("home", [TOKYO, LOS_ANGELES, BERLIN], ids=str)
async def test_the_day_of_a_site_without_a_readable_zone_is_that_of_its_answers(timezone, home):
    async with bench(zone=home) as it:
        it.clock.now = utc(2026, 11, 21, 20, 1, 30)
        it.cloud.answer(SITE, details(timezone))
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await run(it, new_site(), "details", "energy", home=home)
        assert data.system.timezone == "+01:00"
        assert data.energy_today_wh(it.clock.now, home) == total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 20))
        # The details do not take it back, whatever they name the next day.
        data = await run(it, data, "details", home=home)
        assert data.system.timezone == "+01:00"


async def test_the_time_of_the_last_report_has_the_offset_before_any_energy_is_read():
    async with bench(zone=TOKYO) as it:
        it.cloud.answer(SITE, details(None, "2026-11-21T14:44:12+05:30"))
        data = await run(it, new_site(), "details", home=TOKYO)
        assert data.system.timezone == "+05:30"
        assert data.system.zone(TOKYO) is zone_named("+05:30")
        it.cloud.handlers[ENERGY] = quarters(truth, zone=ZoneInfo("Asia/Kolkata"), clock=it.clock)
        data = await run(it, data, "energy", home=TOKYO)
        # Nothing is asked for twice.
        assert [asked.path for asked in it.cloud.asked] == [SITE, ENERGY, ENERGY]
        assert data.energy_today_wh(it.clock.now, TOKYO) == total(utc(2026, 11, 20, 18, 30), utc(2026, 11, 21, 9))


@pytest.mark.parametrize("timezone", ["UTC", "Etc/GMT+1", "Etc/UTC", "GMT", "EST"])
async def test_a_zone_that_is_no_place_is_believed_as_far_as_no_label_says_otherwise(timezone):
    async with bench() as it:
        it.cloud.answer(SITE, details(timezone))
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await run(it, new_site(), "details", home=BERLIN)
        assert data.system.timezone == timezone
        data = await run(it, data, "energy", "details", home=BERLIN)
        assert data.system.timezone == "+01:00"
        it.cloud.handlers[ENERGY] = quarters(truth, zone=ZoneInfo(timezone), clock=it.clock)
        other = await run(it, replace(data, system=replace(data.system, timezone=timezone)), "energy", home=BERLIN)
        assert other.system.timezone == timezone


async def test_a_place_is_believed_and_is_taken_as_soon_as_the_details_name_one():
    async with bench() as it:
        it.cloud.handlers[ENERGY] = quarters(truth, zone=ZoneInfo("UTC"), clock=it.clock)
        assert (await it.run("energy", system_data())).system.timezone == "Europe/Berlin"
        it.cloud.answer(SITE, details("Europe/Berlin"))
        data = replace(system_data(), system=replace(system_data().system, timezone="+01:00"))
        assert (await it.run("details", data)).system.timezone == "Europe/Berlin"
        it.cloud.answer(SITE, details("GMT+1"))
        assert (await it.run("details", system_data())).system.timezone == "Europe/Berlin"


@pytest.mark.parametrize("text", ["GMT+1", "(UTC+01:00) Amsterdam, Berlin"])
async def test_an_offset_in_the_name_is_better_than_home_assistant_s_zone(text):
    async with bench(zone=TOKYO) as it:
        it.cloud.answer(SITE, details(text))
        it.cloud.handlers[ENERGY] = naive(quarters(truth, clock=it.clock))
        data = await run(it, new_site(), "details", "energy", home=TOKYO)
        assert data.system.timezone == "+01:00"


async def test_the_owner_is_told_once_in_the_log(caplog):
    async with bench() as it:
        it.cloud.answer(SITE, details(None))
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        with caplog.at_level(logging.WARNING):
            data = new_site()
            for _ in range(3):
                data = await run(it, data, "details", "energy", home=BERLIN)
                it.clock.now += timedelta(minutes=15)
        assert len([record for record in caplog.records if "time zone" in record.message]) == 1
        caplog.clear()
        await it.run("energy", system_data())
        assert not caplog.records


async def test_home_assistant_s_zone_is_never_taken_silently(caplog):
    async with bench() as it:
        it.cloud.handlers[ENERGY] = naive(quarters(truth, clock=it.clock))
        with caplog.at_level(logging.WARNING):
            await run(it, new_site(), "energy", "energy", home=BERLIN)
        assert len([record for record in caplog.records if "Home Assistant's" in record.message]) == 1


async def test_when_clocks_change_the_offset_follows_and_the_lifetimes_are_read_again():
    async with bench() as it:
        it.clock.now = utc(2026, 3, 28, 12, 1, 30)
        it.cloud.handlers[ENERGY] = quarters(truth, clock=it.clock)
        data = await run(it, new_site(), "energy", home=TOKYO)
        assert data.system.timezone == "+01:00"
        data = replace(data, notes={**data.notes, METERS.totals_note: it.clock.now.isoformat()})
        it.clock.now = utc(2026, 3, 29, 12, 1, 30)
        data = await run(it, data, "energy", home=TOKYO)
        assert data.system.timezone == "+02:00"
        assert data.notes[METERS.totals_note] == ""


async def test_a_zone_learned_with_the_day_under_way_leaves_no_part_of_it_out():
    async with bench(zone=TOKYO) as it:
        it.clock.now = utc(2026, 11, 21, 20, 1, 30)
        it.cloud.handlers[ENERGY] = quarters(truth, zone=LOS_ANGELES, clock=it.clock)
        data = replace(new_site(), lifetime_base=LifetimeBase(day=datetime(2026, 11, 21).date(), before_wh=5e6))
        data = await run(it, data, "energy", home=TOKYO)
        assert data.system.timezone == "-08:00"
        assert data.energy_today_wh(it.clock.now, TOKYO) == total(utc(2026, 11, 21, 8), utc(2026, 11, 21, 20))
        assert Flow.CONSUMPTION not in data.flows


async def test_the_list_of_a_homeowner_s_one_site_has_a_zone_that_can_be_used():
    async with bench() as it:
        it.client._granted = "1234567"
        for timezone, name in (("GMT+1", "+01:00"), ("Europe/Berlin", "Europe/Berlin"), ("?", None)):
            it.cloud.answer(SITE, details(timezone))
            assert (await it.client.systems())[0].timezone == name


def naive(serve: Callable[[web.Request], web.StreamResponse]) -> Callable[[web.Request], web.StreamResponse]:
    """Leave the offsets out of the labels."""

    def handle(request: web.Request) -> web.StreamResponse:
        answer = json.loads(serve(request).text)
        for row in answer["values"]:
            row["timestamp"] = row["timestamp"][:19]
        return web.json_response(answer)

    return handle
