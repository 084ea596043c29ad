"""A dashboard with the systems, so that the demo has something to show from its first minute.

The Energy dashboard is empty then: Home Assistant makes its statistics once an hour.
"""

from typing import Any

from .home_assistant import HomeAssistant
from .systems import Row, System, find

PATH = "solar-cloud"
_TILES = ("energy_today", "energy_lifetime", "status", "measured_at")


async def add_dashboard(home_assistant: HomeAssistant, systems: list[System], rows: list[Row]) -> bool:
    """Add the dashboard; return False if it is there already, which then stays as the user may have changed it."""
    there = await home_assistant.command("lovelace/dashboards/list")
    if any(dashboard["url_path"] == PATH for dashboard in there):
        return False
    await home_assistant.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Solar",
        icon="mdi:solar-power-variant",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    sections = [{"type": "grid", "cards": _cards(system, rows)} for system in systems]
    view = {"type": "sections", "title": "Solar", "max_columns": 4, "sections": sections}
    await home_assistant.command("lovelace/config/save", url_path=PATH, config={"views": [view]})
    return True


def _cards(system: System, rows: list[Row]) -> list[dict[str, Any]]:
    """Return one system's cards: its name, a gauge of the power up to the nameplate, and what else it tells."""
    cards: list[dict[str, Any]] = [{"type": "heading", "heading": system.name, "icon": "mdi:solar-power"}]
    power, size = find(rows, system, "power"), find(rows, system, "size")
    if power is not None:
        gauge = {"type": "gauge", "entity": power.entity_id, "name": "Power", "min": 0, "needle": False}
        cards.append({**gauge, "max": float(size.state)} if size is not None and size.has_value else gauge)
    tiles = (find(rows, system, key) for key in _TILES)
    cards += [
        {"type": "tile", "entity": tile.entity_id, "name": {"type": "entity"}} for tile in tiles if tile is not None
    ]
    return cards
