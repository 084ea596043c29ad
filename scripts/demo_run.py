"""Runs the demo: see scripts/demo, which starts this in the environment that has Home Assistant 2026.11."""

import argparse
import asyncio
from contextlib import AsyncExitStack
import json
import os
from pathlib import Path
import signal
import sys
import time

ROOT = Path(__file__).resolve().parent.parent
# For the simulator and the parts beside this file; scripts/demo runs Python with -P, which adds neither.
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from demo_lib.accounts import accounts, add_account, register_redirect  # noqa: E402
from demo_lib.credentials import credentials  # noqa: E402
from demo_lib.dashboard import add_dashboard  # noqa: E402
from demo_lib.energy import add_to_energy_dashboard  # noqa: E402
from demo_lib.folder import INTEGRATIONS, DemoFolder, free_port  # noqa: E402
from demo_lib.home_assistant import HomeAssistant  # noqa: E402
from demo_lib.log import complaints, follow  # noqa: E402
from demo_lib.names import DASHBOARD, DOMAIN, PASSWORD, PER_MINUTE, PER_MONTH, USERNAME  # noqa: E402
from demo_lib.processes import Child  # noqa: E402
from demo_lib.report import Problem, complain, note, step  # noqa: E402
from demo_lib.systems import Row, lacking, read_rows, read_systems, table  # noqa: E402

SIMULATOR_PATIENCE = 30  # seconds
VALUES_PATIENCE = 120


class Demo:
    """One run of the demo, from the two processes to the table of values."""

    def __init__(self, folder: DemoFolder, port: int) -> None:
        self._folder = folder
        self._port = port
        self._began = time.monotonic()
        self._children: list[Child] = []

    async def run(self, *, headless: bool, empty: bool) -> None:
        """Start everything and say so, then follow the log – or, headless, stop as soon as the values are there.

        An empty house gets no account; what its owner needs to add some is printed and written into its folder.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._stop)
            simulator_url = await self._start_simulator()
            await self._start_home_assistant()
            home_assistant = await stack.enter_async_context(HomeAssistant(f"http://127.0.0.1:{self._port}"))
            await self._open(home_assistant, simulator_url)
            rows = [] if empty else await self._furnish(home_assistant, simulator_url)
            self._folder.remember(url=home_assistant.url)
            if headless:
                print(table(rows))
                return
            if empty:
                self._hand_over(simulator_url)
            self._welcome(home_assistant)
            await self._follow()

    def _check(self) -> None:
        for child in self._children:
            child.check()

    async def _start_simulator(self) -> str:
        # The port is in the accounts' addresses, so that it must stay the same as long as the folder is kept.
        port: int = self._folder.state.get("simulator_port") or free_port()
        try:
            free_port(port)
        except OSError as err:
            raise Problem(
                f"Port {port}, which this demo's simulator had before, is taken.",
                "stop what listens there, or",
                "start over with another port: scripts/demo --fresh",
            ) from err
        self._folder.remember(simulator_port=port)
        step("Starting the simulator")
        options = ["--port", str(port), "--ready-file", str(self._folder.ready_file)]
        options += ["--per-minute", str(PER_MINUTE), "--per-month", str(PER_MONTH)]
        command = [sys.executable, "-m", "simulator", *options]
        await self._start("The simulator", command, ROOT, self._folder.simulator_log)
        url = await self._wait_for_simulator()
        note(url)
        return url

    async def _wait_for_simulator(self) -> str:
        try:
            async with asyncio.timeout(SIMULATOR_PATIENCE):
                while not (self._folder.ready_file.is_file() and (url := self._folder.ready_file.read_text().strip())):
                    self._check()
                    await asyncio.sleep(0.1)
        except TimeoutError as err:
            raise Problem(
                f"The simulator was not ready within {SIMULATOR_PATIENCE} seconds.",
                f"its log is {self._folder.simulator_log}",
            ) from err
        return url

    async def _start_home_assistant(self) -> None:
        step("Starting Home Assistant 2026.11")
        hass = Path(sys.executable).with_name("hass")
        command = [str(hass), "--config", str(self._folder.path), "--log-no-color"]
        await self._start("Home Assistant", command, self._folder.path, self._folder.log)

    async def _start(self, name: str, command: list[str], cwd: Path, log: Path) -> None:
        # Nothing is missing (see missing_requirements), so that no package installer may have to be waited for.
        env = {**os.environ, "UV_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
        env.pop("PYTHONPATH", None)
        self._children.append(await Child.start(name, command, cwd=cwd, env=env, log=log))

    async def _open(self, home_assistant: HomeAssistant, simulator_url: str) -> None:
        """Wait for Home Assistant, log in, and tell the simulated SolarEdge where it is to send browsers back to."""
        await home_assistant.wait_until_it_answers(self._check)
        new = await home_assistant.log_in()
        step("Created the owner and finished the onboarding" if new else "Logged in")
        await home_assistant.wait_until_it_runs(self._check)
        await register_redirect(home_assistant, simulator_url)

    async def _furnish(self, home_assistant: HomeAssistant, simulator_url: str) -> list[Row]:
        """Add the accounts, bring the past in, fill the dashboards; return every entity."""
        entry_ids = await self._add_accounts(home_assistant, simulator_url)
        rows = await self._wait_for_values(home_assistant, entry_ids)
        systems = await read_systems(home_assistant, entry_ids)
        step("Importing the past of the systems")
        added = await add_to_energy_dashboard(home_assistant, systems)
        step(f"Energy dashboard: {added} statistics added" if added else "Energy dashboard: as before")
        if await add_dashboard(home_assistant):
            step("Dashboard: added")
        return rows

    async def _add_accounts(self, home_assistant: HomeAssistant, simulator_url: str) -> list[str]:
        there = {entry["entry_id"] for entry in await home_assistant.command("config_entries/get", domain=DOMAIN)}
        known: dict[str, str] = self._folder.state.get("accounts", {})
        for account in accounts(simulator_url):
            if known.get(account.menu_item) in there:
                continue
            step(f"Adding the account {account.menu_item} through the config flow")
            known[account.menu_item] = await add_account(home_assistant, account)
            self._folder.remember(accounts=known)
        return list(known.values())

    async def _wait_for_values(self, home_assistant: HomeAssistant, entry_ids: list[str]) -> list[Row]:
        step("Waiting for every system's values")
        lines = ["nothing was read"]
        known, rows = -1, list[Row]()
        try:
            async with asyncio.timeout(VALUES_PATIENCE):
                # Details follow what is essential: the devices are complete when a second brings no new entity.
                while lines or known != len(rows):
                    self._check()
                    known = len(rows) if rows else -1
                    rows = await read_rows(home_assistant)
                    systems = await read_systems(home_assistant, entry_ids)
                    lines = lacking(rows, systems) if systems else ["the accounts have no systems"]
                    await asyncio.sleep(1 if known != len(rows) else 0.3)
        except TimeoutError as err:
            raise Problem(
                f"Not every system has values after {VALUES_PATIENCE} seconds.",
                *lines,
                f"Home Assistant's log is {self._folder.log}",
            ) from err
        values = sum(row.has_value for row in rows)
        note(f"{len(systems)} systems, {len(rows)} entities, {values} of them with a value, after {self._age()}")
        return rows

    def _age(self) -> str:
        return f"{time.monotonic() - self._began:.1f} seconds"

    def _hand_over(self, simulator_url: str) -> None:
        """Say what there is to be added, and write it down for a program."""
        at_hand = credentials(simulator_url)
        self._folder.credentials_file.write_text(json.dumps(at_hand, indent=2) + "\n", "utf-8")
        step("Credentials at hand")
        for account, values in at_hand.items():
            for name, value in values.items():
                note(f"{account:<16}{name:<20}{value}")

    def _welcome(self, home_assistant: HomeAssistant) -> None:
        step("Ready")
        note(f"address   {home_assistant.url}")
        note(f"login     {USERNAME} / {PASSWORD}")
        note(f"solar     {home_assistant.url}/{DASHBOARD}")
        note(f"energy    {home_assistant.url}/energy")
        note(f"devices   {home_assistant.url}/config/integrations/integration/{DOMAIN}")
        note("Ctrl-C stops both; the log follows")

    async def _follow(self) -> None:
        """Print the log until a process ends by itself, which raises Problem, or until cancelled."""
        tasks = [asyncio.create_task(child.wait()) for child in self._children]
        tasks.append(asyncio.create_task(follow(self._folder.log)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        self._check()

    async def _stop(self) -> None:
        """Stop in reverse order: Home Assistant first, so that it does not see its clouds vanish."""
        if not self._children:
            return
        step("Stopping")
        try:
            for child in reversed(self._children):
                await child.stop()
        finally:
            for child in self._children:
                child.kill()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--port", type=int, help="where Home Assistant listens on 127.0.0.1 (default 8123; 0: any)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--headless-check", action="store_true", help="start, wait for all values, print them, stop; exit code 0 or 1"
    )
    how.add_argument(
        "--empty", action="store_true", help="add no account, and print what is needed to add some by hand"
    )
    parser.add_argument("--fresh", action="store_true", help="start over, without what earlier runs left")
    parser.add_argument("--debug", action="store_true", help="have the integration log in detail")
    parser.add_argument(
        "--config", type=Path, help="the folder to run in (default: .demo, or .demo-check, .demo-empty)"
    )
    return parser.parse_args()


def _port(arguments: argparse.Namespace) -> int:
    wanted = arguments.port if arguments.port is not None else 0 if arguments.headless_check else 8123
    try:
        return free_port(wanted)
    except OSError as err:
        raise Problem(
            f"Port {wanted} is taken.", "choose another one: scripts/demo --port 8124, or --port 0 for any"
        ) from err


def _prepare(arguments: argparse.Namespace) -> tuple[DemoFolder, int]:
    default = ROOT / (".demo-check" if arguments.headless_check else ".demo-empty" if arguments.empty else ".demo")
    folder = DemoFolder((arguments.config or default).resolve())
    folder.lock()
    if arguments.fresh:
        folder.clear()
    step(f"Configuration folder {folder.path}")
    port = _port(arguments)
    folder.prepare(ROOT / "custom_components" / DOMAIN, port, debug=arguments.debug)
    _check_requirements(folder)
    return folder, port


def _check_requirements(folder: DemoFolder) -> None:
    """Raise Problem when a start would install packages; asked once for each state of the environment."""
    environment = (Path(sys.prefix) / ".complete").read_text("utf-8")
    if folder.state.get("checked_environment") == environment:
        return
    from demo_lib.missing import missing_requirements  # imports much of Home Assistant: some seconds

    if missing := missing_requirements(INTEGRATIONS):
        raise Problem(
            "Home Assistant would have to install packages while it starts.",
            *(f"{requirement} for {by}" for requirement, by in missing.items()),
            "renew the environment: rm -r .venv-demo; scripts/setup demo",
            "if that does not help, requirements/demo.in lacks them",
        )
    step("Every package that Home Assistant needs is installed")
    folder.remember(checked_environment=environment)


async def _run(folder: DemoFolder, port: int, *, headless: bool, empty: bool) -> None:
    main = asyncio.current_task()
    assert main is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, main.cancel)
    await Demo(folder, port).run(headless=headless, empty=empty)


def _judge_log(folder: DemoFolder) -> None:
    if found := complaints(folder.log.read_text("utf-8", "replace")):
        raise Problem("Home Assistant's log has complaints.", *found, f"the whole log is {folder.log}")
    step("No error, and no warning of the integration, in Home Assistant's log")


def main() -> int:
    """Run the demo; the exit code."""
    arguments = _arguments()
    try:
        folder, port = _prepare(arguments)
        asyncio.run(_run(folder, port, headless=arguments.headless_check, empty=arguments.empty))
        if arguments.headless_check:
            _judge_log(folder)
    except Problem as problem:
        complain(problem)
        return 1
    except asyncio.CancelledError, KeyboardInterrupt:
        return 130 if arguments.headless_check else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
