"""What runs while an account is loaded: here alone coordinator, statistics, devices and notices are put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity

if TYPE_CHECKING:
    from .account.coordinator import AccountCoordinator
    from .account.metered import MeteredAccount
    from .cloud.base import Cloud
    from .coordinator import SystemCoordinator
    from .statistics.bookkeeper import Bookkeeper
    from .upkeep.devices import SystemDevices
    from .upkeep.notices import Notices


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRuntime:
    """What runs for one system."""

    coordinator: SystemCoordinator
    devices: SystemDevices
    notices: Notices
    bookkeeper: Bookkeeper
    candidates: dict[str, tuple[object, list[tuple[str, Callable[[], Entity]]]]] = field(default_factory=dict)
    """Of each device's sensors: what they follow from, and what makes them; see `DeviceCandidates`."""

    async def async_restore(self, *, retry_refused: bool) -> None:
        """Take up what was known before the restart; see `SystemCoordinator.async_restore`."""
        await self.coordinator.async_restore(retry_refused=retry_refused)
        await self.bookkeeper.async_restore()

    @callback
    def async_start(self) -> None:
        """Begin to read the system; called once the entities listen."""
        self.notices.async_start()
        self.bookkeeper.async_start()
        # Last: it may refresh at once, and the others are to hear of that.
        self.coordinator.async_start()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRuntime:
    """What runs for one account."""

    client: Cloud | None
    """`None` for an account with a key and without systems: there is nothing to read."""
    metered: MeteredAccount
    account: AccountCoordinator
    systems: Mapping[str, SystemRuntime]
    """By subentry id."""

    @property
    def coordinators(self) -> dict[str, SystemCoordinator]:
        """The coordinators of the systems, by subentry id."""
        return {subentry_id: system.coordinator for subentry_id, system in self.systems.items()}


type SolarCloudConfigEntry = ConfigEntry[AccountRuntime]


async def async_load_systems(hass: HomeAssistant) -> None:
    """Import what runs for a system, in the thread for imports: an account without one does not need it."""
    await hass.async_add_import_executor_job(_load_systems)


def _load_systems() -> None:
    from . import coordinator  # noqa: F401
    from .budget import pacing  # noqa: F401
    from .statistics import bookkeeper, query, verification  # noqa: F401
    from .statistics.copying import answer, copier, past  # noqa: F401
    from .upkeep import devices, notices  # noqa: F401


@callback
def build_system(
    hass: HomeAssistant,
    entry: SolarCloudConfigEntry,
    subentry: ConfigSubentry,
    client: Cloud,
    metered: MeteredAccount,
    account_device_id: str,
) -> SystemRuntime:
    """Put together what runs for one system; it stops when the account is unloaded.

    What it needs has been loaded by `async_load_systems`.
    """
    from .coordinator import SystemCoordinator
    from .statistics.bookkeeper import Bookkeeper
    from .upkeep.devices import SystemDevices
    from .upkeep.notices import Notices

    coordinator = SystemCoordinator(hass, entry, subentry, client, metered)
    devices = SystemDevices(coordinator, account_device_id)
    notices = Notices(coordinator, devices)
    bookkeeper = Bookkeeper(coordinator, metered)
    for follower in (notices, devices):
        coordinator.async_add_follower(follower)
    for stop in (bookkeeper.shutdown, notices.async_stop):
        entry.async_on_unload(stop)
    return SystemRuntime(coordinator=coordinator, devices=devices, notices=notices, bookkeeper=bookkeeper)
