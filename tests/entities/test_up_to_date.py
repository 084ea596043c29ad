"""*Up to date* follows the time by itself: readings that fail or do not come change no value that would be written."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.solar_cloud.budget.limit import Scope

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input, state_of

KEY = "enphase_67_up_to_date"


def up_to_date(hass: HomeAssistant) -> str | None:
    return state_of(hass, KEY, "binary_sensor")


async def test_it_is_off_while_readings_fail_and_on_when_they_come_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=5))
    assert up_to_date(hass) == "on"
    cloud.simulator.fail(status=503, times=None)
    await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=5))
    assert up_to_date(hass) == "off"
    cloud.simulator.clear_faults()
    await pass_time(hass, freezer, timedelta(minutes=90), step=timedelta(minutes=5))
    assert up_to_date(hass) == "on"


async def test_it_is_off_all_the_time_while_a_site_with_meter_and_battery_cannot_be_read(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    key = "solaredge_1148616_up_to_date"
    freezer.move_to("2026-06-10T10:02:30+00:00")
    await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    cloud.simulator.fail(status=503, times=None)
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    states = set()
    for _ in range(12):
        await pass_time(hass, freezer, timedelta(minutes=20), step=timedelta(minutes=5))
        states.add(state_of(hass, key, "binary_sensor"))
    assert states == {"off"}


async def test_it_is_off_after_half_a_day_without_a_reading_although_nothing_is_sent(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    ledger = entry.runtime_data.metered.ledger
    cloud.simulator.set_limits("enphase", per_month=1)
    await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=5))
    assert ledger.blocked(Scope.MONTH, dt_util.utcnow()) is not None
    sent = len(cloud.sent())
    await pass_time(hass, freezer, timedelta(hours=13), step=timedelta(minutes=30))
    assert len(cloud.sent()) == sent
    assert up_to_date(hass) == "off"
