"""A sensor that keeps counting while its past is written: nothing jumps, whatever hour, day or clock turns."""

from datetime import UTC, datetime
from itertools import pairwise

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from .conftest import HOUR, METER, UNITS, House, dies, request, same, truth

MIDNIGHT = datetime(2026, 6, 9, 22, tzinfo=UTC)
"""In Amsterdam."""
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""When its clocks go forward."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory, begin: datetime, unit: str = "kWh") -> House:
    """Return a house whose system began two days before an instant, and goes on for a day."""
    freezer.move_to(begin)
    one = House(hass, freezer, truth(begin - 48 * HOUR, 72), unit)
    await one.set_up()
    await one.book()
    return one


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("begin", [MIDNIGHT - 2 * HOUR, SPRING - 2 * HOUR], ids=["midnight", "clock change"])
async def test_a_sensor_goes_on_without_a_spike_after_its_past_was_written(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, begin: datetime, unit: str
) -> None:
    one = await house(hass, freezer, begin, unit)
    await one.run(begin, begin + HOUR * 1.5)
    plan = await one.copier.async_copy(request(), accept_disagreement=False)
    assert plan.hours_before == 48
    await one.run(begin + HOUR * 1.5, begin + 4 * HOUR)
    changes = await one.changes()
    expected = {hour: energy for hour, energy in one.energies.items() if hour < begin + 4 * HOUR}
    # The sensor's very first state is its zero, a second after the hour has begun.
    expected[begin] -= expected[begin] / 3600
    assert changes == pytest.approx(expected, abs=0.01)
    fine = list((await one.changes(period="5minute")).values())
    assert max(fine[1:]) < max(expected.values()) / 12 * 1.1
    assert min(fine) > -0.01


async def test_a_sensor_that_begins_again_each_day_keeps_its_resets(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    begin = MIDNIGHT - 2 * HOUR
    freezer.move_to(begin)
    one = House(hass, freezer, truth(begin - 48 * HOUR, 72), is_daily=True)
    await one.set_up()
    await one.book()
    await one.run(begin, begin + HOUR * 1.5)
    before = await one.rows()
    await one.copier.async_copy(request(), accept_disagreement=False)
    await one.run(begin + HOUR * 1.5, begin + 4 * HOUR)
    expected = {hour: energy for hour, energy in one.energies.items() if hour < begin + 4 * HOUR}
    expected[begin] -= expected[begin] / 3600
    assert await one.changes() == pytest.approx(expected, abs=0.5)
    rows = await one.rows()
    resets = {row[3] for row in rows["statistics_short_term"]}
    assert resets == {(MIDNIGHT - 24 * HOUR).timestamp(), MIDNIGHT.timestamp()}
    # What it has counted today is less than what lies before: its states before the first row are not known.
    assert {row[1] for row in rows["statistics"][:48]} == {None}
    assert rows["statistics"][48][1] == before["statistics"][0][1]


async def test_a_copy_between_two_readings_of_a_gap_and_its_return(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    begin = MIDNIGHT - 4 * HOUR
    one = await house(hass, freezer, begin)
    await one.run(begin, begin + HOUR)
    await one.go_away()
    await one.run(begin + 4 * HOUR, begin + 5 * HOUR)
    # It counts a lifetime, so all came in one lump: nothing is added a second time.
    plan = await one.copier.async_copy(request(), accept_disagreement=False)
    assert (plan.hours_before, len(plan.gaps), plan.filled) == (48, 1, ())
    await one.copier.async_copy(request(spread_lumps=True), accept_disagreement=False)
    await one.run(begin + 5 * HOUR, begin + 6 * HOUR)
    expected = {hour: energy for hour, energy in one.energies.items() if hour < begin + 6 * HOUR}
    changes = await one.changes()
    assert changes.keys() == expected.keys()
    for hour, change in changes.items():
        # What was booked between the last reading and the end of an hour is with the hours of the gap.
        assert change == pytest.approx(expected[hour], rel=0.01), hour


@pytest.mark.parametrize("unit", UNITS)
async def test_a_second_copy_writes_nothing_and_undo_restores_every_row(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, unit: str
) -> None:
    begin = MIDNIGHT - 4 * HOUR
    one = await house(hass, freezer, begin, unit)
    await one.run(begin, begin + HOUR)
    await one.go_away()
    await one.run(begin + 4 * HOUR, begin + HOUR * 5.5)
    before = await one.rows()
    for spread in (False, True):
        await one.copier.async_copy(request(spread_lumps=spread), accept_disagreement=False)
    after = await one.rows()
    assert len(after["statistics"]) == len(before["statistics"]) + 48 + 3
    assert (await one.copier.async_copy(request(spread_lumps=True), accept_disagreement=False)).is_empty
    assert await one.rows() == after
    assert await one.copier.async_undo(METER) == 48 + 3
    assert same(await one.rows(), before, unit)
    with pytest.raises(HomeAssistantError, match="copy_not_found"):
        await one.copier.async_undo(METER)


async def test_undo_shifts_what_the_sensor_has_booked_since_as_well(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    begin = MIDNIGHT - 2 * HOUR
    one = await house(hass, freezer, begin)
    await one.run(begin, begin + HOUR)
    await one.copier.async_copy(request(), accept_disagreement=False)
    await one.run(begin + HOUR, begin + HOUR * 2.5)
    await one.copier.async_undo(METER)
    await one.run(begin + HOUR * 2.5, begin + 4 * HOUR)
    rows = await one.rows()
    assert [row[0] for row in rows["statistics"]] == [(begin + number * HOUR).timestamp() for number in range(4)]
    for table in rows.values():
        for (_, earlier, low, _), (_, later, high, _) in pairwise(table):
            assert high - low == pytest.approx(later - earlier, abs=1e-6)


async def test_a_kill_at_any_step_is_mended_by_the_next_call(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    begin = MIDNIGHT - 2 * HOUR
    one = await house(hass, freezer, begin)
    await one.run(begin, begin + HOUR * 1.5)
    before = await one.rows()
    await one.copier.async_copy(request(), accept_disagreement=False)
    after = await one.rows()
    await one.copier.async_undo(METER)
    number = 0
    while await dies(one, lambda: one.copier.async_copy(request(), accept_disagreement=False), number):
        await one.copier.async_copy(request(), accept_disagreement=False)
        assert same(await one.rows(), after, "kWh"), number
        await one.copier.async_undo(METER)
        assert same(await one.rows(), before, "kWh"), number
        number += 1
    assert number >= 6
    number = 0
    while await dies(one, lambda: one.copier.async_undo(METER), number):
        await one.copier.async_copy(request(), accept_disagreement=False)
        assert same(await one.rows(), after, "kWh"), number
        number += 1
    assert number >= 6
    assert same(await one.rows(), before, "kWh")
