"""The first steps of an owner who closes the dialog, has several systems, or no use for some of the fields."""

from datetime import date, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, enphase_input, leave_first_steps, pass_time, settle
from .first_steps import (
    add_residence,
    add_site,
    fix,
    follow,
    only_data,
    repairs,
    restart,
    set_up_energy,
    sources,
    system_of,
)

HOUR = timedelta(hours=1)
NO_PAST: dict[str, Any] = {"import_history": False, "since": "2026-01-01"}


@pytest.fixture(autouse=True)
async def auto_enable_custom_integrations(
    recorder_mock: Recorder, enable_custom_integrations: None, hass: HomeAssistant
) -> None:
    """Let Home Assistant have a recorder, before anything else."""
    assert await async_setup_component(hass, "repairs", {})


async def test_a_closed_dialog_is_one_repair_with_the_same_form_and_gone_when_that_is_answered(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    await set_up_energy(hass)
    result = await add_site(hass, cloud)
    entry = result["result"]
    dialog = await follow(hass, result)
    await settle(hass)
    # While the dialog is open it needs no repair, and the offer of the past would ask the same.
    assert repairs(hass) == []
    dialog.close()
    assert repairs(hass) == ["finish_setup"]
    await restart(hass, entry)
    assert repairs(hass) == ["finish_setup"]
    shown = await fix(hass_client, entry)
    assert shown["step_id"] == "setup"
    # By now it is known that the site has no meter at the grid, so that nothing has a price.
    assert [one["name"] for one in shown["data_schema"]] == [name for name in dialog.fields if "price" not in name]
    given = {"add_to_dashboard": True, "import_history": True, "since": "2026-05-01"}
    assert (await fix(hass_client, entry, given))["type"] == "create_entry"
    await settle(hass)
    assert repairs(hass) == []
    assert system_of(entry).bookkeeper.state.first is not None
    assert system_of(entry).bookkeeper.state.first.isoformat() == "2026-05-01"
    assert len(await sources(hass)) == 1


async def test_an_ignored_repair_stays_ignored(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_residence(hass, cloud)
    (await follow(hass, result)).close()
    issue_id = f"finish_setup_{result['result'].entry_id}"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    await restart(hass, result["result"])
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.dismissed_version is not None


async def test_a_dialog_that_is_left_open_for_an_hour_is_a_repair(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await follow(hass, await add_residence(hass, cloud))
    await pass_time(hass, freezer, HOUR / 2, HOUR / 4)
    assert repairs(hass) == []
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 4)
    assert repairs(hass) == ["finish_setup"]


async def test_several_systems_are_asked_for_one_after_the_other_and_what_is_answered_stays(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    await set_up_energy(hass)
    result = await add_site(hass, cloud, "222881711", "1148616")
    entry = result["result"]
    dialog = await follow(hass, result)
    first = dialog.words["name"]
    assert not dialog.shown["last_step"]
    await settle(hass)
    await dialog.answer(**NO_PAST, import_price=0.3)
    assert (dialog.shown["step_id"], dialog.shown["last_step"]) == ("setup", True)
    second = dialog.words["name"]
    assert {first, second} == {"Doe, Jane", "Doe, Jane JJ81234"}
    dialog.close()
    await settle(hass)
    asked = {one.title: one.data for one in entry.subentries.values()}
    assert asked[first]["import_price"] == 0.3
    assert asked[second]["setup"] == {}
    assert repairs(hass) == ["finish_setup"]
    shown = await fix(hass_client, entry)
    assert shown["description_placeholders"]["name"] == second
    assert (await fix(hass_client, entry, {"add_to_dashboard": True, **NO_PAST}))["type"] == "create_entry"
    await settle(hass)
    assert repairs(hass) == []
    assert sum(one["type"] == "solar" for one in await sources(hass)) == 2


async def test_two_forms_in_a_row_are_both_kept(hass: HomeAssistant, cloud: Cloud) -> None:
    await set_up_energy(hass)
    result = await add_site(hass, cloud, "222881711", "1148616")
    dialog = await follow(hass, result)
    await settle(hass)
    await dialog.answer(**NO_PAST, export_price=0.08)
    assert (await dialog.answer(**NO_PAST, add_to_dashboard=False))["reason"] == "setup_saved"
    await settle(hass)
    assert repairs(hass) == []
    assert sum(one["type"] == "solar" for one in await sources(hass)) == 1
    assert sorted("export_price" in one.data for one in result["result"].subentries.values()) == [False, True]


async def test_a_system_that_is_removed_meanwhile_is_not_asked_for(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_site(hass, cloud, "222881711", "1148616")
    entry = result["result"]
    dialog = await follow(hass, result)
    gone = next(key for key, one in entry.subentries.items() if one.title == dialog.words["name"])
    hass.config_entries.async_remove_subentry(entry, gone)
    await settle(hass)
    shown = await dialog.answer()
    assert dialog.words["name"] == next(iter(entry.subentries.values())).title
    assert shown["step_id"] == "setup"
    (left,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, left)
    await settle(hass)
    assert (await dialog.answer())["reason"] == "entry_not_loaded"
    assert repairs(hass) == []


async def test_an_answer_for_a_system_that_is_removed_before_the_end_is_dropped(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await add_site(hass, cloud, "222881711", "1148616")
    entry = result["result"]
    dialog = await follow(hass, result)
    gone = next(key for key, one in entry.subentries.items() if one.title == dialog.words["name"])
    await dialog.answer()
    hass.config_entries.async_remove_subentry(entry, gone)
    await settle(hass)
    assert (await dialog.answer())["reason"] == "setup_saved"
    assert repairs(hass) == []


async def test_an_account_that_is_removed_takes_its_dialog_and_its_repair_with_it(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await add_residence(hass, cloud)
    dialog = await follow(hass, result)
    await hass.config_entries.async_remove(result["result"].entry_id)
    await settle(hass)
    assert (await dialog.answer())["reason"] == "entry_not_loaded"
    assert repairs(hass) == []


async def test_a_disabled_account_asks_nothing(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_residence(hass, cloud)
    (await follow(hass, result)).close()
    assert repairs(hass) == ["finish_setup"]
    entry_id = result["result"].entry_id
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    await settle(hass)
    assert repairs(hass) == []


async def test_an_account_that_cannot_be_read_yet_asks_by_a_repair_once_it_can(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    flow = hass.config_entries.flow
    shown = await flow.async_init(DOMAIN, context={"source": "user"})
    shown = await flow.async_configure(shown["flow_id"], {"next_step_id": "enphase_v2"})
    shown = await flow.async_configure(shown["flow_id"], enphase_input(cloud))
    cloud.simulator.fail("*/summary", status=500, times=None)
    result = await flow.async_configure(shown["flow_id"], {"systems": ["72"]})
    assert "next_flow" not in result
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 12)
    assert repairs(hass) == ["finish_setup"]


async def test_the_repair_of_an_account_that_does_not_run_says_so_and_stays(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    result = await add_residence(hass, cloud)
    (await follow(hass, result)).close()
    await hass.config_entries.async_unload(result["result"].entry_id)
    assert (await fix(hass_client, result["result"]))["reason"] == "entry_not_loaded"
    assert repairs(hass) == ["finish_setup"]


async def test_a_system_that_is_added_later_asks_by_a_repair(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_site(hass, cloud)
    entry = result["result"]
    await (await follow(hass, result)).answer(**NO_PAST)
    flows = hass.config_entries.subentries
    shown = await flows.async_init((entry.entry_id, "system"), context={"source": "user"})
    await flows.async_configure(shown["flow_id"], {"system": "1148616"})
    await settle(hass)
    assert repairs(hass) == ["finish_setup"]


async def test_without_an_energy_dashboard_its_fields_are_not_shown(hass: HomeAssistant, cloud: Cloud) -> None:
    dialog = await follow(hass, await add_residence(hass, cloud))
    assert not {"add_to_dashboard", "forecasts"} & dialog.fields.keys()
    assert (await dialog.answer())["reason"] == "setup_saved"


async def test_what_the_owner_takes_out_of_the_dashboard_stays_out(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await set_up_energy(hass)
    result = await add_site(hass, cloud, "1148616")
    dialog = await follow(hass, result)
    await dialog.answer(add_to_dashboard=True, import_history=False, since="2026-01-01", import_price=0.3)
    await settle(hass)
    assert only_data(result["result"])["setup"]["dashboard"]
    manager = await async_get_manager(hass)
    left: Any = [one for one in await sources(hass) if one["type"] != "battery"]
    await manager.async_update({"energy_sources": left})
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 4)
    assert [one["type"] for one in await sources(hass)] == ["solar", "grid"]
    assert (
        "dashboard" not in only_data(result["result"]).get("setup", {})
        or not only_data(result["result"])["setup"]["dashboard"]
    )


async def test_a_dashboard_that_refuses_is_logged_and_not_asked_again(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up_energy(hass)
    result = await add_site(hass, cloud)

    def refuse(_sources: Any) -> None:
        import probatio

        raise probatio.Invalid("no such source")

    monkeypatch.setattr("homeassistant.components.energy.data.ENERGY_SOURCE_SCHEMA", refuse)
    await (await follow(hass, result)).answer(**NO_PAST)
    await settle(hass)
    assert "could not be put into the Energy dashboard" in caplog.text
    assert not only_data(result["result"])["setup"]["dashboard"]


async def test_what_is_stored_and_cannot_be_read_is_asked_again(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_residence(hass, cloud)
    entry = result["result"]
    leave_first_steps(hass, entry)
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "setup": {"since": 7}})
    await restart(hass, entry)
    assert repairs(hass) == ["finish_setup"]


async def test_a_day_without_a_past_is_refused_and_one_that_costs_more_is_stated_first(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the cloud does not report when the life of a system began, any day may be chosen.
    monkeypatch.setattr(
        "custom_components.solar_cloud.statistics.system_statistics.SystemStatistics.begin", lambda _: None
    )
    result = await add_site(hass, cloud)
    dialog = await follow(hass, result)
    assert dialog.words["since"] == "2025-06-01"
    price = dialog.words["price"]
    assert (await dialog.answer(import_history=True, since="2026-06-10"))["errors"] == {"since": "is_there_already"}
    shown = await dialog.answer(import_history=True, since="2020-01-01")
    assert shown["errors"] == {"since": "costs_more"}
    assert dialog.words["price"] != price
    assert (await dialog.answer(import_history=True, since="2020-01-01"))["type"] is FlowResultType.ABORT
    assert only_data(result["result"])["setup"]["since"] == "2020-01-01"


async def test_a_site_whose_life_has_just_begun_has_no_past_to_ask_for(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = "custom_components.solar_cloud.statistics.system_statistics.SystemStatistics.begin"
    monkeypatch.setattr(begin, lambda _: date(2026, 6, 10))
    dialog = await follow(hass, await add_site(hass, cloud))
    assert not {"import_history", "since", "free_history"} & dialog.fields.keys()
