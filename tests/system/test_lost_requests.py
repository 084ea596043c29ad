"""A connection that breaks costs a reading only where nothing else is answered."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, state_of


async def test_what_matters_is_tried_once_more_where_the_cloud_answers_the_others(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    (coordinator,) = entry.runtime_data.coordinators.values()
    paths: list[str] = []
    for _ in range(24):
        # Whatever comes first breaks, and what follows does not.
        cloud.simulator.clear_faults()
        cloud.simulator.fail("*/summary", times=1, drop=True)
        cloud.simulator.clear_requests()
        before = state_of(hass, "enphase_67_measured_at")
        await pass_time(hass, freezer, timedelta(minutes=30), step=timedelta(minutes=30))
        paths = [path.rsplit("/", 1)[-1] for path in cloud.sent()]
        if "summary" in paths and len(paths) > 1:
            break
    assert paths.count("summary") == 2
    assert paths[0] == paths[-1] == "summary"
    assert not coordinator.schedule.jobs["summary"].failures
    assert state_of(hass, "enphase_67_measured_at") != before


async def test_where_nothing_is_answered_nothing_is_tried_again(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    (coordinator,) = entry.runtime_data.coordinators.values()
    cloud.simulator.fail("*", times=None, drop=True)
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=5))
    paths = [path.rsplit("/", 1)[-1] for path in cloud.sent()]
    assert 5 <= paths.count("summary") <= 9
    assert coordinator.schedule.jobs["summary"].failures == paths.count("summary")


async def test_a_part_that_stays_out_is_not_tried_without_end(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])
    cloud.simulator.fail("*/summary", status=503, times=None)
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=6), step=timedelta(minutes=5))
    paths = [path.rsplit("/", 1)[-1] for path in cloud.sent()]
    assert paths.count("summary") <= 18
