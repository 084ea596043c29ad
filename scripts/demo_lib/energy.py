"""Puts the systems into the Energy dashboard."""

from typing import Any

from .home_assistant import HomeAssistant, Refused
from .systems import Row, System, find


async def add_to_energy_dashboard(home_assistant: HomeAssistant, systems: list[System], rows: list[Row]) -> int:
    """Make each system's lifetime energy a solar source; return how many were added.

    Sources that are there already stay as they are, so that the user may change them between runs.
    """
    sources: list[dict[str, Any]] = (await _preferences(home_assistant)).get("energy_sources", [])
    known = {source.get("stat_energy_from") for source in sources}
    new = []
    for system in systems:
        energy = find(rows, system, "energy_lifetime")
        power = find(rows, system, "power")
        if energy is None or energy.entity_id in known:
            continue
        source = {
            "type": "solar",
            "stat_energy_from": energy.entity_id,
            "config_entry_solar_forecast": None,
            "name": system.name,
        }
        new.append(source if power is None else {**source, "stat_rate": power.entity_id})
    if new:
        await home_assistant.command("energy/save_prefs", energy_sources=[*sources, *new])
    return len(new)


async def _preferences(home_assistant: HomeAssistant) -> dict[str, Any]:
    try:
        preferences: dict[str, Any] = await home_assistant.command("energy/get_prefs")
    except Refused as err:
        if err.code != "not_found":
            raise
        return {}  # the dashboard was never set up
    return preferences
