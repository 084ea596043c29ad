"""The demo's dashboard: the one that the integration brings with it, as an owner adds it."""

from .home_assistant import HomeAssistant
from .names import DASHBOARD

STRATEGY = "custom:solar-cloud"


async def add_dashboard(home_assistant: HomeAssistant) -> bool:
    """Add the dashboard; return False if it is there already, which then stays as the user may have changed it."""
    there = await home_assistant.command("lovelace/dashboards/list")
    if any(dashboard["url_path"] == DASHBOARD for dashboard in there):
        return False
    await home_assistant.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Solar",
        icon="mdi:solar-power-variant",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    await home_assistant.command("lovelace/config/save", url_path=DASHBOARD, config={"strategy": {"type": STRATEGY}})
    return True
