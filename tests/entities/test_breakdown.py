"""How SolarEdge divides a day's energy: the parts, their midnight, and what a site without meter or battery lacks."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.const import DOMAIN
from custom_components.solar_cloud.entities.cloud_sensors import percent
from custom_components.solar_cloud.model.data import midnight

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input, state_of

SITE, PV_SITE = "1148616", "222881711"
KEY = f"solaredge_{SITE}"
ENERGIES = (
    "self_consumption_today",
    "production_to_battery_today",
    "production_to_grid_today",
    "consumption_from_production_today",
    "consumption_from_battery_today",
    "consumption_from_grid_today",
)
PERFORMANCE = ("specific_yield", "performance_ratio")


def state(hass: HomeAssistant, key: str) -> State:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{KEY}_{key}")
    assert entity_id is not None
    found = hass.states.get(entity_id)
    assert found is not None
    return found


def there(hass: HomeAssistant, site: str) -> set[str]:
    keys = (*ENERGIES, *PERFORMANCE)
    return {key for key in keys if state_of(hass, f"solaredge_{site}_{key}") is not None}


async def test_the_parts_of_the_day_are_the_plants_own_and_make_up_its_totals(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    await pass_time(hass, freezer, timedelta(minutes=30))
    plant = cloud.simulator.plants[KEY]
    begin = midnight(plant.local_day(datetime.fromisoformat(state_of(hass, f"{KEY}_measured_at") or "")), plant.zone)
    values = {key: round(float(state(hass, key).state) * 1000) for key in ENERGIES}
    # A full slot of five minutes back at most: nobody knows which one the answer ended with.
    ends = [begin + timedelta(minutes=5) * number for number in range(288)]
    assert [
        end
        for end in ends
        if values["production_to_battery_today"] == plant.flow_wh("charge", begin, end)
        and values["production_to_grid_today"] == plant.flow_wh("export", begin, end)
        and values["consumption_from_battery_today"] == plant.flow_wh("discharge", begin, end)
        and values["consumption_from_grid_today"] == plant.flow_wh("import", begin, end)
        and sum(values[key] for key in ENERGIES[:3]) == plant.energy_wh(begin, end)
        and sum(values[key] for key in ENERGIES[3:]) == plant.flow_wh("load", begin, end)
    ]
    attributes = state(hass, "self_consumption_today").attributes
    assert attributes["unit_of_measurement"] == "kWh"
    assert attributes["state_class"] == "total"
    assert attributes["last_reset"] == begin.isoformat()


async def test_the_parts_are_unknown_from_the_systems_midnight_until_the_new_day_is_read(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    zone = cloud.simulator.plants[KEY].zone
    before = {key: float(state(hass, key).state) for key in ENERGIES}
    assert before["production_to_grid_today"] > 1
    # 2026-06-10, 21:02 in Berlin.
    cloud.simulator.fail("*/overview", status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=10))
    assert {state(hass, key).state for key in ENERGIES} <= {"unknown", "unavailable"}
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=12), step=timedelta(minutes=10))
    after = {key: float(state(hass, key).state) for key in ENERGIES}
    assert after["consumption_from_battery_today"] > 0
    assert 0 < sum(after[key] for key in ENERGIES[:3]) < sum(before[key] for key in ENERGIES[:3])
    assert state(hass, "production_to_grid_today").attributes["last_reset"] == (
        midnight(datetime(2026, 6, 11, 12, tzinfo=zone).date(), zone).isoformat()
    )


async def test_at_midnight_the_parts_become_unknown_by_themselves(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    coordinator = next(iter(entry.runtime_data.coordinators.values()))
    turn = midnight(coordinator.today() + timedelta(days=1), coordinator.zone)
    await pass_time(hass, freezer, turn - timedelta(minutes=1) - datetime.now(UTC), step=timedelta(minutes=8))
    read_until = coordinator.data.breakdown.day
    assert state(hass, "production_to_grid_today").state != "unknown"
    # Nothing may be read: it is the turn of the day that counts.
    cloud.simulator.fail("*", status=503, times=None)
    await pass_time(hass, freezer, timedelta(minutes=3), step=timedelta(seconds=30))
    assert coordinator.today() > read_until
    assert {state(hass, key).state for key in ENERGIES} == {"unknown"}


async def test_a_site_with_neither_meter_nor_battery_has_no_parts(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud))
    assert there(hass, PV_SITE) == set()
    assert there(hass, SITE) == set(ENERGIES)


async def test_specific_yield_and_performance_ratio_exist_where_they_are_reported(
    hass: HomeAssistant, cloud: Cloud
) -> None:
    cloud.simulator.switches.solaredge_performance = True
    await add_account(hass, "solaredge_key", solaredge_input(cloud))
    assert there(hass, SITE) == {*ENERGIES, *PERFORMANCE}
    assert there(hass, PV_SITE) == set(PERFORMANCE)
    assert state(hass, "specific_yield").attributes["unit_of_measurement"] == "kWh/kWp"
    made = sum(float(state(hass, key).state) for key in ENERGIES[:3])
    assert float(state(hass, "specific_yield").state) == pytest.approx(made / 12.8, rel=0.01)
    assert float(state(hass, "performance_ratio").state) == pytest.approx(87, abs=0.1)


async def test_a_part_that_is_missing_once_keeps_its_only_entity(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    def strip(body: dict[str, Any]) -> dict[str, Any]:
        return body | {"consumption": {"total": None, "unit": "Wh"}}

    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), [SITE])
    cloud.simulator.mutate("*/overview", strip)
    await pass_time(hass, freezer, timedelta(hours=16), step=timedelta(minutes=20))
    assert state(hass, "consumption_from_grid_today").state == "unknown"
    assert float(state(hass, "production_to_grid_today").state) > 0
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=4), step=timedelta(minutes=20))
    assert float(state(hass, "consumption_from_battery_today").state) > 0
    assert "does not generate unique IDs" not in caplog.text
    # What is known is there at once after a restart.
    before = state(hass, "consumption_from_battery_today").state
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert state(hass, "consumption_from_battery_today").state == before


@pytest.mark.parametrize(("ratio", "percentage"), [(None, None), (0.0, 0.0), (0.87, 87.0), (1.1, 110.0), (87.5, 87.5)])
def test_a_performance_ratio_is_shown_in_per_cent_whichever_way_it_is_sent(
    ratio: float | None, percentage: float | None
) -> None:
    assert percent(ratio) == pytest.approx(percentage)
