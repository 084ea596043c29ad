"""Makes the fixtures of what a version stores: ``.venv/bin/python -m tests.stored.make FOLDER``.

Those in ``tests/fixtures/stored_0_1_0`` were written by it with version 0.1.0. They are what owners of that version
have on their disks, so they are not to be made again with a later one: a later version gets a folder of its own.

Each account is added through the flow, as an owner does, and lives for two days. Within them it imports a part of its
past, is told a limit, is refused what the vendor does not offer to it, and its owner makes some choices.
"""

from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from simulator.ready import SOLAREDGE_BATTERY_OWNER
from tests.home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input
from tests.home.consents import add_site, add_v4

from .house import DOMAIN, home, issues_of, states_of, statistics_of, storage_of
from .worlds import BEGIN, PV_SITE, SITE, WORLDS

pytestmark = pytest.mark.slow("writes what a version stores, and is only run by hand")

FOLDER = "STORED_FOLDER"
"""The variable of the environment that names the folder."""
SINCE = "2026-05-28"
"""From when on the past is imported where it has a price."""
LIMITED = BEGIN + timedelta(hours=47, minutes=30)
"""When the cloud tells a limit."""
END = BEGIN + timedelta(hours=48, minutes=20)
STEP = timedelta(minutes=5)
MOST_READ = 10_000
"""Bytes of a file that somebody reads."""
OWN_NAME = "sensor.what_the_roof_gave_today"


@pytest.fixture
def folder() -> Path:
    """Return where the fixtures go."""
    return Path(os.environ[FOLDER])


async def added(hass: HomeAssistant, cloud: Cloud, account: str) -> ConfigEntry:
    """Add an account through the flow."""
    match account:
        case "enphase_v2":
            return await add_account(hass, "enphase_v2", enphase_input(cloud))
        case "enphase_v4":
            return await add_v4(hass, cloud, ["4200002", "4200003"])
        case "solaredge_key":
            return await add_account(hass, "solaredge_key", solaredge_input(cloud))
    return await add_site(hass, cloud, SOLAREDGE_BATTERY_OWNER)


async def choose(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Choose as an owner does: a name, what is shown, imported and ignored, and the day of the billing cycle."""
    registry = er.async_get(hass)
    rows = {row.unique_id: row for row in er.async_entries_for_config_entry(registry, entry.entry_id)}
    system = min(subentry.unique_id or "" for subentry in entry.subentries.values())
    registry.async_update_entity(rows[f"{system}_energy_today"].entity_id, new_entity_id=OWN_NAME)
    registry.async_update_entity(rows[f"{system}_size"].entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    for row in rows.values():
        if row.disabled_by is er.RegistryEntryDisabler.INTEGRATION:
            registry.async_update_entity(row.entity_id, disabled_by=None)
            break
    if entry.supports_options:
        result = await hass.config_entries.options.async_init(entry.entry_id)
        await hass.config_entries.options.async_configure(result["flow_id"], {"cycle_day": 23})
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    if entry.data["cloud"] == "solaredge":
        device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, SITE), entry.entry_id)
        assert device is not None
        await hass.services.async_call(
            DOMAIN,
            "import_history",
            {"system": device.id, "since": SINCE},
            blocking=True,
            return_response=True,
        )
        if f"import_history_{PV_SITE}" in issues_of(hass):
            ir.async_ignore_issue(hass, DOMAIN, f"import_history_{PV_SITE}", ignore=True)
    await settle(hass)


async def test_make(
    account: str,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    hass_tmp_config_dir: str,
    async_test_recorder: RecorderInstanceContextManager,
    folder: Path,
) -> None:
    config_dir = Path(hass_tmp_config_dir)
    async with home(config_dir, async_test_recorder) as hass:
        assert await async_setup_component(hass, "repairs", {})
        entry = await added(hass, cloud, account)
        await pass_time(hass, freezer, timedelta(hours=1), STEP)
        await choose(hass, entry)
        await pass_time(hass, freezer, LIMITED - datetime.now(UTC), STEP)
        WORLDS[account].limit(cloud.simulator)
        await pass_time(hass, freezer, END - datetime.now(UTC), STEP)
        seen = {
            "version": "0.1.0",
            "captured_at": datetime.now(UTC).isoformat(),
            "states": states_of(hass),
            "issues": issues_of(hass),
        }
        statistics = await statistics_of(hass)
    files = storage_of(config_dir, cloud.url)
    files["core.config_entries"]["data"]["entries"] = [
        one for one in files["core.config_entries"]["data"]["entries"] if one["domain"] == DOMAIN
    ]
    write(folder / account / "seen.json", seen)
    write(folder / account / "statistics.json", statistics)
    for name, stored in files.items():
        write(folder / account / "storage" / f"{name}.json", stored)


def write(file: Path, content: Any) -> None:
    """Write JSON: what is small to be read, the rest in few bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False)
    if len(text) > MOST_READ:
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"{text}\n")


if __name__ == "__main__":
    # The test plugin has to be there before anything of Home Assistant.
    order = [sys.executable, "-m", "pytest", "-q", "-m", "slow", __file__]
    sys.exit(subprocess.run(order, env=os.environ | {FOLDER: str(Path(sys.argv[1]).resolve())}, check=False).returncode)
