"""One metered credential: who waits, what is counted, and what is on disk before a request is sent."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.budget.ledger import LEASE, Ledger
from custom_components.solar_cloud.budget.plan import Limits
from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.errors import CloudError, TemporarilyUnavailable, Throttled, ThrottleScope
from custom_components.solar_cloud.cloud.transport import Transport

from .conftest import NOW, FakeClock, FakeCloud
from .test_transport import make, nothing_special

__all__ = ["make"]


def limited(clock: FakeClock, saved: list[dict[str, Any]], per_minute: int = 1000, per_month: int = 1000) -> Account:
    async def save(state: dict[str, Any]) -> None:
        saved.append(state)

    return Account(Ledger(Limits(per_minute=per_minute, per_month=per_month)), save, clock=clock, sleep=clock.sleep)


async def test_concurrent_callers_send_one_request_at_a_time(
    make: Callable[..., Transport], cloud: FakeCloud, account: Account
) -> None:
    cloud.answer("*", {}, delay=0.01)
    one, other = make(), make()
    await asyncio.gather(*(transport.get("/sites") for transport in (one, other) for _ in range(5)))
    assert len(cloud.requests) == 10
    assert cloud.most_in_flight == 1
    assert account.ledger.used(NOW) == 10


async def test_a_cancelled_request_counts_and_frees_the_line(
    make: Callable[..., Transport], cloud: FakeCloud, account: Account
) -> None:
    cloud.answer("*", {}, delay=5)
    cloud.answer("*", {})
    transport = make()
    task = asyncio.create_task(transport.get("/sites"))
    await cloud.arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert account.ledger.used(NOW) == 1
    assert await transport.get("/sites") == {}
    assert account.ledger.used(NOW) == 2


async def test_who_waits_in_line_and_is_cancelled_counts_nothing(
    make: Callable[..., Transport], cloud: FakeCloud, account: Account
) -> None:
    cloud.answer("*", {}, delay=0.05)
    transport = make()
    first = asyncio.create_task(transport.get("/sites"))
    await cloud.arrived.wait()
    second = asyncio.create_task(transport.get("/sites"))
    await asyncio.sleep(0)
    second.cancel()
    assert await first == {}
    assert account.ledger.used(NOW) == 1
    assert len(cloud.requests) == 1


async def test_the_minutes_share_is_never_exceeded_and_nothing_is_lost(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    transport = make(account=limited(clock, saved, per_minute=10))
    times: list[datetime] = []
    for _ in range(20):
        await transport.get("/sites")
        times.append(clock.now)
    assert len(cloud.requests) == 20
    for moment in times:
        assert sum(moment <= other < moment + timedelta(seconds=60) for other in times) <= 8
    assert clock.slept == [60, 60]


async def test_a_request_that_would_wait_longer_than_90_seconds_is_refused_at_once(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    transport = make(account=limited(clock, saved, per_minute=1))
    results = await asyncio.gather(*(transport.get("/sites") for _ in range(4)), return_exceptions=True)
    throttled = [result for result in results if isinstance(result, Throttled)]
    assert len(results) - len(throttled) == len(cloud.requests) >= 2
    assert throttled
    for error in throttled:
        assert (error.sent, error.scope) == (False, ThrottleScope.MINUTE)
        assert error.until > NOW + timedelta(seconds=60)


async def test_waiting_for_a_slot_holds_up_no_request_that_is_refused_at_once(
    cloud: FakeCloud, session: aiohttp.ClientSession, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await wake.wait()
        clock.advance(seconds=seconds)

    account = limited(clock, saved, per_minute=1)
    account._sleep = sleep
    transport = Transport(session, cloud.url, account, secrets=(), translate=nothing_special)
    await transport.get("/sites")
    waiting = asyncio.create_task(transport.get("/sites"))
    await asleep.wait()
    account.ledger.learn(NOW + timedelta(days=5), ThrottleScope.MONTH, clock.now)
    with pytest.raises(Throttled):
        await asyncio.wait_for(transport.get("/sites"), 1)
    wake.set()
    with pytest.raises(Throttled):
        await waiting
    assert len(cloud.requests) == 1


async def test_the_month_is_never_exceeded(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {}, status=500)
    transport = make(account=limited(clock, saved, per_month=20))
    outcomes = []
    for owner in [False] * 21 + [True] * 3:
        with pytest.raises(CloudError) as caught:
            await transport.get("/sites", owner=owner)
        outcomes.append(type(caught.value))
    assert outcomes == [TemporarilyUnavailable] * 19 + [Throttled] * 2 + [TemporarilyUnavailable] + [Throttled] * 2
    assert len(cloud.requests) == 20
    assert caught.value.until == datetime(2026, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]


async def test_what_is_on_disk_is_never_less_than_what_was_sent(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    transport = make(account=limited(clock, saved))
    for sent in range(1, 13):
        await transport.get("/sites")
        after_a_crash = Ledger(Limits(per_minute=1000, per_month=1000), saved[-1]).used(clock.now)
        assert sent <= after_a_crash < sent + LEASE
    assert len(saved) == 3


async def test_a_request_that_cannot_be_put_on_disk_is_not_sent(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    account = limited(clock, saved)
    disk_full = True

    async def save(state: dict[str, Any]) -> None:
        if disk_full:
            raise OSError("/config/.storage is full")
        saved.append(state)

    account._save = save
    transport = make(account=account)
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable, match=r"^the request ledger could not be saved$"):
            await transport.get("/sites")
    assert (cloud.requests, account.ledger.used(NOW)) == ([], 0)
    disk_full = False
    await transport.get("/sites")
    assert len(saved) == 1
    assert account.ledger.used(NOW) == 1


async def test_a_lease_whose_writing_was_cancelled_is_not_spent(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    account = limited(clock, saved)
    writing = asyncio.Event()

    async def slow(state: dict[str, Any]) -> None:
        writing.set()
        await asyncio.sleep(10)

    quick, account._save = account._save, slow
    task = asyncio.create_task(make(account=account).get("/sites"))
    await writing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    account._save = quick
    await make(account=account).get("/sites")
    assert len(saved) == len(cloud.requests) == 1


async def test_a_lease_given_back_while_it_was_written_is_taken_anew(
    make: Callable[..., Transport], cloud: FakeCloud, clock: FakeClock, saved: list[dict[str, Any]]
) -> None:
    cloud.answer("*", {})
    account = limited(clock, saved)
    quick = account._save

    async def shutdown_meanwhile(state: dict[str, Any]) -> None:
        account._save = quick
        await quick(state)
        await quick(account.ledger.as_dict())

    account._save = shutdown_meanwhile
    await make(account=account).get("/sites")
    assert Ledger(account.ledger.limits, saved[-1]).used(NOW) >= len(cloud.requests) == 1


async def test_a_spent_month_that_cannot_be_put_on_disk_is_still_reported(
    make: Callable[..., Transport],
    cloud: FakeCloud,
    clock: FakeClock,
    saved: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.solar_cloud")
    account = limited(clock, saved)

    def translate(status: int, headers: Mapping[str, str], body: Any) -> CloudError | None:
        async def save(state: dict[str, Any]) -> None:
            raise OSError("full")

        account._save = save
        return Throttled(NOW + timedelta(days=3), ThrottleScope.MONTH, sent=True)

    cloud.answer("*", status=429)
    with pytest.raises(Throttled):
        await make(account=account, translate=translate).get("/sites")
    assert "could not be saved: OSError" in caplog.text
