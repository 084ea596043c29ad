"""What finished days cost where the cloud reports nothing of the night, over a month of a site on the free plan."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.model.data import midnight

from ..home.conftest import Cloud, add_account, pass_time, solaredge_input
from .conftest import Spent
from .test_bookkeeper import DAY, HOUR, SITE, hours_of

pytestmark = pytest.mark.slow("a month of a whole Home Assistant with a recorder", longest=True)
PV_SITE = "solaredge_222881711"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.mark.parametrize(("key", "month", "at_once"), [(SITE, 6, 3), (SITE, 12, 3), (PV_SITE, 6, 1), (PV_SITE, 12, 1)])
async def test_null_nights_cost_nothing_but_the_weekly_comparison(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    record_property: Callable[[str, object], None],
    spent: Spent,
    key: str,
    month: int,
    at_once: int,
) -> None:
    cloud.simulator.switches.solaredge_nights_null = True
    plant = cloud.simulator.plants[key]
    first = date(2025 if month == 12 else 2026, month, 1)
    begin = midnight(first, plant.zone) + timedelta(minutes=5)
    freezer.move_to(begin)
    await add_account(hass, "solaredge_key", solaredge_input(cloud), [key.split("_")[1]])
    await pass_time(hass, freezer, 31 * DAY, step=timedelta(minutes=30))
    record_property("totals", spent.of("totals"))
    record_property("rows", spent.of("detail"))
    assert [kind for moment, kind, *_ in spent.calls if kind == "detail" and moment > begin + 4 * DAY] == []
    compared = [day for day in spent.days if day > first + 4 * DAY]
    assert len(compared) <= 4
    assert all(later - earlier == 7 * DAY for earlier, later in pairwise(compared))
    # The day before the set-up, and each week the days of one or two months.
    assert spent.of("totals") <= at_once * (1 + 4 * 2)
    hours = await hours_of(hass, f"solar_cloud:{key}_production", begin - HOUR, begin + 30 * DAY)
    assert {hour: plant.energy_wh(hour, hour + HOUR) for hour in hours} == hours
    booked = sum(energy for hour, energy in hours.items() if hour >= begin - HOUR / 2)
    assert booked == plant.energy_wh(begin - timedelta(minutes=5), begin + 30 * DAY - timedelta(minutes=5))
