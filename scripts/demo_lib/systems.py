"""The systems that Home Assistant knows, their entities and values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .home_assistant import HomeAssistant
from .names import DOMAIN

# What every system must show before the demo is called ready.
ESSENTIAL = ("power", "energy_lifetime", "status")
_NO_VALUE = {"unknown", "unavailable"}


@dataclass(frozen=True, slots=True)
class Row:
    """One entity as it is shown: its device's name, entity ID, state and unit, and the key in the registry."""

    device: str
    entity_id: str
    unique_id: str
    state: str
    unit: str

    @property
    def has_value(self) -> bool:
        """Whether the state is neither unknown nor unavailable."""
        return self.state not in _NO_VALUE


@dataclass(frozen=True, slots=True)
class System:
    """One system: its key, as enphase_67, the name that the owner sees, and why its account is not loaded (or None)."""

    key: str
    name: str
    trouble: str | None


async def read_systems(home_assistant: HomeAssistant, entry_ids: Iterable[str]) -> list[System]:
    """Return the systems of these config entries."""
    systems = []
    for entry in await home_assistant.command("config_entries/get", domain=DOMAIN):
        if entry["entry_id"] not in set(entry_ids):
            continue
        trouble = None if entry["state"] == "loaded" else f"{entry['title']}: {entry['state']} – {entry['reason']}"
        subentries = await home_assistant.command("config_entries/subentries/list", entry_id=entry["entry_id"])
        systems += [System(sub["unique_id"], sub["title"], trouble) for sub in subentries]
    return systems


async def read_rows(home_assistant: HomeAssistant) -> list[Row]:
    """Return every enabled entity of the integration, sorted by device and entity ID."""
    devices = {device["id"]: device for device in await home_assistant.command("config/device_registry/list")}
    entities = await home_assistant.command("config/entity_registry/list")
    states = {state["entity_id"]: state for state in await home_assistant.command("get_states")}
    rows = [
        _row(entity, devices.get(entity["device_id"], {}), states[entity["entity_id"]])
        for entity in entities
        if entity["platform"] == DOMAIN and entity["entity_id"] in states
    ]
    return sorted(rows, key=lambda row: (row.device, row.entity_id))


def find(rows: Iterable[Row], system: System, key: str) -> Row | None:
    """Return the system's own entity of that key."""
    return next((row for row in rows if row.unique_id == f"{system.key}_{key}"), None)


def lacking(rows: list[Row], systems: list[System]) -> list[str]:
    """Return what is not there yet, one line each; empty when every system has its essential values."""
    lines = []
    for system in systems:
        for key in ESSENTIAL:
            row = find(rows, system, key)
            if row is None:
                lines.append(f"{system.name}: no entity {system.key}_{key}")
            elif not row.has_value:
                lines.append(f"{system.name}: {row.entity_id} is {row.state}")
    return lines + sorted({system.trouble for system in systems if system.trouble})


def table(rows: list[Row]) -> str:
    """Return the entities as text in columns."""
    lines = [("Device", "Entity", "State", "Unit"), *((row.device, row.entity_id, row.state, row.unit) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def _row(entity: dict[str, Any], device: dict[str, Any], state: dict[str, Any]) -> Row:
    return Row(
        device=device.get("name_by_user") or device.get("name") or "–",
        entity_id=entity["entity_id"],
        unique_id=entity["unique_id"],
        state=state["state"],
        unit=state["attributes"].get("unit_of_measurement", ""),
    )
