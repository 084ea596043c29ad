"""The past of a new Enphase v4 system: who asks for it gets it, by itself it waits for its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, pass_time
from ..home.lives import set_up
from ..home.sign_in import signed_in

SYSTEM = "4200003"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def ask(hass: HomeAssistant, entry: ConfigEntry, action: str, **data: Any) -> dict[str, Any]:
    """Call an action for the system."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, f"enphase_{SYSTEM}"), entry.entry_id)
    assert device is not None
    answer = await hass.services.async_call(
        DOMAIN, action, {"system": device.id, **data}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    return answer


async def test_what_is_asked_of_a_system_that_was_set_up_a_moment_ago_is_answered(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 1, 10, 2, 30, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (SYSTEM,))
    await set_up(hass, entry)
    days = {"start": "2026-05-29", "end": "2026-05-31"}
    past = await ask(hass, entry, "get_history", **days, period="day", flows=["production"], max_requests=10)
    assert [row["energy_wh"] > 0 for row in past["flows"]["production"]] == [True] * 3
    assert 0 < past["requests"] <= 10
    verified = await ask(hass, entry, "verify_statistics", **days)
    assert any(row["vendor_wh"] for row in verified["days"])


@pytest.mark.slow("months of the past are read and booked")
@pytest.mark.parametrize(("day", "hours"), [(1, 2), (28, 0)])
async def test_the_past_comes_by_itself_when_the_plan_has_room(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, day: int, hours: int
) -> None:
    freezer.move_to(datetime(2026, 6, day, 10, 2, 30, tzinfo=UTC))
    entry = await signed_in(hass, cloud, (SYSTEM,))
    await set_up(hass, entry)
    (system,) = entry.runtime_data.systems.values()

    def is_there() -> bool:
        first = system.bookkeeper.statistics.state.first
        return first is not None and (datetime.now(UTC).date() - first).days > 10

    if hours:
        await pass_time(hass, freezer, timedelta(hours=hours), step=timedelta(minutes=20))
        assert not is_there()
        await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=20))
    else:
        await pass_time(hass, freezer, timedelta(minutes=5))
    assert is_there()
