"""What is measured: the cells of the table, the sun over them, what a cloud can answer, and the mean age.

Instants are seconds since the Unix epoch. All systems of a cell stand at longitude 0, so that the UTC month turns in
their night, and report in the same instant: the worst case for a limit per minute.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from custom_components.solar_cloud.budget.daylight import Daylight, Span
from custom_components.solar_cloud.budget.plan import PLANS, Limits
from custom_components.solar_cloud.sky.sun import Place

LATITUDES = (69, 52, 37, -33)
MONTHS = {"June": (2026, 6), "December": (2026, 12), "March": (2026, 3)}
SYSTEMS = (1, 3, 10)
LEAST_LIGHT = 3600.0
"""A month with less than an hour of daylight in all has none: refraction lifts the sun over 69°N on 1 December."""


@dataclass(frozen=True)
class Cloud:
    """One plan of one cloud, and how it reports."""

    name: str
    limits: Limits
    cadence: timedelta
    delay: timedelta

    def readable(self, moment: float) -> float:
        """Return the end of the newest report that can be read at a moment."""
        cadence = self.cadence.total_seconds()
        return (moment - self.delay.total_seconds()) // cadence * cadence


CLOUDS = (
    Cloud("Enphase v2 watt", PLANS["enphase_v2"]["watt"], timedelta(minutes=5), timedelta(minutes=2)),
    Cloud("Enphase v4 watt", PLANS["enphase_v4"]["watt"], timedelta(minutes=15), timedelta(minutes=5)),
    Cloud("SolarEdge free", PLANS["solaredge"]["free"], timedelta(minutes=15), timedelta(seconds=90)),
)


@dataclass(frozen=True)
class Cell:
    """One combination: a plan, a number of systems, a place and a month."""

    cloud: Cloud
    systems: int
    latitude: int
    month: str
    start: float
    end: float
    spans: tuple[Span, ...]
    """The sun above the horizon within the month."""

    @property
    def light(self) -> float:
        """Seconds of daylight in the month."""
        return sum(span.set - span.rise for span in self.spans)


def cells() -> Iterator[Cell]:
    """Give all cells that have daylight."""
    for cloud, systems, latitude, (month, (year, number)) in product(CLOUDS, SYSTEMS, LATITUDES, MONTHS.items()):
        start = datetime(year, number, 1, tzinfo=UTC).timestamp()
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()
        every, index = Daylight(Place(latitude, 0)).spans(start)
        spans = tuple(Span(max(span.rise, start), min(span.set, end)) for span in every[index:] if span.rise < end)
        cell = Cell(cloud, systems, latitude, month, start, end, spans)
        if cell.light >= LEAST_LIGHT:
            yield cell


@dataclass(frozen=True)
class Result:
    """How one policy did in one cell."""

    mean_age: float
    """Seconds, over all systems and all daylight of the month."""
    requests: int
    """Sent under the credential in the month."""


def mean_age(cell: Cell, reads: Iterable[float]) -> float:
    """Return the mean age in seconds of one system's newest value over the daylight; `reads` are ascending.

    Age is now minus the end of the newest interval that was read, but counts from sunrise at the earliest.
    """
    newest = cell.cloud.readable(cell.start)
    known = [(moment, cell.cloud.readable(moment)) for moment in reads]
    area, index = 0.0, 0
    for rise, fall in cell.spans:
        at = rise
        while at < fall:
            while index < len(known) and known[index][0] <= at:
                newest = max(newest, known[index][1])
                index += 1
            until = min(fall, known[index][0]) if index < len(known) else fall
            since = max(newest, rise if rise > cell.start else newest)
            area += ((until - since) ** 2 - (at - since) ** 2) / 2
            at = until
    return area / cell.light
