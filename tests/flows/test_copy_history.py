"""The dialog that copies a system's history into the statistic of another sensor, in a whole Home Assistant."""

from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.statistics.book import Book
from custom_components.solar_cloud.statistics.copying.copier import Copier

from ..home.conftest import Cloud, settle
from ..statistics.copying.test_action import BEGIN, DAY, METER, NOW, OURS, YOUNG, enphase, with_holes, write_meter
from ..statistics.test_bookkeeper import HOUR, hours_of

GIVEN: dict[str, Any] = {"flow": "production", "target": METER, "spread_lumps": False}


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """An account with a system that is a week old."""
    await enphase(hass, cloud, freezer, YOUNG)
    (found,) = hass.config_entries.async_entries(DOMAIN)
    return found


async def menu(hass: HomeAssistant, entry: ConfigEntry) -> Any:
    """Open the menu of the account's only system."""
    (subentry_id,) = entry.subentries
    context: Any = {"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
    return await hass.config_entries.subentries.async_init((entry.entry_id, "system"), context=context)


async def chosen(hass: HomeAssistant, entry: ConfigEntry, item: str) -> Any:
    """Open the menu and choose an item."""
    shown = await menu(hass, entry)
    return await submit(hass, shown, {"next_step_id": item})


async def submit(hass: HomeAssistant, shown: Any, given: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(shown["flow_id"], given)


async def planned(hass: HomeAssistant, entry: ConfigEntry, **given: Any) -> Any:
    """Fill the form; return what is shown after it."""
    return await submit(hass, await chosen(hass, entry, "copy"), GIVEN | given)


async def late_meter(hass: HomeAssistant, factor: float = 1.0) -> dict[Any, float]:
    """Let a meter of the roof have the second half of the week; return the system's own hours."""
    ours = await hours_of(hass, OURS, BEGIN, YOUNG + DAY)
    await write_meter(hass, {hour: energy * factor for hour, energy in ours.items() if hour >= BEGIN + 3 * DAY})
    return ours


async def test_what_would_be_written_is_said_before_it_is_and_taken_back_from_the_same_menu(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    ours = await late_meter(hass)
    before = await hours_of(hass, METER, BEGIN, YOUNG + DAY)
    assert (await menu(hass, entry))["menu_options"] == ["history", "prices", "copy"]
    confirm = await planned(hass, entry)
    assert (confirm["type"], confirm["step_id"]) == (FlowResultType.FORM, "confirm_copy")
    assert confirm["data_schema"].schema == {}
    words = confirm["description_placeholders"]
    earlier = {hour: energy for hour, energy in ours.items() if hour < BEGIN + 3 * DAY}
    assert words["hours_before"] == f"{len(earlier)}"
    assert words["added"] == f"{sum(earlier.values()) / 1000:.3f}"
    assert words["last_sum"] == f"{sum(ours.values()) / 1000:.3f}"
    assert (words["unit"], words["agreement"], words["target_start"]) == ("kWh", "100.0 %", "2024-04-21 00:00")
    assert await hours_of(hass, METER, BEGIN, YOUNG + DAY) == before
    done = await submit(hass, confirm, {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "copied")
    assert await hours_of(hass, METER, BEGIN, YOUNG + DAY) == pytest.approx(ours, abs=0.01)

    assert (await planned(hass, entry))["reason"] == "nothing_to_copy"

    assert (await menu(hass, entry))["menu_options"][-1] == "undo_copy"
    undo = await chosen(hass, entry, "undo_copy")
    done = await submit(hass, undo, {"target": METER})
    assert (done["reason"], done["description_placeholders"]["hours"]) == ("copy_undone", f"{len(earlier)}")
    assert await hours_of(hass, METER, BEGIN, YOUNG + DAY) == pytest.approx(before, abs=0.01)
    assert "undo_copy" not in (await menu(hass, entry))["menu_options"]


async def test_only_what_the_system_has_is_offered(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await late_meter(hass)
    shown = await chosen(hass, entry, "copy")
    assert shown["data_schema"].schema["flow"].config["options"] == ["production"]


async def test_days_that_end_before_they_start_are_said(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await late_meter(hass)
    shown = await planned(hass, entry, start="2024-04-20", end="2024-04-19")
    assert shown["errors"] == {"end": "end_before_start"}
    assert shown["description_placeholders"]["start"] == "2024-04-20"


async def test_chosen_days_alone_are_written(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await late_meter(hass)
    shown = await planned(hass, entry, start="2024-04-19", end="2024-04-19")
    assert shown["description_placeholders"]["hours_before"] == "24"


async def test_what_can_be_copied_to_is_energy_of_others(hass: HomeAssistant, entry: ConfigEntry) -> None:
    assert (await chosen(hass, entry, "copy"))["reason"] == "no_target"
    await late_meter(hass)
    await write_meter(hass, {BEGIN: 1.0}, target="other:roof", name="Roof")
    await write_meter(hass, {BEGIN: 1.0}, "m³", target="other:gas", unit_class="volume")
    hass.states.async_set(METER, "1", {"friendly_name": "Envoy lifetime"})
    shown = await chosen(hass, entry, "copy")
    assert shown["data_schema"].schema["target"].config["options"] == [
        {"value": METER, "label": f"Envoy lifetime ({METER})"},
        {"value": "other:roof", "label": "Roof (other:roof)"},
    ]
    hass.states.async_remove(METER)
    options = (await chosen(hass, entry, "copy"))["data_schema"].schema["target"].config["options"]
    assert {"value": METER, "label": METER} in options


async def test_a_target_that_is_gone_meanwhile_is_said_and_another_can_be_chosen(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    await late_meter(hass)
    await write_meter(hass, {BEGIN: 1.0}, target="other:roof")
    shown = await chosen(hass, entry, "copy")
    get_instance(hass).async_clear_statistics(["other:roof"])
    await hass.async_add_executor_job(get_instance(hass).block_till_done)
    shown = await submit(hass, shown, GIVEN | {"target": "other:roof"})
    assert shown["errors"] == {"base": "copy_target_unknown"}
    assert (await submit(hass, shown, GIVEN))["step_id"] == "confirm_copy"


async def test_another_meter_needs_a_second_yes(hass: HomeAssistant, entry: ConfigEntry) -> None:
    ours = await late_meter(hass, factor=0.8)
    confirm = await planned(hass, entry)
    assert confirm["description_placeholders"]["agreement"] == "80.0 %"
    again = await submit(hass, confirm, {"accept_disagreement": False})
    assert again["errors"] == {"base": "copy_disagrees"}
    assert again["description_placeholders"]["percent"] == "20.0"
    assert (await submit(hass, again, {"accept_disagreement": True}))["reason"] == "copied"
    written = await hours_of(hass, METER, BEGIN, BEGIN + 3 * DAY)
    assert written == pytest.approx({hour: one for hour, one in ours.items() if hour < BEGIN + 3 * DAY}, abs=0.01)


async def test_a_lump_is_laid_out_where_that_is_wanted(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await enphase(hass, cloud, freezer, NOW)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    ours = await hours_of(hass, OURS, BEGIN, NOW + DAY)
    await write_meter(hass, with_holes(ours, BEGIN + 40 * DAY))
    await settle(hass)
    words = (await planned(hass, entry))["description_placeholders"]
    assert (words["gaps"], words["filled"], words["spread"]) == ("3", "2", "0.000")
    words = (await planned(hass, entry, spread_lumps=True))["description_placeholders"]
    assert (words["gaps"], words["filled"]) == ("3", "3")
    assert float(words["spread"]) > 1


async def test_what_fails_meanwhile_is_said_and_can_be_tried_again(hass: HomeAssistant, entry: ConfigEntry) -> None:
    await late_meter(hass)
    confirm = await planned(hass, entry)
    error = HomeAssistantError(translation_domain=DOMAIN, translation_key="copy_not_recorded")
    with patch.object(Copier, "async_copy", side_effect=error):
        again = await submit(hass, confirm, {})
    assert again["errors"] == {"base": "copy_not_recorded"}
    assert (await submit(hass, again, {}))["reason"] == "copied"
    undo = await chosen(hass, entry, "undo_copy")
    with patch.object(Copier, "async_undo", side_effect=error):
        again = await submit(hass, undo, {"target": METER})
    assert again["errors"] == {"base": "copy_not_recorded"}
    assert (await submit(hass, again, {"target": METER}))["reason"] == "copy_undone"


@pytest.mark.parametrize("item", ["copy", "undo_copy"])
async def test_an_account_that_stops_meanwhile_ends_the_dialog(
    hass: HomeAssistant, entry: ConfigEntry, item: str
) -> None:
    await late_meter(hass)
    await submit(hass, await planned(hass, entry), {})
    shown = await menu(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    done = await submit(hass, shown, {"next_step_id": item})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")


async def test_an_account_that_stops_before_the_agreement_writes_nothing(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    await late_meter(hass)
    before = await hours_of(hass, METER, BEGIN, YOUNG + HOUR)
    confirm = await planned(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await submit(hass, confirm, {}))["reason"] == "entry_not_loaded"
    assert await hours_of(hass, METER, BEGIN, YOUNG + HOUR) == before


async def test_without_a_recorder_or_without_statistics_nothing_is_asked(
    hass: HomeAssistant, entry: ConfigEntry
) -> None:
    with patch.object(Book, "async_span", return_value=None):
        assert (await chosen(hass, entry, "copy"))["reason"] == "nothing_booked"
    hass.config.components.remove("recorder")
    assert (await chosen(hass, entry, "copy"))["reason"] == "no_recorder"
    hass.config.components.add("recorder")
