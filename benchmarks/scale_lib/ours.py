"""Solar Cloud, over HTTP to a simulated cloud in another process: added as an owner adds it, and refreshed."""

import asyncio
from datetime import timedelta
from pathlib import Path
import subprocess
import sys
from typing import Any, override
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import Store

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.coordinator import SOONEST, SystemCoordinator
from custom_components.solar_cloud.runtime import SolarCloudConfigEntry
from simulator import ENPHASE_PATH, SOLAREDGE_PATH
from simulator.ready import ENPHASE_API_KEY

from .candidate import Candidate
from .clouds import PLENTY, readers_of
from .world import Time

ROOT = Path(__file__).parents[2]
FORMS = {"enphase": ("enphase_v2", ENPHASE_PATH), "solaredge": ("solaredge_key", SOLAREDGE_PATH)}


class Ours(Candidate):
    """Accounts with many systems."""

    domain = DOMAIN
    life = (timedelta(hours=11),) * 7
    """Three days and a little: intervals are kept for that long, and one request reaches eleven hours back."""

    def __init__(self, hass: HomeAssistant, vendor: str, systems: int, inverters: int, time: Time) -> None:
        """Take which cloud, how many systems of how many inverters, and the time that all of them share."""
        super().__init__(hass)
        self._vendor = vendor
        self._systems = systems
        self._inverters = inverters
        self._time = time
        self._entries: list[SolarCloudConfigEntry] = []
        self._written = asyncio.Event()

    @override
    async def prepare(self) -> None:
        command = [sys.executable, "-m", "benchmarks.scale_lib.clouds", self._vendor]
        command += [f"--systems={self._systems}", f"--inverters={self._inverters}"]
        command += [f"--ahead={self._time.ahead.total_seconds()}"]
        self._cloud = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._cloud.stdout is not None
        self._url = (await self._cloud.stdout.readline()).decode().strip()

    @override
    async def set_up(self) -> None:
        self._entries = [await self._add(reader) for reader in readers_of(self._vendor, self._systems)]
        if any(entry.state is not ConfigEntryState.LOADED for entry in self._entries):
            raise RuntimeError("an account could not be set up; the log says why")
        while not self._is_read():  # noqa: ASYNC110 - the integration announces no such moment
            await asyncio.sleep(0.05)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def _add(self, reader: str) -> SolarCloudConfigEntry:
        """Add an account with all its systems, as its owner does."""
        step, path = FORMS[self._vendor]
        is_enphase = self._vendor == "enphase"
        credential = {"api_key": ENPHASE_API_KEY, "user_id": reader} if is_enphase else {"api_key": reader}
        flow = self.hass.config_entries.flow
        result: Any = await flow.async_init(DOMAIN, context={"source": "user"})
        result = await flow.async_configure(result["flow_id"], {"next_step_id": step})
        user_input = {**credential, "plan": "custom", "advanced": {"base_url": self._url + path}}
        result = await flow.async_configure(result["flow_id"], user_input)
        result = await flow.async_configure(result["flow_id"], {"per_minute": PLENTY, "per_month": PLENTY})
        if result.get("step_id") == "systems":
            result = await flow.async_configure(result["flow_id"], {})
        if result["type"] is not FlowResultType.CREATE_ENTRY:
            raise RuntimeError(f"the account could not be added: {result}")
        entry: SolarCloudConfigEntry = result["result"]
        return entry

    def _coordinators(self) -> dict[str, tuple[SolarCloudConfigEntry, SystemCoordinator]]:
        return {
            key: (entry, coordinator)
            for entry in self._entries
            for key, coordinator in entry.runtime_data.coordinators.items()
        }

    def _is_read(self) -> bool:
        """Tell whether of every system all has been read that there is."""
        return all(
            coordinator.has_data and coordinator.update_interval is not None and coordinator.update_interval > SOONEST
            for _, coordinator in self._coordinators().values()
        )

    @override
    async def unload(self) -> None:
        for entry in self._entries:
            await self.hass.config_entries.async_unload(entry.entry_id)

    @override
    async def set_up_again(self) -> None:
        await asyncio.gather(*(self.hass.config_entries.async_setup(entry.entry_id) for entry in self._entries))
        await self.hass.async_block_till_done(wait_background_tasks=True)

    @override
    def systems(self) -> list[str]:
        return list(self._coordinators())

    @override
    async def leap(self, step: timedelta) -> None:
        self._time.leap(step)
        session = async_get_clientsession(self.hass)
        for path, body in (("clock", {"advance": step.total_seconds()}), ("requests/clear", {})):
            async with session.post(f"{self._url}/control/{path}", json=body) as response:
                response.raise_for_status()

    @override
    async def refresh(self, system: str) -> int:
        """Refresh a system, write its entities, and have what is known of it on disk at once instead of 10 s later."""
        entry, coordinator = self._coordinators()[system]
        ledger = entry.runtime_data.metered.ledger
        before = ledger.used(self._time.now())
        self._written.clear()
        with (
            patch("custom_components.solar_cloud.system.storage.SAVE_DELAY", 0),
            patch.object(Store, "_async_write_data", self._writer(Store._async_write_data)),  # noqa: SLF001
        ):
            await coordinator.async_refresh()
            await asyncio.wait_for(self._written.wait(), 30)
        await self.hass.async_block_till_done()
        if not coordinator.last_update_success:
            raise RuntimeError(f"{coordinator.name} could not be refreshed") from coordinator.last_exception
        return ledger.used(self._time.now()) - before

    def _writer(self, write: Any) -> Any:
        async def written(store: Store[Any], data: Any) -> None:
            await write(store, data)
            if store.key.startswith(f"{DOMAIN}.system."):
                self._written.set()

        return written

    @override
    async def close(self) -> None:
        assert self._cloud.stdin is not None
        self._cloud.stdin.close()
        await self._cloud.wait()
