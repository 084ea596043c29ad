"""Ten years are copied, and taken back."""

from datetime import UTC, datetime, timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest

from .conftest import HOUR, METER, House, request, same, truth

pytestmark = pytest.mark.slow("ten years of hours in a database on disk")

END = datetime(2026, 6, 10, 12, tzinfo=UTC)
YEARS = timedelta(days=3653)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def test_ten_years_are_copied_and_taken_back_to_the_last_row(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    freezer.move_to(END)
    one = House(hass, freezer, truth(END - YEARS, int(YEARS / HOUR)))
    await one.book()
    meta = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=METER,
        unit_class="energy",
        unit_of_measurement="kWh",
    )
    total, rows = 0.0, []
    for number, (start, energy) in enumerate(one.energies.items()):
        if start >= END - timedelta(days=400) and number % 500 > 5:
            total += energy / 1000
            rows.append(StatisticData(start=start, state=total, sum=total))
    async_import_statistics(hass, meta, rows)
    await hass.async_add_executor_job(get_instance(hass).block_till_done)
    before = await one.rows()
    plan = await one.copier.async_copy(request(), accept_disagreement=False)
    assert plan.hours_before > 78_000
    assert len(plan.filled) == 19
    # The base load of each hour, of which the target has all now.
    changes = await one.changes()
    assert changes.keys() == one.energies.keys()
    assert max(abs(changes[hour] - energy) for hour, energy in one.energies.items()) < 0.01
    assert await one.copier.async_undo(METER) == len(plan.inserts)
    assert same(await one.rows(), before, "kWh")
