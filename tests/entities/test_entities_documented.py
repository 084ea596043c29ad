"""What the tables of the docs say that a cloud reports, and what its simulated systems have."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
import sys

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.solar_cloud.model.elements import DeviceKind, Vendor

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input
from ..home.consents import add_v4

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from entities_table import CLOUDS, SYSTEM, descriptions, jobs_of

type Values = set[tuple[str, str]]
"""What a value is of, and its key."""


async def add_v2_account(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "enphase_v2", enphase_input(cloud))


async def add_v4_account(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_v4(hass, cloud, ["4200001", "4200002", "4200003"])


async def add_solaredge_account(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    cloud.simulator.open_alert("solaredge_1148616", type="PANEL_COMMUNICATION_FAULT")
    return await add_account(hass, "solaredge_key", solaredge_input(cloud))


ACCOUNTS: dict[str, Callable[[HomeAssistant, Cloud], Awaitable[ConfigEntry]]] = {
    "Enphase v2": add_v2_account,
    "Enphase v4": add_v4_account,
    "SolarEdge": add_solaredge_account,
}
PERFORMANCE: Values = {(SYSTEM, "specific_yield"), (SYSTEM, "performance_ratio")}
ELSEWHERE: dict[str, Values] = {
    # Only late version 2 has the status of meters.
    "Enphase v2": {("inverter", "relative_yield"), ("meter", "status")},
    # Of two batteries the cloud reports one capacity.
    "Enphase v4": {("inverter", "relative_yield"), ("battery", "capacity")},
    # Few accounts have the performance; the meter imports and exports; an import of the past is agreed to first. No
    # ready site has a gateway.
    "SolarEdge": {
        ("gateway", "communication"),
        ("inverter", "relative_yield"),
        *PERFORMANCE,
        *(
            ("meter", f"{flow}_{what}")
            for flow in ("production", "consumption")
            for what in ("power", "today", "lifetime")
        ),
    },
}
"""What needs days, or other hardware than that of the ready systems: other tests show it."""


def promised_by_the_docs(cloud: str) -> Values:
    """Return what has a job in the column of a cloud."""
    return {
        (of, description.key)
        for of in (SYSTEM, *DeviceKind)
        for _, description in descriptions(of)
        if jobs_of(description, of, CLOUDS[cloud])
    }


def there(hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor) -> Values:
    """Return what the entities of an account are of."""
    found: Values = set()
    kinds: dict[str, str] = {}
    for coordinator in entry.runtime_data.coordinators.values():
        kinds |= {f"{vendor}_{serial}": str(device.kind) for serial, device in coordinator.data.devices.items()}
        kinds[coordinator.system.key] = SYSTEM
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        identifier = entity.unique_id.removesuffix(f"_{entity.translation_key}")
        if identifier != entry.entry_id:
            found.add((kinds[identifier], entity.translation_key or ""))
    return found


@pytest.mark.parametrize("cloud_name", ACCOUNTS)
async def test_the_docs_name_what_is_there_of_the_ready_systems_and_nothing_else(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, cloud_name: str
) -> None:
    entry = await ACCOUNTS[cloud_name](hass, cloud)
    await pass_time(hass, freezer, timedelta(hours=18), step=timedelta(minutes=30))
    promised, found = promised_by_the_docs(cloud_name), there(hass, entry, CLOUDS[cloud_name].cloud.vendor)
    assert found - promised == set()
    assert promised - found == ELSEWHERE[cloud_name]
