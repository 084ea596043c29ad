"""The fixtures of a whole Home Assistant with the simulated clouds, and a folder for its blueprints."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import patch

from homeassistant.components.automation import AutomationEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.script import _ScriptRun
import pytest

from ..home.conftest import auto_enable_custom_integrations, clean_time, cloud, quick_loop, waiting_passes_frozen_time  # noqa: F401
from .helpers import AUTOMATION


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a folder of the test's own: imported blueprints are files."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
async def automations_may_wait(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Let an automation wait for days while a test waits for all that happens now: else one waits for the other."""
    run_if_enabled, run_long = AutomationEntity._async_trigger_if_enabled, _ScriptRun._async_run_long_action
    runs: set[asyncio.Task[Any]] = set()

    async def start(entity: AutomationEntity, *args: Any, **kwargs: Any) -> None:
        run = asyncio.create_task(run_if_enabled(entity, *args, **kwargs))
        runs.add(run)
        run.add_done_callback(runs.discard)

    async def run_unseen(run: _ScriptRun, task: asyncio.Task[Any]) -> Any:
        if task in hass._tasks:
            task.remove_done_callback(hass._tasks.remove)
            hass._tasks.discard(task)
        return await run_long(run, task)

    with (
        patch.object(AutomationEntity, "_async_trigger_if_enabled", start),
        patch.object(_ScriptRun, "_async_run_long_action", run_unseen),
    ):
        yield
        if hass.states.get(AUTOMATION) is not None:
            await hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)
        for run in runs:
            run.cancel()
