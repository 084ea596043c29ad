"""Whatever is refused, with 401 or with 403: within the hour the owner is asked, or told, under each way to sign in."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.solar_cloud.const import DOMAIN
from simulator.ready import SOLAREDGE_BATTERY_OWNER

from .conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input
from .consents import add_site, add_v4

MINUTES = timedelta(minutes=5)
WAYS = ["enphase_v2", "enphase_v4", "solaredge_key", "solaredge_oauth"]
BODIES = {
    401: {"message": "Not Authorized", "reason": "401", "code": 401},
    403: {"message": "Forbidden", "reason": "403", "code": 403},
}


async def add(hass: HomeAssistant, cloud: Cloud, way: str) -> ConfigEntry:
    match way:
        case "enphase_v2":
            return await add_account(hass, way, enphase_input(cloud), ["67"])
        case "enphase_v4":
            return await add_v4(hass, cloud, ["4200002"])
        case "solaredge_key":
            return await add_account(hass, way, solaredge_input(cloud), ["222881711"])
        case _:
            return await add_site(hass, cloud, SOLAREDGE_BATTERY_OWNER)


def asked(hass: HomeAssistant) -> list[str]:
    return [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]


def told(hass: HomeAssistant) -> list[str]:
    return [issue.translation_key or "" for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("way", WAYS)
async def test_who_is_refused_everything_is_asked_or_told_within_the_hour(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, way: str, status: int
) -> None:
    entry = await add(hass, cloud, way)
    await pass_time(hass, freezer, timedelta(hours=3), step=3 * MINUTES)
    assert (asked(hass), "access_refused" in told(hass)) == ([], False)
    cloud.simulator.fail("*", status=status, body=BODIES[status], times=None)
    cloud.simulator.clear_requests()
    while not cloud.simulator.requests:
        await pass_time(hass, freezer, MINUTES, step=MINUTES)
    await pass_time(hass, freezer, timedelta(hours=1), step=MINUTES)
    assert asked(hass) == ["reauth"] or "access_refused" in told(hass), (asked(hass), told(hass))
    if asked(hass):
        return
    # It goes by itself when anything is answered.
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=8), step=3 * MINUTES)
    assert "access_refused" not in told(hass)
    assert entry.runtime_data.coordinators
