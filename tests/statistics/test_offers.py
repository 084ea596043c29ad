"""The past of a SolarEdge site for the asking: offered at its price, agreed to in either flow, followed to its end."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.solar_cloud.cloud.solaredge.archive import SolarEdgeArchive
from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.coordinator import SystemCoordinator
from custom_components.solar_cloud.statistics.bookkeeper import Bookkeeper
from custom_components.solar_cloud.statistics.import_terms import import_price
from custom_components.solar_cloud.statistics.offers import Offers

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input, state_of
from .test_bookkeeper import day_sum, hours_of

DAY = timedelta(days=1)
SITE = "solaredge_222881711"
OFFER = f"import_history_{SITE}"
FIX = "/api/repairs/issues/fix"
SINCE = date(2026, 4, 15)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
async def site(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    """Return the account of a site whose newest hours are booked."""
    assert await async_setup_component(hass, "repairs", {})
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["222881711"])
    await settle(hass)
    return entry


def coordinator_of(entry: ConfigEntry) -> SystemCoordinator:
    (coordinator,) = entry.runtime_data.coordinators.values()
    return coordinator


def books_of(entry: ConfigEntry) -> Bookkeeper:
    (system,) = entry.runtime_data.systems.values()
    return system.bookkeeper


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> SubentryFlowResult:
    """Choose "Import the past" in the menu of the system."""
    (subentry_id,) = entry.subentries
    flows = hass.config_entries.subentries
    menu = await flows.async_init(
        (entry.entry_id, "system"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
    )
    assert (menu["type"], menu["menu_options"]) == (FlowResultType.MENU, ["history", "prices", "copy"])
    return await flows.async_configure(menu["flow_id"], {"next_step_id": "history"})


def sent_for_days(cloud: Cloud) -> int:
    return sum(("resolution", "DAY") in request.query for request in cloud.simulator.requests)


def offer(hass: HomeAssistant, issue_id: str = OFFER) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def test_the_offer_states_the_price_and_the_import_costs_just_that(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    issue = offer(hass)
    assert issue is not None
    assert issue.is_fixable
    assert issue.translation_placeholders == {"name": coordinator_of(site).name}
    assert state_of(hass, f"{SITE}_history_progress") is None
    client = await hass_client()
    form = await (await client.post(FIX, json={"handler": DOMAIN, "issue_id": OFFER})).json()
    assert form["step_id"] == "init"
    books = books_of(site)
    begin = books.statistics.begin()
    assert begin is not None
    assert form["data_schema"][0]["default"] == begin.isoformat()
    asked = form["description_placeholders"]
    assert asked["price"] == str(import_price(books.statistics, begin))
    assert asked["per_year"] == "12"
    address = f"{FIX}/{form['flow_id']}"
    refused = await (await client.post(address, json={"since": "2026-06-10"})).json()
    assert refused["errors"] == {"since": "is_there_already"}
    confirm = await (await client.post(address, json={"since": SINCE.isoformat()})).json()
    assert confirm["step_id"] == "confirm"
    cloud.simulator.clear_requests()
    price = int(confirm["description_placeholders"]["price"])
    done = await (await client.post(address, json={})).json()
    assert done["type"] == "create_entry"
    await settle(hass)
    assert 3 <= price <= 3 + 7
    assert books.state.first == SINCE
    assert offer(hass) is None
    assert state_of(hass, f"{SITE}_history_progress") == "100.0"
    assert sent_for_days(cloud) == 3
    sent = [request.query for request in cloud.simulator.requests]
    assert sum(("resolution", "HOUR") in query for query in sent) == price - 3
    plant = cloud.simulator.plants[SITE]
    statistic = f"solar_cloud:{SITE}_production"
    hours = await hours_of(hass, statistic, datetime(2026, 4, 15, 7, tzinfo=UTC), datetime(2026, 6, 10, 7, tzinfo=UTC))
    day = SINCE
    while day < date(2026, 6, 10):
        assert day_sum(hours, day, plant) == plant.day_wh(day), day
        day += DAY


@pytest.mark.slow("five months of the past are read and booked")
async def test_the_progress_of_an_import_moves_month_by_month(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry
) -> None:
    seen: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        lambda event: (
            seen.append(event.data["new_state"].state) if event.data["entity_id"].endswith("history_import") else None
        ),
    )
    await books_of(site).async_import(date(2026, 1, 1))
    await settle(hass)
    parts = [float(value) for value in seen]
    assert parts == sorted(parts)
    assert len(set(parts)) >= 5
    assert parts[-1] == 100


async def test_an_ignored_offer_stays_ignored_over_a_reload_and_goes_with_the_system(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry
) -> None:
    ir.async_ignore_issue(hass, DOMAIN, OFFER, True)
    assert await hass.config_entries.async_reload(site.entry_id)
    await settle(hass)
    issue = offer(hass)
    assert issue is not None
    assert issue.dismissed_version is not None
    hass.config_entries.async_remove_subentry(site, next(iter(site.subentries)))
    await settle(hass)
    assert offer(hass) is None


async def test_the_past_can_be_imported_from_the_systems_menu_at_any_time(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry
) -> None:
    result = await reconfigure(hass, site)
    assert result["step_id"] == "history"
    flow = hass.config_entries.subentries.async_configure
    result = await flow(result["flow_id"], {"since": "2026-06-10"})
    assert result["errors"] == {"since": "is_there_already"}
    result = await flow(result["flow_id"], {"since": "2026-05-01"})
    assert result["step_id"] == "confirm"
    assert result["description_placeholders"]["since"] == "2026-05-01"
    result = await flow(result["flow_id"], {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "import_started")
    assert offer(hass) is None
    await settle(hass)
    assert books_of(site).state.first == date(2026, 5, 1)
    # Later, still more of it.
    result = await reconfigure(hass, site)
    result = await flow(result["flow_id"], {"since": "2026-04-01"})
    assert result["description_placeholders"]["price"] == "1"


@pytest.mark.parametrize("steps", [0, 1])
async def test_an_import_ends_where_the_account_is_not_running_any_more(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry, hass_client: ClientSessionGenerator, steps: int
) -> None:
    """Let the account be unloaded after so many answers of the owner, in either flow."""
    client, flow = await hass_client(), hass.config_entries.subentries.async_configure
    form = await (await client.post(FIX, json={"handler": DOMAIN, "issue_id": OFFER})).json()
    menu = await reconfigure(hass, site)
    address, answers = f"{FIX}/{form['flow_id']}", [{"since": "2026-05-01"}, {}]
    for answer in answers[:steps]:
        await client.post(address, json=answer)
        await flow(menu["flow_id"], answer)
    assert await hass.config_entries.async_unload(site.entry_id)
    ended = await (await client.post(address, json=answers[steps])).json()
    assert (ended["type"], ended["reason"]) == ("abort", "entry_not_loaded")
    menu = await flow(menu["flow_id"], answers[steps])
    assert (menu["type"], menu["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")


async def test_what_is_free_is_neither_offered_nor_asked(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offer(hass) is not None
    monkeypatch.setattr(SolarEdgeArchive, "is_free", True)
    result = await reconfigure(hass, site)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "history_is_free")
    books = books_of(site)
    await Offers(books.statistics).async_update(datetime.now(UTC))
    assert offer(hass) is None


async def test_a_deleted_statistic_begins_anew_and_its_past_is_offered_again(
    hass: HomeAssistant, cloud: Cloud, site: ConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    books = books_of(site)
    await books.async_import(date(2026, 5, 1))
    await settle(hass)
    assert offer(hass) is None
    get_instance(hass).async_clear_statistics([f"solar_cloud:{SITE}_production"])
    await get_instance(hass).async_block_till_done()
    cloud.simulator.clear_requests()
    assert await hass.config_entries.async_reload(site.entry_id)
    await settle(hass)
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=15))
    assert offer(hass) is not None
    state = books_of(site).state
    assert state.wanted is None
    assert state.first is not None
    assert state.first >= date(2026, 6, 1)
