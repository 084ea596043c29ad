"""The two processes of a soak: a simulated cloud that runs on and on, and one Home Assistant after the other."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import sys
import time
from typing import Any

import aiohttp
from demo_lib.folder import DemoFolder, free_port
from demo_lib.home_assistant import HomeAssistant
from demo_lib.names import DOMAIN
from demo_lib.processes import Child
from demo_lib.report import Problem

from .clocks import FakeClock, SharedNumber, environment

PATIENCE = 300
"""Seconds for a process to be there; a busy machine takes its time."""


@dataclass(slots=True, kw_only=True)
class Life:
    """One process of Home Assistant: its memory (kB) at its start and its end, and how long it lived."""

    begin: datetime
    first: int = 0
    last: int = 0
    end: datetime | None = None


class House:
    """A folder, the clocks in it, and the processes that live by them."""

    def __init__(self, root: Path, folder: DemoFolder, speed: float | None) -> None:
        self.folder = folder
        self.cloud_clock = FakeClock(folder.path / "cloud.clock")
        self.home_clock = FakeClock(folder.path / "home.clock")
        self.lives: list[Life] = []
        self.logs: list[Path] = []
        self._root = root
        self._until = SharedNumber(folder.path / "until")
        self._library = {"SOAK_LIBRARY": str(root / "scripts"), **({"SOAK_SPEED": str(speed)} if speed else {})}
        self._home: Child | None = None
        self._cloud: Child | None = None
        self.simulator_url = ""
        self.port = free_port()

    @property
    def now(self) -> datetime:
        """The time at the clouds (aware UTC), which is the true one."""
        return self.cloud_clock.now()

    @property
    def url(self) -> str:
        """Where Home Assistant listens."""
        return f"http://127.0.0.1:{self.port}"

    def set_clocks(self, moment: datetime) -> None:
        """Set both clocks; no process runs yet."""
        offset = moment.timestamp() - time.time()
        for clock in (self.cloud_clock, self.home_clock):
            clock.set(offset)

    # The cloud

    async def start_cloud(self) -> None:
        """Start the simulated clouds, with the plans that the vendors sell."""
        command = [sys.executable, "-m", "simulator", "--port", "0", "--ready-file", str(self.folder.ready_file)]
        self._cloud = await Child.start(
            "The simulator",
            command,
            cwd=self._root,
            env=self._environment(self.cloud_clock),
            log=self.folder.simulator_log,
        )
        for _ in range(PATIENCE * 5):
            if self.folder.ready_file.is_file():
                self.simulator_url = self.folder.ready_file.read_text().strip()
                return
            self._cloud.check()
            await asyncio.sleep(0.2)
        raise Problem("The simulator was not ready in time.", f"its log is {self.folder.simulator_log}")

    async def ask_cloud(self, name: str, data: dict[str, Any] | None = None) -> Any:
        """Ask or tell the simulator's control API."""
        async with aiohttp.ClientSession() as session:
            method = "GET" if data is None else "POST"
            url = f"{self.simulator_url}/control/{name}"
            async with session.request(method, url, json=data) as response:
                if response.status >= 400:
                    raise Problem(f"{name} was refused: {await response.text()}")
                return await response.json()

    # Home Assistant

    async def start_home(self) -> None:
        """Start Home Assistant, and wait until it has."""
        log = self.folder.path / f"home-{len(self.logs) + 1}.log"
        self.logs.append(log)
        hass = Path(sys.executable).with_name("hass")
        command = [str(hass), "--config", str(self.folder.path), "--log-no-color"]
        environment_ = {**self._environment(self.home_clock), **self._library, "UV_OFFLINE": "1"}
        self._home = await Child.start("Home Assistant", command, cwd=self.folder.path, env=environment_, log=log)
        life = Life(begin=self.now)
        async with HomeAssistant(self.url) as client:
            await client.wait_until_it_answers(self._home.check, PATIENCE)
            await client.log_in()
            await client.wait_until_it_runs(self._home.check)
        life.first = self._memory()
        self.lives.append(life)

    async def stop_home(self, *, kill: bool = False) -> None:
        """Stop Home Assistant: politely, or at once by SIGKILL."""
        if self._home is None:
            return
        if self.lives:
            self.lives[-1].last, self.lives[-1].end = self._memory(), self.now
        if kill:
            self._home.kill()
            await self._home.wait()
        else:
            await self._home.stop(patience=120)
        _sweep(self._home.pid)
        self._home = None

    async def stop(self) -> None:
        """Stop both."""
        await self.stop_home()
        if self._cloud is not None:
            await self._cloud.stop()
            _sweep(self._cloud.pid)

    async def pass_time(self, until: datetime) -> None:
        """Let the time pass until an instant of the true clock."""
        self._until.set(until.timestamp())
        seen, still = self.now, time.monotonic()
        while self.now < until - timedelta(seconds=2):
            if self._home is not None:
                self._home.check()
            await asyncio.sleep(0.05)
            if self.now - seen > timedelta(minutes=1):
                seen, still = self.now, time.monotonic()
            elif time.monotonic() - still > PATIENCE:
                raise Problem(f"The time stands still at {self.now}.", f"Home Assistant's log is {self.logs[-1]}")

    def leap(self, time_off: timedelta) -> None:
        """Let time pass while no Home Assistant runs."""
        for clock in (self.cloud_clock, self.home_clock):
            clock.leap(time_off.total_seconds())

    def client(self) -> HomeAssistant:
        """Return a client of Home Assistant, not logged in yet."""
        return HomeAssistant(self.url)

    async def entries(self, client: HomeAssistant) -> list[dict[str, Any]]:
        """Return our accounts as Home Assistant knows them."""
        found: list[dict[str, Any]] = await client.command("config_entries/get", domain=DOMAIN)
        return found

    def _memory(self) -> int:
        """Return the resident memory of Home Assistant in kB; 0 where it has ended."""
        assert self._home is not None
        try:
            status = Path(f"/proc/{self._home.pid}/status").read_text("ascii")
        except FileNotFoundError:
            return 0
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)

    def _environment(self, clock: FakeClock) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return {**kept, **environment(clock), "PYTHONUNBUFFERED": "1", "TZ": "UTC"}


def _sweep(pid: int) -> None:
    """Remove what libfaketime leaves of a process that has not ended by itself."""
    for left in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        Path("/dev/shm", left).unlink(missing_ok=True)


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """Return an instant in UTC."""
    return datetime(year, month, day, hour, tzinfo=UTC)
