"""The sensor of how far an import of past energy has come, once the owner has agreed to one."""

from collections.abc import Iterable
from functools import partial
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import PERCENTAGE, EntityCategory

from ..coordinator import SystemCoordinator
from ..entity import Candidate, SolarCloudEntity, unique_id
from .sensors import SystemSensorDescription, Value
from .sources import SOLAREDGE


def progress(coordinator: SystemCoordinator) -> Value:
    """Return how much of the agreed period is imported, in per cent."""
    part = coordinator.bookkeeper.state.progress(coordinator.today())
    return None if part is None else part * 100


HISTORY_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        key="history_progress",
        translation_key="history_progress",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=frozenset(),
        vendors=SOLAREDGE,
        value_fn=progress,
    ),
)


def history_candidates(coordinator: SystemCoordinator) -> Iterable[Candidate]:
    """Yield the sensors of an import that the owner has agreed to; one without a price needs no agreement."""
    if coordinator.bookkeeper.state.wanted is None:
        return
    key, vendor = coordinator.system.key, coordinator.system.vendor
    for description in HISTORY_SENSORS:
        if vendor in description.vendors:
            yield unique_id(key, description), partial(HistorySensor, coordinator, description, key)


class HistorySensor(SolarCloudEntity, SensorEntity):
    """A figure of the import, which the integration itself keeps."""

    entity_description: SystemSensorDescription

    @property
    @override
    def available(self) -> bool:
        """Return True: the figure does not depend on the cloud."""
        return True

    @property
    @override
    def native_value(self) -> Value:
        """Return the figure."""
        return self.entity_description.value_fn(self.coordinator)
