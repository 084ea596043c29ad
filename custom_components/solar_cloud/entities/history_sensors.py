"""The sensor of how far an import of past energy has come, once the owner has agreed to one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import PERCENTAGE, EntityCategory

from ..entity import Candidate, SolarCloudEntity, SourcedDescription, unique_id
from ..history.state import HistoryState
from ..runtime import SystemRuntime
from .sources import SOLAREDGE


@dataclass(frozen=True, kw_only=True)
class HistorySensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of how far a system's statistics reach."""

    value_fn: Callable[[HistoryState, date], float | None]
    """Given the state of the statistics and the date at the system."""


def progress(state: HistoryState, today: date) -> float | None:
    """Return how much of the agreed period is imported, in per cent."""
    part = state.progress(today)
    return None if part is None else part * 100


HISTORY_SENSORS: tuple[HistorySensorDescription, ...] = (
    HistorySensorDescription(
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


def history_candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield the sensors of an import that the owner has agreed to; one without a price needs no agreement."""
    if system.bookkeeper.state.wanted is None:
        return
    key, vendor = system.coordinator.system.key, system.coordinator.system.vendor
    for description in HISTORY_SENSORS:
        if vendor in description.vendors:
            yield unique_id(key, description), partial(HistorySensor, system, description, key)


class HistorySensor(SolarCloudEntity, SensorEntity):
    """A figure of the import, which the integration itself keeps."""

    entity_description: HistorySensorDescription

    def __init__(self, system: SystemRuntime, description: HistorySensorDescription, identifier: str) -> None:
        """Take the system whose statistics it is about."""
        super().__init__(system.coordinator, description, identifier)
        self._bookkeeper = system.bookkeeper

    @property
    @override
    def available(self) -> bool:
        """Return True: the figure does not depend on the cloud."""
        return True

    @property
    @override
    def native_value(self) -> float | None:
        """Return the figure."""
        return self.entity_description.value_fn(self._bookkeeper.state, self.coordinator.today())
