"""Brings the systems' past in and puts them into the Energy dashboard, with the integration's own actions."""

import asyncio
from typing import Any

from .home_assistant import HomeAssistant, Refused
from .names import DOMAIN
from .report import note
from .systems import System

FIRST = 5
"""Seconds for the first hour of a system."""
PATIENCE = 120
"""Seconds for the past of one system; the simulated plan is generous."""


async def add_to_energy_dashboard(home_assistant: HomeAssistant, systems: list[System]) -> int:
    """Import each system's past and add its statistics to the Energy dashboard; return how many sources are new.

    Sources that are there already stay as they are, so that the user may change them between runs.
    """
    devices = {
        identifier[1]: device["id"]
        for device in await home_assistant.command("config/device_registry/list")
        for identifier in device["identifiers"]
        if identifier[0] == DOMAIN
    }
    added = 0
    for system in systems:
        device = devices[system.key]
        if not await _is_booked(home_assistant, system):
            note(f"{system.name}: its statistics begin within the hours to come, so that setting up costs little")
            continue
        await _import(home_assistant, device)
        added += len((await _act(home_assistant, "add_to_energy_dashboard", system=device))["added"])
    return added


async def _is_booked(home_assistant: HomeAssistant, system: System) -> bool:
    """Tell whether anything of a system is in the statistics; of one that was just added, within some seconds."""
    for _ in range(FIRST):
        known = await home_assistant.command("recorder/list_statistic_ids", statistic_type="sum")
        if any(one["statistic_id"].startswith(f"{DOMAIN}:{system.key}_") for one in known):
            return True
        await asyncio.sleep(1)
    return False


async def _import(home_assistant: HomeAssistant, device: str) -> None:
    """Have the past imported, and wait until nothing of it is missing; what cannot be read now comes later."""
    begun = False
    for _ in range(PATIENCE):
        try:
            if (await _act(home_assistant, "import_history", system=device, dry_run=begun))["requests"] == 0:
                return
            begun = True
        except Refused:
            # The first hour is not booked yet.
            pass
        await asyncio.sleep(1)


async def _act(home_assistant: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    result = await home_assistant.command(
        "call_service", domain=DOMAIN, service=action, service_data=data, return_response=True
    )
    response: dict[str, Any] = result["response"]
    return response
