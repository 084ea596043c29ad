"""Which hours and days of a system the intervals of the last days know completely. Energies are Wh."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..history.complete_hours import complete_meter_hours, complete_production_hours, sum_hours
from ..history.hours import SAME_WH, day_hours
from ..model.data import KEEP_INTERVALS
from ..model.elements import Flow
from ..model.series import EMPTY, Series, day_energy_wh, midnight

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

HOUR = timedelta(hours=1)


def complete_hours(coordinator: SystemCoordinator, flow: Flow, series: Series) -> dict[datetime, float]:
    """Return the energies of the UTC hours that a series of a flow knows completely, by their start."""
    sums = sum_hours(series)
    if flow is not Flow.PRODUCTION:
        return complete_meter_hours(sums)
    return complete_production_hours(sums, dt_util.utcnow(), KEEP_INTERVALS, coordinator.sunlight.is_dark)


def is_flow_complete(coordinator: SystemCoordinator, flow: Flow, day: date) -> bool:
    """Return whether every hour of a finished day of a flow is known; in the dark nothing is produced."""
    known = complete_hours(coordinator, flow, coordinator.data.recent().get(flow, EMPTY))
    is_dark = coordinator.sunlight.is_dark
    return all(
        hour in known or (flow is Flow.PRODUCTION and is_dark(hour, hour + HOUR))
        for hour in day_hours(day, coordinator.zone)
    )


def is_day_complete(coordinator: SystemCoordinator, day: date) -> bool:
    """Return whether every hour of a finished day is known in every flow that has a past."""
    archive = coordinator.client.archive
    flows = archive.flows(coordinator.data) if archive else frozenset()
    return all(is_flow_complete(coordinator, flow, day) for flow in flows)


def reaches_back_to(coordinator: SystemCoordinator, day: date) -> bool:
    """Return whether the intervals that are kept reach back to the beginning of a day."""
    start = midnight(day, coordinator.zone)
    return any(series and min(series) <= start + HOUR for series in coordinator.data.recent().values())


def makes_total(coordinator: SystemCoordinator, flow: Flow, day: date, total: float) -> bool:
    """Return whether the intervals of a day add up to its total: then nothing is missing between them."""
    series = coordinator.data.recent().get(flow, EMPTY)
    known = day_energy_wh(series.values(), day, coordinator.zone)
    return known is not None and abs(known - total) < SAME_WH
