"""Alerts of a SolarEdge site: counted, and fired once each as events."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, settle, solaredge_input, state_of

SITE = "1148616"
KEY = f"solaredge_{SITE}"
ENTITY_ID = "event.doe_jane_alerts"


class Fired:
    """The events that the entity has fired, as automations see them: by a change of its state."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.events: list[dict[str, Any]] = []
        self._last: str | None = None
        self.take(hass)
        async_track_state_change_event(hass, ENTITY_ID, self._changed)

    def take(self, hass: HomeAssistant) -> None:
        """Begin with the state that is there."""
        state = hass.states.get(ENTITY_ID)
        self._last = state.state if state is not None else None

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or state.state in {"unknown", "unavailable", self._last}:
            return
        self._last = state.state
        self.events.append(dict(state.attributes))

    @property
    def short(self) -> list[tuple[str, str]]:
        """What happened to which alert."""
        return [(event["event_type"], event["alert_id"]) for event in self.events]


async def restart(hass: HomeAssistant, entry: ConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def half_a_day(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the alerts be read again."""
    await pass_time(hass, freezer, timedelta(hours=13), step=timedelta(minutes=30))


def opened(cloud: Cloud, **said: Any) -> str:
    return str(cloud.simulator.open_alert(KEY, **said))


async def test_alerts_that_are_open_when_a_site_is_first_read_are_counted_and_fired(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    fired = Fired(hass)
    first = opened(
        cloud,
        type="LOW_YIELD",
        category="PERFORMANCE",
        impact=3,
        component_serial="731CD555-E9",
        component_name="Inv 2",
    )
    second = opened(cloud)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    assert state_of(hass, f"{KEY}_open_alerts") == "2"
    assert fired.short == [("opened", first), ("opened", second)]
    said = fired.events[0]
    assert {
        name: said[name] for name in ("type", "category", "impact", "component", "serial", "since", "alert_id")
    } == {
        "type": "LOW_YIELD",
        "category": "performance",
        "impact": 3,
        "component": "Inv 2",
        "serial": "731CD555-E9",
        "since": "2026-06-10T19:02:30+00:00",
        "alert_id": first,
    }
    assert said["event_types"] == ["opened", "closed"]


async def test_without_alerts_the_count_is_zero_and_nothing_is_fired(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    fired = Fired(hass)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    await half_a_day(hass, freezer)
    await restart(hass, entry)
    assert state_of(hass, f"{KEY}_open_alerts") == "0"
    assert state_of(hass, f"{KEY}_alerts", "event") == "unknown"
    assert fired.short == []


async def test_each_alert_that_comes_or_goes_is_fired_once(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    stays = opened(cloud)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    fired = Fired(hass)
    goes = opened(cloud)
    await half_a_day(hass, freezer)
    assert fired.short == [("opened", goes)]
    await half_a_day(hass, freezer)
    assert fired.short == [("opened", goes)]
    come = [opened(cloud, type=f"FAULT_{number}") for number in range(3)]
    cloud.simulator.close_alert(KEY, int(goes))
    await half_a_day(hass, freezer)
    assert fired.short[1:] == [("closed", goes), *(("opened", one) for one in come)]
    assert fired.events[1]["type"] == "INVERTER_COMMUNICATION_FAULT"
    assert state_of(hass, f"{KEY}_open_alerts") == "4"
    for one in (stays, *come):
        cloud.simulator.close_alert(KEY, int(one))
    await half_a_day(hass, freezer)
    assert fired.short[5:] == [("closed", one) for one in (stays, *come)]
    assert state_of(hass, f"{KEY}_open_alerts") == "0"


async def test_an_automation_runs_for_each_alert_of_one_answer(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    trigger = {
        "trigger": "event.received",
        "target": {"entity_id": ENTITY_ID},
        "options": {"event_type": "opened"},
    }
    action = {"event": "ran", "event_data": {"type": "{{ trigger.to_state.attributes.type }}"}}
    automation = {"alias": "Alert", "mode": "queued", "triggers": trigger, "actions": action}
    assert await async_setup_component(hass, "automation", {"automation": automation})
    ran = async_capture_events(hass, "ran")
    types = [f"FAULT_{number}" for number in range(3)]
    for one in types:
        opened(cloud, type=one)
    await half_a_day(hass, freezer)
    assert [event.data["type"] for event in ran] == types


async def test_after_a_restart_nothing_is_fired_again_and_what_came_in_between_is(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    stays, goes = opened(cloud), opened(cloud)
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    before = state_of(hass, f"{KEY}_alerts", "event")
    fired = Fired(hass)
    await restart(hass, entry)
    assert fired.short == []
    assert state_of(hass, f"{KEY}_alerts", "event") == before
    assert await hass.config_entries.async_unload(entry.entry_id)
    new = opened(cloud)
    cloud.simulator.close_alert(KEY, int(goes))
    freezer.tick(timedelta(hours=14))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await half_a_day(hass, freezer)
    assert fired.short == [("closed", goes), ("opened", new)]
    assert state_of(hass, f"{KEY}_open_alerts") == "2"
    assert stays


async def test_a_cloud_that_cannot_be_read_closes_no_alert(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    opened(cloud)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    fired = Fired(hass)
    cloud.simulator.fail("*/alerts", status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=30), step=timedelta(minutes=30))
    assert state_of(hass, f"{KEY}_open_alerts") == "unavailable"
    assert state_of(hass, f"{KEY}_alerts", "event") == "unavailable"
    cloud.simulator.clear_faults()
    await half_a_day(hass, freezer)
    assert state_of(hass, f"{KEY}_open_alerts") == "1"
    assert fired.short == []


async def test_an_alert_that_says_next_to_nothing_is_fired_as_well(hass: HomeAssistant, cloud: Cloud) -> None:
    opened(cloud)
    cloud.simulator.mutate("*/alerts", lambda rows: [{"alertId": row["alertId"]} for row in rows])
    fired = Fired(hass)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    assert [event["event_type"] for event in fired.events] == ["opened"]
    names = ("type", "category", "impact", "component", "serial", "since")
    assert {fired.events[0][name] for name in names} == {None}


@pytest.mark.parametrize("status", [403, 404])
async def test_an_account_without_alerts_has_no_entity_of_them(hass: HomeAssistant, cloud: Cloud, status: int) -> None:
    cloud.simulator.fail("*/alerts", status=status, body={"message": "no"}, times=None)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    assert state_of(hass, f"{KEY}_power") is not None
    assert state_of(hass, f"{KEY}_open_alerts") is None
    assert state_of(hass, f"{KEY}_alerts", "event") is None


async def test_enphase_v2_has_no_alerts(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    there = er.async_get(hass).entities.values()
    assert not [entry.entity_id for entry in there if entry.platform == DOMAIN and "alerts" in entry.unique_id]
