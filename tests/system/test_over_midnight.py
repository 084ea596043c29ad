"""Over midnight at the system the energies of the day begin at 0 and go on, and are never unknown in between."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input, state_of
from ..home.lives import set_up
from ..home.sign_in import signed_in

FLOWS = ("grid_import", "grid_export", "consumption", "battery_charge", "battery_discharge")
KEYS = ("energy_today", *(f"{flow}_today" for flow in FLOWS))


async def enphase(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    entry = await signed_in(hass, cloud, ("4200003",))
    await set_up(hass, entry)
    return entry


async def solaredge(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("add", [enphase, solaredge])
async def test_grid_and_battery_begin_the_day_at_0_and_go_on(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    add: Callable[[HomeAssistant, Cloud], Awaitable[ConfigEntry]],
    restarts: bool,
) -> None:
    freezer.move_to(datetime(2026, 6, 9, 12, 2, 30, tzinfo=UTC))
    entry: Any = await add(hass, cloud)
    (coordinator,) = entry.runtime_data.coordinators.values()
    key = coordinator.system.key
    start = coordinator.midnight() + timedelta(days=1)
    await pass_time(hass, freezer, start - timedelta(hours=1) - datetime.now(UTC), step=timedelta(minutes=20))
    seen: dict[str, list[tuple[datetime, str | None]]] = {name: [] for name in KEYS}
    while datetime.now(UTC) < start + timedelta(hours=5):
        await pass_time(hass, freezer, timedelta(minutes=10), step=timedelta(minutes=10))
        if restarts and timedelta(0) <= datetime.now(UTC) - start < timedelta(minutes=10):
            assert await hass.config_entries.async_reload(entry.entry_id)
            await settle(hass)
        for name, states in seen.items():
            states.append((datetime.now(UTC), state_of(hass, f"{key}_{name}")))
    for name, states in seen.items():
        assert all(state not in {None, "unknown", "unavailable"} for _, state in states), (name, states)
        today = [float(state or -1) for at, state in states if at >= start]
        assert today[0] == 0, name
        assert all(earlier <= later for earlier, later in pairwise(today)), (name, today)
    assert any(float(states[-1][1] or 0) > 0 for states in seen.values())
