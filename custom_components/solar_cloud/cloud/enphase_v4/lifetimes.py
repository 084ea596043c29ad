"""The days of a whole life, as Enphase v4's ``*_lifetime`` endpoints tell them: asked for once by all who need them.

One request gives every day up to yesterday, however many there are, so what one needs of them serves the others too.
Energies are Wh, days the system's own, instants aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ...model.data import local_day
from ...model.elements import Flow, LifetimeBase
from .api import EnphaseV4Api
from .capabilities import BATTERY, EXPORT, IMPORT, USE, Measure
from .model import DailySeries
from .rows import LATE

SHARED = timedelta(minutes=15)
"""How long an answer serves those who need all days, the last one included."""
ABOUT_NOW = timedelta(days=1)
"""How long it is worth a look for those who would not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """An answer, and when it came."""

    series: DailySeries
    read_at: datetime


class Lifetimes:
    """Asks for the days of a whole life, and keeps the answers for a while."""

    def __init__(self, api: EnphaseV4Api) -> None:
        """Read through these endpoints."""
        self._api = api
        self._known: dict[tuple[str, str], Days] = {}

    async def read(self, system_id: str, measure: Measure, now: datetime, zone: ZoneInfo) -> Days:
        """Return the days of a measure; they are asked for unless that was done a moment ago. Raises `CloudError`."""
        known = self._known.get((system_id, measure.name))
        if known is not None and _serves(known, now, zone):
            return known
        days = Days(series=await self._ask(system_id, measure), read_at=now)
        self._known[system_id, measure.name] = days
        return days

    def seen(self, system_id: str, measure: Measure, now: datetime) -> Days | None:
        """Return the days of a measure that somebody asked for within a day; sends nothing."""
        known = self._known.get((system_id, measure.name))
        return known if known is not None and timedelta(0) <= now - known.read_at <= ABOUT_NOW else None

    async def _ask(self, system_id: str, measure: Measure) -> DailySeries:
        match measure.name:
            case IMPORT.name:
                return await self._api.import_lifetime(system_id)
            case EXPORT.name:
                return await self._api.export_lifetime(system_id)
            case BATTERY.name:
                return await self._api.battery_lifetime(system_id)
            case USE.name:
                return await self._api.consumption_lifetime(system_id)
            case _:
                life = await self._api.energy_lifetime(system_id)
                flows = MappingProxyType({Flow.PRODUCTION: life.production})
                return DailySeries(start=life.start, flows=flows, meta=life.meta)


def bases_of(days: Days, measure: Measure, zone: ZoneInfo) -> Mapping[Flow, LifetimeBase]:
    """Return what each flow of a measure had counted up to the newest day that is final.

    Yesterday is final once the system has reported some hours into today: what comes late comes before that.
    """
    reported = min(days.series.meta.last_report or days.read_at, days.read_at)
    until = local_day(reported - LATE, zone)
    found = {flow: base for flow in measure.flows if (base := _base_of(days.series, flow, until)) is not None}
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
    return LifetimeBase(day=series.start + timedelta(days=count), before_wh=sum(known))


def _serves(days: Days, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an answer has everything that a new one would have: a day may have ended since."""
    return timedelta(0) <= now - days.read_at <= SHARED and local_day(days.read_at, zone) == local_day(now, zone)
