"""Rows of a statistic on their way into the recorder's database: many at once, in its own thread."""

from collections.abc import Iterable, Sequence
import time

from homeassistant.components.recorder.models import StatisticMetaData
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from ..home_assistant_internals import Recorder, StatisticsTables, describe_statistic

type Hour = tuple[int, float | None, float, float | None]
"""Start and last reset in seconds since 1970; state and sum in the statistic's unit."""


def write_rows(
    recorder: Recorder,
    metadata: StatisticMetaData,
    rows: Sequence[tuple[int, int, int]],
    scale: int,
    session: Session,
) -> None:
    """Describe a statistic, and write some of its hours: start in seconds since 1970, energy and sum; in order.

    Energy and sum are whole numbers, the scale says how many one of the unit is. Hours that are there are replaced.
    Only for the recorder's own thread; all of it is one transaction.
    """
    metadata_id = describe_statistic(recorder, session, metadata)
    if not rows:
        return
    table = StatisticsTables.hours
    of_statistic = table.metadata_id == metadata_id
    there = set(
        session.scalars(select(table.start_ts).where(of_statistic, table.start_ts.between(rows[0][0], rows[-1][0])))
    )
    new, other = [], []
    for start, energy, total in rows:
        if start in there:
            other.append({"at": start, "energy": energy / scale, "total": total / scale})
        else:
            new.append((start, energy / scale, total / scale, None))
    insert_hours(session, metadata_id, new)
    if other:
        changed = update(table).where(of_statistic, table.start_ts == bindparam("at"))
        session.connection().execute(changed.values(state=bindparam("energy"), sum=bindparam("total")), other)


def insert_hours(session: Session, metadata_id: int, hours: Iterable[Hour]) -> None:
    """Add hours that a statistic has no row of; only for the recorder's own thread."""
    now = time.time()
    values = [
        {
            "metadata_id": metadata_id,
            "created_ts": now,
            "start_ts": start,
            "state": state,
            "sum": total,
            "last_reset_ts": last_reset,
        }
        for start, state, total, last_reset in hours
    ]
    if values:
        # Past the session's own objects: they would be many, and none is needed again.
        session.connection().execute(insert(StatisticsTables.hours), values)
