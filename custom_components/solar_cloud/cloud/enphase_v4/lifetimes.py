"""The days of a whole life, as Enphase v4's ``*_lifetime`` endpoints report them, kept for all who need them.

One request gives every day up to yesterday, however many there are. So what the statistics have read serves the
running lifetimes too. Energies are Wh, days the system's own, instants aware UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import local_day, midnight
from ...model.elements import Flow, LifetimeBase
from ..enphase.days import known_until
from ..parse import as_float
from .model import DailySeries
from .rows import LATE

SHARED = timedelta(minutes=15)
"""How long an answer serves those who need all days, the last one included, while that may still grow."""
SETTLED = timedelta(hours=12)
"""So long after midnight nobody expects more of the day before; what was read earlier does not serve later."""
RECENT = timedelta(days=1)
"""How long it is worth a look for those who would not send a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """An answer, and when it came."""

    series: DailySeries
    read_at: datetime


class Lifetimes:
    """The newest answer about each measure of each system."""

    def __init__(self) -> None:
        """Begin without answers."""
        self._known: dict[tuple[str, str], Days] = {}

    def keep(self, system_id: str, measure: str, days: Days) -> None:
        """Keep an answer."""
        self._known[system_id, measure] = days

    def current(self, system_id: str, measure: str, now: datetime, zone: ZoneInfo) -> Days | None:
        """Return an answer that has everything a new one would have: no day may have ended or settled since."""
        days = self._known.get((system_id, measure))
        if days is None or days.read_at > now or local_day(days.read_at, zone) != (today := local_day(now, zone)):
            return None
        if now - days.read_at <= SHARED:
            return days
        hours = [(moment - midnight(today, zone)) for moment in (days.read_at, now)]
        return days if min(hours) >= LATE and len({one >= SETTLED for one in hours}) == 1 else None

    def recent(self, system_id: str, measure: str, now: datetime) -> Days | None:
        """Return an answer of the last day."""
        days = self._known.get((system_id, measure))
        return days if days is not None and timedelta(0) <= now - days.read_at <= RECENT else None


def bases_of(days: Days, flows: Iterable[Flow], zone: ZoneInfo) -> Mapping[Flow, LifetimeBase]:
    """Return what each flow had counted up to the newest day that is final.

    Yesterday is final once the system has reported some hours into today: what comes late comes before that. A day of
    which nothing has been reported is not.
    """
    meta = days.series.meta
    reported = min(meta.last_report or days.read_at, days.read_at)
    until = min(local_day(reported - LATE, zone), known_until(meta, days.read_at, zone))
    found = {flow: base for flow in flows if (base := _base_of(days.series, flow, until)) is not None}
    return MappingProxyType(found)


def _base_of(series: DailySeries, flow: Flow, until: date) -> LifetimeBase | None:
    """Return the sum of all days before one; `None` while one of them cannot be read: the sum would be too low."""
    energies = series.flows.get(flow)
    if series.start is None or not energies:
        return None
    count = max(0, min((until - series.start).days, len(energies)))
    known = [energy for energy in energies[:count] if energy is not None]
    if len(known) < count:
        return None
    total = as_float(sum(known))
    return None if total is None else LifetimeBase(day=series.start + timedelta(days=count), before_wh=total)
