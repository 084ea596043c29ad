"""The blueprint that reports that a system's figures are too old, and that they are new again."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, state_of
from .helpers import HOUR, MINUTE, Heard, automate, become, entity_id, says, wait

NAME = "data_too_old"
UP_TO_DATE = "binary_sensor.roof_up_to_date"


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "up_to_date": UP_TO_DATE,
        "lasting": {"hours": 1},
        "old_actions": says("told", "title", "message", "system"),
        "back_actions": says("over", "title", "message", "system"),
    } | changes


async def by_hand(hass: HomeAssistant, state: str = "on", **more: Any) -> Heard:
    """Return what an automation does about a sensor that is set by hand."""
    await become(hass, UP_TO_DATE, state)
    return await automate(hass, NAME, inputs(), **more)


async def test_a_cloud_that_is_down_for_long_is_reported_and_so_is_its_return(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    sensor = entity_id(hass, "enphase_67_up_to_date", "binary_sensor")
    heard = await automate(hass, NAME, inputs(up_to_date=sensor))
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_67_up_to_date", "binary_sensor") == "on"
    cloud.simulator.fail(status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_67_up_to_date", "binary_sensor") == "off"
    assert heard.short == ["told"]
    assert heard.last["message"] == "The newest power is older than it should be."
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=10))
    assert heard.short == ["told", "over"]
    assert heard.last["title"].endswith("the data are new again")


@pytest.mark.parametrize("state", ["off", "unavailable", "unknown"])
async def test_whatever_is_not_up_to_date_for_the_time_is_reported(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, state: str
) -> None:
    heard = await by_hand(hass)
    await become(hass, UP_TO_DATE, state)
    await wait(hass, freezer, 58 * MINUTE)
    assert heard.short == []
    await wait(hass, freezer, 2 * MINUTE)
    assert heard.short == ["told"]
    await become(hass, UP_TO_DATE, "on")
    assert heard.short == ["told", "over"]


async def test_too_old_and_then_unavailable_is_one_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass)
    for state in ("off", "unavailable", "off", "unknown", "off", "unavailable"):
        await become(hass, UP_TO_DATE, state)
        await wait(hass, freezer, 20 * MINUTE)
    assert heard.short == ["told"]
    await become(hass, UP_TO_DATE, "on")
    assert heard.short == ["told", "over"]


async def test_short_gaps_are_not_reported(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass)
    for state in ("off", "unavailable") * 3:
        await become(hass, UP_TO_DATE, state)
        await wait(hass, freezer, 50 * MINUTE)
        await become(hass, UP_TO_DATE, "on")
        await wait(hass, freezer, 10 * MINUTE)
    assert heard.short == []


@pytest.mark.parametrize("state", ["off", "unavailable"])
async def test_data_that_are_still_too_old_after_a_restart_are_reported_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, state: str
) -> None:
    heard = await by_hand(hass, state, starting=True)
    await wait(hass, freezer, 58 * MINUTE)
    assert heard.short == []
    await wait(hass, freezer, 5 * HOUR, step=10 * MINUTE)
    assert heard.short == ["told"]
    await become(hass, UP_TO_DATE, "on")
    assert heard.short == ["told", "over"]


async def test_data_that_are_too_old_when_the_automation_is_made_are_reported_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass, "off")
    for _ in range(4):
        await wait(hass, freezer, 40 * MINUTE)
        hass.bus.async_fire("automation_reloaded")
    assert heard.short == ["told"]


async def test_a_restart_itself_is_not_reported(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass, "unavailable", starting=True)
    await wait(hass, freezer, 10 * MINUTE)
    await become(hass, UP_TO_DATE, "on")
    await wait(hass, freezer, 5 * HOUR, step=10 * MINUTE)
    assert heard.short == []
