"""A gateway that has fallen silent: answers that repeat themselves make its values old, and the entities say so."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, state_of

GATEWAY = "121703014455"


@pytest.mark.parametrize("key", ["power", "energy_today"])
async def test_answers_that_change_nothing_make_a_value_unknown(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, key: str
) -> None:
    # In the morning: it is light for long.
    freezer.move_to("2026-06-10T08:02:30+00:00")
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    assert float(state_of(hass, f"enphase_72_{key}") or 0) > 0
    cloud.simulator.silence(GATEWAY)
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=5))
    assert state_of(hass, f"enphase_72_{key}") == "unknown"
    cloud.simulator.unsilence(GATEWAY)
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=5))
    assert float(state_of(hass, f"enphase_72_{key}") or 0) > 0
