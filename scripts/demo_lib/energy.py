"""Brings the systems' past in and puts them into the Energy dashboard, with the integration's own actions."""

import asyncio
from typing import Any

from .accounts import DOMAIN
from .home_assistant import HomeAssistant, Refused
from .report import note
from .systems import System

FIRST = 5
"""Seconds for the first hour of a system."""
NOT_YET = "service_validation_error"
"""What the action says as long as nothing of a system is in the statistics."""
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
        new = await _add(home_assistant, device)
        if new is None:
            note(f"{system.name}: its statistics begin within the hour, so that setting up costs little")
            continue
        added += new
        await _import(home_assistant, device)
    return added


async def _add(home_assistant: HomeAssistant, device: str) -> int | None:
    """Add what a system has statistics of; return how many sources are new, `None` when there are none yet."""
    for _ in range(FIRST):
        try:
            return len((await _act(home_assistant, "add_to_energy_dashboard", system=device))["added"])
        except Refused as refused:
            if refused.code != NOT_YET:
                raise
        await asyncio.sleep(1)
    return None


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
