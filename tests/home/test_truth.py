"""What the entities show is what the plant did, to the watt-hour."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.solar_cloud.const import DOMAIN

from .conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of

SYSTEMS = {
    "enphase_67": "America/Los_Angeles",
    "enphase_72": "Europe/Amsterdam",
    "solaredge_1148616": "Europe/Berlin",
    "solaredge_222881711": "America/Los_Angeles",
}


def wh(hass: HomeAssistant, unique_id: str) -> int | None:
    """Return an energy in whole Wh, although it is shown in kWh."""
    state = state_of(hass, unique_id)
    return None if state in {None, "unknown", "unavailable"} else round(float(state) * 1000)  # type: ignore[arg-type]


@pytest.fixture
def every_entity_is_enabled() -> Generator[None]:
    """Have what is off by default as well, as its owner has who enables it."""
    with patch.object(Entity, "entity_registry_enabled_default", property(lambda _: True)):
        yield


async def add_both(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    await add_account(hass, "solaredge_key", solaredge_input(cloud))


async def test_lifetime_is_the_plants_own_at_the_end_of_the_newest_interval(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_both(hass, cloud)
    for key in SYSTEMS:
        plant = cloud.simulator.plants[key]
        measured_at = datetime.fromisoformat(state_of(hass, f"{key}_measured_at") or "")
        assert wh(hass, f"{key}_energy_lifetime") == plant.lifetime_wh(measured_at), key
        assert state_of(hass, f"{key}_power") not in {None, "unknown", "unavailable"}


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 3, 28, 22, 50, tzinfo=UTC),  # Europe goes to summer time
        pytest.param(
            datetime(2026, 10, 24, 21, 50, tzinfo=UTC),
            marks=pytest.mark.slow(
                "a day and a night in small steps; another change of the clocks is played in any case"
            ),
        ),  # and back
        pytest.param(
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
            marks=pytest.mark.slow(
                "a day and a night in small steps; another change of the clocks is played in any case"
            ),
        ),  # California goes back
    ],
    ids=["spring in Europe", "autumn in Europe", "autumn in California"],
)
async def test_over_a_day_and_a_night_lifetime_never_falls_nor_runs_ahead_of_the_plant(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, start: datetime
) -> None:
    freezer.move_to(start)
    await add_both(hass, cloud)
    last = dict.fromkeys(SYSTEMS, 0)
    for _ in range(60):
        await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=15))
        for key in SYSTEMS:
            shown = wh(hass, f"{key}_energy_lifetime")
            assert shown is not None
            assert last[key] <= shown <= cloud.simulator.plants[key].lifetime_wh(datetime.now(UTC)), (key, shown)
            last[key] = shown
    for key in SYSTEMS:
        measured_at = datetime.fromisoformat(state_of(hass, f"{key}_measured_at") or "")
        assert last[key] == cloud.simulator.plants[key].lifetime_wh(measured_at), key


async def test_today_is_the_systems_own_day_whatever_home_assistants_zone_is(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("Asia/Tokyo")
    freezer.move_to(datetime(2026, 6, 10, 21, 40, tzinfo=UTC))
    await add_both(hass, cloud)
    plant = cloud.simulator.plants["solaredge_1148616"]
    before = plant.day_wh(datetime(2026, 6, 10, tzinfo=UTC).date())
    assert wh(hass, "solaredge_1148616_energy_today") == before
    # Midnight in Berlin is 22:00 UTC.
    freezer.move_to(datetime(2026, 6, 10, 22, 0, 1, tzinfo=UTC))
    await pass_time(hass, freezer, timedelta(seconds=1))
    assert wh(hass, "solaredge_1148616_energy_today") in {None, 0}
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    assert wh(hass, "solaredge_1148616_energy_today") == 0
    assert (wh(hass, "solaredge_222881711_energy_today") or 0) > 0


@pytest.mark.usefixtures("every_entity_is_enabled")
async def test_inverters_of_solaredge_add_up_to_what_each_did_today(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "solaredge_key", solaredge_input(cloud))
    plant = cloud.simulator.plants["solaredge_222881711"]
    serial = "7E0A4C21-B8"
    seen = datetime.fromisoformat(state_of(hass, f"solaredge_{serial}_last_report") or "")
    midnight = datetime(2026, 6, 10, 7, tzinfo=UTC)
    assert wh(hass, f"solaredge_{serial}_energy_today") == plant.inverter_energy_wh(serial, midnight, seen)
    assert float(state_of(hass, f"solaredge_{serial}_voltage") or 0) > 200
    assert 49 < float(state_of(hass, f"solaredge_{serial}_frequency") or 0) < 61


@pytest.mark.usefixtures("every_entity_is_enabled")
async def test_microinverters_tell_their_lifetime(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    plant = cloud.simulator.plants["enphase_72"]
    serial = "121703000007"
    seen = datetime.fromisoformat(state_of(hass, f"enphase_{serial}_last_report") or "")
    begin = plant.inverters[serial].installed
    assert wh(hass, f"enphase_{serial}_energy_lifetime") == plant.inverter_energy_wh(serial, begin, seen)


async def test_power_is_zero_in_the_evening_although_the_cloud_keeps_the_last_one(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(datetime(2026, 6, 11, 6, 0, tzinfo=UTC))
    cloud.simulator.mutate("*/summary", lambda body: body | {"current_power": 412})
    await add_account(hass, "enphase_v2", enphase_input(cloud))
    assert float(state_of(hass, "enphase_67_power") or -1) == 0


async def test_nothing_is_unknown_after_set_up(hass: HomeAssistant, cloud: Cloud) -> None:
    await add_both(hass, cloud)
    unknown = [
        entry.entity_id
        for entry in er.async_get(hass).entities.values()
        if entry.platform == DOMAIN
        # An event that has never happened has no time, nor has a button that was never pressed.
        and entry.domain not in {"button", "event"}
        and not entry.disabled
        and ((state := hass.states.get(entry.entity_id)) is None or state.state in {"unknown", "unavailable"})
    ]
    assert unknown == []
