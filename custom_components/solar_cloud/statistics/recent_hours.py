"""Which hours and days of a system the intervals of the last days know completely. Energies are Wh."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..history.complete_hours import HourSums, complete_meter_hours, complete_production_hours, sum_hours
from ..history.hours import SAME_WH, day_hours, touching
from ..history.nights import TWILIGHT, asleep, is_lit_in_the_dark, nights_of
from ..model.data import KEEP_INTERVALS
from ..model.elements import Flow
from ..model.series import EMPTY, Dark, Series, day_energy_wh, midnight, never_dark

if TYPE_CHECKING:
    from ..coordinator import SystemCoordinator

HOUR = timedelta(hours=1)


def complete_hours(coordinator: SystemCoordinator, flow: Flow, series: Series) -> dict[datetime, float]:
    """Return the energies of the UTC hours that a series of a flow knows completely, by their start."""
    sums = sum_hours(series)
    if flow is not Flow.PRODUCTION:
        return complete_meter_hours(sums)
    is_dark = _trusted_dark(coordinator, series)
    slept = _hours_with_nights(coordinator, series, is_dark) & sums.energy.keys()
    sums = HourSums(sums.energy, sums.complete | slept)
    return complete_production_hours(sums, dt_util.utcnow(), KEEP_INTERVALS, is_dark)


def is_covered(
    coordinator: SystemCoordinator,
    flow: Flow,
    series: Series,
    day: date,
    *,
    since: datetime | None = None,
    with_nights: bool = True,
) -> bool:
    """Return whether a series of a flow knows every hour of a finished day; in the dark nothing is produced.

    With `with_nights` it is night, too, where the rows end and begin again with hardly any power. `since` is the
    instant since which the series has all rows that are known; without it, it is one of the recent ones.
    """
    hours = day_hours(day, coordinator.zone)
    if not touching(series, day, coordinator.zone):
        return flow is Flow.PRODUCTION and all(coordinator.sunlight.is_dark(hour, hour + HOUR) for hour in hours)
    if flow is not Flow.PRODUCTION:
        return sum_hours(series).complete.issuperset(hours)
    is_dark = _trusted_dark(coordinator, series)
    known = set(complete_production_hours(sum_hours(series), dt_util.utcnow(), KEEP_INTERVALS, is_dark))
    if with_nights:
        known |= _hours_with_nights(coordinator, series, is_dark, since)
    return all(hour in known or is_dark(hour, hour + HOUR) for hour in hours)


def is_flow_complete(coordinator: SystemCoordinator, flow: Flow, day: date) -> bool:
    """Return whether every hour of a finished day of a flow is known from the recent intervals."""
    return is_covered(coordinator, flow, coordinator.data.recent().get(flow, EMPTY), day)


def incomplete_flows(coordinator: SystemCoordinator, day: date, *, with_nights: bool = True) -> frozenset[Flow]:
    """Return the flows with a past of which the recent intervals do not know every hour of a finished day."""
    archive, recent = coordinator.client.archive, coordinator.data.recent()
    flows = archive.flows(coordinator.data) if archive else frozenset[Flow]()
    return frozenset(
        flow
        for flow in flows
        if not is_covered(coordinator, flow, recent.get(flow, EMPTY), day, with_nights=with_nights)
    )


def is_day_complete(coordinator: SystemCoordinator, day: date) -> bool:
    """Return whether every hour of a finished day is known in every flow that has a past."""
    return not incomplete_flows(coordinator, day)


def _trusted_dark(coordinator: SystemCoordinator, series: Series) -> Dark:
    """Return the darkness at a system: none where its production contradicts the place that it is taken for."""
    is_dark = coordinator.sunlight.is_dark
    return never_dark if is_lit_in_the_dark(series, is_dark) else is_dark


def _hours_with_nights(
    coordinator: SystemCoordinator, series: Series, is_dark: Dark, since: datetime | None = None
) -> frozenset[datetime]:
    """Return the hours that production knows together with the nights in which it is not reported."""
    now = dt_util.utcnow()
    nights = nights_of(series, since or now - KEEP_INTERVALS, now, is_dark, TWILIGHT + coordinator.place.margin)
    return sum_hours(asleep(series, nights)).complete


def reaches_back_to(coordinator: SystemCoordinator, day: date) -> bool:
    """Return whether the intervals that are kept reach back to the beginning of a day."""
    start = midnight(day, coordinator.zone)
    return any(series and min(series) <= start + HOUR for series in coordinator.data.recent().values())


def makes_total(coordinator: SystemCoordinator, flow: Flow, day: date, total: float) -> bool:
    """Return whether the intervals of a day add up to its total: then nothing is missing between them."""
    series = coordinator.data.recent().get(flow, EMPTY)
    known = day_energy_wh(series.values(), day, coordinator.zone)
    return known is not None and abs(known - total) < SAME_WH
