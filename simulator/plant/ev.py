"""When an electric car charges at home, and what it draws."""

from dataclasses import dataclass
from random import Random

from .slots import SLOTS_PER_DAY, SLOTS_PER_HOUR


@dataclass(frozen=True, slots=True)
class EvUse:
    """A car that comes home in the evening of some days and charges for one to three hours."""

    power_w: int = 7200
    days: float = 0.4
    """Share of the days on which it charges."""
    seed: int = 0

    def session(self, solar_day: int) -> tuple[int, int] | None:
        """Return a solar day's first charging slot (0 … 287) and the one after the last; None on a day without."""
        chance = Random(self.seed * 5_915_587 + solar_day)
        if chance.random() >= self.days:
            return None
        first = chance.randrange(18 * SLOTS_PER_HOUR, 20 * SLOTS_PER_HOUR)
        return first, first + chance.randrange(SLOTS_PER_HOUR, 3 * SLOTS_PER_HOUR)

    def day(self, solar_day: int) -> list[int]:
        """Return what it draws on a solar day, in whole Wh per slot."""
        values = [0] * SLOTS_PER_DAY
        if found := self.session(solar_day):
            first, end = found
            values[first:end] = [self.power_w // SLOTS_PER_HOUR] * (end - first)
        return values
