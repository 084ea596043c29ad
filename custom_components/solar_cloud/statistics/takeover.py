"""Moving over from Home Assistant's own SolarEdge integration: the old statistic beside ours, and taking it over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import fsum
from typing import TYPE_CHECKING

from ..history.hours import first_whole_day
from ..history.takeover_rules import OldEnergy, OldRow, believable, most_in_an_hour
from ..model.elements import Flow
from .solaredge_v1 import async_old_rows, async_old_span, find_old_statistic

if TYPE_CHECKING:
    from ..sky.sun import Place
    from .system_statistics import SystemStatistics

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The old statistic beside ours. Instants are the starts of UTC hours, energies Wh."""

    old_id: str
    old_first: datetime
    old_last: datetime
    new_first: datetime
    new_last: datetime
    earlier: dict[datetime, float]
    """What the old one has before our first hour."""
    ignored: int
    """How many of its changes the system cannot have yielded."""
    common: int
    """How many hours both have."""
    old_common_wh: float
    new_common_wh: float


async def async_overlap(statistics: SystemStatistics) -> Overlap | None:
    """Compare both; `None` when the old one has nothing that ours has not."""
    hass, book, coordinator = statistics.hass, statistics.book, statistics.coordinator
    if not book.available or (old_id := find_old_statistic(hass, coordinator.system)) is None:
        return None
    new = await book.async_span(Flow.PRODUCTION)
    old = await async_old_span(hass, old_id)
    if new is None or old is None or old[0] >= new[0]:
        return None
    rows = await async_old_rows(hass, old_id, *old)
    size, place = coordinator.data.system.size_w, coordinator.place
    energy = await hass.async_add_executor_job(partial(_old_energy, rows, size, place))
    booked = await book.async_rows(Flow.PRODUCTION, new[0], old[1] + HOUR)
    earlier = {hour: wh for hour, wh in energy.hours.items() if hour < new[0]}
    common = energy.hours.keys() & booked.keys()
    if not earlier:
        return None
    return Overlap(
        old_id=old_id,
        old_first=old[0],
        old_last=old[1],
        new_first=new[0],
        new_last=new[1],
        earlier=earlier,
        ignored=energy.ignored,
        common=len(common),
        old_common_wh=fsum(energy.hours[hour] for hour in common),
        new_common_wh=fsum(booked[hour] for hour in common),
    )


async def async_take_over(statistics: SystemStatistics, hours: Mapping[datetime, float]) -> bool:
    """Book production of before the first booked hour, Wh by UTC hour. Returns whether there was a recorder for it.

    Where production is all that the cloud has, the days that are whole in it are not paid for any more. Where it has
    more, an import still reads these days: it keeps the hours, and makes them add up to the days' totals.
    """
    if not hours or await statistics.book.async_put(Flow.PRODUCTION, hours) is None:
        return False
    await statistics.book.async_ground(Flow.PRODUCTION)
    state, first = statistics.state, first_whole_day(min(hours), statistics.zone)
    alone = statistics.archive is None or statistics.archive.flows(statistics.data) == {Flow.PRODUCTION}
    if alone and state.first is not None and first < state.first:
        statistics.touch_finished_days()
        await statistics.async_update_state(replace(state, first=first))
    return True


def _old_energy(rows: list[OldRow], size_w: float | None, place: Place) -> OldEnergy:
    return believable(rows, most_in_an_hour(size_w, rows), place)
