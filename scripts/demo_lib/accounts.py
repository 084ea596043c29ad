"""Adds the demo's accounts through the integration's own config flow, as a person would."""

from dataclasses import dataclass
from typing import Any

from simulator import ENPHASE_PATH, ENPHASE_V4_PATH, SOLAREDGE_PATH
from simulator.ready import (
    ENPHASE_API_KEY,
    ENPHASE_USER_ID,
    ENPHASE_V4_API_KEY,
    ENPHASE_V4_CLIENT_ID,
    ENPHASE_V4_CLIENT_SECRET,
    SOLAREDGE_ACCOUNT_KEY,
    SOLAREDGE_API_KEY,
    SOLAREDGE_CLIENT_ID,
    SOLAREDGE_CLIENT_SECRET,
)

from .home_assistant import HomeAssistant
from .names import DOMAIN, PER_MINUTE, PER_MONTH
from .report import Problem, note

_MOST_STEPS = 12
_CALLBACK = "/api/solar_cloud/solaredge/callback"
_OWN_SITE = "222881711"
"""The site whose owner signs in; the key opens it too, and leaves it out."""


@dataclass(frozen=True, slots=True)
class Application:
    """Client id and secret, as a person enters them once."""

    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account: the menu item to choose, what to fill in at its first step, and what its owner signs in with."""

    menu_item: str
    fields: dict[str, Any]
    application: Application | None = None
    without: str | None = None
    """A system that is not chosen."""


def accounts(simulator_url: str) -> list[Account]:
    """Return the accounts of the simulator's ready systems."""
    return [
        Account(
            "enphase_v4",
            {
                "api_key": ENPHASE_V4_API_KEY,
                "plan": "custom",
                "advanced": {"base_url": f"{simulator_url}{ENPHASE_V4_PATH}"},
            },
            Application(ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, "Enphase"),
        ),
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
            without=_OWN_SITE,
        ),
        Account(
            "solaredge_oauth",
            {"plan": "custom", "advanced": {"base_url": f"{simulator_url}{SOLAREDGE_PATH}"}},
            Application(SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge"),
        ),
    ]


async def register_redirect(home_assistant: HomeAssistant, simulator_url: str) -> None:
    """Enter this Home Assistant's address in the settings of the SolarEdge application, as a person does there."""
    await home_assistant.elsewhere(
        "POST",
        f"{simulator_url}/control/solaredge/applications/redirect",
        json={"client_id": SOLAREDGE_CLIENT_ID, "url": f"{home_assistant.url}{_CALLBACK}"},
    )


async def add_account(home_assistant: HomeAssistant, account: Account) -> str:
    """Go through the config flow for one account and return the new config entry's ID; raises Problem."""
    flow = "/api/config/config_entries/flow"
    if account.application is not None:
        await _enter(home_assistant, account.application)
    result = await home_assistant.post(flow, {"handler": DOMAIN})
    for _ in range(_MOST_STEPS):
        if result["type"] == "create_entry":
            entry = result["result"]
            note(f"added {entry['title']}")
            if following := result.get("next_flow"):
                await _leave_first_steps(home_assistant, following[1])
            entry_id: str = entry["entry_id"]
            return entry_id
        if result["type"] == "abort":
            raise Problem(f"The config flow stopped: {result['reason']}.", "start over: scripts/demo --fresh")
        if result.get("errors"):
            raise Problem(f"The config flow refused step {result['step_id']}: {result['errors']}.")
        if result["type"] == "external":
            await _sign_in(home_assistant, result["url"])
            result = await home_assistant.get(f"{flow}/{result['flow_id']}")
            continue
        result = await home_assistant.post(f"{flow}/{result['flow_id']}", _answer(result, account))
    raise Problem(f"The config flow of {account.menu_item} does not come to an end (last step: {result['step_id']}).")


async def _leave_first_steps(home_assistant: HomeAssistant, flow_id: str) -> None:
    """Clear the ticks of each system's first steps: past and dashboard come later, with the actions."""
    path = f"/api/config/config_entries/subentries/flow/{flow_id}"
    result = await home_assistant.get(path)
    while result["type"] == "form":
        ticks = {"add_to_dashboard", "import_history"} & {field["name"] for field in result["data_schema"]}
        result = await home_assistant.post(path, dict.fromkeys(ticks, False))
        if result.get("errors"):
            raise Problem(f"The first steps were refused: {result['errors']}.")


async def _enter(home_assistant: HomeAssistant, application: Application) -> None:
    """Enter an application, unless it is there already."""
    there = await home_assistant.command("application_credentials/list")
    if any(one["client_id"] == application.client_id for one in there):
        return
    await home_assistant.command(
        "application_credentials/create",
        domain=DOMAIN,
        client_id=application.client_id,
        client_secret=application.client_secret,
        name=application.name,
    )


async def _sign_in(home_assistant: HomeAssistant, url: str) -> None:
    """Be the browser: sign in at the simulated vendor, agree, and follow the way back."""
    back = await home_assistant.elsewhere("GET", f"{url}&auto=allow")
    if back is None or not back.startswith(home_assistant.url):
        raise Problem(f"The simulated vendor sent the browser to {back}, not back to Home Assistant.")
    await home_assistant.elsewhere("GET", back)
    note("signed in at the simulated vendor")


def _answer(result: dict[str, Any], account: Account) -> dict[str, Any]:
    if result["type"] == "menu":
        return {"next_step_id": "sign_in_here" if result["step_id"] == "sign_in" else account.menu_item}
    match result["step_id"]:
        case account.menu_item:
            return account.fields
        case "limits":
            return {"per_minute": PER_MINUTE, "per_month": PER_MONTH}
        case "systems":
            # All are chosen by default.
            chosen = next(field["default"] for field in result["data_schema"] if field["name"] == "systems")
            return {"systems": [system for system in chosen if system != account.without]}
    raise Problem(f"The config flow asks something that the demo does not know: step {result['step_id']}.")
