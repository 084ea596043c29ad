"""Home Assistant with the integration, talking over real HTTP to the simulator, in frozen time."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
import logging
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.const import DOMAIN
from simulator import ENPHASE_PATH, ENPHASE_V4_PATH, SOLAREDGE_LEGACY_PATH, SOLAREDGE_PATH, Clock, Simulator
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY, ready_simulator

# The test plugin has every statement of the database logged: half the time of a test that books years of hours.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
# It cannot write the frozen time.
logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)

NOON_IN_LOS_ANGELES = datetime(2026, 6, 10, 19, 2, 30, tzinfo=UTC)


@dataclass
class Cloud:
    """The simulator and where it listens."""

    simulator: Simulator
    url: str

    @property
    def enphase_url(self) -> str:
        return self.url + ENPHASE_PATH

    @property
    def v4_url(self) -> str:
        return self.url + ENPHASE_V4_PATH

    @property
    def solaredge_url(self) -> str:
        return self.url + SOLAREDGE_PATH

    @property
    def solaredge_legacy_url(self) -> str:
        return self.url + SOLAREDGE_LEGACY_PATH

    def sent(self) -> list[str]:
        """Return the paths that were asked for, in order, without the part that all share."""
        return [
            request.path.removeprefix(ENPHASE_PATH).removeprefix(SOLAREDGE_PATH) for request in self.simulator.requests
        ]


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare states and registry entries as Home Assistant's own tests do."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
async def clean_time(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Freeze the time at a summer's noon at the Enphase residence."""
    freezer.move_to(NOON_IN_LOS_ANGELES)
    return freezer


@pytest.fixture(autouse=True)
async def quick_loop(clean_time: FrozenDateTimeFactory) -> None:
    """Keep the event loop from spinning: in frozen time a timer that is due at this very instant is never due."""
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    loop._clock_resolution = 0.001  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def waiting_passes_frozen_time(clean_time: FrozenDateTimeFactory) -> Iterator[None]:
    """Let a wait for a slot in the minute pass in frozen time, not in real time."""

    async def sleep(seconds: float) -> None:
        clean_time.tick(seconds)

    with patch("custom_components.solar_cloud.account.metered.Account", partial(Account, sleep=sleep)):
        yield


@pytest.fixture
async def cloud(socket_enabled: None, clean_time: FrozenDateTimeFactory) -> AsyncGenerator[Cloud]:
    """Both vendors' clouds with the ready systems."""
    simulator = ready_simulator(Clock(lambda: datetime.now(UTC)))
    server = TestServer(simulator.app, host="127.0.0.1")
    await server.start_server(access_log=None)
    yield Cloud(simulator, str(server.make_url("")).rstrip("/"))
    await server.close()


def enphase_input(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {
        "api_key": ENPHASE_API_KEY,
        "user_id": ENPHASE_USER_ID,
        "plan": "watt",
        "advanced": {"base_url": cloud.enphase_url},
    } | changes


def solaredge_input(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {"api_key": SOLAREDGE_API_KEY, "plan": "free", "advanced": {"base_url": cloud.solaredge_url}} | changes


def solaredge_legacy_input(cloud: Cloud) -> dict[str, Any]:
    return solaredge_input(cloud, account_key=SOLAREDGE_ACCOUNT_KEY, advanced={"base_url": cloud.solaredge_legacy_url})


async def add_account(
    hass: HomeAssistant, step: str, user_input: dict[str, Any], systems: list[str] | None = None
) -> ConfigEntry:
    """Add an account through the flow, as a user does, and wait until everything of it is there.

    Its first steps count as done, as those of an account of version 0.1.0.
    """
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert result["type"] is FlowResultType.MENU
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": step})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], user_input)
    if result["type"] is FlowResultType.FORM and result["step_id"] == "systems":
        chosen = {} if systems is None else {"systems": systems}
        result = await hass.config_entries.flow.async_configure(result["flow_id"], chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    leave_first_steps(hass, result["result"])
    await settle(hass)
    return result["result"]


def leave_first_steps(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let the first steps of an account's systems count as done, and close the dialog that asks for them."""
    for subentry in entry.subentries.values():
        data = {key: value for key, value in subentry.data.items() if key != "setup"}
        hass.config_entries.async_update_subentry(entry, subentry, data=data)
    flows = hass.config_entries.subentries
    for flow in flows.async_progress_by_handler((entry.entry_id, "system")):
        flows.async_abort(flow["flow_id"])


async def open_reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Open the form that changes key, plan or address of an account."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    assert result["step_id"] == "reconfigure"
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "change_account"})


async def settle(hass: HomeAssistant) -> None:
    """Wait until everything that follows the first reading of each system has been read too."""
    for _ in range(3):
        await hass.async_block_till_done(wait_background_tasks=True)
        async_fire_time_changed(hass, datetime.now(UTC) + timedelta(seconds=10))
    await hass.async_block_till_done(wait_background_tasks=True)


async def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, time: timedelta, step: timedelta = timedelta(minutes=1)
) -> None:
    """Let the time pass in steps, each with everything that becomes due in it."""
    end = datetime.now(UTC) + time
    while (now := datetime.now(UTC)) < end:
        freezer.tick(min(step, end - now))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)


def state_of(hass: HomeAssistant, unique_id: str, platform: str = "sensor") -> str | None:
    """Return the state of the entity with this unique id; `None` when there is none."""
    entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    if entity_id is None or (state := hass.states.get(entity_id)) is None:
        return None
    return state.state
