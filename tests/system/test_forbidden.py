"""A cloud that forbids everything is no gate of a plan: nothing counts as read, and all comes back by itself."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.coordinator import SystemCoordinator

from ..home.conftest import Cloud, pass_time, state_of
from ..home.consents import add_v4

HOUSE = "4200002"
KEY = f"enphase_{HOUSE}"
FLOWS = ("power", "grid_power", "consumption_power")
FORBIDDEN = {"message": "Forbidden", "details": "Not authorized to access this resource", "code": 403}


def coordinator_of(entry: ConfigEntry) -> SystemCoordinator:
    (coordinator,) = entry.runtime_data.coordinators.values()
    assert isinstance(coordinator, SystemCoordinator)
    return coordinator


@pytest.mark.parametrize(
    "paths", [["*/v4/*"], [f"*/systems/{HOUSE}*", "*/inverters_summary*"]], ids=["key suspended", "system not shared"]
)
async def test_old_flows_do_not_count_as_read_while_everything_is_forbidden(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, paths: list[str]
) -> None:
    entry = await add_v4(hass, cloud, [HOUSE])
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=5))
    assert all(state_of(hass, f"{KEY}_{flow}") not in {None, "unknown", "unavailable"} for flow in FLOWS)
    coordinator = coordinator_of(entry)
    for path in paths:
        cloud.simulator.fail(path, status=403, body=FORBIDDEN, times=None)
    await pass_time(hass, freezer, timedelta(hours=24), step=timedelta(minutes=10))
    assert coordinator.client.refuses(HOUSE)
    assert {state_of(hass, f"{KEY}_{flow}") for flow in FLOWS} <= {"unknown", "unavailable"}
    errors = {name: one.error for name, one in coordinator.schedule.jobs.items() if one.failures}
    assert {"summary", "latest", "telemetry"} <= errors.keys()
    assert set(errors.values()) == {"not_allowed"}
    # It is asked less and less.
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=24), step=timedelta(minutes=20))
    assert len(cloud.sent()) <= 36
    assert not hass.config_entries.flow.async_progress()
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=10), step=timedelta(minutes=10))
    assert not coordinator.client.refuses(HOUSE)
    assert all(state_of(hass, f"{KEY}_{flow}") not in {None, "unknown", "unavailable"} for flow in FLOWS)
    assert not any(one.resting for one in coordinator.schedule.jobs.values())
