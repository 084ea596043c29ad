"""A system that is added after its midnight: nothing is produced before the morning, and its past is there."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
import pytest

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle
from .test_bookkeeper import day_sum, hours_of

OURS = "solar_cloud:enphase_72_production"
BEGIN = datetime(2024, 4, 17, 22, tzinfo=UTC)
NIGHT = datetime(2024, 4, 23, 23, 5, tzinfo=UTC)
"""Five past one of 24 April at the system, a week after its life began."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def test_its_past_is_imported_at_once_and_its_day_follows(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(NIGHT)
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await settle(hass)
    plant = cloud.simulator.plants["enphase_72"]
    hours = await hours_of(hass, OURS, BEGIN, NIGHT)
    for day in range(18, 24):
        assert day_sum(hours, date(2024, 4, day), plant) == pytest.approx(plant.day_wh(date(2024, 4, day)), abs=0.5)
    (system,) = entry.runtime_data.systems.values()
    assert system.bookkeeper.state.first == date(2024, 4, 18)
    await pass_time(hass, freezer, timedelta(hours=23), step=timedelta(minutes=15))
    await settle(hass)
    await pass_time(hass, freezer, timedelta(hours=12), step=timedelta(minutes=15))
    await settle(hass)
    hours = await hours_of(hass, OURS, BEGIN, NIGHT + timedelta(days=2))
    assert day_sum(hours, date(2024, 4, 24), plant) == pytest.approx(plant.day_wh(date(2024, 4, 24)), abs=0.5)
