"""Which rows of telemetry an Enphase v4 system is asked for, and which of the answer can be believed. Pure functions.

Instants are aware UTC, energies Wh. Data are about 25 minutes old when they can be read, and rows fill in for hours
(field reports of Enphase v4).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ...model.data import KEEP_INTERVALS, local_day, midnight
from ...model.elements import Interval, LifetimeBase, Silence
from ...model.series import Series, newest_end, unbroken_wh
from .model import Granularity

LATE = timedelta(hours=3)
"""What a gateway reports late mostly comes within this; it is read once more."""
SETTLED = timedelta(hours=1)
"""A row that lacks a device for longer is not late: an inverter that has fallen silent must not hold back the rest."""
QUARTER = timedelta(minutes=15)
BRIGHT_SHARE = 0.75
"""A row with that share of the largest one is one in which every inverter that works reports."""
NIGHT = timedelta(hours=5)
"""A shorter gap is no night."""
TWILIGHT = timedelta(hours=2)
"""For so long after sunset and before sunrise, or after the last and before the first power, inverters may sleep."""
DIM_SHARE = 0.05
DIM_WH = 3.0
"""A row with so little, or that share of the largest one, is one of first or last light."""


def floor_quarter(moment: datetime) -> datetime:
    """Return the last full quarter hour at or before an instant; every time zone of today is a multiple of it."""
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def window(series: Series, base: LifetimeBase | None, now: datetime, zone: ZoneInfo) -> tuple[datetime, Granularity]:
    """Return from when on rows are asked for, and how much time that is.

    A whole day costs no more than an hour, so at least that is read: late rows come with it. After a pause it is as
    much as the intervals of a system are kept for; what is older is the archive's. `base` is the lifetime that the
    series carries on, without a gap. One that is not known yet is of the start of the last day that may be final.
    """
    end = floor_quarter(now)
    known = newest_end(series)
    first = midnight(local_day(now - LATE, zone), zone) if known is None else known - LATE
    if base is not None and known is not None and known > (since := midnight(base.day, zone)):
        first = first if unbroken_wh(series, since, known) is not None else min(first, since)
    start = max(min(floor_quarter(first), end - Granularity.DAY.length), end - KEEP_INTERVALS)
    return start, Granularity.DAY if end - start <= Granularity.DAY.length else Granularity.WEEK


def final_rows(
    rows: Sequence[Interval], total_devices: int | None, now: datetime, *, sunlit: bool = False
) -> tuple[Interval, ...]:
    """Return the rows before the first recent one that lacks the part of a device which usually reports.

    Fewer devices than there are say nothing: some never report. What counts is how many are in the rows that have
    settled; `sunlit` ones with little energy, where devices sleep, do not show it. Without such rows a recent one is
    compared with those before it.
    """
    usual = _usual_devices(rows, now, sunlit=sunlit)
    if usual is not None and total_devices:
        usual = min(usual, total_devices)
    before = 0
    for number, row in enumerate(rows):
        reporting = row.devices_reporting
        if reporting is None or now - row.end >= SETTLED:
            continue
        if reporting < (before if usual is None else usual):
            return tuple(rows[:number])
        before = max(before, reporting)
    return tuple(rows)


def _usual_devices(rows: Iterable[Interval], now: datetime, *, sunlit: bool) -> int | None:
    """Return the fewest devices in any row that has settled; `None` where no such row has their number."""
    settled = [row for row in rows if row.devices_reporting is not None and now - row.end >= SETTLED]
    bright = BRIGHT_SHARE * max((row.energy_wh for row in settled), default=0.0) if sunlit else 0.0
    return min((row.devices_reporting or 0 for row in settled if row.energy_wh >= bright), default=None)


def quarters(rows: Iterable[Interval], now: datetime) -> tuple[Interval, ...]:
    """Add rows of five minutes up to quarter hours, as the other flows are reported.

    At first and last light a part of a quarter hour is not reported, because there is nothing to report. A part that
    is missing elsewhere is late.
    """
    parts: dict[datetime, list[Interval]] = {}
    for row in rows:
        parts.setdefault(floor_quarter(row.start), []).append(row)
    found: list[Interval] = []
    for start, inside in sorted(parts.items()):
        whole = sum((row.end - row.start for row in inside), timedelta(0)) >= QUARTER
        if whole or now - (start + QUARTER) >= SETTLED:
            energy = sum(row.energy_wh for row in inside)
            found.append(Interval(start=start, end=start + QUARTER, energy_wh=energy))
    return tuple(found)


def with_twilight(rows: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return rows of microinverters with rows of nothing where they fall asleep and where they wake up.

    The cloud reports nothing of a night. Whether the first and the last light were too dim for every inverter, or are
    still to be reported, shows in the rows beside: a day that ends with hardly any power has ended.
    """
    most = max((row.energy_wh for row in rows), default=0.0)
    dim = max(DIM_WH, DIM_SHARE * most)
    found = list(rows[:1])
    for before, after in pairwise(rows):
        if after.start - before.end >= NIGHT and before.energy_wh <= dim and after.energy_wh <= dim:
            step = after.end - after.start
            count = int(TWILIGHT / step)
            found += [_nothing(before.end + number * step, step) for number in range(count)]
            found += [_nothing(after.start - number * step, step) for number in range(count, 0, -1)]
        found.append(after)
    return tuple(found)


def silence_of(rows: Sequence[Interval]) -> Silence | None:
    """Return since when ascending rows tell of no energy; `None` where that is less than an hour.

    In the dark it means that the day has ended, whatever power the summary keeps; at noon rows are late.
    """
    if not rows:
        return None
    since = max((row.end for row in rows if row.energy_wh > 0), default=rows[0].start)
    until = rows[-1].end
    return Silence(since=since, until=until) if until - since >= SETTLED else None


def _nothing(start: datetime, length: timedelta) -> Interval:
    return Interval(start=start, end=start + length, energy_wh=0.0)
