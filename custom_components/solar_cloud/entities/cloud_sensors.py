"""The sensors of what a cloud itself computes for a system: open alerts, and how the day's energy divides."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import PERCENTAGE

from ..coordinator import SystemCoordinator
from ..model.data import SystemData
from ..model.elements import Breakdown
from .quantities import DAY_ENERGY
from .sensors import State, SystemSensorDescription
from .sources import ALERT_JOBS, OVERVIEW_JOBS, SOLAREDGE

OVERVIEW_JOB: Final = "overview"
KWH_PER_KWP: Final = "kWh/kWp"
_HIGHEST_FRACTION = 2.0
"""No system yields twice its rated energy, so a higher ratio is in per cent already."""

type Part = Callable[[Breakdown], float | None]


def open_alerts(coordinator: SystemCoordinator) -> State:
    """Return the number of open alerts."""
    alerts = coordinator.data.alerts
    return None if alerts is None else len(alerts)


def percent(ratio: float | None) -> float | None:
    """Return a performance ratio in per cent; SolarEdge does not document whether it sends a fraction."""
    if ratio is None:
        return None
    return ratio if ratio > _HIGHEST_FRACTION else ratio * 100


def value_of_today(part: Part) -> Callable[[SystemCoordinator], State]:
    """Return a function that reads one part of the breakdown, `None` unless it is of the system's present day."""

    def value(coordinator: SystemCoordinator) -> State:
        breakdown = coordinator.data.breakdown
        if breakdown is None or breakdown.day != coordinator.today() or not coordinator.job_holds(OVERVIEW_JOB):
            return None
        return part(breakdown)

    return value


def is_reported(part: Part) -> Callable[[SystemData], bool]:
    """Return a function that says whether the system's cloud reports one part of the breakdown."""
    return lambda data: data.breakdown is not None and part(data.breakdown) is not None


def _energy(key: str, part: Part) -> SystemSensorDescription:
    """Return the sensor of one part of the day's energy in Wh, which begins at zero at the system's midnight."""
    return SystemSensorDescription(
        **DAY_ENERGY,
        key=key,
        translation_key=key,
        jobs=OVERVIEW_JOBS,
        vendors=SOLAREDGE,
        daily=True,
        value_fn=value_of_today(part),
        exists_fn=is_reported(part),
    )


def _specific_yield(breakdown: Breakdown) -> float | None:
    return breakdown.specific_yield


def _performance_ratio(breakdown: Breakdown) -> float | None:
    return percent(breakdown.performance_ratio)


CLOUD_SENSORS: tuple[SystemSensorDescription, ...] = (
    SystemSensorDescription(
        key="open_alerts",
        translation_key="open_alerts",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        jobs=ALERT_JOBS,
        value_fn=open_alerts,
        exists_fn=lambda data: data.alerts is not None,
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
        jobs=OVERVIEW_JOBS,
        vendors=SOLAREDGE,
        value_fn=value_of_today(_specific_yield),
        exists_fn=is_reported(_specific_yield),
    ),
    SystemSensorDescription(
        key="performance_ratio",
        translation_key="performance_ratio",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=1,
        jobs=OVERVIEW_JOBS,
        vendors=SOLAREDGE,
        value_fn=value_of_today(_performance_ratio),
        exists_fn=is_reported(_performance_ratio),
    ),
)
