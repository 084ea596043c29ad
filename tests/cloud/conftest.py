"""A small cloud on the loopback interface that gives the answers of a test, and records what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PLENTY = Limits(per_minute=100_000, per_month=10_000_000)
"""For tests of something else than the budget."""


@dataclass
class FakeClock:
    """A clock that stands still until a test moves it; sleeping moves it."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    raw_path: str

    def asked(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return dict(reversed(self.query)).get(name)


@dataclass
class Answer:
    """What a path answers; the last of several stays."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    drop: bool = False
    cut: bool = False


class FakeCloud:
    """The server side of a test."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.arrived = asyncio.Event()
        self.url = ""
        self._answers: dict[str, list[Answer]] = {}

    def answer(
        self,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json; charset=utf-8",
        delay: float = 0,
        drop: bool = False,
        cut: bool = False,
    ) -> None:
        """Line up an answer: bytes and text go out as they are, anything else as JSON; `*` is any path.

        `drop` closes the connection instead of answering, `cut` in the middle of the body.
        """
        match body:
            case bytes():
                data = body
            case str():
                data = body.encode()
            case None:
                data = b""
            case _:
                data = json.dumps(body).encode()
        given = {"Content-Type": content_type, **(headers or {})}
        self._answers.setdefault(path, []).append(Answer(status, data, given, delay, drop, cut))

    def forget(self) -> None:
        """Drop what was lined up and what was seen."""
        self._answers.clear()
        self.requests.clear()

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(Seen(request.path, tuple(request.query.items()), request.headers, request.raw_path))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.arrived.set()
        try:
            return await self._respond(request)
        finally:
            self.in_flight -= 1

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        lined_up = self._answers.get(request.path) or self._answers.get("*")
        if not lined_up:
            return web.Response(status=418, text=f"nothing is lined up for {request.path}")
        answer = lined_up.pop(0) if len(lined_up) > 1 else lined_up[0]
        await asyncio.sleep(answer.delay)
        assert request.transport
        if answer.drop:
            request.transport.close()
            return web.Response()
        if answer.cut:
            headers = {**answer.headers, "Content-Length": str(len(answer.body))}
            response = web.StreamResponse(status=answer.status, headers=headers)
            await response.prepare(request)
            await response.write(answer.body[: len(answer.body) // 2])
            request.transport.close()
            return response
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[FakeCloud]:
    """A running cloud."""
    fake = FakeCloud()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(access_log=None)  # it would show in a test of what the client logs
    fake.url = f"http://127.0.0.1:{server.port}"
    yield fake
    with suppress(ConnectionError):
        await server.close()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def saved() -> list[dict[str, Any]]:
    """What was written to disk, in order."""
    return []


@pytest.fixture
def account(clock: FakeClock, saved: list[dict[str, Any]]) -> Account:
    """An account with more requests than any test sends."""

    async def save(state: dict[str, Any]) -> None:
        saved.append(state)

    return Account(Ledger(PLENTY), save, clock=clock, sleep=clock.sleep)
