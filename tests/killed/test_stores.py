"""Killed at any moment, none of the four files is torn, no request is forgotten, and no pair of tokens is lost.

The processes are real and die by SIGKILL, the files are real, and the requests go over real HTTP to the simulator. It
counts them and rotates the tokens. `scripts/test -m slow tests/killed/test_stores.py` tries a thousand moments.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
import json
from pathlib import Path
import random
import signal
import subprocess
import sys
from typing import Any

from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.solar_cloud.budget.ledger import LEASE
from simulator import ENPHASE_OAUTH_PATH, ENPHASE_V4_PATH, Clock, Simulator
from simulator.ready import ENPHASE_V4_API_KEY, ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, ready_simulator

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 6, 10, 9, 5, tzinfo=UTC)
KILLED = -signal.SIGKILL
REDIRECT = "https://home.example/callback"
KINDS = ("system", "history", "ledger", "grant")
PLAN = 1_000_000


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """Start the process that all others are forked from."""
    with (
        (tmp_path_factory.mktemp("nursery") / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.killed.store_nursery", NOW.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        ) as process,
    ):
        assert process.stdout
        assert process.stdout.readline()
        yield process
        assert process.stdin
        process.stdin.close()


class House:
    """A folder that one process after the other writes in, the cloud that they ask, and what was seen of both."""

    def __init__(self, nursery: subprocess.Popen[str], folder: Path, simulator: Simulator, url: str) -> None:
        self.simulator = simulator
        self.storage = folder / ".storage"
        self.seen: Counter[str] = Counter({"counts too low": 0, "files set aside": 0, "grants lost": 0})
        self.last = dict.fromkeys(KINDS, 0)
        """The newest write of each file that was told of."""
        self._nursery = nursery
        self._order: dict[str, Any] = {
            "folder": str(folder),
            "data": {
                "cloud": "enphase_v4",
                "api_key": ENPHASE_V4_API_KEY,
                "client_id": ENPHASE_V4_CLIENT_ID,
                "base_url": url + ENPHASE_V4_PATH,
                "plan": "custom",
                "per_minute": PLAN,
                "per_month": PLAN,
            },
            "application": [ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET],
        }
        self._authorize = f"{url}{ENPHASE_OAUTH_PATH}/authorize?response_type=code&client_id={ENPHASE_V4_CLIENT_ID}"
        self._needs_consent = True
        self._was_asking = False
        """Whether the last one died while it waited for new tokens."""

    @property
    def sent(self) -> int:
        """How many requests the cloud has counted."""
        return len(self.simulator.requests)

    async def live(self, after: str, times: int, then: float, *, reads: bool = False) -> None:
        """Let one live until it is killed, and check what it found and has done.

        That is some seconds after it has told of something so many times: what it has found, or a write.
        """
        before = self.sent
        death = {"after": after, "times": times}
        order = {**self._order, "code": self._consent(), "death": death, "then": then, "reads": reads}
        answer = await asyncio.to_thread(self._say, json.dumps(order))
        # What the dead one had put on its way is still to be read by the server, which runs in this loop.
        await asyncio.sleep(0.005)
        (first, *told) = answer["told"]
        assert answer["code"] == (0 if reads else KILLED), answer
        self._check(first["found"], before, consented=bool(order["code"]))
        if not reads:
            self._look(told)
        self._look_around()

    def _say(self, line: str) -> Any:
        assert self._nursery.stdin
        assert self._nursery.stdout
        print(line, file=self._nursery.stdin, flush=True)
        return json.loads(self._nursery.stdout.readline())

    def _consent(self) -> list[str] | None:
        """Sign in where the last pair is dead; return the code and where it is sent to."""
        if not self._needs_consent:
            return None
        self._needs_consent = False
        self.last["grant"] = 0
        back = self.simulator.authorize(f"{self._authorize}&redirect_uri={REDIRECT}&state=x")
        return [URL(back).query["code"], REDIRECT]

    def _check(self, found: dict[str, int], sent: int, *, consented: bool) -> None:
        """Compare what was found with what the lives before it had told."""
        for kind in ("system", "history", "grant"):
            # A write that was done and not told of any more may be there.
            newest = self.last[kind]
            assert found[kind] in ({1} if consented and kind == "grant" else {newest, newest + 1}), (kind, found)
            self.last[kind] = found[kind]
        assert found["ledger"] <= sent + LEASE * self.seen["points"]
        self.seen["counts too low"] += found["ledger"] < sent

    def _look(self, told: list[dict[str, Any]]) -> None:
        """Note what a life told of its writes, and how it ended."""
        self.seen["points"] += 1
        for one in told:
            for kind in self.last.keys() & one.keys():
                self.seen[f"writes of {kind}"] += 1
                self.last[kind] = one[kind]
        if any("refused" in one for one in told):
            # The cloud has issued the next pair to the one before: if that died while it waited, nobody had it yet.
            self._needs_consent = True
            self.seen["pairs that died on their way" if self._was_asking else "grants lost"] += 1
        of_grant = [one for one in told if one.keys() & {"asks", "grant"}]
        self._was_asking = self._was_asking if not of_grant else "asks" in of_grant[-1]

    def _look_around(self) -> None:
        """Look at what is in the folder beside the files."""
        files = list(self.storage.iterdir())
        self.seen["files set aside"] += sum(".corrupt." in file.name for file in files)
        half = [file for file in files if not file.name.startswith("solar_cloud.")]
        self.seen["kills within a write"] += bool(half)
        for file in half:
            file.unlink()
        for file in files:
            if file not in half:
                json.loads(file.read_text())
                self.seen["files whole"] += 1


@pytest.fixture
async def house(socket_enabled: None, nursery: subprocess.Popen[str], tmp_path: Path) -> AsyncIterator[House]:
    """Start the cloud, and prepare the folder."""
    clock = Clock()
    clock.set(NOW)
    simulator = ready_simulator(clock)
    simulator.set_limits("enphase_v4", per_minute=PLAN, per_month=PLAN)
    # The plugin's debug mode looks at the stack whenever something is scheduled.
    asyncio.get_running_loop().set_debug(False)
    server = TestServer(simulator.app, host="127.0.0.1")
    await server.start_server(access_log=None)
    yield House(nursery, tmp_path, simulator, str(server.make_url("")).rstrip("/"))
    await server.close()


async def try_points(house: House, number: int) -> None:
    """Kill at so many random moments, and check after each what is on disk."""
    chance = random.Random(517)
    while house.seen["points"] < number:
        after = chance.choice(("found", "system", "history", "asks", "grant"))
        times = 1 if after == "found" else chance.randint(1, 3)
        await house.live(after, times, chance.uniform(0, 0.03))
    await house.live("found", 1, 0, reads=True)


def assert_nothing_was_lost(house: House) -> None:
    seen = house.seen
    assert seen["counts too low"] == seen["grants lost"] == seen["files set aside"] == 0
    # Else the moments would prove nothing.
    assert seen["kills within a write"] > seen["points"] / 10
    for kind in ("system", "history", "grant"):
        assert seen[f"writes of {kind}"] > seen["points"] / 4, kind


async def test_killed_at_twenty_random_moments_all_four_files_are_whole(house: House) -> None:
    await try_points(house, 20)
    assert_nothing_was_lost(house)


@pytest.mark.slow("a thousand processes are started and killed")
async def test_killed_at_a_thousand_random_moments_all_four_files_are_whole(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    await try_points(house, 1_000)
    figures = {**house.seen, "requests counted by the cloud": house.sent}
    with capsys.disabled():
        sys.stdout.write("".join(f"\n{count:8,} {what}" for what, count in sorted(figures.items())) + "\n")
    assert_nothing_was_lost(house)
