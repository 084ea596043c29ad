"""What follows a system beside its entities: when it is called, and that a system which has left its plan stays out."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from custom_components.solar_cloud.coordinator import SystemCoordinator
from custom_components.solar_cloud.system.follower import Follower

from ..home.conftest import Cloud, add_account, enphase_input, pass_time


class Witness(Follower):
    """Notes when it is called."""

    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def async_restored(self) -> None:
        self._seen.append("restored")

    def async_jobs_ran(self) -> None:
        self._seen.append("jobs ran")

    def async_refreshed(self) -> None:
        self._seen.append("refreshed")

    def async_turned(self) -> None:
        self._seen.append("turned")


def coordinator_of(entry: ConfigEntry) -> SystemCoordinator:
    coordinator: SystemCoordinator
    (coordinator,) = entry.runtime_data.coordinators.values()
    return coordinator


def watch(coordinator: SystemCoordinator) -> list[str]:
    """Return the list that a follower and a listener write into from now on."""
    seen: list[str] = []
    coordinator.async_add_follower(Witness(seen))
    coordinator.async_add_listener(lambda: seen.append("listener"))
    return seen


async def test_followers_are_called_after_each_refresh_listeners_when_data_change(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory
) -> None:
    coordinator = coordinator_of(await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"]))
    seen = watch(coordinator)
    cloud.simulator.clear_requests()
    await coordinator.async_refresh()
    assert seen == ["jobs ran", "refreshed"]
    assert not cloud.sent()
    seen.clear()
    before = coordinator.data
    while coordinator.data is before:
        seen.clear()
        await pass_time(hass, freezer, timedelta(minutes=5), step=timedelta(minutes=5))
    assert seen == ["jobs ran", "refreshed", "listener"]


async def test_without_a_good_credential_no_follower_is_called(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    coordinator = coordinator_of(entry)
    seen = watch(coordinator)
    entry.runtime_data.client.refused = True
    await coordinator.async_refresh()
    assert seen == ["listener"]


async def test_followers_hear_of_the_sunset(hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory) -> None:
    coordinator = coordinator_of(await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"]))
    seen = watch(coordinator)
    await pass_time(hass, freezer, timedelta(hours=13), step=timedelta(minutes=15))
    # The light ends once, the day once.
    assert seen.count("turned") == 2


async def test_a_system_that_has_left_its_plan_does_not_join_it_again(hass: HomeAssistant, cloud: Cloud) -> None:
    entry = await add_account(hass, "enphase_v2", enphase_input(cloud), ["72"])
    pace, pacing = coordinator_of(entry)._pace, entry.runtime_data.metered.pacing
    assert pacing.systems == 1
    # Its place is being looked up in a thread when the account is unloaded.
    joining = hass.async_create_task(pace.async_join())
    pace.async_leave()
    await joining
    assert pacing.systems == 0
    assert not pace.has_joined
