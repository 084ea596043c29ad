"""What a new system of Enphase v4 shows when: by what its plan has left; and it says until when something waits."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4

from .conftest import Cloud, pass_time, state_of
from .lives import set_up
from .sign_in import signed_in

WITH_BATTERY = "4200003"
ROOT = Path(__file__).resolve().parents[2]
THREE_DAYS_LEFT = datetime(2026, 6, 28, 10, 2, 30, tzinfo=UTC)
WHOLE_MONTH_LEFT = datetime(2026, 6, 1, 10, 2, 30, tzinfo=UTC)


def unknown(hass: HomeAssistant) -> list[State]:
    """Return the sensors without a value."""
    return [state for state in hass.states.async_all("sensor") if state.state in {"unknown", "unavailable"}]


async def test_with_three_days_of_the_month_left_everything_is_there_within_five_minutes(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(THREE_DAYS_LEFT)
    entry = await signed_in(hass, cloud, (WITH_BATTERY,))
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(minutes=2))
    assert datetime.now(UTC) - THREE_DAYS_LEFT <= timedelta(minutes=5)
    assert not unknown(hass)
    there = {state.entity_id for state in hass.states.async_all()}
    await pass_time(hass, freezer, timedelta(hours=4))
    assert {state.entity_id for state in hass.states.async_all()} == there


async def test_the_battery_level_waits_for_nothing(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(WHOLE_MONTH_LEFT)
    entry = await signed_in(hass, cloud, (WITH_BATTERY,))
    await set_up(hass, entry)
    assert float(state_of(hass, f"enphase_{WITH_BATTERY}_battery_level") or -1) >= 0


async def test_what_is_awaited_says_so_and_until_when(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(WHOLE_MONTH_LEFT)
    entry = await signed_in(hass, cloud, (WITH_BATTERY,))
    await set_up(hass, entry)
    waiting = unknown(hass)
    assert waiting
    for state in waiting:
        assert state.attributes["reason"] in {"not_yet", "input_missing"}, state
        hours = 2 if "lifetime" in state.entity_id else 1
        late = state.attributes["expected_at"] - datetime.now(UTC) - timedelta(hours=hours)
        assert abs(late) <= timedelta(minutes=1), state
    status = hass.states.get("sensor.iepenlaan_status")
    assert status is not None
    expected_at = status.attributes["expected_at"]
    assert abs(expected_at - datetime.now(UTC) - timedelta(hours=3)) <= timedelta(minutes=1)
    await pass_time(hass, freezer, expected_at - datetime.now(UTC) + timedelta(minutes=1))
    assert not unknown(hass)
    status = hass.states.get("sensor.iepenlaan_status")
    assert status is not None
    assert "expected_at" not in status.attributes


async def test_the_quarter_hours_come_when_their_wait_is_over_although_the_battery_was_read_before(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(WHOLE_MONTH_LEFT)
    entry = await signed_in(hass, cloud, (WITH_BATTERY,))
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(minutes=62))
    assert state_of(hass, f"enphase_{WITH_BATTERY}_grid_import_today") not in {None, "unknown"}


@pytest.mark.parametrize("where", ["docs/enphase.md", "docs/requests.md", "dialog"])
def test_docs_and_dialog_say_the_times_of_the_jobs(where: str) -> None:
    settle = {terms.name: terms.settle for terms in EnphaseV4.job_terms()}
    assert settle["battery"] == settle["latest"] == timedelta(0)
    assert settle["telemetry"] == settle["import"] == settle["export"] == settle["inverters"] == timedelta(hours=1)
    assert settle["totals"] == timedelta(hours=2)
    assert settle["alerts"] == timedelta(hours=3)
    if where == "dialog":
        texts = json.loads((ROOT / "custom_components/solar_cloud/translations/en.json").read_text())
        said = texts["config"]["step"]["enphase_v4"]["description"]
    else:
        said = (ROOT / where).read_text()
    said = " ".join(said.split()).lower()
    assert "within five minutes" in said
    assert "after one hour" in said
    assert "after two" in said
    assert "after three" in said
