"""An EV charger in a whole Home Assistant: its sensors say what the plant's car has charged."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.solar_cloud.const import DOMAIN
from simulator.plant.slots import slot_of

from .conftest import Cloud, pass_time, state_of
from .lives import set_up
from .sign_in import signed_in

SERIAL = "202400000001"
KEY = f"enphase_{SERIAL}"
MORNING = datetime(2026, 6, 9, 8, 2, 30, tzinfo=UTC)


def kwh(hass: HomeAssistant, key: str) -> float:
    return float(state_of(hass, f"{KEY}_{key}") or "nan")


def charged(cloud: Cloud, start: datetime, end: datetime) -> float:
    return cloud.simulator.plants["enphase_4200003"].series.charged(slot_of(start), slot_of(end)) / 1000


def read_at(cloud: Cloud) -> list[datetime]:
    return [request.time for request in cloud.simulator.requests if request.path.endswith(f"{SERIAL}/telemetry")]


@pytest.fixture
async def plant(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> Cloud:
    """Return the cloud of a system with a charger that is set up on the plan Watt."""
    freezer.move_to(MORNING)
    entry = await signed_in(hass, cloud, ("4200003",))
    await set_up(hass, entry)
    return cloud


async def test_power_day_and_lifetime_of_a_charger_are_there_and_true(
    hass: HomeAssistant, plant: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, KEY), entry.entry_id)
    assert device is not None
    assert device.name == "Iepenlaan IQ EV Charger"
    await pass_time(hass, freezer, timedelta(hours=3), step=timedelta(minutes=15))
    begin = plant.simulator.plants["enphase_4200003"].operational_at
    for _ in range(4):
        await pass_time(hass, freezer, timedelta(hours=24), step=timedelta(minutes=20))
        newest = read_at(plant)[-1]
        lifetime = kwh(hass, "charge_lifetime")
        assert charged(plant, begin, newest - timedelta(hours=1)) <= lifetime <= charged(plant, begin, newest)
        midnight = newest.astimezone(plant.simulator.plants["enphase_4200003"].zone).replace(hour=0, minute=0, second=0)
        assert kwh(hass, "charge_today") <= charged(plant, midnight, newest)
        assert kwh(hass, "charge_power") >= 0


async def test_the_free_plan_has_about_two_readings_a_day_for_a_charger(
    hass: HomeAssistant, plant: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, timedelta(days=4), step=timedelta(minutes=20))
    readings = read_at(plant)
    assert 7 <= len(readings) <= 10
    lifetimes = [one for one in plant.simulator.requests if one.path.endswith(f"{SERIAL}/lifetime")]
    assert len(lifetimes) == 1


async def test_a_new_day_begins_at_0_before_it_was_read(
    hass: HomeAssistant, plant: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, timedelta(hours=14), step=timedelta(minutes=15))
    plant.simulator.fail("*/ev_charger/*", status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=15))
    assert state_of(hass, f"{KEY}_charge_today") == "0.0"


async def test_a_charger_that_its_cloud_keeps_back_has_its_status_and_no_other_value(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING)
    cloud.simulator.fail("*/ev_charger/*", status=403, body={"message": "Forbidden", "code": "403"}, times=None)
    entry = await signed_in(hass, cloud, ("4200003",))
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(days=1), step=timedelta(minutes=20))
    assert state_of(hass, f"{KEY}_status") == "normal"
    assert [state_of(hass, f"{KEY}_charge_{what}") for what in ("power", "today", "lifetime")] == [None] * 3
    assert len(read_at(cloud)) == 1
    assert state_of(hass, "enphase_4200003_power") not in {None, "unknown", "unavailable"}


async def test_the_power_of_a_charger_that_is_not_read_any_more_becomes_unknown(
    hass: HomeAssistant, plant: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await pass_time(hass, freezer, timedelta(days=1), step=timedelta(minutes=20))
    lifetime = state_of(hass, f"{KEY}_charge_lifetime")
    assert lifetime not in {None, "unknown"}
    plant.simulator.mutate("*/ev_charger/*/telemetry", lambda body: body | {"consumption": []})
    await pass_time(hass, freezer, timedelta(days=3), step=timedelta(minutes=30))
    assert state_of(hass, f"{KEY}_charge_power") == "unknown"
    assert state_of(hass, f"{KEY}_charge_today") == "unknown"
    assert kwh(hass, "charge_lifetime") >= float(lifetime)
