"""How late some microinverters of an Enphase v2 system report: a newest row that grows when it is read again tells.

The summary's power is that of the newest row, and lacks what comes late. Then the newest whole row is the power of the
system: older, but true. Pure functions.
"""

from collections.abc import Sequence
from datetime import timedelta

from ...model.data import SystemData
from ...model.elements import Interval, Power
from ...model.series import Series, newest_end
from ..enphase.model import METER_SOURCE
from ..parse import as_float

LATE = "rows_late"
"""The note about by how many seconds some microinverters report later than others."""
MOST = timedelta(hours=1)
"""What is missing for longer comes with a report of a gateway that was silent."""
SAME_SHARE = 0.01
"""Rows that differ by no more are the same."""
LOOKED_AT = timedelta(hours=1)


def lateness(data: SystemData) -> timedelta:
    """Return by how much some microinverters report later; nothing where a meter measures the system."""
    if data.system.source == METER_SOURCE:
        return timedelta(0)
    return timedelta(seconds=as_float(data.notes.get(LATE)) or 0.0)


def seen_lateness(old: Series, rows: Sequence[Interval]) -> timedelta | None:
    """Return how late rows come by what was known of them before; `None` where they say nothing of it.

    Without older rows it is told by the number of devices: rows that lack some are not whole.
    """
    if not rows:
        return None
    before = newest_end(old)
    if before is None:
        return _by_devices(rows)
    # A row of nothing was no part of a row: none of the devices had reported it.
    again = [
        (old[row.start], row)
        for row in rows
        if before - MOST < row.end <= before and row.start in old and old[row.start].energy_wh > 0
    ]
    if not again:
        return None
    grown = [was for was, now in again if now.energy_wh > was.energy_wh * (1 + SAME_SHARE)]
    return max((before - was.start for was in grown), default=timedelta(0))


def whole_power(rows: Sequence[Interval], late: timedelta) -> Power | None:
    """Return the power of the newest row that lacks nothing."""
    if not rows:
        return None
    until = rows[-1].end - late
    whole = next((row for row in reversed(rows) if row.end <= until), None)
    return None if whole is None else Power(power_w=max(0.0, whole.mean_power_w), measured_at=whole.end)


def _by_devices(rows: Sequence[Interval]) -> timedelta | None:
    newest = rows[-1].end
    lately = [row for row in rows if row.end > newest - LOOKED_AT]
    most = max((row.devices_reporting or 0 for row in lately), default=0)
    whole = [row.end for row in lately if (row.devices_reporting or 0) == most]
    return newest - max(whole) if whole and most else None
