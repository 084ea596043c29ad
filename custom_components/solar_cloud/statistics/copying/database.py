"""The rows of a copy in the recorder's database.

What reads is called in the recorder's threads for reading. What writes runs in its own thread, within one transaction.
"""

from collections.abc import Sequence
from itertools import batched, zip_longest

from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import session_scope
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ...const import DOMAIN
from ...home_assistant_internals import StatisticsTables
from ..writing import insert_hours
from .rows import Run, Step, Target, TargetRow

FETCHED = 500
"""Rows that are fetched from the database, or handed to it, at once."""
_HOURS = StatisticsTables.hours


class TargetRefused(Exception):
    """A statistic that nothing can be copied to; the reason is a translation key."""

    def __init__(self, reason: str) -> None:
        """Take the reason."""
        super().__init__(reason)
        self.reason = reason


def read_target(hass: HomeAssistant, statistic_id: str) -> Target:
    """Return what a statistic is; raises `TargetRefused` for one that is unknown, ours, or no sum of energy."""
    if statistic_id.startswith(f"{DOMAIN}:"):
        raise TargetRefused("copy_target_ours")
    if (found := get_metadata(hass, statistic_ids={statistic_id}).get(statistic_id)) is None:
        raise TargetRefused("copy_target_unknown")
    number, meta = found
    unit = meta["unit_of_measurement"]
    if not meta["has_sum"] or unit is None or unit not in EnergyConverter.VALID_UNITS:
        raise TargetRefused("copy_target_no_energy")
    unit_wh = EnergyConverter.convert(1.0, unit, UnitOfEnergy.WATT_HOUR)
    return Target(statistic_id=statistic_id, metadata_id=number, unit=unit, unit_wh=unit_wh)


def read_target_rows(hass: HomeAssistant, target: Target) -> tuple[list[TargetRow], frozenset[int]]:
    """Return a target's rows in order, and the hours that have a row without a sum: nothing can be written there."""
    columns = (
        select(_HOURS.start_ts, _HOURS.state, _HOURS.sum, _HOURS.last_reset_ts)
        .where(_HOURS.metadata_id == target.metadata_id)
        .order_by(_HOURS.start_ts)
    )
    rows, blocked = [], set()
    with session_scope(hass=hass, read_only=True) as session:
        for start, state, total, last_reset in session.execute(columns.execution_options(yield_per=FETCHED)):
            if total is None:
                blocked.add(int(start))
            else:
                rows.append(TargetRow(int(start), state, total, last_reset))
    return rows, frozenset(blocked)


def read_sum(session: Session, metadata_id: int, start: int) -> float | None:
    """Return the sum of an hour's row; `None` without one."""
    rows = select(_HOURS.sum).where(_HOURS.metadata_id == metadata_id, _HOURS.start_ts == start)
    return session.execute(rows).scalar()


def is_unchanged(session: Session, target: Target, basis: Sequence[TargetRow]) -> bool:
    """Return whether the target still has the rows that a plan was made for; newer ones may have come."""
    counted = select(func.count(), func.min(_HOURS.start_ts)).where(
        _HOURS.metadata_id == target.metadata_id, _HOURS.sum.is_not(None), _HOURS.start_ts <= basis[-1].start
    )
    count, first = session.execute(counted).one()
    if count != len(basis) or first != basis[0].start:
        return False
    return all(read_sum(session, target.metadata_id, row.start) == row.sum for row in (basis[0], basis[-1]))


def write(session: Session, target: Target, inserts: Sequence[TargetRow], steps: Sequence[Step]) -> None:
    """Shift the rows that are there, hours and five minutes, and insert the new ones."""
    _shift(session, target.metadata_id, steps, 1.0)
    for chunk in batched(inserts, FETCHED, strict=False):
        insert_hours(session, target.metadata_id, chunk)


def take_back(session: Session, metadata_id: int, runs: Sequence[Run], steps: Sequence[Step]) -> int:
    """Delete the rows of these hours, and shift all others back; returns how many rows were deleted."""
    count = 0
    for run in runs:
        within = _HOURS.start_ts.between(run.first, run.last)
        count += session.execute(select(func.count()).where(_HOURS.metadata_id == metadata_id, within)).scalar() or 0
        rows = delete(_HOURS).where(_HOURS.metadata_id == metadata_id, within)
        session.execute(rows, execution_options={"synchronize_session": False})
    _shift(session, metadata_id, steps, -1.0)
    return count


def _shift(session: Session, metadata_id: int, steps: Sequence[Step], sign: float) -> None:
    """Add to the sums of the rows that are there what the steps say, or take it away."""
    for step, following in zip_longest(steps, steps[1:]):
        if not step.shift:
            continue
        for table in (StatisticsTables.hours, StatisticsTables.five_minutes):
            rows = update(table).where(table.metadata_id == metadata_id, table.start_ts >= step.start)
            if following is not None:
                rows = rows.where(table.start_ts < following.start)
            session.execute(
                rows.values(sum=table.sum + sign * step.shift), execution_options={"synchronize_session": False}
            )
