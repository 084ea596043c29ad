"""An error of our own is a failure of one job: it backs off, the others go on, and the account stays."""

from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.solar_cloud.cloud.enphase_v2.jobs import inverters, summary
from custom_components.solar_cloud.model.elements import Update
from custom_components.solar_cloud.system import runner

from ..home.conftest import Cloud, add_account, enphase_input, pass_time, state_of

SMALLEST_DATE = -62_135_596_800


async def add(hass: HomeAssistant, cloud: Cloud) -> ConfigEntry:
    return await add_account(hass, "enphase_v2", enphase_input(cloud), ["67"])


def breaks(*_args: object) -> Update:
    raise OverflowError("date value out of range")


@pytest.mark.parametrize("module", [summary, inverters], ids=["main job", "optional job"])
async def test_a_job_that_breaks_backs_off_and_the_others_go_on(
    hass: HomeAssistant,
    cloud: Cloud,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    module: object,
) -> None:
    entry = await add(hass, cloud)
    caplog.set_level(logging.DEBUG, "custom_components.solar_cloud")
    is_main = module is summary
    with monkeypatch.context() as patch:
        patch.setattr(module, "summary_update" if is_main else "states_update", breaks)
        cloud.simulator.clear_requests()
        caplog.clear()
        await pass_time(hass, freezer, timedelta(hours=5), step=timedelta(minutes=5))
    paths = [path.rsplit("/", 1)[-1] for path in cloud.sent()]
    failing, other = "summary", "inverters_summary_by_envoy_or_site"
    if not is_main:
        failing, other = other, failing
    # After 5, 15, 30 minutes, then every hour.
    assert 4 <= paths.count(failing) <= 8
    assert paths.count(other) >= 10
    assert entry.state is ConfigEntryState.LOADED
    unforeseen = [record for record in caplog.records if "could not be understood" in record.getMessage()]
    assert [record.levelno for record in unforeseen] == [logging.WARNING]
    assert "OverflowError" in unforeseen[0].getMessage()
    traced = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in traced] == [logging.DEBUG]
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    (coordinator,) = entry.runtime_data.coordinators.values()
    assert coordinator.last_update_success
    assert all(job.error is None for job in coordinator.schedule.jobs.values())


async def test_an_update_that_cannot_be_merged_is_a_failure_of_its_job(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await add(hass, cloud)
    power = state_of(hass, "enphase_67_power")
    with monkeypatch.context() as patch:
        patch.setattr(runner, "merge", breaks)
        await pass_time(hass, freezer, timedelta(hours=1), step=timedelta(minutes=5))
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, "enphase_67_power") == power
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=5))
    assert state_of(hass, "enphase_67_power") not in {power, None, "unknown", "unavailable"}


async def test_set_up_says_why_an_answer_is_of_no_use(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(summary, "summary_update", breaks)
        entry = await add(hass, cloud)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key in {"malformed_answer", "not_yet"}
        cloud.simulator.clear_requests()
        await pass_time(hass, freezer, timedelta(hours=10), step=timedelta(minutes=2))
        assert len(cloud.sent()) <= 14
    await pass_time(hass, freezer, timedelta(hours=2), step=timedelta(minutes=2))
    assert entry.state is ConfigEntryState.LOADED


async def test_a_date_that_no_calendar_has_is_a_field_that_is_not_known(hass: HomeAssistant, cloud: Cloud) -> None:
    cloud.simulator.mutate("*/summary", lambda body: body | {"summary_date": SMALLEST_DATE, "operational_at": 9e18})
    entry = await add(hass, cloud)
    assert entry.state is ConfigEntryState.LOADED
    assert float(state_of(hass, "enphase_67_power") or 0) > 0
