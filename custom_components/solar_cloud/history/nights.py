"""Which stretches without a row of production are nights: many clouds report nothing while the inverters sleep.

They fall asleep and wake up in the light, sooner or later by the weather, so the sun alone does not say where a night
begins. The rows do: a day that ends with hardly any power has ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ..model.elements import Interval
from ..model.series import Dark, Series

TWILIGHT = timedelta(hours=2)
"""For so long inverters may sleep in the light that a place has as far as it is known, at either end of the night."""
LEAST = timedelta(hours=1)
"""A shorter stretch is no night."""
DIM = 0.1
"""A row with no more than this part of the highest power of its day is one of first or last light."""
DIM_HOUR = 0.25
"""The same for rows of an hour, in which the light may come from below the horizon to there."""
BRIGHT = 0.2
"""With more than this part of the highest power it is not dark."""
_STEP = timedelta(minutes=15)

type Stretch = tuple[datetime, datetime]
"""From one instant to another, aware UTC."""


def nights_of(
    rows: Series, since: datetime, until: datetime, is_dark: Dark, twilight: timedelta = TWILIGHT
) -> list[Stretch]:
    """Return the nights between rows of production, ascending, where all rows since an instant are kept.

    The last one may go on until now (`until`), the first one begins where the light ends. Where rows are reported deep
    in the dark, the system does not sleep: what is missing in the light is missing.
    """
    runs = list(_runs(rows))
    found: list[Stretch] = []
    if runs and (first := runs[0][0].start) - LEAST >= since and _wakes(runs[0], is_dark):
        start = _dark_before(first, is_dark, twilight)
        found += [] if start is None else [(start, first)]
    for before, after in pairwise(runs):
        stretch = before[-1].end, after[0].start
        if is_dark(*stretch) or (
            _sleeps(before, is_dark) and _wakes(after, is_dark, before) and _is_night(*stretch, is_dark, twilight)
        ):
            found.append(stretch)
    if not runs or until - (last := runs[-1][-1].end) < LEAST:
        return found
    if is_dark(last, until) or (_sleeps(runs[-1], is_dark) and _is_night(last, until, is_dark, twilight)):
        found.append((last, until))
    return found


def asleep(rows: Series, nights: Sequence[Stretch]) -> dict[datetime, Interval]:
    """Return rows together with rows of nothing in the nights between them."""
    return {**rows, **{start: Interval(start=start, end=end, energy_wh=0.0) for start, end in nights}}


def is_lit_in_the_dark(rows: Series, is_dark: Dark) -> bool:
    """Return whether much is produced where it should be dark: then the system is somewhere else."""
    most = max((row.mean_power_w for row in rows.values()), default=0.0)
    return any(row.mean_power_w > BRIGHT * most and is_dark(row.start, row.end) for row in rows.values())


def _runs(rows: Series) -> Iterator[list[Interval]]:
    """Yield rows in order, cut where none is for an hour or longer."""
    run: list[Interval] = []
    for row in sorted(rows.values(), key=lambda one: one.start):
        if run and row.start - run[-1].end >= LEAST:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _sleeps(run: Sequence[Interval], is_dark: Dark) -> bool:
    """Return whether the last of the rows is one of last light."""
    return _is_dim(run[-1], run) and not is_dark(run[-1].start - LEAST, run[-1].end)


def _wakes(run: Sequence[Interval], is_dark: Dark, before: Sequence[Interval] = ()) -> bool:
    """Return whether the first of the rows is one of first light, measured by the brighter one of two days.

    A dull morning has no bright row of its own to be measured by.
    """
    return _is_dim(run[0], (*run, *before)) and not is_dark(run[0].start, run[0].end + LEAST)


def _is_dim(row: Interval, rows: Iterable[Interval]) -> bool:
    part = DIM if row.end - row.start < LEAST else DIM_HOUR
    return row.mean_power_w <= part * max(one.mean_power_w for one in rows)


def _is_night(start: datetime, end: datetime, is_dark: Dark, twilight: timedelta) -> bool:
    """Return whether it is dark between two instants, but for the twilight at both ends."""
    lit: list[Stretch] = []
    for moment, following in _steps(start, end):
        if is_dark(moment, following):
            continue
        if lit and lit[-1][1] == moment:
            lit[-1] = lit[-1][0], following
        else:
            lit.append((moment, following))
    if len(lit) == 1 and lit[0] == (start, end):
        # A night that does not become dark.
        return end - start <= 2 * twilight
    return all(last - first <= twilight and (first == start or last == end) for first, last in lit)


def _dark_before(end: datetime, is_dark: Dark, twilight: timedelta) -> datetime | None:
    """Return when the darkness before an instant began; `None` where there is none near."""
    moment = end
    while not is_dark(moment - _STEP, moment):
        moment -= _STEP
        if end - moment > twilight:
            return None
    while is_dark(moment - _STEP, moment) and end - moment < timedelta(days=1):
        moment -= _STEP
    return moment


def _steps(start: datetime, end: datetime) -> Iterator[Stretch]:
    while start < end:
        following = min(end, start + _STEP)
        yield start, following
        start = following
