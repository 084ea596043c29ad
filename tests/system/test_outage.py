"""After an outage the first answer under an account makes due at once what is lost, and costs nothing more."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from simulator.ready import SOLAREDGE_BATTERY_OWNER

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, solaredge_input
from ..home.consents import add_site
from ..home.sign_in import signed_in

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MORNING = datetime(2026, 6, 10, 8, 2, 30, tzinfo=UTC)
"""Of the systems in Europe."""
LOG = "custom_components.solar_cloud"

type Add = Callable[[HomeAssistant, Cloud], Awaitable[ConfigEntry]]


async def enphase_v2(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "enphase_v2", enphase_input(cloud), ["67", "72"])


async def enphase_v4(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    entry = await signed_in(hass, cloud, ("4200003",))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def solaredge_key(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])


async def solaredge_site(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_site(hass, cloud, SOLAREDGE_BATTERY_OWNER)


def unlucky(entry: ConfigEntry) -> set[str]:
    """Return the jobs that have failed, of all systems."""
    return {
        f"{coordinator.system.key} {name}"
        for coordinator in entry.runtime_data.coordinators.values()
        for name, job in coordinator.schedule.jobs.items()
        if job.failures
    }


def answered(cloud: Cloud) -> int:
    """Return how many requests for data were answered."""
    return sum(request.status == 200 and "token" not in request.path for request in cloud.simulator.requests)


async def lose(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, time: timedelta) -> None:
    """Let the cloud answer nothing for a time."""
    cloud.simulator.fail(status=503, body="<html>", times=None)
    await pass_time(hass, freezer, time, step=5 * MINUTE)
    cloud.simulator.clear_faults()
    cloud.simulator.clear_requests()


@pytest.mark.parametrize(
    ("add", "begin"),
    [(enphase_v2, None), (enphase_v4, MORNING), (solaredge_key, MORNING), (solaredge_site, MORNING)],
)
async def test_the_first_answer_after_an_outage_makes_everything_due_that_is_lost(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, add: Add, begin: datetime | None
) -> None:
    freezer.move_to(begin or datetime.now(UTC) - 5 * HOUR)
    entry = await add(hass, cloud)
    await pass_time(hass, freezer, 3 * HOUR, step=5 * MINUTE)
    await lose(hass, cloud, freezer, 5 * HOUR)
    assert len(unlucky(entry)) > 1
    for _ in range(180):
        await pass_time(hass, freezer, MINUTE)
        if answered(cloud):
            break
    await pass_time(hass, freezer, 2 * MINUTE, step=MINUTE / 6)
    assert unlucky(entry) == set()


async def test_a_cloud_that_comes_and_goes_gets_no_more_requests_than_one_that_is_well(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(MORNING)
    await solaredge_key(hass, cloud)
    await pass_time(hass, freezer, HOUR, step=5 * MINUTE)
    cloud.simulator.clear_requests()
    for _ in range(6):
        # An hour and a half of nothing, then one answer.
        cloud.simulator.fail(status=503, times=None)
        await pass_time(hass, freezer, 90 * MINUTE, step=5 * MINUTE)
        cloud.simulator.clear_faults()
        before = answered(cloud)
        for _ in range(90):
            if answered(cloud) > before:
                break
            await pass_time(hass, freezer, MINUTE)
    flapping, hours = len(cloud.simulator.requests), (datetime.now(UTC) - MORNING) / HOUR - 1
    await pass_time(hass, freezer, timedelta(days=1) - timedelta(hours=hours + 1), step=5 * MINUTE)
    cloud.simulator.clear_requests()
    await pass_time(hass, freezer, timedelta(hours=hours), step=5 * MINUTE)
    assert flapping <= len(cloud.simulator.requests)


async def test_the_log_has_one_line_for_an_outage_of_all_systems_of_an_account(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    entry = await enphase_v2(hass, cloud)
    await pass_time(hass, freezer, HOUR, step=5 * MINUTE)
    caplog.clear()
    await lose(hass, cloud, freezer, 5 * HOUR)
    await pass_time(hass, freezer, 3 * HOUR, step=5 * MINUTE)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(LOG)]
    assert lines == [
        f"{entry.title}: the service cannot be reached, so nothing can be read (temporarily_unavailable)",
        f"{entry.title}: the service can be reached again",
    ]


async def test_a_part_that_stays_out_after_an_outage_is_named_in_the_log(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    await enphase_v2(hass, cloud)
    await pass_time(hass, freezer, HOUR, step=5 * MINUTE)
    cloud.simulator.fail(status=503, body="<html>", times=None)
    await pass_time(hass, freezer, 5 * HOUR, step=5 * MINUTE)
    cloud.simulator.clear_faults()
    cloud.simulator.fail("*/72/summary", status=503, times=None)
    caplog.clear()
    await pass_time(hass, freezer, 4 * HOUR, step=5 * MINUTE)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line for line in lines if "summary cannot be read" in line] == [
        "Sample Residence: summary cannot be read (temporarily_unavailable)"
    ]
    assert not any("the service cannot be reached" in line for line in lines)
