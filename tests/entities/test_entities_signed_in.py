"""The set of entities and devices of systems that their owners sign in to, and what the docs say of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from syrupy.assertion import SnapshotAssertion

from simulator.ready import SOLAREDGE_BATTERY_OWNER, SOLAREDGE_CLIENT_ID, SOLAREDGE_OWNER

from ..home.conftest import Cloud, pass_time, state_of
from ..home.consents import add_site, add_v4
from .test_entities import device_rows, entity_rows

MORNING = {
    "4200001": datetime(2026, 6, 10, 8, 2, 30, tzinfo=UTC),
    "4200002": datetime(2026, 6, 10, 0, 2, 30, tzinfo=UTC),
    "4200003": datetime(2026, 6, 10, 8, 2, 30, tzinfo=UTC),
}
"""Ten o'clock at each system of version 4."""
OF_ONE_INVERTER = "001_"
NO_VALUE = {"disabled", "unavailable", "unknown"}


def rows_without_values(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what is there of each entity, without the value: when it was read is the pacing's business."""
    return [row | {"state": row["state"] if row["state"] in NO_VALUE else "a value"} for row in entity_rows(hass)]


def without_siblings(rows: list[dict[str, Any]], head: str) -> list[dict[str, Any]]:
    """Return the rows of all but the inverters whose serial numbers begin so, and of the first one of them."""
    return [row for row in rows if head not in row["unique_id"] or OF_ONE_INVERTER in row["unique_id"]]


@pytest.mark.parametrize("system", MORNING)
async def test_the_entities_and_devices_of_each_system_of_version_4_after_two_hours(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, snapshot: SnapshotAssertion, system: str
) -> None:
    freezer.move_to(MORNING[system])
    entry = await add_v4(hass, cloud, [system])
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    rows = rows_without_values(hass)
    assert without_siblings(rows, "enphase_4824") == snapshot(name="entities")
    assert len(rows) == snapshot(name="number of entities")
    devices = device_rows(hass, entry)
    siblings = [row for row in devices if str(row["serial_number"]).startswith("482400")]
    assert [row for row in devices if row not in siblings[1:]] == snapshot(name="devices")
    assert len(devices) == snapshot(name="number of devices")


@pytest.mark.parametrize("scopes", [{"SITE_DATA", "DEVICE_DATA"}, {"SITE_DATA"}], ids=["all", "site only"])
@pytest.mark.parametrize("owner", [SOLAREDGE_OWNER, SOLAREDGE_BATTERY_OWNER])
async def test_the_entities_of_a_site_that_is_signed_in_to(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    snapshot: SnapshotAssertion,
    owner: str,
    scopes: set[str],
) -> None:
    cloud.simulator.set_solaredge_scopes(SOLAREDGE_CLIENT_ID, scopes)
    entry = await add_site(hass, cloud, owner)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    rows = rows_without_values(hass)
    assert rows == snapshot(name="entities")
    if "DEVICE_DATA" not in scopes:
        site, account = f"solaredge_{entry.data['site_id']}_", "account_"
        assert all(row["unique_id"].startswith((site, account)) for row in rows)
        assert len(device_rows(hass, entry)) == 2


@pytest.mark.parametrize("system", MORNING)
async def test_an_outage_makes_a_systems_values_unavailable_and_its_end_brings_them_back(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, system: str
) -> None:
    freezer.move_to(MORNING[system])
    await add_v4(hass, cloud, [system])
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))

    def own() -> dict[str, str]:
        head = f"enphase_{system}_"
        return {row["unique_id"]: row["state"] for row in entity_rows(hass) if row["unique_id"].startswith(head)}

    assert "unavailable" not in own().values()
    # The state of a system with meters is read every twenty hours.
    cloud.simulator.fail("*", status=503, body="", times=None)
    await pass_time(hass, freezer, timedelta(hours=28), step=timedelta(minutes=20))
    # What says that nothing new comes goes on saying so.
    assert {key: state for key, state in own().items() if state != "unavailable"} == {
        f"enphase_{system}_up_to_date": "off"
    }
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(hours=22), step=timedelta(minutes=20))
    assert {key for key, state in own().items() if state == "unavailable"} == set()


async def test_flows_that_are_read_with_the_production_are_lost_with_it(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_site(hass, cloud, SOLAREDGE_BATTERY_OWNER)
    assert state_of(hass, "solaredge_1148616_grid_import_today") not in {None, "unavailable"}
    cloud.simulator.fail("*/energy", status=503, body="", times=None)
    await pass_time(hass, freezer, timedelta(hours=26), step=timedelta(minutes=20))
    assert state_of(hass, "solaredge_1148616_grid_import_today") == "unavailable"
    assert state_of(hass, "solaredge_1148616_battery_level") == "unavailable"
    assert state_of(hass, "solaredge_1148616_status") == "active"


async def test_today_is_unavailable_without_the_rows_although_the_newest_powers_go_on(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING["4200003"])
    await add_v4(hass, cloud, ["4200003"])
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    for path in ("*/production_meter", "*/energy_*_telemetry", "*/telemetry/battery"):
        cloud.simulator.fail(path, status=503, body="", times=None)
    await pass_time(hass, freezer, timedelta(hours=12), step=timedelta(minutes=20))
    key = "enphase_4200003"
    for energy in ("energy_today", "consumption_today", "grid_import_today", "battery_charge_today", "battery_level"):
        assert state_of(hass, f"{key}_{energy}") == "unavailable", energy
    for power in ("power", "consumption_power", "grid_power", "battery_power"):
        assert float(state_of(hass, f"{key}_{power}") or "") is not None, power
