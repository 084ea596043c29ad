"""Real answers of the simulated clouds, each with what was known before it: what the mutations begin with."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.solar_cloud.budget.ledger import Ledger
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.base import Cloud
from custom_components.solar_cloud.cloud.clock import compare_with
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.errors import CloudError, NotFound
from custom_components.solar_cloud.cloud.solaredge.client import SolarEdge
from custom_components.solar_cloud.cloud.transport import Transport
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.merging import merge
from simulator.ready import SOLAREDGE_ACCOUNT_KEY

from ..cloud.conftest import PLENTY, FakeClock
from ..cloud.enphase_v2 import world as enphase_v2
from ..cloud.enphase_v4 import world as enphase_v4
from ..cloud.solaredge import test_simulated as solaredge
from ..cloud.solaredge.helpers import StillClock

UTC_ZONE = ZoneInfo("UTC")
STARTS = datetime(2026, 6, 20, 11, 2, tzinfo=UTC)
HOURS = (0, 0.25, 6, 14, 24, 24.25)
"""When everything is read: by day, in the evening, at night, and the next day."""


type Asks = Callable[[Cloud, SystemData, datetime], Awaitable[Any]]


async def systems_of(client: Cloud, _data: SystemData, _now: datetime) -> Any:
    """Ask for the list of systems."""
    return await client.systems()


async def totals_of(client: Cloud, data: SystemData, now: datetime) -> Any:
    """Ask for the days of two months."""
    assert client.archive
    last = now.date() - timedelta(days=1)
    first, last = client.archive.chunks(data, last - timedelta(days=60), last)[0]
    return await client.archive.totals(data, first, last, now)


async def detail_of(client: Cloud, data: SystemData, now: datetime) -> Any:
    """Ask for the intervals of a day that has ended."""
    assert client.archive
    return await client.archive.detail(data, now.date() - timedelta(days=2), now)


PAST: tuple[Asks, ...] = (systems_of, totals_of, detail_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One run of a job: what was known, when it ran, and what the cloud answered, in this order."""

    job: str
    """The name of a job, or of a question that no job asks."""
    asks: Asks | None = None
    """That question; `None` for a job."""
    data: SystemData
    now: datetime
    answers: tuple[Any, ...]


@dataclass(slots=True)
class Exchange:
    """Stands for the network: hands out answers instead of sending requests."""

    answers: Sequence[Any] = ()
    served: int = 0
    """How many have been handed out in all."""
    _next: int = 0

    def load(self, answers: Sequence[Any]) -> None:
        """Take the answers of the next run."""
        self.answers, self._next = answers, 0

    def get(self) -> Any:
        """Return the next answer; what was never asked for in truth is not there."""
        if self._next >= len(self.answers):
            raise NotFound("no answer was recorded for this")
        answer = self.answers[self._next]
        self._next += 1
        self.served += 1
        return answer


@contextmanager
def exchanged() -> Iterator[Exchange]:
    """Put an exchange in the network's place."""
    exchange = Exchange()
    with pytest.MonkeyPatch.context() as patch:

        async def get(transport: Transport, *_args: Any, **_kwargs: Any) -> Any:
            compare_with(transport._account.clock)
            return exchange.get()

        patch.setattr(Transport, "get", get)
        yield exchange


@dataclass(slots=True)
class Recorder:
    """Reads systems of the simulator for two days, and notes every answer."""

    readings: list[Reading] = field(default_factory=list)
    _answers: list[Any] = field(default_factory=list)

    async def read(self, client: Cloud, data: SystemData, clock: Any) -> None:
        """Read one system at all times."""
        begin = clock.now
        for hours in HOURS:
            clock.now = begin + timedelta(hours=hours)
            for job in client.jobs:
                if not job.applies_to(data):
                    continue
                self._answers = []
                try:
                    update = await job.run(data, clock.now)
                except CloudError:
                    continue
                if self._answers:
                    answers = tuple(self._answers)
                    self.readings.append(Reading(job=job.name, data=data, now=clock.now, answers=answers))
                data = merge(data, update, clock.now, UTC_ZONE, source=job.name)
        for asks in PAST if client.archive else PAST[:1]:
            self._answers = []
            await asks(client, data, clock.now)
            answers = tuple(self._answers)
            self.readings += [Reading(job=asks.__name__, asks=asks, data=data, now=clock.now, answers=answers)] * 3
        clock.now = begin

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note what the transport returns."""
        get = Transport.get

        async def noted(transport: Transport, *args: Any, **kwargs: Any) -> Any:
            answer = await get(transport, *args, **kwargs)
            self._answers.append(answer)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transport, "get", noted)
            yield


@asynccontextmanager
async def _enphase_v2() -> AsyncGenerator[tuple[Cloud, FakeClock]]:
    async with enphase_v2.make_world(clock := FakeClock(STARTS)) as world:
        yield world.client(), clock


@asynccontextmanager
async def _enphase_v4() -> AsyncGenerator[tuple[Cloud, FakeClock]]:
    async with enphase_v4.make_world(clock := FakeClock(STARTS)) as world:
        yield await world.client(), clock


@asynccontextmanager
async def _solaredge() -> AsyncGenerator[tuple[Cloud, StillClock]]:
    async with solaredge.world(account_key=SOLAREDGE_ACCOUNT_KEY) as world:
        world.clock.now = STARTS
        yield world.client, world.clock


CLOUDS = {"enphase_v2": _enphase_v2, "enphase_v4": _enphase_v4, "solaredge": _solaredge}


async def record(cloud: str) -> tuple[Reading, ...]:
    """Return what a cloud answers for all systems that it has."""
    recorder = Recorder()
    async with CLOUDS[cloud]() as (client, clock):
        systems = await client.systems()
        with recorder.listening():
            for system in systems:
                await recorder.read(client, SystemData(system=system), clock)
    return tuple(recorder.readings)


def make_client(cloud: str, now: datetime) -> Cloud:
    """Return a client without a memory, which has nothing to send its requests with."""

    async def save(_state: dict[str, Any]) -> None:
        return

    clock = FakeClock(now)
    account = Account(Ledger(PLENTY), save, clock=clock, sleep=clock.sleep)
    nothing: Any = None
    match cloud:
        case "enphase_v2":
            return EnphaseV2(nothing, account, api_key="key", user_id="user", base_url="", zone=UTC_ZONE)
        case "enphase_v4":
            return EnphaseV4(nothing, account, api_key="key", auth=nothing, base_url="", zone=UTC_ZONE)
    return SolarEdge(nothing, account, api_key="key", account_key="key", base_url="", zone=UTC_ZONE)
