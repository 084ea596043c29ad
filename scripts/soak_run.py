"""Runs the soak: see scripts/soak, which starts this in the environment that has Home Assistant 2026.11."""

import argparse
import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
import os
from pathlib import Path
import signal
import sys
import time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# For the simulator and the parts beside this file; scripts/soak runs Python with -P, which adds neither.
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from demo_lib.accounts import accounts, add_account, register_redirect  # noqa: E402
from demo_lib.folder import DemoFolder  # noqa: E402
from demo_lib.home_assistant import HomeAssistant  # noqa: E402
from demo_lib.names import DOMAIN  # noqa: E402
from demo_lib.report import Problem, complain, note, step  # noqa: E402
from demo_lib.systems import read_systems  # noqa: E402
from soak_lib.clocks import library  # noqa: E402
from soak_lib.house import House, utc  # noqa: E402
from soak_lib.mischief import FAULTS, OUTAGES, VENDORS, Event, Kind, path_of, plan  # noqa: E402
from soak_lib.report import Findings, print_report  # noqa: E402
from soak_lib.truth import requests_against_plans, watt_hours_off  # noqa: E402

from simulator.ready import ready_simulator  # noqa: E402

START = utc(2026, 5, 12, 6)
"""A month later the month has turned once."""
PLANS = {"enphase_v4": "watt", "enphase_v2": "watt", "solaredge_key": "free", "solaredge_oauth": "free"}
LOOKS = 4
"""A day: sign-ins that are asked for are looked for."""
RELOADS = 6
WRONG_BY = timedelta(days=-2)
"""A computer without a clock of its own boots with the time at which it was switched off."""


class Soak:
    """One run, from the first start to the report."""

    def __init__(self, house: House, days: int, events: list[Event]) -> None:
        self._house = house
        self._days = days
        self._events = events
        self._begin = START
        self._entry_ids: list[str] = []
        self._keys: list[str] = []
        self.findings = Findings(days=days)

    async def run(self) -> Findings:
        """Live through all of it; return what was found."""
        began = time.monotonic()
        house = self._house
        house.set_clocks(START)
        await house.start_cloud()
        step("Starting Home Assistant")
        await house.start_home()
        await self._add_accounts()
        self._begin = house.now
        end = self._begin + timedelta(days=self._days)
        looks = [self._begin + timedelta(days=number / LOOKS) for number in range(1, self._days * LOOKS)]
        for moment, event in sorted(
            [*((look, None) for look in looks), *((one.at, one) for one in self._events)], key=_at
        ):
            if moment > end:
                break
            if moment > house.now:
                await house.pass_time(moment)
            await (self._look() if event is None else self._happens(event))
        await house.pass_time(end)
        await self._look()
        await self._judge()
        await house.stop_home()
        self.findings.lives = house.lives
        self.findings.read_logs(house.logs)
        self.findings.seconds = time.monotonic() - began
        return self.findings

    async def _add_accounts(self) -> None:
        async with self._house.client() as client:
            await client.log_in()
            await register_redirect(client, self._house.simulator_url)
            for account in accounts(self._house.simulator_url):
                fields = {**account.fields, "plan": PLANS[account.menu_item]}
                step(f"Adding the account {account.menu_item} with the plan {fields['plan']}")
                self._entry_ids.append(await add_account(client, replace(account, fields=fields)))
            self._keys = [system.key for system in await read_systems(client, self._entry_ids)]
            note(f"{len(self._keys)} systems at {self._house.now:%Y-%m-%d %H:%M}")

    async def _happens(self, event: Event) -> None:
        """Let something go wrong."""
        step(f"{self._house.now:%m-%d %H:%M} {event.kind}")
        self.findings.events[event.kind] += 1
        house = self._house
        match event.kind:
            case Kind.FAULT:
                fault = _chosen(FAULTS, event)
                await house.ask_cloud("fail", {"path": path_of(event, fault), "times": 1 + event.number % 3, **fault})
            case Kind.OUTAGE:
                fault = _chosen(OUTAGES, event)
                await house.ask_cloud("fail", {"path": path_of(event, fault), "times": None, **fault})
            case Kind.OVER:
                await house.ask_cloud("faults/clear", {})
            case Kind.RELOAD:
                await self._reload()
            case Kind.WRONG_CLOCK:
                await self._boot_with_a_wrong_clock()
            case Kind.RESTART | Kind.KILL:
                await self._look()
                await house.stop_home(kill=event.kind is Kind.KILL)
                house.leap(timedelta(seconds=(20, 300, 9_000)[event.number % 3]))
                await house.start_home()

    async def _boot_with_a_wrong_clock(self) -> None:
        """Have Home Assistant begin two days in the past, and put its clock right after a quarter of an hour."""
        house = self._house
        await house.stop_home()
        house.home_clock.leap(WRONG_BY.total_seconds())
        await house.start_home()
        await house.pass_time(house.now + timedelta(minutes=15))
        # Nothing leaps now: the end of the leap was reached.
        house.home_clock.set(house.cloud_clock.get())

    async def _look(self) -> None:
        """Look for sign-ins that are asked for, and for accounts that are not loaded."""
        async with self._house.client() as client:
            await client.log_in()
            flows = await client.command("config_entries/flow/progress")
            asked = {flow["context"].get("entry_id") for flow in flows if flow["context"]["source"] == "reauth"}
            self.findings.reauths = max(self.findings.reauths, len(asked))
            for entry in await self._house.entries(client):
                if entry["state"] != "loaded":
                    self.findings.not_loaded.append(f"{self._house.now:%m-%d %H:%M} {entry['title']}: {entry['state']}")

    async def _reload(self) -> None:
        async with self._house.client() as client:
            await client.log_in()
            for entry_id in self._entry_ids:
                await client.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})

    async def _judge(self) -> None:
        """Compare with the truth, and count what reloads leave in memory."""
        step("Comparing")
        house, found = self._house, self.findings
        async with house.client() as client:
            await client.log_in()
            found.compared, found.off = await watt_hours_off(
                client, ready_simulator(), self._keys, self._begin, house.now
            )
            found.requests = requests_against_plans(await house.ask_cloud("requests"), await house.ask_cloud("limits"))
            # The first ones fill caches.
            counts: list[dict[str, Any]] = []
            for _ in range(RELOADS + 2):
                await self._reload()
                await asyncio.sleep(1)
                counts.append(await self._count(client))
            found.reloads = RELOADS
            found.before, found.after = counts[1], counts[-1]

    @staticmethod
    async def _count(client: HomeAssistant) -> dict[str, Any]:
        answer = await client.command("call_service", domain="soak_clock", service="count", return_response=True)
        counted: dict[str, Any] = answer["response"]
        return counted


def _at(item: tuple[datetime, Event | None]) -> datetime:
    return item[0]


def _chosen[T](choices: tuple[T, ...], event: Event) -> T:
    return choices[event.number // len(VENDORS) % len(choices)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="simulated days (default: 30)")
    parser.add_argument(
        "--speed", type=float, help="at most so many simulated seconds in one second (default: no limit)"
    )
    parser.add_argument("--seed", type=int, default=1, help="chooses when what goes wrong (default: 1)")
    parser.add_argument("--calm", action="store_true", help="nothing goes wrong but one restart")
    parser.add_argument("--config", type=Path, help="the folder to run in (default: .soak)")
    return parser.parse_args()


def _prepare(arguments: argparse.Namespace) -> House:
    if library() is None:
        raise Problem("libfaketime is not installed.", "Debian and Ubuntu: apt-get install faketime")
    folder = DemoFolder((arguments.config or ROOT / ".soak").resolve())
    folder.lock()
    folder.clear()
    house = House(ROOT, folder, arguments.speed)
    folder.prepare(ROOT / "custom_components" / DOMAIN, house.port, debug=False)
    configuration = folder.path / "configuration.yaml"
    configuration.write_text(f"{configuration.read_text('utf-8')}soak_clock:\n", "utf-8")
    clock = ROOT / "scripts" / "soak_lib" / "soak_clock"
    (folder.path / "custom_components" / "soak_clock").symlink_to(clock, target_is_directory=True)
    step(f"Folder {folder.path}")
    return house


async def _run(house: House, arguments: argparse.Namespace) -> Findings:
    main = asyncio.current_task()
    assert main is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, main.cancel)
    try:
        events = plan(START, arguments.days, arguments.seed, calm=arguments.calm)
        return await Soak(house, arguments.days, events).run()
    finally:
        await house.stop()


def main() -> int:
    """Run the soak; return 0 where nothing was found."""
    arguments = _arguments()
    os.environ["TZ"] = "UTC"
    try:
        findings = asyncio.run(_run(_prepare(arguments), arguments))
    except Problem as problem:
        complain(problem)
        return 1
    except asyncio.CancelledError, KeyboardInterrupt:
        return 130
    print_report(findings)
    return 1 if findings.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
