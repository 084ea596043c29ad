"""Adds the demo's accounts through the integration's own config flow, as a person would."""

from dataclasses import dataclass
from typing import Any

from simulator import ENPHASE_PATH, SOLAREDGE_PATH
from simulator.ready import ENPHASE_API_KEY, ENPHASE_USER_ID, SOLAREDGE_ACCOUNT_KEY, SOLAREDGE_API_KEY

from .home_assistant import HomeAssistant
from .report import Problem, note

DOMAIN = "solar_cloud"
# The simulator is told the same: in a demo a person wants to see new values, not to save requests.
PER_MINUTE = 1000
PER_MONTH = 1_000_000
_MOST_STEPS = 10


@dataclass(frozen=True, slots=True)
class Account:
    """One account: the menu item to choose, and what to fill in at its first step."""

    menu_item: str
    fields: dict[str, Any]


def accounts(simulator_url: str) -> list[Account]:
    """Return the accounts of the simulator's ready systems."""
    return [
        Account(
            "enphase_v2",
            {
                "api_key": ENPHASE_API_KEY,
                "user_id": ENPHASE_USER_ID,
                "plan": "custom",
                "advanced": {"base_url": f"{simulator_url}{ENPHASE_PATH}"},
            },
        ),
        Account(
            "solaredge_key",
            {
                "api_key": SOLAREDGE_API_KEY,
                "account_key": SOLAREDGE_ACCOUNT_KEY,
                "plan": "custom",
                "advanced": {"base_url": f"{simulator_url}{SOLAREDGE_PATH}"},
            },
        ),
    ]


async def add_account(home_assistant: HomeAssistant, account: Account) -> str:
    """Go through the config flow for one account and return the new config entry's ID; raises Problem."""
    flow = "/api/config/config_entries/flow"
    result = await home_assistant.post(flow, {"handler": DOMAIN})
    for _ in range(_MOST_STEPS):
        if result["type"] == "create_entry":
            entry = result["result"]
            note(f"added {entry['title']}")
            entry_id: str = entry["entry_id"]
            return entry_id
        if result["type"] == "abort":
            raise Problem(f"The config flow stopped: {result['reason']}.", "start over: scripts/demo --fresh")
        if result.get("errors"):
            raise Problem(f"The config flow refused step {result['step_id']}: {result['errors']}.")
        result = await home_assistant.post(f"{flow}/{result['flow_id']}", _answer(result, account))
    raise Problem(f"The config flow of {account.menu_item} does not come to an end (last step: {result['step_id']}).")


def _answer(result: dict[str, Any], account: Account) -> dict[str, Any]:
    if result["type"] == "menu":
        return {"next_step_id": account.menu_item}
    match result["step_id"]:
        case account.menu_item:
            return account.fields
        case "limits":
            return {"per_minute": PER_MINUTE, "per_month": PER_MONTH}
        case "systems":
            # All are chosen by default: what a person does is to press the button.
            return {field["name"]: field["default"] for field in result["data_schema"] if "default" in field}
    raise Problem(f"The config flow asks something that the demo does not know: step {result['step_id']}.")
