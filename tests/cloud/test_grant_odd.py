"""A grant in odd circumstances: clocks that jump, a refusal that is final, an account that goes away meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.errors import ClientRefused, CredentialRefused, TemporarilyUnavailable
from custom_components.solar_cloud.cloud.grant import CLOCKS_DIFFER, REFRESH_AGE, VITAL_AGE, newer

from .conftest import NOW
from .test_grant import LIFE, Desk, desk, end, make, pair

__all__ = ["desk", "make"]

MONTH = timedelta(days=31)
SECOND = timedelta(seconds=1)


# Clocks that jump.


@pytest.mark.parametrize("ahead", [timedelta(days=1), MONTH])
async def test_once_a_clock_is_set_back_a_pair_from_the_future_is_replaced_before_it_dies(
    make: Callable[..., Desk], ahead: timedelta
) -> None:
    # It says that it is younger than nothing; how old it is, nobody knows.
    desk = make(pair(issued_at=NOW + ahead))
    await desk.grant.keep_alive()
    assert desk.endpoint.asked == [("refresh-1", True)]
    assert desk.grant.tokens.issued_at == NOW
    await desk.grant.keep_alive()
    assert len(desk.endpoint.asked) == 1


async def test_a_clock_that_is_put_right_by_seconds_costs_no_refresh(make: Callable[..., Desk]) -> None:
    desk = make(pair(issued_at=NOW + timedelta(seconds=40)))
    await desk.grant.keep_alive()
    assert await desk.grant.token() == "access-1"
    assert desk.endpoint.asked == []


@pytest.mark.parametrize(("ahead", "asked"), [(CLOCKS_DIFFER, []), (CLOCKS_DIFFER + SECOND, [("refresh-1", True)])])
async def test_clocks_may_differ_by_an_hour_before_a_pair_is_from_the_future(
    make: Callable[..., Desk], ahead: timedelta, asked: list[tuple[str, bool]]
) -> None:
    desk = make(pair(issued_at=NOW + ahead))
    await desk.grant.keep_alive()
    assert desk.endpoint.asked == asked


@pytest.mark.parametrize("ahead", [timedelta(days=1), MONTH])
async def test_a_clock_jumping_ahead_and_back_costs_a_refresh_each_time_and_loses_nothing(
    desk: Desk, ahead: timedelta
) -> None:
    desk.clock.now = NOW + ahead
    assert await desk.grant.token() == "access-2"
    desk.clock.now = NOW + timedelta(minutes=1)
    # The token still works, so nothing shows that it is from the future; a refusal does.
    assert await desk.grant.token() == "access-2"
    desk.grant.worked("access-2")
    assert not await desk.grant.renewed("access-2")
    desk.clock.now += timedelta(minutes=10)
    assert await desk.grant.renewed("access-2")
    assert await desk.grant.token() == "access-3"
    assert [refresh for refresh, _ in desk.endpoint.asked] == ["refresh-1", "refresh-2"]


async def test_a_computer_that_boots_in_1970_finds_its_pair_again_when_its_clock_is_right(
    make: Callable[..., Desk],
) -> None:
    desk = make(pair(issued_at=NOW, life=timedelta(days=1)))
    desk.clock.now = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert await desk.grant.token() == "access-1"
    assert await desk.grant.renewed("access-1")
    desk.clock.now = NOW + timedelta(hours=1)
    # The pair of 1970 looks as if it had ended long ago.
    assert await desk.grant.token() == "access-3"
    assert desk.grant.tokens.issued_at == NOW + timedelta(hours=1)


# Refusals that are final.


@pytest.mark.parametrize("refusal", [CredentialRefused("HTTP 400: invalid_grant"), ClientRefused("HTTP 401")])
async def test_what_was_refused_for_good_is_not_asked_for_again(desk: Desk, refusal: CredentialRefused) -> None:
    end(desk)
    desk.endpoint.errors.append(refusal)
    for _ in range(3):
        with pytest.raises(type(refusal), match=str(refusal)):
            await desk.grant.token()
    desk.clock.now += VITAL_AGE
    with pytest.raises(type(refusal)):
        await desk.grant.keep_alive()
    assert len(desk.endpoint.asked) == 1


async def test_another_endpoint_is_worth_another_try(desk: Desk) -> None:
    end(desk)
    desk.endpoint.errors.append(ClientRefused("HTTP 401"))
    with pytest.raises(ClientRefused):
        await desk.grant.token()
    # The owner has entered the application's new secret, and the account was reloaded.
    desk.grant.use(desk.endpoint)
    assert await desk.grant.token() == "access-2"


async def test_an_outage_is_no_refusal(desk: Desk) -> None:
    end(desk)
    desk.endpoint.errors += [TemporarilyUnavailable("HTTP 503")] * 3
    for _ in range(3):
        with pytest.raises(TemporarilyUnavailable):
            await desk.grant.token()
    assert await desk.grant.token() == "access-2"


# An account that goes away.


async def test_who_gives_a_grant_up_waits_for_the_pair_that_is_on_its_way(desk: Desk) -> None:
    end(desk)
    desk.endpoint.held.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0)
    settled = asyncio.create_task(desk.grant.settled())
    await asyncio.sleep(0.01)
    assert not settled.done()
    desk.endpoint.held.set()
    await settled
    assert desk.grant.tokens.number == 2
    assert await waiting == "access-2"


@pytest.mark.parametrize("fails", [False, True])
async def test_giving_up_a_grant_sends_nothing_and_never_fails(desk: Desk, fails: bool) -> None:
    await desk.grant.settled()
    assert desk.endpoint.asked == []
    end(desk)
    desk.endpoint.errors += [TemporarilyUnavailable("HTTP 503")] * fails
    desk.endpoint.held.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0)
    waiting.cancel()
    desk.endpoint.held.set()
    await desk.grant.settled()
    assert len(desk.endpoint.asked) == 1


async def test_the_pair_that_was_on_its_way_is_the_one_that_is_revoked(desk: Desk) -> None:
    end(desk)
    desk.endpoint.held.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0)
    revoking = asyncio.create_task(desk.grant.revoke())
    await asyncio.sleep(0.01)
    assert desk.endpoint.revoked == []
    desk.endpoint.held.set()
    await revoking
    assert [tokens.refresh for tokens in desk.endpoint.revoked] == ["refresh-2"]
    assert await waiting == "access-2"


async def test_who_waits_for_a_refresh_that_is_stopped_may_try_again(make: Callable[..., Desk]) -> None:
    started: list[asyncio.Task[None]] = []

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        started.append(asyncio.create_task(work))
        return started[-1]

    desk = make(start=start)
    end(desk)
    desk.endpoint.held.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0.01)
    started[0].cancel()
    with pytest.raises(TemporarilyUnavailable, match=r"^the refresh was stopped$"):
        await waiting
    desk.endpoint.held.set()
    assert await desk.grant.token() == "access-2"


# Pairs.


def test_a_pair_without_a_consent_is_not_taken_for_the_one_of_a_consent() -> None:
    old = pair(9, consent="")
    assert newer(pair(1), old) == pair(1)
    assert newer(old, pair(1)) == old
    assert REFRESH_AGE > LIFE
