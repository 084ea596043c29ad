"""The dialog that follows the sign-in, with a recorder and an Energy dashboard: from the credential to the past."""

from datetime import UTC, date, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.recorder import get_instance
import pytest

from simulator.ready import SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, SOLAREDGE_OWNER

from ..home.conftest import Cloud, pass_time, settle
from ..home.consents import paste
from ..home.sign_in import add_application, v4_input
from .first_steps import (
    add_residence,
    add_site,
    follow,
    install_forecast,
    only_data,
    reopen,
    repairs,
    restart,
    set_up_energy,
    sources,
    system_of,
)

SITE, METERED = "solaredge_222881711", "1148616"
V4 = "solar_cloud:enphase_4200003_grid_import"
PRICES = [
    *("import_price", "import_price_entity", "past_import_price"),
    *("export_price", "export_price_entity", "past_export_price"),
]
NO_PAST: dict[str, Any] = {"import_history": False, "since": "2026-01-01"}
NOTHING: dict[str, Any] = {"add_to_dashboard": False, **NO_PAST}
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def auto_enable_custom_integrations(
    recorder_mock: Recorder, enable_custom_integrations: None, hass: HomeAssistant
) -> None:
    """Let Home Assistant have a recorder and an Energy dashboard, before anything else."""
    await set_up_energy(hass)


async def add_v4(hass: HomeAssistant, cloud: Cloud) -> Any:
    await add_application(hass)
    result = await paste(hass, cloud, "enphase_v4", v4_input(cloud))
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"systems": ["4200003"]})


async def add_own_site(hass: HomeAssistant, cloud: Cloud) -> Any:
    await add_application(hass, SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, "SolarEdge")
    cloud.simulator.solaredge_owner = SOLAREDGE_OWNER
    given = {"plan": "free", "advanced": {"base_url": cloud.solaredge_url}}
    return await paste(hass, cloud, "solaredge_oauth", given)


@pytest.mark.parametrize(
    ("way", "fields"),
    [
        # Version 2 reports nothing of the grid: there is nothing to pay for.
        (add_residence, ["free_history"]),
        (add_v4, ["free_history", *PRICES]),
        (add_site, ["import_history", "since", *PRICES]),
        (add_own_site, ["import_history", "since", *PRICES]),
    ],
)
async def test_every_sign_in_goes_on_with_one_form(hass: HomeAssistant, cloud: Cloud, way: Any, fields: Any) -> None:
    result = await way(hass, cloud)
    cloud.simulator.clear_requests()
    dialog = await follow(hass, result)
    assert list(dialog.fields) == ["add_to_dashboard", *fields]
    assert dialog.shown["last_step"]
    done = await dialog.answer()
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "setup_saved")
    assert not cloud.simulator.requests


async def test_the_dashboard_and_the_past_come_by_themselves_after_a_restart(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_site(hass, cloud)
    entry = result["result"]
    dialog = await follow(hass, result)
    begin = system_of(entry).bookkeeper.statistics.begin()
    assert begin is not None
    assert dialog.words["since"] == begin.isoformat() == dialog.fields["since"]()
    # It is not known yet whether there are meters and batteries, which have requests of their own.
    assert dialog.words["price"].split("–") == ["37", "111"]
    await dialog.answer(add_to_dashboard=True, import_history=True, since="2026-04-15")
    assert system_of(entry).bookkeeper.state.first is None
    assert not await sources(hass)
    # Home Assistant stores entries as JSON.
    assert json.loads(json.dumps(only_data(entry))) == only_data(entry)
    await restart(hass, entry)
    assert system_of(entry).bookkeeper.state.first == date(2026, 4, 15)
    assert [one["stat_energy_from"] for one in await sources(hass)] == [f"solar_cloud:{SITE}_production"]
    assert "setup" not in only_data(entry)
    assert repairs(hass) == []


async def test_nothing_ticked_does_nothing_and_asks_no_second_time(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    result = await add_site(hass, cloud)
    await (await follow(hass, result)).answer(**NOTHING)
    await settle(hass)
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 2)
    state = system_of(result["result"]).bookkeeper.state
    assert (state.first, state.wanted) == (date(2026, 6, 10), None)
    assert await sources(hass) == []
    assert repairs(hass) == []
    assert "tariffs" not in only_data(result["result"])


async def test_a_site_that_turns_out_to_have_meters_is_imported_within_what_was_agreed_to(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await add_site(hass, cloud, METERED)
    await (await follow(hass, result)).answer(add_to_dashboard=True, import_history=True, since="2026-04-15")
    await settle(hass)
    assert system_of(result["result"]).bookkeeper.state.first == date(2026, 4, 15)
    assert [one["type"] for one in await sources(hass)] == ["solar", "grid", "battery"]


async def test_a_past_that_is_dearer_than_agreed_to_is_offered_at_its_price(hass: HomeAssistant, cloud: Cloud) -> None:
    result = await add_site(hass, cloud, METERED)
    entry = result["result"]
    await (await follow(hass, result)).answer(add_to_dashboard=False, import_history=True, since="2026-04-15")
    (subentry,) = entry.subentries.values()
    agreed = subentry.data["setup"] | {"price": 3}
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "setup": agreed})
    await settle(hass)
    assert system_of(entry).bookkeeper.state.wanted is None
    assert repairs(hass) == ["import_history"]


async def test_a_free_past_comes_by_itself(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> None:
    # The system is half a year old.
    freezer.move_to(datetime(2024, 11, 10, 13, 5, tzinfo=UTC))
    result = await add_residence(hass, cloud)
    dialog = await follow(hass, result)
    assert dialog.fields["free_history"]()
    await dialog.answer()
    await settle(hass)
    begin = system_of(result["result"]).bookkeeper.statistics.begin()
    assert system_of(result["result"]).bookkeeper.state.first == begin
    assert [one["type"] for one in await sources(hass)] == ["solar"]


async def test_prices_are_stored_and_their_costs_get_into_the_dashboard(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    result = await add_site(hass, cloud, METERED)
    entry = result["result"]
    dialog = await follow(hass, result)
    given = {"add_to_dashboard": True, "import_history": False, "since": "2026-01-01", "export_price": 0.08}
    given |= {"past_export_price": 0.05}
    both = await dialog.answer(**given, import_price=0.3, import_price_entity="sensor.spot")
    assert both["errors"] == {"import_price": "price_or_entity"}
    await dialog.answer(**given, import_price_entity="sensor.spot")
    await settle(hass)
    data = only_data(entry)
    assert (data["import_price_entity"], data["export_price"]) == ("sensor.spot", 0.08)
    assert data["tariffs"]["import"][0]["entity_id"] == "sensor.spot"
    # The export before the first steps has the price that was given for it, and the import of then has none.
    assert [one["price"] for one in data["tariffs"]["export"]] == [0.05, 0.08]
    assert [one["price"] for one in data["tariffs"]["import"]] == [None]
    assert [one["type"] for one in await sources(hass)] == ["solar", "grid", "battery"]
    assert data["setup"]["dashboard"]
    await pass_time(hass, freezer, 2 * HOUR, HOUR / 4)
    grid = (await sources(hass))[1]
    assert grid["stat_compensation"] == f"solar_cloud:solaredge_{METERED}_grid_export_compensation"
    # The entity has no state: its costs are not waited for without end.
    assert only_data(entry)["setup"]["dashboard"]
    await pass_time(hass, freezer, timedelta(days=2), 2 * HOUR)
    assert not only_data(entry).get("setup", {}).get("dashboard")


async def test_a_past_that_is_paid_for_in_the_first_steps_has_its_cost(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    result = await add_v4(hass, cloud)
    await (await follow(hass, result)).answer(add_to_dashboard=True, past_import_price=0.25, import_price=0.5)
    begin = datetime.now(UTC)
    await pass_time(hass, freezer, timedelta(hours=30), HOUR / 2)
    energy, cost = await changes(hass, V4), await changes(hass, f"{V4}_cost")
    before = [hour for hour in cost if hour < begin - HOUR]
    assert len(before) > 300
    assert all(cost[hour] == pytest.approx(energy[hour] * 0.25, abs=1e-6) for hour in before)
    assert all(cost[hour] == pytest.approx(energy[hour] * 0.5, abs=1e-6) for hour in cost if hour >= begin)
    assert cost.keys() == energy.keys()


async def changes(hass: HomeAssistant, statistic: str) -> dict[datetime, float]:
    """Return the change of each hour of a statistic, of an energy in kWh."""
    start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    rows = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(hass, start, end, {statistic}, "hour", {"energy": "kWh"}, {"change"})
    )
    return {datetime.fromtimestamp(row["start"], UTC): row["change"] or 0.0 for row in rows[statistic]}


@pytest.mark.parametrize(("site", "prices"), [("222881711", []), (METERED, PRICES)])
async def test_prices_are_asked_for_where_there_is_a_meter_at_the_grid(
    hass: HomeAssistant, cloud: Cloud, site: str, prices: list[str]
) -> None:
    entry = (await add_site(hass, cloud, site))["result"]
    await settle(hass)
    assert [name for name in (await reopen(hass, entry)).fields if "price" in name] == prices


async def test_the_same_form_can_be_opened_later_and_keeps_the_prices_that_it_does_not_ask_for(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    result = await add_site(hass, cloud)
    entry = result["result"]
    await (await follow(hass, result)).answer(**NOTHING)
    await settle(hass)
    (subentry,) = entry.subentries.values()
    past = {"past_import_price": 0.25, "import_price": 0.3}
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **past})
    await settle(hass)
    dialog = await reopen(hass, entry)
    assert dialog.words["price"] == "37"
    await dialog.answer(add_to_dashboard=True, import_history=True, since="2026-05-01")
    await settle(hass)
    assert system_of(entry).bookkeeper.state.first == date(2026, 5, 1)
    assert len(await sources(hass)) == 1
    assert (only_data(entry)["import_price"], only_data(entry)["past_import_price"]) == (0.3, 0.25)


async def test_the_only_forecast_is_chosen_for_the_only_system(hass: HomeAssistant, cloud: Cloud) -> None:
    forecast = install_forecast(hass, "My roof")
    result = await add_site(hass, cloud)
    dialog = await follow(hass, result)
    assert dialog.fields["forecasts"]() == [forecast]
    await dialog.answer(**NO_PAST)
    await settle(hass)
    (solar,) = await sources(hass)
    assert solar["config_entry_solar_forecast"] == [forecast]


async def test_the_owner_says_which_forecast_belongs_to_the_system(hass: HomeAssistant, cloud: Cloud) -> None:
    south, west = install_forecast(hass, "South"), install_forecast(hass, "West")
    result = await add_site(hass, cloud)
    dialog = await follow(hass, result)
    assert dialog.fields["forecasts"]() == []
    await dialog.answer(**NO_PAST, forecasts=[west])
    await settle(hass)
    (solar,) = await sources(hass)
    assert solar["config_entry_solar_forecast"] == [west] != [south]
