"""Sensors of what a cloud itself says of a system as a whole: open alerts, and how it divides the day's energy."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfEnergy

from ..coordinator import SystemCoordinator
from ..model.data import SystemData
from ..model.elements import Breakdown
from .sensors import SOLAREDGE, SystemSensorDescription, Value

ALERTS = frozenset({"alerts"})
OVERVIEW = frozenset({"overview"})

KWH_PER_KWP: Final = "kWh/kWp"
_HIGHEST_FRACTION = 2.0
"""No system yields twice what its modules can: a ratio above it is one in per cent."""

type Part = Callable[[Breakdown], float | None]


def open_alerts(coordinator: SystemCoordinator) -> Value:
    """Return the number of open alerts."""
    alerts = coordinator.data.alerts
    return None if alerts is None else len(alerts)


def percent(ratio: float | None) -> float | None:
    """Return a performance ratio in per cent; the vendor does not document whether it sends a fraction."""
    if ratio is None:
        return None
    return ratio if ratio > _HIGHEST_FRACTION else ratio * 100


def of_today(part: Part) -> Callable[[SystemCoordinator], Value]:
    """Return what gets a part of the breakdown, while that is of the system's present day."""

    def value(coordinator: SystemCoordinator) -> Value:
        breakdown = coordinator.data.breakdown
        return part(breakdown) if breakdown is not None and breakdown.day == coordinator.today() else None

    return value


def told(part: Part) -> Callable[[SystemData], bool]:
    """Return what finds out whether a system's cloud tells a part of the breakdown."""
    return lambda data: data.breakdown is not None and part(data.breakdown) is not None


def _energy(key: str, part: Part) -> SystemSensorDescription:
    """Describe one part of the day's energy, which begins at zero at the system's midnight."""
    return SystemSensorDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        jobs=OVERVIEW,
        vendors=SOLAREDGE,
        daily=True,
        value_fn=of_today(part),
        has_fn=told(part),
    )


def _specific_yield(breakdown: Breakdown) -> float | None:
    return breakdown.specific_yield


def _performance_ratio(breakdown: Breakdown) -> float | None:
    return percent(breakdown.performance_ratio)


MORE_SYSTEM_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        key="open_alerts",
        translation_key="open_alerts",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        jobs=ALERTS,
        value_fn=open_alerts,
        has_fn=lambda data: data.alerts is not None,
    ),
    _energy("self_consumption_today", lambda breakdown: breakdown.self_consumed_wh),
    _energy("production_to_battery_today", lambda breakdown: breakdown.to_battery_wh),
    _energy("production_to_grid_today", lambda breakdown: breakdown.to_grid_wh),
    _energy("consumption_from_production_today", lambda breakdown: breakdown.from_production_wh),
    _energy("consumption_from_battery_today", lambda breakdown: breakdown.from_battery_wh),
    _energy("consumption_from_grid_today", lambda breakdown: breakdown.from_grid_wh),
    SystemSensorDescription(
        key="specific_yield",
        translation_key="specific_yield",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=KWH_PER_KWP,
        suggested_display_precision=2,
        jobs=OVERVIEW,
        vendors=SOLAREDGE,
        value_fn=of_today(_specific_yield),
        has_fn=told(_specific_yield),
    ),
    SystemSensorDescription(
        key="performance_ratio",
        translation_key="performance_ratio",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=1,
        jobs=OVERVIEW,
        vendors=SOLAREDGE,
        value_fn=of_today(_performance_ratio),
        has_fn=told(_performance_ratio),
    ),
)
