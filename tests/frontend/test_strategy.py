"""What the dashboard shows of a Home Assistant: its JavaScript runs in node, on the registries of the real one."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, add_account, enphase_input, solaredge_input
from .page import cards, entities_of, known, needs_node, own_devices, run

pytestmark = needs_node

PRODUCTION = f"{DOMAIN}:solaredge_1148616_production"


async def add_both(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])


def headings(view: dict[str, Any]) -> list[str]:
    return [card["heading"] for card in cards(view) if card["type"] == "heading"]


def test_the_page_finds_the_strategies_the_card_and_their_names() -> None:
    elements, strategies, its_cards = run("elements")
    assert elements == ["ll-strategy-dashboard-solar-cloud", "ll-strategy-view-solar-cloud", "solar-cloud-modules"]
    assert [(one["type"], one["strategyType"]) for one in strategies] == [("solar-cloud", "dashboard")]
    assert [one["type"] for one in its_cards] == ["solar-cloud-modules"]


async def test_every_system_of_every_account_has_a_section_and_those_with_inverters_a_view(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    await add_both(hass, cloud)
    overview, *modules = run("dashboard", hass=known(hass, [PRODUCTION]))
    assert [section["cards"][0]["heading"] for section in overview["sections"]] == [
        "Doe, Jane",
        "Eich Residence",
        "Sample Residence",
    ]
    assert overview["title"] == "Overview"
    assert [(view["title"], view["path"]) for view in modules] == [
        ("Modules · Doe, Jane", "modules-solaredge_1148616"),
        ("Modules · Eich Residence", "modules-enphase_67"),
        ("Modules · Sample Residence", "modules-enphase_72"),
    ]
    for view in modules:
        assert [card["type"] for card in cards(view)] == ["heading", "custom:solar-cloud-modules"]


async def test_only_what_is_there_is_shown(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_both(hass, cloud)
    overview, *_ = run("dashboard", hass=known(hass, [PRODUCTION]))
    shown = entities_of(overview)
    assert PRODUCTION in shown
    assert set(shown) - {PRODUCTION} <= {state.entity_id for state in hass.states.async_all()}
    assert {card["type"] for card in cards(overview)} == {"heading", "tile", "history-graph", "statistics-graph"}
    assert all(card["entities"] for card in cards(overview) if "entities" in card)
    assert headings(overview).count("Month by month") == 1


async def test_the_only_system_has_a_section_for_now_today_and_the_months(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    overview, modules = run("dashboard", hass=known(hass, [PRODUCTION]))
    assert [section["cards"][0]["heading"] for section in overview["sections"]] == [
        "Doe, Jane",
        "Today",
        "Month by month",
    ]
    assert modules["title"] == "Modules"


async def test_entities_are_found_whatever_their_owner_calls_them(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, "solaredge_1148616_power")
    assert entity_id is not None
    registry.async_update_entity(entity_id, new_entity_id="sensor.roof")
    await hass.async_block_till_done()
    overview, *_ = run("dashboard", hass=known(hass))
    assert entities_of(overview).count("sensor.roof") == 2  # its tile, and the graph


async def test_what_is_disabled_hidden_or_without_a_state_has_no_card(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    registry = er.async_get(hass)
    status, power, energy = (
        registry.async_get_entity_id("sensor", DOMAIN, f"solaredge_1148616_{key}")
        for key in ("status", "power", "energy_today")
    )
    assert status is not None
    assert power is not None
    assert energy is not None
    registry.async_update_entity(status, disabled_by=er.RegistryEntryDisabler.USER)
    registry.async_update_entity(power, hidden_by=er.RegistryEntryHider.USER)
    hass.states.async_remove(energy)
    overview, *_ = run("dashboard", hass=known(hass))
    assert not {status, power, energy} & set(entities_of(overview))


async def test_a_system_without_an_entity_leaves_no_section(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud))
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if "Sample" in (dr.async_get(hass).async_get(entity.device_id or "").name or ""):
            registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    overview, *_ = run("dashboard", hass=known(hass))
    assert "Sample Residence" not in headings(overview)


async def test_without_a_recorder_there_are_no_months_and_all_else(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    overview, *_ = run("dashboard", hass=known(hass))
    assert "Month by month" not in headings(overview)
    assert "Today" in headings(overview)


async def test_a_view_of_ones_own_has_the_system_that_it_names(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_both(hass, cloud)
    device = next(one for one in own_devices(hass) if (DOMAIN, "enphase_67") in one.identifiers)
    view = run("view", hass=known(hass), config={"show": "modules", "system": device.id})
    assert headings(view) == ["Eich Residence"]
    assert headings(run("view", hass=known(hass), config={"show": "modules"})) == [
        "Doe, Jane",
        "Eich Residence",
        "Sample Residence",
    ]


def test_before_the_first_system_the_dashboard_says_that_there_is_none() -> None:
    empty = {"entities": {}, "devices": {}, "states": {}, "locale": {"language": "de-AT"}}
    (view,) = run("dashboard", hass=empty)
    assert view["cards"] == [{"type": "markdown", "content": "Solar Cloud hat hier noch keine Anlage."}]


async def test_the_words_are_those_of_the_page_and_english_where_there_are_none(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    await add_both(hass, cloud)
    for language, modules in (("pt-BR", "Módulos"), ("pl", "Moduły"), ("fi", "Modules")):
        views = run("dashboard", hass=known(hass, language=language))
        assert views[1]["title"] == f"{modules} · Doe, Jane"


def house(values: dict[str, Any], key: str = "energy_today", model: str = "M") -> dict[str, Any]:
    """Return what the page knows of a system with an inverter for each value."""
    system = {"id": "s", "name": "Roof", "entry_type": "service", "via_device_id": "a", "identifiers": [[DOMAIN, "x"]]}
    devices = {"s": system}
    entities = {"sensor.s": {"entity_id": "sensor.s", "device_id": "s", "platform": DOMAIN, "translation_key": "power"}}
    states = {"sensor.s": {"state": "1", "attributes": {}}}
    for name, value in values.items():
        entity = {"entity_id": name, "device_id": name, "platform": DOMAIN, "translation_key": key}
        devices[name] = {"id": name, "name": name, "via_device_id": "s", "identifiers": [], "model": model}
        entities[name] = entity
        states[name] = {"state": str(value), "attributes": {"unit_of_measurement": "kWh"}}
    return {"entities": entities, "devices": devices, "states": states}


def shares(hass: dict[str, Any], measure: str = "energy_today", **grown: float) -> list[float | None]:
    return [cell.get("share") for cell in run("cells", hass=hass, measure=measure, grown=grown)]


def test_an_inverter_is_compared_with_the_median_of_its_model() -> None:
    assert shares(house({"a": 1, "b": 2, "c": 4})) == [0.5, 1, 2]
    mixed = house({"a": 1, "b": 2, "c": 4, "d": 100})
    mixed["devices"]["d"]["model"] = "other"
    assert shares(mixed) == [0.5, 1, 2, None]


def test_two_inverters_and_values_of_nothing_are_not_compared() -> None:
    assert shares(house({"a": 1, "b": 2})) == [None, None]
    assert shares(house({"a": 0, "b": 0, "c": 0})) == [None, None, None]


def test_an_unknown_value_is_no_zero() -> None:
    assert shares(house({"a": 1, "b": "unknown", "c": 1, "d": 1})) == [1, None, 1, 1]


def test_the_relative_yield_is_in_per_cent_of_the_median_already() -> None:
    assert shares(house({"a": 40, "b": 100}, key="relative_yield"), "relative_yield") == [0.4, 1]


def test_todays_energy_is_what_a_lifetime_has_grown_by_where_there_is_no_other() -> None:
    lifetimes = house({"a": 700, "b": 800, "c": 900}, key="energy_lifetime")
    assert shares(lifetimes, a=1, b=2, c=3) == [0.5, 1, 1.5]


def test_names_lose_what_they_share_but_stay_names() -> None:
    assert run("names", names=["Microinverter 482400000001", "Microinverter 482400000002"]) == ["…000001", "…000002"]
    assert run("names", names=["Doe, Jane Inverter 1", "Doe, Jane Inverter 3"]) == ["Inverter 1", "Inverter 3"]
    assert run("names", names=["South roof", "Garage"]) == ["South roof", "Garage"]
    assert run("names", names=["Same", "Same"]) == ["Same", "Same"]
    assert run("names", names=[]) == []
