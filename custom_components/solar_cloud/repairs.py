"""What Home Assistant asks when an owner opens one of our issues under Settings > Repairs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant

if TYPE_CHECKING:
    from homeassistant.components.repairs import RepairsFlow


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue. The first one loads their code: most owners never open any."""
    repair_flow = await hass.async_add_import_executor_job(_load)
    return repair_flow(issue_id, data)


def _load() -> Callable[[str, dict[str, str | int | float | None] | None], RepairsFlow]:
    from .flows.repairs import repair_flow

    return repair_flow
