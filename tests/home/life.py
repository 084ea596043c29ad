"""A Home Assistant from start to stop, as often as a test wants: it begins from what the one before left in storage."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from homeassistant import loader
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    frame,
    issue_registry as ir,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.solar_cloud.const import DOMAIN

from .conftest import leave_first_steps, settle


@asynccontextmanager
async def life(
    config_dir: str, *, settled: bool = True, prepare: Callable[[HomeAssistant], Awaitable[object]] | None = None
) -> AsyncGenerator[HomeAssistant]:
    """Start a Home Assistant from storage, its accounts included, and stop it in the end with its final write.

    `settled`: wait for what the start sets off in the background; where waits need the test's clock, it must not.
    `prepare`: what else is to be there before the accounts are set up.
    """
    async with async_test_home_assistant(load_registries=False, config_dir=config_dir) as hass:
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        # As a start does: what Home Assistant allows to a custom integration only, it looks up in this one.
        frame.async_setup(hass)
        dr.async_setup(hass)
        await asyncio.gather(*(registry.async_load(hass) for registry in (ar, cr, dr, er, fr, ir, lr)))
        await hass.config_entries.async_initialize()
        await async_setup_component(hass, "homeassistant", {})
        if prepare is not None:
            await prepare(hass)
        if hass.config_entries.async_entries(DOMAIN):
            assert await async_setup_component(hass, DOMAIN, {})
        await hass.async_block_till_done(wait_background_tasks=settled)
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)
            # A process takes its timers with it.
            for handle in get_scheduled_timer_handles(hass.loop):
                if str(getattr(handle._callback, "__module__", "")).startswith(("homeassistant", "custom_components")):
                    handle.cancel()


async def add_custom_account(
    hass: HomeAssistant, step: str, user_input: dict[str, object], *, per_minute: int = 10, per_month: int
) -> ConfigEntry:
    """Add an account with a plan of one's own and all its systems, as a user does."""
    flow = hass.config_entries.flow
    result = await flow.async_init(DOMAIN, context={"source": "user"})
    result = await flow.async_configure(result["flow_id"], {"next_step_id": step})
    result = await flow.async_configure(result["flow_id"], user_input | {"plan": "custom"})
    assert result["step_id"] == "limits", result
    result = await flow.async_configure(result["flow_id"], {"per_minute": per_minute, "per_month": per_month})
    if result["type"] is FlowResultType.FORM:
        assert result["step_id"] == "systems", result
        result = await flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    leave_first_steps(hass, result["result"])
    await settle(hass)
    return result["result"]


def now() -> datetime:
    """Return the frozen time."""
    return datetime.now(UTC)
