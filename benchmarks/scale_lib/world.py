"""A Home Assistant core without recorder and frontend, its clock, and its memory."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import ctypes
from datetime import UTC, datetime, timedelta
import gc
import os
from pathlib import Path
from unittest.mock import patch

from aiohttp.resolver import ThreadedResolver
from homeassistant import loader
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, frame
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_test_home_assistant


class Time:
    """The time that Home Assistant and the simulated cloud believe in: ahead of the real one, and it may leap.

    Timers do not follow: what becomes due is asked for by the benchmark.
    """

    def __init__(self, hour: int) -> None:
        """Begin on the next tenth of June, at an hour of the day in UTC, a little after it."""
        now = datetime.now(UTC)
        start = now.replace(year=now.year + 1, month=6, day=10, hour=hour, minute=2, second=30)
        self.ahead = start - now
        dt_util.utcnow = self.now  # type: ignore[assignment]

    def now(self) -> datetime:
        """Return the time as aware UTC."""
        return datetime.now(UTC) + self.ahead

    def leap(self, step: timedelta) -> None:
        """Let time pass at once."""
        self.ahead += step


class _Resolver(ThreadedResolver):
    """Home Assistant's own would begin to listen to the network; nobody here has a name to be looked up."""

    real_close = ThreadedResolver.close


@asynccontextmanager
async def home_assistant(folder: str) -> AsyncGenerator[HomeAssistant]:
    """Start a Home Assistant and stop it in the end. It writes no registries, which would be the same for all."""
    with patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda _: _Resolver()):
        async with async_test_home_assistant(config_dir=folder) as hass:
            # What an integration does in an old way is reported through it: 2026.11 sets up no custom one without.
            frame.async_setup(hass)
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            await async_setup_component(hass, "homeassistant", {})
            for platform in (Platform.SENSOR, Platform.BINARY_SENSOR):
                await async_setup_component(hass, platform, {})
            await hass.async_block_till_done()
            yield hass
            await hass.async_stop(force=True)


async def async_import(hass: HomeAssistant, domain: str) -> None:
    """Import an integration with its platforms and flow: code is no matter of scale."""
    integration = await loader.async_get_integration(hass, domain)
    await integration.async_get_component()
    platforms = [*Platform, "config_flow", "diagnostics", "system_health"]
    await integration.async_get_platforms(integration.platforms_exists(platforms))


async def async_quiet() -> None:
    """Let everything run that is ready to run."""
    for _ in range(3):
        await asyncio.sleep(0)


def fill_registries(hass: HomeAssistant) -> None:
    """Have both registries make what they keep for the next time that they are written.

    Home Assistant does so seconds after a change. Not every run takes that long, and its memory is Home Assistant's.
    """
    for entry in (*er.async_get(hass).entities.values(), *dr.async_get(hass).devices):
        _ = entry.as_storage_fragment


def resident_bytes() -> int:
    """Return the memory that the process occupies, after everything has been given back that can be."""
    gc.collect()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
