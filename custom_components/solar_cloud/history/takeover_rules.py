"""What an older hourly statistic of the same panels is worth: which of its changes can be energy, and of which hours.

Its rows are the hours of a counter. A counter that is lost for a moment, and found again, shows its whole lifetime as
the energy of one hour: that is left out. Energies are Wh, hours are UTC hours known by their start.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ..sky.sun import Place
from .hours import Shape, spread, weights

HOUR = timedelta(hours=1)
MARGIN = 2.0
"""By how much an hour's energy may exceed what the modules yield at full sun: readings come late and together."""
USUAL = 0.99
"""Where the size is unknown, this part of all hours is taken for possible."""


class OldRow(NamedTuple):
    """One hour of the old statistic."""

    start: datetime
    change: float
    """By how much its sum has grown in this hour, Wh."""
    state: float | None
    """The counter's state at its end, Wh."""


@dataclass(frozen=True, slots=True)
class OldEnergy:
    """What can be taken over."""

    hours: Mapping[datetime, float]
    ignored: int
    """How many changes cannot have been energy of this system."""


def most_in_an_hour(size_w: float | None, rows: Sequence[OldRow]) -> float:
    """Return the most energy in Wh that is believed of one hour; without the size, from what hours mostly yield."""
    if size_w:
        return size_w * MARGIN
    grown = sorted(row.change for row in rows if row.change > 0)
    return grown[int((len(grown) - 1) * USUAL)] * MARGIN if grown else 0.0


def believable(rows: Iterable[OldRow], most_wh: float, place: Place) -> OldEnergy:
    """Return the energies of hours; what came late, or after hours without a row, is laid along the sun.

    The rows are in order. Where a change is impossible, the counter is compared with its highest state: it may just
    be back.
    """
    hours: dict[datetime, float] = {}
    ignored = 0
    last: datetime | None = None
    grown: datetime | None = None
    highest: float | None = None
    since_highest = 0.0
    for row in rows:
        if highest is None:
            highest = row.state
        missing = _between(last, row.start)
        quiet = _between(grown, row.start)
        energy: float | None = row.change
        if not 0 <= row.change <= most_wh * len(quiet):
            ignored += 1
            energy = None
            if row.state is not None and highest is not None:
                back = row.state - highest - since_highest
                energy = back if 0 <= back <= most_wh * len(quiet) else None
        if energy is None:
            continue
        late = quiet if energy > most_wh * len(missing) else missing
        if len(late) == 1:
            hours[row.start] = energy
        else:
            hours |= spread(energy, late, weights(place, late, Shape.SUN))
        if energy > 0:
            grown = row.start
        last = row.start
        since_highest += energy
        if row.state is not None and row.state >= (highest or 0.0):
            highest, since_highest = row.state, 0.0
        if grown is None:
            # It is unknown for how long it had stood before the first row.
            grown = row.start
    return OldEnergy(hours=hours, ignored=ignored)


def _between(earlier: datetime | None, start: datetime) -> list[datetime]:
    """Return the hours after an earlier one, up to and with the one that begins at `start`."""
    if earlier is None:
        return [start]
    return [earlier + HOUR * number for number in range(1, int((start - earlier) / HOUR) + 1)] or [start]
