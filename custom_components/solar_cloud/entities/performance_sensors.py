"""The sensors of how an inverter performs beside the others of its system."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory

from ..entity import Candidate, DeviceEntity, SourcedDescription, unique_id
from ..model.elements import DeviceKind
from ..model.performance import Performance
from ..runtime import SystemRuntime
from ..upkeep.devices import device_identifier
from .sources import INVERTER, INVERTER_JOBS

ATTR_JUDGED_DAY: Final = "judged_day"


@dataclass(frozen=True, kw_only=True)
class PerformanceSensorDescription(SensorEntityDescription, SourcedDescription):
    """A sensor of a device that is compared with others of its kind."""

    kinds: frozenset[DeviceKind]
    value_fn: Callable[[Performance], float]


PERFORMANCE_SENSORS: tuple[PerformanceSensorDescription, ...] = (
    PerformanceSensorDescription(
        key="relative_yield",
        translation_key="relative_yield",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        jobs=INVERTER_JOBS,
        kinds=INVERTER,
        value_fn=lambda performance: performance.ratio * 100,
    ),
)


def performance_candidates(system: SystemRuntime) -> Iterable[Candidate]:
    """Yield the sensors of every inverter of the system that has been compared with the others."""
    coordinator = system.coordinator
    data, vendor = coordinator.data, coordinator.system.vendor
    for serial in data.performance.by_inverter:
        if serial not in data.devices or not system.devices.owns(serial):
            continue
        identifier = device_identifier(vendor, serial)
        for description in PERFORMANCE_SENSORS:
            if vendor in description.vendors:
                yield unique_id(identifier, description), partial(PerformanceSensor, coordinator, description, serial)


class PerformanceSensor(DeviceEntity, SensorEntity):
    """How an inverter performed on the newest day with a comparison."""

    entity_description: PerformanceSensorDescription

    @property
    def _performance(self) -> Performance | None:
        return self.coordinator.data.performance.by_inverter.get(self._serial)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the figure; `None` when the inverter has too few others beside it by now."""
        performance = self._performance
        return self.entity_description.value_fn(performance) if performance is not None else None

    @override
    def _figure(self) -> object:
        return self.native_value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Return the day of the comparison: cloudy weather may allow none for weeks."""
        performance = self._performance
        return {ATTR_JUDGED_DAY: performance.day.isoformat()} if performance is not None else None
