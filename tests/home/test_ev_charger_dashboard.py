"""An EV charger among the devices of the Energy dashboard, in a whole Home Assistant with a recorder."""

from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.solar_cloud.const import CONF_SETUP, DOMAIN
from custom_components.solar_cloud.statistics.setup import Setup, read_setup, with_setup

from .conftest import Cloud, pass_time
from .lives import set_up
from .sign_in import signed_in

pytestmark = pytest.mark.slow("hours of a whole Home Assistant with a recorder")

KEY = "enphase_202400000001"
OWNERS = {"stat_consumption": "sensor.dishwasher"}


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> ConfigEntry:
    """Return the account of a system with a charger, which is not set up yet."""
    freezer.move_to(datetime(2026, 6, 9, 8, 2, 30, tzinfo=UTC))
    assert await async_setup_component(hass, "energy", {})
    await (await async_get_manager(hass)).async_update({"device_consumption": [{**OWNERS}]})  # type: ignore[typeddict-item]
    return await signed_in(hass, cloud, ("4200003",))


async def devices(hass: HomeAssistant) -> list[Any]:
    data = (await async_get_manager(hass)).data
    assert data is not None
    return list(data["device_consumption"])


def sensor(hass: HomeAssistant, what: str) -> str | None:
    return er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{KEY}_charge_{what}")


async def add(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "enphase_4200003"), entry.entry_id)
    assert device is not None
    answer = await hass.services.async_call(
        DOMAIN, "add_to_energy_dashboard", {"system": device.id}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    return answer


# The dashboard complains about a sensor whose states are not kept.
@pytest.mark.parametrize("recorder_config", [None])
async def test_the_action_adds_a_charger_with_its_power_once(
    hass: HomeAssistant, entry: ConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(hours=4), step=timedelta(minutes=30))
    answer = await add(hass, entry)
    lifetime, power = sensor(hass, "lifetime"), sensor(hass, "power")
    assert lifetime in answer["added"]
    assert await devices(hass) == [OWNERS, {"stat_consumption": lifetime, "stat_rate": power}]
    complaints = (await async_validate(hass)).as_dict()["device_consumption"][1]
    # The recorder makes the first statistic of a sensor five minutes after its first value.
    assert {one["type"] for one in complaints} <= {"statistics_not_defined"}
    again = await add(hass, entry)
    assert again["added"] == []
    assert lifetime in again["already_there"]
    assert len(await devices(hass)) == 2
    manager = await async_get_manager(hass)
    await manager.async_update({"device_consumption": [{"stat_consumption": lifetime}]})  # type: ignore[typeddict-item]
    assert (await add(hass, entry))["completed"] == ["device.stat_rate"]
    assert await devices(hass) == [{"stat_consumption": lifetime, "stat_rate": power}]


async def test_a_charger_whose_lifetime_the_owner_has_disabled_is_not_added(
    hass: HomeAssistant, entry: ConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(hours=4), step=timedelta(minutes=30))
    lifetime = sensor(hass, "lifetime")
    assert lifetime is not None
    er.async_get(hass).async_update_entity(lifetime, disabled_by=er.RegistryEntryDisabler.USER)
    await add(hass, entry)
    assert await devices(hass) == [OWNERS]


def wants_dashboard(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Answer the first steps: the system is to be put into the Energy dashboard."""
    (subentry,) = entry.subentries.values()
    data = with_setup(subentry.data, Setup(is_answered=True, dashboard=True))
    hass.config_entries.async_update_subentry(entry, subentry, data=data)


def setup_left(entry: ConfigEntry) -> Setup | None:
    (subentry,) = entry.subentries.values()
    return read_setup(subentry.data) if CONF_SETUP in subentry.data else None


async def test_the_first_steps_wait_for_the_charger_which_comes_after_the_rest(
    hass: HomeAssistant, entry: ConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    wants_dashboard(hass, entry)
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=30))
    assert await devices(hass) == [
        OWNERS,
        {"stat_consumption": sensor(hass, "lifetime"), "stat_rate": sensor(hass, "power")},
    ]
    assert setup_left(entry) is None


async def test_a_charger_that_the_owner_takes_out_stays_out(
    hass: HomeAssistant, entry: ConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    wants_dashboard(hass, entry)
    await set_up(hass, entry)
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=30))
    manager = await async_get_manager(hass)
    await manager.async_update({"device_consumption": [{**OWNERS}]})  # type: ignore[typeddict-item]
    await pass_time(hass, freezer, timedelta(hours=8), step=timedelta(hours=1))
    assert await devices(hass) == [OWNERS]
