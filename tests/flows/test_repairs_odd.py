"""Repairs that are opened when nothing is left to be done, or not everything is there to do it."""

from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest

from custom_components.solar_cloud.flows import repairs
from custom_components.solar_cloud.flows.setup import _async_open_dialog
from custom_components.solar_cloud.repairs import async_create_fix_flow
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from custom_components.solar_cloud.statistics.takeover import Overlap

from ..home.conftest import Cloud, add_account, solaredge_input

SITE = "solaredge_222881711"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])


async def opened(hass: HomeAssistant, entry: ConfigEntry, issue_id: str) -> Any:
    """Open the repair of an issue about the account's only system."""
    (subentry_id,) = entry.subentries
    data: dict[str, Any] = {"entry_id": entry.entry_id, "subentry_id": subentry_id, "name": "My Roof"}
    flow: Any = await async_create_fix_flow(hass, issue_id, data)
    flow.hass = hass
    return flow


def with_overlap(monkeypatch: pytest.MonkeyPatch, *, takes: bool) -> None:
    """Let there be an older statistic, and the recorder take what is copied of it, or not."""
    now = dt_util.utcnow()

    async def overlap(_: object) -> Overlap:
        return Overlap(
            old_id="sensor.old",
            old_first=now,
            old_last=now,
            new_first=now,
            new_last=now,
            earlier={now: 1.0},
            ignored=0,
            common=1,
            old_common_wh=1.0,
            new_common_wh=1.0,
        )

    async def take_over(_self: object, _earlier: object) -> bool:
        return takes

    monkeypatch.setattr(repairs, "async_overlap", overlap)
    monkeypatch.setattr(Bookkeeper, "async_take_over", take_over)


async def test_an_issue_without_a_form_of_its_own_is_confirmed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    assert isinstance(await opened(hass, entry, "something_else"), ConfirmRepairFlow)


async def test_nothing_is_moved_for_an_account_that_is_not_loaded(hass: HomeAssistant, entry: ConfigEntry) -> None:
    flow = await opened(hass, entry, f"move_history_{SITE}")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await flow.async_step_init())["reason"] == "entry_not_loaded"


async def test_nothing_is_moved_where_the_older_statistic_is_gone(hass: HomeAssistant, entry: ConfigEntry) -> None:
    flow = await opened(hass, entry, f"move_history_{SITE}")
    assert (await flow.async_step_init())["reason"] == "nothing_to_move"


@pytest.mark.parametrize(("takes", "ends"), [(True, FlowResultType.CREATE_ENTRY), (False, FlowResultType.ABORT)])
async def test_what_the_recorder_does_not_take_is_not_said_to_be_moved(
    hass: HomeAssistant, entry: ConfigEntry, monkeypatch: pytest.MonkeyPatch, takes: bool, ends: FlowResultType
) -> None:
    with_overlap(monkeypatch, takes=takes)
    flow = await opened(hass, entry, f"move_history_{SITE}")
    form = await flow.async_step_init()
    assert form["description_placeholders"]["old_id"] == "sensor.old"
    done = await flow.async_step_confirm({})
    assert done["type"] is ends
    assert takes or done["reason"] == "no_recorder"


async def test_a_system_that_was_removed_meanwhile_needs_no_removal(hass: HomeAssistant, entry: ConfigEntry) -> None:
    (subentry_id,) = entry.subentries
    flow = await opened(hass, entry, f"system_removed_{subentry_id}")
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    assert (await flow.async_step_confirm({}))["type"] is FlowResultType.CREATE_ENTRY


async def test_where_every_system_has_its_answers_no_dialog_follows(hass: HomeAssistant, entry: ConfigEntry) -> None:
    (subentry,) = entry.subentries.values()
    data = {name: value for name, value in subentry.data.items() if name != "setup"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    assert await _async_open_dialog(hass, entry) is None
