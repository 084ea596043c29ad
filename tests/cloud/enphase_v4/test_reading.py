"""Rows are read in the spans that the cloud allows; what it refuses is not asked for again in the same way."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.capabilities import DOUBTED, MISSING, READ
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.facts import REVIEW_EVERY
from custom_components.solar_cloud.cloud.enphase_v4.measures import GRID_IMPORT, PRODUCTION
from custom_components.solar_cloud.cloud.enphase_v4.model import Granularity
from custom_components.solar_cloud.cloud.enphase_v4.reading import read_rows
from custom_components.solar_cloud.cloud.errors import NoDataYet, TemporarilyUnavailable
from custom_components.solar_cloud.model.data import SystemData, midnight
from custom_components.solar_cloud.model.elements import Flow, System, Vendor
from custom_components.solar_cloud.model.merging import merge

from ..conftest import FakeClock, FakeCloud, Seen
from .helpers import AMSTERDAM, ELM, KEY, StaticAuth
from .world import STORING, UTC_ZONE, World, make_world

SUMMER = datetime(2026, 7, 8, 11, 7, tzinfo=UTC)
NOW = datetime(2026, 6, 5, 10, 7, tzinfo=UTC)
END = NOW.replace(minute=0)
DAY = timedelta(days=1)
IMPORT = f"/api/v4/systems/{ELM}/energy_import_telemetry"
REFUSED = {"message": "Unprocessable Entity", "details": "granularity is not supported", "code": 422}


class Rows(FakeCloud):
    """A cloud that has quarter hours of import, in the spans that it allows."""

    def __init__(self, refuses: Callable[[Seen], int | None]) -> None:
        super().__init__()
        self.refuses = refuses

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(seen := Seen(request.path, tuple(request.query.items()), request.headers, ""))
        if (status := self.refuses(seen)) is not None:
            return web.json_response(REFUSED | {"code": status}, status=status)
        start, end = span(seen)
        ends = range(int(start.timestamp()) + 900, int(end.timestamp()) + 1, 900)
        rows = [{"end_at": at, "wh_imported": 10} for at in ends]
        return web.json_response({"system_id": int(ELM), "total_devices": 0, "intervals": [rows]})


def span(seen: Seen) -> tuple[datetime, datetime]:
    start, end = (datetime.fromtimestamp(int(seen.asked(name) or 0), UTC) for name in ("start_at", "end_at"))
    return start, end


def no_weeks(seen: Seen) -> int | None:
    return 422 if seen.asked("granularity") == "week" else None


@pytest.fixture
def refuses() -> Callable[[Seen], int | None]:
    return no_weeks


@pytest.fixture
async def rows(refuses: Callable[[Seen], int | None], socket_enabled: None) -> AsyncGenerator[Rows]:
    cloud = Rows(refuses)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", cloud.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        cloud.url = str(server.make_url("")).rstrip("/")
        yield cloud


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, rows: Rows) -> EnphaseV4:
    account.clock.now = NOW  # type: ignore[attr-defined]
    return EnphaseV4(session, account, api_key=KEY, auth=StaticAuth(), base_url=f"{rows.url}/api/v4", zone=AMSTERDAM)


def data_with(**notes: str) -> SystemData:
    system = System(vendor=Vendor.ENPHASE, id=ELM, name="Elm Street", timezone=AMSTERDAM.key)
    return SystemData(system=system, notes={"v4_meters": "consumption:net", "v4_import": READ, **notes})


async def read(client: EnphaseV4, start: datetime, data: SystemData | None = None, now: datetime = NOW) -> Any:
    return await read_rows(GRID_IMPORT, client.api, data or data_with(), start, Granularity.WEEK, now)


async def test_a_refused_week_is_read_by_days_oldest_first(
    client: EnphaseV4, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    start = END - timedelta(hours=67)
    found, notes = await read(client, start)
    assert [seen.asked("granularity") for seen in rows.requests] == ["week", "day", "day", "day"]
    assert [span(seen) for seen in rows.requests[1:]] == [
        (start, start + DAY),
        (start + DAY, start + 2 * DAY),
        (END - DAY, END),
    ]
    intervals = found.rows[Flow.GRID_IMPORT]
    assert [one.start for one in intervals] == [start + timedelta(minutes=15 * n) for n in range(67 * 4)]
    assert caplog.text.count("read by days") == 1
    # The next time the week is not even tried, and no day twice.
    rows.requests.clear()
    data = data_with(**notes)
    later = NOW + timedelta(hours=3)
    await read(client, start, data, later)
    assert [(seen.asked("granularity"), span(seen)[0]) for seen in rows.requests] == [
        ("day", END + timedelta(hours=3) - DAY)
    ]
    # After another pause neither.
    rows.requests.clear()
    later = NOW + timedelta(days=9)
    client.api._account.clock.now = later  # type: ignore[attr-defined]
    await read(client, END + timedelta(days=9, hours=-30), data, later)
    assert [seen.asked("granularity") for seen in rows.requests] == ["day", "day"]
    assert caplog.text.count("read by days") == 1
    # A limit is not for ever.
    rows.requests.clear()
    later = NOW + timedelta(days=29)
    client.api._account.clock.now = later  # type: ignore[attr-defined]
    await read(client, END + timedelta(days=29, hours=-30), data, later)
    assert [seen.asked("granularity") for seen in rows.requests] == ["week", "day", "day"]


def only_recent(seen: Seen) -> int | None:
    return 422 if span(seen)[0] < END - timedelta(hours=50) else None


@pytest.mark.parametrize("refuses", [only_recent])
async def test_what_is_out_of_reach_is_left_alone(client: EnphaseV4, rows: Rows) -> None:
    start = END - timedelta(hours=70)
    found, notes = await read(client, start)
    assert [seen.asked("granularity") for seen in rows.requests] == ["week", "day", "day", "day"]
    assert min(one.start for one in found.rows[Flow.GRID_IMPORT]) == start + DAY
    rows.requests.clear()
    # The gap is still there, and is not asked for again; a week is no worse than before.
    await read(client, start, data_with(**notes), NOW + timedelta(hours=3))
    assert [seen.asked("granularity") for seen in rows.requests] == ["day"]
    assert "v4_import_week" not in notes


@pytest.mark.parametrize("refuses", [lambda _: 422])
async def test_a_measure_of_which_every_span_is_refused_is_missing_and_tried_again(
    client: EnphaseV4, rows: Rows
) -> None:
    data, states, asked = data_with(), [], []
    for hours in range(0, 12, 3):
        now = NOW + timedelta(hours=hours)
        client.api._account.clock.now = now  # type: ignore[attr-defined]
        if client.job("import").applies_to(data):
            data = merge(data, await client.job("import").run(data, now), now, AMSTERDAM)
        states.append(data.notes["v4_import"])
        asked.append(len(rows.requests))
    assert states == [DOUBTED, MISSING, MISSING, MISSING]
    assert asked[1:] == [asked[1]] * 3
    # The list of devices is read again, which has it tried once more.
    assert client.job("devices").terms_for(data).cadence == REVIEW_EVERY


@pytest.mark.parametrize("refuses", [lambda seen: 503 if no_weeks(seen) is None else 422])
async def test_an_outage_is_no_refusal(client: EnphaseV4, rows: Rows) -> None:
    with pytest.raises(TemporarilyUnavailable):
        await read(client, END - timedelta(hours=30))
    assert [seen.asked("granularity") for seen in rows.requests] == ["week", "day"]


class Once:
    """Fails at the second day."""

    def __init__(self) -> None:
        self.days = 0

    def __call__(self, seen: Seen) -> int | None:
        if no_weeks(seen):
            return 422
        self.days += 1
        return 503 if self.days == 2 else None


@pytest.mark.parametrize("refuses", [Once()])
async def test_days_that_came_before_an_outage_stay(client: EnphaseV4, rows: Rows) -> None:
    start = END - timedelta(hours=60)
    found, _ = await read(client, start)
    assert max(one.end for one in found.rows[Flow.GRID_IMPORT]) == start + DAY


@pytest.mark.parametrize("refuses", [lambda _: 422])
async def test_the_refusal_of_a_day_is_raised(client: EnphaseV4, rows: Rows) -> None:
    with pytest.raises(NoDataYet):
        await read_rows(PRODUCTION, client.api, data_with(), END - DAY, Granularity.DAY, NOW)
    assert len(rows.requests) == 1


@pytest.fixture
async def world(socket_enabled: None, clock: FakeClock) -> AsyncGenerator[World]:
    clock.now = SUMMER
    async with make_world(clock) as opened:
        yield opened


async def test_flows_are_back_at_once_after_a_pause_of_more_than_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await world.client()
    data = await world.run(client, await world.system(client, STORING), "summary", "devices")
    data = await world.run(client, await world.round(client, data), "totals")
    get = client.api._transport.get

    async def refusing(path: str, query: Any = (), **given: Any) -> Any:
        if ("granularity", "week") in query:
            raise NoDataYet("HTTP 422: granularity")
        return await get(path, query, **given)

    monkeypatch.setattr(client.api._transport, "get", refusing)
    world.later(hours=30)
    data = await world.round(client, data)
    start = midnight((world.clock.now - timedelta(hours=40)).date(), UTC_ZONE)
    for flow, series in {**data.flows, Flow.PRODUCTION: data.intervals}.items():
        newest = max(row.end for row in series.values())
        assert world.clock.now - newest < timedelta(minutes=30), flow
        known = [row for row in series.values() if row.start >= start]
        assert sum(row.energy_wh for row in known) == world.truth(STORING, known[0].start, newest)[flow], flow
    # The past is read too, day by day, each once.
    day = (world.clock.now - 5 * DAY).date()
    for number in range(2):
        world.simulator.clear_requests()
        detail = await client.archive.detail(data, day + number * DAY, world.clock.now)
        assert len(world.paths) == 4
        zone = world.plant(STORING).zone
        begin, end = (midnight(day + (number + more) * DAY, zone) for more in (0, 1))
        for flow, part in detail.items():
            assert sum(row.energy_wh for row in part) == world.truth(STORING, begin, end)[flow], flow
