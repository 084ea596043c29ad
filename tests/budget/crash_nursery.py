"""Bears processes that send counted requests, and kills them: what `test_crash.py` drives.

Reads one order a line (JSON) from the standard input, lives that life in a process of its own, and writes how it ended.
The processes are forked from this one, which has imported everything, so that a life takes milliseconds.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import signal
import sys
import time
from types import ModuleType
from typing import Any

import aiohttp
import atomicwrites  # type: ignore[import-untyped]

# The package imports Home Assistant when it is imported; what is tested here neither needs it nor waits for it.
_PACKAGE = ModuleType("custom_components.solar_cloud")
_PACKAGE.__path__ = [str(Path(__file__).parents[2] / "custom_components" / "solar_cloud")]
sys.modules.setdefault(_PACKAGE.__name__, _PACKAGE)

from custom_components.solar_cloud.budget.ledger import Ledger  # noqa: E402
from custom_components.solar_cloud.budget.plan import Limits  # noqa: E402
from custom_components.solar_cloud.cloud.account import Account  # noqa: E402
from custom_components.solar_cloud.cloud.errors import Throttled  # noqa: E402
from custom_components.solar_cloud.cloud.transport import Transport  # noqa: E402

SPENT = 3
"""The exit code of a life whose ledger let nothing more go."""
STEPS: dict[str, tuple[ModuleType, str]] = {"sync": (atomicwrites, "_proper_fsync"), "rename": (os, "rename")}
"""What writing a file calls: the temporary file is synced, then renamed, then the folder is synced."""
LONGEST_LIFE = 20
"""Seconds, after which a life ends although no order ended it: a test that went wrong must not leave it behind."""
DAMAGED = "damaged"
"""What the ledger is given for a file that cannot be parsed: anything but a mapping and `None`."""


def read_ledger(file: Path) -> Any:
    """Return what a ledger is to begin from: `None` without a file."""
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return DAMAGED


def write_ledger(file: Path, state: dict[str, Any]) -> None:
    """Write a file all or nothing, with the means of Home Assistant's store: a synced file beside it, then renamed."""
    with atomicwrites.AtomicWriter(str(file), mode="w", overwrite=True, encoding="utf-8").open() as stream:
        stream.write(json.dumps(state))


def _fatal(function: Callable[..., Any], when: str, countdown: int) -> Callable[..., Any]:
    """Return a function during whose n-th call, before or after its work, the process dies."""

    def call(*args: Any) -> Any:
        nonlocal countdown
        countdown -= 1
        if countdown == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args)
        if countdown == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


async def _live(order: dict[str, Any], ready: int) -> int:
    """Send requests one after the other until the plan is spent, or until a polite signal comes."""
    file = Path(order["file"])
    offset = timedelta(seconds=order["offset"])
    leap_after, leap = order["leap"]
    left = order["requests"]
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    os.close(ready)
    limits = Limits(per_minute=order["per_minute"], per_month=order["per_month"])

    async def save(state: dict[str, Any]) -> None:
        await loop.run_in_executor(None, write_ledger, file, state)

    account = Account(Ledger(limits, read_ledger(file)), save, clock=lambda: datetime.now(UTC) + offset)
    async with aiohttp.ClientSession() as session:
        transport = Transport(session, order["url"], account, secrets=(), translate=lambda *_: None)
        while not stopped.is_set() and left != 0:
            try:
                await transport.get("/counted", owner=order["owner"])
            except Throttled:
                return SPENT
            left -= 1
            if order["requests"] - left == leap_after:
                offset += timedelta(seconds=leap)
    await save(account.ledger.as_dict())
    return 0


def _child(order: dict[str, Any], ready: int) -> int:
    signal.alarm(LONGEST_LIFE)
    if step := order["dies_at"]:
        name, when, count = step
        module, attribute = STEPS[name]
        setattr(module, attribute, _fatal(getattr(module, attribute), when, count))
    return asyncio.run(_live(order, ready))


def _bear(order: dict[str, Any]) -> int:
    """Live one life; return how it ended: an exit code, or the negative number of a signal."""
    wait_for_ready, ready = os.pipe()
    if not (pid := os.fork()):
        code = 1
        try:
            code = _child(order, ready)
        finally:
            os._exit(code)
    os.close(ready)
    if order["signal"] == signal.SIGTERM:
        # A polite signal needs its handler; closing is how the child says that it has one.
        os.read(wait_for_ready, 1)
    os.close(wait_for_ready)
    if order["killed_after"] is not None:
        time.sleep(order["killed_after"])
        os.kill(pid, order["signal"])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(_bear(json.loads(line)), flush=True)  # noqa: T201
