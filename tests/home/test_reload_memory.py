"""A reload leaves nothing behind: no object of ours, no timer, no listener, no task."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial
import gc
import inspect
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest

from .conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from .sign_in import signed_in

# What stands in for the disk keeps all that was ever written.
pytestmark = pytest.mark.disk

OURS = "custom_components.solar_cloud"
RELOADS = 6
WARM_UP = 2
"""Reloads that fill caches."""


async def add(hass: HomeAssistant, cloud: Cloud, kind: str) -> ConfigEntry:
    if kind == "enphase_v4":
        entry = await signed_in(hass, cloud)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        return entry
    given = enphase_input(cloud) if kind == "enphase_v2" else solaredge_input(cloud)
    return await add_account(hass, kind, given)


def objects() -> Counter[str]:
    """Return how many objects of each type there are."""
    gc.collect()
    return Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())


def is_connection(what: Any) -> bool:
    """Return whether a timer's callback or a task's coroutine keeps a connection of the HTTP library.

    When that closes is its own affair, on a busy machine a moment later.
    """
    while isinstance(what, partial):
        what = what.func
    frame = getattr(what, "cr_frame", None)
    owner = frame.f_globals["__name__"] if frame is not None else getattr(inspect.unwrap(what), "__module__", None)
    return str(owner).startswith("aiohttp.")


def waiting(hass: HomeAssistant) -> dict[str, int]:
    """Return what waits for something to happen."""
    timers = [handle for handle in get_scheduled_timer_handles(hass.loop) if not handle.cancelled()]
    return {
        "timers": sum(not is_connection(handle._callback) for handle in timers),
        "listeners": sum(hass.bus.async_listeners().values()),
        "tasks": sum(not is_connection(task.get_coro()) for task in asyncio.all_tasks()),
    }


@pytest.mark.parametrize("kind", ["enphase_v2", "enphase_v4", "solaredge_key"])
async def test_a_reload_leaves_no_object_timer_listener_or_task_behind(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    record_property: Any,
) -> None:
    entry = await add(hass, cloud, kind)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=15))

    async def reload(times: int) -> tuple[Counter[str], dict[str, int]]:
        for _ in range(times):
            assert await hass.config_entries.async_reload(entry.entry_id)
            await settle(hass)
        # What the log and the cloud keep is the test's.
        caplog.clear()
        cloud.simulator.clear_requests()
        return objects(), waiting(hass)

    before, waited = await reload(WARM_UP)
    after, waits = await reload(RELOADS)
    grown = after - before
    record_property("objects that a reload leaves, of any type", f"{grown.total() / RELOADS:.0f}")
    ours = {name: more for name, more in grown.items() if name.startswith(OURS)}
    # What every reload leaves is there as often as there were reloads.
    assert sum(ours.values()) < RELOADS, ours
    assert waits == waited
