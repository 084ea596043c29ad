"""What the Energy dashboard's sources look like after those of a system were brought in."""

from typing import Any
from unittest.mock import Mock

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_COMPONENTS
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration, mock_platform

from custom_components.solar_cloud.home_assistant_internals import energy_device_fields, energy_source_fields
from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.statistics.dashboard_merge import add_forecast, completed, set_forecasts
from custom_components.solar_cloud.statistics.dashboard_sources import (
    POWERS,
    SLOTS,
    WITH_CONFIG,
    Source,
    async_forecasts,
)

KEY = "solar_cloud:enphase_72_"
SOLAR: Source = {"type": "solar", "stat_energy_from": KEY + "production", "stat_rate": "sensor.power"}
GRID: Source = {
    "type": "grid",
    "stat_energy_from": KEY + "grid_import",
    "stat_energy_to": KEY + "grid_export",
    "stat_rate": "sensor.grid_power",
    "power_config": {"stat_rate": "sensor.grid_power"},
}
BATTERY: Source = {
    "type": "battery",
    "stat_energy_from": KEY + "battery_discharge",
    "stat_energy_to": KEY + "battery_charge",
    "stat_rate": "sensor.battery_power",
    "power_config": {"stat_rate": "sensor.battery_power"},
    "stat_soc": "sensor.battery_level",
    "capacity": 10.1,
}
HOME: Source = {"type": "home", "stat_energy_to": KEY + "consumption", "stat_rate": "sensor.consumption_power"}
ALL = (SOLAR, GRID, BATTERY, HOME)


def there(*sources: dict[str, Any]) -> dict[Flow, str]:
    """Return the flows of the system that are in these sources."""
    return {
        flow: source[field]
        for source in sources
        for (kind, field), flow in SLOTS.items()
        if source["type"] == kind and source.get(field)
    }


def test_an_empty_dashboard_gets_every_source_with_all_its_fields() -> None:
    sources = completed([], ALL, {})
    assert [source["type"] for source in sources] == ["solar", "grid", "battery", "home"]
    for wanted, source in zip(ALL, sources, strict=True):
        assert source.items() >= wanted.items()
    assert sources[0]["config_entry_solar_forecast"] is None
    assert sources[1]["cost_adjustment_day"] == 0.0


def test_the_same_once_more_changes_nothing() -> None:
    sources = completed([], ALL, {})
    assert completed(sources, ALL, there(*sources)) == sources


def test_what_an_earlier_version_added_gets_what_it_lacked() -> None:
    earlier: list[Source] = [
        {"type": "solar", "stat_energy_from": KEY + "production", "config_entry_solar_forecast": None},
        {"type": "grid", "stat_energy_from": KEY + "grid_import", "stat_energy_to": None, "cost_adjustment_day": 0.0},
        {
            "type": "battery",
            "stat_energy_from": KEY + "battery_discharge",
            "stat_energy_to": KEY + "battery_charge",
        },
    ]
    sources = completed(earlier, ALL, there(*earlier))
    assert [source["type"] for source in sources] == ["solar", "grid", "battery", "home"]
    for wanted, source in zip(ALL, sources, strict=True):
        assert source.items() >= wanted.items()


@pytest.mark.parametrize(
    "set_by_owner",
    [
        {"stat_rate": "sensor.clamp"},
        {"power_config": {"stat_rate_from": "sensor.a", "stat_rate_to": "sensor.b"}, "stat_rate": "sensor.both"},
        {"power_config": {"stat_rate_inverted": "sensor.clamp"}},
    ],
)
def test_the_power_that_the_owner_chose_stays(set_by_owner: dict[str, Any]) -> None:
    owners = {key: value for key, value in GRID.items() if key not in {"stat_rate", "power_config"}} | set_by_owner
    assert completed([owners], [GRID], there(owners)) == [owners]


def test_costs_names_and_forecasts_of_the_owner_stay() -> None:
    owners = [
        SOLAR | {"config_entry_solar_forecast": ["roof"], "name": "South"},
        GRID | {"stat_cost": "sensor.costs", "stat_compensation": "sensor.paid", "cost_adjustment_day": 0.35},
    ]
    sources = completed(owners, [SOLAR, GRID], there(*owners))
    add_forecast(sources, SOLAR["stat_energy_from"], ["other"])
    assert sources == owners


def test_energy_that_is_there_as_an_entity_is_not_added_and_its_source_stays() -> None:
    owners = {"type": "solar", "stat_energy_from": "sensor.lifetime", "config_entry_solar_forecast": None}
    assert completed([owners], [SOLAR], {Flow.PRODUCTION: "sensor.lifetime"}) == [owners]


def test_export_beside_an_import_of_the_owners_comes_without_a_second_power() -> None:
    owners = {"type": "grid", "stat_energy_from": "sensor.bought", "stat_energy_to": None, "cost_adjustment_day": 0.0}
    _, added = completed([owners], [GRID], {Flow.GRID_IMPORT: "sensor.bought"})
    assert (added["stat_energy_from"], added["stat_energy_to"]) == (None, GRID["stat_energy_to"])
    assert not {"stat_rate", "power_config"} & added.keys()


def test_no_power_is_in_two_sources() -> None:
    owners = {"type": "grid", "stat_energy_from": "sensor.bought", "stat_rate": "sensor.grid_power"}
    _, added = completed([owners], [GRID], {})
    assert added["stat_energy_from"] == GRID["stat_energy_from"]
    assert not {"stat_rate", "power_config"} & added.keys()


def test_half_a_battery_is_not_added() -> None:
    assert completed([], [BATTERY], {Flow.BATTERY_CHARGE: "sensor.charged"}) == []


def test_a_house_is_in_the_dashboard_once() -> None:
    owners = {"type": "home", "stat_energy_to": "sensor.panel"}
    assert completed([owners], [HOME], {}) == [owners]


def test_the_only_forecast_goes_to_the_only_roof() -> None:
    sources = completed([], [SOLAR], {})
    add_forecast(sources, SOLAR["stat_energy_from"], ["roof"])
    assert sources[0]["config_entry_solar_forecast"] == ["roof"]


@pytest.mark.parametrize(
    ("others", "forecasts"),
    [
        ([], []),
        ([], ["one", "two"]),
        ([{"type": "solar", "stat_energy_from": "sensor.barn"}], ["one"]),
    ],
)
def test_a_forecast_that_may_be_of_another_roof_is_left_to_the_owner(
    others: list[dict[str, Any]], forecasts: list[str]
) -> None:
    sources = completed(others, [SOLAR], {})
    before = list(sources)
    add_forecast(sources, SOLAR["stat_energy_from"], forecasts)
    assert sources == before


@pytest.mark.parametrize(
    ("known", "chosen", "shown"),
    [
        (None, ["south", "west"], ["south", "west"]),
        (None, [], None),
        (["owners"], ["south"], ["owners"]),
    ],
)
def test_the_forecasts_that_the_owner_chose_go_to_their_own_roof(
    known: list[str] | None, chosen: list[str], shown: list[str] | None
) -> None:
    barn = {"type": "solar", "stat_energy_from": "sensor.barn", "config_entry_solar_forecast": None}
    sources: list[Source] = [dict(barn), SOLAR | {"config_entry_solar_forecast": known}]
    set_forecasts(sources, SOLAR["stat_energy_from"], chosen)
    assert sources == [barn, SOLAR | {"config_entry_solar_forecast": shown}]


OURS = {
    "solar": {"type", "stat_energy_from", "stat_rate", "config_entry_solar_forecast"},
    "grid": {
        *("type", "stat_energy_from", "stat_energy_to", "stat_rate", "power_config", "cost_adjustment_day"),
        *("stat_cost", "entity_energy_price", "number_energy_price"),
        *("stat_compensation", "entity_energy_price_export", "number_energy_price_export"),
    },
    "battery": {
        *("type", "stat_energy_from", "stat_energy_to", "stat_rate", "power_config", "stat_soc", "capacity"),
    },
    "home": {"type", "stat_energy_to", "stat_rate"},
}
"""What is written of each source, or left to its owner on purpose."""
OWNERS = {"name"}


def test_the_dashboard_of_this_home_assistant_has_no_field_that_we_do_not_know() -> None:
    for kind, fields in energy_source_fields().items():
        assert fields - OWNERS == OURS[kind], f"The Energy dashboard's {kind} source has changed"


def test_the_devices_of_this_home_assistant_have_no_field_that_we_do_not_know() -> None:
    assert energy_device_fields() - OWNERS == {"stat_consumption", "stat_rate", "included_in_stat"}


def test_the_dashboard_of_this_home_assistant_has_no_source_that_we_do_not_know() -> None:
    from homeassistant.components.energy import data

    types = {name for name in vars(data) if name.endswith("SourceType")}
    others = {"SourceType", "GasSourceType", "WaterSourceType", "LegacyGridSourceType", "GridPowerSourceType"}
    flows = {"FlowFromGridSourceType", "FlowToGridSourceType"}
    known = {"SolarSourceType", "GridSourceType", "BatterySourceType", "HomeSourceType"}
    assert types - others - flows <= known, "The Energy dashboard has a new source"
    assert set(POWERS) == set(OURS) >= WITH_CONFIG


COSTS: Source = {"stat_cost": KEY + "grid_import_cost", "stat_compensation": KEY + "grid_export_compensation"}


def test_costs_stand_beside_the_energies_that_they_are_of() -> None:
    (source,) = completed([], [GRID | COSTS], {})
    assert source.items() >= COSTS.items()
    earlier = completed([], [GRID], {})
    assert completed(earlier, [GRID | COSTS], there(*earlier))[0].items() >= COSTS.items()


def test_a_price_that_the_owner_has_set_gets_no_costs_beside_it() -> None:
    (grid,) = completed([], [GRID], {})
    owners = grid | {"entity_energy_price_export": "sensor.feed_in", "stat_cost": "sensor.own"}
    assert completed([owners], [GRID | COSTS], there(owners)) == [owners]


async def test_a_forecast_is_found_where_an_integration_that_is_set_up_has_one(hass: HomeAssistant) -> None:
    entries = {}
    for domain, has_platform, is_set_up in (
        ("roof", True, True),
        ("plain", False, True),
        ("asleep", True, False),
        ("other", True, True),
    ):
        mock_integration(hass, MockModule(domain))
        if has_platform:
            forecast = {} if domain == "other" else {"async_get_solar_forecast": None}
            mock_platform(hass, f"{domain}.energy", Mock(spec_set=list(forecast)))
        if is_set_up:
            hass.config.components.add(domain)
        entries[domain] = MockConfigEntry(domain=domain)
        entries[domain].add_to_hass(hass)
    switched_off = MockConfigEntry(domain="roof", disabled_by=ConfigEntryDisabler.USER)
    switched_off.add_to_hass(hass)
    assert await async_forecasts(hass) == [entries["roof"].entry_id]


async def test_a_forecast_that_cannot_be_imported_is_none(hass: HomeAssistant) -> None:
    mock_integration(hass, MockModule("broken"))
    mock_platform(hass, "broken.energy")
    del hass.data[DATA_COMPONENTS]["broken.energy"]
    hass.config.components.add("broken")
    MockConfigEntry(domain="broken").add_to_hass(hass)
    assert await async_forecasts(hass) == []
