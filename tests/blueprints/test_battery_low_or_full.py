"""The blueprint that acts on a battery that is low or full, once, and not on an unknown level."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from ..home.conftest import Cloud, add_account, solaredge_input
from .helpers import HOUR, Heard, automate, become, entity_id, says, wait

NAME = "battery_low_or_full"
LEVEL = "sensor.roof_battery_level"


async def watch(hass: HomeAssistant, level: object, sensor: str = LEVEL, **more: Any) -> Heard:
    """Return what an automation does: `told` below 20 %, `over` above 95 %, both with a distance of 5 %."""
    if sensor == LEVEL:
        await become(hass, LEVEL, str(level))
    inputs = {
        "battery_level": sensor,
        "low": 20,
        "full": 95,
        "distance": 5,
        "low_actions": says("told", "title", "message", "level"),
        "full_actions": says("over", "title", "message", "level"),
    }
    return await automate(hass, NAME, inputs, **more)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([50, 21, 20, 19, 15], ["told"]),
        ([19, 22, 19, 24, 19], ["told"]),
        ([19, 25, 19], ["told", "told"]),
        ([95, 96, 100, 96], ["over"]),
        ([96, 92, 96, 91, 96], ["over"]),
        ([96, 90, 96], ["over", "over"]),
        ([19, 97, 19], ["told", "over", "told"]),
        ([97, 19, 97], ["over", "told", "over"]),
        (["unknown", "unavailable", 50, "unknown"], []),
        ([19, "unknown", 19, "unavailable", 18], ["told"]),
        ([19, "unavailable", 50, 19], ["told", "told"]),
        (["unavailable", 19], ["told"]),
        ([0], ["told"]),
    ],
    ids=str,
)
async def test_it_acts_once_until_the_level_has_come_back(
    hass: HomeAssistant, levels: list[object], expected: list[str]
) -> None:
    heard = await watch(hass, 50)
    for level in levels:
        await become(hass, LEVEL, str(level))
    assert heard.short == expected


async def test_the_level_of_a_real_site_is_understood(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    sensor = entity_id(hass, "solaredge_1148616_battery_level")
    state = hass.states.get(sensor)
    assert state is not None
    heard = await watch(hass, None, sensor)
    assert heard.short == []
    await become(hass, sensor, "12.4", **state.attributes)
    assert heard.short == ["told"]
    assert heard.last["message"] == "The battery has 12 %."
    assert heard.last["title"] == f"{state.name.removesuffix(' Battery level')}: the battery is low"


@pytest.mark.parametrize(("level", "expected"), [(10, ["told"]), (50, []), (99, ["over"])])
async def test_what_still_holds_after_a_restart_is_done_once_more(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, level: int, expected: list[str]
) -> None:
    heard = await watch(hass, level, starting=True)
    await wait(hass, freezer, HOUR)
    assert heard.short == expected


async def test_after_a_restart_it_waits_for_the_level(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await watch(hass, "unavailable", starting=True)
    await wait(hass, freezer, HOUR)
    assert heard.short == []
    await become(hass, LEVEL, "10")
    assert heard.short == ["told"]


async def test_a_battery_that_is_low_when_the_automation_is_made_counts(hass: HomeAssistant) -> None:
    heard = await watch(hass, 10)
    hass.bus.async_fire("automation_reloaded")
    await become(hass, LEVEL, "11")
    assert heard.short == ["told"]
