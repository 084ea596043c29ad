"""Clear-sky sun over a tilted roof, and clouds from a seed.

The sun's place follows NOAA's short solar position formulas (fractional year, equation of time, declination), the
irradiance a simple exponential attenuation by the air mass: good to a few per cent, all that a believable day needs.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import acos, cos, exp, pi, radians, sin
from random import Random

from .slots import SLOT_SECONDS, SLOTS_PER_DAY

LOWEST_COS_ZENITH = 0.02
"""Below about one degree over the horizon no inverter wakes."""
PERFORMANCE = 0.87
"""What is left of the module's power after temperature, dirt, wiring and conversion."""
_STEP = 2 * pi / SLOTS_PER_DAY
_KNOTS = 25


@lru_cache
def _shift(longitude: float) -> int:
    """Return by how many slots a solar day begins before the UTC day at a longitude in degrees."""
    return round(longitude / 360 * SLOTS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Sky:
    """Where the modules are, how they are mounted, and which weather they get.

    Degrees, north and east positive; the modules face the equator. Solar days are counted from the Unix epoch and begin
    in the middle of the night at this longitude, so that no day of production is ever cut in two.
    """

    latitude: float
    longitude: float
    tilt: float = 25.0
    seed: int = 0
    clear_days: float = 0.45
    """Share of the days without a cloud."""

    @property
    def shift(self) -> int:
        """By how many slots a solar day begins before the UTC day of the same number."""
        return _shift(self.longitude)

    def solar_day(self, slot: int) -> int:
        """Return the solar day that a slot lies in."""
        return (slot + self.shift) // SLOTS_PER_DAY

    def first_slot(self, solar_day: int) -> int:
        """Return the slot that a solar day begins with."""
        return solar_day * SLOTS_PER_DAY - self.shift

    def daylight(self, solar_day: int) -> tuple[int, list[float]]:
        """Return a solar day's first lit slot (0 … 287) and the yield of each lit slot, in W per W of module power."""
        angle, declination = self._geometry(solar_day)
        equator = radians(self.latitude)
        tilt = radians(self.tilt)
        plane = equator - tilt if self.latitude >= 0 else equator + tilt
        zenith_a, zenith_b = sin(equator) * sin(declination), cos(equator) * cos(declination)
        plane_a, plane_b = sin(plane) * sin(declination), cos(plane) * cos(declination)
        needed = (LOWEST_COS_ZENITH - zenith_a) / zenith_b if zenith_b > 1e-9 else (-2.0 if zenith_a > 0 else 2.0)
        if needed >= 1:
            return 0, []
        half = pi if needed <= -1 else acos(needed)
        first = max(0, int((-half - angle) / _STEP) + 1)
        last = min(SLOTS_PER_DAY - 1, int((half - angle) / _STEP))
        clear = self._clouds(solar_day)
        result = []
        for index in range(first, last + 1):
            hour_cos = cos(angle + index * _STEP)
            zenith = max(zenith_a + zenith_b * hour_cos, LOWEST_COS_ZENITH)
            incidence = plane_a + plane_b * hour_cos
            knot, part = divmod(index, 12)
            sky = clear[knot] + (clear[knot + 1] - clear[knot]) * part / 12
            diffuse = zenith * (0.2 - 0.1 * sky)
            beam = exp(-0.13 / (zenith + 0.02)) * incidence * sky if incidence > 0 else 0.0
            result.append(min(PERFORMANCE * (beam + diffuse), 1.0))
        return first, result

    def _geometry(self, solar_day: int) -> tuple[float, float]:
        """Return the hour angle in the middle of the day's first slot and the declination at noon, in radians."""
        noon = (self.first_slot(solar_day) + SLOTS_PER_DAY // 2) * SLOT_SECONDS
        year = 2 * pi * (noon / 86400 % 365.2425) / 365.2425
        equation_minutes = 229.18 * (
            0.000075 + 0.001868 * cos(year) - 0.032077 * sin(year) - 0.014615 * cos(2 * year) - 0.040849 * sin(2 * year)
        )
        declination = (
            0.006918
            - 0.399912 * cos(year)
            + 0.070257 * sin(year)
            - 0.006758 * cos(2 * year)
            + 0.000907 * sin(2 * year)
            - 0.002697 * cos(3 * year)
            + 0.00148 * sin(3 * year)
        )
        noon_minutes = noon / 60 + SLOT_SECONDS / 120
        solar_minutes = (noon_minutes + equation_minutes + 4 * self.longitude) % 1440
        return radians(solar_minutes / 4 - 180) - pi, declination

    def _clouds(self, solar_day: int) -> list[float]:
        """Return how clear the sky is at each full hour of a solar day, 0.05 … 1."""
        chance = Random(self.seed * 1_000_003 + solar_day)
        kind = chance.random()
        base, swing = (
            (0.96, 0.04)
            if kind < self.clear_days
            else (0.65, 0.3)
            if kind < (1 + self.clear_days) / 2
            else (0.25, 0.12)
        )
        return [min(1.0, max(0.05, base + swing * (2 * chance.random() - 1))) for _ in range(_KNOTS)]
