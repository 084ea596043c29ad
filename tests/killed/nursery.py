"""Bears processes in which a real Home Assistant imports a site's past, to be killed: what `test_import.py` drives.

Reads one order a line (JSON) from the standard input, writes the number of the process that lives it, and how it ended.
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
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntries, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance
from homeassistant.setup import async_setup_component

from custom_components.solar_cloud import binary_sensor, config_flow, event, sensor  # noqa: F401
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
    await async_load_base_functionality(hass)
    await hass.config_entries.async_initialize()
    assert await async_setup_component(hass, "network", {})
    async_initialize_recorder(hass)
    assert await async_setup_component(hass, "recorder", {"recorder": {"db_url": f"sqlite:///{folder}/home.db"}})
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_start()
    yield hass
    await hass.async_stop(force=True)


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
    (coordinator,) = entry.runtime_data.coordinators.values()
    books: Bookkeeper = coordinator.bookkeeper
    return books


async def tell(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return all hours as the recorder's own function tells them, and how many requests are counted."""
    names = {f"{DOMAIN}:{books_of(entry).statistics.data.system.key}_{flow}" for flow in Flow}
    rows = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(hass, *EVER, names, "hour", None, {"change", "state"})
    )
    return {
        "first": str(books_of(entry).state.first),
        "used": entry.runtime_data.metered.ledger.used(datetime.now(UTC)),
        "rows": {name: [(one["start"], one["state"], one["change"]) for one in told] for name, told in rows.items()},
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
