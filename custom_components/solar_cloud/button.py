"""The button of a system that reads it now."""

from collections.abc import Iterable
from functools import partial
from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.buttons import SYSTEM_BUTTONS, SystemButtonDescription
from .entity import Candidate, SolarCloudEntity, async_follow_systems, unique_id
from .runtime import SolarCloudConfigEntry, SystemRuntime

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant, entry: SolarCloudConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of an account's systems."""
    await async_follow_systems(entry, async_add_entities, _candidates)


def _candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield every button that the system has."""
    key = system.coordinator.system.key
    for description in SYSTEM_BUTTONS:
        yield unique_id(key, description), partial(RefreshButton, system.coordinator, description, key)


class RefreshButton(SolarCloudEntity, ButtonEntity):
    """Reads the system now, at the price of one reading."""

    entity_description: SystemButtonDescription

    @override
    async def async_press(self) -> None:
        """Read the system; raises `HomeAssistantError` where the plan or the cloud does not allow it."""
        await self.coordinator.async_read_now()
