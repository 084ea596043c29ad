"""The blueprint that reports a system's problem, its end, and its alerts."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of
from .helpers import DAY, HOUR, MINUTE, Heard, automate, become, entity_id, says, wait

NAME = "problem_or_alert"
PROBLEM = "binary_sensor.roof_problem"
SITE = "1148616"
KEY = f"solaredge_{SITE}"


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "problem": PROBLEM,
        "lasting": {"hours": 2},
        "problem_actions": says("told", "title", "message", "system"),
        "over_actions": says("over", "title", "message", "system"),
    } | changes


async def by_hand(hass: HomeAssistant, state: str = "off", **more: Any) -> Heard:
    """Return what an automation does about a problem that is set by hand."""
    await become(hass, PROBLEM, state)
    return await automate(hass, NAME, inputs(), **more)


async def test_a_problem_of_a_real_system_is_reported_with_what_to_do_and_its_end_too(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    heard = await automate(hass, NAME, inputs(problem=entity_id(hass, "enphase_67_problem", "binary_sensor")))
    cloud.simulator.set_status("enphase_67", "micro")
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=10))
    assert state_of(hass, "enphase_67_problem", "binary_sensor") == "on"
    assert heard.short == []
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=10))
    assert heard.short == ["told"]
    assert heard.last["title"] == f"{heard.last['system']} has a problem"
    assert heard.last["message"].startswith("Microinverter does not report. The gateway cannot reach")
    cloud.simulator.set_status("enphase_67", "normal")
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=10))
    assert heard.short == ["told", "over"]
    assert heard.last["title"].endswith("the problem is over")


async def test_alerts_of_a_real_site_are_reported_at_once_each_by_itself(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    chosen = inputs(
        problem=entity_id(hass, f"{KEY}_problem", "binary_sensor"),
        alerts=[entity_id(hass, f"{KEY}_alerts", "event")],
    )
    heard = await automate(hass, NAME, chosen)
    first = cloud.simulator.open_alert(KEY, type="LOW_YIELD", component_name="Inv 2")
    cloud.simulator.open_alert(KEY, type="FAULT", component_name="Inv 1")
    await pass_time(hass, freezer, timedelta(hours=13), step=timedelta(minutes=30))
    assert [event.data["message"] for event in heard.events] == ["Low yield (Inv 2)", "Fault (Inv 1)"]
    cloud.simulator.close_alert(KEY, int(first))
    await pass_time(hass, freezer, timedelta(hours=13), step=timedelta(minutes=30))
    assert heard.short == ["told", "told", "over"]
    assert heard.last["title"].endswith(": alert closed")


async def test_an_alert_does_not_wait_for_the_end_of_a_problem(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    await become(hass, PROBLEM, "off")
    await become(hass, "event.roof_alerts", "unknown", event_type=None)
    heard = await automate(hass, NAME, inputs(alerts=["event.roof_alerts"]))
    await become(hass, PROBLEM, "on")
    await wait(hass, freezer, 2 * HOUR)
    await become(hass, "event.roof_alerts", "2026-06-10T21:00:00.000+00:00", event_type="opened", type=None)
    assert heard.short == ["told", "told"]
    assert heard.last["message"] == "Unknown"


async def test_a_short_problem_is_not_reported(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass)
    for _ in range(5):
        await become(hass, PROBLEM, "on")
        await wait(hass, freezer, 110 * MINUTE)
        await become(hass, PROBLEM, "off")
        await wait(hass, freezer, 10 * MINUTE)
    assert heard.short == []


async def test_unknown_and_unavailable_are_no_problem(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass)
    for state in ("unavailable", "unknown", "off", "unavailable", "off"):
        await become(hass, PROBLEM, state)
        await wait(hass, freezer, 3 * HOUR)
    assert heard.short == []


async def test_a_problem_that_cannot_be_read_for_a_while_is_one_problem(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass)
    for state in ("on", "unavailable", "on", "unknown", "on"):
        await become(hass, PROBLEM, state)
        await wait(hass, freezer, 3 * HOUR)
    assert heard.short == ["told"]
    await become(hass, PROBLEM, "unavailable")
    await become(hass, PROBLEM, "off")
    assert heard.short == ["told", "over"]


async def test_a_problem_that_began_while_nothing_could_be_read_has_to_last_from_then_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass)
    await become(hass, PROBLEM, "unavailable")
    await wait(hass, freezer, 5 * HOUR)
    await become(hass, PROBLEM, "on")
    await wait(hass, freezer, 110 * MINUTE)
    assert heard.short == []
    await wait(hass, freezer, 10 * MINUTE)
    assert heard.short == ["told"]


async def test_each_problem_is_reported_anew(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    heard = await by_hand(hass)
    for _ in range(2):
        await become(hass, PROBLEM, "on")
        await wait(hass, freezer, 2 * HOUR)
        await become(hass, PROBLEM, "off")
    assert heard.short == ["told", "over", "told", "over"]


async def test_a_problem_outlasts_a_restart_and_its_end_is_reported(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass, "on", starting=True)
    await wait(hass, freezer, 110 * MINUTE)
    assert heard.short == []
    await wait(hass, freezer, DAY, step=HOUR)
    assert heard.short == ["told"]
    await become(hass, PROBLEM, "off")
    assert heard.short == ["told", "over"]


async def test_after_a_restart_a_problem_is_reported_once_although_the_account_is_late(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass, "unavailable", starting=True)
    await wait(hass, freezer, 3 * HOUR)
    await become(hass, PROBLEM, "on")
    await wait(hass, freezer, 5 * HOUR)
    assert heard.short == ["told"]


async def test_after_a_restart_without_a_problem_nothing_is_reported(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass, "off", starting=True)
    await wait(hass, freezer, 5 * HOUR)
    assert heard.short == []


async def test_a_problem_that_is_there_when_the_automation_is_made_is_reported_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    heard = await by_hand(hass, "on")
    for _ in range(4):
        await wait(hass, freezer, 90 * MINUTE)
        hass.bus.async_fire("automation_reloaded")
    assert heard.short == ["told"]
    await become(hass, PROBLEM, "off")
    assert heard.short == ["told", "over"]
