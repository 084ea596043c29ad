"""A copy when something else goes wrong: then nothing is written, and the owner is told why."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData
from homeassistant.components.recorder.statistics import async_import_statistics, get_metadata
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
import pytest
from sqlalchemy.exc import OperationalError

from custom_components.solar_cloud.account.storage import StrictStore
from custom_components.solar_cloud.model.elements import System, Vendor
from custom_components.solar_cloud.statistics import book as book_module
from custom_components.solar_cloud.statistics.copying import copier as copier_module
from custom_components.solar_cloud.statistics.copying.copier import Copier

from .conftest import HOUR, METER, House, dies, request, same, truth

NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory, auto_enable_custom_integrations: None) -> House:
    """Return a house whose meter has one hour, and whose system has a day more."""
    freezer.move_to(NOON)
    one = House(hass, freezer, truth(NOON - 24 * HOUR, 48))
    await one.set_up()
    await one.book()
    await one.run(NOON, NOON + HOUR)
    return one


async def copy(house: House, **options: Any) -> Any:
    return await house.copier.async_copy(request(**options), accept_disagreement=False)


async def fails(call: Any) -> str | None:
    with pytest.raises(HomeAssistantError) as failure:
        await call
    return failure.value.translation_key


async def test_without_a_record_on_disk_nothing_is_written_or_taken_back(house: House) -> None:
    before = await house.rows()
    full = patch.object(StrictStore, "async_save", side_effect=HomeAssistantError("the file cannot be written"))
    with full:
        assert await fails(copy(house)) == "copy_not_recorded"
    assert await house.rows() == before
    await copy(house)
    after = await house.rows()
    with full:
        assert await fails(house.copier.async_undo(METER)) == "copy_not_recorded"
    assert await house.rows() == after
    assert await house.copier.async_undo(METER) == 24
    assert same(await house.rows(), before, "kWh")


async def test_a_database_that_fails_leaves_every_row_and_the_next_call_copies(house: House) -> None:
    before = await house.rows()

    def fail(session: Any, target: Any, inserts: Any, steps: Any) -> None:
        write(session, target, inserts[:3], steps)
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    write = copier_module.write
    with patch.object(copier_module, "write", fail):
        assert await fails(copy(house)) == "copy_database_failed"
    assert await house.rows() == before
    with patch.object(copier_module, "read_target_rows", side_effect=OperationalError("SELECT", {}, Exception())):
        assert await fails(copy(house)) == "copy_database_failed"
    assert (await copy(house)).hours_before == 24
    assert (await copy(house)).is_empty


async def test_a_target_that_changes_between_plan_and_copy_is_left_alone(house: House) -> None:
    before = await house.rows()
    plan_of = Copier._async_plan

    async def meanwhile(self: Copier, *args: Any) -> Any:
        plan = await plan_of(self, *args)
        meta = get_metadata(self._hass, statistic_ids={METER})[METER][1]
        async_import_statistics(self._hass, meta, [StatisticData(start=NOON - 3 * HOUR, state=1.0, sum=1.0)])
        return plan

    with patch.object(Copier, "_async_plan", meanwhile):
        assert await fails(copy(house)) == "copy_target_changed"
    rows = await house.rows()
    assert rows["statistics"][1:] == before["statistics"]
    assert await fails(house.copier.async_undo(METER)) == "copy_not_found"


async def test_a_copy_into_hours_that_stood_still_is_mended_and_undone(house: House) -> None:
    meta = get_metadata(house.hass, statistic_ids={METER})[METER][1] | {"statistic_id": "sensor.still"}
    total, rows = 0.0, []
    for number, (start, energy) in enumerate(list(house.energies.items())[:24]):
        total += 0.0 if 10 <= number < 14 else energy / 1000
        rows.append(StatisticData(start=start, state=total, sum=total))
    async_import_statistics(house.hass, meta, rows)
    before = await house.rows("sensor.still")

    async def fill() -> Any:
        return await house.copier.async_copy(request("sensor.still"), accept_disagreement=False)

    plan = await fill()
    assert (plan.inserts, plan.hours_in_gaps) == ((), 4)
    after = await house.rows("sensor.still")
    assert await house.changes("sensor.still") == pytest.approx(dict(list(house.energies.items())[:24]))
    number = 0
    while await dies(house, lambda: house.copier.async_undo("sensor.still"), number):
        await fill()
        assert same(await house.rows("sensor.still"), after, "kWh"), number
        number += 1
    assert same(await house.rows("sensor.still"), before, "kWh")
    number = 0
    while await dies(house, fill, number):
        await fill()
        assert same(await house.rows("sensor.still"), after, "kWh"), number
        await house.copier.async_undo("sensor.still")
        number += 1
    assert number >= 6


async def test_a_target_that_was_deleted_and_came_again_has_no_copy(house: House) -> None:
    await copy(house)
    instance = get_instance(house.hass)
    instance.async_clear_statistics([METER])
    await house.hass.async_add_executor_job(instance.block_till_done)
    await house.run(NOON + HOUR, NOON + 2 * HOUR)
    assert await fails(house.copier.async_undo(METER)) == "copy_not_found"
    assert (await copy(house)).hours_before == 25


async def test_a_target_with_another_unit_is_left_alone_until_it_has_its_own_again(house: House) -> None:
    await copy(house)
    rows, instance = await house.rows(), get_instance(house.hass)

    async def name_unit(unit: str) -> None:
        instance.async_update_statistics_metadata(METER, new_unit_class="energy", new_unit_of_measurement=unit)
        await house.hass.async_add_executor_job(instance.block_till_done)

    await name_unit("MWh")
    assert await fails(copy(house)) == await fails(house.copier.async_undo(METER)) == "copy_unit_changed"
    assert await house.rows() == rows
    await name_unit("kWh")
    assert await house.copier.async_undo(METER) == 24


async def test_a_second_system_cannot_take_back_the_copy_of_the_first_nor_add_to_it(house: House) -> None:
    await copy(house)
    other, mine = System(vendor=Vendor.ENPHASE, id="68", name="Elm Street"), house.statistics
    mine.coordinator.system = other
    assert await fails(Copier(mine).async_undo(METER)) == "copy_not_found"
    assert await fails(Copier(mine).async_copy(request(), accept_disagreement=False)) == "copy_target_taken"


async def test_without_a_running_recorder_nobody_waits(house: House) -> None:
    with (
        patch.object(book_module, "PATIENCE", 0.01),
        patch.object(copier_module, "async_queue_marker", lambda recorder: recorder.hass.loop.create_future()),
    ):
        house.hass.set_state(CoreState.stopping)
        assert await fails(copy(house)) == "no_recorder"
        house.hass.set_state(CoreState.running)


async def test_a_damaged_record_is_set_aside(house: House, hass_storage: dict[str, Any]) -> None:
    before = await house.rows()
    hass_storage["solar_cloud.copies"] = {"version": 1, "key": "solar_cloud.copies", "data": {"targets": {METER: 5}}}
    assert await fails(house.copier.async_undo(METER)) == "copy_not_found"
    assert await house.rows() == before
