"""Killed at any moment, a process that sends requests may count a lease too many, and never one too few.

The requests go over real HTTP to a server here that counts them, the ledger lives in a real file, and the process dies
by SIGKILL: at a random instant, or in a chosen step of writing the file.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
import json
import math
from pathlib import Path
import random
import signal
import subprocess
import sys
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import LEASE, Ledger
from custom_components.solar_cloud.budget.plan import Limits

from .crash_nursery import SPENT, read_ledger

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMITS = Limits(per_minute=1_000_000, per_month=1_000_000)
KILLED = -signal.SIGKILL
STEPS = [("sync", "before", 1), ("rename", "before", 1), ("rename", "after", 1), ("sync", "after", 2)]
"""Writing: the temporary file is synced, renamed, and then the folder is synced. The number: of which call."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """Start the process that all others are forked from."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.budget.crash_nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


class Sender:
    """A process that is born again and again, the file it leaves behind, and the server that counts."""

    def __init__(self, nursery: subprocess.Popen[str], file: Path, url: str) -> None:
        self.file = file
        self.seen = 0
        self.kills = 0
        self.limits = LIMITS
        self._nursery = nursery
        self._url = url
        self._offset = NOW - datetime.now(UTC)

    async def live(
        self,
        *,
        killed_after: float | None = None,
        by: signal.Signals = signal.SIGKILL,
        dies_at: tuple[str, str, int] | None = None,
        requests: int = -1,
        leap: tuple[int, timedelta] = (0, timedelta(0)),
        owner: bool = False,
    ) -> int:
        """Send requests (`requests` of them, -1: without end) until death; return the exit code.

        `leap`: after how many requests the clock of the process jumps, and how far. The next life's is right again.
        """
        order = {
            "file": str(self.file),
            "url": self._url,
            "offset": self._offset.total_seconds(),
            "per_minute": self.limits.per_minute,
            "per_month": self.limits.per_month,
            "killed_after": killed_after,
            "signal": int(by),
            "dies_at": dies_at,
            "requests": requests,
            "leap": (leap[0], leap[1].total_seconds()),
            "owner": owner,
        }
        code = int(await asyncio.to_thread(self._order, json.dumps(order)))
        # What the dead one had put on its way is still to be read by the server, which runs in this loop.
        await asyncio.sleep(0.005)
        if code == KILLED:
            self.kills += 1
        return code

    def _order(self, line: str) -> str:
        assert self._nursery.stdin
        assert self._nursery.stdout
        print(line, file=self._nursery.stdin, flush=True)
        return self._nursery.stdout.readline()

    def used(self, now: datetime = NOW) -> int:
        """Return what the next process would count as used."""
        return Ledger(self.limits, read_ledger(self.file)).used(now)

    def check(self, now: datetime = NOW) -> None:
        """Assert the promise: a lease too many for each kill at most, and never one too few."""
        assert self.seen <= self.used(now) <= self.seen + LEASE * self.kills


@pytest.fixture
async def sender(socket_enabled: None, nursery: subprocess.Popen[str], tmp_path: Path) -> AsyncIterator[Sender]:
    """Start the server that counts, and prepare the process that sends."""

    async def counted(_: web.Request) -> web.Response:
        born.seen += 1
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/counted", counted)
    async with TestServer(app, host="127.0.0.1") as server:
        born = Sender(nursery, tmp_path / "ledger", str(server.make_url("")).rstrip("/"))
        yield born


async def test_killed_at_random_moments_it_counts_a_lease_too_many_at_most(sender: Sender) -> None:
    chance = random.Random(513)
    for _ in range(40):
        assert await sender.live(killed_after=chance.uniform(0, 0.05)) == KILLED
        sender.check()
    # On a busy machine those lives were too short to prove much: longer ones follow until enough was sent.
    while sender.seen <= 200 and sender.kills < 200:
        assert await sender.live(killed_after=chance.uniform(0.05, 0.3)) == KILLED
        sender.check()
    assert sender.kills >= 40
    assert sender.seen > 200


@pytest.mark.parametrize("step", STEPS, ids=lambda step: " ".join(map(str, step)))
async def test_killed_in_any_step_of_writing_it_counts_a_lease_too_many_at_most(
    sender: Sender, step: tuple[str, str, int]
) -> None:
    name, when, call = step
    calls_for_one_save = 1 if name == "rename" else 2
    for save in (0, 1, 3):
        assert await sender.live(dies_at=(name, when, call + save * calls_for_one_save)) == KILLED
        # The lease whose writing was cut off has not been spent.
        assert sender.seen == LEASE * (0, 1, 4)[(0, 1, 3).index(save)]
        sender.check()


async def test_stopped_cleanly_it_counts_to_the_request(sender: Sender) -> None:
    chance = random.Random(514)
    for _ in range(8):
        assert await sender.live(killed_after=chance.uniform(0.02, 0.05), by=signal.SIGTERM) == 0
        assert sender.used() == sender.seen
    for requests in (1, 4, 5, 6):
        assert await sender.live(requests=requests) == 0
        assert sender.used() == sender.seen


async def test_kills_and_clean_stops_in_turn_add_up(sender: Sender) -> None:
    chance = random.Random(515)
    for _ in range(15):
        by = chance.choice((signal.SIGKILL, signal.SIGTERM))
        assert await sender.live(killed_after=chance.uniform(0, 0.04), by=by) in {0, KILLED}
        sender.check()


@pytest.mark.parametrize(("owner", "share"), [(False, 76), (True, 80)])
async def test_killed_until_the_month_is_spent_no_request_was_too_many(sender: Sender, owner: bool, share: int) -> None:
    sender.limits = Limits(per_minute=1_000_000, per_month=80)
    chance = random.Random(516)
    while await sender.live(owner=owner, dies_at=("rename", chance.choice(("before", "after")), 2)) == KILLED:
        sender.check()
        assert sender.seen <= share
    assert await sender.live(owner=owner) == SPENT
    assert 0 < sender.seen <= share
    assert sender.seen <= sender.used() <= 80


DAMAGE: dict[str, Any] = {
    "empty": lambda _: b"",
    "half": lambda text: text[: len(text) // 2],
    "without its last byte": lambda text: text[:-1],
    "zeros of the same length": lambda text: bytes(len(text)),
    "zeros from the middle on": lambda text: text[: len(text) // 2] + bytes(len(text) // 2),
    "not text": lambda _: bytes(range(128, 256)),
    "another file's": lambda _: b'["what", {"is": "this"}]',
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_garbled_file_counts_as_an_even_pace_and_the_owners_share(sender: Sender, damage: str) -> None:
    sender.limits = Limits(per_minute=1_000_000, per_month=1_000)
    assert await sender.live(requests=7) == 0
    sender.file.write_bytes(DAMAGE[damage](sender.file.read_bytes()))
    # Of November 20.5 days of 30 are over; the clock of a life runs on, and may make it one more.
    assumed = math.ceil(1_000 * 20.5 / 30) + 50
    assert assumed <= sender.used() <= assumed + 1
    before = sender.seen
    assert await sender.live(dies_at=("rename", "before", 3)) == KILLED
    assert sender.seen - before == 2 * LEASE
    assert assumed + 2 * LEASE <= sender.used() <= assumed + 3 * LEASE + 1
    while await sender.live(dies_at=("rename", "after", 20)) == KILLED:
        pass
    assert sender.seen - before <= 950 - assumed


async def test_a_deleted_file_is_a_new_credential_and_counts_from_there(sender: Sender) -> None:
    assert await sender.live(requests=30) == 0
    sender.file.unlink()
    sender.seen = 0
    for save in range(2, 6):
        assert await sender.live(dies_at=("rename", "before", save)) == KILLED
        sender.check()
    assert sender.seen == LEASE * (1 + 2 + 3 + 4)


async def test_what_a_death_left_beside_the_file_disturbs_nobody(sender: Sender) -> None:
    for _ in range(5):
        assert await sender.live(dies_at=("rename", "before", 1)) == KILLED
    assert len(list(sender.file.parent.iterdir())) == 5
    assert (sender.seen, sender.used()) == (0, 0)
    assert await sender.live(requests=12) == 0
    assert (sender.seen, sender.used()) == (12, 12)


LEAPS = {"an hour ahead": 1, "a day back": -24, "a day ahead": 24, "a month back": -24 * 30, "a month ahead": 24 * 30}


@pytest.mark.parametrize("hours", LEAPS.values(), ids=LEAPS)
async def test_a_clock_that_leaps_in_mid_life_loses_no_request(sender: Sender, hours: int) -> None:
    leap = timedelta(hours=hours)
    for requests in (2, 5, 7, 13):
        assert await sender.live(leap=(requests, leap), dies_at=("rename", "before", 5)) == KILLED
        assert await sender.live(leap=(requests, leap), requests=14) == 0
        # Whichever of the two clocks was right: seen from the earlier one, every request counts.
        sender.check(NOW + min(leap, timedelta(0)))


@pytest.mark.parametrize("sent_in_november", [1, 4, 5, 8])
async def test_what_was_leased_in_november_is_not_spent_in_december(sender: Sender, sent_in_november: int) -> None:
    december = datetime(2026, 12, 1, 1, tzinfo=UTC)
    leap = december - NOW
    saves = math.ceil(sent_in_november / LEASE)
    await sender.live(leap=(sent_in_november, leap), dies_at=("rename", "before", saves + 3))
    assert sender.seen == sent_in_november + 2 * LEASE
    assert sender.used(december) == 2 * LEASE
