"""An import of a site's past in a process of its own, killed again and again, goes on until every hour is right."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
import json
import os
from pathlib import Path
import random
import signal
import subprocess
import sys
from typing import Any

from aiohttp.test_utils import TestServer
import pytest

from custom_components.solar_cloud.budget.ledger import LEASE
from custom_components.solar_cloud.model.data import midnight
from simulator import SOLAREDGE_PATH, Clock, Simulator
from simulator.plant.plant import Plant
from simulator.ready import SOLAREDGE_API_KEY, ready_simulator

pytestmark = pytest.mark.slow("an import in processes that are killed again and again")

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 6, 10, 9, 5, tzinfo=UTC)
SINCE, LAST = date(2026, 1, 1), date(2026, 6, 9)
MONTHS = [date(2026, month, 1) for month in range(6, 0, -1)]
"""What is to be paid for, newest first; the clocks change in one of them."""
DETAILED = date(2026, 6, 3)
"""From this day on the hours are the cloud's own; before it, they are laid along the sun."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KILLED = -signal.SIGKILL
FLOWS = {
    "grid_import": "import",
    "grid_export": "export",
    "battery_charge": "charge",
    "battery_discharge": "discharge",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nursery:
    """The process that all others are forked from, and what it and they log."""

    process: subprocess.Popen[str]
    log: Path

    def say(self, order: str) -> int:
        """Give an order; return the number of the process that lives it."""
        assert self.process.stdin
        print(order, file=self.process.stdin, flush=True)
        return self.hear()

    def hear(self) -> int:
        """Return the next number that it tells; a nursery that has ended tells none."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"The nursery has ended, and logged:\n{self.log.read_text()}"
        return int(line)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Start the process that all others are forked from."""
    path = tmp_path_factory.mktemp("nursery") / "log"
    with (
        path.open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.killed.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
        ) as process,
    ):
        yield Nursery(process=process, log=path)
        assert process.stdin
        process.stdin.close()


class House:
    """A folder in which one Home Assistant after the other lives, and the cloud that they read."""

    def __init__(self, nursery: Nursery, folder: Path, simulator: Simulator) -> None:
        self.simulator = simulator
        self.folder = folder
        self.seen = 0
        self.lives: list[list[date]] = []
        """The months that each life has asked for, in order, as often as it has."""
        self._nursery = nursery

    @property
    def plant(self) -> Plant:
        return self.simulator.plants["solaredge_1148616"]

    async def live(self, **order: Any) -> None:
        """Let one live to its natural end."""
        await self._born(order, None)

    async def live_until(self, months: int, then: float, **order: Any) -> int:
        """Kill one so many seconds after it has asked for so many months; return how it ended: 0 if before that."""
        return await self._born(order, (months, then))

    async def _born(self, order: dict[str, Any], death: tuple[int, float] | None) -> int:
        self.simulator.clear_requests()
        everything = {"folder": str(self.folder), "now": self.simulator.clock.now().isoformat(), **order}
        logged = self._nursery.log.stat().st_size
        pid = await asyncio.to_thread(self._nursery.say, json.dumps(everything))
        end = asyncio.create_task(asyncio.to_thread(self._nursery.hear))
        if death is not None:
            while len(set(self._asked())) < death[0] and not end.done():  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            await asyncio.sleep(death[1])
            if not end.done():
                os.kill(pid, signal.SIGKILL)
        code = await end
        if code not in ((0,) if death is None else (0, KILLED)):
            log = self._nursery.log.read_bytes()[logged:].decode()
            pytest.fail(f"A Home Assistant ended with {code} by itself, and logged:\n{log}", pytrace=False)
        # What the dead one had put on its way is still to be read by the server, which runs in this loop.
        await asyncio.sleep(0.02)
        self.seen += len(self.simulator.requests)
        self.lives.append(self._asked())
        return code

    def _asked(self) -> list[date]:
        """Return the months whose days were asked for in this life; what is asked of today alone is no month."""
        today = self.plant.local_day(self.simulator.clock.now())
        found = []
        for request in self.simulator.requests:
            query = dict(request.query)
            if query.get("resolution") == "DAY" and request.path.endswith("/energy"):
                day = datetime.fromisoformat(query["from"]).astimezone(self.plant.zone).date()
                found += [day] if day < today else []
        return found


@pytest.fixture
async def house(socket_enabled: None, nursery: Nursery, tmp_path: Path) -> AsyncIterator[House]:
    """Start the cloud, and prepare a folder with an account in it of which nothing is imported yet."""
    clock = Clock()
    clock.set(NOW)
    simulator = ready_simulator(clock)
    simulator.remove_system("solaredge_222881711")
    simulator.set_limits("solaredge", per_minute=10_000, per_month=100_000)
    server = TestServer(simulator.app, host="127.0.0.1")
    await server.start_server(access_log=None)
    url = str(server.make_url("")).rstrip("/") + SOLAREDGE_PATH
    built = House(nursery, tmp_path, simulator)
    form = {"api_key": SOLAREDGE_API_KEY, "plan": "custom", "advanced": {"base_url": url}}
    await built.live(form=form)
    assert built.lives.pop() == []
    yield built
    await server.close()


def truth(plant: Plant, flow: str, start: datetime, end: datetime) -> int:
    return plant.energy_wh(start, end) if flow == "production" else plant.flow_wh(FLOWS[flow], start, end)  # type: ignore[arg-type]


async def test_an_import_that_is_killed_again_and_again_ends_with_every_hour_and_day_right(house: House) -> None:
    chance, kills = random.Random(57), 0
    # The first dies with a request on its way, the others anywhere: between requests, or while rows are written.
    months, then = 1, 0.0
    while kills < 5 and await house.live_until(months, then, since=SINCE.isoformat()) == KILLED:
        kills += 1
        months, then = 2, chance.uniform(0, 0.5)
    assert kills >= 3
    if not (house.folder / "told.json").exists():
        await house.live(since=SINCE.isoformat())

    # No life asks for a month again that is older in the list than the one that the life before it died in.
    asked: list[date] = []
    for life in house.lives:
        assert life == sorted(life, reverse=True)
        assert len(life) == len(set(life))
        assert set(life) & set(asked) <= set(asked[-1:]), (life, asked)
        asked += life
    assert sorted(set(asked), reverse=True) == MONTHS
    assert len(asked) <= len(MONTHS) + kills

    told = json.loads((house.folder / "told.json").read_text())
    assert told["first"] == SINCE.isoformat()
    assert house.seen <= told["used"] <= house.seen + LEASE * kills
    for flow in ("production", *FLOWS):
        rows = told["rows"][f"solar_cloud:solaredge_1148616_{flow}"]
        assert all(state == change for _, state, change in rows), flow
        hours = {datetime.fromtimestamp(start, UTC): float(state) for start, state, _ in rows}
        sums: Counter[date] = Counter()
        for hour, energy in hours.items():
            sums[hour.astimezone(house.plant.zone).date()] += energy  # type: ignore[assignment]
        days = [SINCE + DAY * number for number in range((LAST - SINCE).days + 1)]
        begins = {day: midnight(day, house.plant.zone) for day in (*days, LAST + DAY)}
        wrong = {
            day: sums[day] for day in days if sums[day] != truth(house.plant, flow, begins[day], begins[day + DAY])
        }
        assert wrong == {}, flow
        detailed = [hour for hour in hours if begins[DETAILED] <= hour < begins[LAST + DAY]]
        assert len(detailed) == 24 * 7, flow
        assert {hour: hours[hour] for hour in detailed} == {
            hour: truth(house.plant, flow, hour, hour + HOUR) for hour in detailed
        }, flow
