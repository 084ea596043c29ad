"""A grant: one refresh at a time, nobody can cancel it, and a pair is on disk before it is used."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

import pytest

from custom_components.solar_cloud.cloud.errors import CloudError, CredentialRefused, TemporarilyUnavailable
from custom_components.solar_cloud.cloud.grant import PROOF_LASTS, REFRESH_AGE, VITAL_AGE, Grant, Tokens, newer

from .conftest import NOW, FakeClock

LIFE = timedelta(hours=2)
MARGIN = timedelta(minutes=10)


@dataclass
class Endpoint:
    """Gives out pairs that are numbered; waits, where a test holds it, with the pair already given out."""

    clock: FakeClock
    asked: list[tuple[str, bool]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    life: timedelta = LIFE
    revoked: list[Tokens] = field(default_factory=list)

    async def refresh(self, tokens: Tokens, *, vital: bool) -> Tokens:
        self.asked.append((tokens.refresh, vital))
        await self.held.wait()
        if self.errors:
            raise self.errors.pop(0)
        return pair(tokens.number + 1, self.clock.now, self.life)

    async def revoke(self, tokens: Tokens) -> None:
        self.revoked.append(tokens)


def pair(number: int = 1, issued_at: datetime = NOW, life: timedelta = LIFE, consent: str = "one") -> Tokens:
    return Tokens(
        access=f"access-{number}",
        refresh=f"refresh-{number}",
        issued_at=issued_at,
        expires_at=issued_at + life,
        consent=consent,
        number=number,
    )


@dataclass
class Desk:
    """A grant with what it uses."""

    clock: FakeClock
    endpoint: Endpoint
    grant: Grant
    saved: list[Tokens]
    disk: list[Exception]
    """What saving raises, one after another."""
    saving: asyncio.Event


@pytest.fixture
def make(clock: FakeClock) -> Callable[..., Desk]:
    def _make(tokens: Tokens | None = None, **given: Any) -> Desk:
        endpoint, saved, disk, saving = Endpoint(clock), [], [], asyncio.Event()
        endpoint.held.set()
        saving.set()

        async def save(tokens: Tokens) -> None:
            await saving.wait()
            if disk:
                raise disk.pop(0)
            saved.append(tokens)

        grant = Grant(endpoint, tokens or pair(), save, clock=clock, **given)
        return Desk(clock, endpoint, grant, saved, disk, saving)

    return _make


@pytest.fixture
def desk(make: Callable[..., Desk]) -> Desk:
    return make()


def end(desk: Desk) -> None:
    desk.clock.now = desk.grant.tokens.expires_at


@pytest.mark.parametrize(
    ("life", "margin"),
    [(timedelta(hours=2), timedelta(minutes=10)), (timedelta(seconds=86_393), timedelta(hours=1))],
)
async def test_a_token_is_used_until_shortly_before_its_end_and_then_replaced(make, life, margin):
    desk = make(pair(life=life))
    desk.clock.now = NOW + life - margin - timedelta(seconds=1)
    assert await desk.grant.token() == "access-1"
    assert desk.endpoint.asked == []
    desk.clock.now += timedelta(seconds=1)
    assert await desk.grant.token() == "access-2"
    assert desk.endpoint.asked == [("refresh-1", False)]
    assert await desk.grant.token() == "access-2"
    assert len(desk.endpoint.asked) == 1


async def test_ten_who_need_a_token_at_once_cost_one_refresh(desk):
    end(desk)
    desk.endpoint.held.clear()
    waiting = [asyncio.create_task(desk.grant.token()) for _ in range(10)]
    await asyncio.sleep(0)
    desk.endpoint.held.set()
    assert await asyncio.gather(*waiting) == ["access-2"] * 10
    assert len(desk.endpoint.asked) == 1
    assert desk.saved == [desk.grant.tokens]


@pytest.mark.parametrize("survivors", [0, 1])
async def test_who_is_cancelled_while_waiting_does_not_lose_the_pair(desk, survivors):
    end(desk)
    desk.endpoint.held.clear()
    waiting = [asyncio.create_task(desk.grant.token()) for _ in range(2)]
    await asyncio.sleep(0.01)
    for task in waiting[survivors:]:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    desk.endpoint.held.set()
    await asyncio.sleep(0.01)
    assert [task.result() for task in waiting[:survivors]] == ["access-2"] * survivors
    assert [tokens.refresh for tokens in desk.saved] == ["refresh-2"]
    assert await desk.grant.token() == "access-2"
    assert len(desk.endpoint.asked) == 1


async def test_a_pair_is_on_disk_before_anybody_gets_it(desk):
    end(desk)
    desk.saving.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    assert desk.grant.tokens.number == 1
    desk.saving.set()
    assert await waiting == "access-2"


async def test_a_pair_that_could_not_be_saved_is_kept_and_saved_the_next_time(desk, caplog):
    caplog.set_level(logging.DEBUG, "custom_components.solar_cloud")
    end(desk)
    desk.disk += [OSError("no space for refresh-2"), OSError("still none")]
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable) as raised:
            await desk.grant.token()
        assert str(raised.value) == "the new tokens could not be saved"
        assert raised.value.__cause__ is None
    assert desk.saved == []
    assert {"access-1", "refresh-1", "access-2", "refresh-2"} == set(desk.grant.secrets)
    assert await desk.grant.token() == "access-2"
    assert [tokens.refresh for tokens in desk.saved] == ["refresh-2"]
    assert len(desk.endpoint.asked) == 1
    assert set(desk.grant.secrets) == {"access-2", "refresh-2"}
    assert caplog.messages == ["The new sign-in tokens could not be saved: OSError"] * 2
    assert "refresh-2" not in caplog.text


async def test_keeping_alive_saves_what_could_not_be_saved_before_however_young_it_is(desk):
    end(desk)
    desk.disk.append(OSError())
    with pytest.raises(TemporarilyUnavailable):
        await desk.grant.token()
    await desk.grant.keep_alive()
    assert [tokens.number for tokens in desk.saved] == [2]
    assert len(desk.endpoint.asked) == 1


async def test_a_failed_refresh_fails_for_all_who_waited_and_is_tried_again_by_the_next(desk):
    end(desk)
    desk.endpoint.errors.append(TemporarilyUnavailable("no answer in time"))
    desk.endpoint.held.clear()
    waiting = [asyncio.create_task(desk.grant.token()) for _ in range(3)]
    await asyncio.sleep(0)
    desk.endpoint.held.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [TemporarilyUnavailable] * 3
    assert await desk.grant.token() == "access-2"
    assert [refresh for refresh, _ in desk.endpoint.asked] == ["refresh-1", "refresh-1"]


async def test_nobody_has_to_be_there_when_a_refresh_fails(desk, caplog):
    end(desk)
    desk.endpoint.errors.append(CredentialRefused("dead"))
    desk.endpoint.held.clear()
    waiting = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0)
    waiting.cancel()
    desk.endpoint.held.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0.01)
        desk.grant._refreshing = None  # what nobody asked about is reported when it is thrown away
    assert caplog.text == ""


async def test_refreshes_run_in_the_tasks_that_the_owner_of_the_grant_starts(make):
    started: list[Coroutine[Any, Any, None]] = []

    def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        started.append(work)
        return asyncio.create_task(work)

    desk = make(start=start)
    end(desk)
    assert await desk.grant.token() == "access-2"
    assert len(started) == 1


# After a refusal.


async def test_a_token_that_was_replaced_in_the_meantime_costs_no_refresh(desk):
    assert await desk.grant.renewed("access-0")
    assert desk.endpoint.asked == []


async def test_a_token_that_is_too_young_or_worked_a_moment_ago_is_not_blamed(desk):
    assert not await desk.grant.renewed("access-1")
    desk.clock.now += PROOF_LASTS
    desk.grant.worked("access-1")
    desk.clock.now += PROOF_LASTS - timedelta(seconds=1)
    assert not await desk.grant.renewed("access-1")
    assert desk.endpoint.asked == []
    desk.clock.now += timedelta(seconds=1)
    assert await desk.grant.renewed("access-1")
    assert desk.grant.tokens.access == "access-2"


async def test_that_an_earlier_token_worked_proves_nothing_of_the_next(desk):
    desk.clock.now += PROOF_LASTS
    desk.grant.worked("access-0")
    assert await desk.grant.renewed("access-1")
    assert len(desk.endpoint.asked) == 1


async def test_a_clock_that_was_set_back_does_not_make_a_refused_token_young(desk):
    desk.clock.now -= timedelta(days=1)
    assert await desk.grant.renewed("access-1")
    assert len(desk.endpoint.asked) == 1


async def test_a_young_token_refused_while_its_successor_is_saved_is_replaced_by_it(desk):
    desk.saving.clear()
    desk.clock.now += LIFE - MARGIN
    desk.grant.worked("access-1")
    refreshing = asyncio.create_task(desk.grant.token())
    await asyncio.sleep(0.01)
    refused = asyncio.create_task(desk.grant.renewed("access-1"))
    await asyncio.sleep(0.01)
    assert not refused.done()
    desk.saving.set()
    assert await refused
    assert await refreshing == "access-2"
    assert len(desk.endpoint.asked) == 1


async def test_a_dead_grant_says_so_to_who_was_refused(desk):
    desk.clock.now += PROOF_LASTS
    desk.endpoint.errors.append(CredentialRefused("invalid refresh_token"))
    with pytest.raises(CredentialRefused):
        await desk.grant.renewed("access-1")


# Keeping it alive.


async def test_a_pair_is_replaced_after_some_days_although_nothing_was_asked_for(desk):
    desk.clock.now += REFRESH_AGE - timedelta(seconds=1)
    await desk.grant.keep_alive()
    assert desk.endpoint.asked == []
    desk.clock.now += timedelta(seconds=1)
    await desk.grant.keep_alive()
    assert desk.endpoint.asked == [("refresh-1", False)]


async def test_a_pair_that_is_about_to_die_does_not_wait_for_the_month(desk):
    desk.clock.now += VITAL_AGE
    await desk.grant.keep_alive()
    assert desk.endpoint.asked == [("refresh-1", True)]


async def test_a_grant_lives_through_an_outage_of_three_weeks(desk):
    for day in range(1, 22):
        desk.clock.advance(days=1)
        desk.endpoint.errors[:] = [TemporarilyUnavailable("HTTP 503")] if day < 21 else []
        try:
            await desk.grant.keep_alive()
        except CloudError:
            assert REFRESH_AGE.days <= day < 21
    assert desk.grant.tokens.number == 2
    assert desk.endpoint.asked == [("refresh-1", False)] * 15 + [("refresh-1", True)]


# Pairs.


def test_a_pair_is_the_same_after_it_was_stored():
    tokens = pair(7, datetime(2026, 3, 29, 1, 30, 15, 250_000, tzinfo=UTC))
    assert Tokens.from_dict(tokens.as_dict()) == tokens


def test_a_pair_is_stored_under_the_names_that_home_assistant_stores_tokens_under() -> None:
    assert pair(7).as_dict() == {
        "access_token": "access-7",
        "refresh_token": "refresh-7",
        "token_type": "Bearer",
        "issued_at": NOW.timestamp(),
        "expires_at": (NOW + LIFE).timestamp(),
        "consent": "one",
        "number": 7,
    }


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "issued_at", "expires_at"])
@pytest.mark.parametrize("value", [None, "", [], {}, "soon", float("nan"), 1e300])
def test_what_is_no_pair_is_none(name, value):
    stored = pair().as_dict() | {name: value}
    found = Tokens.from_dict(stored)
    if name.endswith("token") and value == "soon":
        assert found is not None
    else:
        assert found is None
    assert Tokens.from_dict({key: stored[key] for key in stored if key != name}) is None


def test_a_pair_of_before_consents_were_numbered_is_read():
    stored = pair().as_dict()
    del stored["consent"], stored["number"]
    assert Tokens.from_dict(stored) == replace(pair(), consent="", number=0)


def test_a_pair_does_not_show_its_tokens():
    assert "access-1" not in repr(pair())
    assert "refresh-1" not in repr(pair())


def test_of_two_pairs_of_a_consent_the_later_one_lives_and_of_two_consents_the_first():
    first, second, other = pair(1), pair(2), pair(9, consent="another")
    assert newer(first, second) == newer(second, first) == second
    assert newer(first, other) == first
    assert newer(other, first) == other
    assert newer(None, first) == newer(first, None) == first
    assert newer(None, None) is None
