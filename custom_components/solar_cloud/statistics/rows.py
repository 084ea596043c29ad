"""The rows of a statistic as the recorder's database has them; energies in mWh, times in seconds since 1970.

Everything here reads, and is called in the recorder's threads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from homeassistant.components.recorder.models import StatisticMetaData
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import session_scope
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from ..home_assistant_internals import StatisticsTable

MILLI = 1000
ALWAYS = 2**40
"""More seconds than lie between 1970 and any row."""
FETCHED = 500
"""Rows that are fetched from the database at once."""


class HourRow(NamedTuple):
    """One hour in the database: its start in seconds since 1970, energy and lifetime at its end in mWh."""

    start: int
    energy: int
    sum: int


type HourRows = dict[int, tuple[int, int]]
"""Energy and lifetime at the end, in mWh, by the start: plain tuples, which the garbage collector does not walk.

Ten years of anything else would make it walk everything that Home Assistant has, while nothing else runs.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What the database has around and within a window of hours."""

    meta: StatisticMetaData | None = None
    """`None` when there is no such statistic yet."""
    before: HourRow | None = None
    """The newest row before the window."""
    after: HourRow | None = None
    """The oldest row after it."""
    first: HourRow | None = None
    """The oldest row within it."""
    last: HourRow | None = None

    def describes(self, metadata: StatisticMetaData) -> bool:
        """Return whether the statistic is described so already."""
        return self.meta is not None and metadata.items() <= self.meta.items()


def read_edges(hass: HomeAssistant, name: str, first: int, last: int, scale: int = MILLI) -> Edges:
    """Ask the database what it has around and within the hours that start between two seconds, both included.

    The scale says how many whole numbers one of the statistic's unit is.
    """
    if (found := get_metadata(hass, statistic_ids={name}).get(name)) is None:
        return Edges()
    with session_scope(hass=hass, read_only=True) as session:
        rows = _select(found[0])
        up, down = rows.order_by(StatisticsTable.start_ts), rows.order_by(StatisticsTable.start_ts.desc())
        within = StatisticsTable.start_ts.between(first, last)
        return Edges(
            meta=found[1],
            before=_one(session, down.where(StatisticsTable.start_ts < first), scale),
            after=_one(session, up.where(StatisticsTable.start_ts > last), scale),
            first=_one(session, up.where(within), scale),
            last=_one(session, down.where(within), scale),
        )


def read_unit(hass: HomeAssistant, name: str) -> str | None:
    """Return the unit that a statistic has in the database; `None` when there is no such statistic yet."""
    found = get_metadata(hass, statistic_ids={name}).get(name)
    return None if found is None else found[1]["unit_of_measurement"]


def read_span(hass: HomeAssistant, name: str, scale: int = MILLI) -> Edges:
    """Ask the database for the first and the last row that a statistic has."""
    return read_edges(hass, name, -ALWAYS, ALWAYS, scale)


def read_rows(hass: HomeAssistant, name: str, first: int, last: int, scale: int = MILLI) -> HourRows:
    """Read the rows that start between two seconds, both included."""
    if (found := get_metadata(hass, statistic_ids={name}).get(name)) is None:
        return {}
    with session_scope(hass=hass, read_only=True) as session:
        within = (
            _select(found[0]).where(StatisticsTable.start_ts.between(first, last)).order_by(StatisticsTable.start_ts)
        )
        answer = session.execute(within.execution_options(yield_per=FETCHED))
        return {start: (energy, total) for start, energy, total in (_row(row, scale) for row in answer)}


def count_rows(hass: HomeAssistant, name: str, first: int, last: int, scale: int = MILLI) -> tuple[int, int]:
    """Return how many rows start between two seconds, both included, and their energy in mWh."""
    if (found := get_metadata(hass, statistic_ids={name}).get(name)) is None:
        return 0, 0
    with session_scope(hass=hass, read_only=True) as session:
        counted = select(func.count(), func.sum(StatisticsTable.state)).where(
            StatisticsTable.metadata_id == found[0],
            StatisticsTable.state.is_not(None),
            StatisticsTable.sum.is_not(None),
            StatisticsTable.start_ts.between(first, last),
        )
        count, energy = session.execute(counted).one()
        return count, round((energy or 0.0) * scale)


type _Columns = tuple[float | None, float | None, float | None]


def _select(metadata_id: int) -> Select[_Columns]:
    """Return what reads the rows of a statistic; one without energy or sum counts as none, and is filled by a put."""
    return select(StatisticsTable.start_ts, StatisticsTable.state, StatisticsTable.sum).where(
        StatisticsTable.metadata_id == metadata_id, StatisticsTable.state.is_not(None), StatisticsTable.sum.is_not(None)
    )


def _one(session: Session, rows: Select[_Columns], scale: int) -> HourRow | None:
    """Return the first of the rows."""
    answer = session.execute(rows.limit(1)).first()
    return None if answer is None else _row(answer, scale)


def _row(columns: Row[_Columns], scale: int) -> HourRow:
    """Return a row with whole numbers."""
    start, energy, total = columns
    return HourRow(int(start or 0), round((energy or 0.0) * scale), round((total or 0.0) * scale))


def to_instant(seconds: int) -> datetime:
    """Return seconds since 1970 as an aware UTC instant."""
    return datetime.fromtimestamp(seconds, UTC)


def to_milli(wh: float) -> int:
    """Return an energy in Wh as whole mWh."""
    return round(wh * MILLI)
