"""How the rows of an Enphase v4 measure are read: in one request, or by days where the cloud refuses a week.

The documentation names ``15mins`` and ``day`` for some measures and ``week`` for others, and says 422 of what it does
not like: a granularity, or a time of which nothing is left. What was refused is not asked for again in the same way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
import logging
from types import MappingProxyType

from ...model.data import SystemData
from ...model.elements import Flow, Interval
from ...model.series import Series
from ..errors import CloudError, InvalidRequest, NoDataYet
from ..parse import as_time
from ..vendor_text import say
from .api import EnphaseV4Api
from .measures import Measure, MeasuredRows
from .model import Granularity
from .rows import LATE, floor_quarter

_LOGGER = logging.getLogger(__name__)

BY_DAYS_FOR = timedelta(days=28)
"""How long a refused week is remembered; then it is tried again."""
_DAY = Granularity.DAY.length
REFUSED_SPANS = (NoDataYet, InvalidRequest)
"""How the cloud refuses a span of time."""


def reads_by_days(measure: Measure, data: SystemData, now: datetime) -> bool:
    """Return whether a week of a measure was refused lately."""
    refused = as_time(data.notes.get(_week_note(measure)))
    return refused is not None and timedelta(0) <= now - refused < BY_DAYS_FOR


async def read_rows(
    measure: Measure, api: EnphaseV4Api, data: SystemData, start: datetime, granularity: Granularity, now: datetime
) -> tuple[MeasuredRows, Mapping[str, str]]:
    """Return the rows of a measure from an instant on, and the notes that change. Raises `CloudError`.

    One request; where a week is refused, one for each day of it, the oldest first. What is refused even so is out of
    reach and is left alone from then on.
    """
    if granularity is not Granularity.WEEK:
        return await measure.rows(api, data, start, granularity), {}
    end = floor_quarter(now)
    tried = as_time(data.notes.get(_tried_note(measure)))
    if tried is not None and start < tried <= end:
        start = max(start, min(tried - LATE, end - _DAY))
        if end - start <= _DAY:
            return await measure.rows(api, data, start, Granularity.DAY), {}
    refusal: CloudError | None = None
    if not reads_by_days(measure, data, now):
        try:
            return await measure.rows(api, data, start, Granularity.WEEK), {}
        except REFUSED_SPANS as err:
            refusal = err
    parts, reached_start = await _by_days(measure, api, data, start, end)
    notes = {_tried_note(measure): end.isoformat()}
    if refusal is not None and reached_start:
        say(
            _LOGGER,
            logging.INFO,
            "%s: Enphase gives no week of %s at once, it is read by days",
            data.system.name,
            measure.name,
        )
        notes[_week_note(measure)] = now.isoformat()
    return _joined(parts), notes


async def _by_days(
    measure: Measure, api: EnphaseV4Api, data: SystemData, start: datetime, end: datetime
) -> tuple[Sequence[MeasuredRows], bool]:
    """Return what each day of a time gives, oldest first, and whether the first one gave anything.

    Raises the `CloudError` of the last day where none did.
    """
    starts = [start]
    while starts[-1] + _DAY < end:
        starts.append(min(starts[-1] + _DAY, end - _DAY))
    parts: list[MeasuredRows] = []
    failure: CloudError | None = None
    reached_start = False
    for one in starts:
        try:
            parts.append(await measure.rows(api, data, one, Granularity.DAY))
        except REFUSED_SPANS as err:
            failure = err
        except CloudError:
            if not parts:
                raise
            break  # what came is paid for
        else:
            reached_start = reached_start or one == start
    if failure is not None and not parts:
        raise failure
    return parts, reached_start


def _joined(parts: Sequence[MeasuredRows]) -> MeasuredRows:
    """Return answers about neighbouring times as one; the newest says how things are."""
    rows: dict[Flow, dict[datetime, Interval]] = {}
    for part in parts:
        for flow, found in part.rows.items():
            rows.setdefault(flow, {}).update((row.start, row) for row in found)
    newest = parts[-1]
    return MeasuredRows(
        rows=MappingProxyType({flow: _ascending(found) for flow, found in rows.items()}),
        total_devices=newest.total_devices,
        end=newest.end,
        level_percent=newest.level_percent,
        level_at=newest.level_at,
    )


def _ascending(series: Series) -> tuple[Interval, ...]:
    return tuple(series[start] for start in sorted(series))


def _week_note(measure: Measure) -> str:
    """Return the name of the note about when a week was refused."""
    return f"{measure.note}_week"


def _tried_note(measure: Measure) -> str:
    """Return the name of the note about up to when days were asked for one by one."""
    return f"{measure.note}_tried"
