"""A SolarEdge cloud of the tests' own: gives the answers that a test sets, notes what it was asked."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.base import Job
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import System, Vendor
from custom_components.solar_cloud.model.merging import merge

FIXTURES = Path(__file__).parents[2] / "fixtures" / "solaredge"
API_KEY = "K3Y/with+odd=characters"
ACCOUNT_KEY = "acc0unt-s3cret"
BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 21, 9, 1, 30, tzinfo=UTC)
"""10:01:30 in Berlin: the quarter hour before ten o'clock has been over for 90 seconds."""

type Handler = Callable[[web.Request], web.StreamResponse]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def text(name: str) -> str:
    return (FIXTURES / name).read_text(encoding="utf-8")


def fixture(name: str) -> Any:
    return json.loads(text(name))


@dataclass
class Asked:
    path: str
    raw: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]

    def one(self, name: str) -> str | None:
        values = [value for key, value in self.query if key == name]
        assert len(values) <= 1
        return values[0] if values else None


@dataclass
class FakeCloud:
    """Paths (without the base) to handlers; what has none is 404 as the vendor words it."""

    asked: list[Asked] = field(default_factory=list)
    handlers: dict[str, Handler] = field(default_factory=dict)

    def answer(self, path: str, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        payload = body if isinstance(body, str) else json.dumps(body)
        self.handlers[path] = lambda _: web.Response(
            text=payload,
            status=status,
            headers={"x-ratelimit-limit-minute": "1000", **(headers or {})},
            content_type="application/json",
        )

    def page(self, path: str, status: int) -> None:
        self.handlers[path] = lambda _: web.Response(
            text="<html><body>Attention Required!</body></html>", status=status, content_type="text/html"
        )

    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/v2")
        self.asked.append(
            Asked(
                path, request.raw_path, [(name, value) for name, value in request.query.items()], dict(request.headers)
            )
        )
        if (handler := self.handlers.get(path)) is not None:
            return handler(request)
        return web.Response(text=text("not_found.json"), status=404, content_type="application/problem+json")


@dataclass
class StillClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Bench:
    cloud: FakeCloud
    clock: StillClock
    client: SolarEdge
    ledger: Ledger

    async def run(self, name: str, data: SystemData) -> Any:
        return await self.client.job(name).run(data, self.clock.now)

    async def run_and_merge(self, name: str, data: SystemData) -> SystemData:
        return merge(data, await self.run(name, data), self.clock.now, BERLIN)

    def job(self, name: str) -> Job[Any]:
        return self.client.job(name)


@asynccontextmanager
async def bench(
    *, account_key: str | None = None, zone: ZoneInfo = BERLIN, limits: Limits | None = None
) -> AsyncGenerator[Bench]:
    cloud, clock = FakeCloud(), StillClock()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", cloud.handle)

    async def save(_: dict[str, Any]) -> None:
        return None

    ledger = Ledger(limits or Limits(per_minute=1000, per_month=100_000))
    account = Account(ledger, save, clock=clock, sleep=clock.sleep)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        client = SolarEdge(
            session, account, api_key=API_KEY, account_key=account_key, base_url=str(server.make_url("/v2")), zone=zone
        )
        yield Bench(cloud, clock, client, ledger)


def system_data(site_id: str = "1234567", timezone: str = "Europe/Berlin", **changes: Any) -> SystemData:
    return SystemData(
        system=System(vendor=Vendor.SOLAREDGE, id=site_id, name="Example House", timezone=timezone, size_w=5680.0),
        **changes,
    )


def quarters(
    energy: Callable[[datetime], float | None], zone: ZoneInfo = BERLIN, clock: Callable[[], datetime] | None = None
) -> Handler:
    """Serve the energy of every quarter hour (given its start in UTC), refusing a window above twelve hours."""

    def handle(request: web.Request) -> web.StreamResponse:
        start, end = (datetime.fromisoformat(request.query[name]) for name in ("from", "to"))
        by_calendar = end.replace(tzinfo=None) - start.replace(tzinfo=None)
        if max(end.astimezone(UTC) - start.astimezone(UTC), by_calendar) > timedelta(hours=12) or end <= start:
            return web.Response(text=text("not_found.json"), status=400, content_type="application/problem+json")
        values = []
        at = start.astimezone(UTC)
        while at < end:
            known = clock is None or at + timedelta(minutes=15) <= clock()
            values.append({"timestamp": at.astimezone(zone).isoformat(), "value": energy(at) if known else None})
            at += timedelta(minutes=15)
        return web.json_response(
            {
                "period": {"from": start.isoformat(), "to": end.isoformat()},
                "unit": "WH",
                "resolution": request.query["resolution"],
                "values": values,
            }
        )

    return handle
