"""A Home Assistant with a recorder that begins from stored files, and what can be seen of it from outside."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, frame, issue_registry as ir, restore_state as rs
from homeassistant.helpers.recorder import get_instance
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from tests.home.life import life

DOMAIN = "solar_cloud"
ADDRESS = "http://simulator.example"
"""What the simulator's address is called in stored files: its port is another one each time."""
STORED = ("core.config_entries", "core.device_registry", "core.entity_registry", "core.restore_state")
"""The files of Home Assistant itself that hold something of an account, beside those that begin as below."""
STORED_TOO = (f"{DOMAIN}.", "application_credentials", "repairs.issue_registry")
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

type Statistics = dict[str, dict[str, Any]]
"""By id: name, unit, the first hour, and energy and sum of each hour from there on; `None` for one without a row."""


@asynccontextmanager
async def home(
    config_dir: Path, recorder: RecorderInstanceContextManager, statistics: Statistics | None = None
) -> AsyncGenerator[HomeAssistant]:
    """Start a Home Assistant from the files in a folder, with a recorder that has these statistics."""

    async def prepare(hass: HomeAssistant) -> None:
        frame.async_setup(hass)
        await rs.async_load(hass)
        await stack.enter_async_context(recorder(hass, {"exclude": {"entity_globs": ["*"]}}))
        await fill(hass, statistics or {})

    async with AsyncExitStack() as stack, life(str(config_dir), prepare=prepare) as hass:
        yield hass


def account_of(hass: HomeAssistant) -> ConfigEntry:
    """Return the only account."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return entry


def states_of(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """Return entity id, unit and state of each entity that the account provides, by its unique id."""
    found = {}
    for row in er.async_entries_for_config_entry(er.async_get(hass), account_of(hass).entry_id):
        if (state := hass.states.get(row.entity_id)) is not None and not state.attributes.get("restored"):
            unit = state.attributes.get("unit_of_measurement")
            found[row.unique_id] = {"entity_id": row.entity_id, "state": state.state, "unit": unit}
    return found


def issues_of(hass: HomeAssistant) -> dict[str, bool]:
    """Return the ids of what the owner is told, and whether the owner has ignored it."""
    issues = ir.async_get(hass).issues.values()
    return {one.issue_id: one.dismissed_version is not None for one in issues if one.domain == DOMAIN and one.active}


async def statistics_of(hass: HomeAssistant) -> Statistics:
    """Return all that the recorder has of the account."""
    await hass.async_block_till_done(wait_background_tasks=True)
    instance = get_instance(hass)
    await instance.async_block_till_done()
    described = await instance.async_add_executor_job(list_statistic_ids, hass)
    ids = {one["statistic_id"]: one for one in described if one["source"] == DOMAIN}
    rows = await instance.async_add_executor_job(
        lambda: statistics_during_period(hass, *EVER, set(ids), "hour", None, {"state", "sum"})
    )
    found: Statistics = {}
    for name in sorted(ids):
        hours = {int(row["start"]) // 3600: [row["state"], row["sum"]] for row in rows[name]}
        first, last = min(hours), max(hours)
        found[name] = {
            "name": ids[name]["name"],
            "unit": ids[name]["statistics_unit_of_measurement"],
            "unit_class": ids[name]["unit_class"],
            "first": datetime.fromtimestamp(first * 3600, UTC).isoformat(),
            "hours": [hours.get(hour) for hour in range(first, last + 1)],
        }
    return found


async def fill(hass: HomeAssistant, statistics: Statistics) -> None:
    """Give the recorder statistics as they were found."""
    for name, one in statistics.items():
        first = datetime.fromisoformat(one["first"]).timestamp()
        async_add_external_statistics(
            hass,
            {
                "mean_type": StatisticMeanType.NONE,
                "has_sum": True,
                "name": one["name"],
                "source": DOMAIN,
                "statistic_id": name,
                "unit_class": one["unit_class"],
                "unit_of_measurement": one["unit"],
            },
            [
                {"start": datetime.fromtimestamp(first + number * 3600, UTC), "state": row[0], "sum": row[1]}
                for number, row in enumerate(one["hours"])
                if row is not None
            ],
        )
    await get_instance(hass).async_block_till_done()


def is_stored(name: str) -> bool:
    """Tell whether a file of Home Assistant's storage holds something of an account."""
    return name in STORED or name.startswith(STORED_TOO)


def storage_of(config_dir: Path, url: str) -> dict[str, Any]:
    """Return the stored files of a folder by name, with a name for the address of the simulator."""
    files = sorted(file for file in (config_dir / ".storage").iterdir() if is_stored(file.name))
    return {file.name: json.loads(file.read_text().replace(url, ADDRESS)) for file in files}


def put_storage(config_dir: Path, files: Mapping[str, Any], url: str) -> None:
    """Write stored files into a folder."""
    storage = config_dir / ".storage"
    storage.mkdir(exist_ok=True)
    for name, stored in files.items():
        (storage / name).write_text(json.dumps(stored).replace(ADDRESS, url))
