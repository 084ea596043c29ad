"""A clock that is wrong for a while: it costs little, and leaves no trace once it is right."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.history.state import HistoryState
from custom_components.solar_cloud.model.data import midnight

from ..home.conftest import Cloud, add_account, pass_time, settle, solaredge_input
from .conftest import Spent
from .test_bookkeeper import DAY, HOUR, SITE, hours_of

pytestmark = pytest.mark.slow("days of a whole Home Assistant with a recorder, before and after its clock was wrong")
FIRST = date(2026, 6, 5)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


def instants(state: HistoryState) -> list[datetime]:
    found = (state.totals_at, state.compared_at, state.life_at, state.looked_at, state.not_before)
    return [instant for instant in found if instant is not None]


async def turn(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, entry: ConfigEntry, by: timedelta
) -> None:
    """Stop Home Assistant, and start it with another time than the clouds'."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    truth = cloud.simulator.clock.now()
    freezer.move_to(datetime.now(UTC) + by)
    cloud.simulator.clock.set(truth)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


@pytest.mark.parametrize("ahead", [timedelta(hours=9), 99 * DAY, 3000 * DAY])
async def test_a_clock_that_was_ahead_costs_little_and_leaves_no_trace(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, spent: Spent, ahead: timedelta
) -> None:
    freezer.move_to(datetime(2026, 6, 4, 22, 5, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    await pass_time(hass, freezer, 4 * DAY + 16 * HOUR, step=HOUR)
    spent.calls.clear()
    await turn(hass, cloud, freezer, entry, ahead)
    await pass_time(hass, freezer, 3 * HOUR, step=HOUR / 4)
    await turn(hass, cloud, freezer, entry, -ahead)
    await pass_time(hass, freezer, 3 * HOUR, step=HOUR / 4)
    # Two days' allowance, of which there is one by either clock.
    assert spent.requests <= 2 * 38, spent.calls
    (system,) = entry.runtime_data.systems.values()
    state, now = system.bookkeeper.state, datetime.now(UTC)
    assert all(instant <= now + DAY for instant in instants(state))
    assert state.closed is not None
    assert state.closed < system.coordinator.today()
    await pass_time(hass, freezer, 9 * DAY, step=HOUR)
    plant = cloud.simulator.plants[SITE]
    start, end = midnight(FIRST, plant.zone), midnight(FIRST + 12 * DAY, plant.zone)
    for flow, truth in (("grid_import", "import"), ("battery_charge", "charge")):
        hours = await hours_of(hass, f"solar_cloud:{SITE}_{flow}", start, end)
        wrong = {hour: wh for hour, wh in hours.items() if wh != plant.flow_wh(truth, hour, hour + HOUR)}  # type: ignore[arg-type]
        assert wrong == {}, flow
        assert len(hours) == 12 * 24
    hours = await hours_of(hass, f"solar_cloud:{SITE}_production", start, end)
    assert {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours} == hours
    assert sum(hours.values()) == plant.energy_wh(start, end)
