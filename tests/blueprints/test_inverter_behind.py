"""The blueprint that names inverters whose relative yield falls below a limit."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .helpers import DAY, Heard, automate, become, says, wait

NAME = "inverter_behind"
ONE, TWO, THREE = (f"sensor.inverter_{number}_relative_yield" for number in range(1, 4))


async def judge(hass: HomeAssistant, inverter: str, yielded: object, day: str) -> None:
    """Let an inverter be judged, as the sensor *Relative yield* says it."""
    await become(hass, inverter, str(yielded), judged_day=day)


async def watch(hass: HomeAssistant, **more: Any) -> Heard:
    """Return what an automation says of three inverters below 70 %."""
    inputs = {"inverters": [ONE, TWO, THREE], "limit": 70, "actions": says("told", "title", "message", "behind")}
    return await automate(hass, NAME, inputs, **more)


async def all_well(hass: HomeAssistant, day: str = "2026-06-09") -> None:
    for inverter in (ONE, TWO, THREE):
        await judge(hass, inverter, 100, day)


async def test_an_inverter_is_named_once_when_it_falls_below_the_limit(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await all_well(hass)
    heard = await watch(hass)
    for day in ("10", "11", "12"):
        await wait(hass, freezer, DAY, step=DAY)
        await judge(hass, ONE, 98, f"2026-06-{day}")
        await judge(hass, TWO, 55.4, f"2026-06-{day}")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told"]
    assert heard.last["behind"] == [TWO]
    assert heard.last["title"] == "An inverter falls behind"
    assert heard.last["message"].endswith(": 55 %")


async def test_inverters_of_the_same_day_come_in_one_message_the_lowest_first(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await all_well(hass)
    heard = await watch(hass)
    await judge(hass, ONE, 60, "2026-06-10")
    await judge(hass, TWO, 101, "2026-06-10")
    await judge(hass, THREE, 9, "2026-06-10")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told"]
    assert heard.last["behind"] == [THREE, ONE]
    assert heard.last["title"] == "Inverters fall behind"


async def test_an_inverter_that_recovers_and_falls_again_is_named_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await all_well(hass)
    heard = await watch(hass)
    for day, yielded in (("10", 50), ("11", 90), ("12", 50)):
        await judge(hass, ONE, yielded, f"2026-06-{day}")
        await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told", "told"]


async def test_an_inverter_that_is_judged_for_the_first_time_is_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await watch(hass)
    await judge(hass, ONE, 20, "2026-06-09")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told"]


@pytest.mark.parametrize("state", ["unknown", "unavailable"])
async def test_an_inverter_that_cannot_be_read_is_not_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, state: str
) -> None:
    await all_well(hass)
    heard = await watch(hass)
    for inverter in (ONE, TWO):
        await become(hass, inverter, state)
        await wait(hass, freezer, DAY, step=DAY)
        await judge(hass, inverter, 100, "2026-06-09")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == []


async def test_a_day_that_was_reported_before_a_restart_is_not_reported_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await become(hass, ONE, "unavailable", restored=True)
    heard = await watch(hass, starting=True, last_triggered="2026-06-10T15:00:00+00:00")
    await judge(hass, ONE, 40, "2026-06-09")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == []


async def test_a_day_that_was_judged_while_home_assistant_was_off_is_reported(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await become(hass, ONE, "unavailable", restored=True)
    heard = await watch(hass, starting=True, last_triggered="2026-06-05T15:00:00+00:00")
    await judge(hass, ONE, 40, "2026-06-09")
    await wait(hass, freezer, DAY, step=DAY)
    assert heard.short == ["told"]
