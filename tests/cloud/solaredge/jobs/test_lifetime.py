"""The lifetime of a SolarEdge site: all years without today."""

from dataclasses import replace
from datetime import date, timedelta

from aiohttp import web
import pytest

from custom_components.solar_cloud.cloud.errors import InvalidRequest, MalformedAnswer, NoDataYet
from custom_components.solar_cloud.model.elements import Interval, LifetimeBase, Update

from ..helpers import bench, fixture, quarters, utc
from .helpers import ENERGY, spans, total, truth, with_system

pytestmark = pytest.mark.usefixtures("socket_enabled")


YEARS_WH = 1500000.5 + 5100000 + 5250000.25 + 4900000


def lifetime_answers(it, years, today, served=None) -> None:
    """Answer years and today's day; the day is null for `None`."""

    def answer(request: web.Request) -> web.StreamResponse:
        match request.query["resolution"]:
            case "YEAR":
                return web.json_response(years)
            case "DAY":
                values = [{"timestamp": request.query["from"], "value": today}]
                return web.json_response({"unit": "KWH", "resolution": "DAY", "values": values})
            case _:
                return served(request)

    it.cloud.handlers[ENERGY] = answer


async def test_the_lifetime_is_all_years_up_to_now_without_today():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        data = with_system(installed_at=utc(2022, 8, 14, 22))
        update = await it.run("lifetime", data)
        assert update == Update(
            lifetime=LifetimeBase(day=date(2026, 11, 21), before_wh=YEARS_WH - 3500),
            system=replace(data.system, producing_since=date(2022, 1, 1)),
        )
        years, day = it.cloud.asked
        assert years.query == [
            ("from", "2000-01-01T00:00:00+01:00"),
            ("to", "2026-11-21T10:01:30+01:00"),
            ("resolution", "YEAR"),
            ("unit", "WH"),
        ]
        assert day.query == [
            ("from", "2026-11-21T00:00:00+01:00"),
            ("to", "2026-11-21T10:01:30+01:00"),
            ("resolution", "DAY"),
            ("unit", "WH"),
        ]


async def test_the_lifetime_of_a_site_without_an_installation_date_begins_in_2000():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        await it.run("lifetime", with_system(installed_at=None))
        assert it.cloud.asked[0].one("from") == "2000-01-01T00:00:00+01:00"


async def test_in_the_first_minute_of_a_day_there_is_nothing_of_today_to_ask_for():
    async with bench() as it:
        it.clock.now = utc(2026, 11, 20, 23, 0)
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        update = await it.run("lifetime", with_system(installed_at=utc(2022, 8, 14, 22)))
        assert update.lifetime == LifetimeBase(day=date(2026, 11, 21), before_wh=YEARS_WH)
        assert len(it.cloud.asked) == 1


async def test_a_dark_morning_without_a_value_takes_nothing_off_the_years():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), None)
        update = await it.run("lifetime", with_system(installed_at=utc(2022, 8, 14, 22)))
        assert update.lifetime.before_wh == YEARS_WH


async def test_a_day_without_a_value_although_its_quarters_are_known_is_waited_for():
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), None, quarters(truth, clock=it.clock))
        data = await it.run_and_merge("energy", with_system(installed_at=utc(2022, 8, 14, 22)))
        with pytest.raises(NoDataYet):
            await it.run("lifetime", data)


@pytest.mark.parametrize("values", [[], [{"timestamp": "2026-01-01T00:00:00+01:00", "value": None}]])
async def test_a_lifetime_without_any_value_is_unknown_not_zero(values):
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": values}, None)
        with pytest.raises(NoDataYet):
            await it.run("lifetime", with_system(installed_at=utc(2022, 8, 14, 22)))


async def test_a_lifetime_that_a_producing_site_must_have_is_asked_for_again_within_the_hour():
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, 3.5)
        data, job = with_system(installed_at=utc(2022, 8, 14, 22)), it.job("lifetime")
        with pytest.raises(NoDataYet):
            await it.run("lifetime", data)
        # Without the years nobody needs today.
        assert len(it.cloud.asked) == 1
        assert job.terms_for(data).cadence == timedelta(hours=24)
        start = utc(2026, 11, 21, 9)
        rows = {start: Interval(start=start, end=start + timedelta(minutes=15), energy_wh=50.0)}
        data = replace(data, intervals=rows)
        assert job.terms_for(data).cadence == timedelta(hours=1)
        data = replace(data, lifetime_base=LifetimeBase(day=date(2026, 11, 21), before_wh=5.0))
        assert job.terms_for(data).cadence == timedelta(hours=24)


async def test_a_site_that_was_installed_today_begins_with_a_lifetime_of_zero():
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, None)
        update = await it.run("lifetime", with_system(installed_at=utc(2026, 11, 21, 8)))
        assert update.lifetime == LifetimeBase(day=date(2026, 11, 21), before_wh=0.0)


async def test_the_lifetime_on_new_year_s_day_asks_for_a_time_that_is_not_empty():
    async with bench() as it:
        it.clock.now = utc(2026, 12, 31, 23)
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, None)
        await it.run("lifetime", with_system(installed_at=utc(2026, 12, 31, 23)))
        assert spans(it) == [("2000-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00")]


async def test_a_lifetime_below_zero_is_malformed():
    async with bench() as it:
        years = fixture("lifetime.json")
        years["values"] = [{"timestamp": "2026-01-01T00:00:00+01:00", "value": -5}]
        lifetime_answers(it, years, 0)
        with pytest.raises(MalformedAnswer):
            await it.run("lifetime", with_system(installed_at=utc(2022, 8, 14, 22)))


async def test_lifetime_and_the_day_s_intervals_make_the_published_lifetime():
    async with bench() as it:
        today = total(utc(2026, 11, 20, 23), utc(2026, 11, 21, 9))
        lifetime_answers(it, fixture("lifetime.json"), today / 1000, quarters(truth, clock=it.clock))
        data = await it.run_and_merge("energy", with_system(installed_at=utc(2022, 8, 14, 22)))
        data = await it.run_and_merge("lifetime", data)
        assert data.lifetime.published_wh == pytest.approx(YEARS_WH, abs=0.001)


@pytest.mark.parametrize(
    "installed_at",
    [utc(2026, 2, 1), utc(2026, 11, 21, 8), utc(2026, 12, 24), utc(2062, 2, 1), utc(2001, 1, 1), None],
    ids=str,
)
async def test_everything_that_the_year_buckets_tell_counts_whatever_the_date_says(installed_at):
    async with bench() as it:
        lifetime_answers(it, fixture("lifetime.json"), 3.5)
        update = await it.run("lifetime", with_system(installed_at=installed_at))
        assert update.lifetime == LifetimeBase(day=date(2026, 11, 21), before_wh=YEARS_WH - 3500)
        assert update.system.producing_since == date(2022, 1, 1)
        assert len(it.cloud.asked) == 2


@pytest.mark.parametrize("installed_at", [utc(2026, 11, 22, 8), utc(2062, 2, 1), None], ids=str)
async def test_a_date_that_lies_ahead_makes_no_lifetime_of_zero(installed_at):
    async with bench() as it:
        lifetime_answers(it, {"unit": "WH", "resolution": "YEAR", "values": []}, None)
        with pytest.raises(NoDataYet):
            await it.run("lifetime", with_system(installed_at=installed_at))


async def test_a_year_without_energy_is_not_the_first_one_and_the_known_first_one_is_not_written_anew():
    async with bench() as it:
        years = fixture("lifetime.json")
        years["values"][0]["value"] = 0
        lifetime_answers(it, years, 3.5)
        update = await it.run("lifetime", with_system())
        assert update.system.producing_since == date(2023, 1, 1)
        assert (await it.run("lifetime", with_system(producing_since=date(2023, 1, 1)))).system is None


async def test_a_cloud_that_refuses_so_many_years_is_asked_from_the_installation_on():
    async with bench() as it:
        years = fixture("lifetime.json")
        lifetime_answers(it, years, 3.5)
        serve = it.cloud.handlers[ENERGY]
        it.cloud.handlers[ENERGY] = lambda request: (
            web.json_response({"detail": "too long"}, status=400)
            if request.query["from"].startswith("2000")
            else serve(request)
        )
        data = with_system(installed_at=utc(2022, 8, 14, 22))
        for requests in (3, 2):
            it.cloud.asked.clear()
            assert (await it.run("lifetime", data)).lifetime.before_wh == YEARS_WH - 3500
            assert len(it.cloud.asked) == requests
        with pytest.raises(InvalidRequest):
            await it.run("lifetime", with_system(installed_at=None))
