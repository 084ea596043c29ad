"""A copy over a restart of Home Assistant, with the same database."""

from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from .conftest import HOUR, METER, House, another_life, request, same, truth

MIDNIGHT = datetime(2026, 6, 9, 22, tzinfo=UTC)
"""In Amsterdam."""


@pytest.fixture
def persistent_database() -> bool:
    """Keep the database when a recorder ends."""
    return True


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations() -> None:
    """Leave it to each life to have a recorder."""


async def test_a_restart_goes_on_from_the_shifted_sum(
    freezer: FrozenDateTimeFactory,
    async_test_recorder: RecorderInstanceContextManager,
    recorder_config: dict[str, Any],
    hass_storage: dict[str, Any],
) -> None:
    begin = MIDNIGHT - 3 * HOUR
    freezer.move_to(begin)
    energies = truth(begin - 48 * HOUR, 72)
    async with another_life(async_test_recorder, recorder_config) as hass:
        one = House(hass, freezer, energies)
        await one.set_up()
        await one.book()
        await one.run(begin, begin + HOUR * 1.5)
        before = await one.rows()
        await one.copier.async_copy(request(), accept_disagreement=False)
    async with another_life(async_test_recorder, recorder_config) as hass:
        one = House(hass, freezer, energies)
        await one.set_up()
        await one.run(begin + HOUR * 1.5, begin + 4 * HOUR)
        expected = {hour: energy for hour, energy in energies.items() if hour < begin + 4 * HOUR}
        expected[begin] -= expected[begin] / 3600
        assert await one.changes() == pytest.approx(expected, abs=0.01)
        assert await one.copier.async_undo(METER) == 48
        rows = await one.rows()
        kept = {table: found[: len(before[table])] for table, found in rows.items()}
        assert same(kept, before, "kWh")
