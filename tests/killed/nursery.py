"""Bears processes in which a real Home Assistant imports a site's past, to be killed: what `test_import.py` drives.

Reads one order a line (JSON) from the standard input, writes the number of the process that lives it, and how it ended;
what these processes log, and what ended them too early, is on the standard error.
The processes are forked from this one, which has imported everything, so that a life begins in a moment.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import signal
import sys
import traceback
from typing import Any

from freezegun import freeze_time
from homeassistant import loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components.http.config import async_get_and_load_store
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component

# What Home Assistant would import at the set-up, so that it is there when a life begins.
from custom_components.solar_cloud import application_credentials, binary_sensor, config_flow, event, sensor  # noqa: F401
from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper

LONGEST_LIFE = 60
"""Seconds, after which a life ends although no order ended it: a test that went wrong must not leave it behind."""
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def home_assistant(folder: str) -> AsyncGenerator[HomeAssistant]:
    """Run as much of Home Assistant as a system's statistics need, from what the life before left in the folder."""
    hass = HomeAssistant(folder)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    try:
        await come_up(hass)
        yield hass
    finally:
        await hass.async_stop(force=True)


async def come_up(hass: HomeAssistant) -> None:
    """Set up the recorder and the integration, with all that its manifest depends on, and start."""
    if not await async_load_base_functionality(hass):
        raise SetUpFailed("the registries")
    await hass.config_entries.async_initialize()
    # No integration brings this, and without it `http`, which the manifest names, fails: it has a user of its own.
    hass.auth = await auth_manager_from_config(hass, [], [])
    await listen_anywhere(hass)
    await set_up(hass, "network", {})
    async_initialize_recorder(hass)
    await set_up(hass, "recorder", {"recorder": {"db_url": f"sqlite:///{hass.config.path('home.db')}"}})
    await set_up(hass, DOMAIN, {})
    await hass.async_start()
    # Told to stop before it has begun with its queue, the recorder forgets that it was told, and never ends.
    written = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(written))
    await written


class SetUpFailed(Exception):
    """Home Assistant lacks what a life needs; what it has logged says why."""

    def __str__(self) -> str:
        """Return a sentence, with what could not be set up."""
        return f"Home Assistant could not set up {self.args[0]}; what it has logged says why."


async def set_up(hass: HomeAssistant, domain: str, config: ConfigType) -> None:
    """Set up an integration with all that its manifest depends on, or raise."""
    if not await async_setup_component(hass, domain, config):
        raise SetUpFailed(domain)


async def listen_anywhere(hass: HomeAssistant) -> None:
    """Have `http` listen on any free port of this machine alone: its own, 8123, may be somebody's."""
    store = await async_get_and_load_store(hass)
    anywhere = {"server_host": ["127.0.0.1"], "server_port": 0}
    # A port in the configuration would be on trial, and may not be 0.
    if not anywhere.items() <= store.stable.items():
        await store.async_set_pending({**store.stable, **anywhere})
        await store.async_promote_pending()


async def add_account(hass: HomeAssistant, form: dict[str, Any]) -> None:
    """Add an account with a plan of one's own, as a user does, and wait for the first hours."""
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "user"})
    result = await flow.async_configure(result["flow_id"], {"next_step_id": "solaredge_key"})
    result = await flow.async_configure(result["flow_id"], form)
    result = await flow.async_configure(result["flow_id"], {"per_minute": 10_000, "per_month": 100_000})
    assert result["type"] == "create_entry", result
    await until(lambda: books_of(result["result"]).state.first is not None)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    books: Bookkeeper = system.bookkeeper
    return books


async def tell(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return all hours as the recorder's own function tells them, and how many requests are counted."""
    names = {f"{DOMAIN}:{books_of(entry).statistics.data.system.key}_{flow}" for flow in Flow}
    rows = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(hass, *EVER, names, "hour", {"energy": "Wh"}, {"change", "state"})
    )
    return {
        "first": str(books_of(entry).state.first),
        "used": entry.runtime_data.metered.ledger.used(datetime.now(UTC)),
        "rows": {
            name: [(one["start"], round(one["state"], 6), round(one["change"], 6)) for one in told]
            for name, told in rows.items()
        },
    }


async def live(order: dict[str, Any]) -> None:
    """Add the account, or go on with the import, which the first of these lives asks for."""
    async with home_assistant(order["folder"]) as hass:
        if "form" in order:
            await add_account(hass, order["form"])
            return
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        books = books_of(entry)
        if books.state.wanted is None:
            await books.async_import(datetime.fromisoformat(order["since"]).date())
        await until(lambda: not books.state.is_importing and not books._working)
        told = json.dumps(await tell(hass, entry))
        await hass.async_add_executor_job(Path(order["folder"], "told.json").write_text, told)


def child(order: dict[str, Any]) -> int:
    signal.alarm(LONGEST_LIFE)
    with freeze_time(order["now"], tick=True):
        asyncio.run(live(order))
    return 0


def bear(order: dict[str, Any]) -> int:
    """Begin a life, tell its number, and return how it ended: an exit code, or the negative number of a signal."""
    if not (pid := os.fork()):
        code = 1
        try:
            # The standard output is for numbers.
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            code = child(order)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    print(pid, flush=True)  # noqa: T201
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(bear(json.loads(line)), flush=True)  # noqa: T201
