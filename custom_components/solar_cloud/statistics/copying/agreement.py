"""Whether a statistic measures what the system does: both compared over the days that both have as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .gaps import DayOf
from .rows import SAME_WH

MOST_DISAGREEMENT = 5.0
"""By how many per cent two meters of the same may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The common days: how many, and the energy that each of both has there, in Wh."""

    days: int
    target_wh: float
    ours_wh: float

    @property
    def percent(self) -> float | None:
        """How much of the system's energy the target agrees with, from 0 to 100; `None` without a common day."""
        if self.days == 0 or self.ours_wh <= 0:
            return None
        return max(0.0, 100.0 - 100.0 * abs(self.target_wh - self.ours_wh) / self.ours_wh)

    @property
    def disagrees(self) -> bool:
        """Whether both differ by more than two meters do: another meter, another unit, or a second system."""
        return self.percent is not None and self.percent < 100.0 - MOST_DISAGREEMENT


def compared(
    changes: Mapping[int, float], ours: Mapping[int, float], left_out: Iterable[int], day_of: DayOf
) -> Agreement:
    """Compare the changes of a target's rows with the system's energies, both in Wh by the start of the hour.

    Days with an hour that is left out do not count, nor those in which the target begins and ends, nor those with an
    hour of which the system's energy is not known.
    """
    if not changes:
        return Agreement(days=0, target_wh=0.0, ours_wh=0.0)
    unknown = [hour for hour, change in changes.items() if abs(change) >= SAME_WH and hour not in ours]
    without = {day_of(hour) for hour in (min(changes), max(changes), *unknown, *left_out)}
    theirs: dict[date, float] = {}
    for hour, change in changes.items():
        if (day := day_of(hour)) not in without:
            theirs[day] = theirs.get(day, 0.0) + change
    own: dict[date, float] = {}
    for hour, energy in ours.items():
        if (day := day_of(hour)) in theirs:
            own[day] = own.get(day, 0.0) + energy
    return Agreement(days=len(own), target_wh=sum(theirs[day] for day in own), ours_wh=sum(own.values()))
