"""Sensors of accounts, systems and their hardware."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account.coordinator import AccountCoordinator
from .account.metered import CLOUD_VENDOR
from .const import ATTRIBUTION, CONF_CLOUD, DOMAIN
from .entities.account_sensors import ACCOUNT_SENSORS, AccountSensorDescription
from .runtime import SolarCloudConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of an account and of its systems."""
    async_add_entities(AccountSensor(entry, description) for description in ACCOUNT_SENSORS)
    if entry.runtime_data.systems:
        follow = await hass.async_add_import_executor_job(_system_sensors)
        await follow(entry, async_add_entities)


def _system_sensors() -> Callable[[SolarCloudConfigEntry, AddConfigEntryEntitiesCallback], Awaitable[None]]:
    """Import the sensors of systems, and return what adds them: an account without a system does not load them."""
    from .entities.system_sensors import sensor_candidates
    from .entity import async_follow_systems

    return lambda entry, async_add_entities: async_follow_systems(entry, async_add_entities, sensor_candidates)


class AccountSensor(CoordinatorEntity[AccountCoordinator], SensorEntity):
    """A figure of the account's request ledger."""

    _attr_has_entity_name = True
    entity_description: AccountSensorDescription

    def __init__(self, entry: SolarCloudConfigEntry, description: AccountSensorDescription) -> None:
        """Link the sensor to the account's device."""
        super().__init__(entry.runtime_data.account)
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})
        self._attr_attribution = ATTRIBUTION[CLOUD_VENDOR[entry.data[CONF_CLOUD]]]

    @property
    @override
    def native_value(self) -> int | datetime:
        """Return the figure."""
        return self.entity_description.value_fn(self.coordinator.data)
